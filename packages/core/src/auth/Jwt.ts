/**
 * JSON Web Tokens: signed for whoever asks for them.
 *
 * **When to use**
 *
 * Where an API wants a token that we sign ourselves, such as a client assertion, the JWT of a GitHub App, or the assertion
 * of a service account.
 *
 * **Details**
 *
 * {@link sign} is an effect that signs a new token each time it runs, with the times of the `Clock` and a `jti` of its
 * own. {@link grant} has `Tokens` keep one until shortly before its end.
 *
 * **Gotchas**
 *
 * The lifetime counts from now, not from `iat`: a provider that allows an hour between the two counts what `backdate` adds.
 *
 * **Example** (What a GitHub App signs)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { Jwt, JwtKey } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function*() {
 *   const key = yield* JwtKey.generate("RS256") // or JwtKey.signing(pem, { alg: "RS256" })
 *   const mint = Jwt.sign(key, { iss: "Iv23li8fs", lifetime: "9 minutes", backdate: "1 minute" })
 *   const token = yield* mint
 *   console.assert(String(token) === "<redacted>")
 * })
 *
 * Effect.runPromise(program)
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519
 * @since 0.1.0
 */
import { Clock, type Duration, Effect, Redacted, type Schema } from "effect"
import { randomUUID } from "node:crypto"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Grant from "./Grant.ts"
import { compact, encodePart } from "./internal/jwt/compact.ts"
import type { SigningKey } from "./JwtKey.ts"
import * as Token from "./Token.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * What a token says.
 *
 * @since 0.1.0
 * @category options
 */
export interface SignOptions {
  /** Who issues it: we. */
  readonly iss?: string | undefined
  /** Whom it is about. */
  readonly sub?: string | undefined
  /** Whom it is for. */
  readonly aud?: string | ReadonlyArray<string> | undefined
  /** How long it is valid from now on, in whole seconds. */
  readonly lifetime: Duration.Input
  /** How long ago it says that it was issued, for a provider whose clock is behind ours. Default: 0. */
  readonly backdate?: Duration.Input | undefined
  /** From when on it is valid, as `iat`, where it should say so. Default: false. */
  readonly nbf?: boolean | undefined
  /** Its own id; false for none. Default: a random one for each token. */
  readonly jti?: string | false | undefined
  /** The `typ` of its header. Default: `JWT`. */
  readonly typ?: string | undefined
  /** What else it says. */
  readonly claims?: Readonly<Record<string, Schema.Json>> | undefined
}

/**
 * Signs a token: a new one, with its own times and `jti`, whenever it runs. An option that makes no sense throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category signing
 */
export const sign = (key: SigningKey, options: SignOptions): Effect.Effect<Redacted.Redacted<string>> => {
  const mint = minting(key, options)
  return Effect.map(Clock.currentTimeMillis, (now) => mint(now).token)
}

/**
 * A grant whose tokens we sign ourselves, for `Tokens.layer`: one is kept and used until shortly before its end.
 *
 * @since 0.1.0
 * @category constructors
 */
export const grant = (key: SigningKey, options: SignOptions): Grant.Grant => {
  const mint = minting(key, options)
  return Grant.make({
    obtain: Effect.map(Clock.currentTimeMillis, (now) => {
      const { expiresAt, token } = mint(now)
      return Token.make({ accessToken: token, obtainedAt: now, expiresAt })
    })
  })
}

interface Minted {
  readonly token: Redacted.Redacted<string>
  readonly expiresAt: number
}

const minting = (key: SigningKey, options: SignOptions): ((now: number) => Minted) => {
  Check.checkSigningKey("jwt.key", key)
  Check.checkJwt("jwt", options)
  const lifetime = wholeSeconds("jwt.lifetime", InvalidOption.positiveMillis("jwt.lifetime", options.lifetime))
  const backdate = Math.floor(InvalidOption.finiteMillis("jwt.backdate", options.backdate ?? 0) / 1000)
  const { jti, nbf = false } = options
  const header = encodePart({
    alg: key.alg,
    typ: InvalidOption.nonEmpty("jwt.typ", options.typ ?? "JWT"),
    ...(key.kid !== undefined && { kid: key.kid })
  })
  const said = fixedClaims(options)
  return (now) => {
    const seconds = Math.floor(now / 1000)
    const iat = seconds - backdate
    const exp = seconds + lifetime
    const payload = {
      ...said,
      iat,
      ...(nbf && { nbf: iat }),
      exp,
      ...(jti !== false && { jti: jti ?? randomUUID() })
    }
    return { token: Redacted.make(compact(key, header, payload)), expiresAt: exp * 1000 }
  }
}

const fixedClaims = ({ aud, claims = {}, iss, sub }: SignOptions): Readonly<Record<string, Schema.Json>> => {
  const twice = Object.keys(claims).find((claim) => namedClaims.has(claim))
  if (twice !== undefined) {
    throw new InvalidOption.InvalidOption({
      option: "jwt.claims",
      actual: `claims with ${JSON.stringify(twice)}`,
      accepts: `claims without ${[...namedClaims].join(", ")}, which have options of their own`
    })
  }
  return {
    ...(iss !== undefined && { iss: InvalidOption.nonEmpty("jwt.iss", iss) }),
    ...(sub !== undefined && { sub: InvalidOption.nonEmpty("jwt.sub", sub) }),
    ...(aud !== undefined && { aud: audience(aud) }),
    ...claims
  }
}

const namedClaims: ReadonlySet<string> = new Set(["iss", "sub", "aud", "exp", "nbf", "iat", "jti"])

const audience = (aud: string | ReadonlyArray<string>): string | ReadonlyArray<string> => {
  if (typeof aud === "string") return InvalidOption.nonEmpty("jwt.aud", aud)
  if (aud.length > 0) return aud.map((one) => InvalidOption.nonEmpty("jwt.aud", one))
  throw new InvalidOption.InvalidOption({
    option: "jwt.aud",
    actual: "an empty list",
    accepts: "at least one audience"
  })
}

const wholeSeconds = (option: string, millis: number): number => {
  const seconds = Math.floor(millis / 1000)
  if (seconds >= 1) return seconds
  throw new InvalidOption.InvalidOption({ option, actual: `${millis} ms`, accepts: "at least 1 second" })
}
