/**
 * The program against the real API.
 */
import { Clock, Effect, Schedule } from "effect"
import * as Evidence from "./Evidence.ts"
import { Mirror } from "./Mirror.ts"
import * as Progress from "./Progress.ts"
import * as Report from "./Report.ts"

/** How often everything is looked at again, in case a webhook was missed. */
const sweepEvery = Schedule.spaced("10 minutes")

const reporting = <A, E, R>(work: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const startedAt = yield* Clock.currentTimeMillis
    const report = Effect.flatMap(Evidence.facts(startedAt), (facts) =>
      Effect.sync(() => console.log(Report.render(facts)))
    )
    yield* Effect.andThen(Progress.show(Evidence.status), work).pipe(
      Effect.scoped,
      Effect.ensuring(Effect.orDie(report))
    )
  })

/** Mirrors the repository, and reports. */
export const once = reporting(Effect.flatMap(Mirror, ({ sweep }) => sweep))

/** Mirrors the repository, and keeps it fresh from webhooks until it is stopped; then it reports. */
export const stay = reporting(
  Effect.flatMap(Mirror, ({ sweep }) =>
    sweep.pipe(
      Effect.catch((error) => Effect.logWarning(`A sweep broke off: ${error.message}`)),
      Effect.repeat(sweepEvery)
    )
  )
)
