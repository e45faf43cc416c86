import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import type * as HttpBody from "effect/http/HttpBody"
import { Readable } from "node:stream"
import { type Dispatcher, FormData } from "undici"

/** The headers and the body of a request as undici takes them. */
export interface Upload {
  readonly headers: Headers.Headers
  readonly body: NonNullable<Dispatcher.DispatchOptions["body"]> | null
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
  Effect.map(NodeStream.toReadable(body.stream), (readable) => ({ headers, body: readable }))

/** Stops a body that is not sent to its end; undici does so only once there is a connection. */
export const release = (body: NonNullable<Upload["body"]>): void => {
  // Without a listener, what the stream still has to say would end the process.
  if (body instanceof Readable && !body.destroyed) body.on("error", ignore).destroy()
}

const ignore = () => {}
