/** Writes an encoded value as JSON that every parser accepts. */
import { Effect } from "effect"
import type { Unencodable } from "./encoders.ts"

/** The JSON of a value; fails if JSON cannot represent it, or only by an escape that some parsers reject. */
export const jsonText = (value: unknown): Effect.Effect<string, Unencodable> => written(value, undefined)

/** The JSON of a value that no schema has checked: `JSON.stringify` would leave out its symbols and functions. */
export const uncheckedJsonText = (value: unknown): Effect.Effect<string, Unencodable> => written(value, refuseDropped)

const refuseDropped = (_name: string, value: unknown): unknown => {
  if (typeof value === "symbol" || typeof value === "function") throw new Dropped(typeof value)
  return value
}

class Dropped {
  readonly kind: string
  constructor(kind: string) {
    this.kind = kind
  }
}

const written = (value: unknown, replacer: typeof refuseDropped | undefined): Effect.Effect<string, Unencodable> => {
  try {
    const text: string | undefined = JSON.stringify(value, replacer)
    if (text === undefined) return failed(`is a ${typeof value}, which JSON cannot express`)
    return hasLoneSurrogate(text)
      ? failed("contains a lone surrogate, which UTF-8 cannot express")
      : Effect.succeed(text)
  } catch (thrown) {
    return failed(problemOf(value, thrown))
  }
}

const failed = (problem: string) => Effect.fail<Unencodable>({ part: "payload", issue: `the value ${problem}` })

/** `JSON.stringify` writes a lone surrogate as an escape; an escaped backslash before a `u` is not an escape. */
const hasLoneSurrogate = (text: string): boolean => {
  if (!text.includes("\\ud")) return false
  for (const [, surrogate] of text.matchAll(/\\(?:u(d[89a-f][\da-f]{2})|.)/g)) {
    if (surrogate !== undefined) return true
  }
  return false
}

/** The message of what was thrown is not repeated: it may contain the value. */
const problemOf = (value: unknown, thrown: unknown): string => {
  if (thrown instanceof Dropped) return `contains a ${thrown.kind}, which JSON cannot express`
  const message = thrown instanceof TypeError ? thrown.message : ""
  if (/bigint/i.test(message))
    return "contains a bigint, which JSON cannot represent; use a schema that encodes it as a string"
  if (/circular|cyclic/i.test(message)) return "contains a circular reference, which JSON cannot represent"
  return `is ${typeof value === "object" ? "an object" : `a ${typeof value}`} that throws when it is written as JSON`
}
