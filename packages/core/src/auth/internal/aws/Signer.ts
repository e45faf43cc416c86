import { Clock, Effect, Redacted } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as AtOnce from "../../../policy/internal/AtOnce.ts"

import type * as Credentials from "../../Credentials.ts"
import { attempt } from "../signing/outgoing.ts"
import { unusable } from "../signing/unusable.ts"
import { Clockwork } from "./Clockwork.ts"
import { type KeyPair, signHeaders, type Target } from "./signing.ts"

/** Signs each attempt, and minds what its refusal says of the time. */
export class Signer implements Credentials.Service {
  readonly #integration: string
  readonly #target: Target
  readonly #pair: Effect.Effect<KeyPair, Credentials.CredentialsUnavailable>
  readonly #clockwork: Clockwork
  readonly renew = Effect.succeed(false)

  constructor(
    integration: string,
    target: Target,
    pair: Effect.Effect<KeyPair, Credentials.CredentialsUnavailable>,
    mostCorrectedMillis: number
  ) {
    this.#integration = integration
    this.#target = target
    this.#pair = pair
    this.#clockwork = new Clockwork(mostCorrectedMillis)
  }

  readonly authorize = (
    request: HttpClientRequest
  ): Effect.Effect<Credentials.Authorized, Credentials.CredentialsUnavailable> =>
    Effect.withFiber((fiber) => {
      const clock = fiber.getRef(Clock.Clock)
      return AtOnce.flatMap(this.#pair, (pair) => this.#sign(request, pair, clock))
    })

  #sign(
    request: HttpClientRequest,
    pair: KeyPair,
    clock: Clock.Clock
  ): Effect.Effect<Credentials.Authorized, Credentials.CredentialsUnavailable> {
    const now = clock.currentTimeMillisUnsafe()
    const problem = this.#clockwork.problemAt(now)
    if (problem !== undefined) return Effect.fail(unusable(this.#integration, problem))
    const { correction } = this.#clockwork
    const signed = attempt(() => signHeaders(request, this.#target, pair, now + correction))
    if (signed._tag === "Failure") return Effect.fail(unusable(this.#integration, signed.failure))
    const secrets = [signed.success.signature, ...secretsOf(pair)]
    return Effect.succeed({
      request: signed.success.request,
      secrets,
      identity: secretsOf(pair),
      received: (answer) => this.#clockwork.see(answer, clock.currentTimeMillisUnsafe()),
      renew: () => this.#hasChanged(pair, correction)
    })
  }

  #hasChanged(pair: KeyPair, correction: number): Effect.Effect<boolean> {
    if (this.#clockwork.hasChangedSince(correction)) return Effect.succeed(true)
    return Effect.matchEager(this.#pair, { onFailure: () => false, onSuccess: (now) => !samePair(pair, now) })
  }
}

const secretsOf = ({ secretAccessKey, sessionToken }: KeyPair): ReadonlyArray<Redacted.Redacted<string>> =>
  sessionToken === undefined ? [secretAccessKey] : [secretAccessKey, sessionToken]

const samePair = (a: KeyPair, b: KeyPair): boolean =>
  a.accessKeyId === b.accessKeyId &&
  secretsOf(a).map(Redacted.value).join("\n") === secretsOf(b).map(Redacted.value).join("\n")
