import { Clock, Effect, type Redacted } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import { randomBytes } from "node:crypto"
import * as AtOnce from "../../../policy/internal/AtOnce.ts"
import * as Credentials from "../../Credentials.ts"
import type { Reading } from "../secret/Reading.ts"
import { attempt } from "../signing/outgoing.ts"
import { unusable } from "../signing/unusable.ts"
import { type Profile, signRequest } from "./signing.ts"

/** Signs each attempt with the key as it is now, at its own time, and with its own nonce. */
export class Signer implements Credentials.Service {
  readonly #integration: string
  readonly #profile: Profile
  readonly #reading: Reading
  readonly renew = Effect.succeed(false)

  constructor(integration: string, profile: Profile, reading: Reading) {
    this.#integration = integration
    this.#profile = profile
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
    const key = this.#profile.keys.of(secret)
    if (typeof key === "string") {
      return Effect.fail(new Credentials.CredentialsUnavailable({ reason: `the signing key ${key}` }))
    }
    const signed = attempt(() => signRequest(request, this.#profile, key, { millis, nonce: this.#nonce() }))
    if (signed._tag === "Failure") return Effect.fail(unusable(this.#integration, signed.failure))
    return Effect.succeed({
      request: signed.success.request,
      secrets: [signed.success.signature, secret],
      identity: [secret],
      renew: () => this.#reading.readAgain(secret)
    })
  }

  #nonce(): string | undefined {
    return this.#profile.hasNonce ? randomBytes(16).toString("base64url") : undefined
  }
}
