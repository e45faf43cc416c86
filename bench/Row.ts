/** A row of the benchmark's table: one piece of work, done by several peers. */

export interface Peer {
  readonly name: string
  /** Prepares the peer for calls to the server; what it prepares is not measured. */
  readonly open: (server: URL) => Promise<Opened>
}

export interface Opened {
  readonly call: () => Promise<unknown>
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
  /** Calls of one round; a peer that needs longer than 400 ms for them makes as many as fit. */
  readonly calls: number
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
