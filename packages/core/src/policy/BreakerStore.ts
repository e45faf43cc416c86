/**
 * Where circuit breakers keep their state: in memory by default, elsewhere by swapping this Layer.
 *
 * **When to use**
 *
 * Provide one to share circuits between the Layers of one integration, and to look at those of all integrations and change
 * them by hand. Keys begin with the integration's id.
 *
 * **Details**
 *
 * A circuit is closed, open, half-open or, by hand, isolated. Each change begins a new generation: what was admitted in
 * an older one is no longer counted, so that a slow answer from before the outage does not close the circuit.
 *
 * **Gotchas**
 *
 * The memory store holds at most 10,000 keys; the least recently used one is forgotten, and starts closed again, unless
 * it was isolated. `transitions` tells only what happens after it has been subscribed to.
 *
 * **Example** (A circuit that an operator opens and closes)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { BreakerStore } from "@causeway/core/policy"
 *
 * const program = Effect.gen(function* () {
 *   const store = yield* BreakerStore.BreakerStore
 *   yield* store.isolate("app/Payments")
 *   console.assert((yield* store.circuits)[0]?.phase === "isolated")
 *   yield* store.close("app/Payments")
 *   console.assert((yield* store.circuits)[0]?.phase === "closed")
 * })
 *
 * Effect.runPromise(Effect.provide(program, BreakerStore.layerMemory()))
 * ```
 *
 * @since 0.1.0
 */
import { Clock, Context, Data, Effect, Layer, PubSub, Stream } from "effect"
import type { Breaker } from "./Breaker.ts"
import { Circuit } from "./internal/breaker/Circuit.ts"
import type { Admission, AttemptEnd, Outcome, Snapshot, Transition } from "./internal/breaker/model.ts"
import { BoundedKeys } from "./internal/BoundedKeys.ts"
import * as OptionCheck from "./OptionCheck.ts"

export type { Admission, AttemptEnd, Outcome, Phase, Snapshot, Transition } from "./internal/breaker/model.ts"

/**
 * The store could not be asked or told. Never raised by the memory store.
 *
 * @since 0.1.0
 * @category errors
 */
export class BreakerStoreError extends Data.TaggedError("BreakerStoreError")<{
  readonly operation: "circuits" | "isolate" | "close" | "reset"
  readonly cause: unknown
}> {
  override get message(): string {
    return `the breaker store is unavailable: ${this.operation} was not done`
  }
}

/**
 * Keeps the state of circuits by key.
 *
 * @since 0.1.0
 * @category services
 */
export class BreakerStore extends Context.Service<
  BreakerStore,
  {
    /** May an attempt be made at `now` (milliseconds of the epoch)? */
    readonly admit: (key: string, breaker: Breaker, now: number) => Effect.Effect<Admission>
    /** Counts how an admitted attempt ended; what was admitted under another generation is not counted. */
    readonly record: (
      key: string,
      breaker: Breaker,
      generation: number,
      outcome: Outcome,
      now: number,
      end: AttemptEnd
    ) => Effect.Effect<Transition | undefined>
    /** All circuits that are held now. */
    readonly circuits: Effect.Effect<ReadonlyArray<Snapshot>, BreakerStoreError>
    /** The changes of all circuits from now on. One who does not keep up misses the oldest of more than 256. */
    readonly transitions: Stream.Stream<Transition>
    /** Opens a circuit until it is closed or reset by hand. */
    readonly isolate: (key: string) => Effect.Effect<void, BreakerStoreError>
    /** Closes a circuit that is not closed; a closed one keeps its counts. */
    readonly close: (key: string) => Effect.Effect<void, BreakerStoreError>
    /** Closes a circuit and forgets what it has counted. */
    readonly reset: (key: string) => Effect.Effect<void, BreakerStoreError>
  }
>()("causeway/policy/BreakerStore") {}

const checkMemory = OptionCheck.record<{ readonly maxKeys?: number }>({ maxKeys: OptionCheck.integer(1) })

/**
 * Makes a store in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (options: { readonly maxKeys?: number } = {}): BreakerStore["Service"] => {
  checkMemory("breakerStore", options)
  const maxKeys = options.maxKeys ?? 10_000
  const circuits = new BoundedKeys<Circuit>(maxKeys, (circuit, now) => circuit.isIdle(now))
  const isolated = new Set<string>()
  let began: number | undefined
  const transitions = Effect.runSync(PubSub.sliding<Transition>(256))

  const circuitOf = (key: string, now: number): Circuit =>
    circuits.getOrMake(key, now, () => {
      began ??= now
      const circuit = new Circuit(now)
      // One that was isolated and then forgotten for want of room is isolated still.
      if (isolated.has(key)) circuit.isolate(key, now)
      return circuit
    })

  /** Moving a key behind all others, so that it is forgotten last, costs more than the rest: once a second is enough. */
  const usedCircuit = (key: string, now: number): Circuit => {
    const known = circuits.peek(key)
    return known === undefined || known.use(now) ? circuitOf(key, now) : known
  }

  const tell = (transition: Transition | undefined): void => {
    if (transition !== undefined) Effect.runSync(PubSub.publish(transitions, transition))
  }

  const byHand = (
    key: string,
    change: (circuit: Circuit, now: number) => Transition | undefined
  ): Effect.Effect<void> => Effect.map(Clock.currentTimeMillis, (now) => tell(change(circuitOf(key, now), now)))

  return {
    admit: (key, breaker, now) => {
      const circuit = usedCircuit(key, now)
      if (circuit.admission !== undefined) return circuit.admission
      const admission = circuit.admit(key, breaker, now)
      if (admission._tag === "Admitted") tell(admission.transition)
      return Effect.succeed(admission)
    },
    record: (key, breaker, generation, outcome, now, end) => {
      const circuit = circuits.peek(key)
      if (circuit === undefined || circuit.generation !== generation) return unchanged
      try {
        const transition = circuit.record(key, breaker, outcome, now, end)
        if (transition === undefined) return unchanged
        tell(transition)
        return Effect.succeed(transition)
      } catch (defect) {
        return Effect.die(defect)
      }
    },
    circuits: Effect.map(Clock.currentTimeMillis, (now) =>
      Array.from(circuits.entries(), ([key, circuit]) => circuit.snapshot(key, now, began ?? now))
    ),
    transitions: Stream.fromPubSub(transitions),
    isolate: (key) =>
      byHand(key, (circuit, now) => {
        remember(isolated, key, maxKeys)
        return circuit.isolate(key, now)
      }),
    close: (key) =>
      byHand(key, (circuit, now) => {
        isolated.delete(key)
        return circuit.close(key, now)
      }),
    reset: (key) =>
      byHand(key, (circuit, now) => {
        isolated.delete(key)
        return circuit.reset(key, now)
      })
  }
}

/**
 * A store in memory. `maxKeys` defaults to 10,000.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options: { readonly maxKeys?: number } = {}): Layer.Layer<BreakerStore> => {
  checkMemory("breakerStore", options)
  return Layer.sync(BreakerStore, () => BreakerStore.of(makeMemory(options)))
}

const unchanged: Effect.Effect<Transition | undefined> = Effect.succeed(undefined)

const remember = (keys: Set<string>, key: string, most: number): void => {
  keys.add(key)
  if (keys.size > most) for (const oldest of keys) return void keys.delete(oldest)
}
