/** Limits the time of an Effect, or of a wait without a fibre. */
import { Effect, Exit, Fiber } from "effect"
import type { Alarm, Alarms } from "./Alarms.ts"
import { runtimeContextOf } from "./RuntimeContext.ts"

/** Starts a wait, and returns a function that stops it. `resume` is called once, later than this returns and never after a stop. */
export type Wait<A, E, R> = (resume: (effect: Effect.Effect<A, E, R>) => void) => () => void

/** A limit that can change during the run. `changed` is called when it has become shorter. */
export interface MovingLimit {
  /** `Infinity` for as long as there is no limit. */
  readonly leftMillis: () => number
  changed: () => void
}

/** Interrupts an Effect at its limit, and after its finalizers ends with `tooLong`. */
export const timeLimited = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  limit: number | MovingLimit,
  tooLong: () => Effect.Effect<A, E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.withFiber((parent) =>
    Effect.callback<A, E | E2, R>((resume) => {
      // The fibre that runs this has the services of the Effect.
      const child = Effect.runForkWith(parent.context)(effect as Effect.Effect<A, E>)
      const done = child.pollUnsafe()
      if (done !== undefined) return resume(done)
      let isTooLong = false
      const stopTimer = startTimer(limit, parent, () => {
        isTooLong = true
        child.interruptUnsafe()
      })
      child.addObserver((exit) => {
        stopTimer()
        resume(isTooLong && Exit.isFailure(exit) ? tooLong() : exit)
      })
      return Fiber.interrupt(child)
    })
  )

/** As `timeLimited` for a wait without a fibre; it begins at once. */
export const waitLimited = <A, E, R, E2>(
  wait: Wait<A, E, R>,
  limit: number | MovingLimit,
  fiber: Fiber.Fiber<unknown, unknown>,
  tooLong: () => Effect.Effect<never, E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.callback<A, E | E2, R>((resume) => {
    const stop = wait((effect) => {
      stopTimer()
      resume(effect)
    })
    const stopTimer = startTimer(limit, fiber, () => {
      stop()
      resume(tooLong())
    })
    return Effect.sync(() => {
      stopTimer()
      stop()
    })
  })

/** Calls `ring` when the time is up, unless it is stopped before. */
const startTimer = (
  limit: number | MovingLimit,
  fiber: Fiber.Fiber<unknown, unknown>,
  ring: () => void
): (() => void) => {
  const { alarms } = runtimeContextOf(fiber)
  if (typeof limit !== "number") return startMovingTimer(limit, alarms, fiber, ring)
  const alarm = alarms.set(limit, fiber, ring)
  return () => alarms.clear(alarm)
}

const startMovingTimer = (
  limit: MovingLimit,
  alarms: Alarms,
  fiber: Fiber.Fiber<unknown, unknown>,
  ring: () => void
): (() => void) => {
  let alarm: Alarm | undefined
  const clear = () => {
    if (alarm !== undefined) alarms.clear(alarm)
    alarm = undefined
  }
  const start = () => {
    clear()
    const left = limit.leftMillis()
    if (left !== Infinity) alarm = alarms.set(left, fiber, () => (limit.leftMillis() > 0 ? start() : ring()))
  }
  limit.changed = start
  start()
  return () => {
    limit.changed = unwatched
    clear()
  }
}

const unwatched = (): void => {}
