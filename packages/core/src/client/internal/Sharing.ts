import { Context, Effect, Redacted } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Credentials from "../../auth/Credentials.ts"
import * as Cache from "../../policy/Cache.ts"
import type * as CacheStore from "../../policy/CacheStore.ts"
import * as Coalesce from "../../policy/Coalesce.ts"

/** Asks the provider, under the policies, for a response whose body is read. */
export type Ask = (request: HttpClientRequest.HttpClientRequest) => Effect.Effect<HttpClientResponse, unknown>

/** How the call of this fibre asks, and whether it had to. */
interface Asking {
  readonly ask: Ask
  answered: number | undefined
  asked: boolean
}

const CurrentAsking = Context.Reference<Asking | undefined>("causeway/client/Sharing/CurrentAsking", {
  defaultValue: () => undefined
})

/** How a cache answered: without asking, after a 304, with what it held although asking failed, or not at all. */
export type CacheResult = "hit" | "revalidated" | "stale" | "miss"

/** Keeps answers for one endpoint. */
export interface Caching {
  readonly answer: (
    request: HttpClientRequest.HttpClientRequest,
    partition: string,
    ask: Ask
  ) => Effect.Effect<readonly [HttpClientResponse, CacheResult], unknown>
}

/** The cache stands before the engine: what it asks passes all policies, and what it holds passes none. */
export const makeCaching = (cache: Cache.Cache, store: CacheStore.CacheStore["Service"]): Caching => {
  const partitions = new WeakMap<HttpClientRequest.HttpClientRequest, string>()
  const engine = HttpClient.makeWith<unknown, never, unknown, never>(
    (request) => Effect.flatMap(Effect.flatMap(request, askCurrent), Effect.succeed),
    Effect.succeed
  )
  const client = Cache.withCache(cache, { store, partition: (request) => partitions.get(request) ?? "" })(engine)
  return {
    answer: (request, partition, ask) =>
      Effect.suspend(() => {
        const asking: Asking = { ask, answered: undefined, asked: false }
        partitions.set(request, partition)
        return client.execute(request).pipe(
          Effect.map((response) => [response, resultOf(asking)] as const),
          Effect.provideService(CurrentAsking, asking)
        )
      })
  }
}

const askCurrent = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<HttpClientResponse, unknown> =>
  Effect.flatMap(CurrentAsking, (asking) => {
    if (asking === undefined) return Effect.die(new Error("the cache asked outside of a call"))
    asking.asked = true
    return Effect.tap(asking.ask(request), (response) =>
      Effect.sync(() => {
        asking.answered = response.status
      })
    )
  })

const resultOf = ({ answered, asked }: Asking): CacheResult => {
  if (!asked) return "hit"
  if (answered === undefined) return "stale"
  return answered === 304 ? "revalidated" : "miss"
}

/**
 * Names who is asking without holding a secret: the integration and the tenant, its credentials, and those that the
 * caller gave.
 */
export const partitionOf = (
  scope: string,
  { identity, secrets }: Pick<Credentials.Authorized, "identity" | "secrets">,
  { headers, url, urlParams }: HttpClientRequest.HttpClientRequest,
  redactedNames: ReadonlyArray<string | RegExp>
): string =>
  Cache.partitionOf({
    scope,
    identity: (identity ?? secrets).map(Redacted.value),
    headers,
    url,
    urlParams,
    redactedNames
  })

/** What is the same call: its method, URL, headers, body and credentials, and how its answer is wanted. */
export const flightKey = (
  coalesce: Coalesce.Coalesce,
  request: HttpClientRequest.HttpClientRequest,
  partition: string,
  mode: string
): string | undefined => {
  const url = HttpClientRequest.toUrl(request)
  if (url._tag === "None") return undefined
  const { body, headers, method } = request
  const bytes = body._tag === "Empty" ? undefined : body._tag === "Uint8Array" ? body.body : null
  const key = Coalesce.keyOf(coalesce, { method, url: url.value.href, headers, partition, body: bytes })
  return key === undefined ? undefined : `${mode}:${key}`
}
