import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto"

/** A key of 256 bits and the name by which what it sealed is known. */
export interface CipherKey {
  readonly id: string
  readonly key: KeyObject
}

const algorithm = "aes-256-gcm"
const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const version = "v1"

/** A key from its bytes; undefined when there are not exactly 32. */
export const keyOf = (id: string, bytes: Uint8Array): CipherKey | undefined =>
  bytes.byteLength === keyBytes ? { id, key: createSecretKey(bytes) } : undefined

/** What a text belongs to, unambiguously; the key's name is in it, so that it cannot be exchanged either. */
const associatedData = (keyId: string, belongsTo: ReadonlyArray<string>): Uint8Array =>
  Buffer.from(JSON.stringify([version, keyId, ...belongsTo]))

/** Seals bytes: nonce, ciphertext and tag. */
export const sealBytes = ({ id, key }: CipherKey, bytes: Uint8Array, belongsTo: ReadonlyArray<string>): Buffer => {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(associatedData(id, belongsTo))
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()])
}

/** Opens what {@link sealBytes} made; undefined when it was altered, or belongs to something else. */
export const openBytes = (
  { id, key }: CipherKey,
  bytes: Uint8Array,
  belongsTo: ReadonlyArray<string>
): Buffer | undefined => {
  if (bytes.byteLength < nonceBytes + tagBytes) return undefined
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
  decipher.setAAD(associatedData(id, belongsTo))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  const opened = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
  try {
    return Buffer.concat([opened, decipher.final()])
  } catch {
    return undefined
  }
}

/** Seals a text: `v1.<key>.<nonce, ciphertext and tag>`. */
export const seal = (key: CipherKey, text: string, belongsTo: ReadonlyArray<string>): string =>
  `${version}.${key.id}.${sealBytes(key, Buffer.from(text), belongsTo).toString("base64url")}`

/** The name of the key that sealed a text; undefined for one that is not sealed. */
export const keyIdOf = (sealed: string): string | undefined => {
  const [head, id, rest] = sealed.split(".", 3)
  return head === version && rest !== undefined ? id : undefined
}

/** Opens what {@link seal} made; undefined when it was altered, or belongs to something else. */
export const open = (key: CipherKey, sealed: string, belongsTo: ReadonlyArray<string>): string | undefined => {
  const bytes = Buffer.from(sealed.slice(version.length + key.id.length + 2), "base64url")
  return openBytes(key, bytes, belongsTo)?.toString("utf8")
}
