/** How soon after another one that announces the same a notification is handled, in milliseconds. */
const interval = 1000

/** When a notification is due: a source that repeats itself is handled once a second. */
export const notificationDueAt = (now: number, latest: number | undefined): number =>
  latest === undefined ? now : Math.max(now, latest + interval)
