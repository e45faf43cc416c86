import * as InvalidOption from "../../InvalidOption.ts"
import type { CallOptions, Compiled } from "../compiledPolicy.ts"

/** The shorter of the policy's deadline and the call's own; undefined without either. */
export const deadlineMillis = ({ deadline }: Compiled, options: CallOptions): number | undefined => {
  if (options.deadline === undefined) return deadline?.millis
  const own = InvalidOption.positiveMillis("options.deadline", options.deadline)
  return Math.min(own, deadline?.millis ?? Infinity)
}
