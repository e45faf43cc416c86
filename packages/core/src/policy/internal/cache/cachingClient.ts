import { Effect, Option } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import { HttpClientError, TransportError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as CacheControl from "../../CacheControl.ts"
import * as Exchange from "../../Exchange.ts"
import type { Names } from "../identity.ts"
import { redactedNames } from "../redactedNames.ts"
import type { Decision, Kept, Request, Revalidated, Stale } from "./decision.ts"
import type { Entry } from "./entry.ts"
import { isOutage, isOutageStatus, statusOf } from "./outage.ts"
import { Revalidations } from "./Revalidations.ts"

/** The decisions that the client carries out. */
export interface Deciding {
  readonly partition: (request: HttpClientRequest.HttpClientRequest, redactedNames: Names) => string
  readonly lookup: (request: Request, now: number) => Effect.Effect<Decision>
  readonly keep: (
    asked: Request,
    request: HttpClientRequest.HttpClientRequest,
    response: HttpClientResponse,
    times: CacheControl.Times,
    stale: Entry | undefined
  ) => Effect.Effect<Kept>
  readonly revalidated: (
    request: Request,
    stale: Entry,
    notModified: { readonly headers: CacheControl.HeaderRecord },
    times: CacheControl.Times
  ) => Effect.Effect<Revalidated>
  readonly replaced: (request: Request, stale: Entry, status: number) => Effect.Effect<void>
  readonly toResponse: (request: HttpClientRequest.HttpClientRequest, entry: Entry, now: number) => HttpClientResponse
}

/** A client that asks the cache first, and the client under it when it must. */
export const cachingClient = <E, R>(
  client: HttpClient.HttpClient.With<E, R>,
  deciding: Deciding
): HttpClient.HttpClient.With<E | HttpClientError, R> => {
  const revalidations = new Revalidations()
  const send = (request: HttpClientRequest.HttpClientRequest) => client.postprocess(Effect.succeed(request))
  return HttpClient.makeWith(
    Effect.flatMap((request: HttpClientRequest.HttpClientRequest) =>
      Option.match(HttpClientRequest.toUrl(request), {
        onNone: () => send(request),
        onSome: (url) =>
          Effect.withFiber((fiber) => {
            const partition = deciding.partition(request, redactedNames(fiber))
            return new Caching({ deciding, revalidations, send, request, url, partition }).answer()
          })
      })
    ),
    client.preprocess
  )
}

type Responding<E, R> = Effect.Effect<HttpClientResponse, E | HttpClientError, R>

interface Given<E, R> {
  readonly deciding: Deciding
  readonly revalidations: Revalidations
  readonly send: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<HttpClientResponse, E, R>
  readonly request: HttpClientRequest.HttpClientRequest
  readonly url: URL
  readonly partition: string
}

const clock = Effect.clockWith((clock) => clock.currentTimeMillis)

/** One request through the cache. */
class Caching<E, R> {
  readonly #given: Given<E, R>
  readonly #asked: Request

  constructor(given: Given<E, R>) {
    const { partition, request, url } = given
    const { headers, method } = request
    this.#given = given
    this.#asked = { method, url: url.href, headers, partition }
  }

  answer(): Responding<E, R> {
    return Effect.flatMap(clock, (now) =>
      Effect.flatMap(this.#given.deciding.lookup(this.#asked, now), (decision) => this.#follow(decision))
    )
  }

  #follow(decision: Decision): Responding<E, R> {
    switch (decision._tag) {
      case "Fresh":
      case "Unsatisfiable":
        return this.#give(decision.entry)
      case "Miss":
        return this.#ask(undefined)
      case "Stale":
        return decision.mayServeWhileRevalidate ? this.#giveAndAsk(decision) : this.#ask(decision)
      case "Unavailable":
        return Effect.fail(this.#unavailable())
    }
  }

  #give(entry: Entry): Effect.Effect<HttpClientResponse> {
    return Effect.map(clock, (now) => this.#given.deciding.toResponse(this.#given.request, entry, now))
  }

  #giveAndAsk(stale: Stale): Responding<E, R> {
    const key = JSON.stringify([this.#asked.partition, this.#asked.url, stale.entry.varying])
    // What is not kept must not be left unread: the connection would wait for it.
    const refresh = Effect.flatMap(this.#ask(stale), Exchange.discard)
    return Effect.andThen(this.#given.revalidations.begin(key, refresh), this.#give(stale.entry))
  }

  #ask(stale: Stale | undefined): Responding<E, R> {
    const { request, send } = this.#given
    const asking = stale === undefined ? request : HttpClientRequest.setHeaders(request, stale.conditionalHeaders)
    return Effect.flatMap(clock, (requestedAt) =>
      Effect.matchEffect(send(asking), {
        onFailure: (error) => this.#fail(stale, error),
        onSuccess: (response) =>
          Effect.flatMap(clock, (respondedAt) => this.#receive(stale, response, { requestedAt, respondedAt }))
      })
    )
  }

  /** A client may fail with a status: it invalidates like a response with that status. */
  #fail(stale: Stale | undefined, error: E): Responding<E, R> {
    if (isOutage(error)) return this.#orStale(stale, () => Effect.fail(error))
    const status = statusOf(error)
    const forgotten = stale === undefined || status === undefined ? Effect.void : this.#replaced(stale, status)
    return Effect.andThen(forgotten, Effect.fail(error))
  }

  #replaced(stale: Stale, status: number): Effect.Effect<void> {
    return this.#given.deciding.replaced(this.#asked, stale.entry, status)
  }

  #orStale(stale: Stale | undefined, otherwise: () => Responding<E, R>): Responding<E, R> {
    return Effect.flatMap(clock, (now) =>
      stale?.mayServeOnErrorUntil !== undefined && now < stale.mayServeOnErrorUntil
        ? this.#give(stale.entry)
        : otherwise()
    )
  }

  #receive(stale: Stale | undefined, response: HttpClientResponse, times: CacheControl.Times): Responding<E, R> {
    if (response.status === 304 && stale !== undefined) return this.#renew(stale, response, times)
    if (!isOutageStatus(response.status)) return this.#keep(stale, response, times)
    return this.#orStale(stale, () => this.#keep(stale, response, times)).pipe(
      Effect.tap((given) => (given === response ? Effect.void : Exchange.discard(response)))
    )
  }

  #renew(stale: Stale, response: HttpClientResponse, times: CacheControl.Times): Responding<E, R> {
    const renewed = this.#given.deciding.revalidated(this.#asked, stale.entry, response, times)
    return Effect.andThen(
      Exchange.discard(response),
      Effect.flatMap(renewed, (renewed) =>
        renewed._tag === "Revalidated" ? this.#give(renewed.entry) : this.#ask(undefined)
      )
    )
  }

  #keep(stale: Stale | undefined, response: HttpClientResponse, times: CacheControl.Times): Responding<E, R> {
    const { deciding, request } = this.#given
    return Effect.flatMap(deciding.keep(this.#asked, request, response, times, stale?.entry), (kept) =>
      kept.isBroken && response.status < 300
        ? this.#orStale(stale, () => Effect.succeed(kept.response))
        : Effect.succeed(kept.response)
    )
  }

  #unavailable(): HttpClientError {
    const { request } = this.#given
    const description = "the store of its cache cannot be asked"
    return new HttpClientError({ reason: new TransportError({ request, description }) })
  }
}
