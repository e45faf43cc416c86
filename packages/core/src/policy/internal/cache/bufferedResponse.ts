import { Effect, Stream } from "effect"
import * as Cookies from "effect/http/Cookies"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as BoundedBody from "../../../crypto/BoundedBody.ts"

/** A response whose body is at hand. */
export interface Buffered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Uint8Array
  /** What it set, as lines: a record of headers cannot hold several of one name. */
  readonly setCookies?: ReadonlyArray<string>
}

/** A response whose body broke: what had come of it, and how it broke. */
export interface Broken extends Buffered {
  readonly error: unknown
}

/** The whole of a body, a response to read on from because it is too large, or what came before it broke. */
export type Read =
  | { readonly _tag: "Whole"; readonly buffered: Buffered }
  | { readonly _tag: "Rest"; readonly response: HttpClientResponse.HttpClientResponse }
  | { readonly _tag: "Broken"; readonly broken: Broken }

type Response = HttpClientResponse.HttpClientResponse
type Chunks = ReadableStreamDefaultReader<Uint8Array>

/** These have no body, not even an empty one. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

/** A response that can be read as often as it is made. */
export const responseOf = (request: HttpClientRequest, buffered: Buffered): Response => {
  // A view of a whole buffer of its own, which is what a body may be.
  const body = buffered.body as Uint8Array<ArrayBuffer>
  const isBodiless = bodiless.has(buffered.status) || body.byteLength === 0
  return fromBody(request, buffered, isBodiless ? null : body)
}

const fromBody = (
  request: HttpClientRequest,
  { headers, setCookies, status }: Omit<Buffered, "body">,
  body: BodyInit | null
): Response =>
  HttpClientResponse.fromWeb(request, new Response(body, { status, headers: webHeaders(headers, setCookies) }))

const webHeaders = (headers: Buffered["headers"], setCookies: ReadonlyArray<string> = []): Headers => {
  const out = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && name !== "set-cookie") out.append(name, value)
  }
  for (const cookie of setCookies) out.append("set-cookie", cookie)
  return out
}

const headOf = ({ cookies, headers, status }: Response): Omit<Buffered, "body"> => ({
  status,
  headers: { ...headers },
  setCookies: Cookies.toSetCookieHeaders(cookies)
})

/** Reads a body of at most `maxBytes`. */
export const read = (response: Response, maxBytes: number): Effect.Effect<Read> => {
  if (Number(response.headers["content-length"] ?? 0) > maxBytes && response.request.method !== "HEAD") {
    return Effect.succeed({ _tag: "Rest", response })
  }
  const head = headOf(response)
  return Effect.flatMap(Stream.toReadableStreamEffect(bodyOf(response)), (stream) => {
    const reader = stream.getReader()
    return Effect.map(
      Effect.promise((signal) => collect(reader, maxBytes, signal)),
      ({ body, end }): Read => {
        if (end !== "whole" && "more" in end) {
          const chunks = [body.bytes(), end.more].filter(({ byteLength }) => byteLength > 0)
          return { _tag: "Rest", response: fromBody(response.request, head, resumed(chunks, reader)) }
        }
        const buffered = { ...head, body: exactBytes(body) }
        return end === "whole" ? { _tag: "Whole", buffered } : { _tag: "Broken", broken: { ...buffered, ...end } }
      }
    )
  })
}

/** A response without a body fails to be streamed where it should be empty. */
const bodyOf = (response: Response): Stream.Stream<Uint8Array, HttpClientError> =>
  Stream.catch(response.stream, (error) => (error.reason._tag === "EmptyBodyError" ? Stream.empty : Stream.fail(error)))

interface Collected {
  readonly body: BoundedBody.BoundedBody
  /** How it ended; `more` holds the chunk that did not fit. */
  readonly end: "whole" | { readonly more: Uint8Array } | { readonly error: unknown }
}

const collect = async (reader: Chunks, maxBytes: number, signal: AbortSignal): Promise<Collected> => {
  signal.addEventListener("abort", () => void reader.cancel(), { once: true })
  const body = BoundedBody.make(maxBytes)
  try {
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      if (!body.append(chunk.value)) return { body, end: { more: chunk.value } }
    }
    return { body, end: "whole" }
  } catch (error) {
    return { body, end: { error } }
  }
}

/** The bytes in memory of exactly their size, because they may be kept for long. */
const exactBytes = (body: BoundedBody.BoundedBody): Uint8Array => {
  const bytes = body.bytes()
  return bytes.byteLength === body.capacityBytes ? bytes : bytes.slice()
}

const resumed = (chunks: Array<Uint8Array>, reader: Chunks): ReadableStream<Uint8Array> =>
  new ReadableStream({
    pull: async (controller) => {
      const chunk = chunks.shift() ?? (await reader.read()).value
      if (chunk === undefined) controller.close()
      else controller.enqueue(chunk)
    },
    cancel: (reason) => reader.cancel(reason)
  })

/** A response whose body breaks again where it broke. */
export const brokenResponseOf = (request: HttpClientRequest, broken: Broken): Response => {
  const chunks = broken.body.byteLength === 0 ? [] : [broken.body]
  return fromBody(
    request,
    broken,
    new ReadableStream({
      pull: (controller) => {
        const chunk = chunks.shift()
        if (chunk === undefined) controller.error(broken.error)
        else controller.enqueue(chunk)
      }
    })
  )
}
