import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as UrlParams from "effect/http/UrlParams"
import type { TransportResponse } from "./TransportResponse.ts"

/** Sends one request, wherever its target is. */
export type Send = (
  request: HttpClientRequest.HttpClientRequest,
  signal: AbortSignal | undefined
) => Effect.Effect<TransportResponse, HttpClientError>

/** Follows up to `most` redirects; the last one is given as it is. */
export const following = (send: Send, most: number): Send => {
  const follow = (
    request: HttpClientRequest.HttpClientRequest,
    signal: AbortSignal | undefined,
    left: number
  ): Effect.Effect<TransportResponse, HttpClientError> =>
    Effect.flatMap(send(request, signal), (response) => {
      const next = left > 0 ? nextRequest(request, response) : undefined
      if (next === undefined) return Effect.succeed(response)
      response.letGo()
      return follow(next, signal, left - 1)
    })
  return most === 0 ? send : (request, signal) => follow(request, signal, most)
}

const statuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** What says how a response should look, or who traces it, and nothing of who asks. */
const crossOriginHeaders = [
  "accept",
  "accept-charset",
  "accept-encoding",
  "accept-language",
  "b3",
  "cache-control",
  "range",
  "traceparent",
  "tracestate",
  "user-agent"
]

/** Headers that describe a body, which go when it goes. */
const bodyHeaders = ["content-type", "content-length", "content-encoding", "content-language", "content-location"]

/**
 * The request that a redirect asks for. Undefined when it asks for none, or for one that may not be made: a body may not
 * go to another origin, and nothing may go from https to http.
 */
const nextRequest = (
  request: HttpClientRequest.HttpClientRequest,
  response: TransportResponse
): HttpClientRequest.HttpClientRequest | undefined => {
  const from = new URL(response.url)
  const to = targetOf(response, from)
  if (to === undefined || (from.protocol === "https:" && to.protocol === "http:")) return undefined
  const isGet = becomesGet(request.method, response.status)
  const body = isGet ? HttpBody.empty : request.body
  if (body._tag !== "Empty" && (from.origin !== to.origin || !isReplayable(body))) return undefined
  const kept = isGet ? Headers.removeMany(request.headers, bodyHeaders) : request.headers
  const headers = from.origin === to.origin ? kept : only(kept, crossOriginHeaders)
  const method = isGet ? "GET" : request.method
  return HttpClientRequest.makeWith(method, to.href, UrlParams.empty, Option.none(), headers, body)
}

const targetOf = (response: TransportResponse, from: URL): URL | undefined => {
  const { location } = response.headers
  const to = statuses.has(response.status) && location !== undefined ? URL.parse(location, from) : null
  return to !== null && (to.protocol === "http:" || to.protocol === "https:") ? to : undefined
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#name-redirection-3xx */
const becomesGet = (method: string, status: number): boolean =>
  status === 303 ? method !== "GET" && method !== "HEAD" : method === "POST" && (status === 301 || status === 302)

/** A stream has been read when the redirect comes, and so may anything be that only undici knows how to send. */
const isReplayable = (body: HttpBody.HttpBody): boolean =>
  body._tag === "Uint8Array" || body._tag === "FormData" || (body._tag === "Raw" && isPlain(body.body))

const isPlain = (body: unknown): boolean =>
  typeof body === "string" || body instanceof Uint8Array || body instanceof FormData || body instanceof URLSearchParams

const only = (headers: Headers.Headers, names: ReadonlyArray<string>): Headers.Headers =>
  Headers.fromInput(names.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]] as const])))
