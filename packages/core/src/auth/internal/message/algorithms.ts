import { Redacted } from "effect"
import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  type KeyObject,
  sign as signWith,
  timingSafeEqual,
  verify as verifyWith
} from "node:crypto"

/** The algorithms of RFC 9421, by the names of its registry. */
export type Algorithm =
  | "ed25519"
  | "ecdsa-p256-sha256"
  | "ecdsa-p384-sha384"
  | "rsa-pss-sha512"
  | "rsa-v1_5-sha256"
  | "hmac-sha256"

/** How the text of a shared secret becomes bytes. */
export type SecretEncoding = "utf8" | "base64"

export interface KeyFormat {
  readonly algorithm: Algorithm
  readonly secretEncoding: SecretEncoding
}

interface Procedure {
  readonly problemOf: (key: KeyObject) => string | undefined
  readonly sign: (key: KeyObject, data: Uint8Array) => Uint8Array
  readonly verify: (key: KeyObject, data: Uint8Array, signature: Uint8Array) => boolean
}

const leastModulusBits = 2_048
const leastSecretBytes = 16

interface Encoding {
  readonly padding?: number
  readonly dsaEncoding?: "ieee-p1363"
  /** Of the salt, in bytes, for signing. */
  readonly saltLength?: number
}

/**
 * A salt of any length verifies: widespread signers use the longest there is, where the RFC has 64 bytes. A key that needs no
 * encoding is given by itself, which Node reads faster.
 */
const keyPair = (hash: string | null, encoding: Encoding | undefined, problemOf: Procedure["problemOf"]): Procedure => {
  const received =
    encoding?.saltLength === undefined ? encoding : { ...encoding, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
  return {
    problemOf,
    sign: (key, data) => signWith(hash, data, encoding === undefined ? key : { key, ...encoding }),
    verify: (key, data, signature) =>
      verifyWith(hash, data, received === undefined ? key : { key, ...received }, signature)
  }
}

const rsa =
  (...types: ReadonlyArray<string>) =>
  (key: KeyObject): string | undefined => {
    if (!types.includes(key.asymmetricKeyType ?? "")) return "is no RSA key"
    return (key.asymmetricKeyDetails?.modulusLength ?? 0) < leastModulusBits
      ? `is an RSA key of less than ${leastModulusBits} bits`
      : undefined
  }

const curve = (name: string, namedCurve: string) => (key: KeyObject) =>
  key.asymmetricKeyDetails?.namedCurve === namedCurve ? undefined : `is no key on the curve ${name}`

const procedures: Readonly<Record<Algorithm, Procedure>> = {
  ed25519: keyPair(null, undefined, (key) => (key.asymmetricKeyType === "ed25519" ? undefined : "is no ed25519 key")),
  "ecdsa-p256-sha256": keyPair("sha256", { dsaEncoding: "ieee-p1363" }, curve("P-256", "prime256v1")),
  "ecdsa-p384-sha384": keyPair("sha384", { dsaEncoding: "ieee-p1363" }, curve("P-384", "secp384r1")),
  "rsa-pss-sha512": keyPair(
    "sha512",
    { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 },
    rsa("rsa", "rsa-pss")
  ),
  "rsa-v1_5-sha256": keyPair("sha256", undefined, rsa("rsa")),
  "hmac-sha256": {
    problemOf: (key) =>
      (key.symmetricKeySize ?? 0) < leastSecretBytes ? `has less than ${leastSecretBytes} bytes` : undefined,
    sign: (key, data) => createHmac("sha256", key).update(data).digest(),
    verify: (key, data, signature) => {
      const made = createHmac("sha256", key).update(data).digest()
      return made.length === signature.length && timingSafeEqual(made, signature)
    }
  }
}

export const algorithms: ReadonlyArray<string> = Object.keys(procedures)

export const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(procedures, name)

export const sign = (algorithm: Algorithm, key: KeyObject, data: Uint8Array): Uint8Array =>
  procedures[algorithm].sign(key, data)

export const verify = (algorithm: Algorithm, key: KeyObject, data: Uint8Array, signature: Uint8Array): boolean =>
  procedures[algorithm].verify(key, data, signature)

/** A key, or what is wrong with its text, in words that do not show it. */
export type Read = KeyObject | string

/** The key that signs: a PKCS #8 or traditional PEM, or a shared secret. */
export const readSigningKey = (text: string, { algorithm, secretEncoding }: KeyFormat): Read =>
  algorithm === "hmac-sha256"
    ? checked(algorithm, secretKey(text, secretEncoding))
    : checked(
        algorithm,
        parsed(() => createPrivateKey(pem(text)), "is no PEM of a private key without a passphrase")
      )

/** The key that verifies: an SPKI PEM, or a shared secret. A private key is refused: it does not belong here. */
export const readVerifyingKey = (text: string, { algorithm, secretEncoding }: KeyFormat): Read => {
  if (algorithm === "hmac-sha256") return checked(algorithm, secretKey(text, secretEncoding))
  if (text.includes("PRIVATE KEY")) return "is a private key, where the public one belongs"
  return checked(
    algorithm,
    parsed(() => createPublicKey(pem(text)), "is no PEM of a public key")
  )
}

/** A PEM from an environment variable often has its line breaks written as `\n`. */
const pem = (text: string): string => text.replaceAll(String.raw`\n`, "\n")

const secretKey = (text: string, encoding: SecretEncoding): Read => {
  if (text.trim() === "") return "is empty"
  if (/[\r\n]$/.test(text)) return "ends in a line break, which is not a part of it"
  if (encoding === "base64" && !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return "is no base64"
  return createSecretKey(Buffer.from(text, encoding))
}

const parsed = (read: () => KeyObject, problem: string): Read => {
  try {
    return read()
  } catch {
    return problem
  }
}

const checked = (algorithm: Algorithm, key: Read): Read =>
  typeof key === "string" ? key : (procedures[algorithm].problemOf(key) ?? key)

/** Keys by their secret, so that what is used over and over is read once. */
export class KeyRing {
  readonly #format: KeyFormat
  readonly #keys = new WeakMap<Redacted.Redacted<string>, Read>()

  constructor(format: KeyFormat) {
    this.#format = format
  }

  of(secret: Redacted.Redacted<string>): Read {
    const known = this.#keys.get(secret)
    if (known !== undefined) return known
    const read = readSigningKey(Redacted.value(secret), this.#format)
    this.#keys.set(secret, read)
    return read
  }
}
