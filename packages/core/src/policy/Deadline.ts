/**
 * Deadline: the longest that a whole call takes, waits and retries included.
 *
 * **When to use**
 *
 * On what somebody waits for. A bare duration does; {@link make} also tells the provider how long is left.
 *
 * **Details**
 *
 * What is left of it shortens the timeout of each attempt, and no delay is begun that would end after it.
 *
 * **Gotchas**
 *
 * With a `header`, the time left is sent to the provider in whole milliseconds, at least 1, anew at each attempt.
 *
 * **Example** (Telling the provider)
 *
 * ```ts
 * import { Deadline } from "@causeway/core/policy"
 *
 * const deadline = Deadline.make({ after: "5 seconds", header: "x-deadline-ms" })
 *
 * console.assert(deadline.millis === 5_000)
 * ```
 *
 * @since 0.1.0
 */
import type { Duration } from "effect"
import * as InvalidOption from "./InvalidOption.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { isMade } from "./internal/made.ts"

const TypeId = "~causeway/policy/Deadline"

/**
 * A validated deadline.
 *
 * @since 0.1.0
 * @category models
 */
export interface Deadline {
  readonly [TypeId]: typeof TypeId
  readonly millis: number
  /** The header that carries the milliseconds left, in lower case. */
  readonly header: string | undefined
}

/**
 * What the `deadline` slot takes: a duration, or a deadline made by {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Duration.Input | Deadline

const checkOptions = OptionCheck.record<{ readonly after: Duration.Input; readonly header?: string }>({
  after: OptionCheck.required(OptionCheck.positiveDuration),
  header: OptionCheck.httpToken
})

/**
 * Makes a deadline; throws `InvalidOption` for a duration that makes no sense, or a name that no header has.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: { readonly after: Duration.Input; readonly header?: string }): Deadline => {
  checkOptions("deadline", options)
  return deadlineOf("deadline.after", options.after, options.header?.toLowerCase())
}

const deadlineOf = (option: string, after: Duration.Input, header: string | undefined): Deadline => ({
  [TypeId]: TypeId,
  millis: InvalidOption.positiveMillis(option, after),
  header
})

/**
 * Takes a deadline as it is, and a duration through {@link make}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): Deadline =>
  isDeadline(input) ? input : deadlineOf("deadline", input, undefined)

const isDeadline = (input: Input): input is Deadline => isMade(TypeId, input)
