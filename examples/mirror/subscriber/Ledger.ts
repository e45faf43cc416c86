/**
 * What came to the subscriber, counted: `requests` is the sum of the other counts.
 */
export interface Ledger {
  requests: number
  /** Distinct ids that were genuine and taken. */
  events: number
  /** Genuine requests whose id had been taken already. */
  duplicates: number
  /** Requests turned away unread with 503. */
  busy: number
  /** Requests that the `standardwebhooks` package did not accept. */
  refused: number
}

export const make = (): Ledger => ({ requests: 0, events: 0, duplicates: 0, busy: 0, refused: 0 })
