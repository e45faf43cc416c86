/** The headers and the body of a request, as undici takes them. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Cause from "effect/Cause"
import * as Headers from "effect/http/Headers"
import type * as HttpBody from "effect/http/HttpBody"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import { type Dispatcher, FormData } from "undici"

/** The headers and the body of a request as undici takes them. */
export interface Upload {
  readonly headers: Headers.Headers
  readonly body: NonNullable<Dispatcher.DispatchOptions["body"]> | null
  /** With what the stream of the body has failed, if it has. */
  readonly failure?: () => { readonly error: unknown } | undefined
}

export const fromValue = (headers: Headers.Headers, body: Exclude<HttpBody.HttpBody, HttpBody.Stream>): Upload => {
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
  // Whatever else it is, undici looks at it and says what it does not take.
  return { headers, body: (body ?? null) as Upload["body"] }
}

/** Only undici knows the boundary, so only undici can write the content type. */
const fromForm = (headers: Headers.Headers, form: globalThis.FormData): Upload => {
  const body = new FormData()
  for (const [name, value] of form) body.append(name, value)
  return { headers: Headers.remove(headers, "content-type"), body }
}

/** A body that is produced while it is sent, and no faster than the socket takes it. */
export const fromStream = (headers: Headers.Headers, body: HttpBody.Stream): Effect.Effect<Upload> =>
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
 * A stream that gives as many bytes as it was said to. The chunk that completes it is held back until the stream has ended,
 * so that no server takes the beginning of a longer body for all of it.
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

/** With the code that undici has for this. */
const wrongLength = (length: number, seen: string): Error =>
  Object.assign(new Error(`the stream of the request body gave ${seen} bytes, but its content length is ${length}`), {
    code: "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"
  })

/** Stops a body that is not sent to its end; undici does so only once there is a connection. */
export const release = (body: NonNullable<Upload["body"]>): void => {
  // Without a listener, what the stream still has to say would end the process.
  if (body instanceof Readable && !body.destroyed) body.on("error", ignore).destroy()
}

const ignore = () => {}
