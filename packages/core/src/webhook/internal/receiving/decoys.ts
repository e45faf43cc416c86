import { Redacted, Result } from "effect"
import { createPublicKey, generateKeyPairSync, randomBytes } from "node:crypto"
import type { KeyForm, MacKey, SignatureScheme } from "../../SignatureScheme.ts"
import { attempt } from "../refusal.ts"
import * as SigningKeys from "../signingKeys.ts"

type Secret = Redacted.Redacted<string>

/**
 * Adds secrets that nobody has, until there are two of each form. An unknown tenant is verified with these alone: so the
 * same is computed for all tenants, known or not, with one secret or with two.
 */
export const padding = (scheme: SignatureScheme): ((own: ReadonlyArray<Secret>) => ReadonlyArray<Secret>) => {
  const decoys = scheme.keys.map((form) => ({ form, secrets: [...decoyOf(form), ...decoyOf(form)] }))
  const formOf = (secret: Secret) =>
    Result.getOrUndefined(attempt(scheme.id, () => SigningKeys.oneForVerifying(scheme.keys, secret).form))
  return (own) => {
    const forms = own.map(formOf)
    const missing = decoys.map(({ form, secrets }) => secrets.slice(forms.filter((each) => each === form).length))
    return [...own, ...missing.flat()]
  }
}

const decoyOf = (form: KeyForm): ReadonlyArray<Secret> => {
  const text = textFor(form)
  return text === undefined ? [] : [Redacted.make(text, { label: "decoy" })]
}

/** A key of the provider's needs no secret. */
const textFor = (form: KeyForm): string | undefined => {
  switch (form._tag) {
    case "Mac":
      return form.prefix + idFor(form.idSeparator) + macText(form)
    case "JwtSecret":
      return idFor(form.idSeparator) + hex(Math.max(form.minBytes, 32))
    case "Ed25519":
      return form.publicPrefix + ed25519PublicKey().toString(form.encoding)
    case "Ecdsa":
      return p256PublicKey().toString("base64")
    case "JwtKey":
      return (form.algorithm === "ES256" ? p256PublicKey() : rsaPublicKey()).toString("base64")
    case "Rsa":
      return rsaPublicKey().toString("base64")
    case "Digest":
    case "Token":
    case "Certificate":
      return hex(32)
    case "Jwk":
      return form.needsAudience ? hex(32) : undefined
  }
}

const idFor = (separator: string | undefined): string => (separator === undefined ? "" : `${hex(8)}${separator}`)

const hex = (length: number): string =>
  randomBytes(Math.ceil(length / 2))
    .toString("hex")
    .slice(0, length)

const macText = ({ encoding, maxBytes, minBytes }: MacKey): string => {
  const length = Math.min(Math.max(minBytes, 32), maxBytes)
  if (encoding === "utf8") return hex(length)
  return randomBytes(length).toString(encoding === "base64" ? "base64" : "hex")
}

const ed25519PublicKey = (): Buffer =>
  Buffer.from(generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" }).x ?? "", "base64url")

const p256PublicKey = (): Buffer =>
  generateKeyPairSync("ec", { namedCurve: "prime256v1" }).publicKey.export({ format: "der", type: "spki" })

/** A random modulus: a true one takes long to make, and nobody is to sign with it. */
const rsaPublicKey = (): Buffer => {
  const modulus = randomBytes(256)
  modulus[0] = (modulus[0] ?? 0) | 0x80
  modulus[255] = (modulus[255] ?? 0) | 0x01
  const key = createPublicKey({ format: "jwk", key: { kty: "RSA", n: modulus.toString("base64url"), e: "AQAB" } })
  return key.export({ format: "der", type: "spki" })
}
