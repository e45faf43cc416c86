import { Duration, Effect, Predicate, Pull, Schedule } from "effect"
import * as Attempt from "../Attempt.ts"
import { safely } from "./safely.ts"

/** When a failed event is tried again. Durations are in milliseconds. */
export interface RetryRule {
  readonly retry: Schedule.Schedule<unknown, Attempt.FailedAttempt>
  readonly maxAttempts: number
  readonly maxRetryAfterMillis: number
}

/**
 * Milliseconds until the next attempt, or `undefined` when there is none. The schedule is stepped through the stored
 * failures, so that a restart changes nothing; `failure` is the error of the last of them, while it is at hand.
 */
export const nextDelay = (
  rule: RetryRule,
  failures: ReadonlyArray<Attempt.Attempt>,
  failure?: unknown
): Effect.Effect<number | undefined> =>
  Attempt.isPermanent(failure) || failures.length >= rule.maxAttempts
    ? Effect.undefined
    : Effect.map(scheduled(rule, failures, failure), (delay) =>
        delay === undefined
          ? undefined
          : Math.max(
              delay,
              Math.min(
                safely(() => askedFor(failure), 0),
                rule.maxRetryAfterMillis
              )
            )
      )

/** A thousand years: what a schedule asks for beyond that is no time that a database could hold. */
const longestDelay = 1000 * 365 * 24 * 3_600_000

const scheduled = (
  { retry }: RetryRule,
  failures: ReadonlyArray<Attempt.Attempt>,
  failure: unknown
): Effect.Effect<number | undefined> =>
  Effect.gen(function* () {
    const step = yield* Schedule.toStep(retry)
    let delay = 0
    for (const [index, { endedAt, error = { tag: "Error", message: "" } }] of failures.entries()) {
      const live = index === failures.length - 1 ? failure : undefined
      const [, duration] = yield* step(endedAt, { attempt: index + 1, error, failure: live })
      delay = Duration.toMillis(duration)
    }
    return Number.isFinite(delay) ? Math.min(Math.ceil(delay), longestDelay) : undefined
  }).pipe(Pull.catchDone(() => Effect.undefined))

/** What an error such as `RateLimited` says of when it makes sense to come back, in milliseconds. */
const askedFor = (failure: unknown): number => {
  const own = retryAfterOf(failure)
  return own > 0 || !Predicate.hasProperty(failure, "reason") ? own : retryAfterOf(failure.reason)
}

const retryAfterOf = (error: unknown): number =>
  Predicate.hasProperty(error, "retryAfter") && Duration.isDuration(error.retryAfter)
    ? Math.max(0, Duration.toMillis(error.retryAfter))
    : 0
