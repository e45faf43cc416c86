/**
 * Verifies JSON Web Tokens: the signature, whom they are from and for, their times, and what they say.
 *
 * **When to use**
 *
 * On a server, for the tokens of those who call it; {@link BearerAuth} does so for a whole router or API. For the ID token
 * of a login use `IdToken`, which asks for more.
 *
 * **Details**
 *
 * Algorithms, issuer and audience must be said, and a token must have an end. Keys are given, or come from a `Jwks`; each
 * is for one algorithm, so that a public key is never taken for a secret. What a token carries of keys, or says of where
 * keys are (`jwk`, `jku`, `x5c`, `x5u`), is not looked at. Extensions that must be understood (`crit`), names that are
 * there twice, and texts in more than one form are refused. The claims come out as the `Schema` says.
 *
 * Time is the `Clock`'s, and the signature is checked before anything that the token says of itself. With `cache`, tokens
 * that were verified are known by their digest until they end.
 *
 * | `why` of `InvalidToken` | the token |
 * |---|---|
 * | `size`, `form`, `header`, `critical` | is none, or not in the one form that is accepted |
 * | `algorithm`, `type` | is of a kind that is not accepted here |
 * | `key`, `signature` | was signed by somebody else, or altered |
 * | `issuer`, `audience`, `subject` | is from, for or about somebody else |
 * | `expiry`, `expired`, `not yet valid`, `issued`, `age` | has no end, or its time has passed or not come |
 * | `claims` | does not say what the schema asks for |
 *
 * **Gotchas**
 *
 * An ID token proves to a client who has logged in. It is no access token, although it may verify as one: where both have
 * the same audience, set `typ: "at+jwt"`, or ask for a claim in the schema that only one of them has.
 *
 * **Example** (Tokens of one's own)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Jwt, JwtKey, JwtVerifier } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function*() {
 *   const key = yield* JwtKey.generate("ES256")
 *   const verifier = JwtVerifier.make({
 *     keys: JwtKey.verifyingOf(key),
 *     algorithms: ["ES256"],
 *     issuer: "https://login.example",
 *     audience: "https://api.example",
 *     claims: Schema.Struct({ sub: Schema.String, scope: Schema.String })
 *   })
 *   const token = yield* Jwt.sign(key, {
 *     iss: "https://login.example",
 *     aud: "https://api.example",
 *     sub: "ada",
 *     lifetime: "10 minutes",
 *     claims: { scope: "read write" }
 *   })
 *   const { claims } = yield* verifier.verify(token)
 *   console.assert(claims.sub === "ada")
 * })
 *
 * Effect.runPromise(program)
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725
 * @since 0.1.0
 */
import { Clock, type Duration, Effect, Redacted, type Schema } from "effect"
import * as AtOnce from "../policy/internal/AtOnce.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as AuthError from "./AuthError.ts"
import { check, type Expectations } from "./internal/jwt/claims.ts"
import { type Accept, Verification } from "./internal/jwt/Verification.ts"
import { VerifiedTokens } from "./internal/jwt/VerifiedTokens.ts"
import { algorithmsOf, type ClaimsSchema, decoderOf, sourceOf, textsOf } from "./internal/jwt/verifierOptions.ts"
import type { Jwks } from "./Jwks.ts"
import type * as JwtKey from "./JwtKey.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * The header of a token, as far as it is looked at.
 *
 * @since 0.1.0
 * @category models
 */
export interface Header {
  readonly alg: JwtKey.Algorithm
  readonly kid: string | undefined
  /** In lower case, without `application/`. */
  readonly typ: string | undefined
}

/**
 * What a token says, where no schema asks for more. Of these, all that are there have been checked.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519#section-4.1
 * @since 0.1.0
 * @category models
 */
export interface Claims {
  readonly iss: string
  readonly aud: string | ReadonlyArray<string>
  readonly exp: number
  readonly sub?: string
  readonly nbf?: number
  readonly iat?: number
  readonly jti?: string
  readonly [claim: string]: unknown
}

/**
 * A token that holds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Verified<A> {
  readonly claims: A
  /** All that it says, as it says it. */
  readonly payload: Readonly<Record<string, unknown>>
  readonly header: Header
  /** Until when it holds, in milliseconds of the clock, the tolerance included. */
  readonly until: number
}

/**
 * Verifies tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface JwtVerifier<A> {
  /** Fails with `InvalidToken`; where keys are fetched, also with `EndpointUnavailable` and `MalformedAnswer`. */
  readonly verify: (token: string | Redacted.Redacted<string>) => Effect.Effect<Verified<A>, AuthError.AuthError>
}

/**
 * What a token must be.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The keys that may have signed it. */
  readonly keys: JwtKey.VerifyingKey | ReadonlyArray<JwtKey.VerifyingKey> | Jwks
  /** The algorithms that it may be signed with. */
  readonly algorithms: ReadonlyArray<JwtKey.Algorithm>
  /** Whom it may be from, exactly as its `iss` says. */
  readonly issuer: string | ReadonlyArray<string>
  /** Whom it may be for: one of these must be in its `aud`. */
  readonly audience: string | ReadonlyArray<string>
  /** Whom it must be about. Default: anyone. */
  readonly subject?: string | undefined
  /** The `typ` that it must have. Default: none, `JWT` or `at+jwt`. */
  readonly typ?: string | ReadonlyArray<string> | undefined
  /** How far clocks may be apart. Default: 30 seconds. */
  readonly tolerance?: Duration.Input | undefined
  /** How long ago it may have been issued at most. Default: any time, as long as it is valid. */
  readonly maxAge?: Duration.Input | undefined
  /** How many characters it may have. Default: 16,384. */
  readonly maxSize?: number | undefined
  /** How many verified tokens are known by their digest, at least 2; 0 for none. Default: 0. */
  readonly cache?: number | undefined
  /** How errors call what verifies. Default: `jwt`. */
  readonly name?: string | undefined
}

/**
 * What a token must be, and say.
 *
 * @since 0.1.0
 * @category options
 */
export interface OptionsWithClaims<S extends Schema.ConstraintDecoder<unknown>> extends Options {
  /** What it must say, and as what it comes out. */
  readonly claims: S
}

/**
 * Makes a verifier. An option that makes no sense, such as a key for an algorithm that is not accepted, throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export function make<S extends Schema.ConstraintDecoder<unknown>>(options: OptionsWithClaims<S>): JwtVerifier<S["Type"]>
export function make(options: Options): JwtVerifier<Claims>
export function make(options: Options & Partial<OptionsWithClaims<ClaimsSchema>>): JwtVerifier<unknown> {
  Check.checkVerifierOptions("jwtVerifier", options)
  const failed = failing(options.name ?? "jwt")
  const verification = verificationOf(options)
  const accept = acceptanceOf(options)
  const known = knownOf<unknown>(options.cache)
  const judge = (text: string, now: number) =>
    known === undefined ? verification.verify(text, now, accept) : verification.verifyKnowing(known, text, now, accept)
  return {
    verify: (token) =>
      Effect.withFiber((fiber) => {
        const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
        return AtOnce.mapError(judge(typeof token === "string" ? token : Redacted.value(token), now), failed)
      })
  }
}

const failing = (integration: string) => (reason: AuthError.Reason) => new AuthError.AuthError({ integration, reason })

const verificationOf = (options: Options): Verification => {
  const algorithms = algorithmsOf("jwtVerifier", options.algorithms)
  const maxSize = options.maxSize ?? 16_384
  return new Verification(
    { algorithms, types: typesOf(options.typ), maxSize },
    sourceOf("jwtVerifier", options.keys, algorithms)
  )
}

const acceptanceOf = (options: Options & Partial<OptionsWithClaims<ClaimsSchema>>): Accept<unknown> => {
  const expected = expectationsOf(options)
  const decode = decoderOf(options.claims)
  return (payload, header, now) => {
    const until = check(payload, expected, now)
    return { claims: decode(payload), payload, header, until }
  }
}

const knownOf = <A>(cache: number | undefined): VerifiedTokens<Verified<A>> | undefined =>
  cache === undefined || cache === 0
    ? undefined
    : new VerifiedTokens(InvalidOption.integer("jwtVerifier.cache", cache, 2))

const expectationsOf = (options: Options): Expectations => ({
  issuers: textsOf("jwtVerifier.issuer", options.issuer),
  audiences: textsOf("jwtVerifier.audience", options.audience),
  subject: options.subject,
  toleranceMillis: InvalidOption.finiteMillis("jwtVerifier.tolerance", options.tolerance ?? "30 seconds"),
  maxAgeMillis:
    options.maxAge === undefined ? undefined : InvalidOption.positiveMillis("jwtVerifier.maxAge", options.maxAge)
})

const typesOf = (typ: Options["typ"]): ReadonlySet<string | undefined> =>
  typ === undefined
    ? new Set([undefined, "jwt", "at+jwt"])
    : new Set([...textsOf("jwtVerifier.typ", typ)].map((one) => one.toLowerCase().replace(/^application\//, "")))
