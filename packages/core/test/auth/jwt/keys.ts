/** Keys and tokens as anybody else would make them. */
import { createSecretKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import type { JwtKey } from "@causeway/core/auth"

export interface KeyPair {
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
}

export const secretText = "a secret of exactly sixty-four bytes: HS512 wants no fewer, no!!"

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const ed25519 = generateKeyPairSync("ed25519")
const secret = {
  privateKey: createSecretKey(Buffer.from(secretText)),
  publicKey: createSecretKey(Buffer.from(secretText))
}
const ec = (namedCurve: string) => generateKeyPairSync("ec", { namedCurve })

/** A key for each algorithm. */
export const pairs: Readonly<Record<JwtKey.Algorithm, KeyPair>> = {
  HS256: secret,
  HS384: secret,
  HS512: secret,
  RS256: rsa,
  RS384: rsa,
  RS512: rsa,
  PS256: rsa,
  PS384: rsa,
  PS512: rsa,
  ES256: ec("P-256"),
  ES384: ec("P-384"),
  ES512: ec("P-521"),
  EdDSA: ed25519,
  Ed25519: ed25519
}

export const algorithms = Object.keys(pairs) as ReadonlyArray<JwtKey.Algorithm>

export const pemOf = (key: KeyObject): string =>
  key.export({ format: "pem", type: key.type === "private" ? "pkcs8" : "spki" }).toString()

/** The key to sign with as its owner has it: PEM, or the text of a secret. */
export const privateText = (alg: JwtKey.Algorithm): string =>
  alg.startsWith("HS") ? secretText : pemOf(pairs[alg].privateKey)

export const publicText = (alg: JwtKey.Algorithm): string =>
  alg.startsWith("HS") ? secretText : pemOf(pairs[alg].publicKey)

export const partOf = (token: string, index: 0 | 1): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split(".")[index] ?? "", "base64url").toString())

export const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** Signs any bytes with an RSA key, as RS256 does, whatever the header says. */
export const signedBy = (key: KeyObject, header: string, payload: string | Buffer): string => {
  const signed = `${Buffer.from(header).toString("base64url")}.${Buffer.from(payload).toString("base64url")}`
  return `${signed}.${sign("sha256", Buffer.from(signed), key).toString("base64url")}`
}
