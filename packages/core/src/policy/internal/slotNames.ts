/** Rejects unknown slot names in a policy. */
import * as InvalidOption from "../InvalidOption.ts"
import { nearestTo } from "./nearest.ts"
import { order } from "./order.ts"

const slots: ReadonlyArray<string> = [...order.map(({ name }) => name), "strategies"]

/** Throws `InvalidOption` for a slot that does not exist: `policy of endpoint read`. */
export const checkSlots = (policy: object, where: string): void => {
  for (const name of namesOf(policy, `policy of ${where}`)) {
    if (slots.includes(name)) continue
    throw new InvalidOption.InvalidOption({
      option: `policy of ${where}`,
      actual: `a record with the slot ${InvalidOption.describe(name)}`,
      accepts: `a record of known slots${nearestTo(name, slots)}`
    })
  }
}

const namesOf = (policy: unknown, option: string): ReadonlyArray<string> => {
  try {
    if (typeof policy === "object" && policy !== null && !Array.isArray(policy)) return Object.keys(policy)
  } catch {
    // A proxy of the caller threw.
  }
  return InvalidOption.reject(option, policy, "a record of slots")
}
