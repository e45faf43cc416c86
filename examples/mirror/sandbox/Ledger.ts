/**
 * What the sandbox did, counted, so that the other side can be held to it.
 */
import type { Fault } from "./Faults.ts"

/** Why a delivery is one that a receiver must refuse. */
export type Flaw = "forged" | "unsigned" | "tampered" | "oversized"

export interface Ledger {
  readonly seed: number
  readonly rest: {
    requests: number
    /** Answers by status; an attempt that was cut off has none. */
    readonly byStatus: Record<string, number>
    readonly faults: Readonly<Record<Fault, number>>
    /** Faults of the script that no request has met yet. */
    faultsLeft: number
    /** How many objects each list holds, by its path. */
    readonly lists: Readonly<Record<string, number>>
  }
  readonly deliveries: {
    state: "idle" | "sending" | "done"
    /** Distinct events, each with a GUID of its own. */
    events: number
    /** Deliveries of a GUID that had been delivered already. */
    duplicates: number
    readonly flawed: Record<Flaw, number>
    /** HTTP requests made for the events and duplicates. */
    attempts: number
    /** Of those, the requests repeated because no 2xx came. */
    retries: number
    /** Of those, the requests answered 2xx. */
    acknowledged: number
    /** Deliveries that never got their 2xx. */
    lost: number
    /** Answers to all deliveries, the flawed ones included, by status. */
    readonly byStatus: Record<string, number>
    /** Milliseconds from the sending of a delivery to its 2xx. */
    readonly millis: Array<number>
  }
}

export const make = (
  seed: number,
  faults: Readonly<Record<Fault, number>>,
  lists: ReadonlyMap<string, ReadonlyArray<unknown>>
): Ledger => ({
  seed,
  rest: { requests: 0, byStatus: {}, faults, faultsLeft: 0, lists: lengthsOf(lists) },
  deliveries: {
    state: "idle",
    events: 0,
    duplicates: 0,
    flawed: { forged: 0, unsigned: 0, tampered: 0, oversized: 0 },
    attempts: 0,
    retries: 0,
    acknowledged: 0,
    lost: 0,
    byStatus: {},
    millis: []
  }
})

const lengthsOf = (lists: ReadonlyMap<string, ReadonlyArray<unknown>>) =>
  Object.fromEntries(Array.from(lists, ([path, { length }]) => [path, length]))

/** Counts one answer. */
export const countStatus = (byStatus: Record<string, number>, status: number): void => {
  byStatus[status] = (byStatus[status] ?? 0) + 1
}
