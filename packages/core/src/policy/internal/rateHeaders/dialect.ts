/** What a dialect of rate headers accepts. */
import * as ErrorCodes from "../../ErrorCodes.ts"
import * as OptionCheck from "../../OptionCheck.ts"
import type * as RateHeaders from "../../RateHeaders.ts"
import * as Wait from "../../Wait.ts"

const quota = OptionCheck.record<RateHeaders.Quota>({
  scope: OptionCheck.text,
  scopeHeader: OptionCheck.httpToken,
  limit: OptionCheck.httpToken,
  remaining: OptionCheck.httpToken,
  usage: OptionCheck.httpToken,
  reset: OptionCheck.httpToken,
  resetUnit: Wait.checkUnit,
  windowHeader: OptionCheck.httpToken,
  windowMillis: OptionCheck.integer(1),
  drainMillis: OptionCheck.integer(1),
  counts: OptionCheck.oneOf("calls", "tokens")
})

const dialect = OptionCheck.record<RateHeaders.Dialect>({
  quotas: OptionCheck.required(OptionCheck.list(quota)),
  structured: OptionCheck.flag,
  throttlesWith: OptionCheck.list(OptionCheck.integer(100, 599)),
  rules: OptionCheck.list(ErrorCodes.checkRule)
})

/** What is a dialect, the name of one, or a list of them. */
export const checkInput = (names: ReadonlyArray<string>): OptionCheck.Check => {
  const one = OptionCheck.either((input) => typeof input === "object", dialect, OptionCheck.oneOf(...names))
  return OptionCheck.either(Array.isArray, OptionCheck.list(one), one)
}
