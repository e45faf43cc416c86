/**
 * Decodes the bytes of a text or of JSON, strictly: a byte that is invalid in its charset is an error, never U+FFFD.
 *
 * **When to use**
 *
 * To read untrusted text whole. A stream of events replaces invalid bytes instead, as its specification requires.
 *
 * **Details**
 *
 * | | first | then | then |
 * |---|---|---|---|
 * | {@link decodeJson} | a byte order mark, or zero bytes that reveal UTF-16 or UTF-32 (RFC 4627, section 3) | strict UTF-8 (RFC 8259) | the declared charset |
 * | {@link decodeText} | a byte order mark | the declared charset | strict UTF-8 |
 *
 * A byte order mark decides alone, and exactly one is removed. The declared charset is the `charset` parameter of the
 * content type, by the labels of the WHATWG Encoding Standard (`latin1` is windows-1252). An unknown label is ignored, as
 * browsers do.
 *
 * **Example** (Latin-1 JSON)
 *
 * ```ts
 * import { Charset } from "@causeway/core/crypto"
 * import { Result } from "effect"
 *
 * const bytes = Uint8Array.of(0x22, 0xfc, 0x22)
 * const text = Charset.decodeJson(bytes, "application/json; charset=ISO-8859-1")
 * console.assert(Result.getOrThrow(text) === '"ü"')
 * console.assert(Result.isFailure(Charset.decodeJson(bytes, "application/json")))
 * ```
 *
 * @see https://encoding.spec.whatwg.org/#names-and-labels
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-8.1
 * @since 0.1.0
 */
import { Data, Result } from "effect"

/**
 * Bytes that are valid in none of the charsets that were tried.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidText extends Data.TaggedError("InvalidText")<{
  /** The charsets that were tried, in order. */
  readonly tried: ReadonlyArray<string>
}> {
  override get message(): string {
    return `the body is not valid ${this.tried.join(" or ")} text`
  }
}

/**
 * Decodes JSON text.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeJson = (bytes: Uint8Array, contentType?: string): Result.Result<string, InvalidText> => {
  const first = bytes[0] ?? 0
  // Nearly all JSON begins with an ASCII character that no zero byte follows.
  const isUnmarked = first > 0 && first < 0x80 && bytes[1] !== 0
  const marked = isUnmarked ? undefined : (byteOrderMark(bytes, true) ?? zeroPattern(bytes))
  if (marked !== undefined) return firstValid(bytes.subarray(marked.length), [marked.charset])
  const text = strictly("utf-8", bytes)
  if (text !== undefined) return Result.succeed(text)
  const declared = charsetOf(contentType)
  return declared === undefined || declared === "utf-8"
    ? Result.fail(new InvalidText({ tried: ["utf-8"] }))
    : Result.mapError(firstValid(bytes, [declared]), () => new InvalidText({ tried: ["utf-8", declared] }))
}

/**
 * Decodes text.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeText = (bytes: Uint8Array, contentType?: string): Result.Result<string, InvalidText> => {
  const marked = byteOrderMark(bytes, false)
  if (marked !== undefined) return firstValid(bytes.subarray(marked.length), [marked.charset])
  const declared = charsetOf(contentType)
  return firstValid(bytes, declared === undefined || declared === "utf-8" ? ["utf-8"] : [declared, "utf-8"])
}

/**
 * Decodes text for a person to look at: what is invalid becomes U+FFFD.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeLossy = (bytes: Uint8Array, contentType?: string): string => {
  const marked = byteOrderMark(bytes, false)
  const charset = marked?.charset ?? charsetOf(contentType) ?? "utf-8"
  return new TextDecoder(charset, { ignoreBOM: true }).decode(bytes.subarray(marked?.length ?? 0))
}

/**
 * The charset that a content type declares, by its name in the Encoding Standard; undefined for none and for an unknown
 * one. The first `charset` parameter counts; quotes, case and spaces do not matter.
 *
 * @since 0.1.0
 * @category getters
 */
export const charsetOf = (contentType: string | undefined): string | undefined => {
  const label = contentType === undefined ? undefined : charsetLabel(contentType)
  if (label === undefined) return undefined
  try {
    return new TextDecoder(label).encoding
  } catch {
    return undefined
  }
}

/** One parameter: its name, and its value in quotes or without. */
const parameter = /[^;]*;\s*(?:([^=;\s"]+)\s*)?(?:=(?:\s*"((?:[^"\\]|\\.)*)"?|([^;]*)))?/gy

const charsetLabel = (contentType: string): string | undefined => {
  for (const [, name, quoted, bare] of contentType.matchAll(parameter)) {
    if (name?.toLowerCase() !== "charset") continue
    const value = quoted?.replace(/\\(.)/g, "$1") ?? bare ?? ""
    return value.trim().replace(/^'(.*)'$/, "$1")
  }
  return undefined
}

interface Marked {
  readonly charset: string
  /** The length of the byte order mark. */
  readonly length: number
}

const startsWith = (bytes: Uint8Array, start: ReadonlyArray<number>): boolean =>
  bytes.byteLength >= start.length && start.every((byte, index) => bytes[index] === byte)

/** The mark of UTF-32LE begins as that of UTF-16LE: only JSON, which holds no zero character, can tell them apart. */
const byteOrderMark = (bytes: Uint8Array, isJson: boolean): Marked | undefined => {
  const first = bytes[0]
  if (first === 0xef) return startsWith(bytes, [0xef, 0xbb, 0xbf]) ? { charset: "utf-8", length: 3 } : undefined
  if (first === 0xfe) return startsWith(bytes, [0xfe, 0xff]) ? { charset: "utf-16be", length: 2 } : undefined
  if (isJson && startsWith(bytes, [0xff, 0xfe, 0, 0])) return { charset: "utf-32le", length: 4 }
  if (isJson && startsWith(bytes, [0, 0, 0xfe, 0xff])) return { charset: "utf-32be", length: 4 }
  return startsWith(bytes, [0xff, 0xfe]) ? { charset: "utf-16le", length: 2 } : undefined
}

/** JSON begins with an ASCII character and holds no zero character, so zero bytes reveal the width of its units. */
const zeroPattern = (bytes: Uint8Array): Marked | undefined => {
  const [a, b, c, d] = bytes
  if (a === undefined || b === undefined || (a !== 0 && b !== 0)) return undefined
  if (a === 0 && b !== 0) return { charset: "utf-16be", length: 0 }
  if (a === 0) return c === 0 && d !== 0 ? { charset: "utf-32be", length: 0 } : undefined
  return { charset: c === 0 && d === 0 ? "utf-32le" : "utf-16le", length: 0 }
}

const firstValid = (bytes: Uint8Array, charsets: ReadonlyArray<string>): Result.Result<string, InvalidText> => {
  for (const charset of charsets) {
    const text = strictly(charset, bytes)
    if (text !== undefined) return Result.succeed(text)
  }
  return Result.fail(new InvalidText({ tried: charsets }))
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const strictly = (charset: string, bytes: Uint8Array): string | undefined => {
  if (charset.startsWith("utf-32")) return utf32(bytes, charset === "utf-32le")
  try {
    return charset === "utf-8"
      ? utf8.decode(bytes)
      : new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** `TextDecoder` does not support UTF-32. */
const utf32 = (bytes: Uint8Array, littleEndian: boolean): string | undefined => {
  if (bytes.byteLength % 4 !== 0) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text = ""
  for (let at = 0; at < bytes.byteLength; at += 4) {
    const point = view.getUint32(at, littleEndian)
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined
    text += String.fromCodePoint(point)
  }
  return text
}
