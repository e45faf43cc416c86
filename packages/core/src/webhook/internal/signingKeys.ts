import { Redacted } from "effect"
import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto"
import type { Ed25519Key, KeyForm, MacKey } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as Encodings from "./encodings.ts"
import { refuse } from "./refusal.ts"

/** A secret, ready to compute with. */
export interface SigningKey {
  readonly form: KeyForm
  readonly key: KeyObject
}

type Purpose = "verify" | "sign"

type Forms = ReadonlyArray<KeyForm>

type Secret = Redacted.Redacted<string>

export const forVerifying = (forms: Forms, secrets: ReadonlyArray<Secret>): ReadonlyArray<SigningKey> =>
  read("verify", forms, secrets)

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
  if (text.trim() !== text) return undefined
  const form = forms.find((candidate) => text.startsWith(prefixOf(purpose, candidate)))
  if (form === undefined) return undefined
  const encoded = text.slice(prefixOf(purpose, form).length)
  const key = form._tag === "Mac" ? macKey(form, encoded) : ed25519Key(purpose, form, encoded)
  return key && { form, key }
}

const prefixOf = (purpose: Purpose, form: KeyForm): string =>
  form._tag === "Mac" ? form.prefix : purpose === "verify" ? form.publicPrefix : form.privatePrefix

const macKey = (form: MacKey, encoded: string): KeyObject | undefined => {
  const bytes = Encodings.decode(form.encoding, encoded)
  return bytes !== undefined && bytes.length >= form.minBytes && bytes.length <= form.maxBytes
    ? createSecretKey(bytes)
    : undefined
}

const ed25519Key = (purpose: Purpose, form: Ed25519Key, encoded: string): KeyObject | undefined => {
  const bytes = Encodings.decode(form.encoding, encoded)
  if (bytes === undefined) return undefined
  return purpose === "verify" ? publicKey(bytes) : privateKey(bytes)
}

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

const describe = (purpose: Purpose, form: KeyForm): string =>
  form._tag === "Ed25519" ? describePair(purpose, form) : describeMac(form)

const describePair = (purpose: Purpose, form: Ed25519Key): string =>
  purpose === "verify"
    ? `"${form.publicPrefix}" and the 32 bytes of an ed25519 public key in ${form.encoding}`
    : `"${form.privatePrefix}" and an ed25519 private key (seed, or seed and public key) in ${form.encoding}`

const describeMac = (form: MacKey): string => {
  const prefix = form.prefix === "" ? "" : `"${form.prefix}" and `
  const size = `${form.minBytes} to ${form.maxBytes} bytes`
  return `${prefix}${size} in ${form.encoding === "utf8" ? "UTF-8" : `canonical ${form.encoding}`}, without white space around it`
}
