/** Slots that take what a constructor made, and no options of it. */
import * as OptionCheck from "../OptionCheck.ts"
import { isMade } from "./made.ts"

/** A value that a constructor of this module made. */
export const made = (module: string): OptionCheck.Check =>
  OptionCheck.satisfies(`what a constructor of ${module.split("/")[0]} returns`, (value) =>
    isMade(`~causeway/policy/${module}`, value)
  )

/** Returns the value of a slot, or throws `InvalidOption` for one that no constructor of this module made. */
export const compileMade = (slot: string, module: string) => {
  const check = made(module)
  return <Made>(value: Made): Made => {
    check(slot, value)
    return value
  }
}
