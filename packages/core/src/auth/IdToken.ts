/**
 * ID tokens: what a login says of who has logged in, and whether it is the answer to the login that was begun.
 *
 * **When to use**
 *
 * After a code flow with `openid` among its scopes. For the tokens of those who call a server use `JwtVerifier`.
 *
 * **Details**
 *
 * All that OpenID Connect asks of a client is checked: issuer, audience and authorized party, signature and algorithm,
 * times, the nonce, the hashes of what came with it, and how and when the person logged in where that was asked for. An
 * access token is refused, by its `typ` or by how its provider marks it.
 *
 * | `why` of `InvalidToken`, beside those of `JwtVerifier` | the token |
 * |---|---|
 * | `nonce` | is not the answer to this login |
 * | `azp` | was issued to another client |
 * | `at_hash`, `c_hash` | belongs to another access token or code |
 * | `auth_time`, `acr` | tells of a login that is too old, or was another one than asked for |
 *
 * A token with the nonce of this login that has ended already, or is yet to come, is a `ClockSkew`: it was issued just now.
 *
 * **Gotchas**
 *
 * `nonce` must be said: `undefined` where none was sent, as when tokens are refreshed. The claims are about a person at the
 * time of the login: read what changes from the provider.
 *
 * **Example** (The token of a login)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { IdToken, Jwt, JwtKey } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function*() {
 *   const key = yield* JwtKey.generate("RS256")
 *   const idTokens = IdToken.make({ keys: JwtKey.verifyingOf(key), issuer: "https://login.example", clientId: "app" })
 *   const token = yield* Jwt.sign(key, {
 *     iss: "https://login.example",
 *     aud: "app",
 *     sub: "ada",
 *     lifetime: "5 minutes",
 *     claims: { nonce: "n-0S6_WzA2Mj" }
 *   })
 *   const { claims } = yield* idTokens.verify(token, { nonce: "n-0S6_WzA2Mj" })
 *   console.assert(claims.sub === "ada")
 * })
 *
 * Effect.runPromise(program)
 * ```
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
 * @since 0.1.0
 */
import { Clock, type Duration, Effect, Redacted } from "effect"
import * as AtOnce from "../policy/internal/AtOnce.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as AuthError from "./AuthError.ts"
import { checkIdToken, type Client, type Login } from "./internal/jwt/idClaims.ts"
import { Verification } from "./internal/jwt/Verification.ts"
import { algorithmsOf, type ClaimsSchema, decoderOf, sourceOf, textsOf } from "./internal/jwt/verifierOptions.ts"
import type { Jwks } from "./Jwks.ts"
import type * as JwtKey from "./JwtKey.ts"
import type { Claims, Verified } from "./JwtVerifier.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * What an ID token says, where no schema asks for more.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 * @since 0.1.0
 * @category models
 */
export interface IdClaims extends Claims {
  readonly sub: string
  readonly iat: number
}

/**
 * What this very token must be the answer to.
 *
 * @since 0.1.0
 * @category models
 */
export interface Expected {
  /** The nonce that was sent; undefined when none was. */
  readonly nonce: string | undefined
  /** The access token that came with it: where the token has its hash, it must be this one's. */
  readonly accessToken?: Redacted.Redacted<string> | undefined
  /** The code that came with it, in a hybrid flow: the token must have its hash. */
  readonly code?: Redacted.Redacted<string> | undefined
  /** Who must have logged in, as when tokens are refreshed. Default: anyone. */
  readonly subject?: string | undefined
  /** How long ago the person may have logged in, as `max_age` asked for. Default: any time. */
  readonly maxAge?: Duration.Input | undefined
  /** How the person must have logged in (`acr`): one of these. Default: anyhow. */
  readonly acr?: string | ReadonlyArray<string> | undefined
}

/**
 * Verifies ID tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface IdToken<A> {
  /** Fails with `InvalidToken` or `ClockSkew`; where keys are fetched, also with `EndpointUnavailable` and `MalformedAnswer`. */
  readonly verify: (
    token: string | Redacted.Redacted<string>,
    expected: Expected
  ) => Effect.Effect<Verified<A>, AuthError.AuthError>
}

/**
 * Whom ID tokens are from and for.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The keys of the issuer, or our own secret where it signs with that. */
  readonly keys: JwtKey.VerifyingKey | ReadonlyArray<JwtKey.VerifyingKey> | Jwks
  /** Exactly as its `iss` says. */
  readonly issuer: string
  /** Whom it must be for: we. */
  readonly clientId: string
  /** The algorithms that it may be signed with (`id_token_signed_response_alg`). Default: `RS256`. */
  readonly algorithms?: ReadonlyArray<JwtKey.Algorithm> | undefined
  /** Who else may be in its `aud`. Default: nobody. */
  readonly trustedAudiences?: ReadonlyArray<string> | undefined
  /** Whom it may have been issued to (`azp`), where that is another client of ours. Default: only to us. */
  readonly authorizedParties?: ReadonlyArray<string> | undefined
  /** How far clocks may be apart. Default: 30 seconds. */
  readonly tolerance?: Duration.Input | undefined
  /** How many characters it may have. Default: 16,384. */
  readonly maxSize?: number | undefined
  /** How errors call what verifies. Default: `idToken`. */
  readonly name?: string | undefined
}

/**
 * Whom ID tokens are from and for, and what they must say.
 *
 * @since 0.1.0
 * @category options
 */
export interface OptionsWithClaims<S extends ClaimsSchema> extends Options {
  /** What it must say, and as what it comes out. */
  readonly claims: S
}

/**
 * Makes what verifies the ID tokens of one issuer for one client. An option that makes no sense throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export function make<S extends ClaimsSchema>(options: OptionsWithClaims<S>): IdToken<S["Type"]>
export function make(options: Options): IdToken<IdClaims>
export function make(options: Options & Partial<OptionsWithClaims<ClaimsSchema>>): IdToken<unknown> {
  Check.checkIdToken("idToken", options)
  const name = options.name ?? "idToken"
  const client = clientOf(options)
  const decode = decoderOf(options.claims)
  const verification = verificationOf(options)
  const failed = (reason: AuthError.Reason) => new AuthError.AuthError({ integration: name, reason })
  return {
    verify: (token, expected) => {
      const login = loginOf(expected)
      const text = typeof token === "string" ? token : Redacted.value(token)
      return Effect.withFiber((fiber) => {
        const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
        const verified = verification.verify(text, now, (payload, header, now) => {
          const until = checkIdToken(payload, header.alg, client, login, now)
          return { claims: decode(payload), payload, header, until }
        })
        return AtOnce.mapError(verified, failed)
      })
    }
  }
}

const verificationOf = (options: Options): Verification => {
  const algorithms = algorithmsOf("idToken", options.algorithms ?? ["RS256"])
  const maxSize = options.maxSize ?? 16_384
  return new Verification(
    { algorithms, types: new Set([undefined, "jwt"]), maxSize },
    sourceOf("idToken", options.keys, algorithms)
  )
}

const clientOf = (options: Options): Client => ({
  issuers: textsOf("idToken.issuer", options.issuer),
  clientIds: textsOf("idToken.clientId", options.clientId),
  trusted: new Set(options.trustedAudiences),
  parties: new Set([options.clientId, ...(options.authorizedParties ?? [])]),
  toleranceMillis: InvalidOption.finiteMillis("idToken.tolerance", options.tolerance ?? "30 seconds")
})

const loginOf = ({ accessToken, acr, code, maxAge, nonce, subject }: Expected): Login => ({
  nonce: nonce === undefined ? undefined : InvalidOption.nonEmpty("idToken.nonce", nonce),
  subject,
  accessToken,
  code,
  maxAgeMillis: maxAge === undefined ? undefined : InvalidOption.finiteMillis("idToken.maxAge", maxAge),
  acr: acr === undefined ? undefined : textsOf("idToken.acr", acr)
})
