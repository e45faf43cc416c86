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
import { Data, Duration, Option, Redacted } from "effect"
import * as Redact from "./Redact.ts"

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

/**
 * Describes a value for {@link InvalidOption}. It never throws, is short whatever the value, calls no `toString` and no
 * `toJSON`, and shows no secret.
 *
 * @since 0.1.0
 * @category formatting
 */
export const describe = (value: unknown): string => {
  switch (typeof value) {
    case "string":
      return JSON.stringify(shortened(value))
    case "bigint":
      return value > -longestBigint && value < longestBigint ? `${value}n` : "a bigint beyond 64 bits"
    case "symbol":
      return shortened(String(value))
    case "function":
      return "a function"
    case "object":
      return value === null ? "null" : describeObject(value)
    default:
      return String(value)
  }
}

const longestText = 100

/** Secrets are removed before the text is cut, so that no half of one stays; more of the text is never shown. */
const shortened = (text: string): string => {
  const clean = Redact.secrets(text.slice(0, longestText * 10), [])
  return clean.length > longestText || text.length > longestText * 10 ? `${clean.slice(0, longestText)}…` : clean
}

const longestBigint = 2n ** 64n

/** Even to look at an object can run its code, which may throw: a proxy's, or a getter's. */
const describeObject = (value: object): string => {
  try {
    if (Redacted.isRedacted(value)) return "<redacted>"
    if (Duration.isDuration(value)) return Duration.format(value)
    if (Array.isArray(value)) return value.length === 0 ? "an empty array" : "an array"
    if (value instanceof Date) return describeDate(Date.prototype.getTime.call(value))
    return "an object"
  } catch {
    return "an object"
  }
}

const describeDate = (time: number): string => (Number.isNaN(time) ? "an invalid date" : new Date(time).toISOString())

/**
 * Throws {@link InvalidOption}.
 *
 * @since 0.1.0
 * @category validation
 */
export const reject = (option: string, value: unknown, accepts: string): never => {
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
  typeof value === "number" && value > 0 && value <= 1 ? value : reject(option, value, "a ratio above 0 and at most 1")

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
  const millis = millisOf(value)
  return Number.isFinite(millis) && millis >= 0
    ? millis
    : reject(option, value, 'a finite duration such as "2 seconds", or a number of milliseconds')
}

const units = new Set(["weeks", "days", "hours", "minutes", "seconds", "milliseconds", "microseconds", "nanoseconds"])

/**
 * Effect takes NaN, `{}` and parts that are not numbers as zero: a retention of NaN would delete at once.
 * NaN for what is no duration.
 */
const millisOf = (value: unknown): number => {
  try {
    if (!isDurationInput(value)) return Number.NaN
    const duration = Option.getOrUndefined(Duration.fromInput(value))
    return duration === undefined ? Number.NaN : Duration.toMillis(duration)
  } catch {
    return Number.NaN
  }
}

const isDurationInput = (value: unknown): value is Duration.Input => {
  if (typeof value !== "object") {
    return typeof value === "number" ? !Number.isNaN(value) : typeof value === "string" || typeof value === "bigint"
  }
  if (value === null) return false
  if (Duration.isDuration(value)) return true
  if (Array.isArray(value)) return value.length === 2 && value.every(Number.isFinite)
  const parts = Object.entries(value).filter(([, part]) => part !== undefined)
  return parts.length > 0 && parts.every(([unit, part]) => units.has(unit) && Number.isFinite(part))
}

/**
 * Returns a text that is not empty, or throws {@link InvalidOption}.
 *
 * @since 0.1.0
 * @category validation
 */
export const nonEmpty = (option: string, value: string): string =>
  typeof value === "string" && value !== "" ? value : reject(option, value, "a text that is not empty")

/**
 * Returns a name that a header or a cookie can have, or throws {@link InvalidOption}.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
 * @since 0.1.0
 * @category validation
 */
export const httpToken = (option: string, value: string): string =>
  typeof value === "string" && /^[\w!#$%&'*+.^`|~-]+$/.test(value)
    ? value
    : reject(option, value, "a name of visible ASCII without separators")
