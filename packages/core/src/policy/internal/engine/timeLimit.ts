/** Limits the time of an Effect, or of a wait that needs no fibre of its own. */
import { Effect, Exit, Fiber } from "effect"
import { runtimeContextOf } from "./RuntimeContext.ts"

/** Starts a wait, and returns what stops it. `resume` is called once, later than this returns and never after a stop. */
export type Wait<A, E, R> = (resume: (effect: Effect.Effect<A, E, R>) => void) => () => void

/** Interrupts an Effect that takes too long; once it has released all that it held, ends with `tooLong`. */
export const timeLimited = <A, E, R, E2>(
  effect: Effect.Effect<A, E, R>,
  millis: number,
  tooLong: () => Effect.Effect<A, E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.withFiber((parent) =>
    Effect.callback<A, E | E2, R>((resume) => {
      // The fibre that runs this has the services of the Effect.
      const child = Effect.runForkWith(parent.context)(effect as Effect.Effect<A, E>)
      const done = child.pollUnsafe()
      if (done !== undefined) return resume(done)
      const { alarms } = runtimeContextOf(parent)
      let isTooLong = false
      const alarm = alarms.set(millis, parent, () => {
        isTooLong = true
        child.interruptUnsafe()
      })
      child.addObserver((exit) => {
        alarms.clear(alarm)
        resume(isTooLong && Exit.isFailure(exit) ? tooLong() : exit)
      })
      return Fiber.interrupt(child)
    })
  )

/** As `timeLimited` for a wait without a fibre; it begins at once. */
export const waitLimited = <A, E, R, E2>(
  wait: Wait<A, E, R>,
  millis: number,
  fiber: Fiber.Fiber<unknown, unknown>,
  tooLong: () => Effect.Effect<never, E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.callback<A, E | E2, R>((resume) => {
    const { alarms } = runtimeContextOf(fiber)
    const stop = wait((effect) => {
      alarms.clear(alarm)
      resume(effect)
    })
    const alarm = alarms.set(millis, fiber, () => {
      stop()
      resume(tooLong())
    })
    return Effect.sync(() => {
      alarms.clear(alarm)
      stop()
    })
  })
