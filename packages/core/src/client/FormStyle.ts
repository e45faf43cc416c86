/**
 * How nested data is written in a form or a query: `items[0][price]=x`, `expand[]=a`, `a.b=c`, `ids=1&ids=2`, `ids=1,2`.
 *
 * **When to use**
 *
 * On the `formStyle` of an endpoint whose payload is `HttpApiSchema.asFormUrlEncoded`, and on its `queryStyle`. Providers
 * differ, and none of the styles is a standard: state the one in the provider's documentation.
 *
 * **Details**
 *
 * | style | an array | objects in an array | the same bytes as |
 * |---|---|---|---|
 * | {@link indices} | `a[0]=1&a[1]=2` | `a[0][b]=1` | `qs` by default; `stripe` with `brackets: "literal"` |
 * | {@link brackets} | `a[]=1&a[]=2` | `a[][b]=1` | `qs` with `arrayFormat: "brackets"` |
 * | {@link repeat} | `a=1&a=2` | refused | `qs` with `arrayFormat: "repeat"` |
 * | {@link comma} | `a=1,2` | refused | `qs` with `arrayFormat: "comma"` |
 * | {@link dots} | `a[0]=1&a[1]=2` | `a[0].b=1` | `qs` with `allowDots` |
 * | {@link numbered} | `a.1=1&a.2=2` | `a.1.b=1` | the query protocol of AWS |
 *
 * {@link make} combines any way to write arrays with any way to write objects. `null` is written as an empty value, and
 * `undefined` fields are left out. A schema that the style cannot express throws `InvalidOption` where the endpoint is
 * defined; a value that it cannot express is an `EncodeFailure`.
 *
 * Without a style, arrays repeat their name and objects use brackets; an array of objects or of arrays is refused.
 *
 * **Gotchas**
 *
 * No style can write an empty array or object, and omitting it changes the meaning of the request: it is an
 * `EncodeFailure`. `empty: "omit"` leaves it out, as `stripe` and `qs` do.
 *
 * **Example** (A form for Stripe)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { HttpApiSchema } from "effect/http-api"
 * import { Endpoint, FormStyle } from "@causeway/core/client"
 *
 * const Items = Schema.Array(Schema.Struct({ price: Schema.String, quantity: Schema.optional(Schema.Int) }))
 *
 * // items[0][price]=price_1&items[0][quantity]=2
 * const createSubscription = Endpoint.post("createSubscription", "/subscriptions", {
 *   payload: Schema.Struct({ items: Items }).pipe(HttpApiSchema.asFormUrlEncoded()),
 *   formStyle: FormStyle.make({ arrays: "indices", brackets: "literal", spaces: "percent", empty: "omit" })
 * })
 *
 * console.assert(createSubscription.method === "POST")
 * ```
 *
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 * @since 0.1.0
 */
import * as OptionCheck from "../policy/OptionCheck.ts"
import { isMade } from "../policy/internal/made.ts"

const TypeId = "~causeway/client/FormStyle"

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How the elements of an array are named: `a[0]`, `a[]`, `a.0`, `a` each time, or `a` once with commas. */
  readonly arrays: "indices" | "brackets" | "dots" | "repeat" | "comma"
  /** How the fields of a nested object are named: `a[b]` or `a.b`. Default: `brackets`. */
  readonly objects?: "brackets" | "dots"
  /** The index of an array's first element. Default: 0. */
  readonly firstIndex?: 0 | 1
  /** Rejects (`refuse`) or omits an empty array or object, or writes an array as `a[]` (`brackets`). Default: `refuse`. */
  readonly empty?: "refuse" | "omit" | "brackets"
  /** Writes a `null` as `a=` (`empty`), or omits it. Default: `empty`. */
  readonly nulls?: "empty" | "omit"
  /** A space is `+` or `%20`. Default: `plus` in a form, `percent` in a query. */
  readonly spaces?: "plus" | "percent"
  /** Whether `[` and `]` are escaped. Default: `escaped`. */
  readonly brackets?: "escaped" | "literal"
  /** Whether the commas between elements are escaped. Default: `literal`. */
  readonly commas?: "escaped" | "literal"
}

/**
 * A validated style.
 *
 * @since 0.1.0
 * @category models
 */
export interface FormStyle extends Required<Omit<Options, "spaces">> {
  readonly [TypeId]: typeof TypeId
  readonly spaces: "plus" | "percent" | undefined
}

const checkOptions = OptionCheck.record<Options>({
  arrays: OptionCheck.required(OptionCheck.oneOf("indices", "brackets", "dots", "repeat", "comma")),
  objects: OptionCheck.oneOf("brackets", "dots"),
  firstIndex: OptionCheck.oneOf(0, 1),
  empty: OptionCheck.oneOf("refuse", "omit", "brackets"),
  nulls: OptionCheck.oneOf("empty", "omit"),
  spaces: OptionCheck.oneOf("plus", "percent"),
  brackets: OptionCheck.oneOf("escaped", "literal"),
  commas: OptionCheck.oneOf("escaped", "literal")
})

/**
 * Creates a style; throws `InvalidOption` for an invalid option.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): FormStyle => {
  checkOptions("formStyle", options)
  return {
    [TypeId]: TypeId,
    arrays: options.arrays,
    objects: options.objects ?? "brackets",
    firstIndex: options.firstIndex ?? 0,
    empty: options.empty ?? "refuse",
    nulls: options.nulls ?? "empty",
    spaces: options.spaces,
    brackets: options.brackets ?? "escaped",
    commas: options.commas ?? "literal"
  }
}

/**
 * Whether a value is a style.
 *
 * @since 0.1.0
 * @category guards
 */
export const isFormStyle = (value: unknown): value is FormStyle => isMade(TypeId, value)

/**
 * Brackets with indices: `items[0][price]=x`.
 *
 * @since 0.1.0
 * @category constants
 */
export const indices: FormStyle = make({ arrays: "indices" })

/**
 * Brackets without indices: `expand[]=a&expand[]=b`. In an array of objects, a new element begins where a name repeats:
 * each element must begin with the same field. An array in an array is rejected.
 *
 * @since 0.1.0
 * @category constants
 */
export const brackets: FormStyle = make({ arrays: "brackets" })

/**
 * The name once for each element: `ids=1&ids=2`. Arrays hold no objects and no arrays.
 *
 * @since 0.1.0
 * @category constants
 */
export const repeat: FormStyle = make({ arrays: "repeat" })

/**
 * All elements in one value: `ids=1,2`. Arrays hold no objects, no arrays and no text with a comma.
 *
 * @since 0.1.0
 * @category constants
 */
export const comma: FormStyle = make({ arrays: "comma" })

/**
 * Dots between the names of objects, indices in brackets: `items[0].price=x&card.number=y`.
 *
 * @since 0.1.0
 * @category constants
 */
export const dots: FormStyle = make({ arrays: "indices", objects: "dots" })

/**
 * Dots alone, with elements numbered from 1: `Filter.1.Name=x`.
 *
 * @since 0.1.0
 * @category constants
 */
export const numbered: FormStyle = make({ arrays: "dots", objects: "dots", firstIndex: 1 })
