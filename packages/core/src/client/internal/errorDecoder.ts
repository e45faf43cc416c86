/** Decodes declared errors. A tagged error may come without its tag, and one without fields with any body. */
import { Effect, Result, type Schema } from "effect"
import { compileBody, compileValue, type DecodeBody, type DecodeValue, jsonReader } from "./bodyDecoder.ts"
import { encoding, type WireTag, wireTags } from "./Reflection.ts"
import type { Undecodable } from "./undecodable.ts"

export const compileErrorBody = (schema: Schema.Top): DecodeBody => {
  if (wireTags(schema).tags.length === 0 || encoding(schema)._tag !== "Json") return compileBody(schema)
  const decode = compileErrorValue(schema)
  const read = jsonReader(schema)
  return (body) => {
    const parsed = read(body)
    return Result.isSuccess(parsed) ? decode(parsed.success) : Effect.mapError(decode(undefined), () => parsed.failure)
  }
}

/** Decodes a value as it is on the wire, which need not be a record. */
export const compileErrorValue = (schema: Schema.Top): DecodeValue => {
  const { hasUntagged, tags } = wireTags(schema)
  const decode = compileValue(schema)
  if (tags.length === 0) return decode
  return (value) => {
    if (isRecord(value) && "_tag" in value) return decode(value)
    const tagged = Effect.suspend(() => decodeTagged(decode, tags, isRecord(value) ? value : {}))
    if (!hasUntagged) return tagged
    return isRecord(value)
      ? orElse(
          tagged,
          Effect.suspend(() => decode(value))
        )
      : orElse(decode(value), tagged)
  }
}

type Fields = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The member of a union of which most fields are in the body goes first, its required fields before the others. */
const decodeTagged = (
  decode: DecodeValue,
  tags: ReadonlyArray<WireTag>,
  fields: Fields
): Effect.Effect<unknown, Undecodable> => {
  const count = (names: ReadonlyArray<string>): number => names.filter((name) => Object.hasOwn(fields, name)).length
  const [first, ...others] =
    tags.length === 1
      ? tags
      : tags.toSorted((a, b) => count(b.required) - count(a.required) || count(b.names) - count(a.names))
  const decodeAs = (tag: WireTag | undefined) => decode({ ...fields, _tag: tag?.tag })
  return others.reduce(
    (decoded, tag) =>
      orElse(
        decoded,
        Effect.suspend(() => decodeAs(tag))
      ),
    decodeAs(first)
  )
}

/** The first problem is reported. */
const orElse = <A>(
  first: Effect.Effect<A, Undecodable>,
  second: Effect.Effect<A, Undecodable>
): Effect.Effect<A, Undecodable> => Effect.catch(first, (problem) => Effect.mapError(second, () => problem))
