/** What must hold over real sockets, whatever the provider does and whenever callers are interrupted. */
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import {
  Breaker,
  type CallObserver as CallObserverModule,
  CallObserver,
  Hedge,
  Retry,
  Policy
} from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { randomFrom, type Random } from "../../core/test/policy/randomFrom.ts"
import { answer, type Handler, layerAt, type NamedTransport, providerUrl, serve } from "./server.ts"

const long = process.env["CAUSEWAY_LONG"] === "1"
const rounds = long ? 60 : 4
const callers = 40
const connections = 3

const pooled: ReadonlyArray<NamedTransport> = [
  { name: "Transport.layerWith", layer: Transport.layerWith({ connections }) },
  {
    name: "NodeHttpClient.layerUndici",
    layer: NodeHttpClient.layerUndiciNoDispatcher.pipe(
      Layer.provide(NodeHttpClient.layerDispatcherOptions({ connections }))
    )
  }
]

const Item = Schema.Struct({ id: Schema.String })

class Provider extends Integration.Service<Provider>()("test/Faults", {
  baseUrl: providerUrl,
  endpoints: [
    Endpoint.get("read", "/read/:call", { params: { call: Schema.String }, success: Item }),
    Endpoint.get("hedged", "/hedged/:call", {
      params: { call: Schema.String },
      success: Item,
      policy: { hedge: Hedge.after("10 millis", { ratio: 1 }) }
    }),
    Endpoint.post("write", "/write/:call", {
      params: { call: Schema.String },
      payload: { name: Schema.String },
      success: Item
    })
  ],
  policy: {
    ...Policy.none,
    deadline: "2 seconds",
    timeout: "60 millis",
    retry: Retry.make({ schedule: Schedule.spaced("2 millis"), attempts: 3, maxRetryAfter: "20 millis" }),
    // One of the faults asks for a day: without a bound of its own the circuit would stay open for five minutes.
    circuitBreaker: Breaker.consecutive({ failures: 30, openDuration: "20 millis", maxRetryAfter: "100 millis" }),
    bulkhead: { maxInFlight: 12, maxWaiting: 100 }
  }
}) {}

type Fault = (random: Random) => Handler

const item = { id: "a" }
const megabyte = "x".repeat(1_000_000)

const faults: ReadonlyArray<Fault> = [
  () => (response) => answer(response, 200, item),
  () => (response) => answer(response, 200, item),
  (random) => (response) => answer(response, [503, 500, 429, 404, 302][random(5)] ?? 503, { problem: "down" }),
  (random) => (response) =>
    answer(response, 503, megabyte, { "retry-after": ["0", "86400", "soon", "-1", "1e9"][random(5)] ?? "0" }),
  () => (response) => answer(response, 200, megabyte),
  () => (response) => answer(response, 200, "{"),
  () =>
    (_, { socket }) =>
      socket.resetAndDestroy(),
  () =>
    (_, { socket }) =>
      socket.destroy(),
  // Never answers.
  () => () => {},
  // Begins to answer, and stalls.
  () => (response) => response.writeHead(200, { "content-type": "application/json" }).write('{"id":'),
  () => (response) => response.writeHead(500, { "content-length": "1000000" }).write("x".repeat(70_000)),
  // Ends in the middle of its body.
  () => (response) => {
    response.writeHead(200, { "content-length": "1000" })
    response.write('{"id":', () => response.socket?.destroy())
  },
  // No HTTP at all.
  () =>
    (_, { socket }) =>
      socket.end("220 mail.example ready\r\n\r\n")
]

const turns = (count: number) =>
  Effect.promise(async () => {
    for (let turn = 0; turn < count; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
  })

const call = (provider: Provider["Service"], name: string, random: Random): Effect.Effect<unknown, unknown> => {
  const params = { call: name }
  switch (random(4)) {
    case 0:
      return provider.hedged({ params })
    case 1:
      return provider.write({ params, payload: { name } }, { idempotencyKey: name })
    case 2:
      return provider.write({ params, payload: { name } })
    default:
      return provider.read({ params })
  }
}

const perform = (provider: Provider["Service"], name: string, random: Random) =>
  Effect.gen(function* () {
    yield* turns(random(20))
    const fiber = yield* Effect.forkChild(Effect.exit(call(provider, name, random)))
    if (random(4) === 0) {
      yield* turns(random(60))
      yield* Fiber.interrupt(fiber)
    }
    return yield* Fiber.await(fiber)
  })

for (const transport of pooled) {
  describe(`over ${transport.name} with ${connections} connections, a provider that does everything wrong`, () => {
    it.live(
      "leaves no call hanging and no connection held, and is called again as soon as it is well",
      () => {
        const random = randomFrom(42)
        let isWell = false
        const faulty: Handler = (response, arrival) =>
          isWell ? answer(response, 200, item) : faults[random(faults.length)]?.(random)(response, arrival)
        const events: Array<CallObserverModule.CallEvent> = []
        return Effect.gen(function* () {
          const server = yield* serve(faulty)
          const use = Effect.gen(function* () {
            const provider = yield* Provider
            for (let round = 0; round < rounds; round += 1) {
              const names = Array.from({ length: callers }, (_, caller) => `call-${round}-${caller}`)
              const exits = yield* Effect.forEach(names, (name) => perform(provider, name, random), {
                concurrency: "unbounded"
              })
              assert.strictEqual(exits.length, callers)
              assert.isAtMost(server.open.size, 2 * connections)
            }
            isWell = true
            // The circuit may be open still, for as long as it says itself, and a busy machine may be slower than a timeout.
            const untilWell = (name: string) =>
              Effect.retry(provider.read({ params: { call: name } }), Schedule.spaced("5 millis"))
            yield* untilWell("first")
            const together = yield* Effect.forEach(
              Array.from({ length: 12 }, (_, caller) => `fresh-${caller}`),
              untilWell,
              { concurrency: "unbounded" }
            )
            assert.deepStrictEqual(new Set(together.map(({ id }) => id)), new Set([item.id]))
          })
          yield* Effect.provide(
            use,
            Provider.layer.pipe(
              Layer.provide([Auth.none(Provider), transport.layer, layerAt(server)]),
              Layer.merge(CallObserver.layer((event) => events.push(event)))
            )
          )
          const counted = (tag: string) => events.filter(({ _tag }) => _tag === tag).length
          assert.strictEqual(counted("CallEnded"), counted("CallStarted"))
          assert.strictEqual(counted("AttemptEnded"), counted("AttemptStarted"))
          assert.isAtMost(server.arrivals.length, counted("AttemptStarted"))
          while (server.open.size > 0) yield* Effect.promise(() => server.nextClose())
        })
      },
      { timeout: long ? 600_000 : 60_000 }
    )
  })
}
