import { Clock, Effect, type Redacted } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as AtOnce from "../../../policy/internal/AtOnce.ts"
import * as Credentials from "../../Credentials.ts"
import type { Reading } from "../secret/Reading.ts"
import { attempt } from "./outgoing.ts"
import { unusable } from "./unusable.ts"

/** How requests are signed with one secret. */
export interface Scheme<Key> {
  /** What errors call the secret. */
  readonly called: string
  /** The key in a secret, or what is wrong with it. */
  readonly keyOf: (secret: Redacted.Redacted<string>) => Key | string
  readonly sign: (
    request: HttpClientRequest,
    key: Key,
    millis: number
  ) => { readonly request: HttpClientRequest; readonly signature: Redacted.Redacted<string> }
}

/** Signs each attempt with the secret as it is now, and at its own time. */
export class SecretSigner<Key> implements Credentials.Service {
  readonly #integration: string
  readonly #scheme: Scheme<Key>
  readonly #reading: Reading
  readonly renew = Effect.succeed(false)

  constructor(integration: string, scheme: Scheme<Key>, reading: Reading) {
    this.#integration = integration
    this.#scheme = scheme
    this.#reading = reading
  }

  readonly authorize = (
    request: HttpClientRequest
  ): Effect.Effect<Credentials.Authorized, Credentials.CredentialsUnavailable> =>
    Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      return AtOnce.flatMap(this.#reading.read(), (secret) =>
        this.#sign(request, secret, clock.currentTimeMillisUnsafe())
      )
    })

  #sign(
    request: HttpClientRequest,
    secret: Redacted.Redacted<string>,
    millis: number
  ): Effect.Effect<Credentials.Authorized, Credentials.CredentialsUnavailable> {
    const { called, keyOf, sign } = this.#scheme
    const key = keyOf(secret)
    if (typeof key === "string") {
      return Effect.fail(new Credentials.CredentialsUnavailable({ reason: `the ${called} ${key}` }))
    }
    const signed = attempt(() => sign(request, key, millis))
    if (signed._tag === "Failure") return Effect.fail(unusable(this.#integration, signed.failure))
    return Effect.succeed({
      request: signed.success.request,
      secrets: [signed.success.signature, secret],
      identity: [secret],
      renew: () => this.#reading.readAgain(secret)
    })
  }
}
