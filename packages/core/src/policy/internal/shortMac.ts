import { createHmac, hash, type KeyObject } from "node:crypto"

/** The hashes, and the bytes of their blocks. */
const blocks = { sha1: 64, sha256: 64, sha384: 128, sha512: 128 } as const

const digestBytes = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const

export type Hash = keyof typeof blocks

type TextEncoding = "hex" | "base64" | "base64url"

/** Up to so many bytes, copying costs less than what `createHmac` allocates. */
const short = 8192

/** Everything here ends before it returns, so that one place to work in is enough. */
const message = Buffer.allocUnsafeSlow(blocks.sha512 + short)

interface Pads {
  readonly inner: Buffer
  /** With room behind it for the inner digest. */
  readonly outer: Buffer
}

const known: Readonly<Record<Hash, WeakMap<KeyObject, Pads>>> = {
  sha1: new WeakMap(),
  sha256: new WeakMap(),
  sha384: new WeakMap(),
  sha512: new WeakMap()
}

/**
 * The HMAC of `before`, `body` and `after`, written in `encoding`. A short one is made of two hashes of one call each,
 * which takes half as long as an object that is fed piece by piece.
 *
 * @see https://www.rfc-editor.org/rfc/rfc2104#section-2
 */
export const macText = (
  name: Hash,
  key: KeyObject,
  encoding: TextEncoding,
  before: string,
  body: Uint8Array,
  after: string
): string => {
  // A character of a text takes at most three bytes.
  if (body.length + 3 * (before.length + after.length) > short) return fed(name, key, encoding, [before, body, after])
  const { inner, outer } = padsOf(name, key)
  const block = blocks[name]
  message.set(inner)
  let end: number = block
  end = append(before, end)
  message.set(body, end)
  end = append(after, end + body.length)
  outer.write(hash(name, message.subarray(0, end), "binary"), block, "binary")
  return hash(name, outer, encoding)
}

/** A few characters of ASCII are there sooner than a call into Node. */
const append = (text: string, at: number): number => {
  if (text.length > 48) return at + message.write(text, at)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code > 127) return at + message.write(text, at)
    message[at + index] = code
  }
  return at + text.length
}

const fed = (name: Hash, key: KeyObject, encoding: TextEncoding, parts: ReadonlyArray<string | Uint8Array>): string => {
  const hmac = createHmac(name, key)
  for (const part of parts) if (part.length > 0) hmac.update(part)
  return hmac.digest(encoding)
}

const padsOf = (name: Hash, key: KeyObject): Pads => {
  const found = known[name].get(key)
  if (found !== undefined) return found
  const made = makePads(name, key.export())
  known[name].set(key, made)
  return made
}

const makePads = (name: Hash, secret: Buffer): Pads => {
  const block = blocks[name]
  const key = secret.length > block ? hash(name, secret, "buffer") : secret
  const inner = Buffer.alloc(block, 0x36)
  const outer = Buffer.alloc(block + digestBytes[name], 0x5c)
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36
    outer[index] = byte ^ 0x5c
  }
  return { inner, outer }
}
