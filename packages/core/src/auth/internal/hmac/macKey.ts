import { Redacted } from "effect"
import { createHash, createSecretKey, type KeyObject } from "node:crypto"

/** A shared secret for an HMAC, in the words of a webhook's record. */
export interface MacKey {
  readonly _tag: "Mac"
  readonly hash: "sha1" | "sha256" | "sha512"
  /** How the text of the secret, after its prefix, becomes the bytes of the key. */
  readonly encoding: "utf8" | "hex" | "hex-any-case" | "base64"
  /** Text that the secret starts with and that is no part of the key, such as `whsec_`. */
  readonly prefix: string
  /** Bounds of the key's length in bytes. */
  readonly minBytes: number
  readonly maxBytes: number
  /** A hash of those bytes that is the key in their place. */
  readonly derivation: "sha1" | "sha256" | "sha512" | undefined
  /** What ends the id of the key, for secrets of the form `id:secret`. */
  readonly idSeparator: string | undefined
  /** The label of its signatures in a list. */
  readonly label: string | undefined
}

/** A key to sign with, and its id where the secret has one. */
export interface Key {
  readonly object: KeyObject
  readonly id: string | undefined
}

/** The key of a secret, or what is wrong with its text, in words that do not show it. */
export const readKey = (text: string, form: MacKey): Key | string => {
  if (text.trim() !== text) return "begins or ends in white space, which is no part of it"
  if (!text.startsWith(form.prefix)) return `does not begin with ${JSON.stringify(form.prefix)}`
  const [id, secret] = split(text.slice(form.prefix.length), form.idSeparator)
  if (secret === undefined) return `has no ${JSON.stringify(form.idSeparator)} behind the id of its key`
  const bytes = bytesOf(secret, form.encoding)
  if (bytes === undefined) return form.encoding === "base64" ? "is no base64" : "is no hexadecimal"
  if (bytes.length < form.minBytes) return bytes.length === 0 ? "is empty" : `has less than ${form.minBytes} bytes`
  if (bytes.length > form.maxBytes) return `has more than ${form.maxBytes} bytes`
  const { derivation } = form
  const key = derivation === undefined ? bytes : createHash(derivation).update(bytes).digest()
  return { object: createSecretKey(key), id }
}

const split = (
  text: string,
  separator: string | undefined
): readonly [id: string | undefined, secret: string | undefined] => {
  if (separator === undefined) return [undefined, text]
  const at = text.indexOf(separator)
  return at > 0 ? [text.slice(0, at), text.slice(at + separator.length)] : [undefined, undefined]
}

const bytesOf = (text: string, encoding: MacKey["encoding"]): Buffer | undefined => {
  switch (encoding) {
    case "utf8":
      return Buffer.from(text)
    case "hex":
      return /^(?:[0-9a-f]{2})*$/.test(text) ? Buffer.from(text, "hex") : undefined
    case "hex-any-case":
      return /^(?:[0-9a-fA-F]{2})*$/.test(text) ? Buffer.from(text, "hex") : undefined
    case "base64":
      return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? Buffer.from(text, "base64") : undefined
  }
}

/** Keys by their secret, so that what is used over and over is read once. */
export class MacKeys {
  readonly #form: MacKey
  readonly #keys = new WeakMap<Redacted.Redacted<string>, Key | string>()

  constructor(form: MacKey) {
    this.#form = form
  }

  of(secret: Redacted.Redacted<string>): Key | string {
    const known = this.#keys.get(secret)
    if (known !== undefined) return known
    const read = readKey(Redacted.value(secret), this.#form)
    this.#keys.set(secret, read)
    return read
  }
}
