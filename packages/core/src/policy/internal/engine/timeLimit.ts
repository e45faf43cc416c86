import { type Clock, Effect, Exit, Fiber } from "effect"
import { Alarms } from "./Alarms.ts"
import { surroundingsOf } from "./surroundings.ts"

/** Interrupts an attempt that takes too long, and when it has let go of all that it held, ends with `tooLong`. */
export const timeLimited = <A, E, R, E2>(
  attempt: Effect.Effect<A, E, R>,
  millis: number,
  tooLong: () => Effect.Effect<never, E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.withFiber((parent) =>
    Effect.callback<A, E | E2, R>((resume) => {
      // The fibre that runs this has the services of the attempt.
      const child = Effect.runForkWith(parent.context)(attempt as Effect.Effect<A, E>)
      const done = child.pollUnsafe()
      if (done !== undefined) return resume(done)
      const alarms = alarmsOf(parent)
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

/** As `timeLimited` for a wait without a fibre; it begins at once, and never ends before `begin` has returned. */
export const waitLimited = <A, E, R, E2>(
  begin: (resume: (effect: Effect.Effect<A, E, R>) => void) => () => void,
  millis: number,
  fiber: Fiber.Fiber<unknown, unknown>,
  tooLong: () => Effect.Effect<never, E2>
): Effect.Effect<A, E | E2, R> =>
  Effect.callback<A, E | E2, R>((resume) => {
    const alarms = alarmsOf(fiber)
    const stop = begin((effect) => {
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

/** Rings after so many milliseconds, unless what it gives is called before. */
export const alarmIn = (millis: number, fiber: Fiber.Fiber<unknown, unknown>, ring: () => void): (() => void) => {
  const alarms = alarmsOf(fiber)
  const alarm = alarms.set(millis, fiber, ring)
  return () => alarms.clear(alarm)
}

const alarms = new WeakMap<Clock.Clock, Alarms>()

const alarmsOf = (fiber: Fiber.Fiber<unknown, unknown>): Alarms => {
  const { clock } = surroundingsOf(fiber)
  const known = alarms.get(clock)
  if (known !== undefined) return known
  const made = new Alarms(clock)
  alarms.set(clock, made)
  return made
}
