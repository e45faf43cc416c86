import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import type { Header } from "../../WebhookEvent.ts"
import * as Body from "./body.ts"
import type { Machine } from "./machine.ts"
import type { Answer, Head } from "./reception.ts"

/** Answers a request that a router has brought here. */
export const answer = <E, R>(
  machine: Machine<E, R>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R | HttpRouter.RouteContext> =>
  Effect.flatMap(HttpRouter.params, (params) => Effect.map(receive(machine, request, params), toResponse))

const receive = <E, R>(
  machine: Machine<E, R>,
  request: HttpServerRequest.HttpServerRequest,
  params: NonNullable<Head["params"]>
): Effect.Effect<Answer, never, R> => {
  const head: Head = { method: request.method, url: request.originalUrl, headers: headersOf(request), params }
  const reception = machine.open(head)
  if (reception.rejection !== undefined) return reception.reject(reception.rejection)
  if (!reception.hasBody) return reception.receive(new Uint8Array())
  const reading = Body.read(request.stream, machine)
  // The server interrupts who reads from a client that has gone away: nobody gets this answer, but it is told of.
  const told = Effect.onInterrupt(reading, () => reception.reject("BodyUnreadable"))
  return Effect.matchEffect(told, {
    onFailure: (rejection) => reception.reject(rejection),
    onSuccess: (body) => reception.receive(body)
  })
}

// `request.headers` joins repeated headers or keeps one of them; only the server's own list shows that there were two.
const headersOf = (request: HttpServerRequest.HttpServerRequest): ReadonlyArray<Header> => {
  const raw = "rawHeaders" in request.source ? request.source.rawHeaders : undefined
  return Array.isArray(raw) ? pairs(raw) : Object.entries(request.headers)
}

const pairs = (raw: ReadonlyArray<unknown>): ReadonlyArray<Header> =>
  Array.from({ length: Math.floor(raw.length / 2) }, (_, index): Header => [
    String(raw[2 * index]),
    String(raw[2 * index + 1])
  ])
    // HTTP/2 lists its pseudo-headers too.
    .filter(([name]) => !name.startsWith(":"))

const toResponse = ({ body, headers, status }: Answer): HttpServerResponse.HttpServerResponse =>
  body === ""
    ? HttpServerResponse.empty({ status, headers })
    : HttpServerResponse.text(body, { status, headers, contentType: headers["content-type"] })
