/** Custom trip rules of circuits that are kept in Redis: each process counts by itself, and a circuit that it opens is open for all. */
import type { Breaker } from "../../Breaker.ts"
import type { AttemptEnd, Outcome } from "../../BreakerStore.ts"
import { BoundedKeys } from "../BoundedKeys.ts"
import { tallyOf } from "./AnyOf.ts"
import type { CustomTrip } from "./Custom.ts"
import type { Tally } from "./Tally.ts"

interface Counted {
  readonly generation: number
  readonly tally: Tally
}

export class CustomTallies {
  readonly #counted: BoundedKeys<{ current: Counted | undefined }>

  constructor(maxKeys: number) {
    this.#counted = new BoundedKeys(maxKeys, () => false)
  }

  /** Counts an attempt under the custom rules of its breaker, and returns whether one of them trips. */
  count(
    key: string,
    breaker: Breaker,
    generation: number,
    attempt: { readonly outcome: Outcome; readonly now: number; readonly end: AttemptEnd }
  ): boolean {
    const [first, ...others] = breaker.trips.filter(isCustom)
    if (first === undefined || attempt.outcome === "ignored") return false
    const trips = [first, ...others] as const
    const entry = this.#counted.getOrMake(`${breaker.strategy} ${key}`, attempt.now, () => ({ current: undefined }))
    if (entry.current?.generation !== generation) entry.current = { generation, tally: tallyOf(trips) }
    return entry.current.tally.count(attempt.outcome === "failure", attempt.end.elapsedMillis, attempt.now)
  }
}

export const isCustom = (trip: Breaker["trips"][number]): trip is CustomTrip => trip._tag === "Custom"
