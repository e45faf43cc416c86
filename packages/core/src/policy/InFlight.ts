/**
 * What is in flight, and who waits: the state behind a bulkhead or an adaptive concurrency limit.
 *
 * **When to use**
 *
 * The engine makes one for each slot. Use it directly to hold something else than a call to a limit, fairly.
 *
 * **Details**
 *
 * `enter` decides at once: in, or to wait, or refused. Who is in must `leave`, once; leaving lets the next one in, in its
 * turn. A wait is bounded by `maxWait` and by the bound that `enter` is given; one that is interrupted leaves the queue,
 * or gives back the place that it had just been given.
 *
 * **Gotchas**
 *
 * Nothing is held for a `Queued` until its `wait` runs, and the place that `wait` succeeds with must be left: run both in
 * an uninterruptible region with `wait` made interruptible, as `Effect.acquireUseRelease` does with
 * `Effect.interruptible(wait)`.
 *
 * **Example** (One at a time)
 *
 * ```ts
 * import { Bulkhead, InFlight } from "@causeway/core/policy"
 *
 * const inFlight = InFlight.make(Bulkhead.make({ maxInFlight: 1 }))
 *
 * const first = inFlight.enter("key", 0)
 * console.assert(inFlight.enter("key", 0)._tag === "Full")
 * if (first._tag === "Entered") first.leave("success", 2, 2)
 * console.assert(inFlight.enter("key", 0)._tag === "Entered")
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Exit, type Fiber } from "effect"
import type { Bulkhead } from "./Bulkhead.ts"
import type { Concurrency } from "./Concurrency.ts"
import { AimdLimit } from "./internal/inFlight/AimdLimit.ts"
import { FairQueue, type Place } from "./internal/inFlight/FairQueue.ts"
import { GradientLimit } from "./internal/inFlight/GradientLimit.ts"
import { fixedLimit, type Limit } from "./internal/inFlight/Limit.ts"

/**
 * How a call in flight ended: `failure` when the provider was too busy or failed, `ignored` when that says nothing of it.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = "success" | "failure" | "ignored"

/**
 * A place in flight. `leave` gives it back; a second time it does nothing. `elapsedMillis` is how long the call took,
 * `now` the epoch's milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Entered {
  readonly _tag: "Entered"
  readonly leave: (outcome: Outcome, elapsedMillis: number, now: number) => void
}

/**
 * No place is free, and there is room to wait. `wait` ends with a place, or with `Full` when `maxWait` has passed or
 * another one took its room in the queue.
 *
 * @since 0.1.0
 * @category models
 */
export interface Queued {
  readonly _tag: "Queued"
  readonly wait: Effect.Effect<Entered | Full>
}

/**
 * Refused; `waiting` is how many others wait.
 *
 * @since 0.1.0
 * @category models
 */
export interface Full {
  readonly _tag: "Full"
  readonly waiting: number
}

/**
 * What is in flight under one strategy.
 *
 * @since 0.1.0
 * @category models
 */
export interface InFlight {
  /** How many may be in flight now. */
  readonly limit: number
  /** How many are in flight. */
  readonly size: number
  /** How many wait. */
  readonly waiting: number
  /** How many keys have somebody waiting; no other key is held. */
  readonly waitingKeys: number
  /**
   * Asks for a place. The higher `priority` goes first within its key. A wait is bounded by the strategy's `maxWait`, and
   * by `maxWaitMillis` (default: no further bound).
   */
  readonly enter: (key: string, priority: number, maxWaitMillis?: number) => Entered | Queued | Full
}

/**
 * The strategies that limit what is in flight.
 *
 * @since 0.1.0
 * @category models
 */
export type Strategy = Bulkhead | Concurrency

/**
 * Makes the state of a strategy, with nothing in flight.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (strategy: Strategy): InFlight => new Places(strategy)

const limitOf = (strategy: Strategy): Limit => {
  if (strategy._tag === "Bulkhead") return fixedLimit(strategy.maxInFlight)
  const { algorithm } = strategy
  return algorithm._tag === "Aimd" ? new AimdLimit(strategy, algorithm) : new GradientLimit(strategy, algorithm)
}

class Places implements InFlight {
  size = 0
  readonly #limit: Limit
  readonly #queue = new FairQueue<Waiter>()
  readonly #strategy: Strategy

  constructor(strategy: Strategy) {
    this.#limit = limitOf(strategy)
    this.#strategy = strategy
  }

  get limit(): number {
    return this.#limit.current
  }

  get waiting(): number {
    return this.#queue.length
  }

  get waitingKeys(): number {
    return this.#queue.keys
  }

  enter(key: string, priority: number, maxWaitMillis = Infinity): Entered | Queued | Full {
    if (this.size < this.#limit.current) return this.#admit()
    const millis = Math.min(this.#strategy.maxWaitMillis, maxWaitMillis)
    if (millis <= 0 || this.#strategy.maxWaiting === 0) return this.#full()
    const hasRoom = this.#queue.length < this.#strategy.maxWaiting || this.#queue.mayDisplace(key, priority)
    return hasRoom ? { _tag: "Queued", wait: this.#wait(key, priority, millis) } : this.#full()
  }

  leave(generation: number, outcome: Outcome, elapsedMillis: number, now: number): void {
    this.#limit.ended?.(outcome, elapsedMillis, generation, this.size, now)
    this.size -= 1
    this.#serve()
  }

  /** Whenever a place is free, nobody waits. */
  #serve(): void {
    while (this.size < this.#limit.current) {
      const next = this.#queue.take()
      if (next === undefined) return
      next.settle(this.#admit())
    }
  }

  #admit(): Entry {
    this.size += 1
    return new Entry(this, this.#limit.generation)
  }

  #full(): Full {
    return { _tag: "Full", waiting: this.#queue.length }
  }

  #wait(key: string, priority: number, millis: number): Effect.Effect<Entered | Full> {
    return Effect.withFiber((fiber) =>
      Effect.callback((resume) => {
        const waiter = new Waiter(fiber, resume)
        const place = this.#join(key, priority, waiter)
        if (place !== undefined) waiter.giveUpAfter(millis, () => this.#giveUp(place))
        return Effect.sync(() => this.#abandon(waiter, place))
      })
    )
  }

  /** Looks again: things may have changed since `enter`. */
  #join(key: string, priority: number, waiter: Waiter): Place<Waiter> | undefined {
    if (this.size < this.#limit.current) waiter.settle(this.#admit())
    else if (this.#makeRoom(key, priority)) return this.#queue.add(key, priority, waiter)
    else waiter.settle(this.#full())
    return undefined
  }

  #makeRoom(key: string, priority: number): boolean {
    if (this.#queue.length < this.#strategy.maxWaiting) return true
    const displaced = this.#queue.displace(key, priority)
    displaced?.settle(this.#full())
    return displaced !== undefined
  }

  #giveUp(place: Place<Waiter>): void {
    if (this.#queue.remove(place)) place.item.settle(this.#full())
  }

  /** The one who waited was interrupted: it leaves the queue, or the place that it was given and has not taken. */
  #abandon(waiter: Waiter, place: Place<Waiter> | undefined): void {
    if (place !== undefined) this.#queue.remove(place)
    waiter.abandon()
  }
}

/** A place that is taken, until it is left. */
class Entry implements Entered {
  readonly _tag = "Entered"
  #places: Places | undefined
  readonly #generation: number

  constructor(places: Places, generation: number) {
    this.#places = places
    this.#generation = generation
  }

  leave(outcome: Outcome, elapsedMillis: number, now: number): void {
    const places = this.#places
    this.#places = undefined
    places?.leave(this.#generation, outcome, elapsedMillis, now)
  }
}

/** A fibre that waits for its answer. */
class Waiter {
  #answer: Entered | Full | undefined = undefined
  #timer: Fiber.Fiber<void> | undefined = undefined
  readonly #fiber: Fiber.Fiber<unknown, unknown>
  readonly #resume: (answer: Effect.Effect<Entered | Full>) => void

  constructor(fiber: Fiber.Fiber<unknown, unknown>, resume: (answer: Effect.Effect<Entered | Full>) => void) {
    this.#fiber = fiber
    this.#resume = resume
  }

  giveUpAfter(millis: number, giveUp: () => void): void {
    this.#timer = Effect.runForkWith(this.#fiber.context)(Effect.sleep(millis))
    this.#timer.addObserver((exit) => {
      if (Exit.isSuccess(exit)) giveUp()
    })
  }

  /**
   * The fibre goes on later, on its own: who lets it in does not run it, and until it goes on an interruption still finds
   * the answer here.
   */
  settle(answer: Entered | Full): void {
    this.#answer = answer
    this.#timer?.interruptUnsafe()
    this.#fiber.currentDispatcher.scheduleTask(() => this.#resume(Effect.succeed(answer)), 0)
  }

  abandon(): void {
    this.#timer?.interruptUnsafe()
    if (this.#answer?._tag === "Entered") this.#answer.leave("ignored", 0, 0)
  }
}
