/** The last characters that leave no bits over, by how many there are beyond a whole number of bytes. */
const endings = ["", undefined, "AQgw", "AEIMQUYcgkosw048"]

/** The bytes of a base64url text in the one form it can have; undefined for any other text. */
export const decodeBase64Url = (text: string): Buffer | undefined => {
  const ending = endings[text.length % 4]
  if (ending === undefined || !/^[\w-]*$/.test(text)) return undefined
  if (ending !== "" && !ending.includes(text.charAt(text.length - 1))) return undefined
  return Buffer.from(text, "base64url")
}

export type JsonObject = Readonly<Record<string, unknown>>

/** A JSON object of UTF-8 bytes, or why it is none. Of two members with one name, each reader would take another. */
export const decodeObject = (bytes: Buffer): JsonObject | "malformed" | "duplicate" => {
  const text = decodeUtf8(bytes)
  if (text === undefined) return "malformed"
  const value = parse(text)
  if (!isObject(value)) return "malformed"
  return membersWritten(text) === membersKept(value) ? value : "duplicate"
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const strictly = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** What is no UTF-8 becomes U+FFFD, unless that is what was written. */
const decodeUtf8 = (bytes: Buffer): string | undefined => {
  const text = bytes.toString("utf8")
  if (!text.includes("\ufffd")) return text
  try {
    return strictly.decode(bytes)
  } catch {
    return undefined
  }
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a]

/** How many members a JSON text has, at all depths: as many as colons outside of its strings. */
const membersWritten = (json: string): number => {
  let members = 0
  for (let at = 0; at < json.length; at++) {
    const character = json.charCodeAt(at)
    if (character === colon) members++
    else if (character === quote) at = endOfString(json, at)
  }
  return members
}

const endOfString = (json: string, start: number): number => {
  let end = json.indexOf('"', start + 1)
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end
}

const isEscaped = (json: string, at: number): boolean => {
  let before = at - 1
  while (json.charCodeAt(before) === backslash) before--
  return (at - before) % 2 === 0
}

/** How many of them are left once it was parsed. It may be nested deeper than a recursion can go. */
const membersKept = (value: JsonObject): number => {
  let members = 0
  const open: Array<unknown> = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (typeof next !== "object" || next === null) continue
    const values: ReadonlyArray<unknown> = Array.isArray(next) ? next : Object.values(next)
    if (!Array.isArray(next)) members += values.length
    for (const value of values) if (typeof value === "object") open.push(value)
  }
  return members
}
