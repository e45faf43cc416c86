/** Failure rules, matched against parsed JSON, whatever the status of the answer. */
import { Duration, Effect, Option, Result, Schema } from "effect"
import type * as Failure from "../../policy/Failure.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import type * as FailureRule from "../FailureRule.ts"
import { compileErrorBody } from "./errorDecoder.ts"
import type { ReceivedBody } from "./receivedBody.ts"

/** A failure found in a body. Without `error`, it is the general error of the category. */
export interface Told {
  /** Undefined: the status decides. */
  readonly category: Failure.Category | undefined
  readonly retryAfter: Duration.Duration | undefined
  readonly error: Option.Option<unknown>
}

/** Finds the failure in a body; undefined if no rule matches. */
export type MatchRule = {
  readonly appliesTo: (status: number) => boolean
  readonly match: (body: ReceivedBody, status: number) => Effect.Effect<Told | undefined>
}

/** Compiles rules; the first that matches applies. Undefined without rules. */
export const compileRules = (rules: ReadonlyArray<FailureRule.Any>): MatchRule | undefined => {
  if (rules.length === 0) return undefined
  const compiled = rules.map(compileRule)
  return {
    appliesTo: (status) => compiled.some((rule) => rule.appliesTo(status)),
    match: (body, status) => {
      const json = body.json()
      if (Result.isFailure(json)) return none
      return compiled.reduce<Effect.Effect<Told | undefined>>(
        (before, rule) =>
          AtOnce.flatMap(before, (told) =>
            told !== undefined || !rule.appliesTo(status) ? Effect.succeed(told) : rule.match(json.success, body)
          ),
        none
      )
    }
  }
}

const none: Effect.Effect<Told | undefined> = Effect.succeed(undefined)

const compileRule = (rule: FailureRule.Any) => {
  const { status = "2xx" } = rule
  const when = decoderOf(rule.when)
  const error = rule.error === undefined ? undefined : compileErrorBody(Schema.toCodecJson(rule.error))
  return {
    appliesTo: (actual: number) => status === actual || status === `${Math.trunc(actual / 100)}xx`,
    match: (json: unknown, body: ReceivedBody): Effect.Effect<Told | undefined> =>
      AtOnce.flatMap(when(json), (matched) => {
        if (Option.isNone(matched)) return none
        const asked = Option.fromUndefinedOr(valueOf(rule.retryAfter, matched.value))
        const facts = {
          category: valueOf(rule.category, matched.value),
          retryAfter: Option.getOrUndefined(Option.flatMap(asked, Duration.fromInput))
        }
        return error === undefined
          ? Effect.succeed({ ...facts, error: Option.none() })
          : AtOnce.map(orNone(error(body)), (error) => ({ ...facts, error }))
      })
  }
}

/** A constant of a rule, or a function of the matched body, whose type is that of the rule's `when`. */
const valueOf = <Value>(value: Value | ((body: never) => Value), matched: unknown): Value =>
  typeof value === "function" ? (value as (body: unknown) => Value)(matched) : value

const decoderOf = (schema: Schema.Top) => {
  // The services of a decoder are in the method's type, so that they are there when it runs.
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(schema) as unknown as Schema.ConstraintDecoder<unknown>)
  return (json: unknown): Effect.Effect<Option.Option<unknown>> => orNone(decode(json))
}

/** Synchronous if the Effect has completed. */
const orNone = (decoded: Effect.Effect<unknown, unknown>): Effect.Effect<Option.Option<unknown>> => {
  const exit = AtOnce.exitOf(decoded)
  if (exit === undefined) return Effect.catch(Effect.asSome(decoded), () => Effect.succeedNone)
  return exit._tag === "Success" ? Effect.succeed(Option.some(exit.value)) : Effect.succeedNone
}
