import { Effect, Redacted } from "effect"
import * as jose from "jose"
import { SecretUnavailable } from "../../AuthError.ts"

type Key = jose.CryptoKey | jose.JWK | Uint8Array

/** The key of assertions: imported once for each secret that it is read from. */
export class AssertionKeys {
  readonly #algorithm: string
  readonly #what: string
  readonly #keys = new WeakMap<Redacted.Redacted<string>, Promise<Key>>()

  /** `what` is how errors call the key; a client secret is one as it is. */
  constructor(algorithm: string, what: string) {
    this.#algorithm = algorithm
    this.#what = what
  }

  /** Signs claims; fails when the secret is no key for the algorithm. */
  sign(
    secret: Redacted.Redacted<string>,
    claims: jose.JWTPayload,
    keyId: string | undefined
  ): Effect.Effect<string, SecretUnavailable> {
    const header = { alg: this.#algorithm, ...(keyId !== undefined && { kid: keyId }) }
    return Effect.tryPromise({
      try: async () => new jose.SignJWT(claims).setProtectedHeader(header).sign(await this.#keyOf(secret)),
      // What a library says of a key may quote it.
      catch: () => new SecretUnavailable({ what: `the ${this.#what}`, issue: `is no key for ${this.#algorithm}` })
    })
  }

  #keyOf(secret: Redacted.Redacted<string>): Promise<Key> {
    const known = this.#keys.get(secret)
    if (known !== undefined) return known
    const key = this.#import(Redacted.value(secret))
    this.#keys.set(secret, key)
    return key
  }

  async #import(text: string): Promise<Key> {
    if (this.#algorithm.startsWith("HS")) return new TextEncoder().encode(text)
    if (text.trimStart().startsWith("-----BEGIN")) return jose.importPKCS8(text, this.#algorithm)
    // `importJWK` looks at every member that it needs.
    return jose.importJWK(JSON.parse(text) as jose.JWK, this.#algorithm)
  }
}
