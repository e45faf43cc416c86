import { InvalidOption } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Duration } from "effect"

describe("a duration", () => {
  const finite: ReadonlyArray<readonly [Duration.Input, number]> = [
    [0, 0],
    [5, 5],
    [0.5, 0.5],
    [5_000_000n, 5],
    ["2 seconds", 2000],
    [[1, 500_000_000], 1500],
    [{ seconds: 2, milliseconds: 5 }, 2005],
    [Duration.minutes(1), 60_000]
  ]
  it.each(finite)("may be %s", (value, millis) => assert.strictEqual(InvalidOption.finiteMillis("wait", value), millis))

  it.each([
    Number.NaN,
    Infinity,
    -1,
    {},
    { sec: 1 },
    { seconds: Number.NaN },
    { seconds: "1" },
    [],
    [1],
    [1, Number.NaN],
    "soon",
    "",
    null,
    undefined,
    true,
    Symbol("a"),
    new Date(0),
    () => 1
  ])("may not be %s", (value) =>
    // What the types forbid reaches programs that are not checked.
    assert.throws(
      () => InvalidOption.finiteMillis("wait", value as Duration.Input),
      /^wait is .*, but must be a finite/
    )
  )
})
