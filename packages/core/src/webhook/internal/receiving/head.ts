import type { Header } from "../../WebhookEvent.ts"
import type { Head, Rejection } from "./reception.ts"

/** What the head of a request is held against. */
export interface Rules {
  readonly maxBodySize: number
  readonly takesGet: boolean
  /** Lower-case media types, `undefined` for any. */
  readonly contentTypes: ReadonlySet<string> | undefined
}

export const check = (
  { headers, method }: Head,
  { contentTypes, maxBodySize, takesGet }: Rules
): Rejection | undefined => {
  if (method !== "POST") return takesGet && method === "GET" ? undefined : "MethodNotAllowed"
  for (const [name, value] of headers) {
    switch (name.length) {
      case 16:
        if (isNamed(name, "content-encoding") && !isIdentity(value)) return "UnsupportedContentEncoding"
        break
      case 14:
        if (isNamed(name, "content-length") && Number(value) > maxBodySize) return "BodyTooLarge"
    }
  }
  return contentTypes === undefined || contentTypes.has(mediaType(headers)) ? undefined : "UnsupportedContentType"
}

const isNamed = (name: string, wanted: string): boolean => name === wanted || name.toLowerCase() === wanted

const isIdentity = (encoding: string): boolean => /^\s*(identity)?\s*$/i.test(encoding)

/** The media type of the only content type there is, or an empty text. */
const mediaType = (headers: ReadonlyArray<Header>): string => {
  const [first, second] = headers.filter(([name]) => isNamed(name, "content-type"))
  return first === undefined || second !== undefined ? "" : (first[1].split(";", 1)[0] ?? "").trim().toLowerCase()
}
