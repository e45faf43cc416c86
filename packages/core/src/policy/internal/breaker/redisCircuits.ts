import { Clock, Duration, Effect, Exit, Schedule, Schema, Stream } from "effect"
import type * as Redis from "effect/persistence/Redis"
import type { Breaker } from "../../Breaker.ts"
import * as BreakerStore from "../../BreakerStore.ts"
import { BoundedKeys } from "../BoundedKeys.ts"
import { CustomTallies, isCustom } from "./CustomTallies.ts"
import * as scripts from "./redisScripts.ts"
import { StoreAccess } from "./StoreAccess.ts"

export interface Settings {
  readonly prefix: string
  readonly onStoreError: "allow" | "fail"
  readonly timeoutMillis: number
  readonly maxKeys: number
  /** Whose time counts: the server's, or the one that each question brings. */
  readonly time: "server" | "given"
}

type Store = BreakerStore.BreakerStore["Service"]
type ByHand = "isolate" | "close" | "reset"

const phases = Schema.Literals(["closed", "open", "half-open", "isolated"])
const decodePhase = Schema.decodeUnknownSync(phases)
const decodeMessage = Schema.decodeUnknownResult(
  Schema.fromJsonString(Schema.Struct({ key: Schema.String, from: phases, to: phases, at: Schema.Number }))
)

const reconnecting = Schedule.min([Schedule.exponential("100 millis"), Schedule.spaced("5 seconds")])

/** Circuits in Redis; while it does not answer, those of this process, or none. */
export const make = (redis: Redis.Redis["Service"], settings: Settings): Store => {
  const { maxKeys, prefix } = settings
  const own = BreakerStore.makeMemory({ maxKeys })
  const access = new StoreAccess(settings.timeoutMillis, 1_000)
  const listed = new BoundedKeys<{ at: number }>(maxKeys, () => false)
  const customTallies = new CustomTallies(maxKeys)
  const customTrips = (...attempt: Parameters<CustomTallies["count"]>) =>
    attempted(() => customTallies.count(...attempt))
  const channel = `${prefix}:breaker-transitions`
  const index = `${prefix}:breakers`
  const stateKeyOf = (key: string) => `${prefix}:{breaker:${key}}`
  const timeOf = (now: number) => (settings.time === "given" ? String(now) : "")

  const ask = {
    admit: redis.eval(scripts.admit),
    record: redis.eval(scripts.record),
    byHand: redis.eval(scripts.byHand),
    look: redis.eval(scripts.look),
    enlist: redis.eval(scripts.enlist)
  }

  const admitAlone = (key: string, breaker: Breaker, now: number): Effect.Effect<BreakerStore.Admission> =>
    settings.onStoreError === "fail"
      ? Effect.succeed({ _tag: "Unavailable" })
      : Effect.map(own.admit(key, breaker, now), asOwn)

  /** A circuit that this process has not used for a while is noted for the listing, beside its first question. */
  const enlisting = <A>(key: string, now: number, question: Effect.Effect<A, Redis.RedisError>) => {
    const known = listed.peek(key)
    if (known !== undefined && Math.abs(now - known.at) < scripts.idleMillis / 2) return question
    const enlisted = Effect.map(ask.enlist(index, key, maxKeys, scripts.idleMillis), () => {
      listed.getOrMake(key, now, () => ({ at: now })).at = now
    })
    return Effect.map(Effect.all([question, enlisted], { concurrency: 2 }), ([answer]) => answer)
  }

  const byHand = (operation: ByHand, key: string): Effect.Effect<void, BreakerStore.BreakerStoreError> =>
    whole(operation, (now) =>
      Effect.andThen(
        ask.byHand(stateKeyOf(key), timeOf(now), key, channel, operation),
        ask.enlist(index, key, maxKeys, operation === "isolate" ? scripts.isolatedMillis : scripts.idleMillis)
      )
    )

  /** What a person asks for has to be done, or to be told that it was not. */
  const whole = <A>(
    operation: BreakerStore.BreakerStoreError["operation"],
    question: (now: number) => Effect.Effect<A, Redis.RedisError>
  ): Effect.Effect<A, BreakerStore.BreakerStoreError> =>
    access
      .bounded(Effect.flatMap(Clock.currentTimeMillis, question))
      .pipe(Effect.mapError((cause) => new BreakerStore.BreakerStoreError({ operation, cause })))

  const look = (key: string, now: number): Effect.Effect<ReadonlyArray<BreakerStore.Snapshot>, Redis.RedisError> =>
    Effect.map(ask.look(stateKeyOf(key), timeOf(now), key, channel), (reply) => snapshotOf(key, reply))

  return {
    admit: (key, breaker, now) => {
      const reply = ask.admit(stateKeyOf(key), timeOf(now), key, channel, describe(breaker))
      const admitted = Effect.map(enlisting(key, now, reply), (answer) => admissionOf(key, answer))
      return access.ask(
        admitted,
        Effect.suspend(() => admitAlone(key, breaker, now)),
        now
      )
    },
    record: (key, breaker, generation, outcome, now, end) => {
      if (generation < 0) return own.record(key, breaker, ownGeneration(generation), outcome, now, end)
      const stateKey = stateKeyOf(key)
      const tallyKey = `${stateKey}:${breaker.strategy}`
      const trips = customTrips(key, breaker, generation, { outcome, now, end })
      if (Exit.isFailure(trips)) return Exit.failCause(trips.cause)
      const recorded = ask.record(
        stateKey,
        tallyKey,
        `${tallyKey}:outcomes`,
        timeOf(now),
        key,
        channel,
        describe(breaker),
        generation,
        outcome,
        end.elapsedMillis,
        end.retryAfterMillis ?? 0,
        trips.value ? 1 : 0
      )
      return access.ask(
        Effect.map(recorded, (reply) => transitionOf(key, reply)),
        unchanged,
        now
      )
    },
    circuits: whole("circuits", (now) =>
      Effect.flatMap(redis.send<ReadonlyArray<string>>("ZRANGE", index, "0", "-1"), (keys) =>
        Effect.map(
          Effect.forEach(keys, (key) => look(key, now), { concurrency: 64 }),
          (found) => found.flat()
        )
      )
    ),
    transitions: Stream.merge(own.transitions, transitionsOf(redis, channel)),
    isolate: (key) => byHand("isolate", key),
    close: (key) => byHand("close", key),
    reset: (key) => byHand("reset", key)
  }
}

/** A rule of a user that throws is a defect. */
const attempted = <A>(rule: () => A): Exit.Exit<A> => {
  try {
    return Exit.succeed(rule())
  } catch (defect) {
    return Exit.die(defect)
  }
}

const unchanged: Effect.Effect<BreakerStore.Transition | undefined> = Effect.succeed(undefined)

/** What this process admitted by itself has a generation below zero. */
const asOwn = (admission: BreakerStore.Admission): BreakerStore.Admission =>
  admission._tag === "Admitted" ? { ...admission, generation: -1 - admission.generation } : admission

const ownGeneration = (generation: number): number => -1 - generation

const admissionOf = (key: string, reply: scripts.AdmitReply): BreakerStore.Admission => {
  switch (reply[0]) {
    case "admitted":
      return { _tag: "Admitted", generation: reply[1], transition: undefined }
    case "probe":
      return { _tag: "Admitted", generation: reply[1], transition: probing(key, reply[2] === 1, reply[3]) }
    case "refused":
      return { _tag: "Open", retryAfterMillis: reply[1] < 0 ? undefined : reply[1] }
  }
}

const probing = (key: string, began: boolean, at: number): BreakerStore.Transition | undefined =>
  began ? { key, from: "open", to: "half-open", at } : undefined

const transitionOf = (key: string, reply: scripts.RecordReply): BreakerStore.Transition | undefined => {
  if (reply.length === 0) return undefined
  const [from, to, at] = reply
  return { key, from: decodePhase(from), to: decodePhase(to), at }
}

const snapshotOf = (key: string, reply: scripts.LookReply): ReadonlyArray<BreakerStore.Snapshot> => {
  if (reply.length === 0) return []
  const [phase, since, calls, failures, retryAfter] = reply
  return [
    {
      key,
      phase: decodePhase(phase),
      since: Number(since),
      calls,
      failures,
      retryAfter: retryAfter < 0 ? undefined : Duration.millis(retryAfter)
    }
  ]
}

/** Heard from all processes. A connection that breaks is made anew, and what was told meanwhile is missed. */
const transitionsOf = (redis: Redis.Redis["Service"], channel: string): Stream.Stream<BreakerStore.Transition> =>
  Stream.unwrap(Effect.map(redis.subscribe(channel), Stream.fromQueue)).pipe(
    Stream.filterMap(({ message }) => decodeMessage(message)),
    Stream.retry(reconnecting),
    Stream.orDie,
    Stream.buffer({ capacity: 256, strategy: "sliding" })
  )

const descriptions = new WeakMap<Breaker, string>()

const describe = (breaker: Breaker): string => {
  const known = descriptions.get(breaker)
  if (known !== undefined) return known
  const { recovery, slowerThanMillis, trips } = breaker
  const slow = slowerThanMillis === Infinity ? {} : { slowerThanMillis }
  const description = JSON.stringify({ recovery, trips: trips.filter((trip) => !isCustom(trip)), ...slow })
  descriptions.set(breaker, description)
  return description
}
