import { Redacted } from "effect"
import { createPrivateKey, createPublicKey, createSecretKey, type JsonWebKeyInput, type KeyObject } from "node:crypto"
import type { Algorithm } from "./algorithms.ts"
import { isJwk, type Jwk } from "./jwk.ts"
import { keyIn } from "./pastedKey.ts"
import { shown } from "./refusal.ts"

/** A key as it came: nothing of it is shown. */
export type KeyInput = string | Jwk | Redacted.Redacted<string | Jwk>

export type Encoding = "utf8" | "base64" | "base64url" | "hex"

/** How a text is read. */
export interface Reading {
  readonly encoding: Encoding
  readonly passphrase: Redacted.Redacted<string> | undefined
  /** Whether a secret may be shorter than its hash. Default: false. */
  readonly allowGuessableSecret?: boolean
}

export type Material =
  | { readonly kind: "pem"; readonly text: string }
  | { readonly kind: "jwk"; readonly jwk: Jwk }
  | { readonly kind: "secret"; readonly text: string }

/** Why a key cannot be used, in words that do not show it. */
export class Unfit {
  readonly issue: string
  constructor(issue: string) {
    this.issue = issue
  }
}

export const unfit = (issue: string): never => {
  throw new Unfit(issue)
}

export const materialOf = (input: KeyInput): Material => {
  const value = Redacted.isRedacted(input) ? Redacted.value(input) : input
  if (typeof value !== "string") return isJwk(value) ? { kind: "jwk", jwk: value } : unfit('is an object without "kty"')
  const jwk = jwkIn(value.trim())
  if (jwk !== undefined) return { kind: "jwk", jwk }
  const pem = keyIn(value)
  return pem === undefined ? { kind: "secret", text: value } : { kind: "pem", text: pem }
}

const jwkIn = (text: string): Jwk | undefined => {
  if (!text.startsWith("{")) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isJwk(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A secret as a key, with at least as many bytes as the hash has. */
export const secretKey = (
  material: Material,
  { allowGuessableSecret = false, encoding }: Reading,
  bytes: number
): KeyObject => {
  const secret = secretBytes(material, encoding)
  if (secret.byteLength >= (allowGuessableSecret ? 1 : bytes)) return createSecretKey(secret)
  return unfit(
    `has ${secret.byteLength} bytes, but needs at least ${bytes}: anybody could find a shorter one by trying (allowGuessableSecret permits it)`
  )
}

const secretBytes = (material: Material, encoding: Encoding): Buffer => {
  switch (material.kind) {
    case "pem":
      return unfit("is a key in PEM, but must be a secret: an algorithm of a key pair takes it")
    case "jwk":
      return typeof material.jwk["k"] === "string" && /^[\w-]+$/.test(material.jwk["k"])
        ? Buffer.from(material.jwk["k"], "base64url")
        : unfit('has no "k" in base64url')
    case "secret":
      return decode(material.text, encoding)
  }
}

const decode = (text: string, encoding: Encoding): Buffer => {
  if (text.trim() === "") return unfit("is empty")
  if (/[\r\n]$/.test(text)) return unfit("ends in a line break, which is not a part of it")
  return alphabets[encoding].test(text) ? Buffer.from(text, encoding) : unfit(`is not in ${encoding}`)
}

const alphabets: Readonly<Record<Encoding, RegExp>> = {
  utf8: /^/,
  base64: /^(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2,3}={0,2})?$/,
  base64url: /^[\w-]+$/,
  hex: /^(?:[\da-fA-F]{2})+$/
}

/** A private key, as it is or in a JWK. */
export const privateKey = (material: Material, { passphrase }: Reading): KeyObject => {
  switch (material.kind) {
    case "secret":
      return bareKey(material.text) ?? unfit(`${neither}; ${seenAs(material.text)}`)
    case "jwk":
      if (typeof material.jwk["d"] !== "string") return unfit("is a public key, but signing needs the private one")
      return imported("private key", () => createPrivateKey(jwkInput(material.jwk)))
    case "pem":
      return imported("private key", () => privatePem(material.text, passphrase))
  }
}

const neither = "is neither a private key in PEM (-----BEGIN PRIVATE KEY-----) nor a JSON Web Key"

/** What a text looks like that is no key, without showing it. */
const seenAs = (text: string): string => {
  const bare = text.trim()
  if (bare === "") return "it is empty"
  if (bare.startsWith("{")) return 'it is JSON without a "kty" and without a "private_key"'
  if (/^[\w.~/\\-]{1,200}\.(?:pem|key|json|p8)$/.test(bare))
    return "it looks like the path of a file: give what is in it"
  return `it is a text of ${bare.length} characters`
}

/** The base64 of a key whose BEGIN and END lines were left out. */
const bareKey = (text: string): KeyObject | undefined => {
  const bare = text.replace(/\\n|\s/g, "")
  if (!/^M[A-Za-z\d+/]{60,}={0,2}$/.test(bare)) return undefined
  const key = Buffer.from(bare, "base64")
  for (const type of ["pkcs8", "pkcs1", "sec1"] as const) {
    try {
      return createPrivateKey({ key, format: "der", type })
    } catch {
      // It may be of another type.
    }
  }
  return undefined
}

const privatePem = (key: string, passphrase: Redacted.Redacted<string> | undefined): KeyObject => {
  if (/^-----BEGIN (?:RSA )?(?:PUBLIC KEY|CERTIFICATE)/.test(key)) {
    return unfit("is a public key, but signing needs the private one")
  }
  if (key.includes("OPENSSH"))
    return unfit("is in the format of OpenSSH: convert it with ssh-keygen -p -m PKCS8 -f <file>")
  if (!key.includes("-----END ")) return unfit("has no END line: it is cut off")
  if (passphrase !== undefined) return createPrivateKey({ key, passphrase: Redacted.value(passphrase) })
  return /ENCRYPTED/.test(key) ? unfit("is encrypted: give its passphrase") : createPrivateKey(key)
}

/** A public key, as it is, in a JWK or in a certificate. */
export const publicKey = (material: Material): KeyObject => {
  switch (material.kind) {
    case "secret":
      return unfit("is neither a public key in PEM (-----BEGIN PUBLIC KEY-----) nor a JSON Web Key")
    case "jwk":
      if ("d" in material.jwk) return unfit("is a private key: give the public one to those who verify")
      return imported("public key", () => createPublicKey(jwkInput(material.jwk)))
    case "pem":
      if (material.text.includes("PRIVATE KEY")) {
        return unfit("is a private key: give the public one to those who verify")
      }
      return imported("public key", () => createPublicKey(material.text))
  }
}

const jwkInput = (jwk: Jwk): JsonWebKeyInput => ({ key: jwk, format: "jwk" })

/** What OpenSSL says of a key that it cannot read helps nobody, and may quote it. */
const imported = (what: string, read: () => KeyObject): KeyObject => {
  try {
    return read()
  } catch (error) {
    if (error instanceof Unfit) throw error
    return unfit(
      `cannot be read as a ${what}: it is cut off, altered, of an unknown kind, or its passphrase is another`
    )
  }
}

/** Ends with {@link Unfit} for a key pair that is not of the algorithm's kind, or too short. */
export const checkFit = (name: string, algorithm: Algorithm, key: KeyObject): void => {
  const { asymmetricKeyDetails: details, asymmetricKeyType: type } = key
  const kind = type === "ec" ? (details?.namedCurve ?? type) : type
  const wanted = algorithm.kty === "RSA" ? "rsa" : algorithm.kty === "oct" ? "oct" : algorithm.curve
  if (kind !== wanted)
    unfit(`is ${kindNames[kind ?? ""] ?? `of the kind ${kind}`}, but ${name} needs ${algorithm.keys}`)
  if (algorithm.kty === "RSA") checkSize(name, details?.modulusLength ?? 0, details?.publicExponent ?? 0n)
}

/** A huge key, or a huge exponent, which a proof may bring along, would keep us busy for its owner's pleasure. */
const checkSize = (name: string, bits: number, exponent: bigint): void => {
  if (bits < 2048) unfit(`is an RSA key of ${bits} bits, but ${name} needs at least 2048: make a new one`)
  if (bits > 8192) unfit(`is an RSA key of ${bits} bits, but may have 8192 at most`)
  if (exponent > 0xffff_ffffn) unfit("is an RSA key whose public exponent is larger than 32 bits")
}

const kindNames: Readonly<Record<string, string>> = {
  rsa: "an RSA key",
  "rsa-pss": "an RSA key for PSS alone",
  prime256v1: "a key on the curve P-256",
  secp384r1: "a key on the curve P-384",
  secp521r1: "a key on the curve P-521",
  ed25519: "a key on the curve Ed25519"
}

/** Ends with {@link Unfit} for a JWK that is declared to be for something else. */
export const checkDeclared = (material: Material, name: string, operation: "sign" | "verify"): void => {
  if (material.kind !== "jwk") return
  const { alg, key_ops: operations, use } = material.jwk
  if (alg !== undefined && alg !== name) unfit(`says that it is for ${shown(alg)}, not for ${name}`)
  if (use !== undefined && use !== "sig") unfit(`says that its use is ${shown(use)}, not "sig"`)
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes(operation))) {
    unfit(`does not have "${operation}" among its key_ops`)
  }
}
