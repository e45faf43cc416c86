/** Encoders of a request's parts. Every failure is a value, also when user code throws. */
import { Effect, Exit, Schema } from "effect"
import * as CallError from "../../policy/CallError.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import { Inexpressible } from "./formPairs.ts"

/** A part that does not encode, and why. */
export interface Unencodable {
  readonly part: "params" | "query" | "headers" | "payload"
  readonly issue: string
}

export type Encode<Out> = (value: unknown) => Effect.Effect<Out, Unencodable>

/** The encoder of a schema. */
export const encoderOf = (schema: Schema.Constraint, part: Unencodable["part"]): Encode<unknown> => {
  // The services of an encoder are in the method's type, so that they are there when it runs.
  const encode = Schema.encodeUnknownEffect(schema as Schema.ConstraintEncoder<unknown>)
  return (value) => AtOnce.mapError(encode(value), (error) => ({ part, issue: CallError.describeIssue(error.issue) }))
}

/** Turns what is thrown while a part is encoded, now or in a fibre, into a failure of the part. */
export const guarded = <Out>(
  part: Unencodable["part"],
  encode: () => Effect.Effect<Out, Unencodable>
): Effect.Effect<Out, Unencodable> => {
  const failed = (thrown: unknown) => Effect.fail<Unencodable>({ part, issue: issueOf(thrown) })
  try {
    const encoding = encode()
    const exit = AtOnce.exitOf(encoding)
    return exit !== undefined && Exit.isSuccess(exit) ? encoding : Effect.catchDefect(encoding, failed)
  } catch (thrown) {
    return failed(thrown)
  }
}

/** Runs what throws {@link Inexpressible}. */
export const inexpressible = <Out>(part: Unencodable["part"], write: () => Out): Effect.Effect<Out, Unencodable> => {
  try {
    return Effect.succeed(write())
  } catch (thrown) {
    return Effect.fail({ part, issue: issueOf(thrown) })
  }
}

/** The message of what was thrown is not repeated: it may contain the value. */
const issueOf = (thrown: unknown): string =>
  thrown instanceof Inexpressible ? thrown.issue : `encoding the value threw ${nameOf(thrown)}`

const nameOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.constructor.name : `a ${typeof thrown}`)
