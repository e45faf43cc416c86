/** Escapes the pairs of a form or a query. */
import type { FormStyle } from "../FormStyle.ts"
import { emptyArray, type Pair } from "./formPairs.ts"

/** Where the text goes. */
export type Place = "form" | "query"

/** The text of a form, or of a query without its `?`. */
export const textOf = (pairs: ReadonlyArray<Pair>, style: FormStyle, place: Place): string => {
  const escape = escapeFor(style, place)
  const separator = style.commas === "literal" ? "," : escape(",")
  return pairs
    .map(([name, value]) => {
      const text = typeof value === "string" ? escape(value) : value.map(escape).join(separator)
      return value === emptyArray ? escape(name) : `${escape(name)}=${text}`
    })
    .join("&")
}

const escapeFor = (style: FormStyle, place: Place): ((text: string) => string) => {
  const spaces = style.spaces ?? (place === "form" ? "plus" : "percent")
  const escape = spaces === "plus" ? plus : percent
  return style.brackets === "literal" ? (text) => escape(text).replaceAll("%5B", "[").replaceAll("%5D", "]") : escape
}

/** RFC 3986: all but its unreserved characters. */
export const percent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)

/** The form serializer of the URL Standard. */
const plus = (text: string): string =>
  encodeURIComponent(text).replace(/%20|[!'()~]/g, (char) =>
    char === "%20" ? "+" : `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  )
