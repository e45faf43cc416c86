/** A random scenario, as plain data: which slots are on, who calls when, and what the provider does to each attempt. */
import type { Random } from "../randomFrom.ts"

export interface Slots {
  readonly deadline?: number
  readonly timeout?: number
  readonly coalesce?: true
  readonly cache?: { readonly staleIfError: number; readonly defaultTtl: number }
  readonly retry?: { readonly attempts: number; readonly schedule: ScheduleName; readonly maxRetryAfter: number }
  readonly retryBudget?: { readonly ratio: number; readonly minimum: number; readonly capacity: number }
  readonly hedge?: { readonly after: number; readonly maxHedges: number; readonly ratio: number }
  readonly throttle?: { readonly ratio: number; readonly window: number; readonly minimumCalls: number }
  readonly circuitBreaker?: { readonly strategy: BreakerName; readonly openDuration: number; readonly probes: number }
  readonly bulkhead?: { readonly maxInFlight: number; readonly maxWaiting: number; readonly maxWait: number }
  readonly concurrency?: {
    readonly algorithm: "aimd" | "gradient"
    readonly initial: number
    readonly max: number
    readonly maxWaiting: number
    readonly maxWait: number
  }
  readonly rateLimit?: {
    readonly limits: readonly [Limit, ...ReadonlyArray<Limit>]
    readonly maxWait: number
    readonly maxWaiting: number
    readonly learn: ReadonlyArray<"ietf" | "xRateLimit" | "github">
    /** Whether `x-cost` says what a call has cost. */
    readonly isCorrected: boolean
  }
}

export interface Limit {
  readonly limit: number
  readonly window: number
}

export type ScheduleName = "at once" | "spaced" | "exponential" | "full jitter" | "decorrelated jitter" | "once"

export type BreakerName = "consecutive" | "rate of calls" | "rate of time" | "slow" | "any"

export interface Caller {
  readonly startsAt: number
  readonly endpoint: "read" | "write" | "replace"
  readonly raw: boolean
  /** It asks for the same as the others that do, so that they may share an answer. */
  readonly alike: boolean
  readonly interruptedAfter: number | undefined
  readonly deadline: number | undefined
  readonly attempts: number | undefined
  readonly tokens: number | undefined
  readonly priority: number | undefined
  readonly idempotencyKey: string | undefined
}

export type Body = "fits" | "does not fit" | "is no JSON" | "is empty" | "is large" | "is cut" | "stalls"

export type Reply =
  | {
      readonly _tag: "Answer"
      readonly after: number
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Body
    }
  | { readonly _tag: "Broken"; readonly after: number; readonly code: "ECONNREFUSED" | "ECONNRESET" }
  | { readonly _tag: "Never" }

export interface Scenario {
  readonly slots: Slots
  readonly callers: ReadonlyArray<Caller>
  /** The first answers the first attempt that arrives, and so on, over and over. */
  readonly replies: ReadonlyArray<Reply>
  /** Whether the credentials have changed when they are renewed. */
  readonly renewable: boolean
  /** Whether the client has a direct way, on which an attempt needs no fibre. */
  readonly isDirect: boolean
}

export const scenarioFrom = (random: Random): Scenario => {
  const slots = slotsFrom(random)
  return {
    slots,
    callers: list(random, 1 + random(12), () => callerFrom(random)),
    replies: list(random, 1 + random(10), () => replyFrom(random)),
    renewable: chance(random, 0.5),
    isDirect: chance(random, 0.5)
  }
}

const chance = (random: Random, share: number): boolean => random(1_000) < share * 1_000

const pick = <const A>(random: Random, values: readonly [A, ...ReadonlyArray<A>]): A =>
  values[random(values.length)] ?? values[0]

const between = (random: Random, least: number, most: number): number => least + random(most - least + 1)

const list = <A>(random: Random, length: number, make: (random: Random) => A): ReadonlyArray<A> =>
  Array.from({ length }, () => make(random))

const maybe = <A>(random: Random, share: number, make: () => A): A | undefined =>
  chance(random, share) ? make() : undefined

const slotsFrom = (random: Random): Slots => {
  // Some scenarios have nearly everything on, some hardly anything.
  const share = pick(random, [0.2, 0.5, 0.9])
  return without<Slots>({
    deadline: maybe(random, share, () => between(random, 20, 8_000)),
    timeout: maybe(random, share, () => between(random, 5, 2_000)),
    coalesce: maybe(random, share / 3, () => true),
    cache: maybe(random, share / 3, () => ({
      staleIfError: pick(random, [0, 2_000]),
      defaultTtl: pick(random, [0, 300])
    })),
    retry: maybe(random, share, () => ({
      attempts: between(random, 1, 6),
      schedule: pick(random, ["at once", "spaced", "exponential", "full jitter", "decorrelated jitter", "once"]),
      maxRetryAfter: pick(random, [0, 500, 3_000])
    })),
    retryBudget: maybe(random, share / 2, () => ({
      ratio: pick(random, [0.1, 0.5, 1]),
      minimum: pick(random, [0, 1, 3]),
      capacity: between(random, 3, 10)
    })),
    hedge: maybe(random, share / 2, () => ({
      after: between(random, 1, 400),
      maxHedges: between(random, 1, 3),
      ratio: pick(random, [0.1, 1])
    })),
    throttle: maybe(random, share / 3, () => ({
      ratio: pick(random, [1, 2]),
      window: between(random, 500, 3_000),
      minimumCalls: between(random, 1, 5)
    })),
    circuitBreaker: maybe(random, share / 2, () => ({
      strategy: pick(random, ["consecutive", "rate of calls", "rate of time", "slow", "any"]),
      openDuration: between(random, 50, 2_000),
      probes: between(random, 1, 3)
    })),
    bulkhead: maybe(random, share, () => ({
      maxInFlight: between(random, 1, 4),
      maxWaiting: between(random, 0, 6),
      maxWait: between(random, 1, 4_000)
    })),
    concurrency: maybe(random, share / 2, () => ({
      algorithm: pick(random, ["aimd", "gradient"]),
      initial: between(random, 1, 4),
      max: between(random, 4, 6),
      maxWaiting: between(random, 0, 6),
      maxWait: between(random, 1, 4_000)
    })),
    rateLimit: maybe(random, share, () => ({
      limits: pick(random, [
        [limitFrom(random, 2_000)],
        [limitFrom(random, 2_000)],
        [limitFrom(random, 500), limitFrom(random, 3_000)]
      ]),
      maxWait: between(random, 0, 5_000),
      maxWaiting: between(random, 0, 8),
      learn: pick(random, [[], [], ["ietf"], ["xRateLimit"], ["github", "ietf"]]),
      isCorrected: chance(random, 0.3)
    }))
  })
}

const limitFrom = (random: Random, longest: number): Limit => ({
  limit: between(random, 2, 6),
  window: between(random, 10, longest)
})

type WithUndefined<A> = { readonly [K in keyof Required<A>]: Required<A>[K] | undefined }

/** What is undefined is left out. */
const without = <A extends object>(values: WithUndefined<A>): A =>
  // What is left of an optional property is its value.
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as A

const callerFrom = (random: Random): Caller => {
  const alike = chance(random, 0.4)
  return {
    alike,
    startsAt: pick(random, [0, 0, 0, between(random, 0, 100), between(random, 0, 3_000)]),
    endpoint: pick(random, ["read", "read", "write", "replace"]),
    raw: chance(random, 0.15),
    interruptedAfter: maybe(random, 0.3, () => pick(random, [0, between(random, 0, 50), between(random, 0, 3_000)])),
    deadline: maybe(random, 0.2, () => between(random, 1, 4_000)),
    attempts: maybe(random, 0.2, () => between(random, 1, 8)),
    // Whose tokens are used for an answer that is shared is nobody's business.
    tokens: maybe(random, alike ? 0 : 0.2, () => between(random, 1, 3)),
    priority: maybe(random, 0.2, () => between(random, -1, 2)),
    idempotencyKey: maybe(random, 0.3, () => `key-${random(1_000)}`)
  }
}

const replyFrom = (random: Random): Reply => {
  const after = pick(random, [0, 0, between(random, 1, 30), between(random, 1, 1_500)])
  const kind = random(20)
  if (kind < 2) return { _tag: "Never" }
  if (kind < 4) return { _tag: "Broken", after, code: "ECONNREFUSED" }
  if (kind < 6) return { _tag: "Broken", after, code: "ECONNRESET" }
  return {
    _tag: "Answer",
    after,
    status: kind < 11 ? 200 : pick(random, [429, 503, 503, 500, 401, 404, 409, 302, 304, 408, 204]),
    headers: headersFrom(random),
    body: pick(random, [
      "fits",
      "fits",
      "fits",
      "does not fit",
      "is no JSON",
      "is empty",
      "is large",
      "is cut",
      "stalls"
    ])
  }
}

const headersFrom = (random: Random): Readonly<Record<string, string>> =>
  without<Record<string, string>>({
    "retry-after": maybe(random, 0.4, () => pick(random, retryAfters)),
    "retry-after-ms": maybe(random, 0.1, () => pick(random, ["1", "250", "0.5", "-1", "abc", "", "999999999999"])),
    "x-should-retry": maybe(random, 0.1, () => pick(random, ["true", "false", "maybe"])),
    "x-request-id": maybe(random, 0.1, () => pick(random, ["req_1", "", "\u00e9", "x".repeat(400)])),
    "cache-control": maybe(random, 0.4, () =>
      pick(random, [
        "max-age=1",
        "no-store",
        "max-age=0, stale-if-error=5",
        "max-age=abc",
        "private, max-age=9e99",
        ","
      ])
    ),
    etag: maybe(random, 0.2, () => pick(random, ['"v1"', 'W/"v1"', "v1", ""])),
    vary: maybe(random, 0.1, () => pick(random, ["*", "accept", ",,"])),
    "x-cost": maybe(random, 0.5, () => pick(random, costs)),
    "content-length": maybe(random, 0.05, () => pick(random, ["0", "abc", "99999999999"])),
    ratelimit: maybe(random, 0.1, () =>
      pick(random, ['"default";r=0;t=1', "limit=1, remaining=0, reset=1", ";;;", '"'])
    ),
    "x-ratelimit-remaining": maybe(random, 0.1, () => pick(random, ["0", "-1", "NaN", "1"])),
    "x-ratelimit-reset": maybe(random, 0.1, () => pick(random, ["1", "99999999999999", "Infinity", "6m0s"]))
  })

const costs = ["0", "1", "2", "1.5", "3", "-1", "abc", "Infinity", ""] as const

const retryAfters = [
  "0",
  "1",
  "1",
  "2",
  "3",
  "86400",
  "-1",
  "1.5",
  "",
  " ",
  "soon",
  "1, 2",
  "0x10",
  "1e9",
  "NaN",
  "Infinity",
  "99999999999999999999",
  "Thu, 01 Jan 1970 00:00:02 GMT",
  "Thu, 01 Jan 1970 00:00:00 GMT",
  "Fri, 31 Dec 9999 23:59:59 GMT",
  "Wed, 32 Foo 2026 99:99:99 GMT"
] as const
