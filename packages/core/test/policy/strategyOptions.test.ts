import { assert, describe, it } from "@effect/vitest"
import {
  Bulkhead,
  Concurrency,
  Deadline,
  Hedge,
  InvalidOption,
  Retry,
  RetryBudget,
  RetryBudgetStore,
  Throttle
} from "@causeway/core/policy"

const thrownBy = (make: () => unknown): InvalidOption.InvalidOption => {
  try {
    make()
  } catch (error) {
    if (error instanceof InvalidOption.InvalidOption) return error
    throw error
  }
  throw new Error("nothing was thrown")
}

const duration = 'a finite duration such as "2 seconds", or a number of milliseconds'

describe("an option that makes no sense fails where the value is made, and says what it accepts", () => {
  const cases: ReadonlyArray<readonly [make: () => unknown, message: string]> = [
    [
      () => Deadline.make({ after: "1 second", header: "x deadline" }),
      'deadline.header is "x deadline", but must be a name of visible ASCII without separators'
    ],
    [
      () => Retry.make({ idempotencyKeyHeader: "key:" }),
      'retry.idempotencyKeyHeader is "key:", but must be a name of visible ASCII without separators'
    ],
    [() => Bulkhead.make({ maxInFlight: 0 }), "bulkhead.maxInFlight is 0, but must be a whole number of at least 1"],
    [
      () => Bulkhead.make({ maxInFlight: 1, maxWaiting: -1 }),
      "bulkhead.maxWaiting is -1, but must be a whole number of at least 0"
    ],
    [() => Bulkhead.make({ maxInFlight: 1, maxWait: -1 }), `bulkhead.maxWait is -1, but must be ${duration}`],
    [() => Concurrency.aimd({ min: 0 }), "concurrency.min is 0, but must be a whole number of at least 1"],
    [() => Concurrency.aimd({ min: 10, max: 9 }), "concurrency.max is 9, but must be a whole number of at least 10"],
    [
      () => Concurrency.gradient({ initial: 1, min: 2 }),
      "concurrency.initial is 1, but must be a whole number of at least 2"
    ],
    [() => Concurrency.gradient({ initial: 30, max: 20 }), "concurrency.initial is 30, but must be between 1 and 20"],
    [() => Concurrency.aimd({ backoff: 1 }), "concurrency.backoff is 1, but must be a ratio above 0 and below 1"],
    [() => Concurrency.aimd({ increase: 0 }), "concurrency.increase is 0, but must be a finite number above 0"],
    [() => Concurrency.aimd({ slow: 0 }), "concurrency.slow is 0, but must be a duration above zero"],
    [
      () => Concurrency.gradient({ tolerance: 0.9 }),
      "concurrency.tolerance is 0.9, but must be a number of at least 1"
    ],
    [
      () => Concurrency.gradient({ smoothing: Number.NaN }),
      "concurrency.smoothing is NaN, but must be a ratio above 0 and at most 1"
    ],
    [() => Throttle.make({ ratio: 0.5 }), "throttle.ratio is 0.5, but must be a number of at least 1"],
    [() => Throttle.make({ window: 0 }), "throttle.window is 0, but must be a duration above zero"],
    [() => Throttle.make({ maxRejection: 0 }), "throttle.maxRejection is 0, but must be a ratio above 0 and at most 1"],
    [() => RetryBudget.make({ ratio: 2 }), "retryBudget.ratio is 2, but must be a ratio above 0 and at most 1"],
    [() => RetryBudget.make({ minimum: -1 }), "retryBudget.minimum is -1, but must be a number from 0 to 1000000"],
    [
      () => RetryBudget.make({ minimum: 20, capacity: 10 }),
      "retryBudget.capacity is 10, but must be a number from 20 to 1000000"
    ],
    [
      () => RetryBudget.make({ minimum: 0, capacity: 0.5 }),
      "retryBudget.capacity is 0.5, but must be a number from 1 to 1000000"
    ],
    [
      () => RetryBudgetStore.makeMemory({ maxKeys: 0 }),
      "retryBudgetStore.maxKeys is 0, but must be a whole number of at least 1"
    ],
    [() => Hedge.after(0), "hedge.after is 0, but must be a duration above zero"],
    [() => Hedge.after(1, { maxHedges: 0 }), "hedge.maxHedges is 0, but must be a whole number of at least 1"],
    [() => Hedge.after(1, { ratio: 0 }), "hedge.ratio is 0, but must be a ratio above 0 and at most 1"],
    [() => Hedge.percentile({ percentile: 95 }), "hedge.percentile is 95, but must be a ratio above 0 and at most 1"],
    [
      () => Hedge.percentile({ minimumSamples: 5_000 }),
      "hedge.minimumSamples is 5000, but must be a whole number from 1 to 1000"
    ]
  ]
  for (const [make, message] of cases) it(message, () => assert.strictEqual(thrownBy(make).message, message))
})

describe("defaults", () => {
  it("of an adaptive limit give way to the bounds that are set", () => {
    const initialOf = (bounds: Concurrency.GradientOptions) => Concurrency.gradient(bounds).initial
    assert.deepStrictEqual([{}, { max: 5 }, { min: 50 }, { min: 500 }].map(initialOf), [20, 5, 50, 500])
  })

  it("of a retry budget hold what its minimum needs", () =>
    assert.strictEqual(RetryBudget.make({ minimum: 100 }).capacity, 100_000_000))
})

describe("what a strategy was made of", () => {
  it("is taken as options or as it is", () => {
    const bulkhead = Bulkhead.make({ maxInFlight: 3 })
    assert.strictEqual(Bulkhead.fromInput(bulkhead), bulkhead)
    assert.deepStrictEqual(Bulkhead.fromInput({ maxInFlight: 3 }), bulkhead)
    const throttle = Throttle.make()
    assert.strictEqual(Throttle.fromInput(throttle), throttle)
    assert.deepStrictEqual(Throttle.fromInput({}), throttle)
    const budget = RetryBudget.make()
    assert.strictEqual(RetryBudget.fromInput(budget), budget)
    assert.deepStrictEqual(RetryBudget.fromInput({}), budget)
  })
})
