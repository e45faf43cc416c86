import { AddressGuard } from "@causeway/core/crypto"
import { Exchange } from "@causeway/core/policy"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import type { Dispatcher } from "undici"
import * as Failure from "./Failure.ts"
import { type Dispatched, InFlight, type Told } from "./InFlight.ts"
import * as Redirects from "./Redirects.ts"
import type { Limits } from "./ResponseBody.ts"
import * as Outgoing from "./Outgoing.ts"
import type { TransportResponse } from "./TransportResponse.ts"

/** How requests are sent, in milliseconds and bytes; what is null is left to the dispatcher. */
export interface Settings extends Limits {
  readonly headersTimeout: number | null
  readonly bodyTimeout: number | null
  readonly followRedirects: number
}

/** Where requests go: all of them, or those of fibers that ask for public addresses alone. */
export interface Dispatchers {
  readonly open: Dispatcher
  readonly publicOnly: Dispatcher
}

/** An `HttpClient` over dispatchers. */
export const make = (dispatchers: Dispatchers, settings: Settings): HttpClient.HttpClient => {
  const open = routeOf(dispatchers.open, settings, (send) => send)
  const guarded = routeOf(dispatchers.publicOnly, settings, publicOnly)
  const routeFor = (fiber: AnyFiber): Route => (fiber.getRef(AddressGuard.PublicOnly) ? guarded : open)
  const sendingFor = (fiber: AnyFiber): Redirects.Send => {
    const { following, once } = routeFor(fiber)
    return following === once || isManual(fiber) ? once : following
  }
  const observed = HttpClient.make((request, _url, signal, fiber) =>
    sendingFor(fiber)(request, isScoped(fiber) ? signal : undefined)
  )
  const client = HttpClient.makeWith<HttpClientError, never, HttpClientError, never>(
    Effect.flatMap((request) =>
      Effect.withFiber((fiber) => {
        if (request.headers["upgrade"] !== undefined) return routeFor(fiber).upgrade(request)
        if (!isTraced(fiber, request) && !isScoped(fiber)) return sendingFor(fiber)(request, undefined)
        // It would fail in there as well, with an error that holds the URL.
        return Outgoing.targetOf(request) === undefined
          ? Effect.fail(Failure.invalidUrl(request))
          : observed.execute(request)
      })
    ),
    Effect.succeed
  )
  return Object.assign(client, { [Exchange.DirectTypeId]: directly(dispatchers.open, settings) })
}

/** The ways of a request to one dispatcher. */
interface Route {
  readonly once: Redirects.Send
  readonly following: Redirects.Send
  readonly upgrade: Upgrade
}

type Upgrade = (request: HttpClientRequest) => Effect.Effect<HttpClientResponse, HttpClientError>

/** Checks a request before it is sent, and the requests that redirects lead to. */
type Guard = <Rest extends ReadonlyArray<unknown>, A>(
  send: (request: HttpClientRequest, ...rest: Rest) => Effect.Effect<A, HttpClientError>
) => (request: HttpClientRequest, ...rest: Rest) => Effect.Effect<A, HttpClientError>

const routeOf = (dispatcher: Dispatcher, settings: Settings, guard: Guard): Route => {
  const upgrading = Effect.runSync(
    Effect.provideService(NodeHttpClient.makeUndici, NodeHttpClient.Dispatcher, dispatcher)
  )
  const once = guard(sending(dispatcher, settings))
  return { once, following: Redirects.following(once, settings.followRedirects), upgrade: guard(upgrading.execute) }
}

/** A socket does not look up an address, so one in the URL is checked before. */
const publicOnly: Guard =
  (send) =>
  (request, ...rest) => {
    const forbidden = forbiddenBy(request)
    return forbidden === undefined ? send(request, ...rest) : Effect.fail(forbidden)
  }

const forbiddenBy = (request: HttpClientRequest): HttpClientError | undefined => {
  const target = Outgoing.targetOf(request)
  const checked = target === undefined ? undefined : AddressGuard.check(target.origin)
  return checked === undefined || Result.isSuccess(checked)
    ? undefined
    : Failure.broken(request, checked.failure, { sent: false, isPayload: false })
}

/** What is asked of the context for others is known of an integration: it traces by itself and follows no redirect. */
const directly = (dispatcher: Dispatcher, settings: Settings): Exchange.Direct => {
  const begin = beginning(dispatcher, settings)
  return {
    accepts: ({ body, headers }) =>
      body._tag !== "Stream" &&
      headers["upgrade"] === undefined &&
      Fiber.getCurrent()?.getRef(AddressGuard.PublicOnly) !== true,
    begin: (request, told) => {
      const { body, headers } = request
      const target = Outgoing.targetOf(request)
      if (target === undefined || body._tag === "Stream") return soon(() => told.broke(Failure.invalidUrl(request)))
      return begin({ request, target, upload: Outgoing.uploadOf(headers, body), signal: undefined }, told)
    }
  }
}

/** Nobody is told before what began has returned, nor after it was aborted. */
const soon = (tell: () => void): (() => void) => {
  let isAborted = false
  queueMicrotask(() => {
    if (!isAborted) tell()
  })
  return () => {
    isAborted = true
  }
}

type AnyFiber = Fiber.Fiber<unknown, unknown>

/** Whoever tells `fetch` to follow no redirect, as integrations do, means every client. */
const isManual = (fiber: AnyFiber): boolean =>
  Context.getOrUndefined(fiber.context, FetchHttpClient.RequestInit)?.redirect === "manual"

const isTraced = (fiber: AnyFiber, request: HttpClientRequest): boolean =>
  !fiber.getRef(Tracer.DisablePropagation) && !fiber.getRef(HttpClient.TracerDisabledWhen)(request)

/**
 * Only within a scope can `HttpClient.withScope` have made it the owner of a request, which only `HttpClient.make` knows
 * of. Whatever else would abort a request does so here without a signal.
 */
const isScoped = (fiber: AnyFiber): boolean => Context.getOrUndefined(fiber.context, Scope.Scope) !== undefined

const sending = (dispatcher: Dispatcher, settings: Settings): Redirects.Send => {
  const dispatch = dispatching(dispatcher, settings)
  return (request, signal) => {
    const target = Outgoing.targetOf(request)
    if (target === undefined) return Effect.fail(Failure.invalidUrl(request))
    const { body, headers } = request
    return body._tag === "Stream"
      ? Effect.flatMap(Outgoing.uploadOfStream(headers, body), (upload) =>
          dispatch({ request, target, upload, signal })
        )
      : dispatch({ request, target, upload: Outgoing.uploadOf(headers, body), signal })
  }
}

const dispatching = (dispatcher: Dispatcher, settings: Settings) => {
  const begin = beginning(dispatcher, settings)
  return (outgoing: Prepared): Effect.Effect<TransportResponse, HttpClientError> =>
    Effect.callback((resume) =>
      Effect.sync(
        begin(outgoing, {
          responded: (response) => resume(Effect.succeed(response)),
          broke: (error) => resume(Effect.fail(error))
        })
      )
    )
}

type Prepared = Omit<Dispatched, "acceptEncoding">

const beginning =
  (dispatcher: Dispatcher, settings: Settings) =>
  (prepared: Prepared, told: Told): (() => void) => {
    const { request, target, upload } = prepared
    const acceptEncoding = Outgoing.acceptEncoding(upload.headers)
    const inFlight = new InFlight({ ...prepared, acceptEncoding }, settings, told)
    try {
      dispatcher.dispatch(
        {
          origin: target.origin,
          path: target.path,
          method: request.method,
          headers:
            acceptEncoding === undefined ? upload.headers : { ...upload.headers, "accept-encoding": acceptEncoding },
          body: upload.body,
          headersTimeout: settings.headersTimeout,
          bodyTimeout: settings.bodyTimeout
        },
        inFlight
      )
    } catch (cause) {
      // A proxy's dispatcher throws what the others tell the handler.
      inFlight.onResponseError(null, cause)
    }
    return () => inFlight.abort()
  }
