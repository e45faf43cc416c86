/** Rejects unknown slot names in a policy. */
import * as InvalidOption from "../InvalidOption.ts"
import { nearestTo } from "./nearest.ts"
import { order } from "./order.ts"

const slots: ReadonlyArray<string> = [...order.map(({ name }) => name), "strategies"]

/** Throws `InvalidOption` for a slot that does not exist: `policy of endpoint read`. */
export const checkSlots = (policy: object, where: string): void => {
  for (const name of Object.keys(policy)) {
    if (slots.includes(name)) continue
    throw new InvalidOption.InvalidOption({
      option: `policy of ${where}`,
      actual: `a record with the slot "${name}"`,
      accepts: `a record of known slots${nearestTo(name, slots)}`
    })
  }
}
