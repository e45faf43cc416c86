/**
 * A key for JSON Web Tokens: checked for its algorithm where it enters, and not shown from then on.
 *
 * **When to use**
 *
 * To sign or to verify with a key of one's own: tokens that an API asks for, client assertions, DPoP proofs.
 *
 * **Details**
 *
 * A key comes as PEM (PKCS #8, PKCS #1, SEC 1, a certificate for a public one), as a JSON Web Key or its JSON, or, for the
 * HS algorithms, as a secret. Each key is for one algorithm. One that does not fit it, says that it is for something else,
 * or is too short fails with `SecretUnavailable`, which says what is wrong and does not show it.
 *
 * | algorithms | keys |
 * |---|---|
 * | `HS256`, `HS384`, `HS512` | a secret of at least 32, 48, 64 bytes |
 * | `RS256`, `RS384`, `RS512`, `PS256`, `PS384`, `PS512` | RSA of at least 2048 bits |
 * | `ES256`, `ES384`, `ES512` | the curves P-256, P-384, P-521 |
 * | `EdDSA`, `Ed25519` (the same one, by its newer name) | the curve Ed25519 |
 *
 * **Gotchas**
 *
 * A PEM may have its line breaks written as `\n`, as environment variables often do. A secret is taken as it is: one in
 * base64 needs `encoding: "base64"`. A text that is a JSON Web Key is read as one.
 *
 * **Example** (A new key pair)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { JwtKey } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function*() {
 *   const key = yield* JwtKey.generate("ES256", { kid: "2026-11" })
 *   console.assert(key.publicJwk?.kty === "EC")
 *   console.assert(!JSON.stringify(key).includes('"d"'))
 * })
 *
 * Effect.runPromise(program)
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3
 * @since 0.1.0
 */
import { Effect, Redacted, Result } from "effect"
import { generateKeyPair, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto"
import * as InvalidOption from "../policy/InvalidOption.ts"
import type { SecretUnavailable } from "./AuthError.ts"
import { type AlgorithmName, algorithmOf, algorithms, isAlgorithm } from "./internal/jwt/algorithms.ts"
import * as jwk from "./internal/jwt/jwk.ts"
import type * as Material from "./internal/jwt/keyMaterial.ts"
import * as keys from "./internal/jwt/keys.ts"
import * as Check from "./internal/optionChecks.ts"

export type { Jwk } from "./internal/jwt/jwk.ts"

/**
 * The algorithms of signatures that are known. `none` is not among them.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7518#section-3.1
 * @since 0.1.0
 * @category models
 */
export type Algorithm = AlgorithmName

/**
 * A key that signs: `alg`, `kid`, and its `publicJwk` where it has one.
 *
 * @since 0.1.0
 * @category models
 */
export type SigningKey = keys.SigningKey

/**
 * A key that verifies, for one algorithm.
 *
 * @since 0.1.0
 * @category models
 */
export type VerifyingKey = keys.VerifyingKey

/**
 * A key as it comes: PEM, a JSON Web Key, its JSON, or a secret.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Material.KeyInput

/**
 * Options of {@link verifying}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The only algorithm that the key is used with. */
  readonly alg: Algorithm
  /** Its name, which goes into the header. Default: the `kid` of the JWK, or none. */
  readonly kid?: string | undefined
  /** How a secret is written. Default: `utf8`, the bytes of its text. */
  readonly encoding?: Material.Encoding | undefined
  /**
   * Whether a secret may be shorter than the hash of its algorithm (RFC 7518 §3.2), because the provider issues such: anybody who has
   * one token can look for a short one without asking anybody. Default: false.
   */
  readonly allowGuessableSecret?: boolean | undefined
}

/**
 * Options of {@link signing}.
 *
 * @since 0.1.0
 * @category options
 */
export interface SigningOptions extends Options {
  /** What an encrypted PEM is opened with. */
  readonly passphrase?: Redacted.Redacted<string> | undefined
}

/**
 * A key to sign with: a private key or a secret.
 *
 * @since 0.1.0
 * @category constructors
 */
export const signing = (key: Input, options: SigningOptions): Effect.Effect<SigningKey, SecretUnavailable> => {
  Check.checkKeyInput("jwtKey.key", key)
  Check.checkSigningOptions("jwtKey", options)
  const purpose = purposeOf(options)
  return Effect.suspend(() => Effect.fromResult(keys.signingKey(key, purpose)))
}

/**
 * A key to verify with: a public key or a secret. A private key is refused: whoever only verifies should not have it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const verifying = (key: Input, options: Options): Effect.Effect<VerifyingKey, SecretUnavailable> => {
  Check.checkKeyInput("jwtKey.key", key)
  Check.checkKeyOptions("jwtKey", options)
  const purpose = purposeOf(options)
  return Effect.suspend(() => Effect.fromResult(keys.verifyingKey(key, purpose)))
}

/**
 * A new random key: RSA of 2048 bits, a pair on the curve of the algorithm, or a secret as long as its hash.
 *
 * @since 0.1.0
 * @category constructors
 */
export const generate = (alg: Algorithm, options: Pick<Options, "kid"> = {}): Effect.Effect<SigningKey> => {
  Check.checkKeyName("jwtKey", options)
  const purpose = purposeOf({ alg, ...options })
  return Effect.map(newKey(alg), (input) => Result.getOrThrow(keys.signingKey(input, purpose)))
}

/**
 * The key that verifies what this one has signed: the public key of a pair, or the same secret.
 *
 * @since 0.1.0
 * @category getters
 */
export const verifyingOf = (key: SigningKey): VerifyingKey => key.verifying

/**
 * The whole key as the JSON of a JSON Web Key, to be kept where secrets are; {@link signing} reads it.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toSecret = (key: SigningKey): Redacted.Redacted<string> => key.secret

/**
 * The SHA-256 thumbprint of a key in base64url, by the members that make it. A key without them throws `InvalidOption`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7638
 * @since 0.1.0
 * @category getters
 */
export const thumbprint = (key: jwk.Jwk): string => {
  Check.checkKeyRecord("thumbprint", key)
  const essential = jwk.essence(key)
  if (essential !== undefined) return jwk.thumbprint(essential)
  throw new InvalidOption.InvalidOption({
    option: "thumbprint",
    actual: `a key of the kty ${JSON.stringify(key.kty)} that lacks what it needs, or is of an unknown kind`,
    accepts: "a JSON Web Key with e and n (RSA), crv, x and y (EC), crv and x (OKP), or k (oct)"
  })
}

const purposeOf = ({
  alg,
  allowGuessableSecret = false,
  encoding = "utf8",
  kid,
  passphrase
}: SigningOptions): keys.Purpose => ({
  alg: algorithm("jwtKey.alg", alg),
  kid: kid === undefined ? undefined : InvalidOption.nonEmpty("jwtKey.kid", kid),
  encoding,
  passphrase,
  allowGuessableSecret
})

const algorithm = (option: string, alg: string): Algorithm => {
  if (isAlgorithm(alg)) return alg
  throw new InvalidOption.InvalidOption({
    option,
    actual: InvalidOption.describe(alg),
    accepts: `one of ${Object.keys(algorithms).join(", ")}`
  })
}

const newKey = (alg: Algorithm): Effect.Effect<Redacted.Redacted<string>> => {
  const shape = algorithmOf(alg)
  switch (shape.kty) {
    case "oct":
      return Effect.sync(() =>
        secretText(JSON.stringify({ kty: "oct", k: randomBytes(shape.bytes).toString("base64url") }))
      )
    case "RSA":
      return newRsaKey
    case "EC":
      return Effect.sync(() => pemOf(generateKeyPairSync("ec", { namedCurve: shape.curve }).privateKey))
    case "OKP":
      return Effect.sync(() => pemOf(generateKeyPairSync("ed25519").privateKey))
  }
}

/** Large primes take a while to find: not on this thread. */
const newRsaKey = Effect.callback<Redacted.Redacted<string>>((resume) => {
  generateKeyPair("rsa", { modulusLength: 2048 }, (error, _publicKey, privateKey) =>
    resume(error === null ? Effect.sync(() => pemOf(privateKey)) : Effect.die(error))
  )
})

const pemOf = (key: KeyObject): Redacted.Redacted<string> =>
  secretText(key.export({ type: "pkcs8", format: "pem" }).toString())

const secretText = (text: string): Redacted.Redacted<string> => Redacted.make(text)
