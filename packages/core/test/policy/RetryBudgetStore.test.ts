import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { RetryBudget, RetryBudgetStore } from "@causeway/core/policy"
import { randomFrom } from "./randomFrom.ts"
import { Account, retryBudgetSuite } from "./retryBudgetSuite.ts"

retryBudgetSuite("a retry budget in memory", RetryBudgetStore.layerMemory())

/** The requests of each second, when every call is retried for as long as it fails and the budget allows. */
const requestsBySecond = (
  budget: RetryBudget.RetryBudget,
  seconds: number,
  callsASecond: number,
  succeeds: (second: number) => boolean
) => {
  const store = RetryBudgetStore.makeMemory()
  return Array.from({ length: seconds }, (_, second) => {
    let requests = 0
    for (let call = 0; call < callsASecond; call += 1) {
      const now = second * 1_000 + Math.floor((call * 1_000) / callsASecond)
      for (let attempt = 1; attempt <= 10; attempt += 1) {
        requests += 1
        if (succeeds(second)) {
          Effect.runSync(store.deposit("key", budget, now))
          break
        }
        if (!Effect.runSync(store.withdraw("key", budget, now))) break
      }
    }
    return requests
  })
}

describe("a retry budget", () => {
  it("adds at most a tenth to 1,000 calls a second when everything fails, in each of 60 seconds", () => {
    const requests = requestsBySecond(RetryBudget.make(), 60, 1_000, () => false)
    assert.isAtMost(Math.max(...requests), 1_100)
    assert.isAtMost(
      requests.reduce((sum, each) => sum + each),
      60 * 1_020
    )
  })

  it("adds at most a tenth also when everything fails after it has saved all it can", () => {
    const requests = requestsBySecond(RetryBudget.make(), 90, 1_000, (second) => second < 30)
    assert.isAtMost(Math.max(...requests), 1_100)
  })

  it("does not hold back what is called rarely", () => {
    const requests = requestsBySecond(RetryBudget.make(), 60, 1, () => false)
    assert.deepStrictEqual(new Set(requests), new Set([10]))
  })

  it("puts in by time, up to its capacity", () => {
    const store = RetryBudgetStore.makeMemory()
    const budget = RetryBudget.make({ minimum: 2, capacity: 5 })
    const balanceAt = (now: number) => Effect.runSync(store.balance("key", budget, now))
    assert.deepStrictEqual([0, 500, 1_000, 2_000, 90_000].map(balanceAt), [2, 3, 4, 5, 5])
  })

  it("is not confused by a clock that goes back", () => {
    const store = RetryBudgetStore.makeMemory()
    const budget = RetryBudget.make({ minimum: 2, capacity: 50 })
    const balanceAt = (now: number) => Effect.runSync(store.balance("key", budget, now))
    assert.deepStrictEqual([10_000, 5_000, 10_000, 11_000].map(balanceAt), [2, 2, 2, 4])
  })

  for (let seed = 1; seed <= 30; seed += 1) {
    it(`never allows more than it saved, time put in and successes paid for, in any span (seed ${seed})`, () => {
      const random = randomFrom(seed)
      const [ratio, minimum, capacity] = [(1 + random(10)) / 10, random(5), 5 + random(20)]
      const budget = RetryBudget.make({ ratio, minimum, capacity })
      const store = RetryBudgetStore.makeMemory()
      const events: Array<{ now: number; retries: number; successes: number }> = []
      for (let now = 0; events.length < 300; now += random(200)) {
        const succeeded = random(2) === 0
        if (succeeded) Effect.runSync(store.deposit("key", budget, now))
        const retried = !succeeded && Effect.runSync(store.withdraw("key", budget, now))
        events.push({ now, retries: Number(retried), successes: Number(succeeded) })
      }
      let most = -Infinity
      for (const [from, first] of events.entries()) {
        let [retries, successes] = [0, 0]
        for (const event of events.slice(from)) {
          retries += event.retries
          successes += event.successes
          const allowed = capacity + (minimum * (event.now - first.now)) / 1_000 + ratio * successes
          most = Math.max(most, retries - allowed)
        }
      }
      assert.isAtMost(most, 1e-6)
    })
  }

  it("is forgotten when there are more keys than the store holds", () => {
    const store = RetryBudgetStore.makeMemory({ maxKeys: 2 })
    const budget = RetryBudget.make({ minimum: 0, ratio: 1 })
    const first = new Account(store)
    Effect.runSync(first.deposit(budget, 3))
    for (const other of [new Account(store), new Account(store)]) Effect.runSync(other.deposit(budget, 1))
    assert.strictEqual(Effect.runSync(first.balance(budget)), 0)
  })
})
