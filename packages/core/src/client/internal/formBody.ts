/** Reads a body of the type application/x-www-form-urlencoded, strictly: bytes that are invalid text are an error. */
import { Result } from "effect"
import * as UrlParams from "effect/http/UrlParams"
import * as Charset from "../../crypto/Charset.ts"
import type { ReceivedBody } from "./receivedBody.ts"
import { undecodable, type Undecodable } from "./undecodable.ts"

/** A record of the fields; one that is repeated has a list of values. */
export const formOf = (body: ReceivedBody): Result.Result<unknown, Undecodable> =>
  Result.flatMap(body.text(), (text) => {
    const pairs: Array<readonly [string, string]> = []
    for (const field of text.split("&")) {
      if (field === "") continue
      const equals = field.indexOf("=")
      const name = decoded(equals === -1 ? field : field.slice(0, equals), body.contentType)
      const value = decoded(equals === -1 ? "" : field.slice(equals + 1), body.contentType)
      if (name === undefined || value === undefined) return Result.fail(invalid)
      pairs.push([name, value])
    }
    return Result.succeed(UrlParams.toRecord(UrlParams.fromInput(pairs)))
  })

const invalid = undecodable("Text", "a form field is not valid text in its charset")

const decoded = (text: string, contentType: string | undefined): string | undefined => {
  const spaced = text.replaceAll("+", " ")
  if (!spaced.includes("%")) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return Result.getOrUndefined(Charset.decodeText(unescaped(spaced), contentType))
  }
}

/** The bytes of a text; a percent sign that escapes nothing stands for itself. */
const unescaped = (text: string): Uint8Array => {
  const bytes = new TextEncoder().encode(text)
  let length = 0
  for (let at = 0; at < bytes.length; at += 1) {
    const escape = bytes[at] === 0x25 ? String.fromCharCode(bytes[at + 1] ?? 0, bytes[at + 2] ?? 0) : ""
    const isEscape = /^[0-9a-f]{2}$/i.test(escape)
    bytes[length] = isEscape ? Number.parseInt(escape, 16) : (bytes[at] ?? 0)
    if (isEscape) at += 2
    length += 1
  }
  return bytes.subarray(0, length)
}
