/**
 * DPoP: proofs that whoever sends a token has the key that the token is bound to.
 *
 * **When to use**
 *
 * Where an authorization server binds tokens to a key (`token_type` is `DPoP`): a proof goes with each request for a token,
 * and with each request that uses one.
 *
 * **Details**
 *
 * A proof is for one method and one URL, without its query and fragment. With the access token it carries the token's hash
 * (`ath`), with a nonce of the server's that nonce. Each has an id of its own, and the time of the `Clock`.
 *
 * **Gotchas**
 *
 * A proof is good once: make one at each attempt. A refresh token of a public client is bound to the key: keep
 * `JwtKey.toSecret(key.signing)` with it.
 *
 * **Example** (A proof for a resource)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { DpopProof } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function*() {
 *   const key = yield* DpopProof.generate()
 *   const proof = yield* DpopProof.make(key, {
 *     method: "GET",
 *     url: "https://resource.example.org/protectedresource?page=2",
 *     accessToken: Redacted.make("Kz~8mXK1EalYznwH-LC-1fBAo")
 *   })
 *   console.assert(Redacted.value(proof).split(".").length === 3)
 * })
 *
 * Effect.runPromise(program)
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449
 * @since 0.1.0
 */
import { Clock, type Duration, Effect, Redacted } from "effect"
import { randomUUID } from "node:crypto"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as AuthError from "./AuthError.ts"
import { algorithms, isAlgorithm } from "./internal/jwt/algorithms.ts"
import { compact, encodePart } from "./internal/jwt/compact.ts"
import * as dpop from "./internal/jwt/dpop.ts"
import { attempt } from "./internal/jwt/refusal.ts"
import { algorithmsOf } from "./internal/jwt/verifierOptions.ts"
import * as JwtKey from "./JwtKey.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * A key that proofs are signed with.
 *
 * @since 0.1.0
 * @category models
 */
export interface DpopKey {
  readonly signing: JwtKey.SigningKey
  /** Its thumbprint: what tokens are bound to (`cnf.jkt`), and what `dpop_jkt` of an authorization request is. */
  readonly jkt: string
  /** The header of its proofs, encoded. */
  readonly header: string
}

/**
 * What a proof is for.
 *
 * @since 0.1.0
 * @category models
 */
export interface Input {
  readonly method: string
  /** The URL of the request; its query and fragment are left out. */
  readonly url: string | URL
  /** The token that goes with the request; left out where a token is asked for. */
  readonly accessToken?: Redacted.Redacted<string> | undefined
  /** The nonce that the server gave last (`DPoP-Nonce`). */
  readonly nonce?: string | undefined
}

/**
 * A key for proofs; a secret, which has no public part, throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const key = (signing: JwtKey.SigningKey): DpopKey => {
  Check.checkSigningKey("dpopProof.key", signing)
  const jwk = signing.publicJwk
  if (jwk === undefined) {
    throw new InvalidOption.InvalidOption({
      option: "dpopProof.key",
      actual: `a secret for ${signing.alg}`,
      accepts: "a key pair, such as one for ES256"
    })
  }
  return {
    signing,
    jkt: JwtKey.thumbprint(jwk),
    header: encodePart({ typ: "dpop+jwt", alg: signing.alg, jwk })
  }
}

/**
 * A new random key for proofs.
 *
 * @since 0.1.0
 * @category constructors
 */
export const generate = (alg: JwtKey.Algorithm = "ES256"): Effect.Effect<DpopKey> => {
  Check.checkAlgorithm("dpopProof.alg", alg)
  return Effect.map(JwtKey.generate(alg), key)
}

/**
 * Signs a proof, the value of the `DPoP` header. Fails with `UnsignableRequest` for a URL that is none.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2
 * @since 0.1.0
 * @category signing
 */
export const make = (
  key: DpopKey,
  input: Input
): Effect.Effect<Redacted.Redacted<string>, AuthError.UnsignableRequest> => {
  Check.checkDpopKey("dpopProof.key", key)
  Check.checkProof("dpopProof", input)
  return Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const htu = dpop.targetOf(input.url)
    return htu === undefined
      ? Effect.fail(new AuthError.UnsignableRequest({ part: "url", issue: "is none that could be sent" }))
      : Effect.succeed(Redacted.make(compact(key.signing, key.header, payloadOf(input, htu, now))))
  })
}

const payloadOf = ({ accessToken, method, nonce }: Input, htu: string, now: number) => ({
  jti: randomUUID(),
  htm: method,
  htu,
  iat: Math.floor(now / 1000),
  ...(accessToken !== undefined && { ath: dpop.hashOf(accessToken) }),
  ...(nonce !== undefined && { nonce })
})

/**
 * What a proof must be for, on a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expected extends Input {
  /** The key that the token is bound to (`cnf.jkt`). Default: any. */
  readonly jkt?: string | undefined
  /** The algorithms that it may be signed with. Default: all those of key pairs. */
  readonly algorithms?: ReadonlyArray<JwtKey.Algorithm> | undefined
  /** How old it may be. Default: 1 minute. */
  readonly maxAge?: Duration.Input | undefined
  /** How far clocks may be apart. Default: 30 seconds. */
  readonly tolerance?: Duration.Input | undefined
}

/**
 * A proof that holds: whose key has signed it, and its id, which must not be taken a second time before `until`, in
 * milliseconds of the clock.
 *
 * @since 0.1.0
 * @category models
 */
export interface Proof {
  readonly jkt: string
  readonly jti: string
  readonly until: number
}

/**
 * Verifies a proof on a server: who has signed it, and what it is for. Whether its `jti` was seen before is for the server to
 * say. Fails with `InvalidToken`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 * @since 0.1.0
 * @category verification
 */
export const verify = (
  proof: string | Redacted.Redacted<string>,
  expected: Expected
): Effect.Effect<Proof, AuthError.InvalidToken | AuthError.ClockSkew> => {
  Check.checkExpectedProof("dpopProof", expected)
  const rules = {
    method: expected.method,
    url: expected.url,
    accessToken: expected.accessToken,
    jkt: expected.jkt,
    nonce: expected.nonce,
    algorithms: algorithmsOf("dpopProof", expected.algorithms ?? ofKeyPairs),
    maxAgeMillis: InvalidOption.positiveMillis("dpopProof.maxAge", expected.maxAge ?? "1 minute"),
    toleranceMillis: InvalidOption.finiteMillis("dpopProof.tolerance", expected.tolerance ?? "30 seconds")
  }
  const text = typeof proof === "string" ? proof : Redacted.value(proof)
  return Effect.flatMap(Clock.currentTimeMillis, (now) =>
    Effect.fromResult(attempt(() => dpop.judge(text, rules, now)))
  )
}

const ofKeyPairs = Object.keys(algorithms)
  .filter(isAlgorithm)
  .filter((alg) => !alg.startsWith("HS"))
