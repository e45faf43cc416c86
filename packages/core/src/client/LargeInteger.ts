/**
 * Schemas for JSON integers beyond 2^53, which a JavaScript number cannot hold: no digit is lost.
 *
 * **When to use**
 *
 * For ids and amounts that a provider writes as JSON numbers of more than 15 digits. Where it offers a text beside the
 * number, such as `id_str`, use that.
 *
 * **Details**
 *
 * An integer is encoded as a JSON number with all its digits, and as a text in forms, queries and paths. A number that has
 * lost digits before the schema sees it, because the body was parsed without them, is refused instead of guessed.
 *
 * **Gotchas**
 *
 * Encoding an integer beyond 2^53 needs `JSON.rawJSON` (Node 22, Chrome 114); where it is missing, the call fails with
 * `EncodeFailure`.
 *
 * **Example** (Encoding as JSON)
 *
 * ```ts
 * import { Schema } from "effect"
 * import { LargeInteger } from "@causeway/core/client"
 *
 * const decode = Schema.decodeUnknownSync(LargeInteger.asBigInt)
 * console.assert(decode(5) === 5n)
 * console.assert(decode(9007199254740993n) === 9007199254740993n)
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc8259#section-6
 * @since 0.1.0
 */
import { Schema, SchemaGetter, SchemaTransformation } from "effect"
import { largeIntegerMark } from "./internal/largeIntegers.ts"

/** A number without lost digits, or a bigint for one that would have lost some. */
const isExactInteger = (value: unknown): value is number | bigint =>
  typeof value === "bigint" || Number.isSafeInteger(value)

const exact = (value: bigint): number | bigint => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** More digits are no integer of a provider, and would take long to read. */
const digits = /^-?\d{1,100}$/

const ExactInteger = Schema.declare(isExactInteger, {
  expected: "an integer with all its digits",
  [largeIntegerMark]: true,
  // It is written as a number by whatever makes the text of the JSON.
  toCodecJson: () => undefined,
  toCodecStringTree: () =>
    Schema.link<number | bigint>()(
      Schema.String.check(Schema.isPattern(digits)),
      SchemaTransformation.transform({ decode: (text) => exact(BigInt(text)), encode: String })
    )
})

/**
 * A JSON integer of any size as a `bigint`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const asBigInt: Schema.Codec<bigint, number | bigint> = ExactInteger.pipe(
  Schema.decodeTo(Schema.BigInt, {
    decode: SchemaGetter.transform((value: number | bigint) => BigInt(value)),
    encode: SchemaGetter.transform(exact)
  })
)

/**
 * A JSON integer of any size as its decimal digits.
 *
 * @since 0.1.0
 * @category schemas
 */
export const asDigits: Schema.Codec<string, number | bigint> = ExactInteger.pipe(
  Schema.decodeTo(Schema.String.check(Schema.isPattern(digits)), {
    decode: SchemaGetter.transform(String),
    encode: SchemaGetter.transform((text: string) => exact(BigInt(text)))
  })
)
