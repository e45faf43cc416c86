import { Clock, Context, Effect, LogLevel, Metric, References, Tracer } from "effect"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import type { Ending, Outcome, Where } from "./reception.ts"

const milliseconds = Metric.exponentialBoundaries({ start: 0.125, factor: 2, count: 18 })

const metrics = {
  received: Metric.counter("causeway_webhooks_received", {
    incremental: true,
    description: "Requests to webhook receivers, by how they ended"
  }),
  refused: Metric.counter("causeway_webhooks_refused", {
    incremental: true,
    description: "Requests that webhook receivers refused, by reason"
  }),
  duration: Metric.histogram("causeway_webhook_answer_duration", {
    boundaries: milliseconds,
    description: "Milliseconds from the last byte of a request to its answer"
  })
}

/** The metrics of one source; a metric with attributes is made once for each set of them. */
export class SourceMetrics {
  readonly #source: string
  readonly #duration: Metric.Metric<number, unknown>
  readonly #received = new Map<string, Metric.Metric<number, unknown>>()
  readonly #refused = new Map<string, Metric.Metric<number, unknown>>()

  constructor(source: string) {
    this.#source = source
    this.#duration = Metric.withAttributes(metrics.duration, { source })
  }

  record(outcome: Ending, millis: number, context: Context.Context<never>): void {
    this.#seriesOf(this.#received, metrics.received, "outcome", outcome._tag).updateUnsafe(1, context)
    if (outcome._tag === "Refused") {
      this.#seriesOf(this.#refused, metrics.refused, "reason", outcome.reason).updateUnsafe(1, context)
    }
    this.#duration.updateUnsafe(millis, context)
  }

  #seriesOf(
    series: Map<string, Metric.Metric<number, unknown>>,
    metric: Metric.Metric<number, unknown>,
    attribute: string,
    value: string
  ): Metric.Metric<number, unknown> {
    const known = series.get(value)
    if (known !== undefined) return known
    const made = Metric.withAttributes(metric, {
      source: this.#source,
      [attribute]: attribute === "outcome" ? value.toLowerCase() : value
    })
    series.set(value, made)
    return made
  }
}

/** How often refusals for the same reason have a line of the log, in milliseconds: anyone can be refused any number of times. */
const sampledEvery = 60_000

/** Which refusals of a source have a line of the log: the first for a reason, and then one a minute, with the number of the others. */
export class RefusalLog {
  readonly #reasons = new Map<string, { readonly since: number; omitted: number }>()

  /** How many refusals for this reason had no line since the last one that had; undefined where this one has none. */
  sample(reason: string, now: number): number | undefined {
    const known = this.#reasons.get(reason)
    if (known !== undefined && now - known.since < sampledEvery && now >= known.since) {
      known.omitted += 1
      return undefined
    }
    this.#reasons.set(reason, { since: now, omitted: 0 })
    return known?.omitted ?? 0
  }
}

/** What of its surroundings a request is answered with. */
export interface Surroundings {
  readonly context: Context.Context<never>
  readonly clock: Clock.Clock
  /** Spans are made only where somebody collects them: Effect's own tracer keeps them in memory and exports nothing. */
  readonly isTraced: boolean
  readonly logsDebug: boolean
}

let latest: Surroundings | undefined

/** A listener has the same context for all its requests. */
export const surroundingsOf = (context: Context.Context<never>): Surroundings => {
  if (latest?.context === context) return latest
  const isCollected = Context.get(context, Tracer.Tracer) !== Tracer.Tracer.defaultValue()
  latest = {
    context,
    clock: Context.get(context, Clock.Clock),
    isTraced: isCollected && Context.get(context, References.TracerEnabled),
    logsDebug: !LogLevel.isGreaterThan(Context.get(context, References.MinimumLogLevel), "Debug")
  }
  return latest
}

/** The span of a delivery. What a stranger sends as `traceparent` is not its parent. */
export const withSpan = <A, E, R>(
  { source, tenant }: Where,
  evaluate: (span: Tracer.Span) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.useSpan(
    `receive ${source}`,
    {
      kind: "consumer",
      attributes: { "causeway.webhook.source": source, ...(tenant !== undefined && { "causeway.tenant": tenant }) }
    },
    evaluate
  )

export const traceparent = (span: Tracer.Span | undefined): string | undefined =>
  span === undefined ? undefined : HttpTraceContext.toHeaders(span)["traceparent"]

export const tellOutcome = (span: Tracer.Span | undefined, outcome: Outcome): void => {
  if (span === undefined) return
  span.attribute("http.response.status_code", outcome.status)
  span.attribute("causeway.webhook.outcome", outcome._tag)
  if (outcome._tag === "Refused") span.attribute("error.type", outcome.reason)
  if (outcome._tag === "Failed") span.attribute("error.type", outcome.error.tag)
  if ("id" in outcome) {
    if (outcome.id !== undefined) span.attribute("causeway.webhook.id", outcome.id)
    if (outcome.type !== undefined) span.attribute("causeway.webhook.type", outcome.type)
  }
}

const isQuiet: ReadonlySet<Outcome["_tag"]> = new Set(["Answered", "Stored", "Duplicate", "Accepted"])

/**
 * Whether there is a line for a request, and of how many others it tells: of what went well at debug level only, of what was
 * refused a sample, and at debug level all.
 */
export const lineFor = (at: Surroundings, ending: Ending, refusals: RefusalLog): number | undefined => {
  if (at.logsDebug) return 0
  if (ending._tag === "Refused") return refusals.sample(ending.reason, at.clock.currentTimeMillisUnsafe())
  return isQuiet.has(ending._tag) ? undefined : 0
}

export const logOf = (outcome: Outcome, detail: string, omitted: number): Effect.Effect<void> => {
  const { source, status, tenant } = outcome
  const facts = { source, status, ...(tenant !== undefined && { tenant }) }
  switch (outcome._tag) {
    case "Refused":
      return log(Effect.logWarning(`A webhook was refused: ${detail}`), {
        ...facts,
        reason: outcome.reason,
        ...(omitted > 0 && { omitted })
      })
    case "Failed":
      return log(Effect.logError(`A webhook could not be received: ${detail}`), { ...facts, error: outcome.error.tag })
    case "Answered":
      return log(Effect.logDebug("A webhook's challenge was answered"), facts)
    case "Conflicting":
      return log(Effect.logWarning("A webhook came with an id that was seen before with another body"), {
        ...facts,
        id: outcome.id,
        type: outcome.type
      })
    default:
      return log(Effect.logDebug("A webhook was received"), {
        ...facts,
        id: outcome.id,
        type: outcome.type,
        outcome: outcome._tag
      })
  }
}

const log = (line: Effect.Effect<void>, facts: Readonly<Record<string, unknown>>): Effect.Effect<void> =>
  Effect.annotateLogs(line, facts)
