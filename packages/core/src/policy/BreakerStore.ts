/**
 * Where circuit breakers keep their state: in memory by default, elsewhere by swapping this Layer.
 *
 * **When to use**
 *
 * Provide one to share circuits between integrations, or to read them with `circuits`.
 *
 * **Details**
 *
 * A circuit is closed, open or half-open. Each change begins a new generation: what was admitted in an older one is no
 * longer counted, so that a slow answer from before the outage does not close the circuit.
 *
 * **Gotchas**
 *
 * The memory store holds at most 10,000 keys; the least recently used one is forgotten, and starts closed again.
 *
 * **Example** (Reading the circuits)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { BreakerStore } from "@causeway/core/policy"
 *
 * const store = BreakerStore.makeMemory()
 * console.assert(Effect.runSync(store.circuits).length === 0)
 * ```
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import type { Breaker, Trip } from "./Breaker.ts"
import { BoundedKeys } from "./internal/BoundedKeys.ts"
import * as InvalidOption from "./InvalidOption.ts"

/**
 * The states of a circuit.
 *
 * @since 0.1.0
 * @category models
 */
export type Phase = "closed" | "open" | "half-open"

/**
 * A circuit's change of state.
 *
 * @since 0.1.0
 * @category models
 */
export interface Transition {
  readonly key: string
  readonly from: Phase
  readonly to: Phase
}

/**
 * What the breaker says of an attempt: go, with the generation to report under, or not before `retryAfterMillis`.
 *
 * @since 0.1.0
 * @category models
 */
export type Admission =
  | { readonly _tag: "Admitted"; readonly generation: number; readonly transition: Transition | undefined }
  | { readonly _tag: "Open"; readonly retryAfterMillis: number }

/**
 * How an admitted attempt ended, as far as the breaker cares.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = "success" | "failure" | "ignored"

/**
 * Keeps the state of circuits by key.
 *
 * @since 0.1.0
 * @category services
 */
export class BreakerStore extends Context.Service<
  BreakerStore,
  {
    readonly admit: (key: string, breaker: Breaker, now: number) => Effect.Effect<Admission>
    readonly record: (
      key: string,
      breaker: Breaker,
      generation: number,
      outcome: Outcome,
      now: number
    ) => Effect.Effect<Transition | undefined>
    /** The circuits held now, with their state. */
    readonly circuits: Effect.Effect<ReadonlyArray<{ readonly key: string; readonly phase: Phase }>>
  }
>()("causeway/policy/BreakerStore") {}

type State =
  | { readonly _tag: "closed"; readonly tally: Tally }
  | { readonly _tag: "open"; readonly until: number }
  | { readonly _tag: "half-open"; readonly probeUntil: number }

interface Circuit {
  state: State
  generation: number
  usedAt: number
}

/** What a closed circuit remembers of its attempts. */
interface Tally {
  readonly outcomes: Array<boolean>
  next: number
  failures: number
}

const emptyTally = (): Tally => ({ outcomes: [], next: 0, failures: 0 })

const tallyInRow = (tally: Tally, failed: boolean): void => {
  tally.failures = failed ? tally.failures + 1 : 0
}

const tallyInWindow = (tally: Tally, window: number, failed: boolean): void => {
  if (tally.outcomes[tally.next] === true) tally.failures -= 1
  if (failed) tally.failures += 1
  tally.outcomes[tally.next] = failed
  tally.next = (tally.next + 1) % window
}

const trips = (trip: Trip, tally: Tally, failed: boolean): boolean => {
  if (trip._tag === "Consecutive") {
    tallyInRow(tally, failed)
    return tally.failures >= trip.failures
  }
  tallyInWindow(tally, trip.window, failed)
  const calls = tally.outcomes.length
  return failed && calls >= trip.minimumCalls && tally.failures / calls >= trip.threshold
}

const change = (key: string, circuit: Circuit, state: State): Transition => {
  const from = circuit.state._tag
  circuit.state = state
  circuit.generation += 1
  return { key, from, to: state._tag }
}

/** A probe that never reports, because its fibre died, is given up after an open duration. */
const admitProbe = (circuit: Circuit, breaker: Breaker, now: number, transition: Transition | undefined): Admission => {
  circuit.state = { _tag: "half-open", probeUntil: now + breaker.openMillis }
  return { _tag: "Admitted", generation: circuit.generation, transition }
}

const admitTo = (key: string, circuit: Circuit, breaker: Breaker, now: number): Admission => {
  const state = circuit.state
  if (state._tag === "closed") return { _tag: "Admitted", generation: circuit.generation, transition: undefined }
  if (state._tag === "open") {
    return state.until > now
      ? { _tag: "Open", retryAfterMillis: state.until - now }
      : admitProbe(circuit, breaker, now, change(key, circuit, { _tag: "half-open", probeUntil: 0 }))
  }
  return state.probeUntil > now
    ? { _tag: "Open", retryAfterMillis: state.probeUntil - now }
    : admitProbe(circuit, breaker, now, undefined)
}

const recordIn = (key: string, circuit: Circuit, breaker: Breaker, outcome: Outcome, now: number) => {
  const state = circuit.state
  const failed = outcome === "failure"
  if (state._tag === "half-open") {
    if (outcome === "ignored") {
      circuit.state = { _tag: "half-open", probeUntil: 0 }
      return undefined
    }
    return change(key, circuit, failed ? open(breaker, now) : { _tag: "closed", tally: emptyTally() })
  }
  if (state._tag === "open" || outcome === "ignored") return undefined
  return trips(breaker.trip, state.tally, failed) ? change(key, circuit, open(breaker, now)) : undefined
}

const open = (breaker: Breaker, now: number): State => ({ _tag: "open", until: now + breaker.openMillis })

const fresh = (now: number) => (): Circuit => ({
  state: { _tag: "closed", tally: emptyTally() },
  generation: 0,
  usedAt: now
})

/** A closed circuit without failures says nothing that a fresh one would not. */
const isIdle = (circuit: Circuit, now: number): boolean =>
  circuit.state._tag === "closed" && circuit.state.tally.failures === 0 && now - circuit.usedAt > 60_000

/**
 * Makes a store in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (options: { readonly maxKeys?: number } = {}): BreakerStore["Service"] => {
  const circuits = new BoundedKeys<Circuit>(
    InvalidOption.integer("breakerStore.maxKeys", options.maxKeys ?? 10_000, 1),
    isIdle
  )
  return {
    admit: (key, breaker, now) => {
      const circuit = circuits.getOrMake(key, now, fresh(now))
      circuit.usedAt = now
      return Effect.succeed(admitTo(key, circuit, breaker, now))
    },
    record: (key, breaker, generation, outcome, now) => {
      const circuit = circuits.peek(key)
      const current = circuit !== undefined && circuit.generation === generation
      return Effect.succeed(current ? recordIn(key, circuit, breaker, outcome, now) : undefined)
    },
    circuits: Effect.sync(() =>
      Array.from(circuits.entries(), ([key, circuit]) => ({ key, phase: circuit.state._tag }))
    )
  }
}

/**
 * A store in memory. `maxKeys` defaults to 10,000.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options?: { readonly maxKeys?: number }): Layer.Layer<BreakerStore> =>
  Layer.sync(BreakerStore, () => BreakerStore.of(makeMemory(options)))
