import type { Encoding } from "../SignatureScheme.ts"

/** The bytes of a canonically written text, or `undefined` for any other way to write them. */
export const decode = (encoding: Encoding, text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, encoding)
  return bytes.toString(encoding) === text ? bytes : undefined
}

/** The bytes of a secret as people copy it: base64 with or without its padding, hexadecimal in any case. */
export const decodeSecret = (encoding: Encoding, text: string): Buffer | undefined => {
  if (encoding === "hex") return decode("hex", text.toLowerCase())
  const isPadded = encoding !== "base64" || text.endsWith("=")
  return decode(encoding, isPadded ? text : text.padEnd(Math.ceil(text.length / 4) * 4, "="))
}

export const encode = (encoding: Encoding, bytes: Buffer): string => bytes.toString(encoding)

export const describe = (encoding: Encoding, min: number, max = min): string =>
  encoding === "hex"
    ? `${range(min * 2, max * 2)} lower-case hexadecimal digits`
    : `${range(min, max)} bytes in canonical ${encoding}`

const range = (min: number, max: number): string => (min === max ? String(min) : `${min} to ${max}`)

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

/** The text of bytes that are UTF-8. */
export const decodeText = (bytes: Uint8Array): string | undefined => {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** The value of a text that is JSON. */
export const parseJson = (text: string | undefined): unknown => {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
