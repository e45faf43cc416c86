/**
 * Finds the key in a text as people paste it: with its line breaks as two characters, doubly escaped or left out, in quotes,
 * indented, behind attributes of OpenSSL, in base64, or in a JSON file of Google's.
 */

/** A key in PEM as OpenSSL reads it, or undefined if the text has none. */
export const keyIn = (text: string): string | undefined => found(text, 2)

/** How often a key is unpacked: a JSON file in base64 is two. */
const found = (text: string, layers: number): string | undefined => {
  const bare = unquoted(text.replace(/^\ufeff/, "").trim())
  if (bare.includes(begin)) return pemIn(unescaped(bare))
  if (layers === 0) return undefined
  if (bare.startsWith("{")) {
    const inner = privateKeyIn(bare)
    return inner === undefined ? undefined : found(inner, layers - 1)
  }
  const decoded = decodedBase64(bare)
  return decoded === undefined ? undefined : found(decoded, layers - 1)
}

const begin = "-----BEGIN "
const dashes = "-----"

const unquoted = (text: string): string => {
  const quote = text.charAt(0)
  return (quote === '"' || quote === "'") && text.length > 1 && text.endsWith(quote) ? text.slice(1, -1).trim() : text
}

const unescaped = (text: string): string => text.replace(/\\{1,4}r/g, "").replace(/\\{1,4}n/g, "\n")

/** Google's key file, and others that call their key so. */
const privateKeyIn = (json: string): string | undefined => {
  try {
    const value: unknown = JSON.parse(json)
    const key = typeof value === "object" && value !== null && "private_key" in value ? value.private_key : undefined
    return typeof key === "string" ? key : undefined
  } catch {
    return undefined
  }
}

const decodedBase64 = (text: string): string | undefined => {
  if (!/^[\w+/=\s-]+$/.test(text)) return undefined
  const decoded = Buffer.from(text, "base64").toString("utf8")
  return decoded.includes(begin) || decoded.startsWith("{") ? decoded : undefined
}

/** The first block with a key; curve parameters, and certificates next to a private key, are skipped. */
const pemIn = (text: string): string => {
  const blocks = blocksIn(text)
  const key =
    blocks.find(({ label }) => label.endsWith("PRIVATE KEY")) ?? blocks.find(({ label }) => label !== "EC PARAMETERS")
  // What has no end is left as it is: the error says so.
  return key === undefined ? text : written(key)
}

interface Block {
  readonly label: string
  readonly body: string
}

const blocksIn = (text: string): ReadonlyArray<Block> => {
  const blocks: Array<Block> = []
  let at = text.indexOf(begin)
  while (at >= 0) {
    const labelEnd = text.indexOf(dashes, at + begin.length)
    if (labelEnd < 0) break
    const label = text.slice(at + begin.length, labelEnd)
    const end = text.indexOf(`-----END ${label}-----`, labelEnd)
    if (end < 0) break
    blocks.push({ label, body: text.slice(labelEnd + dashes.length, end) })
    at = text.indexOf(begin, end)
  }
  return blocks
}

const written = ({ body, label }: Block): string => {
  // An encrypted key of the old kind has headers, whose lines count.
  const lines = body.includes(":")
    ? body.split("\n").map((line) => line.trim())
    : (body.replace(/\s+/g, "").match(/.{1,64}/g) ?? [])
  const content = body.includes(":") ? lines.join("\n").trim() : lines.join("\n")
  return `${begin}${label}-----\n${content}\n-----END ${label}-----\n`
}
