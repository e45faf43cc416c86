import { Cause, Clock, Data, Duration, Effect, Exit, Fiber, Pull, Schedule, Scope } from "effect"
import type { Latch } from "effect"
import * as Attempt from "../Attempt.ts"
import type { Claim, InboxStoreError, Service as Store, Settlement } from "../InboxStore.ts"
import type { WebhookEvent } from "../WebhookEvent.ts"

/** How the events of one source are handled. Durations are in milliseconds. */
export interface Worker<R> {
  readonly source: string
  readonly handle: (delivery: WebhookEvent) => Effect.Effect<Handled, unknown, R>
  readonly retry: Schedule.Schedule<unknown, Attempt.FailedAttempt>
  readonly maxAttempts: number
  readonly concurrency: number
  readonly timeoutMillis: number
  readonly leaseMillis: number
  readonly pollMillis: number
  readonly transactional: boolean
}

/** What a handler made of an event. */
export type Handled = "handled" | "kept"

class LeaseLost extends Data.TaggedError("LeaseLost") {}

class HandlerTimeout extends Data.TaggedError("HandlerTimeout")<{ readonly millis: number }> {
  override get message(): string {
    return `The handler took longer than ${this.millis} ms`
  }
}

/** Claims and handles until interrupted. `latch` is opened by whoever makes an event due. */
export const run = <R>(store: Store, latch: Latch.Latch, worker: Worker<R>): Effect.Effect<never, never, R> =>
  Effect.acquireUseRelease(
    // In parallel: one handler may hold the database that another needs to release its event.
    Scope.make("parallel"),
    (scope) => loop(store, latch, worker, scope),
    (scope, exit) => Scope.close(scope, exit)
  )

const loop = <R>(
  store: Store,
  latch: Latch.Latch,
  worker: Worker<R>,
  scope: Scope.Scope
): Effect.Effect<never, never, R> => {
  let inFlight = 0

  // Uninterruptible from the first step, so that what is claimed is always settled or released.
  const fork = Effect.forkIn(scope, { startImmediately: true, uninterruptible: true })

  const start = (claim: Claim): Effect.Effect<unknown, never, R> => {
    const job = { store, worker, claim }
    // A closed scope starts nothing: we were interrupted while the store was claiming.
    if (scope.state._tag === "Closed") return release(job)
    inFlight += 1
    const ended = Effect.sync(() => {
      inFlight -= 1
      latch.openUnsafe()
    })
    return fork(Effect.ensuring(handleClaim(job), ended))
  }

  const claimDue = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const claims = yield* store.claim({
      source: worker.source,
      limit: worker.concurrency - inFlight,
      now,
      leaseUntil: now + worker.leaseMillis
    })
    yield* Effect.forEach(claims, start, { discard: true })
  })

  /** Returns how many milliseconds to wait before looking again. */
  const takeDue = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const due = yield* store.nextDue(worker.source)
    if (due === undefined || due > now) return Math.min(worker.pollMillis, (due ?? Infinity) - now)
    yield* Effect.flatMap(fork(claimDue), Fiber.join)
    return 0
  }).pipe(
    Effect.catchTag("InboxStoreError", (error) => Effect.as(logStoreError(worker.source, error), worker.pollMillis))
  )

  const wait = (millis: number) =>
    millis <= 0 ? Effect.yieldNow : Effect.asVoid(Effect.timeoutOption(latch.await, millis))

  const turn = Effect.suspend(() => {
    // Closed before looking: what becomes due while we look opens it again.
    latch.closeUnsafe()
    return inFlight < worker.concurrency ? Effect.flatMap(takeDue, wait) : latch.await
  })

  return Effect.forever(turn)
}

interface Job<R> {
  readonly store: Store
  readonly worker: Worker<R>
  readonly claim: Claim
}

/** Runs uninterruptibly; only the attempt itself can be interrupted, and then the event is released. */
const handleClaim = <R>(job: Job<R>): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    if (job.claim.takenOver && (yield* nextDelay(job, job.claim.failures)) === undefined) return yield* giveUp(job)
    const startedAt = yield* Clock.currentTimeMillis
    const attempt = Effect.raceFirst(attemptOnce(job, startedAt), renewLease(job))
    // The inner exit is what the handler did, the outer one whether we were interrupted meanwhile.
    const exit = yield* Effect.exit(Effect.interruptible(Effect.exit(attempt)))
    return yield* Exit.isFailure(exit) ? release(job) : conclude(job, startedAt, exit.value)
  })

/** Returns how to settle, or nothing when the transaction has settled already. */
const attemptOnce = <R>(job: Job<R>, startedAt: number): Effect.Effect<Settlement | undefined, unknown, R> => {
  const succeeded = Effect.flatMap(handle(job), (handled) =>
    Effect.map(Clock.currentTimeMillis, (endedAt) => success(handled, startedAt, endedAt))
  )
  if (!job.worker.transactional) return succeeded
  return job.store.transaction(
    Effect.gen(function* () {
      const settled = yield* job.store.settle(job.claim, yield* succeeded)
      if (!settled) return yield* new LeaseLost()
    })
  )
}

const handle = <R>({ claim, worker }: Job<R>): Effect.Effect<Handled, unknown, R> =>
  Effect.timeoutOrElse(
    Effect.suspend(() => worker.handle(claim.event)),
    { duration: worker.timeoutMillis, orElse: () => new HandlerTimeout({ millis: worker.timeoutMillis }) }
  )

const success = (handled: Handled, startedAt: number, endedAt: number): Settlement => ({
  status: handled,
  dueAt: endedAt,
  attempt: handled === "kept" ? undefined : { startedAt, endedAt, outcome: "handled", error: undefined }
})

/** Renews for ever; fails when the fence is an old one, because another worker has taken the event over. */
const renewLease = <R>({ claim, store, worker }: Job<R>): Effect.Effect<never, LeaseLost> =>
  Effect.gen(function* () {
    yield* Effect.sleep(worker.leaseMillis / 3)
    const now = yield* Clock.currentTimeMillis
    if (!(yield* store.renew(claim, now + worker.leaseMillis))) return yield* new LeaseLost()
  }).pipe(
    Effect.catchTag("InboxStoreError", (error) => logStoreError(worker.source, error)),
    Effect.forever
  )

const conclude = <R>(
  job: Job<R>,
  startedAt: number,
  exit: Exit.Exit<Settlement | undefined, unknown>
): Effect.Effect<void> => {
  if (Exit.isFailure(exit)) return fail(job, startedAt, exit.cause)
  return exit.value === undefined ? Effect.void : settle(job, exit.value)
}

const fail = <R>(job: Job<R>, startedAt: number, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const reason = cause.reasons.find(Cause.isFailReason)?.error
    if (reason instanceof LeaseLost) return yield* logLeaseLost(job)
    const endedAt = yield* Clock.currentTimeMillis
    const attempt = { startedAt, endedAt, outcome: "failed", error: Attempt.describeCause(cause) } as const
    const failures = [...job.claim.failures, { ...attempt, number: job.claim.event.attempts }]
    const delay = reason instanceof Attempt.Permanent ? undefined : yield* nextDelay(job, failures)
    if (delay !== undefined) return yield* settle(job, { status: "pending", dueAt: endedAt + delay, attempt })
    yield* logDead(job, attempt.error)
    yield* settle(job, { status: "dead", dueAt: endedAt, attempt })
  })

/** The lost attempt that ended the schedule was recorded when the event was claimed. */
const giveUp = <R>(job: Job<R>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* logDead(job, job.claim.failures.at(-1)?.error)
    yield* settle(job, { status: "dead", dueAt: now, attempt: undefined })
  })

const release = <R>(job: Job<R>): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => settle(job, { status: "pending", dueAt: now, attempt: undefined }))

const settle = <R>({ claim, store, worker }: Job<R>, settlement: Settlement): Effect.Effect<void> =>
  store.settle(claim, settlement).pipe(
    Effect.catch((error) => logStoreError(worker.source, error)),
    Effect.asVoid
  )

/**
 * Milliseconds until the next attempt, or `undefined` when there is none. The schedule is stepped through the stored
 * failures, so that a restart changes nothing.
 */
const nextDelay = <R>(
  { worker }: Job<R>,
  failures: ReadonlyArray<Attempt.Attempt>
): Effect.Effect<number | undefined> =>
  Effect.gen(function* () {
    if (failures.length >= worker.maxAttempts) return undefined
    const step = yield* Schedule.toStep(worker.retry)
    let delay = 0
    for (const [index, failure] of failures.entries()) {
      const error = failure.error ?? { tag: "Error", message: "" }
      const [, duration] = yield* step(failure.endedAt, { attempt: index + 1, error })
      delay = Duration.toMillis(duration)
    }
    return Number.isFinite(delay) ? delay : undefined
  }).pipe(Pull.catchDone(() => Effect.undefined))

const logStoreError = (source: string, error: InboxStoreError): Effect.Effect<void> =>
  Effect.logWarning(error.message, error.cause).pipe(Effect.annotateLogs({ source }))

const logLeaseLost = <R>({ claim }: Job<R>): Effect.Effect<void> =>
  Effect.logWarning("Another worker has taken a webhook event over").pipe(Effect.annotateLogs(names(claim)))

const logDead = <R>({ claim }: Job<R>, error: Attempt.RecordedError | undefined): Effect.Effect<void> =>
  Effect.logWarning("A webhook event is dead").pipe(Effect.annotateLogs({ ...names(claim), error: error?.tag }))

const names = ({ event: { attempts, id, key, source, type } }: Claim) => ({ source, id, type, key, attempts })
