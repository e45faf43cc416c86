import * as cockatiel from "cockatiel"
import { Effect, Layer, ManagedRuntime } from "effect"
import { CircuitBreaker } from "effect/persistence"
import Opossum from "opossum"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, BreakerStore, Policy } from "@causeway/core/policy"
import { anything } from "../peers/causeway.ts"
import { layer, times } from "../peers/inMemory.ts"
import type { Peer, Row } from "../Row.ts"

const batch = 500

const causeway: Peer = {
  name: "causeway, a whole call",
  open: async () => {
    class Provider extends Integration.Service<Provider>()("bench/Provider", {
      baseUrl: "http://provider.example",
      endpoints: [Endpoint.get("read", "/", { success: anything })],
      policy: { ...Policy.none, circuitBreaker: Breaker.failureRate() }
    }) {}
    const store = BreakerStore.layerMemory()
    const runtime = ManagedRuntime.make(
      Layer.merge(Provider.layer.pipe(Layer.provide([Auth.none(Provider), layer(), store])), store)
    )
    await runtime.runPromise(Effect.flatMap(BreakerStore.BreakerStore, ({ isolate }) => isolate("bench/Provider")))
    const provider = await runtime.runPromise(Provider)
    const refused = Effect.ignore(Effect.suspend(() => provider.read()))
    return { call: () => times(batch, refused), close: () => runtime.dispose() }
  }
}

const refusing = async (execute: () => Promise<unknown>): Promise<void> => {
  for (let call = 0; call < batch; call += 1) await execute().catch(() => {})
}

const cockatielPeer: Peer = {
  name: "cockatiel",
  open: async () => {
    const breaker = cockatiel.circuitBreaker(cockatiel.handleAll, {
      halfOpenAfter: 30_000,
      breaker: new cockatiel.ConsecutiveBreaker(5)
    })
    breaker.isolate()
    return { call: () => refusing(() => breaker.execute(() => "done")), close: async () => {} }
  }
}

const opossumPeer: Peer = {
  name: "opossum",
  open: async () => {
    const breaker = new Opossum(async () => "done", {
      timeout: 10_000,
      errorThresholdPercentage: 50,
      resetTimeout: 30_000
    })
    breaker.open()
    return { call: () => refusing(() => breaker.fire()), close: async () => breaker.shutdown() }
  }
}

const effectPeer: Peer = {
  name: "effect CircuitBreaker",
  open: async () => {
    const runtime = ManagedRuntime.make(
      CircuitBreaker.layer({ tripPolicy: CircuitBreaker.consecutive(1), openDuration: "1 hour" }).pipe(
        Layer.provide(CircuitBreaker.layerStoreMemory())
      )
    )
    const breaker = await runtime.runPromise(CircuitBreaker.CircuitBreaker)
    await runtime.runPromise(Effect.ignore(breaker.execute(Effect.fail("down"), { key: "bench" })))
    const call = Effect.ignore(breaker.execute(Effect.succeed("done"), { key: "bench" }))
    return { call: () => times(batch, call), close: () => runtime.dispose() }
  }
}

export const row: Row = {
  name: "refused",
  about: "Makes a call whose circuit is open.",
  inFlight: 1,
  calls: 400,
  batch,
  peers: [causeway, effectPeer, cockatielPeer, opossumPeer],
  goals: [{ peer: "causeway, a whole call", kind: "µs", atLeast: 1, aim: 0.3 }]
}
