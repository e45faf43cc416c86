/** The constructors of the policy room: strategies and policies. */
import {
  Admission,
  Breaker,
  BreakerStore,
  Bulkhead,
  Cache,
  CacheStore,
  CallObserver,
  Coalesce,
  Concurrency,
  Deadline,
  Engine,
  Exchange,
  Fallback,
  Hedge,
  Policy,
  PolicyClient,
  RateLimit,
  RateLimitStore,
  Retry,
  RetryBudget,
  RetryBudgetStore,
  Throttle
} from "@causeway/core/policy"
import { Effect, Schedule } from "effect"
import * as accepted from "./accepted.ts"
import { maxKeys } from "./policyStores.ts"
import type { Row } from "./walk.ts"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"

const key = () => "key"

const recovery = { openDuration: 500, maxRetryAfter: 500, probes: 2, probeSuccessRatio: 0.5, key }

const recoveryAccepts = {
  "": accepted.allOptional,
  openDuration: accepted.durationInNumbers,
  maxRetryAfter: accepted.durationInNumbers
}

const rate = { threshold: 0.5, minimumCalls: 5, window: "1 minute", ...recovery }

const strategies: ReadonlyArray<Row> = [
  {
    name: "policy/Bulkhead.make",
    options: { maxInFlight: 5, maxWaiting: 5, maxWait: 500, key },
    make: Bulkhead.make,
    accepts: { maxWait: accepted.durationInNumbers }
  },
  {
    name: "policy/Bulkhead.fromInput",
    fullIn: "policy/Bulkhead.make",
    options: { maxInFlight: 5 },
    make: Bulkhead.fromInput
  },
  {
    name: "policy/RateLimit.make",
    options: {
      limits: [
        { limit: 5, window: "1 second", algorithm: "gcra", burst: 2 },
        { limit: 50, window: 500, algorithm: "sliding" }
      ],
      maxWait: "1 second",
      maxWaiting: 5,
      key,
      learn: "ietf",
      costOf: () => 1
    },
    make: RateLimit.make,
    omits: ["limits.1.burst"],
    accepts: {
      "limits.0.window": accepted.duration,
      "limits.1.window": accepted.durationInNumbers,
      maxWait: accepted.duration,
      learn: accepted.anyList
    }
  },
  {
    name: "policy/RateLimit.fromInput",
    fullIn: "policy/RateLimit.make",
    options: { limit: 5, window: "1 second", algorithm: "gcra", burst: 2 },
    make: RateLimit.fromInput,
    accepts: { window: accepted.duration }
  },
  {
    name: "policy/Breaker.consecutive",
    options: { failures: 3, ...recovery },
    make: Breaker.consecutive,
    accepts: recoveryAccepts
  },
  {
    name: "policy/Breaker.failureRate",
    options: rate,
    make: Breaker.failureRate,
    accepts: { ...recoveryAccepts, window: accepted.duration }
  },
  {
    name: "policy/Breaker.slowCallRate",
    options: { slowerThan: "1 second", ...rate, openDuration: Schedule.exponential(500) },
    make: Breaker.slowCallRate,
    accepts: {
      slowerThan: accepted.duration,
      window: accepted.duration,
      openDuration: accepted.duration,
      maxRetryAfter: accepted.durationInNumbers
    }
  },
  {
    name: "policy/Breaker.custom",
    options: { name: "own", make: () => () => undefined, ...recovery },
    make: Breaker.custom,
    accepts: {
      name: accepted.text,
      openDuration: accepted.durationInNumbers,
      maxRetryAfter: accepted.durationInNumbers
    }
  },
  {
    name: "policy/Breaker.any",
    isPositional: true,
    options: { any: [Breaker.consecutive()], options: recovery },
    make: ({ any, options }: { any: ReadonlyArray<Breaker.Breaker>; options: Breaker.CommonOptions }) =>
      Breaker.any(any, options),
    accepts: {
      options: accepted.allOptional,
      "options.openDuration": accepted.durationInNumbers,
      "options.maxRetryAfter": accepted.durationInNumbers
    },
    whole: ["any.0"]
  },
  {
    name: "policy/Retry.make",
    options: {
      schedule: Schedule.recurs(3),
      attempts: 3,
      maxRetryAfter: 500,
      idempotencyKeyHeader: "idempotency-key",
      when: Retry.byCategory
    },
    make: Retry.make,
    accepts: { "": accepted.allOptional, maxRetryAfter: accepted.durationInNumbers }
  },
  { name: "policy/Retry.fromInput", options: Schedule.recurs(3), make: Retry.fromInput },
  ...[Retry.fullJitter, Retry.equalJitter, Retry.decorrelatedJitter].map((make) => ({
    name: `policy/Retry.${make.name}`,
    options: { base: "1 second", cap: 500 },
    make,
    accepts: { "": accepted.allOptional, base: accepted.duration, cap: accepted.durationInNumbers }
  })),
  {
    name: "policy/Hedge.after",
    isPositional: true,
    options: { after: "1 second", options: { maxHedges: 2, ratio: 0.5 } },
    make: ({ after, options }: { after: number; options: Hedge.CommonOptions }) => Hedge.after(after, options),
    accepts: { after: accepted.duration, options: accepted.allOptional }
  },
  {
    name: "policy/Hedge.percentile",
    options: { percentile: 0.9, minimumSamples: 10, fallback: "1 second", maxHedges: 2, ratio: 0.5 },
    make: Hedge.percentile,
    accepts: { "": accepted.allOptional, fallback: accepted.duration }
  },
  {
    name: "policy/Deadline.make",
    options: { after: "1 second", header: "x-deadline" },
    make: Deadline.make,
    accepts: { after: accepted.duration }
  },
  {
    name: "policy/Deadline.fromInput",
    options: "1 second",
    make: Deadline.fromInput,
    accepts: { "": accepted.duration }
  },
  {
    name: "policy/Throttle.make",
    options: { ratio: 2, window: "1 minute", minimumCalls: 5, maxRejection: 0.9, key },
    make: Throttle.make,
    accepts: { "": accepted.allOptional, window: accepted.duration }
  },
  {
    name: "policy/Throttle.fromInput",
    fullIn: "policy/Throttle.make",
    options: { ratio: 2 },
    make: Throttle.fromInput,
    accepts: { "": accepted.allOptional }
  },
  maxKeys("policy/Throttle.makeState", (options: { readonly maxKeys: number }) =>
    Throttle.makeState(Throttle.make(), options)
  ),
  {
    name: "policy/RetryBudget.make",
    options: { ratio: 0.1, minimum: 10, capacity: 50, key },
    make: RetryBudget.make,
    accepts: { "": accepted.allOptional }
  },
  {
    name: "policy/RetryBudget.fromInput",
    fullIn: "policy/RetryBudget.make",
    options: { ratio: 0.1 },
    make: RetryBudget.fromInput,
    accepts: { "": accepted.allOptional }
  },
  {
    name: "policy/Concurrency.aimd",
    options: {
      initial: 10,
      min: 5,
      max: 50,
      maxWaiting: 5,
      maxWait: 500,
      key,
      increase: 1,
      backoff: 0.5,
      slow: "1 second"
    },
    make: Concurrency.aimd,
    accepts: { "": accepted.allOptional, maxWait: accepted.durationInNumbers, slow: accepted.duration }
  },
  {
    name: "policy/Concurrency.gradient",
    options: {
      initial: 10,
      min: 5,
      max: 50,
      maxWaiting: 5,
      maxWait: 500,
      key,
      tolerance: 2,
      smoothing: 0.5,
      window: "1 second",
      minimumSamples: 5,
      failureRatio: 0.5,
      backoff: 0.5
    },
    make: Concurrency.gradient,
    accepts: { "": accepted.allOptional, maxWait: accepted.durationInNumbers, window: accepted.duration }
  },
  {
    name: "policy/Cache.make",
    options: {
      maxBytes: 500,
      maxEntries: 5,
      maxBodyBytes: 50,
      defaultTtl: "1 second",
      heuristics: false,
      staleWhileRevalidate: 500,
      staleIfError: 500,
      revalidateWithin: 500,
      methods: ["GET", "HEAD"],
      key
    },
    make: Cache.make,
    accepts: {
      "": accepted.allOptional,
      defaultTtl: accepted.duration,
      staleWhileRevalidate: accepted.durationInNumbers,
      staleIfError: accepted.durationInNumbers,
      revalidateWithin: accepted.durationInNumbers,
      methods: accepted.anyList
    }
  },
  {
    name: "policy/Cache.withCache",
    isPositional: true,
    options: { cache: Cache.make(), options: { store: CacheStore.makeMemory(), partition: key } },
    make: ({ cache, options }: { cache: Cache.Cache; options: Cache.ClientOptions }) => Cache.withCache(cache, options),
    accepts: { options: accepted.allOptional },
    whole: ["cache", "options.store"]
  },
  {
    name: "policy/Coalesce.make",
    options: { key, maxKeys: 5, maxBodyBytes: 50 },
    make: Coalesce.make,
    accepts: { "": accepted.allOptional }
  },
  {
    name: "policy/Coalesce.withCoalescing",
    isPositional: true,
    options: { coalesce: Coalesce.make() },
    make: ({ coalesce }: { coalesce: Coalesce.Coalesce }) => Coalesce.withCoalescing(coalesce),
    whole: ["coalesce"]
  },
  {
    name: "policy/Fallback.withFallback",
    options: { to: () => Effect.void, on: ["transient"], when: () => true },
    make: Fallback.withFallback,
    accepts: { on: accepted.anyList }
  }
]

const policy = {
  deadline: "10 seconds",
  timeout: 500,
  idleTimeout: 500,
  cache: Cache.make(),
  coalesce: Coalesce.make(),
  retry: Retry.make({}),
  retryBudget: { ratio: 0.5 },
  hedge: Hedge.after(500),
  throttle: { ratio: 2 },
  circuitBreaker: Breaker.consecutive(),
  bulkhead: { maxInFlight: 5 },
  concurrency: Concurrency.aimd(),
  rateLimit: { limit: 5, window: 500 },
  strategies: [Admission.strategy({ name: "own", make: () => ({ acquire: () => Admission.permit }) })]
}

const slotOptions = [
  ...["minimum", "capacity", "key"].map((name) => `retryBudget.${name}`),
  ...["window", "minimumCalls", "maxRejection", "key"].map((name) => `throttle.${name}`),
  ...["maxWaiting", "maxWait", "key"].map((name) => `bulkhead.${name}`),
  ...["maxWait", "maxWaiting", "key", "learn", "costOf", "algorithm", "burst", "limits"].map(
    (name) => `rateLimit.${name}`
  )
]

const off = accepted.nothing

const records: ReadonlyArray<Row> = [
  ...([Policy.compile, Policy.describe, PolicyClient.withPolicy] as const).map((make) => ({
    name: make === PolicyClient.withPolicy ? "policy/PolicyClient.withPolicy (policy)" : `policy/Policy.${make.name}`,
    options: policy,
    // Each slot is walked in full by itself.
    omits: slotOptions,
    make: make as Row["make"],
    accepts: {
      "": accepted.allOptional,
      deadline: accepted.both(accepted.duration, off),
      timeout: accepted.both(accepted.durationInNumbers, off),
      idleTimeout: accepted.both(accepted.durationInNumbers, off),
      cache: off,
      coalesce: off,
      retry: off,
      retryBudget: accepted.both(accepted.allOptional, off),
      hedge: off,
      throttle: accepted.both(accepted.allOptional, off),
      circuitBreaker: off,
      bulkhead: off,
      concurrency: off,
      rateLimit: off,
      "rateLimit.window": accepted.durationInNumbers,
      strategies: accepted.both(accepted.anyList, off)
    },
    whole: ["cache", "coalesce", "retry", "hedge", "circuitBreaker", "concurrency", "strategies.0"]
  })),
  {
    name: "policy/PolicyClient.withPolicy",
    options: { name: "app", classify: () => undefined, state: Engine.makeState() },
    make: (options: PolicyClient.Options) => PolicyClient.withPolicy({}, options),
    accepts: { "": accepted.allOptional, name: accepted.text },
    whole: ["state"]
  },
  {
    name: "policy/Engine.makeState",
    isPositional: true,
    options: {
      stores: {
        rateLimits: RateLimitStore.makeMemory(),
        breakers: BreakerStore.makeMemory(),
        retryBudgets: RetryBudgetStore.makeMemory(),
        cache: CacheStore.makeMemory()
      },
      options: { maxKeys: 5 }
    },
    make: ({ options, stores }: { options: { maxKeys: number }; stores: never }) => Engine.makeState(stores, options),
    accepts: { stores: accepted.allOptional, options: accepted.allOptional },
    whole: ["stores.rateLimits", "stores.breakers", "stores.retryBudgets", "stores.cache"]
  },
  {
    name: "policy/Admission.strategy",
    options: { name: "own", before: "timeout", describe: "my own", make: () => ({ acquire: () => Admission.permit }) },
    make: Admission.strategy,
    accepts: { describe: accepted.anyText }
  },
  {
    name: "policy/Engine.make",
    options: {
      call: { integration: "app", tenant: "acme", endpoint: "read", method: "GET", url: "/" },
      policy: Policy.compile({}),
      state: Engine.makeState(),
      keyOf: key,
      isDeadlineOwn: true,
      isTimeoutOwn: true
    },
    make: Engine.make,
    accepts: {
      "call.integration": accepted.anyText,
      "call.tenant": accepted.anyText,
      "call.endpoint": accepted.anyText,
      "call.method": accepted.text,
      "call.url": accepted.anyText,
      policy: { values: ["an empty record", "a value without a text"], why: "what Policy.compile returns" }
    },
    whole: ["policy", "state"]
  },
  {
    name: "policy/Exchange.excerpt",
    options: { maxBytes: 500, within: 500 },
    isPositional: true,
    make: ({ maxBytes, within }: { maxBytes: number; within: number }) =>
      Exchange.excerpt(HttpClientResponse.fromWeb(HttpClientRequest.get("/"), new Response()), maxBytes, within),
    accepts: { within: accepted.durationInNumbers }
  },
  {
    name: "policy/Retry.whenError",
    options: { type: Error, predicate: () => true },
    isPositional: true,
    make: ({ predicate, type }: { predicate: () => boolean; type: typeof Error }) => Retry.whenError(type, predicate)
  },
  { name: "policy/CallObserver.layer", options: () => {}, make: CallObserver.layer }
]

export const rows: ReadonlyArray<Row> = [...strategies, ...records]
