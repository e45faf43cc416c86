/** What a failure rule accepts. */
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as FailureRule from "../FailureRule.ts"
import * as InvalidOption from "../../policy/InvalidOption.ts"

const isFunction = (value: unknown): boolean => typeof value === "function"

const status = OptionCheck.satisfies(
  'a status from 200 to 599, "2xx", "3xx", "4xx" or "5xx"',
  (value) =>
    (Number.isInteger(value) && Number(value) >= 200 && Number(value) <= 599) ||
    (typeof value === "string" && ["2xx", "3xx", "4xx", "5xx"].includes(value))
)

/** Throws `InvalidOption` for a rule that makes no sense. */
export const checkRule = OptionCheck.record<FailureRule.Any>({
  status,
  when: OptionCheck.required(OptionCheck.schema),
  error: OptionCheck.schema,
  category: OptionCheck.required(
    OptionCheck.either(
      isFunction,
      OptionCheck.callback,
      OptionCheck.oneOf("transient", "throttled", "unauthorized", "rejected", "invalid")
    )
  ),
  retryAfter: OptionCheck.either(isFunction, OptionCheck.callback, OptionCheck.duration)
})

const checkList = OptionCheck.list(OptionCheck.anything)

/** Throws `InvalidOption` for a rule that makes no sense. `where` names the endpoint or the integration. */
export const checkRules = (where: string, rules: ReadonlyArray<FailureRule.Any>): void => {
  checkList(`failures of ${where}`, rules)
  for (const [index, rule] of rules.entries()) {
    try {
      checkRule(`failures[${index}]`, rule)
    } catch (error) {
      throw error instanceof InvalidOption.InvalidOption ? placed(error, where) : error
    }
  }
}

/** Names the endpoint or the integration too. */
const placed = ({ accepts, actual, option }: InvalidOption.InvalidOption, where: string) =>
  new InvalidOption.InvalidOption({ option: `${option} of ${where}`, actual, accepts })
