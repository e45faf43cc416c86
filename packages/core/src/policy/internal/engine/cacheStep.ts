/** The step of the cache: a fetch passes all strategies within it, a stored answer passes none. */
import { Context, Effect } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import { isHttpClientError } from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Cache from "../../Cache.ts"
import type * as CacheStore from "../../CacheStore.ts"
import type { Step, SteppedCall } from "./model.ts"

/** How the cache reaches the provider for the call of this fibre, and whether it did. */
interface Fetching {
  readonly fetch: (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<HttpClientResponse, unknown>
  status: number | undefined
  hasFetched: boolean
}

const CurrentFetching = Context.Reference<Fetching | undefined>("causeway/policy/cacheStep/CurrentFetching", {
  defaultValue: () => undefined
})

export const cacheStep = (cache: Cache.Cache, store: CacheStore.CacheStore["Service"]): Step => {
  const partitions = new WeakMap<HttpClientRequest.HttpClientRequest, string>()
  const provider = HttpClient.makeWith<unknown, never, unknown, never>(
    (request) => Effect.flatMap(Effect.flatMap(request, fetchCurrent), Effect.succeed),
    Effect.succeed
  )
  const client = Cache.withCache(cache, { store, partition: (request) => partitions.get(request) ?? "" })(provider)
  return {
    around: <A, E, R>(call: SteppedCall<A, E, R>) =>
      Effect.contextWith((context: Context.Context<R>) => {
        const { context: execution, partition, run, sharing } = call
        const fetching: Fetching = {
          fetch: (request) => Effect.provideContext(run(sharing.fetching(request)), context),
          status: undefined,
          hasFetched: false
        }
        partitions.set(sharing.request, partition)
        const answered = client.execute(sharing.request).pipe(
          Effect.provideService(CurrentFetching, fetching),
          // The cache adds only an error for a store that cannot be read; the others are the call's own.
          Effect.mapError((error) => (isHttpClientError(error) ? sharing.unavailable(execution.info()) : (error as E)))
        )
        return Effect.flatMap(answered, (response) => {
          execution.emit({ _tag: "CacheAnswered", result: resultOf(fetching) })
          return sharing.answer(response, execution.info())
        })
      })
  }
}

const fetchCurrent = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<HttpClientResponse, unknown> =>
  Effect.flatMap(CurrentFetching, (fetching) => {
    if (fetching === undefined) return Effect.die(new Error("the cache fetched outside of a call"))
    fetching.hasFetched = true
    return Effect.tap(fetching.fetch(request), (response) =>
      Effect.sync(() => {
        fetching.status = response.status
      })
    )
  })

const resultOf = ({ hasFetched, status }: Fetching): "hit" | "stale" | "revalidated" | "miss" => {
  if (!hasFetched) return "hit"
  if (status === undefined) return "stale"
  return status === 304 ? "revalidated" : "miss"
}
