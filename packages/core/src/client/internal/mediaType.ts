/** The media types of answers, and which of them a stream accepts. */
import { Result } from "effect"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import { eventRules } from "./eventRules.ts"

/** `type/subtype` in lower case, without parameters; undefined if the header is missing or invalid. */
export const mediaTypeOf = (contentType: string | undefined): string | undefined => {
  const type = contentType?.split(/[;,]/, 1)[0]?.trim().toLowerCase()
  return type === "" ? undefined : type
}

/** Whether a type is in a range, which may end in a star or be all stars. */
export const isWithin = (type: string, range: string): boolean =>
  range === "*/*" || range === type || (range.endsWith("/*") && type.startsWith(range.slice(0, -1)))

export const isHtml = (type: string | undefined): boolean => type === "text/html" || type === "application/xhtml+xml"

export const isJson = (type: string): boolean => /^(?:application|text)\/(?:.*\+)?json$/.test(type)

/** Whether an answer with this content type is the declared stream; the failure has the reason. */
export type Accepts = (contentType: string | undefined) => Result.Result<void, string>

export const acceptedTypes = (schema: HttpApiSchema.StreamSchema): Accepts => {
  const ranges = rangesOf(schema)
  const isBytes = schema._tag === "StreamUint8Array"
  const mayBeMissing = schema._tag !== "StreamSse"
  const what = isBytes ? ranges.join(", ") : whatOf[schema._tag]
  return (contentType) => {
    const type = mediaTypeOf(contentType)
    const isAccepted =
      type === undefined
        ? mayBeMissing || ranges.includes("*/*")
        : (isBytes || !isHtml(type)) && ranges.some((range) => isWithin(type, range))
    return isAccepted
      ? Result.void
      : Result.fail(
          `expected ${what}, got ${type === undefined ? "no content type" : `the content type ${visible(type)}`}`
        )
  }
}

const whatOf = { StreamSse: "an event stream (text/event-stream)", StreamNdjson: "lines of JSON" } as const

/** A content type is untrusted: a message contains a short, printable part of it. */
const visible = (type: string): string => type.replace(/[^\x21-\x7e]/g, "").slice(0, 100)

/** The media types for `accept`, if a stream may have further ones. */
export const preferredTypes = (schema: HttpApiSchema.StreamSchema): ReadonlyArray<string> => {
  const ranges = rangesOf(schema)
  if (schema._tag === "StreamUint8Array" && !ranges.includes("*/*")) return schema.contentTypes
  return ranges === linesOfJson ? linesOfJson.slice(0, 1) : ranges
}

const rangesOf = (schema: HttpApiSchema.StreamSchema): ReadonlyArray<string> => {
  const declared = schema.contentTypes.map((type) => mediaTypeOf(type) ?? "")
  switch (schema._tag) {
    case "StreamSse":
      return (eventRules(schema).mediaTypes ?? declared).map((type) => mediaTypeOf(type) ?? "")
    case "StreamNdjson":
      return isOnly(declared, "application/x-ndjson") ? linesOfJson : declared
    case "StreamUint8Array":
      return isOnly(declared, "application/octet-stream") ? ["*/*"] : [...declared, ...anyBytes]
  }
}

const isOnly = (types: ReadonlyArray<string>, type: string): boolean => types.length === 1 && types[0] === type

/** Types without information about the bytes, as file stores send them. */
const anyBytes = ["application/octet-stream", "binary/octet-stream", "application/binary"]

/** The types under which lines of JSON are sent, where an endpoint does not list its own. */
const linesOfJson = [
  "application/x-ndjson",
  "application/ndjson",
  "application/jsonl",
  "application/x-jsonl",
  "application/jsonlines",
  "application/x-jsonlines",
  "application/json-lines",
  "application/x-ldjson",
  "application/ldjson",
  "application/json-seq",
  "application/stream+json",
  "application/x-json-stream",
  "application/json",
  "text/json",
  "text/plain",
  "text/x-ndjson",
  "text/jsonl",
  ...anyBytes
]
