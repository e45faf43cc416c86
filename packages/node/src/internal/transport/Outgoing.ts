/** What undici takes of a request: where it goes, its headers, its body, and the content codings that it asks for. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import type * as HttpBody from "effect/http/HttpBody"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Url from "effect/http/Url"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import { type Dispatcher, FormData } from "undici"

/** Where a request goes: `https://api.example` and `/v1/charges?limit=2`. */
export interface Target {
  readonly origin: string
  readonly path: string
}

/** The target of a request; undefined for an invalid URL, or one that is not HTTP. */
export const targetOf = (request: HttpClientRequest.HttpClientRequest): Target | undefined =>
  plain(request) ?? parsed(request)

/** The target of a URL that has been parsed; undefined when it is not one of HTTP. */
export const targetOfUrl = (url: URL): Target | undefined =>
  url.protocol === "http:" || url.protocol === "https:"
    ? { origin: url.origin, path: url.pathname + url.search }
    : undefined

const parsed = (request: HttpClientRequest.HttpClientRequest): Target | undefined => {
  const url = Url.make(request.url, request.urlParams, Option.getOrUndefined(request.hash))
  return Result.isSuccess(url) ? targetOfUrl(url.success) : undefined
}

/** What a URL parser leaves as it is: no character to be escaped, no segment that begins with a dot. */
const plainPath = /^(?:\/(?!\.|%2e)[\w\-.~!$&'()*+,;=:@%]*)+$/i
const plainPathAndQuery = /^(?:\/(?!\.|%2e)[\w\-.~!$&'()*+,;=:@%]*)+(?:\?[\w\-.~!$&()*+,;=:@%/?]+)?$/i

/** Parsing a URL is the most expensive part here, and most URLs need it only for their origin. */
const plain = (request: HttpClientRequest.HttpClientRequest): Target | undefined => {
  const { url, urlParams } = request
  const known = knownOrigin(url)
  if (known === undefined) return undefined
  const path = url.slice(known.text.length)
  if (urlParams.params.length === 0) {
    return plainPathAndQuery.test(path) ? { origin: known.origin, path } : undefined
  }
  return plainPath.test(path) ? { origin: known.origin, path: `${path}?${UrlParams.toString(urlParams)}` } : undefined
}

/** How an origin is written in URLs, and what it is. */
interface Origin {
  readonly text: string
  readonly origin: string
}

const origins = new Map<string, Origin>()
const mostOrigins = 256
let latest: Origin | undefined

const knownOrigin = (url: string): Origin | undefined => {
  if (latest !== undefined && url.startsWith("/", latest.text.length) && url.startsWith(latest.text)) return latest
  const end = url.indexOf("/", "https://".length)
  if (end === -1) return undefined
  const text = url.slice(0, end)
  const known = origins.get(text) ?? readOrigin(text)
  if (known !== undefined) latest = known
  return known
}

const readOrigin = (text: string): Origin | undefined => {
  const url = /^https?:\/\/[^/\\?#@\s]+$/i.test(text) ? URL.parse(text) : null
  if (url === null) return undefined
  if (origins.size >= mostOrigins) origins.clear()
  const origin = { text, origin: url.origin }
  origins.set(text, origin)
  return origin
}

/** The headers and the body of a request as undici takes them. */
export interface Upload {
  readonly headers: Headers.Headers
  readonly body: NonNullable<Dispatcher.DispatchOptions["body"]> | null
  /** The error of the body's stream, if it has failed. */
  readonly failure?: () => { readonly error: unknown } | undefined
}

export const uploadOf = (headers: Headers.Headers, body: Exclude<HttpBody.HttpBody, HttpBody.Stream>): Upload => {
  switch (body._tag) {
    case "Empty":
      return { headers, body: null }
    case "Uint8Array":
      return { headers, body: body.body }
    case "Raw":
      return fromRaw(headers, body.body)
    case "FormData":
      return fromForm(headers, body.formData)
  }
}

const fromRaw = (headers: Headers.Headers, body: unknown): Upload => {
  if (body instanceof globalThis.FormData) return fromForm(headers, body)
  if (body instanceof URLSearchParams) return { headers, body: body.toString() }
  // undici validates any other body and reports what it does not support.
  return { headers, body: (body ?? null) as Upload["body"] }
}

/** Only undici knows the boundary, so only undici can write the content type. */
const fromForm = (headers: Headers.Headers, form: globalThis.FormData): Upload => {
  const body = new FormData()
  for (const [name, value] of form) body.append(name, value)
  return { headers: Headers.remove(headers, "content-type"), body }
}

/** A body that is produced while it is sent, with backpressure. */
export const uploadOfStream = (headers: Headers.Headers, body: HttpBody.Stream): Effect.Effect<Upload> =>
  Effect.suspend(() => {
    let failure: { readonly error: unknown } | undefined
    const sized = body.contentLength === undefined ? body.stream : ofLength(body.stream, body.contentLength)
    const watched = Stream.tapCause(sized, (cause) =>
      Effect.sync(() => {
        if (!Cause.hasInterruptsOnly(cause)) failure ??= { error: Cause.squash(cause) }
      })
    )
    return Effect.map(NodeStream.toReadable(watched), (readable) => ({
      headers,
      body: readable,
      failure: () => failure
    }))
  })

/**
 * A stream with the declared number of bytes. The chunk that completes it is held back until the stream has ended,
 * so that no server mistakes the beginning of a longer body for the whole.
 */
const ofLength = <E>(stream: Stream.Stream<Uint8Array, E>, length: number): Stream.Stream<Uint8Array, E | Error> =>
  Stream.suspend(() => {
    let seen = 0
    let last: Uint8Array | undefined
    const beforeLast = Stream.mapEffect(stream, (chunk): Effect.Effect<Uint8Array | undefined, Error> => {
      seen += chunk.byteLength
      if (seen > length) return Effect.fail(wrongLength(length, `at least ${seen}`))
      if (seen < length || chunk.byteLength === 0) return Effect.succeed(chunk)
      last = chunk
      return Effect.succeed(undefined)
    })
    const ending = Stream.suspend(() => {
      if (seen < length) return Stream.fail(wrongLength(length, String(seen)))
      return last === undefined ? Stream.empty : Stream.succeed(last)
    })
    return Stream.concat(Stream.filter(beforeLast, isFilled), ending)
  })

const isFilled = (chunk: Uint8Array | undefined): chunk is Uint8Array => chunk !== undefined && chunk.byteLength > 0

/** With undici's code for this error. */
const wrongLength = (length: number, seen: string): Error =>
  Object.assign(new Error(`the stream of the request body has ${seen} bytes, but its content length is ${length}`), {
    code: "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
  })

/** Stops a body that is not sent to its end; undici does so only once there is a connection. */
export const release = (body: NonNullable<Upload["body"]>): void => {
  // Without a listener, what the stream still has to say would end the process.
  if (body instanceof Readable && !body.destroyed) body.on("error", ignore).destroy()
}

const ignore = () => {}

type RequestHeaders = Readonly<Record<string, string | undefined>>

const preferred = "gzip, br"

/**
 * The `accept-encoding` to add to a request; undefined when it has one, or when a signature may cover that header. The bytes
 * of a range are those of the representation itself, and events must not wait for a compressor.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding
 */
export const acceptEncoding = (headers: RequestHeaders): string | undefined => {
  if (headers["accept-encoding"] !== undefined || isSigned(headers)) return undefined
  const wantsEvents = headers["accept"]?.toLowerCase().includes("text/event-stream") ?? false
  return headers["range"] !== undefined || wantsEvents ? "identity" : preferred
}

/** RFC 9421 names what it covers in `signature-input`, AWS in `authorization`, older drafts in either or in `signature`. */
const signatureHeaders = ["signature-input", "authorization", "signature"]

const isSigned = (headers: RequestHeaders): boolean => {
  for (const name of signatureHeaders) if (/accept-encoding/i.test(headers[name] ?? "")) return true
  return false
}
