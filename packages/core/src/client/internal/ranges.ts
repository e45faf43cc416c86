/** Reads the range, size and validators of a file from the headers of a response. */

type Headers = Readonly<Record<string, string | undefined>>

/** Where the bytes of an answer stand in the file; `total` is the size of the file, if it is known. */
export interface Place {
  readonly offset: number
  /** The offset after its last byte, if it is known. */
  readonly end: number | undefined
  readonly total: number | undefined
}

/** What shows that a file is still the same: a strong `ETag`, or a `Last-Modified` that is strong too. */
export type Validator = { readonly etag: string } | { readonly lastModified: string }

/** The longest `ETag` that is kept. */
const mostCharacters = 1024

export const validatorOf = (headers: Headers): Validator | undefined => {
  const { date, etag } = headers
  if (etag !== undefined && etag.startsWith('"') && etag.length <= mostCharacters) return { etag }
  const lastModified = headers["last-modified"]
  if (lastModified === undefined || date === undefined) return undefined
  // RFC 9110, section 8.8.2.2: the file could have changed twice within one second.
  return Date.parse(date) - Date.parse(lastModified) >= 1000 ? { lastModified } : undefined
}

export const ifRange = (validator: Validator): string => ("etag" in validator ? validator.etag : validator.lastModified)

/** Whether an answer is of the same file, by its validators. */
export const isSame = (validator: Validator, headers: Headers): boolean =>
  "etag" in validator ? headers["etag"] === validator.etag : headers["last-modified"] === validator.lastModified

const contentRange = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i

/** The place of a 206; undefined when its `Content-Range` is missing or invalid. */
export const partOf = (headers: Headers): Place | undefined => {
  const [, first, last, total] = contentRange.exec(headers["content-range"]?.trim() ?? "") ?? []
  if (first === undefined || last === undefined) return undefined
  const place = { offset: Number(first), end: Number(last) + 1, total: total === "*" ? undefined : Number(total) }
  return place.end <= place.offset || place.end > (place.total ?? Infinity) ? undefined : place
}

/** The place of a whole body. The length of a body in a content coding is not that of the file. */
export const wholeOf = (headers: Headers, isCoded: boolean): Place => {
  const length = headers["content-length"]
  const total = !isCoded && length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : undefined
  return { offset: 0, end: total, total }
}
