import type { Limit } from "../../RateLimit.ts"

/** What a key has used of its limits. Tokens are taken as time goes by: nothing is taken ahead of it. */
export interface Window {
  /** The earliest time, not before `from`, at which the tokens are there; Infinity for more than there ever are. */
  earliest(tokens: number, from: number): number
  /** The limit that has the tokens last. */
  slowest(tokens: number, from: number): number
  /** Takes what `earliest` has found. The answer goes with the tokens when they are given back. */
  take(tokens: number, at: number): number
  giveBack(tokens: number, at: number, order: number): void
  /** Takes what a call has cost beyond its tokens, whether it is there or not. */
  charge(tokens: number, at: number): void
  /** From when on nothing of what was used counts any more. */
  idleFrom(): number
  copy(): Window
  /** Goes on with other numbers; false when what was counted says nothing about them. */
  retune(limits: ReadonlyArray<Limit>): boolean
}

/** The limit that one window counts for, when it counts in the same way as before. */
export const continued = (before: Limit, limits: ReadonlyArray<Limit>): Limit | undefined => {
  const [after] = limits
  if (after === before) return limits.length === 1 ? after : undefined
  const continues =
    limits.length === 1 && after?.algorithm === before.algorithm && after.windowMillis === before.windowMillis
  return continues ? after : undefined
}
