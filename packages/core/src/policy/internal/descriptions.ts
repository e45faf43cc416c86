/** Each slot of a policy in words, for `Policy.describe`. */
import { Duration } from "effect"
import type { Strategy } from "../Admission.ts"
import type { Recovery, Trip, Window } from "../Breaker.ts"
import type { Concurrency } from "../Concurrency.ts"
import type { Delay } from "../Hedge.ts"
import type { Compiled } from "./compiledPolicy.ts"
import type { Limit } from "../RateLimit.ts"
import { retry as oneRetry } from "../RetryBudget.ts"

const time = (millis: number): string => Duration.format(Duration.millis(millis))

const percent = (ratio: number): string => `${Number((ratio * 100).toFixed(2))} %`

type Descriptions = { readonly [Slot in keyof Compiled]: (value: NonNullable<Compiled[Slot]>) => string }

export const descriptions: Descriptions = {
  deadline: ({ header, millis }) => `${time(millis)} in all${header === undefined ? "" : `, sent in ${header}`}`,
  cache: ({ defaultTtlMillis, maxBytes, maxEntries, staleIfErrorMillis, staleWhileRevalidateMillis }) =>
    `${maxEntries} answers, ${maxBytes} bytes` +
    forTime(defaultTtlMillis, "stored by default") +
    forTime(staleWhileRevalidateMillis, "served stale during a refresh") +
    forTime(staleIfErrorMillis, "served stale during an outage"),
  coalesce: ({ maxKeys }) => `identical calls in flight share one, for ${maxKeys} of them`,
  retry: ({ attempts, idempotencyKeyHeader, maxRetryAfterMillis }) =>
    `at most ${attempts} attempts, Retry-After up to ${time(maxRetryAfterMillis)}` +
    (idempotencyKeyHeader === undefined ? "" : `, with a key in ${idempotencyKeyHeader}`),
  retryBudget: ({ capacity, deposit, perMilli }) =>
    `${percent(deposit / oneRetry)} of the successes and ${(perMilli * 1_000) / oneRetry} a second, ${capacity / oneRetry} saved`,
  hedge: ({ delay, maxHedges, ratio }) =>
    `at most ${maxHedges} more after ${hedgeDelay(delay)}, for ${percent(ratio)} of the calls`,
  throttle: ({ ratio, windowMillis }) => `${ratio} requests for each accepted one of the last ${time(windowMillis)}`,
  circuitBreaker: ({ recovery, trips }) => `opens at ${trips.map(trip).join(", or at ")}, ${recovering(recovery)}`,
  bulkhead: ({ maxInFlight, maxWaitMillis, maxWaiting }) =>
    `${maxInFlight} in flight, ${maxWaiting} waiting up to ${time(maxWaitMillis)}`,
  concurrency: (concurrency) =>
    `${limits(concurrency)}, ${concurrency.algorithm._tag.toLowerCase()}, ` +
    `${concurrency.maxWaiting} waiting up to ${time(concurrency.maxWaitMillis)}`,
  rateLimit: ({ costOf, learn, limits, maxWaitMillis, maxWaiting }) =>
    `${limits.map(rate).join(" and ")}, ${maxWaiting} waiting up to ${time(maxWaitMillis)}` +
    (learn.length === 0 ? "" : ", less when the provider says so") +
    (costOf === undefined ? "" : ", corrected by what an answer has cost"),
  timeout: (millis) => `${time(millis)} an attempt`,
  idleTimeout: (millis) => `${time(millis)} between two chunks of a stream`,
  strategies: (strategies) => strategies.map(named).join(", ")
}

/** Nothing for what is off. */
const forTime = (millis: number, what: string): string => (millis === 0 ? "" : `, ${what} for ${time(millis)}`)

const recovering = ({ openMillis, probes, probesToClose }: Recovery): string => {
  const first = openMillis[0] ?? 0
  const last = openMillis.at(-1) ?? first
  const open = first === last ? time(first) : `${time(first)}, later ${time(last)}`
  return `for ${open}, closes after ${probesToClose} of ${probes} probes`
}

const rate = ({ algorithm, burst, limit, windowMillis }: Limit): string => {
  if (algorithm === "gcra") return `${limit} a ${time(windowMillis)} evenly, ${burst} at once`
  return `${limit} in ${algorithm === "sliding" ? "any" : "each"} ${time(windowMillis)}`
}

const limits = ({ initial, max, min }: Concurrency): string => `${min} to ${max} in flight, at first ${initial}`

const hedgeDelay = (delay: Delay): string =>
  delay._tag === "Fixed" ? time(delay.millis) : `the ${percent(delay.percentile)} percentile`

const trip = (trip: Trip): string => {
  if (trip._tag === "Consecutive") return `${trip.failures} failures in a row`
  if (trip._tag === "Custom") return `what the rule ${trip.name} says`
  const of = `${percent(trip.threshold)} of ${windowOf(trip.window)}, of at least ${trip.minimumCalls}`
  return trip._tag === "FailureRate" ? `failures of ${of}` : `calls over ${time(trip.slowerThanMillis)} of ${of}`
}

const windowOf = (window: Window): string =>
  window._tag === "Calls" ? `the last ${window.size} calls` : `the calls of the last ${time(window.millis)}`

const named = ({ before, describe, name }: Strategy<unknown>): string =>
  `${name} before ${before}${describe === "" ? "" : `: ${describe}`}`
