/**
 * Bulkhead: at most so many calls in flight at once, the others refused or waiting in a fair, bounded queue.
 *
 * **When to use**
 *
 * When the provider allows so many connections or concurrent requests, and to keep one slow provider from using up what
 * all others need.
 *
 * **Details**
 *
 * An attempt takes a place while it is in flight. When all are taken it waits, if there is room to wait, for at most
 * `maxWait`; else it is refused at once with `BulkheadFull`. Those that wait are served fairly: the values of `key` take
 * turns, and within one the higher `priority` of the call goes first, then whoever came first. A full queue makes room for
 * a key that has fewer in it, so that one flooding tenant neither starves the others nor locks them out.
 *
 * **Gotchas**
 *
 * `key` shares the places out, it does not multiply them: ten keys and `maxInFlight: 5` are five in flight. Without
 * `maxWaiting` nothing waits.
 *
 * **Example** (Ten in flight, fair between tenants)
 *
 * ```ts
 * import { Bulkhead } from "@causeway/core/policy"
 *
 * const tenantOf = (request: unknown): string =>
 *   typeof request === "object" && request !== null && "tenant" in request ? String(request.tenant) : ""
 *
 * const bulkhead = Bulkhead.make({ maxInFlight: 10, maxWaiting: 100, maxWait: "2 seconds", key: (call) => tenantOf(call.request) })
 *
 * console.assert(bulkhead.maxWaitMillis === 2000)
 * ```
 *
 * @since 0.1.0
 */
import type { Duration } from "effect"
import * as InvalidOption from "./InvalidOption.ts"
import type { KeyInput } from "./RateLimit.ts"
import * as OptionCheck from "./OptionCheck.ts"
import { isMade } from "./internal/made.ts"

const TypeId = "~causeway/policy/Bulkhead"

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The most attempts in flight at once, over all keys. */
  readonly maxInFlight: number
  /** The most attempts that wait at once, over all keys. Default: 0, nothing waits. */
  readonly maxWaiting?: number
  /** The longest that an attempt waits for a place. Default: 30 seconds. */
  readonly maxWait?: Duration.Input
  /** Whose turn a waiting attempt takes. Default: all wait in one line. */
  readonly key?: (call: KeyInput) => string
}

/**
 * A validated bulkhead.
 *
 * @since 0.1.0
 * @category models
 */
export interface Bulkhead {
  readonly [TypeId]: typeof TypeId
  readonly _tag: "Bulkhead"
  readonly maxInFlight: number
  readonly maxWaiting: number
  readonly maxWaitMillis: number
  readonly key: ((call: KeyInput) => string) | undefined
}

/**
 * What a bulkhead is made from: plain options, or a bulkhead made by {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export type Input = Options | Bulkhead

const checkOptions = OptionCheck.record<Options>({
  maxInFlight: OptionCheck.required(OptionCheck.integer(1)),
  maxWaiting: OptionCheck.integer(0),
  maxWait: OptionCheck.duration,
  key: OptionCheck.callback
})

/**
 * Makes a bulkhead; throws `InvalidOption` for numbers that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Bulkhead => {
  checkOptions("bulkhead", options)
  return {
    [TypeId]: TypeId,
    _tag: "Bulkhead",
    maxInFlight: options.maxInFlight,
    maxWaiting: options.maxWaiting ?? 0,
    maxWaitMillis: InvalidOption.finiteMillis("bulkhead.maxWait", options.maxWait ?? 30_000),
    key: options.key
  }
}

/**
 * Takes a bulkhead as it is, and plain options through {@link make}.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: Input): Bulkhead => (isMade(TypeId, input) ? input : make(input))
