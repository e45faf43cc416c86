import type { Header } from "../../WebhookEvent.ts"
import type { Head, Rejection } from "./reception.ts"

/** What the head of a request is held against. */
export interface Rules {
  readonly maxBodySize: number
  /** The methods of challenges and probes, which have no body. */
  readonly methods: ReadonlySet<string>
  /** The methods of events. */
  readonly eventMethods: ReadonlySet<string>
  /** Lower-case media types, `undefined` for any. */
  readonly contentTypes: ReadonlySet<string> | undefined
  /** Whether a delivery need not say which media type it has. */
  readonly mayOmitType: boolean
}

export const check = ({ headers, method }: Head, rules: Rules): Rejection | undefined => {
  if (!rules.eventMethods.has(method)) return rules.methods.has(method) ? undefined : "MethodNotAllowed"
  if (method === "GET") return undefined
  for (const [name, value] of headers) {
    switch (name.length) {
      case 16:
        if (isNamed(name, "content-encoding") && !isIdentity(value)) return "UnsupportedContentEncoding"
        break
      case 14:
        if (isNamed(name, "content-length") && Number(value) > rules.maxBodySize) return "BodyTooLarge"
    }
  }
  return isOfType(headers, rules) ? undefined : "UnsupportedContentType"
}

const isOfType = (headers: ReadonlyArray<Header>, { contentTypes, mayOmitType }: Rules): boolean => {
  if (contentTypes === undefined) return true
  const type = mediaType(headers)
  if (type === undefined) return mayOmitType
  return contentTypes.has(type) || (type.endsWith("+json") && contentTypes.has("application/json"))
}

const isNamed = (name: string, wanted: string): boolean => name === wanted || name.toLowerCase() === wanted

const isIdentity = (encoding: string): boolean => ["", "identity"].includes(encoding.trim().toLowerCase())

/** The media type, `undefined` where there is none, and an empty text where there are several. */
const mediaType = (headers: ReadonlyArray<Header>): string | undefined => {
  let found: string | undefined
  for (const [name, value] of headers) {
    if (name.length !== 12 || !isNamed(name, "content-type")) continue
    if (found !== undefined) return ""
    found = value
  }
  return found === undefined ? undefined : (found.split(";", 1)[0] ?? "").trim().toLowerCase()
}
