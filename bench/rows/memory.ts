import { Effect } from "effect"
import {
  Breaker,
  BreakerStore,
  Bulkhead,
  Concurrency,
  InFlight,
  RateLimit,
  RateLimitStore,
  RetryBudget,
  RetryBudgetStore,
  Throttle
} from "@causeway/core/policy"
import type { Finding } from "../Row.ts"

const count = 100_000

/** Made anew each time, so that a store holds names of its own as it would in a program. */
const keyAt = (index: number): string => `tenant-${index}`

const now = Date.UTC(2026, 0, 1)

/** A store that has been used once for a key, and how to use it for the next. */
type Use = (key: string) => unknown

const reserving = (options: RateLimit.Options): Use => {
  const store = RateLimitStore.makeMemory({ maxKeys: count })
  const { limits } = RateLimit.make(options)
  return (key) => store.reserve({ key, limits, tokens: 1, maxWaiting: 0, maxWaitMillis: 0, now })
}

const placing = (strategy: InFlight.Strategy): Use => {
  const inFlight = InFlight.make(strategy)
  return (key) => {
    const entry = inFlight.enter(key, 0)
    if (entry._tag === "Entered") entry.leave("success", 5, now)
  }
}

const window = "1 hour"
const twoRates = [Breaker.failureRate(), Breaker.slowCallRate({ slowerThan: "1 second", window })] as const

const stores: ReadonlyArray<readonly [name: string, open: () => Use]> = [
  ["rate limit, sliding window", () => reserving({ limit: 100, window })],
  ["rate limit, GCRA", () => reserving({ limit: 100, window, algorithm: "gcra" })],
  ["rate limit, fixed window", () => reserving({ limit: 100, window, algorithm: "fixed" })],
  ["circuit breaker, consecutive", () => admitting(Breaker.consecutive())],
  ["circuit breaker, rate of 100 calls", () => admitting(Breaker.failureRate())],
  ["circuit breaker, rate of an hour", () => admitting(Breaker.failureRate({ window }))],
  ["circuit breaker, slow calls", () => admitting(Breaker.slowCallRate({ slowerThan: "1 second" }))],
  ["circuit breaker, two rates at once", () => admitting(Breaker.any(twoRates))],
  [
    "retry budget",
    () => {
      const store = RetryBudgetStore.makeMemory({ maxKeys: count })
      const budget = RetryBudget.make()
      return (key) => store.withdraw(key, budget, now)
    }
  ],
  [
    "adaptive throttling",
    () => {
      const throttle = Throttle.make({ window })
      const state = Throttle.makeState(throttle, { maxKeys: count })
      return (key) => {
        state.admit(key, now, 0.5)
        state.record(key, true, now)
      }
    }
  ],
  ["bulkhead", () => placing(Bulkhead.make({ maxInFlight: 10 }))],
  ["adaptive concurrency", () => placing(Concurrency.aimd())]
]

const admitting = (breaker: Breaker.Breaker): Use => {
  const store = BreakerStore.makeMemory({ maxKeys: count })
  return (key) =>
    Effect.runSync(
      Effect.flatMap(store.admit(key, breaker, now), (admission) =>
        admission._tag === "Admitted"
          ? store.record(key, breaker, admission.generation, "success", now, {
              elapsedMillis: 5,
              retryAfterMillis: undefined
            })
          : Effect.void
      )
    )
}

const bytesInUse = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** All stores stay until the end, so that none is collected while another is measured. */
const held: Array<Use> = []

const bytesPerKey = (open: () => Use): number => {
  const use = open()
  held.push(use)
  const before = bytesInUse()
  for (let index = 0; index < count; index += 1) use(keyAt(index))
  return (bytesInUse() - before) / count
}

/** How many keys a store of circuits holds when each of so many was used once, a second after the other. */
const heldOf = (keys: number): number => {
  const store = BreakerStore.makeMemory({ maxKeys: keys })
  const breaker = Breaker.consecutive()
  for (let index = 0; index < keys; index += 1) store.admit(keyAt(index), breaker, now + index * 1_000)
  return Effect.runSync(store.circuits).length
}

export const row: Finding = {
  name: "memory per idle key",
  about: `${count} keys that were used once just now, their names included; every store drops the least recently used beyond its bound.`,
  find: async () => [
    ...stores.map(([name, open]) => `${name.padEnd(36)} ${bytesPerKey(open).toFixed(0).padStart(6)} bytes`),
    `(at most 200, aim 120; ${held.length} stores)`,
    `of ${count} circuits, one a second, that succeeded: ${heldOf(count)} are held, the others say nothing any more`
  ]
}
