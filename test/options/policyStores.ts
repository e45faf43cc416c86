/** The constructors of the policy room: stores, and what reads answers. */
import {
  BreakerStore,
  BreakerStoreRedis,
  CacheStore,
  CacheStoreRedis,
  ErrorCodes,
  RateHeaders,
  RateLimitStore,
  RateLimitStoreRedis,
  RetryBudgetStore,
  RetryBudgetStoreRedis
} from "@causeway/core/policy"
import { Effect } from "effect"
import type * as Redis from "effect/persistence/Redis"
import * as accepted from "./accepted.ts"
import type { Row } from "./walk.ts"

/** No command is sent: it is made of options only. */
const redis = {
  send: () => Effect.die("sent"),
  eval: () => () => Effect.die("sent"),
  subscribe: () => Effect.never
} as unknown as Redis.Redis["Service"]

export const maxKeys = (name: string, make: Row["make"]): Row => ({
  name,
  options: { maxKeys: 5 },
  make,
  accepts: { "": accepted.allOptional }
})

const redisOptions = { prefix: "app", onStoreError: "allow", timeout: 250, maxKeys: 5 }

const redisAccepts = { "": accepted.allOptional, prefix: accepted.anyText, timeout: accepted.durationInNumbers }

const stores: ReadonlyArray<Row> = [
  maxKeys("policy/BreakerStore.makeMemory", BreakerStore.makeMemory),
  maxKeys("policy/BreakerStore.layerMemory", BreakerStore.layerMemory),
  maxKeys("policy/RateLimitStore.makeMemory", RateLimitStore.makeMemory),
  maxKeys("policy/RateLimitStore.layerMemory", RateLimitStore.layerMemory),
  maxKeys("policy/RetryBudgetStore.makeMemory", RetryBudgetStore.makeMemory),
  maxKeys("policy/RetryBudgetStore.layerMemory", RetryBudgetStore.layerMemory),
  ...[CacheStore.makeMemory, CacheStore.layerMemory].map((make) => ({
    name: `policy/CacheStore.${make.name}`,
    options: { maxBytes: 500, maxEntries: 5, maxVariants: 5 },
    make: make as Row["make"],
    accepts: { "": accepted.allOptional }
  })),
  {
    name: "policy/CacheStore.layerKeyValueStore",
    options: { prefix: "app", maxKeys: 5, maxVariants: 5, onStoreError: "fail" },
    make: CacheStore.layerKeyValueStore,
    accepts: { "": accepted.allOptional, prefix: accepted.anyText }
  },
  ...[CacheStoreRedis.layer, (options: CacheStoreRedis.Options) => CacheStoreRedis.make(redis, options)].map(
    (make, index) => ({
      name: `policy/CacheStoreRedis.${index === 0 ? "layer" : "make"}`,
      options: { prefix: "app", maxVariants: 5, timeout: 250, onStoreError: "fail" },
      make,
      accepts: redisAccepts
    })
  ),
  {
    name: "policy/BreakerStoreRedis.make",
    options: redisOptions,
    make: (options: BreakerStoreRedis.Options) => BreakerStoreRedis.make(redis, options),
    accepts: redisAccepts
  },
  {
    name: "policy/BreakerStoreRedis.layer",
    options: redisOptions,
    make: BreakerStoreRedis.layer,
    accepts: redisAccepts
  },
  ...[RateLimitStoreRedis.make, RateLimitStoreRedis.layer].map((make) => ({
    name: `policy/RateLimitStoreRedis.${make.name}`,
    options: redisOptions,
    make,
    accepts: redisAccepts
  })),
  ...[RetryBudgetStoreRedis.make, RetryBudgetStoreRedis.layer].map((make) => ({
    name: `policy/RetryBudgetStoreRedis.${make.name}`,
    options: redisOptions,
    make,
    accepts: redisAccepts
  }))
]

const quota = {
  scope: "calls",
  scopeHeader: "x-scope",
  limit: "x-limit",
  remaining: "x-remaining",
  usage: "x-usage",
  reset: "x-reset",
  resetUnit: "epochSeconds",
  windowHeader: "x-window",
  windowMillis: 500,
  drainMillis: 500,
  counts: "calls"
}

const rule = {
  statuses: [403],
  at: ["error.code"],
  header: "x-error",
  codes: ["quota", 5],
  phrases: ["too many"],
  category: "throttled",
  waitAt: ["error.wait"],
  waitUnit: "seconds",
  defaultWait: "1 second"
}

const acceptedOfRule = (prefix: string): Row["accepts"] => ({
  [`${prefix}.statuses`]: accepted.anyList,
  [`${prefix}.at`]: accepted.anyList,
  [`${prefix}.at.0`]: accepted.text,
  [`${prefix}.codes`]: accepted.anyList,
  [`${prefix}.codes.0`]: { values: ["-1", "7", "a text"], why: "a code is any text or number" },
  [`${prefix}.codes.1`]: { values: ["-1", "a text"], why: "a code is any text or number" },
  [`${prefix}.phrases`]: accepted.anyList,
  [`${prefix}.phrases.0`]: accepted.text,
  [`${prefix}.waitAt`]: accepted.anyList,
  [`${prefix}.waitAt.0`]: accepted.text,
  [`${prefix}.defaultWait`]: accepted.duration
})

const readers: ReadonlyArray<Row> = [
  ...[RateHeaders.fromInput, RateHeaders.classify].map((make) => ({
    name: `policy/RateHeaders.${make.name}`,
    options: { quotas: [quota], structured: true, throttlesWith: [429], rules: [rule] },
    make: make as Row["make"],
    accepts: {
      "": accepted.anyList,
      quotas: accepted.anyList,
      "quotas.0": accepted.allOptional,
      "quotas.0.scope": accepted.text,
      throttlesWith: accepted.anyList,
      rules: accepted.anyList,
      ...acceptedOfRule("rules.0")
    }
  })),
  {
    name: "policy/ErrorCodes.classify",
    isPositional: true,
    options: { errorCodes: ["github", [rule]], otherwise: () => ({ category: "success", retryAfter: undefined }) },
    make: ({ errorCodes, otherwise }: { errorCodes: ErrorCodes.Input; otherwise: never }) =>
      ErrorCodes.classify(errorCodes, otherwise),
    accepts: {
      errorCodes: accepted.anyList,
      "errorCodes.0": accepted.anyList,
      "errorCodes.1": accepted.anyList,
      ...acceptedOfRule("errorCodes.1.0")
    }
  }
]

export const rows: ReadonlyArray<Row> = [...stores, ...readers]
