import { type Duration, Effect, Exit, Schedule } from "effect"
import * as InvalidOption from "../../InvalidOption.ts"

const mostOpenings = 16
const option = "circuitBreaker.openDuration"

/** How long the first opening lasts, the second in a row, and so on. */
export const openMillisOf = (
  openDuration: Duration.Input | Schedule.Schedule<unknown, number>
): ReadonlyArray<number> =>
  Schedule.isSchedule(openDuration)
    ? delaysOf(openDuration)
    : [Math.ceil(InvalidOption.positiveMillis(option, openDuration))]

/** The schedule is stepped on a clock of its own, which its delays move: what it says of elapsed time is time open. */
const delaysOf = (schedule: Schedule.Schedule<unknown, number>): ReadonlyArray<number> => {
  const step = Effect.runSync(Schedule.toStep(schedule))
  const delays: Array<number> = []
  let now = 0
  while (delays.length < mostOpenings) {
    const stepped = Effect.runSyncExit(step(now, delays.length + 1))
    if (Exit.isFailure(stepped)) break
    const delay = Math.ceil(InvalidOption.positiveMillis(option, stepped.value[1]))
    delays.push(delay)
    now += delay
  }
  return delays.length > 0 ? delays : refuse()
}

const refuse = (): never => {
  throw new InvalidOption.InvalidOption({
    option,
    actual: "a schedule that ends at once",
    accepts: "a duration, or a schedule with at least one delay that needs no waiting to be known"
  })
}
