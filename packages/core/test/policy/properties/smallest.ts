/** Takes away from a scenario what a problem does not need, so that a person can read what is left. */
import { Effect } from "effect"
import type { Fact } from "./facts.ts"
import { play } from "./play.ts"
import type { Scenario } from "./scenario.ts"

const mostTries = 200

export const smallest = (scenario: Scenario, fact: Fact): Effect.Effect<Scenario> =>
  Effect.gen(function* () {
    let found = scenario
    for (let tries = 0, next = 0; tries < mostTries; tries += 1) {
      const candidate = smaller(found)[next]
      if (candidate === undefined) return found
      const speaksAgainst = fact(yield* play(candidate)) !== undefined
      if (speaksAgainst) found = candidate
      next = speaksAgainst ? 0 : next + 1
    }
    return found
  })

const without = <A>(values: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  values.length === 1 ? [] : values.map((_, index) => values.toSpliced(index, 1))

const smaller = (scenario: Scenario): ReadonlyArray<Scenario> => [
  ...without(scenario.callers).map((callers) => ({ ...scenario, callers })),
  ...Object.keys(scenario.slots).map((slot) => ({
    ...scenario,
    slots: Object.fromEntries(Object.entries(scenario.slots).filter(([name]) => name !== slot))
  })),
  ...without(scenario.replies).map((replies) => ({ ...scenario, replies }))
]
