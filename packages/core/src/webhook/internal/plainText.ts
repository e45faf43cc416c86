/** A text that every database stores as it is: Postgres takes neither U+0000 nor half a character. */
export const plainText = (text: string): string => text.toWellFormed().replaceAll("\0", "\uFFFD")
