import { Effect, Option } from "effect"
import type * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Exchange from "../../Exchange.ts"
import type { Names } from "../identity.ts"
import { redactedNames } from "../redactedNames.ts"
import { type Broken, brokenResponseOf, type Buffered, read, type Read, responseOf } from "./bufferedResponse.ts"

/** A response for many, and how its body broke when it did. */
export type Shared = Buffered | Broken

interface Sharing<E> {
  readonly maxBodyBytes: number
  readonly share: <R>(
    key: string | undefined,
    call: Effect.Effect<Shared | undefined, E, R>
  ) => Effect.Effect<Shared | undefined, E, R>
  readonly keyOf: (request: HttpClientRequest.HttpClientRequest, compared: Compared) => string | undefined
}

/** The compared parts besides the request itself; null for a body that can't be compared. */
interface Compared {
  readonly url: string
  readonly body: Uint8Array | undefined | null
  readonly redactedNames: Names
}

/** A client whose identical requests in flight share one. */
export const coalescingClient = <E, R>(
  client: HttpClient.HttpClient.With<E, R>,
  sharing: Sharing<E>
): HttpClient.HttpClient.With<E, R> => {
  const send = (request: HttpClientRequest.HttpClientRequest) => client.postprocess(Effect.succeed(request))
  return HttpClient.makeWith(
    Effect.flatMap((request: HttpClientRequest.HttpClientRequest) =>
      Effect.withFiber((fiber) => {
        const key = keyOf(sharing, request, redactedNames(fiber))
        if (key === undefined) return send(request)
        const shared = sharing.share(
          key,
          Effect.flatMap(send(request), (response) => sharable(response, sharing))
        )
        // A response that cannot be shared has been released: each caller sends its own request.
        return Effect.flatMap(shared, (shared) =>
          shared === undefined ? send(request) : Effect.sync(() => copyFor(request, shared))
        )
      })
    ),
    client.preprocess
  )
}

const keyOf = <E>(
  sharing: Sharing<E>,
  request: HttpClientRequest.HttpClientRequest,
  redactedNames: Names
): string | undefined => {
  const url = HttpClientRequest.toUrl(request)
  return Option.isNone(url)
    ? undefined
    : sharing.keyOf(request, { url: url.value.href, body: comparable(request.body), redactedNames })
}

const comparable = (body: HttpBody.HttpBody): Uint8Array | undefined | null => {
  if (body._tag === "Empty") return undefined
  return body._tag === "Uint8Array" ? body.body : null
}

const sharable = (
  response: HttpClientResponse,
  { maxBodyBytes }: { readonly maxBodyBytes: number }
): Effect.Effect<Shared | undefined> =>
  isCopyable(response.status)
    ? Effect.flatMap(read(response, maxBodyBytes), sharedBody)
    : Effect.as(Exchange.discard(response), undefined)

/** Others cannot be made by a program. */
const isCopyable = (status: number): boolean => status >= 200 && status <= 599

const sharedBody = (body: Read): Effect.Effect<Shared | undefined> => {
  switch (body._tag) {
    case "Whole":
      return Effect.succeed(body.buffered)
    case "Broken":
      return Effect.succeed(body.broken)
    case "Rest":
      return Effect.as(Exchange.discard(body.response), undefined)
  }
}

const copyFor = (request: HttpClientRequest.HttpClientRequest, shared: Shared): HttpClientResponse =>
  "error" in shared ? brokenResponseOf(request, shared) : responseOf(request, shared)
