/** The test's clock, and beside it the times at which somebody wants to be woken. */
import { Clock, Duration, Effect } from "effect"

export class Alarms {
  #times: Array<number> = []
  #now: () => number = () => 0

  /** The next time at which somebody wakes; one who no longer waits is among them. */
  next(): number | undefined {
    const now = this.#now()
    this.#times = this.#times.filter((time) => time > now).toSorted((a, b) => a - b)
    return this.#times[0]
  }

  readonly noting = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Clock.clockWith((clock) => {
      this.#now = () => clock.currentTimeMillisUnsafe()
      const noting: Clock.Clock = Object.assign(Object.create(clock), {
        sleep: (duration: Duration.Duration) => {
          this.#times.push(this.#now() + Duration.toMillis(duration))
          return clock.sleep(duration)
        }
      })
      return Effect.provideService(effect, Clock.Clock, noting)
    })
}
