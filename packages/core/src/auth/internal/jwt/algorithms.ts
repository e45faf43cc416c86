import {
  constants,
  createHmac,
  type KeyObject,
  sign as signOnce,
  timingSafeEqual,
  verify as verifyOnce
} from "node:crypto"

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
  readonly pss: boolean
}

interface Curve extends Shape {
  readonly kty: "EC" | "OKP"
  /** As OpenSSL calls the curve. */
  readonly curve: "prime256v1" | "secp384r1" | "secp521r1" | "ed25519"
  readonly signatureBytes: 64 | 96 | 132
}

export type Algorithm = Hmac | Rsa | Curve

const hmac = (hash: Hmac["hash"], bytes: Hmac["bytes"]): Hmac => ({ kty: "oct", hash, bytes, keys: "a secret" })

const rsa = (hash: NonNullable<Shape["hash"]>, pss: boolean): Rsa => ({ kty: "RSA", hash, pss, keys: "an RSA key" })

const curve = (
  hash: Shape["hash"],
  curve: Curve["curve"],
  name: string,
  signatureBytes: Curve["signatureBytes"]
): Curve => ({
  kty: curve === "ed25519" ? "OKP" : "EC",
  hash,
  curve,
  signatureBytes,
  keys: `a key on the curve ${name}`
})

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
  ES256: curve("sha256", "prime256v1", "P-256", 64),
  ES384: curve("sha384", "secp384r1", "P-384", 96),
  ES512: curve("sha512", "secp521r1", "P-521", 132),
  EdDSA: curve(null, "ed25519", "Ed25519", 64),
  Ed25519: curve(null, "ed25519", "Ed25519", 64)
} satisfies Readonly<Record<string, Algorithm>>

export type AlgorithmName = keyof typeof algorithms

export const isAlgorithm = (name: unknown): name is AlgorithmName =>
  typeof name === "string" && Object.hasOwn(algorithms, name)

export const algorithmOf = (name: AlgorithmName): Algorithm => algorithms[name]

export type Sign = (data: string) => Buffer

export type Verify = (data: string, signature: Uint8Array) => boolean

/** How a key signs. It fits the algorithm: that was seen before. */
export const signerOf = (algorithm: Algorithm, key: KeyObject): Sign => {
  if (algorithm.kty === "oct") return (data) => createHmac(algorithm.hash, key).update(data).digest()
  const options = optionsOf(algorithm, key)
  return (data) => signOnce(algorithm.hash, Buffer.from(data), options)
}

/** How a key tells whether a signature is one of its own. */
export const verifierOf = (algorithm: Algorithm, key: KeyObject): Verify => {
  if (algorithm.kty === "oct") {
    return (data, signature) =>
      signature.byteLength === algorithm.bytes &&
      timingSafeEqual(createHmac(algorithm.hash, key).update(data).digest(), signature)
  }
  const options = optionsOf(algorithm, key)
  const bytes = algorithm.kty === "RSA" ? undefined : algorithm.signatureBytes
  return (data, signature) =>
    (bytes === undefined || signature.byteLength === bytes) &&
    verifyOnce(algorithm.hash, Buffer.from(data), options, signature)
}

const optionsOf = (algorithm: Rsa | Curve, key: KeyObject) => {
  if (algorithm.kty !== "RSA") return { key, dsaEncoding: "ieee-p1363" } as const
  return algorithm.pss
    ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : { key, padding: constants.RSA_PKCS1_PADDING }
}
