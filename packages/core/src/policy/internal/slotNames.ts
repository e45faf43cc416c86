/** Refuses the names in a policy that no strategy has. */
import * as InvalidOption from "../InvalidOption.ts"
import type { Policy } from "../Policy.ts"
import { nearestTo } from "./nearest.ts"

const slots: Readonly<Record<keyof Policy, true>> = {
  deadline: true,
  timeout: true,
  cache: true,
  coalesce: true,
  retry: true,
  retryBudget: true,
  hedge: true,
  throttle: true,
  bulkhead: true,
  concurrency: true,
  rateLimit: true,
  circuitBreaker: true
}

/** Throws `InvalidOption` for a slot that does not exist: `policy of endpoint read`. */
export const checkSlots = (policy: object, where: string): void => {
  for (const name of Object.keys(policy)) {
    if (Object.hasOwn(slots, name)) continue
    throw new InvalidOption.InvalidOption({
      option: `policy of ${where}`,
      actual: `a record with the slot "${name}"`,
      accepts: `a record of known slots${nearestTo(name, Object.keys(slots))}`
    })
  }
}
