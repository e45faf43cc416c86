/**
 * The error of an option that makes no sense, thrown where the value is made.
 *
 * **When to use**
 *
 * You rarely meet it: it is thrown while a module is loaded, by the line that holds the mistake.
 *
 * **Details**
 *
 * It names the option, what it got and what it accepts.
 *
 * **Gotchas**
 *
 * It is thrown, not returned: a nonsense option is a mistake in the program, not something to recover from.
 *
 * **Example** (A limit of zero)
 *
 * ```ts
 * import { RateLimit } from "@causeway/core/policy"
 *
 * try {
 *   RateLimit.make({ limit: 0, window: "1 second" })
 * } catch (error) {
 *   console.assert(String(error).includes("rateLimit.limit"))
 * }
 * ```
 *
 * @since 0.1.0
 */
import { Data, Duration, Option } from "effect"

/**
 * An option that makes no sense: its name, what it got, and what it accepts.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidOption extends Data.TaggedError("InvalidOption")<{
  readonly option: string
  readonly actual: string
  readonly accepts: string
}> {
  override get message(): string {
    return `${this.option} is ${this.actual}, but must be ${this.accepts}`
  }
}

const describe = (value: unknown): string =>
  typeof value === "string"
    ? JSON.stringify(value)
    : Duration.isDuration(value)
      ? Duration.format(value)
      : String(value)

const reject = (option: string, value: unknown, accepts: string): never => {
  throw new InvalidOption({ option, actual: describe(value), accepts })
}

/**
 * Returns a whole number of at least `minimum`, or throws {@link InvalidOption}.
 *
 * @since 0.1.0
 * @category validation
 */
export const integer = (option: string, value: number, minimum: number): number =>
  Number.isSafeInteger(value) && value >= minimum
    ? value
    : reject(option, value, `a whole number of at least ${minimum}`)

/**
 * Returns a number above 0 and at most 1, or throws {@link InvalidOption}.
 *
 * @since 0.1.0
 * @category validation
 */
export const ratio = (option: string, value: number): number =>
  value > 0 && value <= 1 ? value : reject(option, value, "a ratio above 0 and at most 1")

/**
 * Returns a finite duration above zero in milliseconds, or throws {@link InvalidOption}.
 *
 * @since 0.1.0
 * @category validation
 */
export const positiveMillis = (option: string, value: Duration.Input): number => {
  const millis = finiteMillis(option, value)
  return millis > 0 ? millis : reject(option, value, "a duration above zero")
}

/**
 * Returns a finite duration of zero or more in milliseconds, or throws {@link InvalidOption}.
 *
 * @since 0.1.0
 * @category validation
 */
export const finiteMillis = (option: string, value: Duration.Input): number => {
  const duration = isDurationInput(value) ? Option.getOrUndefined(Duration.fromInput(value)) : undefined
  const millis = duration === undefined ? Number.NaN : Duration.toMillis(duration)
  return Number.isFinite(millis) && millis >= 0
    ? millis
    : reject(option, value, 'a finite duration such as "2 seconds", or a number of milliseconds')
}

const units: ReadonlySet<string> = new Set([
  "weeks",
  "days",
  "hours",
  "minutes",
  "seconds",
  "milliseconds",
  "microseconds",
  "nanoseconds"
])

/** Whether a value can be a duration: `Duration.fromInput` takes `NaN`, an empty object and unknown units for no time. */
const isDurationInput = (value: unknown): boolean => {
  if (typeof value === "number") return !Number.isNaN(value)
  if (typeof value !== "object" || value === null) return typeof value === "string" || typeof value === "bigint"
  if (Duration.isDuration(value)) return true
  if (Array.isArray(value)) return value.length === 2 && value.every(Number.isFinite)
  const entries = Object.entries(value)
  const isAmount = (amount: unknown) => amount === undefined || Number.isFinite(amount)
  return entries.length > 0 && entries.every(([unit, amount]) => units.has(unit) && isAmount(amount))
}

/**
 * Returns a text that is not empty, or throws {@link InvalidOption}.
 *
 * @since 0.1.0
 * @category validation
 */
export const nonEmpty = (option: string, value: string): string =>
  value === "" ? reject(option, value, "a text that is not empty") : value

/**
 * Returns a name that a header or a cookie can have, or throws {@link InvalidOption}.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
 * @since 0.1.0
 * @category validation
 */
export const httpToken = (option: string, value: string): string =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(value) ? value : reject(option, value, "a name of visible ASCII without separators")
