import { Effect, type Redacted } from "effect"
import type { SecretUnavailable } from "../../AuthError.ts"
import type { Signing } from "../../ClientAuthentication.ts"
import * as JwtKey from "../../JwtKey.ts"

/** The key of assertions: looked at once for each secret that it is read from. */
export class AssertionKeys {
  readonly #options: JwtKey.SigningOptions
  readonly #keys = new WeakMap<Redacted.Redacted<string>, JwtKey.SigningKey>()

  constructor({ algorithm, keyId }: Signing) {
    this.#options = { alg: algorithm, kid: keyId }
  }

  of(secret: Redacted.Redacted<string>): Effect.Effect<JwtKey.SigningKey, SecretUnavailable> {
    const known = this.#keys.get(secret)
    if (known !== undefined) return Effect.succeed(known)
    return Effect.map(JwtKey.signing(secret, this.#options), (key) => {
      this.#keys.set(secret, key)
      return key
    })
  }
}
