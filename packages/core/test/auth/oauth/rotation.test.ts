/**
 * The refresh token that follows another one is never lost: whatever is odd about the answer that brings it, however late it
 * is, and whenever a process dies. `CAUSEWAY_SEED=<seed>` plays a single scenario.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { type Random, randomFrom } from "../../policy/randomFrom.ts"
import { play, type Report, type Step } from "./rotation/play.ts"
import { type Arrival, idTokens, type Odd, plain, type Turn } from "./rotation/server.ts"

const long = process.env["CAUSEWAY_LONG"] === "1"
const single = process.env["CAUSEWAY_SEED"]
const count = long ? 10_000 : 200
const seeds = single === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(single)]

const oddities: Readonly<Record<string, ReadonlyArray<unknown>>> = {
  expires_in: ["3600", null, -5, {}, [3600], "soon", undefined, 1e300],
  scope: [["a", "b"], null, 7, {}, ""],
  token_type: [undefined, "", null, 5, ["Bearer"]],
  id_token: ["", null, 5, undefined, "no.jwt", ...Object.values(idTokens)],
  access_token: [undefined, "", 7, null],
  authed_user: [{ refresh_token: "another" }, [], null],
  error: ["", null, { code: 1 }]
}

const arrivals: ReadonlyArray<Arrival> = [
  ...Array.from({ length: 8 }, () => "whole" as const),
  "cut",
  "no response",
  "no JSON",
  "untyped",
  "created",
  "late",
  "too late",
  "503"
]

const oneOf = <A>(random: Random, all: ReadonlyArray<A>): A => all[random(all.length)] as A

const turnFrom = (random: Random): Turn => {
  const names = Array.from({ length: random(4) }, () => oneOf(random, Object.keys(oddities)))
  const odd: Odd = Object.fromEntries(names.map((name) => [name, oneOf(random, oddities[name] ?? [])]))
  return { odd, arrival: oneOf(random, arrivals), hasKeys: random(4) > 0 }
}

const stepFrom = (random: Random): Step => ({
  turn: turnFrom(random),
  dies: random(4) > 0 ? undefined : oneOf(random, ["sending", "answered", "storing", "stored"] as const),
  isInterrupted: random(4) === 0
})

const scenarioFrom = (random: Random): ReadonlyArray<Step> =>
  Array.from({ length: 1 + random(4) }, () => stepFrom(random))

const isKept = ({ isTold, newest, stored }: Report): boolean => isTold || stored === newest

describe(`in ${seeds.length} random schedules`, () => {
  it.effect(
    "the newest refresh token is in the store at the end, or the person was told to come back",
    () =>
      Effect.gen(function* () {
        for (const seed of seeds) {
          const steps = scenarioFrom(randomFrom(seed))
          const report = yield* play(steps)
          assert.isTrue(isKept(report), `seed ${seed}: ${JSON.stringify({ report, steps }, null, 1)}`)
          const misused = report.given.filter((token) => report.untrusted.has(token))
          assert.deepStrictEqual(misused, [], `seed ${seed}: ${JSON.stringify({ report, steps }, null, 1)}`)
        }
      }),
    { timeout: long ? 1_800_000 : 120_000 }
  )
})

const step = (turn: Partial<Turn>, more: Partial<Step> = {}): Step => ({
  turn: { ...plain, ...turn },
  dies: undefined,
  isInterrupted: false,
  ...more
})

describe("a renewal", () => {
  const survives = (what: string, steps: ReadonlyArray<Step>, given?: ReadonlyArray<string>) =>
    it.effect(what, () =>
      Effect.gen(function* () {
        const report = yield* play(steps)
        assert.deepInclude(report, { stored: report.newest, isTold: false })
        if (given !== undefined) assert.deepStrictEqual(report.given.slice(0, given.length), given)
      })
    )

  for (const [name, values] of Object.entries(oddities)) {
    if (name === "access_token") continue
    for (const value of values.filter((value) => typeof value !== "string" || value.length < 10)) {
      survives(`keeps the session when ${name} is ${JSON.stringify(value)}`, [step({ odd: { [name]: value } })])
    }
  }

  survives(
    "gives the access token although members beside it are odd",
    [step({ odd: { expires_in: "3600", scope: ["a"], token_type: undefined, id_token: "" } })],
    ["access-1"]
  )

  survives(
    "keeps the refresh token of an answer without an access token",
    [step({ odd: { access_token: undefined } })],
    ["access-2"]
  )

  survives(
    "keeps the session when the key of its ID token is not published yet",
    [step({ odd: { id_token: idTokens.unknownKey } })],
    ["access-1"]
  )

  survives("keeps the session while keys can't be fetched", [step({ hasKeys: false })], ["access-1"])

  survives(
    "keeps the session, and uses nothing, when another person's ID token comes",
    [step({ odd: { id_token: idTokens.otherPerson } })],
    ["access-2"]
  )

  survives(
    "still knows whose session it is after an answer without an ID token",
    [step({ odd: { id_token: undefined } }), step({ odd: { id_token: idTokens.otherPerson } })],
    ["access-1", "access-3"]
  )

  survives("waits for an answer that takes 45 seconds", [step({ arrival: "late" })], ["access-1"])

  survives("is not cut when its caller gives up", [step({ arrival: "late" }, { isInterrupted: true })])

  survives("keeps what an answer of another status or type brings", [
    step({ arrival: "created" }),
    step({ arrival: "untyped" })
  ])

  survives("is made again when the server has not heard it", [step({ arrival: "503" })])

  survives("goes on after a process died as it had stored", [step({}, { dies: "stored" })])

  for (const arrival of ["cut", "no response", "too late", "no JSON"] as const) {
    it.effect(`tells the person to come back when the answer is lost: ${arrival}`, () =>
      Effect.map(play([step({ arrival })]), ({ isTold }) => assert.isTrue(isTold))
    )
  }
})
