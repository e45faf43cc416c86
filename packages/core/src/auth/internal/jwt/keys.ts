import { Redacted, Result } from "effect"
import { createPublicKey, type KeyObject } from "node:crypto"
import { SecretUnavailable } from "../../AuthError.ts"
import { type AlgorithmName, algorithmOf, type Sign, signerOf, type Verify, verifierOf } from "./algorithms.ts"
import { essence, type Jwk } from "./jwk.ts"
import * as Material from "./keyMaterial.ts"

/** A key that fits its algorithm; what it is stays inside. */
export class SigningKey {
  readonly alg: AlgorithmName
  readonly kid: string | undefined
  /** The public key; undefined for a secret, which has none. */
  readonly publicJwk: Jwk | undefined
  readonly #key: KeyObject
  readonly #sign: Sign

  constructor(alg: AlgorithmName, kid: string | undefined, key: KeyObject) {
    this.alg = alg
    this.kid = kid
    this.#key = key
    this.#sign = signerOf(algorithmOf(alg), key)
    this.publicJwk = key.type === "secret" ? undefined : publicJwkOf(key)
  }

  sign(data: string): Buffer {
    return this.#sign(data)
  }

  get verifying(): VerifyingKey {
    const key = this.#key.type === "secret" ? this.#key : createPublicKey(this.#key)
    return new VerifyingKey(this.alg, this.kid, key)
  }

  /** All of it, as the JSON of a JSON Web Key. */
  get secret(): Redacted.Redacted<string> {
    const name = this.kid === undefined ? {} : { kid: this.kid }
    return Redacted.make(JSON.stringify({ ...jwkOf(this.#key), alg: this.alg, ...name }))
  }
}

/** A key that verifies, for one algorithm. */
export class VerifyingKey {
  readonly alg: AlgorithmName
  readonly kid: string | undefined
  readonly #verify: Verify

  constructor(alg: AlgorithmName, kid: string | undefined, key: KeyObject) {
    this.alg = alg
    this.kid = kid
    this.#verify = verifierOf(algorithmOf(alg), key)
  }

  verify(data: string, signature: Uint8Array): boolean {
    return this.#verify(data, signature)
  }
}

export interface Purpose extends Material.Reading {
  readonly alg: AlgorithmName
  readonly kid: string | undefined
}

export const signingKey = (input: Material.KeyInput, purpose: Purpose): Result.Result<SigningKey, SecretUnavailable> =>
  attempt("signing key", purpose, () => {
    const { alg } = purpose
    const material = Material.materialOf(input)
    const algorithm = algorithmOf(alg)
    Material.checkDeclared(material, alg, "sign")
    if (algorithm.kty === "oct") {
      return new SigningKey(alg, kidOf(material, purpose), Material.secretKey(material, purpose, algorithm.bytes))
    }
    const key = Material.privateKey(material, purpose)
    Material.checkFit(alg, algorithm, key)
    return proven(new SigningKey(alg, kidOf(material, purpose), key))
  })

export const verifyingKey = (
  input: Material.KeyInput,
  purpose: Purpose
): Result.Result<VerifyingKey, SecretUnavailable> =>
  attempt("verifying key", purpose, () => {
    const { alg } = purpose
    const material = Material.materialOf(input)
    const algorithm = algorithmOf(alg)
    Material.checkDeclared(material, alg, "verify")
    if (algorithm.kty === "oct") {
      return new VerifyingKey(alg, kidOf(material, purpose), Material.secretKey(material, purpose, algorithm.bytes))
    }
    const key = Material.publicKey(material)
    Material.checkFit(alg, algorithm, key)
    return new VerifyingKey(alg, kidOf(material, purpose), key)
  })

const kidOf = (material: Material.Material, { kid }: Purpose): string | undefined =>
  kid ?? (material.kind === "jwk" && typeof material.jwk.kid === "string" ? material.jwk.kid : undefined)

/** The private and the public part of a JWK need not belong together. */
const proven = (key: SigningKey): SigningKey =>
  signsForItself(key) ? key : Material.unfit("has a private part that does not belong to its public part")

const signsForItself = (key: SigningKey): boolean => {
  try {
    return key.verifying.verify("probe", key.sign("probe"))
  } catch {
    return false
  }
}

const attempt = <A>(role: string, { alg, kid }: Purpose, make: () => A): Result.Result<A, SecretUnavailable> => {
  try {
    return Result.succeed(make())
  } catch (error) {
    if (!(error instanceof Material.Unfit)) throw error
    const name = kid === undefined ? "" : ` ${JSON.stringify(kid)}`
    return Result.fail(new SecretUnavailable({ what: `the ${role}${name} for ${alg}`, issue: error.issue }))
  }
}

/** What Node exports always has a `kty`. */
const jwkOf = (key: KeyObject): Jwk => key.export({ format: "jwk" }) as Jwk

const publicJwkOf = (key: KeyObject): Jwk => {
  const jwk = jwkOf(createPublicKey(key))
  // The members that make the key, in the order of RFC 7638: a proof carries these alone.
  return (essence(jwk) as Jwk | undefined) ?? jwk
}
