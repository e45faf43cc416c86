/**
 * Parses the wait that a provider states, in every form that providers use.
 *
 * **When to use**
 *
 * In a custom `classify` or dialect, for a header or body field that states a wait. Retry and the rate limit use it for
 * their headers.
 *
 * **Details**
 *
 * | form | examples |
 * |---|---|
 * | a number | `7`, `1.5`, `.5`, `6e-05`, `1,000` |
 * | a duration with units | `1m30s`, `6m0s`, `1d2h`, `20ms`, `100µs`, `30 seconds` |
 * | a duration of ISO 8601 | `PT30S`, `PT1M0.5S` |
 * | a time since the epoch | `1735689600`, `1735689600.5`, `1735689600000` |
 * | a date of HTTP | `Wed, 21 Oct 2026 07:28:00 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994` |
 * | the same with another zone | `Wed, 21 Oct 2026 07:28:00 UTC`, `21 Oct 2026 07:28:00 +0200` |
 * | a time of RFC 3339 | `2026-10-21T07:28:00Z`, `2026-10-21 07:28:00.25 +0000` |
 * | a list of these | `1, 1`, `30, 60`: the longest counts |
 *
 * Upper and lower case, white space and quotes around a value make no difference.
 *
 * - Only a number needs a {@link Unit}. From 10^9 on it is a time since the epoch: in seconds, from 10^12 in milliseconds,
 *   from 10^15 in microseconds and from 10^18 in nanoseconds.
 * - Commas without a space beside them, each before exactly three digits, separate thousands: `1,000` is a thousand; `1, 000`
 *   and `10,20` are lists.
 * - A time that is past and a negative number are no wait: 0.
 * - Anything else is ignored. The result is a whole number of milliseconds from 0 to a century.
 *
 * **Gotchas**
 *
 * Times are measured from the answer's own `Date`, not from the local clock, because the provider wrote both: see
 * {@link timeOf}. A time of RFC 3339 without a zone is ignored, because its zone is unknown.
 *
 * **Example** (A reset of Groq and one of GitHub, with a local clock that is five minutes fast)
 *
 * ```ts
 * import { Wait } from "@causeway/core/policy"
 *
 * const date = "Thu, 01 Jan 2026 12:00:00 GMT"
 * const response = { headers: { date }, now: Date.parse(date) + 300_000 }
 *
 * console.assert(Wait.millis("2m59.56s", Wait.timeOf(response)) === 179_560)
 * console.assert(Wait.millis("1767268860", Wait.timeOf(response)) === 60_000)
 * ```
 *
 * @since 0.1.0
 */
import * as dateTime from "./internal/wait/dateTime.ts"
import * as duration from "./internal/wait/duration.ts"
import * as number from "./internal/wait/number.ts"
import * as OptionCheck from "./OptionCheck.ts"

/**
 * The unit of a plain number. All other forms are unambiguous.
 *
 * - `seconds`: seconds from now, or a time since the epoch where it is too large for that. `secondsOrEpoch`, `duration` and
 *   `dateTime` are the same, and document the provider's usual form.
 * - `millis`: milliseconds from now, or a time since the epoch from 10^12 on.
 * - `epochSeconds`, `epochMillis`: a time since the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export type Unit = "seconds" | "millis" | "epochSeconds" | "epochMillis" | "duration" | "dateTime" | "secondsOrEpoch"

/**
 * Throws `InvalidOption` for what is no {@link Unit}.
 *
 * @since 0.1.0
 * @category validation
 */
export const checkUnit: OptionCheck.Check = (option, value) =>
  OptionCheck.oneOf(...Object.keys(fromNumber))(option, value)

/**
 * The wait of a text in milliseconds from `now` (milliseconds of the epoch), or undefined if the text states none. `unit` is
 * the unit of a plain number. Default: seconds.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 * @since 0.1.0
 * @category getters
 */
export const millis = (text: string | undefined, now: number, unit: Unit = "seconds"): number | undefined => {
  if (text === undefined || text.length > longestText) return undefined
  const bare = unquoted(text).toLowerCase()
  const whole = one(bare, now, unit)
  if (whole !== undefined) return whole
  const waits = number.members(bare).flatMap((member) => one(unquoted(member), now, unit) ?? [])
  return waits.length === 0 ? undefined : Math.max(...waits)
}

/**
 * The time of an answer by the provider's clock: its `Date`. Without a `Date`, and for an answer from a cache (an `Age`
 * above 0), the local clock (`now`).
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#field.date
 * @since 0.1.0
 * @category getters
 */
export const timeOf = ({ headers, now }: Answered): number => {
  const { age, date } = headers
  if (date === undefined || date.length > longestText) return now
  if (age !== undefined && number.read(age.trim()) !== 0) return now
  return dateTime.read(unquoted(date).toLowerCase(), now) ?? now
}

/**
 * The headers of an answer in lower case, and when it arrived (milliseconds of the epoch).
 *
 * @since 0.1.0
 * @category models
 */
export interface Answered {
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly now: number
}

const longestText = 1_024

const longestWait = 100 * 365 * 24 * 3_600_000

const unquoted = (text: string): string => {
  const trimmed = text.trim()
  const first = trimmed[0]
  if (trimmed.length < 2 || (first !== '"' && first !== "'") || !trimmed.endsWith(first)) return trimmed
  const inside = trimmed.slice(1, -1)
  return inside.includes(first) ? trimmed : inside.trim()
}

/** The value before parameters, as in `50;w=60`. */
const one = (text: string, now: number, unit: Unit): number | undefined => {
  const value = text.split(";", 1)[0]?.trim() ?? ""
  const count = number.read(value)
  if (count !== undefined) return bounded(fromNumber[unit](count, now))
  const after = duration.read(value)
  if (after !== undefined) return bounded(after)
  const at = dateTime.read(value, now)
  return at === undefined ? undefined : bounded(at - now)
}

/** Whole milliseconds, rounded up, ignoring errors of binary fractions. */
const bounded = (millis: number): number => {
  const within = Math.min(longestWait, Math.max(0, millis))
  return Math.ceil(Math.round(within * 1_000) / 1_000)
}

/** Seconds, milliseconds, microseconds or nanoseconds since the epoch. */
const epochMillis = (value: number): number => {
  if (value >= 1e18) return value / 1e6
  if (value >= 1e15) return value / 1e3
  return value >= 1e12 ? value : value * 1_000
}

type FromNumber = (value: number, now: number) => number

const fromSeconds: FromNumber = (value, now) => (value >= 1e9 ? epochMillis(value) - now : value * 1_000)

const fromNumber: Readonly<Record<Unit, FromNumber>> = {
  seconds: fromSeconds,
  secondsOrEpoch: fromSeconds,
  duration: fromSeconds,
  dateTime: fromSeconds,
  millis: (value, now) => (value >= 1e12 ? epochMillis(value) - now : value),
  epochSeconds: (value, now) => epochMillis(value) - now,
  epochMillis: (value, now) => (value < 1e9 ? value : epochMillis(value)) - now
}
