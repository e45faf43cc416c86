import { Context } from "effect"

/** Whether the errors by which a policy refuses have a stack. */
export const debug = Context.Reference<boolean>("causeway/policy/debug", { defaultValue: () => false })
