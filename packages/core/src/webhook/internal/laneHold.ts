/** How soon an event behind a living one is looked at again, should nobody have told that its turn has come. */
const soonest = 5_000

/** How late an event that waits in its lane is looked at again. */
const latest = 60_000

/** Until when an event is put off whose turn has not come; `behind` is when what it waits for is due, if it ever is. */
export const heldUntil = (now: number, behind: number | undefined): number =>
  Math.min(Math.max(behind ?? now + latest, now + soonest), now + latest)
