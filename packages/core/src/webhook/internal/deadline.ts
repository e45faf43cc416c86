import { Cause, Clock, Context, Duration, Effect, Fiber } from "effect"

/**
 * As `Effect.timeout`, for what happens with each event: what is late is interrupted, and its end is waited for. Those
 * that have the same time share one timer, because the one that began first is late first.
 */
export const within = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  millis: number
): Effect.Effect<A, E | Cause.TimeoutError, R> =>
  Effect.contextWith((context: Context.Context<R>) =>
    Effect.callback((resume) => {
      const running = Effect.runForkWith(context)(effect)
      const ended = running.pollUnsafe()
      if (ended !== undefined) return resume(ended)
      const leave = lineOf(Context.get(context, Clock.Clock), millis).join(() =>
        resume(
          Effect.andThen(
            Fiber.interrupt(running),
            Effect.suspend(() => Effect.fail(lateBy(millis)))
          )
        )
      )
      running.addObserver((exit) => {
        leave()
        resume(exit)
      })
      return Effect.suspend(() => {
        leave()
        return Fiber.interrupt(running)
      })
    })
  )

const lateBy = (millis: number) =>
  new Cause.TimeoutError(`Operation timed out after '${Duration.format(Duration.millis(millis))}'`)

interface Waiting {
  /** In nanoseconds of the clock that never goes back. */
  readonly until: bigint
  readonly expire: () => void
}

/** Those on one clock that have the same time, in the order in which they began. */
class Line {
  readonly #clock: Clock.Clock
  readonly #nanos: bigint
  readonly #waiting = new Set<Waiting>()
  #timer: Fiber.Fiber<void> | undefined

  constructor(clock: Clock.Clock, millis: number) {
    this.#clock = clock
    this.#nanos = BigInt(Math.ceil(millis * 1e6))
  }

  /** Calls `expire` when the time is over, unless it is left before. */
  join(expire: () => void): () => void {
    const waiting = { until: this.#clock.monotonicTimeNanosUnsafe() + this.#nanos, expire }
    this.#waiting.add(waiting)
    this.#timer ??= Effect.runFork(this.#watch)
    return () => {
      if (this.#waiting.delete(waiting) && this.#waiting.size === 0) this.#rest()
    }
  }

  /** Where nobody waits, nothing keeps the process alive. */
  #rest(): void {
    this.#timer?.interruptUnsafe()
    this.#timer = undefined
  }

  readonly #watch: Effect.Effect<void> = Effect.suspend(() => {
    const now = this.#clock.monotonicTimeNanosUnsafe()
    for (const waiting of this.#waiting) {
      if (waiting.until > now) {
        const millis = Math.ceil(Number(waiting.until - now) / 1e6)
        return Effect.andThen(this.#clock.sleep(Duration.millis(millis)), this.#watch)
      }
      this.#waiting.delete(waiting)
      waiting.expire()
    }
    this.#timer = undefined
    return Effect.void
  })
}

const lines = new WeakMap<Clock.Clock, Map<number, Line>>()

const lineOf = (clock: Clock.Clock, millis: number): Line => {
  const known = lines.get(clock)?.get(millis)
  if (known !== undefined) return known
  const line = new Line(clock, millis)
  lines.set(clock, (lines.get(clock) ?? new Map<number, Line>()).set(millis, line))
  return line
}
