/**
 * What must hold whatever the policy is, whatever the provider does, and whenever callers are interrupted: judged over
 * random scenarios. `CAUSEWAY_SEED=<seed>` plays a single one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { facts } from "./properties/facts.ts"
import { play, type Report } from "./properties/play.ts"
import { scenarioFrom } from "./properties/scenario.ts"
import { smallest } from "./properties/smallest.ts"
import { randomFrom } from "./randomFrom.ts"

const long = process.env["CAUSEWAY_LONG"] === "1"
const single = process.env["CAUSEWAY_SEED"]
const seeds =
  single === undefined ? Array.from({ length: long ? 10_000 : 250 }, (_, index) => index + 1) : [Number(single)]

interface Objection {
  readonly seed: number
  readonly problem: string
}

const judge = (seed: number, report: Report, objections: Map<string, Objection>): void => {
  for (const [name, fact] of Object.entries(facts)) {
    const problem = objections.has(name) ? undefined : fact(report)
    if (problem !== undefined) objections.set(name, { seed, problem })
  }
}

const objections = Effect.runSync(
  Effect.cached(
    Effect.gen(function* () {
      const found = new Map<string, Objection>()
      for (const seed of seeds) judge(seed, yield* play(scenarioFrom(randomFrom(seed))), found)
      return found
    })
  )
)

const describeObjection = (name: string, { problem, seed }: Objection): Effect.Effect<string> =>
  Effect.map(smallest(scenarioFrom(randomFrom(seed)), facts[name] ?? (() => undefined)), (scenario) =>
    [`seed ${seed}: ${problem}`, "the smallest scenario like it:", JSON.stringify(scenario)].join("\n")
  )

describe(`in ${seeds.length} random scenarios`, () => {
  for (const name of Object.keys(facts)) {
    it.live(
      name,
      () =>
        Effect.gen(function* () {
          const objection = (yield* objections).get(name)
          if (objection !== undefined) assert.fail(yield* describeObjection(name, objection))
        }),
      { timeout: long ? 1_800_000 : 120_000 }
    )
  }
})
