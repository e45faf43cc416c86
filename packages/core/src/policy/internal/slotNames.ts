/** Rejects unknown slot names in a policy. */
import * as InvalidOption from "../InvalidOption.ts"
import { nearestTo } from "./nearest.ts"
import { order } from "./order.ts"
import * as OptionCheck from "../OptionCheck.ts"

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

const namesOf = (policy: object, option: string): ReadonlyArray<string> => {
  checkRecord(option, policy)
  return Object.keys(policy)
}

const checkRecord = OptionCheck.dictionary(OptionCheck.anything)
