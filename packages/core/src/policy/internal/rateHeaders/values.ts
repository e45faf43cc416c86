/** Counts as rate limit headers carry them. */
import * as number from "../wait/number.ts"

/** The first number of a header: `100`, `99.5`, `5,000`, `100, 100;w=60`. */
export const numberOf = (header: string | undefined): number | undefined =>
  number.read(number.members(bounded(header).split(";", 1)[0] ?? "")[0] ?? "")

/** `32/40`: what is used of what there is. */
export const usageOf = (header: string | undefined): { used: number; limit: number } | undefined => {
  const found = /^\s*(\d{1,12})\/(\d{1,12})\s*$/.exec(bounded(header))
  return found === null ? undefined : { used: Number(found[1]), limit: Number(found[2]) }
}

const bounded = (header: string | undefined): string => header?.slice(0, 1_024) ?? ""
