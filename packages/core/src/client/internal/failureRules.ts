/** Failures that a body says: rules matched against parsed JSON, whatever the status of the answer. */
import { type Duration, Effect, Option, Schema } from "effect"
import { fromInput } from "effect/Duration"
import type * as Failure from "../../policy/Failure.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import type { ReceivedBody } from "./receivedBody.ts"

/** A rule without its types. */
export interface Rule {
  readonly status?: number | "2xx" | "3xx" | "4xx" | "5xx" | undefined
  readonly when: Schema.Top
  readonly error?: Schema.Top | undefined
  readonly category: Failure.Category | ((body: never) => Failure.Category)
  readonly retryAfter?: Duration.Input | ((body: never) => Duration.Input | undefined) | undefined
}

/** The failure that a body says. `error` is undefined where the general error of the category is meant. */
export interface Told {
  readonly category: Failure.Category
  readonly retryAfter: Duration.Duration | undefined
  readonly error: Option.Option<unknown>
}

/** Finds the failure that a body says; undefined for none. */
export type MatchRule = {
  readonly appliesTo: (status: number) => boolean
  readonly match: (body: ReceivedBody, status: number) => Effect.Effect<Told | undefined>
}

/** Compiles rules; the first that matches holds. Undefined without any. */
export const compileRules = (rules: ReadonlyArray<Rule>): MatchRule | undefined => {
  if (rules.length === 0) return undefined
  const compiled = rules.map(compileRule)
  return {
    appliesTo: (status) => compiled.some((rule) => rule.appliesTo(status)),
    match: (body, status) => {
      const json = body.json()
      if (json._tag === "Failure") return none
      return compiled.reduce<Effect.Effect<Told | undefined>>(
        (before, rule) =>
          AtOnce.flatMap(before, (told) =>
            told !== undefined || !rule.appliesTo(status) ? Effect.succeed(told) : rule.match(json.success)
          ),
        none
      )
    }
  }
}

const none: Effect.Effect<Told | undefined> = Effect.succeed(undefined)

const compileRule = (rule: Rule) => {
  const { status = "2xx" } = rule
  const when = decoderOf(rule.when)
  const error = rule.error === undefined ? undefined : decoderOf(rule.error)
  return {
    appliesTo: (actual: number) => status === actual || status === `${Math.trunc(actual / 100)}xx`,
    match: (json: unknown): Effect.Effect<Told | undefined> =>
      AtOnce.flatMap(when(json), (matched) => {
        if (Option.isNone(matched)) return none
        const told = (error: Option.Option<unknown>): Told => ({
          category: valueOf(rule.category, matched.value),
          retryAfter: Option.getOrUndefined(Option.flatMap(Option.fromUndefinedOr(valueOf(rule.retryAfter, matched.value)), fromInput)),
          error
        })
        return error === undefined
          ? Effect.succeed(told(Option.none()))
          : AtOnce.map(error(json), (decoded) => (Option.isNone(decoded) ? undefined : told(decoded)))
      })
  }
}

/** A rule says a value, or computes it from what it has matched, which has the type that the rule was made with. */
const valueOf = <Value>(value: Value | ((body: never) => Value), matched: unknown): Value =>
  typeof value === "function" ? (value as (body: unknown) => Value)(matched) : value

const decoderOf = (schema: Schema.Top) => {
  // The services of a decoder are in the method's type, so that they are there when it runs.
  const decode = Schema.decodeUnknownEffect(Schema.toCodecJson(schema) as unknown as Schema.ConstraintDecoder<unknown>)
  return (json: unknown): Effect.Effect<Option.Option<unknown>> => {
    const decoded = decode(json)
    return AtOnce.exitOf(decoded) === undefined
      ? Effect.catch(Effect.asSome(decoded), () => Effect.succeedNone)
      : optionOf(decoded)
  }
}

const optionOf = (decoded: Effect.Effect<unknown, unknown>): Effect.Effect<Option.Option<unknown>> => {
  const exit = AtOnce.exitOf(decoded)
  return exit?._tag === "Success" ? Effect.succeed(Option.some(exit.value)) : Effect.succeedNone
}
