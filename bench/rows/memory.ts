import { Effect } from "effect"
import {
  Breaker,
  BreakerStore,
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

const stores: ReadonlyArray<readonly [name: string, open: () => Use]> = [
  [
    "rate limit, sliding window",
    () => {
      const store = RateLimitStore.makeMemory({ maxKeys: count })
      const { limits } = RateLimit.make({ limit: 100, window: "1 hour" })
      return (key) => store.reserve({ key, limits, tokens: 1, maxWaiting: 0, maxWaitMillis: 0, now })
    }
  ],
  [
    "rate limit, GCRA",
    () => {
      const store = RateLimitStore.makeMemory({ maxKeys: count })
      const { limits } = RateLimit.make({ limit: 100, window: "1 hour", algorithm: "gcra" })
      return (key) => store.reserve({ key, limits, tokens: 1, maxWaiting: 0, maxWaitMillis: 0, now })
    }
  ],
  ["circuit breaker, consecutive", () => admitting(Breaker.consecutive())],
  ["circuit breaker, rate of 100 calls", () => admitting(Breaker.failureRate())],
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
      const throttle = Throttle.make({ window: "1 hour" })
      const state = Throttle.makeState(throttle, { maxKeys: count })
      return (key) => {
        state.admit(key, now, 0.5)
        state.record(key, true, now)
      }
    }
  ]
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

export const row: Finding = {
  name: "memory per idle key",
  about: `${count} keys that were used once, their names included; every store drops the least recently used beyond its bound.`,
  find: async () => [
    ...stores.map(([name, open]) => `${name.padEnd(36)} ${bytesPerKey(open).toFixed(0).padStart(6)} bytes`),
    `(at most 200, aim 120; ${held.length} stores)`
  ]
}
