/**
 * Calls a provider that does everything wrong for minutes, with everything switched on, and looks at the heap:
 * `node --expose-gc bench/soak/main.ts [--minutes 5] [--seconds 10]`. Ends with 1 when the heap has grown.
 */
import { Effect, Exit, Fiber, Layer, ManagedRuntime, Redacted, Schema } from "effect"
import { fork } from "node:child_process"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import {
  Breaker,
  Bulkhead,
  Cache,
  Coalesce,
  Concurrency,
  Hedge,
  Retry,
  RetryBudget,
  Throttle,
  Policy
} from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { median } from "../measure.ts"

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" }, seconds: { type: "string" } }
})
const seconds = values.seconds === undefined ? Number(values.minutes) * 60 : Number(values.seconds)
if (!(seconds >= 5)) throw new Error("--minutes or --seconds must come to at least 5 seconds")

const workers = 64
const looks = 20

const Document = Schema.Struct({ id: Schema.String, amount: Schema.Int, currency: Schema.String })

const makeProvider = (baseUrl: string) => {
  class Provider extends Integration.Service<Provider>()("soak/Provider", {
    baseUrl,
    endpoints: [
      Endpoint.get("read", "/documents/:id", { params: { id: Schema.String }, success: Document }),
      Endpoint.post("write", "/documents", { payload: { id: Schema.String }, success: Document })
    ],
    policy: {
      ...Policy.none,
      deadline: "2 seconds",
      timeout: "60 millis",
      cache: Cache.make({ maxEntries: 500, staleIfError: "10 seconds" }),
      coalesce: Coalesce.make(),
      retry: Retry.make({ schedule: Retry.fullJitter({ base: "5 millis" }), attempts: 3, maxRetryAfter: "1 second" }),
      retryBudget: RetryBudget.make(),
      hedge: Hedge.percentile(),
      throttle: Throttle.make({ window: "5 seconds" }),
      // Each key its own state, more of them than are kept: what is forgotten must be gone.
      circuitBreaker: Breaker.failureRate({ openDuration: "1 second", key: keyOf }),
      bulkhead: Bulkhead.make({ maxInFlight: 60, maxWaiting: 1_000, maxWait: "1 second" }),
      concurrency: Concurrency.aimd({ min: 16, max: 60, maxWaiting: 1_000, maxWait: "1 second" }),
      rateLimit: { limit: 1_000, window: "1 second", key: keyOf }
    }
  }) {}
  return Provider
}

let named = 0

const keyOf = (): string => `tenant-${named++ % 20_000}`

const counts = { answered: 0, failed: 0, interrupted: 0, died: 0 }

const count = (exit: Exit.Exit<unknown, unknown>): void => {
  if (Exit.isSuccess(exit)) counts.answered += 1
  else if (Exit.hasDies(exit)) counts.died += 1
  else counts[Exit.hasInterrupts(exit) ? "interrupted" : "failed"] += 1
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** One call, one in ten of which is given up in the middle. */
const performOne = async (call: Effect.Effect<unknown, unknown>): Promise<void> => {
  const fiber = Effect.runFork(Effect.exit(call))
  if (Math.random() < 0.1) {
    for (let turns = Math.random() * 50; turns > 0; turns -= 1) await turn()
    await Effect.runPromise(Fiber.interrupt(fiber))
  }
  const ended = await Effect.runPromise(Fiber.await(fiber))
  count(Exit.isSuccess(ended) ? ended.value : ended)
}

const megabytes = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

const say = (line: string) => process.stdout.write(`${line}\n`)

const look = (began: number): number => {
  const heap = megabytes()
  const elapsed = ((performance.now() - began) / 1_000).toFixed(0)
  const { answered, died, failed, interrupted } = counts
  say(
    `${elapsed.padStart(5)} s  heap ${heap.toFixed(1).padStart(6)} MB  answered ${answered}  failed ${failed}  interrupted ${interrupted}  died ${died}`
  )
  return heap
}

const child = fork(fileURLToPath(new URL("provider.ts", import.meta.url)))
// The provider sends its address once, as net.Server gives it for a TCP port.
const [address] = (await once(child, "message")) as [AddressInfo]
const Provider = makeProvider(`http://127.0.0.1:${address.port}`)
const runtime = ManagedRuntime.make(
  Provider.layer.pipe(
    Layer.provide([
      Auth.bearer(Provider, Effect.succeed(Redacted.make("soak"))),
      Transport.layerWith({ connections: 64 })
    ])
  )
)
const provider = await runtime.runPromise(Provider)

const callAtRandom = (): Effect.Effect<unknown, unknown> => {
  const id = String(Math.floor(Math.random() * 2_000))
  return Math.random() < 0.8 ? provider.read({ params: { id } }) : provider.write({ payload: { id } })
}

const began = performance.now()
const isOver = () => performance.now() - began > seconds * 1_000
const heaps: Array<number> = []

const work = async () => {
  while (!isOver()) await performOne(callAtRandom())
}

const watch = async () => {
  while (!isOver()) {
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1_000) / looks))
    heaps.push(look(began))
  }
}

await Promise.all([watch(), ...Array.from({ length: workers }, work)])
await runtime.dispose()
child.disconnect()

/** The first looks see code being compiled and stores being filled: the third fifth is compared with the last one. */
const fifth = Math.floor(heaps.length / 5)
const before = median(heaps.slice(fifth * 2, fifth * 3))
const after = median(heaps.slice(-fifth))
const isFlat = after <= before * 1.1 + 4
say(
  `${isFlat ? "flat" : "GROWN"}: ${before.toFixed(1)} MB in the middle, ${after.toFixed(1)} MB at the end; ${counts.died} calls died`
)
process.exit(isFlat && counts.died === 0 && counts.answered > 0 ? 0 : 1)
