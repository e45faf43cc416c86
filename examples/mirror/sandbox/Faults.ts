/**
 * What goes wrong, and when: a script drawn from a seed, so that a bad run can be had again.
 *
 * An outage and a rate limit last for a time and meet every request in it; each other fault meets one request. The
 * n-th request outside of those times always has the same fate.
 */
import type { Draw } from "./Seed.ts"
import { between, shuffled } from "./Seed.ts"

export type Fault = "unavailable" | "reset" | "slow" | "truncated" | "primaryLimit" | "secondaryLimit" | "outage"

/** What is done to one request. */
export type Fate =
  | { readonly _tag: "Answered" }
  | { readonly _tag: "Unavailable" }
  | { readonly _tag: "Reset" }
  | { readonly _tag: "Slow" }
  | { readonly _tag: "Truncated" }
  /** `until` is in milliseconds since 1970. */
  | { readonly _tag: "PrimaryLimit"; readonly until: number }
  | { readonly _tag: "SecondaryLimit"; readonly until: number }

/** A script is asked for the fate of each request in turn. */
export interface Script {
  readonly next: (now: number) => Fate
  /** How often each fault has begun. */
  readonly begun: Readonly<Record<Fault, number>>
  /** How many faults are still to come. */
  readonly left: () => number
}

/** How long an outage lasts, in milliseconds. */
export const outageMillis = 2_000

/** How long a rate limit lasts at least, in milliseconds: GitHub tells its end in whole seconds. */
export const limitMillis = 500

/** How long a slow answer takes, in milliseconds: longer than a client should wait for one attempt. */
export const slowMillis = 3_000

const doses: ReadonlyArray<readonly [fault: Fault, times: number]> = [
  ["unavailable", 5],
  ["reset", 3],
  ["slow", 2],
  ["truncated", 2],
  ["primaryLimit", 1],
  ["secondaryLimit", 1],
  ["outage", 1]
]

/** A script without a fault. */
export const none = (): Script => ({ next: () => answered, begun: nothingBegun(), left: () => 0 })

/** The script that a seed draws. */
export const draw = (chance: Draw): Script => {
  const planned = plan(chance)
  const begun = nothingBegun()
  let lasting: Lasting = over
  let requests = 0
  const next = (now: number): Fate => {
    if (now < lasting.until) return lasting.fate()
    const fault = planned.get(++requests)
    if (fault === undefined) return answered
    planned.delete(requests)
    begun[fault] += 1
    lasting = lastingFor(fault, now)
    return lasting.fate()
  }
  return { next, begun, left: () => planned.size }
}

const answered: Fate = { _tag: "Answered" }

const nothingBegun = (): Record<Fault, number> => ({
  unavailable: 0,
  reset: 0,
  slow: 0,
  truncated: 0,
  primaryLimit: 0,
  secondaryLimit: 0,
  outage: 0
})

/** Which request meets which fault: a few requests apart, so that the good ones are not forgotten. */
const plan = (chance: Draw): Map<number, Fault> => {
  const faults = doses.flatMap(([fault, times]) => Array.from({ length: times }, () => fault))
  let request = 1
  return new Map(shuffled(chance, faults).map((fault) => [(request += between(chance, 2, 5)), fault]))
}

/** What a fault does from its first request until its end; `until` 0 is a fault of a single request. */
interface Lasting {
  readonly until: number
  readonly fate: () => Fate
}

const over: Lasting = { until: 0, fate: () => answered }

const once = (fate: Fate): Lasting => ({ until: 0, fate: () => fate })

const lastingFor = (fault: Fault, now: number): Lasting => {
  switch (fault) {
    case "unavailable":
      return once({ _tag: "Unavailable" })
    case "reset":
      return once({ _tag: "Reset" })
    case "slow":
      return once({ _tag: "Slow" })
    case "truncated":
      return once({ _tag: "Truncated" })
    case "primaryLimit":
      return limit("PrimaryLimit", now)
    case "secondaryLimit":
      return limit("SecondaryLimit", now)
    case "outage":
      return outage(now + outageMillis)
  }
}

const limit = (_tag: "PrimaryLimit" | "SecondaryLimit", now: number): Lasting => {
  const until = Math.ceil((now + limitMillis) / 1_000) * 1_000
  return { until, fate: () => ({ _tag, until }) }
}

/** An outage shows itself both ways in turn. */
const outage = (until: number): Lasting => {
  let requests = 0
  return { until, fate: () => (++requests % 2 === 1 ? { _tag: "Unavailable" } : { _tag: "Reset" }) }
}
