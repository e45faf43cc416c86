import { Clock, Effect } from "effect"
import type { Admitted, Decision, Refused, Request } from "./model.ts"
import type { Held } from "./Held.ts"
import type { Window } from "./Window.ts"

/** What is known of the future: what is used, what the provider has said, and from when on. */
export interface Forecast {
  readonly window: Window
  readonly held: Held | undefined
  readonly from: number
}

/** What a line stands before. */
export interface Desk {
  /** Lets those at the front go whose turn it is, in order, and notes when the next one may be. */
  readonly serve: (line: Line, now: number) => Effect.Effect<void>
  readonly forecast: (line: Line, now: number) => Forecast
  /** The last one has left the line. */
  readonly close: (line: Line) => void
}

/**
 * Those that wait for one key: the higher priority first, then the earlier. Nobody has been promised a time, so whoever
 * leaves makes room at once; the one at the front is served when there is room, and wakes the next.
 */
export class Line {
  readonly key: string
  readonly desk: Desk
  waiters: Array<Waiter> = []
  /** The limits as the latest call has them. */
  limits: Request["limits"]
  /** When the one at the front may be served. */
  frontAt: number
  /** The forecast with all that wait in it, until something else happens. */
  #plan: Plan | undefined

  constructor(key: string, desk: Desk, limits: Request["limits"], frontAt: number) {
    this.key = key
    this.desk = desk
    this.limits = limits
    this.frontAt = frontAt
  }

  get front(): Waiter | undefined {
    return this.waiters[0]
  }

  /** Takes a call in, or refuses it when its wait or the line would be too long. */
  join(request: Request): Decision {
    this.limits = request.limits
    const waiter = new Waiter(this, request)
    const index = this.waiters.findLastIndex(({ priority }) => priority >= waiter.priority) + 1
    const decision =
      index === this.waiters.length ? this.#append(waiter, request) : this.#overtake(waiter, index, request)
    if (this.waiters.length === 0) this.desk.close(this)
    return decision
  }

  /** The one at the front has its decision. */
  shift(decision: Decision, now: number): void {
    const waiter = this.waiters.shift()
    // A late one moves all others back a little.
    if (waiter !== undefined && now > waiter.at) this.#plan = undefined
    waiter?.settle(decision)
    if (this.waiters.length === 0) this.desk.close(this)
  }

  /** The one at the front may be served then, and not earlier. */
  serveFrom(at: number): void {
    this.frontAt = at
    if (this.front !== undefined && this.front.at > at) this.front.wake()
  }

  leave(waiter: Waiter): void {
    const index = this.waiters.indexOf(waiter)
    if (index === -1) return
    this.waiters.splice(index, 1)
    this.#plan = undefined
    if (index === 0) this.front?.wake()
    if (this.waiters.length === 0) this.desk.close(this)
  }

  /** There may be room earlier than was thought. */
  improved(): void {
    this.#plan = undefined
    this.front?.wake()
  }

  /** There is room later than was thought: those whose wait would now be too long are refused at once. */
  worsened(now: number): void {
    this.#replan(now)
    this.front?.wake()
    if (this.waiters.length === 0) this.desk.close(this)
  }

  refusal(waiter: Waiter, now: number): Refused {
    const millis = waiter.at - now
    return {
      _tag: "Refused",
      limit: this.#slowest(waiter.tokens, now),
      retryAfterMillis: Number.isFinite(millis) ? Math.max(1, millis) : undefined
    }
  }

  #append(waiter: Waiter, request: Request): Decision {
    const plan = this.#planned(request.now)
    waiter.at = expected(plan, waiter, request.now)
    if (waiter.at > waiter.latest || this.waiters.length >= request.maxWaiting) return this.refusal(waiter, request.now)
    take(plan, waiter)
    this.waiters.push(waiter)
    return waiter
  }

  /** Those behind move back; who can't is refused, or else, when the line is too long, the last. */
  #overtake(waiter: Waiter, index: number, request: Request): Decision {
    this.waiters.splice(index, 0, waiter)
    this.#replan(request.now)
    if (waiter.outcome !== undefined) return waiter.outcome
    if (this.waiters.length > request.maxWaiting) this.#dropLast(request.now)
    if (index === 0) this.frontAt = waiter.at
    return waiter.outcome ?? waiter
  }

  #replan(now: number): void {
    const plan = this.#begin(now)
    this.#plan = plan
    this.waiters = this.waiters.filter((waiter) => {
      waiter.at = expected(plan, waiter, now)
      if (waiter.at > waiter.latest) waiter.settle(this.refusal(waiter, now))
      else take(plan, waiter)
      return waiter.outcome === undefined
    })
  }

  #dropLast(now: number): void {
    const waiter = this.waiters.pop()
    waiter?.settle(this.refusal(waiter, now))
    this.#plan = undefined
  }

  /** Which limit makes them wait; of one limit there is no doubt. */
  #slowest(tokens: number, now: number): number {
    const [limit] = this.limits
    if (limit !== undefined && this.limits.length === 1) return limit.limit
    return this.desk.forecast(this, now).window.slowest(tokens, now)
  }

  /** What is planned, with all in it that wait. */
  #planned(now: number): Plan {
    if (this.#plan !== undefined) return this.#plan
    const plan = this.#begin(now)
    for (const waiter of this.waiters) {
      waiter.at = expected(plan, waiter, now)
      take(plan, waiter)
    }
    this.#plan = plan
    return plan
  }

  #begin(now: number): Plan {
    const { from, held, window } = this.desk.forecast(this, now)
    return { window, held, at: from }
  }
}

/**
 * On a clock with fractions of a millisecond a sum may fall short of a time by less than any clock moves: without a sleep that
 * moves it, a wait would never end.
 */
const leastSleepMillis = 0.01

/** The future as it will be when all that wait have their turns: the next is not before `at`. */
interface Plan {
  readonly window: Window
  readonly held: Held | undefined
  at: number
}

const expected = ({ at, held, window }: Plan, { tokens }: Waiter, now: number): number => {
  const from = Math.max(at, now)
  return window.earliest(tokens, held === undefined ? from : held.from(tokens, from))
}

const take = (plan: Plan, { at, tokens }: Waiter): void => {
  plan.at = at
  plan.window.take(tokens, at)
  plan.held?.spend(tokens, at)
}

/** A call in a line: its turn is when `wait` ends. */
export class Waiter implements Admitted {
  readonly _tag = "Admitted"
  readonly priority: number
  readonly tokens: number
  /** The latest time at which it still takes its turn. */
  readonly latest: number
  readonly #line: Line
  readonly #arrived: number
  /** When its turn is expected. */
  at = Infinity
  outcome: Decision | undefined
  #onWake: (() => void) | undefined
  #isWoken = false

  constructor(line: Line, request: Request) {
    this.#line = line
    this.#arrived = request.now
    this.priority = request.priority ?? 0
    this.tokens = request.tokens
    this.latest = request.now + request.maxWaitMillis
  }

  get delayMillis(): number {
    return Math.max(1, this.at - this.#arrived)
  }

  get wait(): Effect.Effect<Decision> {
    return Effect.onInterrupt(this.#turn(), () => this.refund)
  }

  get refund(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#line.leave(this)
      return this.outcome?._tag === "Admitted" ? this.outcome.refund : Effect.void
    })
  }

  adjust(tokens: number): Effect.Effect<void> {
    return Effect.suspend(() => (this.outcome?._tag === "Admitted" ? this.outcome.adjust(tokens) : Effect.void))
  }

  settle(outcome: Decision): void {
    this.outcome = outcome
    this.wake()
  }

  wake(): void {
    this.#isWoken = true
    this.#onWake?.()
  }

  #turn(): Effect.Effect<Decision> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      if (this.outcome !== undefined) return Effect.succeed(this.outcome)
      this.#isWoken = false
      const millis = this.#until(now) - now
      return millis > 0 ? Effect.flatMap(this.#asleep(millis), () => this.#served()) : this.#served()
    })
  }

  #served(): Effect.Effect<Decision> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.flatMap(this.outcome === undefined ? this.#line.desk.serve(this.#line, now) : Effect.void, () => {
        if (this.outcome === undefined && now >= this.latest) this.#giveUp(now)
        return this.#turn()
      })
    )
  }

  /** It looks up at its expected time; the one at the front, whenever there may be room; nobody after `latest`. */
  #until(now: number): number {
    if (this.#line.front === this) return Math.min(this.#line.frontAt, this.latest)
    return this.at > now ? Math.min(this.at, this.latest) : this.latest
  }

  #asleep(millis: number): Effect.Effect<void> {
    const woken = Effect.callback<void>((resume) => {
      // Resumed with a yield, so that no woken fiber runs while the line is being changed.
      this.#onWake = () => resume(Effect.yieldNow)
      if (this.#isWoken) this.#onWake()
    })
    return Effect.raceFirst(Effect.sleep(Math.max(millis, leastSleepMillis)), woken)
  }

  #giveUp(now: number): void {
    this.#line.leave(this)
    this.outcome = this.#line.refusal(this, now)
  }
}
