/** Plays a scenario to its end on the test's clock, and keeps what is to be judged. */
import { Effect, type Exit, Fiber, Layer, Logger, Schedule, Schema } from "effect"
import type { HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { Credentials } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import {
  Breaker,
  Cache,
  type CallObserver as CallObserverModule,
  CallObserver,
  Coalesce,
  Concurrency,
  Exchange,
  Hedge,
  Policy,
  type RateLimit,
  Retry
} from "@causeway/core/policy"
import { Alarms } from "./Alarms.ts"
import { type Arrival, Provider } from "./provider.ts"
import type { BreakerName, Caller, Reply, Scenario, ScheduleName, Slots } from "./scenario.ts"

/** How a call of a scenario went, from its start to its end. */
export interface Played {
  readonly caller: Caller
  readonly name: string
  startedAt: number
  endedAt: number | undefined
  exit: Exit.Exit<unknown, unknown> | undefined
}

export interface Report {
  readonly scenario: Scenario
  readonly calls: ReadonlyArray<Played>
  readonly arrivals: ReadonlyArray<Arrival>
  readonly events: ReadonlyArray<CallObserverModule.CallEvent>
  readonly renewals: number
  readonly mostInFlight: number
  /** When all calls had ended. */
  readonly inFlightAtEnd: number
  /** Afterwards, when the provider had recovered and every wait was over. */
  readonly fresh: ReadonlyArray<Exit.Exit<unknown, unknown> | undefined>
  readonly freshTogether: number
  readonly freshArrivedTogether: number
}

const Answer = Schema.Struct({ ok: Schema.Boolean })
const params = { call: Schema.String }

const makeIntegration = (policy: Policy.Policy) => {
  class Service extends Integration.Service<Service>()("test/Properties", {
    baseUrl: "https://provider.example",
    endpoints: [
      Endpoint.get("read", "/read/:call", { params, success: Answer }),
      Endpoint.post("write", "/write/:call", { params, payload: { name: Schema.String }, success: Answer }),
      Endpoint.put("replace", "/replace/:call", { params, payload: { name: Schema.String }, success: Answer })
    ],
    policy: Policy.merge(Policy.none, policy)
  }) {}
  return Service
}

const schedules: Readonly<Record<ScheduleName, Retry.Options["schedule"]>> = {
  "at once": Schedule.forever,
  spaced: Schedule.spaced("40 millis"),
  exponential: Schedule.exponential("10 millis"),
  "full jitter": Retry.fullJitter({ base: "20 millis", cap: "1 second" }),
  "decorrelated jitter": Retry.decorrelatedJitter({ base: "5 millis", cap: "500 millis" }),
  once: Schedule.recurs(1)
}

/** The attempts that a rate wants before it judges. */
const minimumCalls = 3

const breakerOf = (strategy: BreakerName, options: Breaker.CommonOptions): Breaker.Breaker => {
  const slow = { slowerThan: "500 millis", minimumCalls, window: 10 } as const
  switch (strategy) {
    case "consecutive":
      return Breaker.consecutive({ failures: 3, ...options })
    case "rate of calls":
      return Breaker.failureRate({ minimumCalls, window: 10, ...options })
    case "rate of time":
      return Breaker.failureRate({ minimumCalls, window: "2 seconds", ...options })
    case "slow":
      return Breaker.slowCallRate({ ...slow, ...options })
    case "any":
      return Breaker.any([Breaker.consecutive({ failures: 4 }), Breaker.slowCallRate(slow)], options)
  }
}

const rateLimitOf = ({
  isCorrected,
  learn,
  limits,
  maxWait,
  maxWaiting
}: NonNullable<Slots["rateLimit"]>): RateLimit.Options => ({
  limits,
  maxWait,
  maxWaiting,
  ...(learn.length > 0 && { learn }),
  ...(isCorrected && { costOf: ({ headers }) => costOf(headers) })
})

/** What an answer says that its call has cost, if it makes sense. */
export const costOf = (headers: Readonly<Record<string, string | undefined>>): number | undefined => {
  const cost = Number.parseFloat(headers["x-cost"] ?? "")
  return Number.isFinite(cost) && cost >= 0 ? Math.ceil(cost) : undefined
}

const hedgeOf = ({ after, ...options }: NonNullable<Slots["hedge"]>) => Hedge.after(after, options)

const concurrencyOf = ({ algorithm, ...options }: NonNullable<Slots["concurrency"]>) =>
  algorithm === "aimd" ? Concurrency.aimd(options) : Concurrency.gradient(options)

export const policyOf = (slots: Slots): Policy.Policy => {
  const { cache, circuitBreaker, coalesce, concurrency, hedge, rateLimit, retry, ...plain } = slots
  return {
    ...plain,
    ...(coalesce === true && { coalesce: Coalesce.make() }),
    ...(cache !== undefined && { cache: Cache.make(cache) }),
    ...(retry !== undefined && {
      retry: Retry.make({ ...retry, schedule: schedules[retry.schedule] ?? Schedule.forever })
    }),
    ...(hedge !== undefined && { hedge: hedgeOf(hedge) }),
    ...(concurrency !== undefined && {
      concurrency: concurrencyOf(concurrency)
    }),
    ...(rateLimit !== undefined && { rateLimit: rateLimitOf(rateLimit) }),
    ...(circuitBreaker !== undefined && {
      circuitBreaker: breakerOf(circuitBreaker.strategy, {
        openDuration: circuitBreaker.openDuration,
        maxRetryAfter: "3 seconds",
        probes: circuitBreaker.probes
      })
    })
  }
}

/** Streams and interruptions go on in turns of the event loop, not of the clock. */
const settle = Effect.promise(async () => {
  for (let turn = 0; turn < 4; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve))
})

/** No scenario has more waits than this: everything that waits has a bound, and there are few callers. */
const mostTurns = 2_000

/** Moves the clock from one wait's end to the next, and lets all that follows from each happen, until all have ended. */
const moveUntilEnded = (alarms: Alarms, isEnded: () => boolean) =>
  Effect.gen(function* () {
    for (let turn = 0; turn < mostTurns && !isEnded(); turn += 1) {
      const next = alarms.next()
      if (next === undefined) return
      yield* TestClock.setTime(next)
      yield* settle
    }
  })

const optionsOf = ({ attempts, deadline, idempotencyKey, priority, tokens }: Caller): Policy.CallOptions => ({
  ...(attempts !== undefined && { attempts }),
  ...(deadline !== undefined && { deadline }),
  ...(idempotencyKey !== undefined && { idempotencyKey }),
  ...(priority !== undefined && { priority }),
  ...(tokens !== undefined && { tokens })
})

type Service = ReturnType<typeof makeIntegration>["Service"]

const invoke = (service: Service, { name, caller }: Played): Effect.Effect<unknown, unknown> => {
  const input = {
    params: { call: caller.alike ? "alike" : name },
    payload: { name: "a" },
    ...(caller.raw && { responseMode: "response-only" as const })
  }
  // The three methods take the same input but for the payload, which GET ignores.
  const method = service[caller.endpoint] as Service["write"]
  return method(input, optionsOf(caller))
}

const perform = (service: Service, call: Played) =>
  Effect.clockWith((clock) => {
    call.startedAt = clock.currentTimeMillisUnsafe()
    const ended = Effect.onExit(invoke(service, call), (exit) =>
      Effect.sync(() => {
        call.endedAt = clock.currentTimeMillisUnsafe()
        call.exit = exit
      })
    )
    // Who is given a raw response lets go of it.
    return call.caller.raw
      ? Effect.tap(ended, (raw) => Exchange.discard(raw as HttpClientResponse.HttpClientResponse))
      : ended
  })

const start = (service: Service, call: Played) =>
  Effect.gen(function* () {
    const { interruptedAfter, startsAt } = call.caller
    yield* Effect.sleep(startsAt)
    const fiber = yield* Effect.forkChild(perform(service, call))
    if (interruptedAfter !== undefined) {
      yield* Effect.sleep(interruptedAfter)
      yield* Fiber.interrupt(fiber)
    }
    yield* Fiber.await(fiber)
  })

const freshCaller: Caller = {
  startsAt: 0,
  endpoint: "read",
  raw: false,
  alike: false,
  interruptedAfter: undefined,
  deadline: undefined,
  attempts: 1,
  tokens: undefined,
  priority: undefined,
  idempotencyKey: undefined
}

const fresh = (name: string): Played => ({
  caller: freshCaller,
  name,
  startedAt: 0,
  endedAt: undefined,
  exit: undefined
})

/** Longer than every window, opening and queue of a scenario, and than the day for which a provider can ask. */
const quiet = Effect.andThen(TestClock.adjust("25 hours"), settle)

/** What nobody wants any more is read for a second before it is cancelled. */
const lettingGo = Effect.andThen(TestClock.adjust("1 second"), settle)

const performAtOnce = (service: Service, call: Played) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.exit(perform(service, call)))
    yield* settle
    yield* settle
    yield* Fiber.interrupt(fiber)
    return call.exit
  })

/** How many may go at once when all is well. */
const together = ({ bulkhead, concurrency, rateLimit }: Slots): number =>
  Math.min(
    4,
    bulkhead?.maxInFlight ?? Infinity,
    concurrency === undefined ? Infinity : 1,
    ...(rateLimit?.limits ?? []).map(({ limit }) => limit)
  )

/**
 * So many calls that succeed close every circuit for good: as many as there are probes; and before them those that complete
 * the minimum of a rate, of which one opens the circuit when what is in the window already was mostly bad.
 */
const callsUntilClosed = ({ circuitBreaker }: Slots): number => {
  if (circuitBreaker === undefined) return 1
  return circuitBreaker.probes + (circuitBreaker.strategy === "consecutive" ? 0 : minimumCalls - 1)
}

const after = (service: Service, provider: Provider, slots: Slots) =>
  Effect.gen(function* () {
    provider.recover(0)
    const exits: Array<Exit.Exit<unknown, unknown> | undefined> = []
    for (let call = 0; call < callsUntilClosed(slots); call += 1) {
      yield* quiet
      exits.push(yield* performAtOnce(service, fresh(`fresh-${call}`)))
    }
    yield* quiet
    provider.recover(1)
    const before = provider.arrivals.length
    const count = together(slots)
    const calls = Array.from({ length: count }, (_, call) => fresh(`together-${call}`))
    const fibers = yield* Effect.forEach(calls, (call) => Effect.forkChild(Effect.exit(perform(service, call))))
    yield* settle
    const arrived = provider.arrivals.length - before
    // The bodies come in turns of the event loop: the clock must not pass the timeouts before them.
    yield* TestClock.adjust("1 millis")
    yield* settle
    yield* TestClock.adjust("1 second")
    yield* settle
    yield* Fiber.interruptAll(fibers)
    return {
      fresh: [...exits, ...calls.map(({ exit }) => exit)],
      freshTogether: count,
      freshArrivedTogether: arrived
    }
  })

/** Where nothing bounds an attempt, a provider that stalls is no test of the engine: it breaks instead. */
const fairly = (scenario: Scenario): Scenario => {
  const { callers, slots } = scenario
  const bounded = slots.timeout ?? slots.deadline ?? callers.every(({ deadline }) => deadline !== undefined)
  return bounded === false ? { ...scenario, replies: scenario.replies.map(withoutStalls) } : scenario
}

const withoutStalls = (reply: Reply): Reply => {
  if (reply._tag === "Never") return { _tag: "Broken", after: 700, code: "ECONNRESET" }
  return reply._tag === "Answer" && reply.body === "stalls" ? { ...reply, body: "is cut" } : reply
}

const credentialsOf = (renewable: boolean) => {
  const counted = { renewals: 0 }
  const service = Credentials.make({
    authorize: (request) => Effect.succeed({ request, secrets: [] }),
    renew: Effect.sync(() => {
      if (renewable) counted.renewals += 1
      return renewable
    })
  })
  return { counted, service }
}

export const play = (given: Scenario): Effect.Effect<Report> => {
  const scenario = fairly(given)
  const provider = new Provider(scenario.replies)
  const events: Array<CallObserverModule.CallEvent> = []
  const Live = makeIntegration(policyOf(scenario.slots))
  const { counted, service: credentials } = credentialsOf(scenario.renewable)
  const calls = scenario.callers.map((caller, index) => ({ ...fresh(`call-${index}`), caller }))
  const layer = Live.layer.pipe(
    Layer.provide([
      scenario.isDirect ? provider.layerDirect : provider.layer,
      Layer.succeed(Live.credentials, credentials)
    ]),
    Layer.merge(CallObserver.layer((event) => events.push(event)))
  )
  const alarms = new Alarms()
  return Effect.gen(function* () {
    const service = yield* Live
    const fibers = yield* Effect.forEach(calls, (call) => Effect.forkChild(start(service, call)))
    yield* settle
    yield* moveUntilEnded(alarms, () => fibers.every((fiber) => fiber.pollUnsafe() !== undefined))
    yield* Fiber.interruptAll(fibers)
    yield* lettingGo
    const { inFlight, mostInFlight } = provider
    const sofar = { arrivals: [...provider.arrivals], events: [...events], renewals: counted.renewals }
    const rest = yield* after(service, provider, scenario.slots)
    return { scenario, calls, ...sofar, mostInFlight, inFlightAtEnd: inFlight, ...rest }
  }).pipe(Effect.provide(layer), alarms.noting, Effect.provide([TestClock.layer(), Logger.layer([])]))
}
