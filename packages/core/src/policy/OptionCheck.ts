/**
 * Checks of options, as data: a shape says what each option of a record accepts.
 *
 * **When to use**
 *
 * In a constructor that takes options, before anything is made of them.
 *
 * **Details**
 *
 * A check throws `InvalidOption` with the option's name, the value, and the accepted values. A record is closed: a name
 * that is not in its shape is refused, with the nearest name that is. `undefined` counts as left out.
 *
 * **Example** (Options of a strategy)
 *
 * ```ts
 * import { OptionCheck } from "@causeway/core/policy"
 *
 * interface Options {
 *   readonly limit: number
 *   readonly name?: string
 * }
 * const check = OptionCheck.record<Options>({
 *   limit: OptionCheck.required(OptionCheck.integer(1)),
 *   name: OptionCheck.text
 * })
 * const make = (options: Options) => {
 *   check("quota", options)
 *   return options.limit
 * }
 * console.assert(make({ limit: 5 }) === 5)
 * ```
 *
 * @since 0.1.0
 */
import { Context, type Duration, Effect, Layer, Redacted, Schedule, Schema, Stream } from "effect"
import { nearestTo } from "./internal/nearest.ts"
import * as InvalidOption from "./InvalidOption.ts"

/**
 * Throws `InvalidOption` for a value that the option of this name does not accept.
 *
 * @since 0.1.0
 * @category models
 */
export type Check = (option: string, value: unknown) => void

/**
 * A check of an option that can't be left out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Required {
  (option: string, value: unknown): void
  readonly isRequired: true
}

/**
 * What each option of a record accepts. Each option of the type is in it, and those that can't be left out are
 * {@link required}.
 *
 * @since 0.1.0
 * @category models
 */
export type Shape<Options> = {
  readonly [Name in NamesOf<Options>]-?: [IsRequired<Options, Name>] extends [true] ? Required : Check
}

type NamesOf<Options> = Options extends unknown ? keyof Options & string : never

/** `boolean` for a name that only some members of a union of options require. */
type IsRequired<Options, Name> = Options extends unknown
  ? Name extends keyof Options
    ? {} extends Pick<Options, Name>
      ? false
      : true
    : false
  : never

/**
 * Marks a check of an option that can't be left out.
 *
 * @since 0.1.0
 * @category combinators
 */
export const required = (check: Check): Required =>
  Object.assign((option: string, value: unknown) => check(option, value), { isRequired: true as const })

/**
 * Lets `undefined` pass, for a value that isn't in a record.
 *
 * @since 0.1.0
 * @category combinators
 */
export const optional =
  (check: Check): Check =>
  (option, value) => {
    if (value !== undefined) check(option, value)
  }

/**
 * Lets `null` pass too.
 *
 * @since 0.1.0
 * @category combinators
 */
export const nullable =
  (check: Check): Check =>
  (option, value) => {
    if (value !== null) check(option, value)
  }

/**
 * A closed record: names that the shape doesn't have are refused.
 *
 * @since 0.1.0
 * @category constructors
 */
export const record = <Options>(shape: Shape<Options>): Check => {
  const checks: ReadonlyArray<readonly [string, Check | Required]> = Object.entries(shape)
  const known = checks.map(([name]) => name)
  return (option, value) => {
    const given = fieldsOf(option, value, "a record of options")
    for (const name of given.keys()) {
      if (known.includes(name)) continue
      const actual = `a record with ${InvalidOption.describe(name)}`
      throw new InvalidOption.InvalidOption({
        option: option === "" ? "options" : option,
        actual,
        accepts: `a record of known options${nearestTo(name.slice(0, longestName), known)}`
      })
    }
    for (const [name, check] of checks) {
      const field = given.get(name)
      if (field !== undefined || "isRequired" in check) check(pathOf(option, name), field)
    }
  }
}

const longestName = 100

const pathOf = (option: string, name: string): string => (option === "" ? name : `${option}.${name}`)

/**
 * A union of records that are told apart by `_tag`: each tag has its shape.
 *
 * @since 0.1.0
 * @category constructors
 */
export const tagged = <Union extends { readonly _tag: string }>(shapes: {
  readonly [Tag in Union["_tag"]]: Shape<Omit<Extract<Union, { readonly _tag: Tag }>, "_tag">>
}): Check => {
  // Each member is checked by its own shape, which the type of `shapes` compares with the member.
  const entries = Object.entries(shapes) as ReadonlyArray<readonly [string, Shape<object>]>
  const records = new Map(entries.map(([tag, shape]) => [tag, record({ ...shape, _tag: anything })]))
  const checkTag = oneOf(...records.keys())
  return (option, value) => {
    const tag = fieldsOf(option, value, `a record with _tag ${alternatives([...records.keys()])}`).get("_tag")
    checkTag(pathOf(option, "_tag"), tag)
    records.get(String(tag))?.(option, value)
  }
}

/**
 * A text that the pattern matches.
 *
 * @since 0.1.0
 * @category constructors
 */
export const matching = (accepts: string, pattern: RegExp): Check =>
  satisfies(accepts, (value) => typeof value === "string" && pattern.test(value))

/**
 * A record with any names.
 *
 * @since 0.1.0
 * @category constructors
 */
export const dictionary =
  (check: Check, checkName: Check = () => {}): Check =>
  (option, value) => {
    for (const [name, field] of fieldsOf(option, value, "a record")) {
      checkName(option, name)
      check(pathOf(option, shortName(name)), field)
    }
  }

const shortName = (name: string): string => (name.length > longestName ? `${name.slice(0, longestName)}…` : name)

/** The fields, read once. What is no record, or can't be read, is refused. */
const fieldsOf = (option: string, value: unknown, accepts: string): ReadonlyMap<string, unknown> => {
  const fields = readFields(value)
  return fields ?? InvalidOption.reject(option === "" ? "options" : option, value, accepts)
}

const readFields = (value: unknown): ReadonlyMap<string, unknown> | undefined => {
  try {
    if (typeof value !== "object" || value === null) return undefined
    // An array, a date, a map or bytes have no options, nor has a promise.
    if (Array.isArray(value) || builtIns.some((type) => value instanceof type)) return undefined
    return new Map(Object.entries(value))
  } catch {
    // A getter or a proxy of the caller threw.
    return undefined
  }
}

const builtIns = [Date, Map, Set, RegExp, Promise, Error, ArrayBuffer, Uint8Array, WeakMap]

/**
 * An array, each item of which passes the check, with at least so many items.
 *
 * @since 0.1.0
 * @category constructors
 */
export const list =
  (check: Check, minimum = 0): Check =>
  (option, value) => {
    const items = readItems(value)
    if (items === undefined || items.length < minimum) {
      InvalidOption.reject(option, value, minimum === 0 ? "an array" : `an array of at least ${minimum}`)
    } else {
      items.forEach((item, index) => check(`${option}[${index}]`, item))
    }
  }

const readItems = (value: unknown): ReadonlyArray<unknown> | undefined => {
  try {
    return Array.isArray(value) ? Array.from(value) : undefined
  } catch {
    return undefined
  }
}

/**
 * A set, each item of which passes the check.
 *
 * @since 0.1.0
 * @category constructors
 */
export const set =
  (check: Check): Check =>
  (option, value) =>
    value instanceof Set ? list(check)(option, [...value]) : InvalidOption.reject(option, value, "a Set")

/**
 * A value for which the predicate holds; one for which it throws is refused.
 *
 * @since 0.1.0
 * @category constructors
 */
export const satisfies =
  (accepts: string, predicate: (value: unknown) => boolean): Check =>
  (option, value) => {
    if (!holds(predicate, value)) InvalidOption.reject(option, value, accepts)
  }

const holds = (predicate: (value: unknown) => boolean, value: unknown): boolean => {
  try {
    return predicate(value)
  } catch {
    return false
  }
}

/**
 * The first check for values of which the predicate holds, the other one for the rest.
 *
 * @since 0.1.0
 * @category combinators
 */
export const either =
  (predicate: (value: unknown) => boolean, check: Check, otherwise: Check): Check =>
  (option, value) =>
    holds(predicate, value) ? check(option, value) : otherwise(option, value)

/**
 * Any value, `undefined` too.
 *
 * @since 0.1.0
 * @category constructors
 */
export const anything: Check = () => {}

/**
 * One of these texts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const oneOf =
  (...values: ReadonlyArray<string | number | boolean>): Check =>
  (option, value) => {
    if (values.some((known) => known === value)) return
    const names = values.filter((known) => typeof known === "string")
    const hint = typeof value === "string" && values.length > 20 ? nearestTo(value.slice(0, longestName), names) : ""
    InvalidOption.reject(option, value, `${alternatives(values)}${hint}`)
  }

const alternatives = (values: ReadonlyArray<string | number | boolean>): string => {
  const texts = values.map((value) => InvalidOption.describe(value))
  return texts.length < 2 ? texts.join("") : `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`
}

/**
 * A whole number from `minimum`, and up to `maximum` where there is one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const integer =
  (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): Check =>
  (option, value) => {
    if (Number.isSafeInteger(value) && Number(value) >= minimum && Number(value) <= maximum) return
    const range = maximum === Number.MAX_SAFE_INTEGER ? `of at least ${minimum}` : `from ${minimum} to ${maximum}`
    InvalidOption.reject(option, value, `a whole number ${range}`)
  }

/**
 * A finite number of at least `minimum`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const number = (minimum: number): Check =>
  satisfies(`a number of at least ${minimum}`, (value) => Number.isFinite(value) && Number(value) >= minimum)

/**
 * A number above 0 and at most 1.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ratio: Check = (option, value) => {
  // The function checks the type as well.
  InvalidOption.ratio(option, value as number)
}

/**
 * A finite duration of zero or more.
 *
 * @since 0.1.0
 * @category constructors
 */
export const duration: Check = (option, value) => {
  // The function checks the type as well.
  InvalidOption.finiteMillis(option, value as Duration.Input)
}

/**
 * A finite duration above zero.
 *
 * @since 0.1.0
 * @category constructors
 */
export const positiveDuration: Check = (option, value) => {
  // The function checks the type as well.
  InvalidOption.positiveMillis(option, value as Duration.Input)
}

/**
 * A text that is not empty.
 *
 * @since 0.1.0
 * @category constructors
 */
export const text: Check = (option, value) => {
  // The function checks the type as well.
  InvalidOption.nonEmpty(option, value as string)
}

/**
 * A text, which may be empty.
 *
 * @since 0.1.0
 * @category constructors
 */
export const anyText: Check = satisfies("a text", (value) => typeof value === "string")

/**
 * The name of a header or a cookie.
 *
 * @since 0.1.0
 * @category constructors
 */
export const httpToken: Check = (option, value) => {
  // The function checks the type as well.
  InvalidOption.httpToken(option, value as string)
}

/**
 * `true` or `false`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const flag: Check = oneOf(true, false)

/**
 * A function.
 *
 * @since 0.1.0
 * @category constructors
 */
export const callback: Check = satisfies("a function", (value) => typeof value === "function")

/**
 * A `Schema`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const schema: Check = satisfies("a Schema", Schema.isSchema)

/**
 * An `Effect`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const effect: Check = satisfies("an Effect", Effect.isEffect)

/**
 * A `Schedule`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const schedule: Check = satisfies("a Schedule", Schedule.isSchedule)

/**
 * A `Stream`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const stream: Check = satisfies("a Stream", Stream.isStream)

/**
 * A `Layer`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const layer: Check = satisfies("a Layer", Layer.isLayer)

/**
 * A value that may be secret, for which the predicate holds. A refused one is described by its kind only.
 *
 * @since 0.1.0
 * @category constructors
 */
export const secret =
  (accepts: string, predicate: (value: unknown) => boolean): Check =>
  (option, value) => {
    if (holds(predicate, value)) return
    const actual = typeof value === "string" ? "a text" : typeof value === "number" ? "a number" : undefined
    throw new InvalidOption.InvalidOption({ option, actual: actual ?? InvalidOption.describe(value), accepts })
  }

/**
 * A `Redacted` text.
 *
 * @since 0.1.0
 * @category constructors
 */
export const redacted: Check = secret(
  "a Redacted text",
  (value) => Redacted.isRedacted(value) && typeof Redacted.value(value) === "string"
)

/**
 * The class of a service, such as an integration's: a key of Effect's `Context`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const service: Check = satisfies("the class of a service", Context.isKey)
