import { hash } from "node:crypto"

/** A text that every database stores as it is: Postgres takes neither U+0000 nor half a surrogate pair. */
export const plainText = (text: string): string =>
  text.isWellFormed() && !text.includes("\0") ? text : text.toWellFormed().replaceAll("\0", "\uFFFD")

const longestName = 500

/** A plain text that an index of a database can hold: a longer one is replaced by its SHA-256. */
export const plainName = (name: string): string => {
  const plain = plainText(name)
  return plain.length <= longestName ? plain : `sha256:${hash("sha256", plain, "hex")}`
}
