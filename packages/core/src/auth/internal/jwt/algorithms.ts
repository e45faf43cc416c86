import { constants, createHmac, type KeyObject, sign, timingSafeEqual, verify } from "node:crypto"
import { fromDer, toDer } from "./ecdsa.ts"

interface Shape {
  readonly hash: "sha256" | "sha384" | "sha512" | null
  /** The `kty` of its keys. */
  readonly kty: "oct" | "RSA" | "EC" | "OKP"
  /** Its keys, as a message says it. */
  readonly keys: string
}

interface Hmac extends Shape {
  readonly kty: "oct"
  readonly hash: "sha256" | "sha384" | "sha512"
  readonly bytes: 32 | 48 | 64
}

interface Rsa extends Shape {
  readonly kty: "RSA"
  readonly hash: "sha256" | "sha384" | "sha512"
  readonly pss: boolean
}

interface Ecdsa extends Shape {
  readonly kty: "EC"
  readonly hash: "sha256" | "sha384" | "sha512"
  /** As OpenSSL calls the curve. */
  readonly curve: "prime256v1" | "secp384r1" | "secp521r1"
  readonly signatureBytes: 64 | 96 | 132
}

interface Eddsa extends Shape {
  readonly kty: "OKP"
  readonly hash: null
  readonly curve: "ed25519"
  readonly signatureBytes: 64
}

export type Algorithm = Hmac | Rsa | Ecdsa | Eddsa

const hmac = (hash: Hmac["hash"], bytes: Hmac["bytes"]): Hmac => ({ kty: "oct", hash, bytes, keys: "a secret" })

const rsa = (hash: Rsa["hash"], pss: boolean): Rsa => ({ kty: "RSA", hash, pss, keys: "an RSA key" })

const ecdsa = (
  hash: Ecdsa["hash"],
  curve: Ecdsa["curve"],
  name: string,
  signatureBytes: Ecdsa["signatureBytes"]
): Ecdsa => ({ kty: "EC", hash, curve, signatureBytes, keys: `a key on the curve ${name}` })

const eddsa: Eddsa = {
  kty: "OKP",
  hash: null,
  curve: "ed25519",
  signatureBytes: 64,
  keys: "a key on the curve Ed25519"
}

/** What each algorithm needs of a key, and how it signs. `none` is no algorithm. */
export const algorithms = {
  HS256: hmac("sha256", 32),
  HS384: hmac("sha384", 48),
  HS512: hmac("sha512", 64),
  RS256: rsa("sha256", false),
  RS384: rsa("sha384", false),
  RS512: rsa("sha512", false),
  PS256: rsa("sha256", true),
  PS384: rsa("sha384", true),
  PS512: rsa("sha512", true),
  ES256: ecdsa("sha256", "prime256v1", "P-256", 64),
  ES384: ecdsa("sha384", "secp384r1", "P-384", 96),
  ES512: ecdsa("sha512", "secp521r1", "P-521", 132),
  EdDSA: eddsa,
  Ed25519: eddsa
} satisfies Readonly<Record<string, Algorithm>>

export type AlgorithmName = keyof typeof algorithms

export const isAlgorithm = (name: unknown): name is AlgorithmName =>
  typeof name === "string" && Object.hasOwn(algorithms, name)

export const algorithmOf = (name: AlgorithmName): Algorithm => algorithms[name]

export type Sign = (data: string) => Buffer

export type Verify = (data: string, signature: Uint8Array) => boolean

/** How a key signs. It fits the algorithm: that was seen before. */
export const signerOf = (algorithm: Algorithm, key: KeyObject): Sign => {
  switch (algorithm.kty) {
    case "oct":
      return (data) => createHmac(algorithm.hash, key).update(data).digest()
    case "EC":
      return (data) => fromDer(sign(algorithm.hash, Buffer.from(data), key), algorithm.signatureBytes)
    case "OKP":
      return (data) => sign(null, Buffer.from(data), key)
    case "RSA":
      return (data) => sign(algorithm.hash, Buffer.from(data), algorithm.pss ? withPss(key) : key)
  }
}

/** How a key tells whether a signature is one of its own. */
export const verifierOf = (algorithm: Algorithm, key: KeyObject): Verify => {
  switch (algorithm.kty) {
    case "oct":
      return (data, signature) =>
        signature.byteLength === algorithm.bytes &&
        timingSafeEqual(createHmac(algorithm.hash, key).update(data).digest(), signature)
    case "EC":
      return (data, signature) =>
        signature.byteLength === algorithm.signatureBytes &&
        verify(algorithm.hash, Buffer.from(data), key, toDer(signature))
    case "OKP":
      return (data, signature) =>
        signature.byteLength === algorithm.signatureBytes && verify(null, Buffer.from(data), key, signature)
    case "RSA":
      return (data, signature) =>
        verify(algorithm.hash, Buffer.from(data), algorithm.pss ? withPss(key) : key, signature)
  }
}

/** A key by itself costs Node half of what one in an object with options does: only PSS needs one. */
const withPss = (key: KeyObject) => ({
  key,
  padding: constants.RSA_PKCS1_PSS_PADDING,
  saltLength: constants.RSA_PSS_SALTLEN_DIGEST
})
