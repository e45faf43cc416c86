/** The names and values of a form, in their order. */
export type Form = ReadonlyArray<readonly [name: string, value: string]>

/** Far more than any provider sends, and few enough to be sorted for a stranger. */
export const maxFields = 1000

/** Reads `application/x-www-form-urlencoded`, or `multipart/form-data` where the content type says so. */
export const parse = (text: string | undefined, contentType: string | undefined): Form | undefined => {
  if (text === undefined) return undefined
  const boundary = boundaryOf(contentType ?? "")
  if (hasMore(text, boundary === undefined ? "&" : `\r\n--${boundary}`)) return undefined
  return boundary === undefined ? [...new URLSearchParams(unmarked(text))] : parseMultipart(text, boundary)
}

/** `URLSearchParams` drops a `?` at the start, which is a part of the first name: a body with one is another body. */
const unmarked = (text: string): string => (text.startsWith("?") ? `%3F${text.slice(1)}` : text)

/** Whether there are more fields than may be, told by what separates them. */
const hasMore = (text: string, separator: string): boolean => {
  let count = 0
  for (let at = text.indexOf(separator); at >= 0; at = text.indexOf(separator, at + separator.length)) {
    if (++count >= maxFields) return true
  }
  return false
}

/** The value under a name that is there once: of two values no reader knows which one was meant. */
export const only = (form: Form, name: string): string | undefined => {
  const values = form.filter(([key]) => key === name)
  return values.length === 1 ? values[0]?.[1] : undefined
}

const boundaryOf = (contentType: string): string | undefined =>
  contentType.length <= 256 && /^multipart\/form-data;/i.test(contentType)
    ? /;\s*boundary=(?:"([^"]{1,70})"|([^\s";]{1,70}))/i.exec(contentType)?.slice(1).join("")
    : undefined

const parseMultipart = (text: string, boundary: string): Form =>
  `\r\n${text}`
    .split(`\r\n--${boundary}`)
    .slice(1)
    .flatMap((part) => parsePart(part))

const parsePart = (part: string): Form => {
  const end = part.indexOf("\r\n\r\n")
  if (end < 0 || end > 2048) return []
  const name = /^content-disposition:\s*form-data;\s*name="([^"]*)"/im.exec(part.slice(0, end))?.[1]
  return name === undefined ? [] : [[name, part.slice(end + 4)]]
}
