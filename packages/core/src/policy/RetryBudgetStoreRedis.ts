/**
 * Retry budgets in Redis: the processes of a service share them.
 *
 * **When to use**
 *
 * Where many processes call one provider, and what they add to an outage together is what matters.
 *
 * **Details**
 *
 * A withdrawal is one script and one round trip, by the clock of the server. Deposits are gathered and go with the next
 * withdrawal, or by themselves once a second, so that a success waits for nothing. A key expires a minute after its last
 * use, and starts anew. Works over any client behind Effect's `Redis` service, on a cluster too.
 *
 * Without an answer within `timeout`, or with an error, the store decides by itself for the next second and then asks
 * again: with `onStoreError: "allow"` by a budget of this process, with `"fail"` against every retry. No error of Redis
 * reaches a call, and none is delayed more than once a second.
 *
 * **Gotchas**
 *
 * What was gathered and not yet sent is lost when the process ends, and so is what was under way when Redis failed: the
 * budget errs towards fewer retries.
 *
 * **Example** (Shared by all processes)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { RetryBudgetStoreRedis } from "@causeway/core/policy"
 *
 * // needs Effect's Redis service, such as the one of NodeRedis.layer
 * const budgets = RetryBudgetStoreRedis.layer({ prefix: "payments" })
 * console.assert(Layer.isLayer(budgets))
 * ```
 *
 * @since 0.1.0
 */
import { type Duration, Effect, Layer, type Scope } from "effect"
import * as Redis from "effect/persistence/Redis"
import { BoundedKeys } from "./internal/BoundedKeys.ts"
import { Rest } from "./internal/Rest.ts"
import * as InvalidOption from "./InvalidOption.ts"
import { retry, type RetryBudget } from "./RetryBudget.ts"
import { makeMemory, RetryBudgetStore } from "./RetryBudgetStore.ts"
import * as OptionCheck from "./OptionCheck.ts"

/**
 * Options of {@link make} and {@link layer}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** What the keys in Redis begin with. Default: `causeway`. */
  readonly prefix?: string
  /**
   * Who decides while Redis does not: a budget of this process (`allow`), or nobody, and nothing is retried (`fail`).
   * Default: `allow`.
   */
  readonly onStoreError?: "allow" | "fail"
  /** The longest that a decision waits for Redis. Default: 250 milliseconds. */
  readonly timeout?: Duration.Input
  /** The most keys whose deposits are gathered here. Default: 10,000. */
  readonly maxKeys?: number
}

const checkOptions = OptionCheck.record<Options>({
  prefix: OptionCheck.anyText,
  onStoreError: OptionCheck.oneOf("allow", "fail"),
  timeout: OptionCheck.positiveDuration,
  maxKeys: OptionCheck.integer(1)
})

/**
 * Makes a store in Redis. Its scope is that of the deposits under way.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<RetryBudgetStore["Service"], never, Redis.Redis | Scope.Scope> => {
  checkOptions("retryBudgetStore", options)
  return Effect.map(Effect.all([Redis.Redis, Effect.scope]), ([redis, scope]) => {
    const store = new Store(redis, scope, options)
    return RetryBudgetStore.of({
      deposit: (key, budget, now) => store.deposit(key, budget, now),
      withdraw: (key, budget, now) => store.withdraw(key, budget, now),
      balance: (key, budget, now) => store.balance(key, budget, now),
      lastBalance: (key, budget) => store.lastBalance(key, budget)
    })
  })
}

/**
 * A store in Redis.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<RetryBudgetStore, never, Redis.Redis> =>
  Layer.effect(RetryBudgetStore, make(options))

/** For how long deposits are gathered. */
const gatherMillis = 1_000

const expireMillis = 60_000

/** Deposits that Redis does not know of yet, in millionths of a retry. */
interface Gathered {
  amount: number
  since: number
  /** What Redis has said last. */
  balance: number | undefined
}

type Answer = readonly [allowed: number, balance: number]

class Store {
  readonly #redis: Redis.Redis["Service"]
  readonly #scope: Scope.Scope
  readonly #prefix: string
  readonly #timeoutMillis: number
  readonly #own: RetryBudgetStore["Service"]
  readonly #mayDecideAlone: boolean
  readonly #gathered: BoundedKeys<Gathered>
  readonly #rest = new Rest()

  constructor(redis: Redis.Redis["Service"], scope: Scope.Scope, options: Options) {
    const { maxKeys = 10_000, onStoreError = "allow", prefix = "causeway", timeout = 250 } = options
    this.#redis = redis
    this.#scope = scope
    this.#prefix = prefix
    this.#timeoutMillis = InvalidOption.positiveMillis("retryBudgetStore.timeout", timeout)
    this.#own = makeMemory({ maxKeys })
    this.#mayDecideAlone = onStoreError === "allow"
    this.#gathered = new BoundedKeys(maxKeys, ({ amount }) => amount === 0)
  }

  deposit(key: string, budget: RetryBudget, now: number): Effect.Effect<void> {
    const gathered = this.#gatheredOf(key, now)
    gathered.amount = Math.min(budget.capacity, gathered.amount + budget.deposit)
    const deposited = this.#own.deposit(key, budget, now)
    if (now - gathered.since < gatherMillis || this.#rest.isResting(now)) return deposited
    return Effect.asVoid(Effect.forkIn(this.#ask(key, budget, 0, now), this.#scope, { startImmediately: true }))
  }

  withdraw(key: string, budget: RetryBudget, now: number): Effect.Effect<boolean> {
    return this.#decide(key, budget, retry, now, ([allowed]) => allowed === 1, this.#withdrawAlone(key, budget, now))
  }

  balance(key: string, budget: RetryBudget, now: number): Effect.Effect<number> {
    const alone = Effect.suspend(() => this.#own.balance(key, budget, now))
    return this.#decide(key, budget, 0, now, ([, balance]) => balance / retry, alone)
  }

  lastBalance(key: string, budget: RetryBudget): number | undefined {
    const gathered = this.#gathered.peek(key)
    if (gathered?.balance === undefined) return undefined
    return Math.min(budget.capacity, gathered.balance + gathered.amount) / retry
  }

  #withdrawAlone(key: string, budget: RetryBudget, now: number): Effect.Effect<boolean> {
    return this.#mayDecideAlone ? Effect.suspend(() => this.#own.withdraw(key, budget, now)) : Effect.succeed(false)
  }

  #decide<A>(
    key: string,
    budget: RetryBudget,
    cost: number,
    now: number,
    read: (answer: Answer) => A,
    alone: Effect.Effect<A>
  ): Effect.Effect<A> {
    if (!this.#rest.mayAsk(now)) return alone
    return Effect.flatMap(this.#ask(key, budget, cost, now), (answer) =>
      answer === undefined ? alone : Effect.succeed(read(answer))
    )
  }

  /** Undefined when Redis does not answer. What was gathered goes along. */
  #ask(key: string, budget: RetryBudget, cost: number, now: number): Effect.Effect<Answer | undefined> {
    return this.#redis
      .eval(script)(this.#nameOf(key), budget, this.#takeGathered(key, now), cost)
      .pipe(
        Effect.timeout(this.#timeoutMillis),
        Effect.tap(([, balance]) =>
          Effect.sync(() => {
            this.#rest.answered()
            this.#note(key, balance, now)
          })
        ),
        Effect.catch(() => this.#pause(now))
      )
  }

  #takeGathered(key: string, now: number): number {
    const gathered = this.#gathered.peek(key)
    if (gathered === undefined) return 0
    const { amount } = gathered
    gathered.amount = 0
    gathered.since = now
    return amount
  }

  #note(key: string, balance: number, now: number): void {
    this.#gatheredOf(key, now).balance = balance
  }

  #gatheredOf(key: string, now: number): Gathered {
    return this.#gathered.getOrMake(key, now, () => ({ amount: 0, since: now, balance: undefined }))
  }

  #pause(now: number): Effect.Effect<undefined> {
    this.#rest.failed(now)
    return Effect.logDebug("Redis did not answer for a retry budget").pipe(Effect.as(undefined))
  }

  /** In braces, so that all of a key's parts would be on one node of a cluster. */
  #nameOf(key: string): string {
    return `${this.#prefix}:retry-budget:{${key}}`
  }
}

const script = Redis.script(
  (name: string, budget: RetryBudget, deposit: number, cost: number) => [
    name,
    budget.initial,
    budget.capacity,
    budget.perMilli,
    deposit,
    cost,
    expireMillis
  ],
  {
    numberOfKeys: 1,
    lua: `
local initial, capacity, per_milli = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local deposit, cost, expire = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local known = redis.call("HMGET", KEYS[1], "balance", "at")
local balance = tonumber(known[1]) or initial
local at = tonumber(known[2]) or now
if now > at then
  balance = math.min(capacity, balance + (now - at) * per_milli)
  at = now
end
balance = math.min(capacity, balance + deposit)
local allowed = 0
if balance >= cost then
  allowed = 1
  balance = balance - cost
end
redis.call("HSET", KEYS[1], "balance", string.format("%.0f", balance), "at", string.format("%.0f", at))
redis.call("PEXPIRE", KEYS[1], expire)
return { allowed, balance }
`
  }
).withReturnType<Answer>()
