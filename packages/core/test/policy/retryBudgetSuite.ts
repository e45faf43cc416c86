import { assert, layer as layered } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { RetryBudget, RetryBudgetStore } from "@causeway/core/policy"

let keys = 0

/** What every store of retry budgets does. */
export const retryBudgetSuite = <E>(name: string, layer: Layer.Layer<RetryBudgetStore.RetryBudgetStore, E>): void => {
  layered(layer)(name, (it) => {
    const test = (name: string, body: (account: Account) => Effect.Effect<void>) =>
      it.effect(name, () => Effect.flatMap(RetryBudgetStore.RetryBudgetStore, (store) => body(new Account(store))))

    test("a new budget holds what a second puts in", (account) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* account.balance(RetryBudget.make({ minimum: 4, capacity: 4 })), 4)
        assert.strictEqual(yield* new Account(account.store).balance(RetryBudget.make({ minimum: 0 })), 0)
      }))

    test("each retry takes one out, and an empty budget allows none", (account) =>
      Effect.gen(function* () {
        const budget = RetryBudget.make({ minimum: 0, ratio: 1 })
        yield* account.deposit(budget, 2)
        assert.deepStrictEqual([yield* account.withdraw(budget), yield* account.withdraw(budget)], [true, true])
        assert.isFalse(yield* account.withdraw(budget))
      }))

    test("ten successes pay for one retry at a ratio of 0.1", (account) =>
      Effect.gen(function* () {
        const budget = RetryBudget.make({ minimum: 0, ratio: 0.1 })
        yield* account.deposit(budget, 9)
        assert.isFalse(yield* account.withdraw(budget))
        yield* account.deposit(budget, 1)
        assert.isTrue(yield* account.withdraw(budget))
      }))

    test("no more than the capacity is saved up", (account) =>
      Effect.gen(function* () {
        const budget = RetryBudget.make({ minimum: 0, ratio: 1, capacity: 3 })
        yield* account.deposit(budget, 100)
        assert.strictEqual(yield* account.balance(budget), 3)
        assert.strictEqual(yield* account.spendAll(budget), 3)
      }))

    test("keys have budgets of their own", (account) =>
      Effect.gen(function* () {
        const budget = RetryBudget.make({ minimum: 0, ratio: 1 })
        yield* account.deposit(budget, 1)
        const other = new Account(account.store)
        assert.isFalse(yield* other.withdraw(budget))
        assert.isTrue(yield* account.withdraw(budget))
      }))

    test("after a decision the balance is known without asking", (account) =>
      Effect.gen(function* () {
        const budget = RetryBudget.make({ minimum: 0, ratio: 0.5 })
        yield* account.deposit(budget, 3)
        yield* account.withdraw(budget)
        assert.strictEqual(account.lastBalance(budget), 0.5)
        yield* account.deposit(budget, 1)
        assert.strictEqual(account.lastBalance(budget), 1)
      }))

    test("reading the balance changes nothing", (account) =>
      Effect.gen(function* () {
        const budget = RetryBudget.make({ minimum: 0, ratio: 0.5 })
        yield* account.deposit(budget, 3)
        assert.deepStrictEqual([yield* account.balance(budget), yield* account.balance(budget)], [1.5, 1.5])
      }))
  })
}

/** One key of a store, at one time. */
export class Account {
  readonly store: RetryBudgetStore.RetryBudgetStore["Service"]
  readonly #key = `key ${(keys += 1)}`
  readonly #now: number

  constructor(store: RetryBudgetStore.RetryBudgetStore["Service"], now = 0) {
    this.store = store
    this.#now = now
  }

  deposit(budget: RetryBudget.RetryBudget, times: number): Effect.Effect<void> {
    return Effect.forEach(Array.from({ length: times }), () => this.store.deposit(this.#key, budget, this.#now), {
      discard: true
    })
  }

  withdraw(budget: RetryBudget.RetryBudget): Effect.Effect<boolean> {
    return this.store.withdraw(this.#key, budget, this.#now)
  }

  balance(budget: RetryBudget.RetryBudget): Effect.Effect<number> {
    return this.store.balance(this.#key, budget, this.#now)
  }

  lastBalance(budget: RetryBudget.RetryBudget): number | undefined {
    return this.store.lastBalance(this.#key, budget, this.#now)
  }

  /** How many retries there were, up to a hundred. */
  spendAll(budget: RetryBudget.RetryBudget): Effect.Effect<number> {
    return Effect.map(
      Effect.forEach(Array.from({ length: 100 }), () => this.withdraw(budget)),
      (allowed) => allowed.filter(Boolean).length
    )
  }
}
