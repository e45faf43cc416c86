/** How a call in flight ended, as far as a limit cares. */
export type Outcome = "success" | "failure" | "ignored"

/** How many calls may be in flight, learning from how they end. */
export interface Limit {
  /** A whole number of at least 1. */
  readonly current: number
  /** Grows when what calls that begin later say is to be told from what those before them say. */
  readonly generation: number
  /** `inFlight` counts the call that ends; `generation` is the one in which it began. */
  readonly ended:
    | ((outcome: Outcome, elapsedMillis: number, generation: number, inFlight: number, now: number) => void)
    | undefined
}

/** A limit that nothing changes. */
export const fixedLimit = (current: number): Limit => ({ current, generation: 0, ended: undefined })
