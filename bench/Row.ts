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

export interface Row {
  readonly name: string
  /** What one call does, in one sentence. */
  readonly about: string
  /** Calls in flight at the same time. */
  readonly inFlight: number
  /** Calls of one round. */
  readonly calls: number
  /** The others are compared with the first. */
  readonly peers: readonly [Peer, ...ReadonlyArray<Peer>]
}
