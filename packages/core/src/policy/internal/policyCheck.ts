/** What an option accepts that is a policy. */
import type { Check } from "../OptionCheck.ts"
import { compile, type Policy } from "../Policy.ts"
import { checkSlots } from "./slotNames.ts"

/** Throws `InvalidOption` for what is no record of slots, and for a slot that makes no sense. */
export const checkPolicy: Check = (option, value) => {
  // What is no record of slots is refused, and each slot by its own check.
  const policy = value as Policy
  checkSlots(policy, option.replace(/^policy of /, ""))
  compile(policy)
}
