/** The rules of an endpoint's events besides their schemas, stored as an annotation of the stream's schema. */
import { type Schedule, type Schema, SchemaAST } from "effect"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type { Category } from "../../policy/Failure.ts"
import type { WireEvent } from "./eventParser.ts"

/** An event that is an error: the schema of its data, and the category of the error. */
export interface ErrorRule {
  readonly schema: Schema.Top
  readonly category: Category
}

/** When a stream is opened again. */
export interface ReconnectRules {
  readonly schedule: Schedule.Schedule<unknown>
  readonly attempts: number
  readonly maxWaitMillis: number
}

export interface EventRules {
  /** The names of the events that the schema decodes; undefined for all. */
  readonly names?: ReadonlySet<string>
  /** What becomes of an event with another name. */
  readonly unknown: "skip" | "keep"
  readonly errors: Readonly<Record<string, ErrorRule>>
  /** The last event of the stream, when the endpoint declares one: by its data, or by a predicate. */
  readonly done?: string | ((event: WireEvent) => boolean)
  readonly mediaTypes?: ReadonlyArray<string>
  readonly maxEventBytes: number
  readonly reconnect?: ReconnectRules
}

export const eventRulesKey = "~causeway/client/Events"

const defaults: EventRules = { unknown: "skip", errors: {}, maxEventBytes: 10 * 1024 * 1024 }

const resolve = SchemaAST.resolveAt<EventRules>(eventRulesKey)

export const eventRules = (schema: HttpApiSchema.StreamSchema): EventRules => resolve(schema.ast) ?? defaults
