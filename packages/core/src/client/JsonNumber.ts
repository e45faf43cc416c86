/**
 * Numbers of JSON without loss: integers beyond 2^53 and exact decimals.
 *
 * **When to use**
 *
 * For ids and amounts that a provider sends as JSON numbers and that a JavaScript number would round.
 *
 * **Details**
 *
 * Both schemas accept a JSON number and a string of digits, and write a JSON number. Only answers of endpoints whose schemas
 * contain one of them are parsed with their digits, which takes several times as long.
 *
 * **Gotchas**
 *
 * Where digits cannot be kept, as in the events of a stream, an integer beyond 2^53 fails to decode: it is never rounded.
 * In `params` and `query`, which are text, use `Schema.BigInt`.
 *
 * **Example** (An id of 19 digits)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Endpoint, Integration, JsonNumber } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 *
 * class Posts extends Integration.Service<Posts>()("app/Posts", {
 *   baseUrl: "https://posts.example",
 *   endpoints: [Endpoint.get("latest", "/latest", { success: Schema.Struct({ id: JsonNumber.BigInt }) })]
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const posts = yield* Posts
 *   const { id } = yield* posts.latest()
 *   console.assert(id === 1234567890123456789n)
 * })
 * const layer = Posts.layerMock({ latest: Mock.status(200, { body: '{"id":1234567890123456789}' }) })
 *
 * Effect.runPromise(Effect.provide(program, layer))
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Schema, SchemaIssue, SchemaTransformation } from "effect"
import { exactNumberKey } from "./internal/exactNumbers.ts"

/** The platform's function that writes a number with its exact digits (ECMAScript 2026). */
interface RawJson {
  readonly rawJSON?: (text: string) => Schema.Json
}

/** A number with all digits: the schema receives a string if a JavaScript number would lose some. */
const Exact = Schema.Json.annotate({ [exactNumberKey]: true })

const number = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

/** The longest number that becomes a bigint, in digits. */
const mostDigits = 4096

const textOf = (value: Schema.Json): string | undefined => {
  const text = typeof value === "number" ? String(value) : value
  return typeof text === "string" && number.test(text) ? text : undefined
}

const isSafe = (value: Schema.Json): boolean => typeof value !== "number" || Number.isSafeInteger(value)

const toBigInt = (text: string): bigint | undefined => {
  const [mantissa = "", exponent = "0"] = text.toLowerCase().split("e")
  const [whole = "", fraction = ""] = mantissa.split(".")
  const zeros = Number(exponent) - fraction.length
  if (whole.length + fraction.length + Math.abs(zeros) > mostDigits) return undefined
  const digits = BigInt(whole + fraction)
  if (zeros >= 0) return digits * 10n ** BigInt(zeros)
  const divisor = 10n ** BigInt(-zeros)
  return digits % divisor === 0n ? digits / divisor : undefined
}

/** A number that is written with its exact digits. */
const written = (digits: string): Schema.Json | undefined => {
  const value = Number(digits)
  if (String(value) === digits) return value
  // TypeScript's library does not declare this property of JSON yet.
  return (JSON as RawJson).rawJSON?.(digits)
}

type ParseOptions = ConstructorParameters<typeof SchemaIssue.InvalidValue>[2]

const exactly = <A extends bigint | string>(options: {
  readonly to: Schema.Codec<A>
  readonly expected: string
  readonly decode: (value: Schema.Json) => A | undefined
  readonly encode: (value: A) => Schema.Json | undefined
}): Schema.Codec<A, Schema.Json> => {
  const orInvalid = <B>(
    value: B | undefined,
    input: unknown,
    parse: ParseOptions
  ): Effect.Effect<B, SchemaIssue.Issue> =>
    value === undefined
      ? Effect.fail(new SchemaIssue.InvalidValue({ expected: options.expected }, input, parse))
      : Effect.succeed(value)
  return Exact.pipe(
    Schema.decodeTo(
      options.to,
      SchemaTransformation.transformEffect<A, Schema.Json>({
        decode: (value, parse) => orInvalid(options.decode(value), value, parse),
        encode: (value, parse) => orInvalid(options.encode(value), value, parse)
      })
    )
  )
}

const integer: Schema.Codec<bigint, Schema.Json> = exactly<bigint>({
  to: Schema.BigInt,
  expected: "a JSON integer of at most 4096 digits, parsed with its digits",
  decode: (value) => {
    const text = isSafe(value) ? textOf(value) : undefined
    return text === undefined ? undefined : toBigInt(text)
  },
  encode: (value) => written(String(value))
})

export {
  /**
   * An integer of any size (at most 4,096 digits), as a `bigint`.
   *
   * @since 0.1.0
   * @category schemas
   */
  integer as BigInt
}

/**
 * A number as it is written, as a string: `"0.10"` stays `"0.10"`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Digits: Schema.Codec<string, Schema.Json> = exactly<string>({
  to: Schema.String,
  expected: "a JSON number",
  decode: textOf,
  encode: (value) => (number.test(value) ? written(value) : undefined)
})
