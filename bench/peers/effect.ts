/** Effect's own client over undici: alone, and with its own retry, rate limiter and circuit breaker. */
import { NodeHttpClient } from "@effect/platform-node"
import { Effect, Exit, Layer, ManagedRuntime, Schedule, Scope } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { CircuitBreaker, RateLimiter } from "effect/persistence"
import type { Peer } from "../Row.ts"
import { connections, token } from "./bare.ts"

const transport = NodeHttpClient.layerUndiciNoDispatcher.pipe(
  Layer.provide(NodeHttpClient.layerDispatcherOptions({ connections }))
)

export const stores = Layer.mergeAll(
  RateLimiter.layer.pipe(Layer.provide(RateLimiter.layerStoreMemory)),
  CircuitBreaker.layerStoreMemory()
)

/** The three policies that Effect has, in the order that its documentation recommends. */
export const composed = (client: HttpClient.HttpClient) =>
  Effect.gen(function* () {
    const limiter = yield* RateLimiter.RateLimiter
    const breaker = yield* CircuitBreaker.make({
      tripPolicy: CircuitBreaker.rate({ size: 100, threshold: 0.5, minimumCalls: 10 }),
      openDuration: "30 seconds"
    })
    return client.pipe(
      HttpClient.withRateLimiter({ limiter, key: "bench", limit: 1_000_000, window: "1 second", times: 3 }),
      HttpClient.retryTransient({ schedule: Schedule.exponential("200 millis"), times: 3 }),
      HttpClient.withCircuitBreaker({ breaker, key: "bench" })
    )
  })

const peer = (name: string, isComposed: boolean): Peer => ({
  name,
  open: async (server) => {
    const runtime = ManagedRuntime.make(Layer.mergeAll(transport, stores))
    const scope = await runtime.runPromise(Scope.make())
    const prepared = Effect.gen(function* () {
      const alone = yield* HttpClient.HttpClient
      const client = isComposed ? yield* composed(alone) : alone
      const request = HttpClientRequest.get(server).pipe(HttpClientRequest.bearerToken(token))
      const called = Effect.flatMap(client.execute(request), (response) => response.json)
      return isComposed ? Effect.timeout(called, "5 seconds") : called
    })
    const read = await runtime.runPromise(Scope.provide(prepared, scope))
    const quiet = Effect.provideService(read, HttpClient.TracerDisabledWhen, () => true)
    return {
      call: () => Effect.runPromise(quiet),
      effect: quiet,
      close: async () => {
        await runtime.runPromise(Scope.close(scope, Exit.void))
        await runtime.dispose()
      }
    }
  }
})

export const effectAlone = peer("effect HttpClient", false)

export const effectComposed = peer("effect HttpClient, its three policies", true)
