import { Context, Effect, type Scheduler } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import * as AtOnce from "../../../policy/internal/AtOnce.ts"
import * as Body from "./body.ts"
import type { Machine } from "./machine.ts"
import * as NodeRequest from "./nodeRequest.ts"
import { type BodySource, Reading } from "./Reading.ts"
import type { Answer, Answering, Reception } from "./reception.ts"

type Own = Context.Context<HttpRouter.RouteContext>

/** A request, and what is there to answer it. */
interface Desk<E, R> {
  readonly machine: Machine<E, R>
  readonly services: Context.Context<R>
  readonly request: HttpServerRequest.HttpServerRequest
  readonly own: Own
  readonly dispatcher: Scheduler.SchedulerDispatcher
}

/** Answers a request that a router has brought here, with what the receiver needs and what the request came with. */
export const answer = <E, R>(
  machine: Machine<E, R>,
  services: Context.Context<R>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpRouter.RouteContext> =>
  Effect.withFiber(({ context, currentDispatcher }) => {
    // The context of a fibre that runs a route holds what a route needs.
    const own = context as Own
    const desk = { machine, services, request, own, dispatcher: currentDispatcher }
    return AtOnce.map(receive(desk), toResponse)
  })

const receive = <E, R>(desk: Desk<E, R>): Effect.Effect<Answer> => {
  const { machine, own, request } = desk
  const source = NodeRequest.nodeRequestOf(request.source)
  // `request.headers` joins repeated headers or keeps one of them; only the server's own list shows that there were two.
  const headers = source === undefined ? Object.entries(request.headers) : NodeRequest.pairs(source.rawHeaders)
  const { params } = Context.get(own, HttpRouter.RouteContext)
  const reception = machine.open({
    method: request.method,
    url: request.originalUrl,
    origin: originOf(request),
    headers,
    params
  })
  if (reception.rejection !== undefined) return end(desk, reception.rejectIn(own, reception.rejection))
  if (!reception.hasBody) return end(desk, reception.receiveIn(own, new Uint8Array()))
  return source !== undefined && NodeRequest.isOpen(source, headers)
    ? takeBody(desk, reception, source)
    : readBody(desk, reception)
}

/** HTTP/2 has `:authority` in place of `host`. */
const originOf = ({ headers, source }: HttpServerRequest.HttpServerRequest): string => {
  const isEncrypted = "socket" in source && typeof source.socket === "object" && "encrypted" in (source.socket ?? {})
  return `${isEncrypted ? "https" : "http"}://${headers["host"] ?? headers[":authority"] ?? "localhost"}`
}

/** Most answers need nothing more; the others need the receiver's services beside what the request came with. */
const end = <E, R>({ own, services }: Desk<E, R>, answering: Answering<R>): Effect.Effect<Answer> =>
  "status" in answering ? Effect.succeed(answering) : Effect.provideContext(answering, Context.merge(services, own))

/** The server interrupts who reads from a client that has gone away: nobody gets this answer, but it is told of. */
const gone = <E, R>(desk: Desk<E, R>, reception: Reception<R>): Effect.Effect<Answer> =>
  Effect.suspend(() => end(desk, reception.rejectIn(desk.own, "BodyUnreadable")))

const takeBody = <E, R>(desk: Desk<E, R>, reception: Reception<R>, source: BodySource): Effect.Effect<Answer> => {
  const { bodyTimeoutMillis } = desk.machine
  return Effect.callback((resume) => {
    const reading = new Reading(source, {
      maxBodySize: reception.maxBodySize,
      bodyTimeoutMillis,
      defer: (task) => desk.dispatcher.scheduleTask(task, 0),
      fork: Effect.runForkWith(desk.own),
      onBody: (body) => resume(end(desk, reception.receiveIn(desk.own, body))),
      onRejection: (rejection) => resume(end(desk, reception.rejectIn(desk.own, rejection)))
    })
    return Effect.suspend(() => {
      reading.pass()
      return Effect.asVoid(gone(desk, reception))
    })
  })
}

const readBody = <E, R>(desk: Desk<E, R>, reception: Reception<R>): Effect.Effect<Answer> =>
  Effect.matchEffect(
    Effect.onInterrupt(Body.read(desk.request.stream, limitsOf(desk, reception)), () => gone(desk, reception)),
    {
      onFailure: (rejection) => end(desk, reception.rejectIn(desk.own, rejection)),
      onSuccess: (body) => end(desk, reception.receiveIn(desk.own, body))
    }
  )

const limitsOf = <E, R>({ machine }: Desk<E, R>, { maxBodySize }: Reception<R>) => ({
  maxBodySize,
  bodyTimeoutMillis: machine.bodyTimeoutMillis
})

/** The responses of answers that are given again and again. */
const prepared = new WeakMap<Answer, HttpServerResponse.HttpServerResponse>()

const toResponse = (answer: Answer): HttpServerResponse.HttpServerResponse => {
  const known = prepared.get(answer)
  if (known !== undefined) return known
  const made = responseOf(answer)
  prepared.set(answer, made)
  return made
}

const responseOf = ({ body, headers, status }: Answer): HttpServerResponse.HttpServerResponse =>
  body === ""
    ? HttpServerResponse.empty({ status, headers })
    : HttpServerResponse.text(body, { status, headers, contentType: headers["content-type"] })
