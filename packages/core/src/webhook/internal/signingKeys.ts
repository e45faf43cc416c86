import { Redacted } from "effect"
import { createHash, createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto"
import type { Ed25519Key, Hash, JwkKey, KeyForm, MacAlternative, MacKey } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as Encodings from "./encodings.ts"
import { refuse } from "./refusal.ts"

/** A secret, ready to compute with. */
export interface SigningKey {
  readonly form: KeyForm
  /** `undefined` where nothing is computed, or where the key is yet to be found in the delivery. */
  readonly key: KeyObject | undefined
  /** What the secret is when it is read the other way, where the form has one; the same key where it can't be. */
  readonly alternate?: KeyObject | undefined
  /** The id of the key, where the secret has one. */
  readonly id: string | undefined
  /** The text of the secret, without its prefix and its id. */
  readonly text: string
  /** The algorithm of a token. */
  readonly algorithm?: string | undefined
  /** The hash that a certificate signed. */
  readonly hash?: Hash | undefined
  /** Whether the delivery names what the secret names. */
  readonly isAddressed?: boolean | undefined
}

type Purpose = "verify" | "sign"

type Forms = ReadonlyArray<KeyForm>

type Secret = Redacted.Redacted<string>

/** Keys of the provider's alone need no secret of ours. */
export const forVerifying = (forms: Forms, secrets: ReadonlyArray<Secret>): ReadonlyArray<SigningKey> =>
  forms[0]?._tag === "Jwk" && !forms[0].needsAudience
    ? [{ form: forms[0], key: undefined, id: undefined, text: "" }]
    : read("verify", forms, secrets)

export const oneForVerifying = (forms: Forms, secret: Secret): SigningKey => readSecret("verify", forms, secret, 0)

export const forSigning = (forms: Forms, secrets: ReadonlyArray<Secret>): ReadonlyArray<SigningKey> =>
  read("sign", forms, secrets)

const read = (purpose: Purpose, forms: Forms, secrets: ReadonlyArray<Secret>): ReadonlyArray<SigningKey> =>
  secrets.length === 0
    ? refuse(Reason.MissingSecret())
    : secrets.map((secret, index) => readSecret(purpose, forms, secret, index))

const readSecret = (purpose: Purpose, forms: Forms, secret: Secret, index: number): SigningKey => {
  const text = reveal(secret)
  const key = text === undefined ? undefined : cached(purpose, forms, secret, text)
  return (
    key ?? refuse(Reason.InvalidSecret({ index, expected: forms.map((form) => describe(purpose, form)).join(", or ") }))
  )
}

/** `undefined` once the secret was wiped, so that a cached key does not outlive it. */
const reveal = (secret: Secret): string | undefined => {
  try {
    return Redacted.value(secret)
  } catch {
    return undefined
  }
}

const caches: Record<Purpose, WeakMap<Secret, WeakMap<Forms, SigningKey>>> = {
  verify: new WeakMap(),
  sign: new WeakMap()
}

const cached = (purpose: Purpose, forms: Forms, secret: Secret, text: string): SigningKey | undefined => {
  const known = caches[purpose].get(secret)?.get(forms)
  if (known !== undefined) return known
  const made = makeKey(purpose, forms, text)
  if (made === undefined) return undefined
  const byForms = caches[purpose].get(secret) ?? new WeakMap<Forms, SigningKey>()
  caches[purpose].set(secret, byForms.set(forms, made))
  return made
}

const makeKey = (purpose: Purpose, forms: Forms, text: string): SigningKey | undefined => {
  if (text.trim() !== text) {
    // The last line of a PEM file ends.
    return isPem(text) ? makeKey(purpose, forms, text.trim()) : undefined
  }
  const prefixed = forms.find((candidate) => text.startsWith(prefixOf(purpose, candidate)))
  const form = prefixed ?? forms.find((candidate) => candidate._tag === "Mac" && candidate.isPrefixOptional)
  if (form === undefined) return undefined
  const [id, secret] = splitId(form, prefixed === undefined ? text : text.slice(prefixOf(purpose, form).length))
  return secret === undefined || !isText(form, secret) ? undefined : withKey(purpose, form, id, secret)
}

const isPem = (text: string): boolean => text.startsWith("-----BEGIN ")

const prefixOf = (purpose: Purpose, form: KeyForm): string => {
  if (form._tag === "Ed25519") return purpose === "verify" ? form.publicPrefix : form.privatePrefix
  return form._tag === "Mac" ? form.prefix : ""
}

const idSeparatorOf = (form: KeyForm): string | undefined =>
  form._tag === "Mac" || form._tag === "JwtSecret" ? form.idSeparator : undefined

const splitId = (form: KeyForm, text: string): readonly [id: string | undefined, secret: string | undefined] => {
  const separator = idSeparatorOf(form)
  if (separator === undefined) return [undefined, text]
  const at = text.indexOf(separator)
  return at > 0 ? [text.slice(0, at), text.slice(at + separator.length)] : [undefined, undefined]
}

/** What is used as text must be some, and no more than a page of it. */
const isText = (form: KeyForm, text: string): boolean =>
  !(form._tag === "Digest" || form._tag === "Token" || form._tag === "Certificate" || form._tag === "Jwk") ||
  (text.length >= 1 && text.length <= 16_384 && text.isWellFormed())

const withKey = (purpose: Purpose, form: KeyForm, id: string | undefined, text: string): SigningKey | undefined => {
  const key = keyOf(purpose, form, text)
  if (key === undefined) return undefined
  if (key === "none") return { form, key: undefined, id, text }
  return form._tag === "Mac" && form.alternative !== undefined
    ? { form, key, alternate: alternateKey(form, form.alternative, text) ?? key, id, text: "" }
    : { form, key, id, text: "" }
}

const alternateKey = (form: MacKey, alternative: MacAlternative, text: string): KeyObject | undefined =>
  text.startsWith(alternative.prefix)
    ? macKey("verify", { ...form, ...alternative }, text.slice(alternative.prefix.length))
    : undefined

const keyOf = (purpose: Purpose, form: KeyForm, text: string): KeyObject | "none" | undefined => {
  switch (form._tag) {
    case "Mac":
      return macKey(purpose, form, text)
    case "Ed25519":
      return ed25519Key(purpose, form, text)
    case "Ecdsa":
      return pairKey(purpose, text, isP256)
    case "Rsa":
      return pairKey(purpose, text, isStrongRsa)
    case "Digest":
    case "Token":
      return "none"
    case "Certificate":
      return purpose === "verify" ? "none" : pairKey(purpose, text, isStrongRsa)
    case "JwtSecret":
      return jwtKey(form.minBytes, text)
    case "JwtKey":
      return pairKey(purpose, text, form.algorithm === "ES256" ? isP256 : isStrongRsa)
    case "Jwk":
      if (purpose === "verify") return "none"
      return pairKey(purpose, text, form.algorithms.includes("ES256") ? isP256 : isStrongRsa)
  }
}

const macKey = (purpose: Purpose, form: MacKey, encoded: string): KeyObject | undefined => {
  const bytes = decodeMac(form, encoded)
  const least = purpose === "sign" ? form.minBytesToSign : form.minBytes
  return bytes !== undefined && bytes.length >= least && bytes.length <= form.maxBytes
    ? createSecretKey(form.derivation === undefined ? bytes : createHash(form.derivation).update(bytes).digest())
    : undefined
}

const decodeMac = ({ encoding }: MacKey, text: string): Buffer | undefined => {
  switch (encoding) {
    case "hex":
    case "hex-any-case":
      return Encodings.decodeSecret("hex", text)
    case "base64":
      return Encodings.decodeSecret("base64", text)
    case "utf8-nfkd":
      return Encodings.decode("utf8", text.normalize("NFKD"))
    default:
      return Encodings.decode(encoding, text)
  }
}

const jwtKey = (minBytes: number, text: string): KeyObject | undefined => {
  const bytes = Encodings.decode("utf8", text)
  return bytes !== undefined && bytes.length >= minBytes && bytes.length <= 4096 ? createSecretKey(bytes) : undefined
}

export const isP256 = (key: KeyObject): boolean => key.asymmetricKeyDetails?.namedCurve === "prime256v1"

export const isStrongRsa = (key: KeyObject): boolean =>
  key.asymmetricKeyType === "rsa" && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2048

const pairKey = (purpose: Purpose, text: string, isFit: (key: KeyObject) => boolean): KeyObject | undefined => {
  const key = isPem(text) ? parsePem(purpose, text) : parseDer(purpose, Encodings.decode("base64", text))
  return key !== undefined && isFit(key) ? key : undefined
}

const parsePem = (purpose: Purpose, text: string): KeyObject | undefined =>
  attemptKey(() => {
    // Node would take a private key where a public one is asked for, and a leaked one would go unnoticed.
    if (purpose === "verify") return text.includes("PRIVATE KEY-----") ? undefined : createPublicKey(text)
    return createPrivateKey(text)
  })

const parseDer = (purpose: Purpose, key: Buffer | undefined): KeyObject | undefined =>
  key &&
  attemptKey(() =>
    purpose === "verify"
      ? createPublicKey({ format: "der", type: "spki", key })
      : createPrivateKey({ format: "der", type: "pkcs8", key })
  )

const attemptKey = (make: () => KeyObject | undefined): KeyObject | undefined => {
  try {
    return make()
  } catch {
    return undefined
  }
}

const ed25519Key = (purpose: Purpose, form: Ed25519Key, encoded: string): KeyObject | undefined => {
  if (purpose === "verify" && isPem(encoded)) return pairKey(purpose, encoded, isEd25519)
  const bytes = Encodings.decodeSecret(form.encoding, encoded)
  if (bytes === undefined) return undefined
  return purpose === "verify" ? publicKey(bytes) : privateKey(bytes)
}

const isEd25519 = (key: KeyObject): boolean => key.asymmetricKeyType === "ed25519"

const publicKey = (bytes: Buffer): KeyObject | undefined =>
  bytes.length === 32
    ? createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") } })
    : undefined

const pkcs8Header = Buffer.from("302e020100300506032b657004220420", "hex")

const privateKey = (bytes: Buffer): KeyObject | undefined => {
  if (bytes.length !== 32 && bytes.length !== 64) return undefined
  const der = Buffer.concat([pkcs8Header, bytes.subarray(0, 32)])
  const key = createPrivateKey({ format: "der", type: "pkcs8", key: der })
  return bytes.length === 32 || belongsTo(key, bytes.subarray(32)) ? key : undefined
}

const belongsTo = (key: KeyObject, publicBytes: Buffer): boolean =>
  createPublicKey(key).export({ format: "jwk" }).x === publicBytes.toString("base64url")

const describe = (purpose: Purpose, form: KeyForm): string => {
  switch (form._tag) {
    case "Mac":
      return describeMac(purpose, form)
    case "Ed25519":
      return describePair(purpose, form)
    case "Ecdsa":
      return describeKey(purpose, "a P-256")
    case "Rsa":
      return describeKey(purpose, "an RSA")
    case "Certificate":
      return purpose === "verify" ? audienceExpected : describeKey(purpose, "an RSA")
    case "Digest":
    case "Token":
      return "1 to 16384 characters, without white space around them"
    case "JwtSecret":
      return `${describeId(form.idSeparator)}${form.minBytes} to 4096 bytes in UTF-8, without white space around them`
    case "JwtKey":
      return describeKey(purpose, form.algorithm === "ES256" ? "a P-256" : "an RSA")
    case "Jwk":
      return purpose === "verify" ? describeAudience(form) : describeKey(purpose, "a")
  }
}

const describeAudience = ({ audienceWith }: JwkKey): string =>
  audienceWith.length === 0
    ? audienceExpected
    : `the audience of the token and its ${audienceWith.join(", ")}, with a space before each`

const audienceExpected = "what the delivery must name, in 1 to 16384 characters"

const describeId = (separator: string | undefined): string =>
  separator === undefined ? "" : `an id, "${separator}" and `

const describeKey = (purpose: Purpose, kind: string): string =>
  purpose === "verify"
    ? `${kind} public key as SPKI, in PEM or base64 of its DER`
    : `${kind} private key as PKCS #8, in PEM or base64 of its DER`

const describePair = (purpose: Purpose, form: Ed25519Key): string =>
  purpose === "verify"
    ? `"${form.publicPrefix}" and the 32 bytes of an ed25519 public key in ${form.encoding}${form.publicPrefix === "" ? ", or the key as SPKI in PEM" : ""}`
    : `"${form.privatePrefix}" and an ed25519 private key (seed, or seed and public key) in ${form.encoding}`

const describeMac = (purpose: Purpose, form: MacKey): string => {
  const prefix =
    form.prefix === "" ? "" : `"${form.prefix}"${form.isPrefixOptional ? ", which may be left out," : ""} and `
  const size = `${purpose === "sign" ? form.minBytesToSign : form.minBytes} to ${form.maxBytes} bytes`
  return `${prefix}${describeId(form.idSeparator)}${size} in ${form.encoding.startsWith("utf8") ? "UTF-8" : `canonical ${form.encoding.replaceAll("-", " ")}`}, without white space around it`
}
