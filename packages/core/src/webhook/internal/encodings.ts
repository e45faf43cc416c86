import type { Encoding } from "../SignatureScheme.ts"

type Written = Encoding | "utf8"

/** The bytes of a canonically written text, or `undefined` for any other way to write them. */
export const decode = (encoding: Written, text: string): Buffer | undefined => {
  const bytes = Buffer.from(text, encoding)
  return bytes.toString(encoding) === text ? bytes : undefined
}

export const encode = (encoding: Encoding, bytes: Buffer): string => bytes.toString(encoding)

export const describe = (encoding: Written, bytes: number): string =>
  encoding === "hex" ? `${bytes * 2} lower-case hexadecimal digits` : `${bytes} bytes in canonical ${encoding}`
