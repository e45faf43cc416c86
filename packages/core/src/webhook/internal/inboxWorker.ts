import { Cause, Clock, Data, Effect, Exit, Fiber, Option, Schedule, Scope } from "effect"
import type { Latch } from "effect"
import * as Attempt from "../Attempt.ts"
import type { Watch } from "../InboxHealth.ts"
import type { Claim, InboxStoreError, LaneRule, Service as Store, Settlement } from "../InboxStore.ts"
import type { WebhookEvent } from "../WebhookEvent.ts"
import { logBroken, logDead, logFewConnections, logFailed, logLeaseLost, logStoreError, names } from "./inboxLog.ts"
import { meterOf } from "./inboxMetrics.ts"
import { type Delays, supervise, type Supervised } from "./inboxSupervision.ts"
import { measure, measuredEvery, type Retention, tidy } from "./inboxUpkeep.ts"
import { plainName } from "./plainText.ts"
import { nextDelay, type RetryRule } from "./retryDelay.ts"
import { safely } from "./safely.ts"
import { spanOf } from "./traceparent.ts"
import { watchedStore } from "./watchedStore.ts"

/** How the events of one source are handled. Durations are in milliseconds. */
export interface Worker<R> extends RetryRule {
  readonly source: string
  readonly handle: (delivery: WebhookEvent) => Effect.Effect<Handled, unknown, R>
  readonly keyOf: ((delivery: WebhookEvent) => string | undefined) | undefined
  readonly lanes: LaneRule | undefined
  readonly concurrency: number
  readonly timeoutMillis: number
  readonly leaseMillis: number
  readonly pollMillis: number
  readonly transactional: boolean
  readonly retention: Retention | undefined
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
export const run = <R>(
  store: Store,
  latch: Latch.Latch,
  worker: Worker<R>,
  watch: Watch
): Effect.Effect<never, never, R> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { source } = worker
      const meter = meterOf(yield* Effect.context<never>(), source)
      const supervised = { source, meter, watch }
      yield* warnOfFewConnections(store, worker)
      yield* Effect.forkScoped(listen(store, latch, supervised))
      yield* Effect.forkScoped(keepMeasuring(store, supervised))
      if (worker.retention !== undefined) yield* Effect.forkScoped(keepTidy(store, worker.retention, supervised))
      return yield* Effect.acquireUseRelease(
        // In parallel: one handler may hold the database that another needs to release its event.
        Scope.make("parallel"),
        (scope) => loop({ ...supervised, store: watchedStore(store, watch), worker }, latch, scope),
        (scope, exit) => Scope.close(scope, exit)
      )
    })
  )

/** One to listen, and one to claim and to renew leases, while each handler holds one. */
const connectionsBeside = 2

const warnOfFewConnections = <R>(
  { connections }: Store,
  { concurrency, source, transactional }: Worker<R>
): Effect.Effect<void> => {
  const needed = concurrency + connectionsBeside
  return transactional && connections !== undefined && connections < needed
    ? logFewConnections(source, { concurrency, connections, needed })
    : Effect.void
}

const upkeepDelays: Delays = { first: 5_000, longest: 60_000 }

const soonest = 1_000
const longestDelay = 30_000

/** Wakes the worker for what other processes stored; polling finds that too, though later. */
const listen = (store: Store, latch: Latch.Latch, supervised: Supervised): Effect.Effect<never> => {
  const name = plainName(supervised.source)
  return supervise(supervised, "listening", { first: soonest, longest: longestDelay }, (succeeded) =>
    store.listen((told) => {
      succeeded()
      if (told === undefined || told === name) latch.openUnsafe()
    })
  )
}

const keepTidy = (store: Store, retention: Retention, supervised: Supervised): Effect.Effect<never> =>
  supervise(supervised, "retention", upkeepDelays, (succeeded) =>
    Effect.flatMap(tidy(store, supervised.source, retention), () => {
      succeeded()
      return Effect.sleep(retention.everyMillis)
    })
  )

const keepMeasuring = (store: Store, supervised: Supervised): Effect.Effect<never> =>
  supervise(supervised, "measuring", upkeepDelays, (succeeded) =>
    Effect.flatMap(measure(store, supervised.source, supervised.meter), () => {
      succeeded()
      return Effect.sleep(measuredEvery)
    })
  )

interface Workplace<R> extends Supervised {
  readonly store: Store
  readonly worker: Worker<R>
}

interface Job<R> extends Workplace<R> {
  readonly claim: Claim
  /** Makes room for another attempt: what follows is for the store. */
  readonly free: () => void
}

/** How soon to look again when others are taking what is due. */
const contendedMillis = 20

/** The attempts of a worker that run: how many more there is room for, and how one is started. */
const makeAttempts = <R>(place: Workplace<R>, latch: Latch.Latch, scope: Scope.Scope) => {
  const { meter, worker } = place
  let inFlight = 0
  /** Those that the store has not answered too: they share its next commit with what is claimed meanwhile. */
  let unsettled = 0

  const room = () => Math.min(worker.concurrency - inFlight, 2 * worker.concurrency - unsettled)

  // Uninterruptible from the first step, so that what is claimed is always settled or released.
  const fork = Effect.forkIn(scope, { startImmediately: true, uninterruptible: true })

  const start = (claim: Claim): Effect.Effect<unknown, never, R> => {
    let isFree = false
    const free = () => {
      if (isFree) return
      isFree = true
      inFlight -= 1
      meter.modify("inFlight", -1)
      latch.openUnsafe()
    }
    const job = { ...place, claim, free }
    inFlight += 1
    unsettled += 1
    meter.modify("inFlight", 1)
    const ended = Effect.sync(() => {
      free()
      unsettled -= 1
      latch.openUnsafe()
    })
    // A closed scope starts nothing: we were interrupted while the store was claiming.
    return scope.state._tag === "Closed"
      ? release(job)
      : fork(Effect.ensuring(logDefects(job, handleClaim(job)), ended))
  }

  return { room, fork, start }
}

const loop = <R>(place: Workplace<R>, latch: Latch.Latch, scope: Scope.Scope): Effect.Effect<never, never, R> => {
  const { store, worker } = place
  const { fork, room, start } = makeAttempts(place, latch, scope)
  let isLikely = true

  const claimDue = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    const claims = yield* store.claim({
      source: worker.source,
      limit: room(),
      now,
      leaseUntil: now + worker.leaseMillis,
      lanes: worker.lanes
    })
    yield* Effect.forEach(claims, start, { discard: true })
    return claims.length
  })

  /** Milliseconds until something is due, or until it is time to look for it. */
  const untilDue = Effect.gen(function* () {
    const due = yield* store.nextDue(worker.source)
    const now = yield* Clock.currentTimeMillis
    return due === undefined ? worker.pollMillis : Math.min(worker.pollMillis, Math.max(due - now, 0))
  })

  /** Returns how many milliseconds to wait before looking again. */
  const takeDue = Effect.gen(function* () {
    if (!isLikely) {
      const millis = yield* untilDue
      if (millis > 0) return millis
    }
    yield* decideLanes(place)
    const claimed = yield* Effect.flatMap(fork(claimDue), Fiber.join)
    return claimed > 0 ? 0 : (yield* untilDue) || contendedMillis
  })

  const wait = (millis: number) =>
    millis <= 0
      ? Effect.yieldNow
      : Effect.map(Effect.timeoutOption(latch.await, millis), (woken) => {
          isLikely = Option.isSome(woken) || millis < worker.pollMillis
        })

  return supervise(
    place,
    "claiming",
    { first: Math.min(worker.pollMillis, soonest), longest: longestDelay },
    (succeeded) => {
      // Closed before looking: what becomes due while we look opens it again.
      latch.closeUnsafe()
      if (room() <= 0) return Effect.andThen(latch.await, Effect.yieldNow)
      return Effect.flatMap(takeDue, (millis) => {
        succeeded()
        return wait(millis)
      })
    }
  )
}

const decidedAtOnce = 100

/** Asks for the key of each event that has none yet, in the order they came. */
const decideLanes = <R>(place: Workplace<R>): Effect.Effect<void, InboxStoreError> => {
  const { keyOf, source } = place.worker
  if (keyOf === undefined) return Effect.void
  return Effect.gen(function* () {
    for (;;) {
      const undecided = yield* place.store.undecided(source, decidedAtOnce)
      const lanes = yield* Effect.forEach(undecided, ({ event }) =>
        Effect.map(laneOf(keyOf, event), (lane) => ({ key: event.key, lane }))
      )
      yield* place.store.decide(lanes)
      if (undecided.length < decidedAtOnce) return
    }
  })
}

/** An event whose key can't be told is handled beside the others, and so is one that can't be read. */
const laneOf = (keyOf: (delivery: WebhookEvent) => string | undefined, event: WebhookEvent): Effect.Effect<string> =>
  Effect.try({
    try: () => (event.unreadable === undefined ? plainName(keyOf(event) ?? "") : ""),
    catch: (error) => error
  }).pipe(
    Effect.catch((error) =>
      Effect.as(
        logBroken(event, "The key function of an inbox worker threw", Attempt.describeError(error, "Error")),
        ""
      )
    )
  )

/** The lease of an event whose end could not be recorded runs out, and it is handled again. */
const logDefects = <R>({ claim: { event } }: Job<R>, handling: Effect.Effect<void, never, R>) =>
  Effect.catchDefect(handling, (defect) =>
    logBroken(
      event,
      "The end of an attempt at a webhook event can't be recorded",
      Attempt.describeError(defect, "Defect")
    )
  )

/** Runs uninterruptibly; only the attempt itself can be interrupted, and then the event is released. */
const handleClaim = <R>(job: Job<R>): Effect.Effect<void, never, R> =>
  Effect.gen(function* () {
    const { claim, meter, worker } = job
    if (claim.takenOver) {
      meter.update("attempts", 1, { outcome: "lost" })
      if ((yield* delayOf(claim.event, nextDelay(worker, claim.failures))) === undefined) return yield* giveUp(job)
    }
    const startedAt = yield* Clock.currentTimeMillis
    if (claim.event.attempts === 1) meter.update("lag", Math.max(0, startedAt - claim.event.receivedAt))
    const attempt = Effect.raceFirst(traced(job, attemptOnce(job, startedAt)), renewLease(job))
    // The inner exit is what the handler did, the outer one whether we were interrupted meanwhile.
    const exit = yield* Effect.exit(Effect.interruptible(Effect.exit(attempt)))
    meter.update("duration", (yield* Clock.currentTimeMillis) - startedAt)
    job.free()
    return yield* Exit.isFailure(exit) ? release(job) : conclude(job, startedAt, exit.value)
  })

/** With a span of its own that is linked to the delivery, and what it is about on each line of the log. */
const traced = <A, E, R>({ claim: { event } }: Job<unknown>, attempt: Effect.Effect<A, E, R>) => {
  const delivery = spanOf(event.traceparent)
  return attempt.pipe(
    Effect.annotateLogs(names(event)),
    Effect.withSpan(
      "causeway.inbox.handle",
      {
        kind: "consumer",
        root: true,
        links: delivery === undefined ? [] : [{ span: delivery, attributes: {} }],
        attributes: {
          "messaging.system": "causeway",
          "messaging.destination.name": event.source,
          "messaging.message.id": event.id,
          "causeway.event.type": event.type,
          "causeway.event.attempt": event.attempts
        }
      },
      { captureStackTrace: false }
    )
  )
}

/** Returns how to settle, or nothing when the transaction has settled already. */
const attemptOnce = <R>(job: Job<R>, startedAt: number): Effect.Effect<Settlement | undefined, unknown, R> => {
  const { claim, meter, store, worker } = job
  if (claim.unreadable !== undefined) return Effect.fail(claim.unreadable)
  const succeeded = Effect.flatMap(handle(job), (handled) =>
    Effect.map(Clock.currentTimeMillis, (endedAt) => success(handled, startedAt, endedAt))
  )
  if (!worker.transactional) return succeeded
  return store
    .transaction(
      Effect.gen(function* () {
        const settlement = yield* succeeded
        const settled = yield* store.settle(claim, settlement)
        if (!settled) return yield* new LeaseLost()
        return settlement.status
      })
    )
    .pipe(
      Effect.map((outcome) => {
        meter.update("attempts", 1, { outcome })
        return undefined
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
  if (exit.value === undefined) return Effect.void
  job.meter.update("attempts", 1, { outcome: exit.value.status })
  return settle(job, exit.value)
}

const fail = <R>(job: Job<R>, startedAt: number, cause: Cause.Cause<unknown>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const reason = cause.reasons.find(Cause.isFailReason)?.error
    const { claim, meter, worker } = job
    if (safely(() => reason instanceof LeaseLost, false)) return yield* logLeaseLost(claim.event)
    const endedAt = yield* Clock.currentTimeMillis
    const attempt = { startedAt, endedAt, outcome: "failed", error: Attempt.describeCause(cause) } as const
    meter.update("attempts", 1, { outcome: "failed" })
    const failures = [...claim.failures, { ...attempt, number: claim.event.attempts }]
    const delay = yield* delayOf(claim.event, nextDelay(worker, failures, reason))
    if (delay === undefined) {
      yield* logDead(claim.event, attempt.error)
      return yield* settle(job, { status: "dead", dueAt: endedAt, attempt })
    }
    yield* logFailed(claim.event, attempt.error, delay)
    yield* settle(job, { status: "pending", dueAt: endedAt + delay, attempt })
  })

/** A schedule that throws says nothing of when to try again: a person is to see it. */
const delayOf = (event: WebhookEvent, delay: Effect.Effect<number | undefined>): Effect.Effect<number | undefined> =>
  Effect.catchDefect(delay, (defect) =>
    Effect.as(
      logBroken(event, "The retry schedule of a webhook event threw", Attempt.describeError(defect, "Defect")),
      undefined
    )
  )

/** The lost attempt that ended the schedule was recorded when the event was claimed. */
const giveUp = <R>(job: Job<R>): Effect.Effect<void> =>
  Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    yield* logDead(job.claim.event, job.claim.failures.at(-1)?.error)
    yield* settle(job, { status: "dead", dueAt: now, attempt: undefined })
  })

const release = <R>(job: Job<R>): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    job.meter.update("attempts", 1, { outcome: "interrupted" })
    // Whoever stops us waits for it, and the database may be gone already: then the lease runs out.
    return settleOnce(job, { status: "pending", dueAt: now, attempt: undefined })
  })

/** A database that is away for a moment does not make an event be handled again. */
const persistently = Schedule.exponential("50 millis").pipe(Schedule.upTo({ duration: "5 seconds" }))

const settle = <R>({ claim, meter, store, worker }: Job<R>, settlement: Settlement): Effect.Effect<void> =>
  store.settle(claim, settlement).pipe(
    Effect.retry(persistently),
    Effect.tap((settled) =>
      Effect.sync(() => {
        if (settled && settlement.status === "dead") meter.update("dead", 1)
      })
    ),
    Effect.catch((error) => logStoreError(worker.source, error)),
    Effect.asVoid
  )

const settleOnce = <R>({ claim, store, worker }: Job<R>, settlement: Settlement): Effect.Effect<void> =>
  store.settle(claim, settlement).pipe(
    Effect.catch((error) => logStoreError(worker.source, error)),
    Effect.asVoid
  )
