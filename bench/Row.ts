/** A row of the benchmark's table: one piece of work, done by several peers. */
import type { Effect } from "effect"

export interface Peer {
  readonly name: string
  /** Prepares the peer for calls to the server; what it prepares is not measured. */
  readonly open: (server: URL) => Promise<Opened>
}

export interface Opened {
  readonly call: () => Promise<unknown>
  /** The same call as an Effect, for a row whose calls are made by fibres that loop. */
  readonly effect?: Effect.Effect<unknown, unknown>
  readonly close: () => Promise<void>
}

/** What a row is to show: how fast a peer is, as a multiple of another one, how many µs it adds to it, or how many it takes. */
export type Goal = Compared | Absolute

export interface Compared {
  readonly peer: string
  readonly against: string
  readonly kind: "times as fast" | "µs more"
  readonly atLeast: number
  readonly aim: number
}

export interface Absolute {
  readonly peer: string
  readonly kind: "µs"
  readonly atLeast: number
  readonly aim: number
}

export interface Row {
  readonly name: string
  /** What one call does, in one sentence. */
  readonly about: string
  /** Calls in flight at the same time. */
  readonly inFlight: number
  /** Calls of one round; a peer that needs longer than `roundMillis` for them makes as many as fit. */
  readonly calls: number
  /** Default: 400. */
  readonly roundMillis?: number
  /** How calls are made: each with its own promise, or by fibres that loop. Peers without Effects keep to promises. Default: promises. */
  readonly shape?: "promises" | "fibres"
  /** How many times a call does its work: figures are for one of them. Default: 1. */
  readonly batch?: number
  /** The others are compared with the first. */
  readonly peers: readonly [Peer, ...ReadonlyArray<Peer>]
  readonly goals?: ReadonlyArray<Goal>
}

/** A row that measures something else than time: it gives its own lines. */
export interface Finding {
  readonly name: string
  readonly about: string
  readonly find: (server: URL) => Promise<ReadonlyArray<string>>
}
