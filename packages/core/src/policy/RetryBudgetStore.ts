/**
 * Where retry budgets keep their state: in memory by default, elsewhere by swapping this Layer.
 *
 * **When to use**
 *
 * Provide one to share budgets between the Layers of one integration, or `RetryBudgetStoreRedis` to share them between
 * processes. Keys begin with the integration's id.
 *
 * **Details**
 *
 * A store answers with a plain success where it can, so that the engine needs no step of the runtime for it. Time, when it
 * goes backwards, puts nothing in and takes nothing out.
 *
 * **Gotchas**
 *
 * The memory store holds at most 10,000 keys; the least recently used one is forgotten, and starts anew.
 *
 * **Example** (What a new budget holds)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { RetryBudget, RetryBudgetStore } from "@causeway/core/policy"
 *
 * const store = RetryBudgetStore.makeMemory()
 * const budget = RetryBudget.make({ minimum: 10 })
 *
 * console.assert(Effect.runSync(store.balance("key", budget, 0)) === 10)
 * ```
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { BoundedKeys } from "./internal/BoundedKeys.ts"
import { retry, type RetryBudget } from "./RetryBudget.ts"
import * as OptionCheck from "./OptionCheck.ts"

/**
 * Keeps the balance of retry budgets by key. `now` is the epoch's milliseconds.
 *
 * @since 0.1.0
 * @category services
 */
export class RetryBudgetStore extends Context.Service<
  RetryBudgetStore,
  {
    /** Puts in what a success pays for. */
    readonly deposit: (key: string, budget: RetryBudget, now: number) => Effect.Effect<void>
    /** Takes a retry out; false when there is none. */
    readonly withdraw: (key: string, budget: RetryBudget, now: number) => Effect.Effect<boolean>
    /** How many retries there are now, parts of one included. */
    readonly balance: (key: string, budget: RetryBudget, now: number) => Effect.Effect<number>
    /** The same as far as it is known without asking anyone; undefined when it is not. For metrics. */
    readonly lastBalance: (key: string, budget: RetryBudget, now: number) => number | undefined
  }
>()("causeway/policy/RetryBudgetStore") {}

interface Account {
  /** In millionths of a retry. */
  balance: number
  at: number
}

/** What time has put in since `at`. */
const accrue = (account: Account, budget: RetryBudget, now: number): void => {
  if (now <= account.at) return
  account.balance = Math.min(budget.capacity, account.balance + (now - account.at) * budget.perMilli)
  account.at = now
}

const depositIn = (account: Account, budget: RetryBudget): void => {
  account.balance = Math.min(budget.capacity, account.balance + budget.deposit)
}

const withdrawFrom = (account: Account): boolean => {
  if (account.balance < retry) return false
  account.balance -= retry
  return true
}

const yes = Effect.succeed(true)

const no = Effect.succeed(false)

const idleAfterMillis = 60_000

const checkMemory = OptionCheck.record<{ readonly maxKeys?: number }>({ maxKeys: OptionCheck.integer(1) })

/**
 * Makes a store in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (options: { readonly maxKeys?: number } = {}): RetryBudgetStore["Service"] => {
  checkMemory("retryBudgetStore", options)
  const accounts = new BoundedKeys<Account>(
    options.maxKeys ?? 10_000,
    (account, now) => now - account.at > idleAfterMillis
  )
  const accountAt = (key: string, budget: RetryBudget, now: number): Account => {
    const account = accounts.getOrMake(key, now, () => ({ balance: budget.initial, at: now }))
    accrue(account, budget, now)
    return account
  }
  const balanceAt = (key: string, budget: RetryBudget, now: number) => accountAt(key, budget, now).balance / retry
  return {
    deposit: (key, budget, now) => {
      depositIn(accountAt(key, budget, now), budget)
      return Effect.void
    },
    withdraw: (key, budget, now) => (withdrawFrom(accountAt(key, budget, now)) ? yes : no),
    balance: (key, budget, now) => Effect.succeed(balanceAt(key, budget, now)),
    lastBalance: balanceAt
  }
}

/**
 * A store in memory. `maxKeys` defaults to 10,000.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options: { readonly maxKeys?: number } = {}): Layer.Layer<RetryBudgetStore> => {
  checkMemory("retryBudgetStore", options)
  return Layer.sync(RetryBudgetStore, () => RetryBudgetStore.of(makeMemory(options)))
}
