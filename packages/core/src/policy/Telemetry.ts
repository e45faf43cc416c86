/**
 * Effect metrics of every call: what was asked, how it ended, how long it took and what it waited for.
 *
 * **When to use**
 *
 * Provide {@link layerMetrics} to the program, and export Effect's metrics as you do already: OTLP, Prometheus, a dump.
 *
 * **Details**
 *
 * | metric | attributes | unit |
 * |---|---|---|
 * | `causeway_calls` | integration, endpoint, outcome (`success`, `declared`, `failure`, `interrupted`), error | calls |
 * | `causeway_call_duration` | integration, endpoint | milliseconds |
 * | `causeway_calls_in_flight` | integration, endpoint | calls |
 * | `causeway_attempts` | integration, endpoint, outcome (`success`, a category, `interrupted`) | attempts |
 * | `causeway_retries` | integration, endpoint | attempts after the first |
 * | `causeway_waits` | integration, endpoint, reason (`retry`, `rateLimit`) | milliseconds |
 * | `causeway_hedges` | integration, endpoint | attempts beside a slow one |
 * | `causeway_retry_budget_empty` | integration, endpoint | retries that were not made |
 * | `causeway_retry_budget_left` | key | retries that the budget still holds |
 * | `causeway_cache` | integration, endpoint, result (`hit`, `stale`, `revalidated`, `miss`) | lookups |
 * | `causeway_circuit_state` | key | 0 closed, 1 half-open, 2 open, 3 isolated |
 *
 * A call that fails has the tag of its error in `error`, such as `RateLimited`; the outcome is `declared` for an error that
 * its endpoint declares, and `failure` for any other. A defect is the error `Defect`. An endpoint has at most 50 tags: more
 * are counted as `_OTHER`.
 *
 * **Gotchas**
 *
 * Attributes are names of code, never values of requests: their number is bounded by the program. A `key` function of a
 * breaker or a retry budget is the exception: `causeway_circuit_state` has a series for each key that ever changed, and
 * `causeway_retry_budget_left` one for each key. With a store in Redis it is what Redis has said last. What is counted by
 * key is not counted for tenants, of whom there may be many; all else counts them together.
 *
 * **Example** (Counting calls)
 *
 * ```ts
 * import { Effect, Metric, Schema } from "effect"
 * import { Endpoint, Integration } from "@causeway/core/client"
 * import { Telemetry } from "@causeway/core/policy"
 * import { Mock } from "@causeway/core/testing"
 *
 * class Weather extends Integration.Service<Weather>()("app/Weather", {
 *   baseUrl: "https://api.weather.example",
 *   endpoints: [Endpoint.get("now", "/now", { success: Schema.String })]
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const weather = yield* Weather
 *   yield* weather.now()
 *   return yield* Metric.dump
 * })
 *
 * Effect.runPromise(
 *   program.pipe(Effect.provide(Weather.layerMock({ now: Mock.ok("sunny") })), Effect.provide(Telemetry.layerMetrics))
 * ).then((dump) => console.assert(dump.includes("causeway_calls")))
 * ```
 *
 * @see https://opentelemetry.io/docs/specs/semconv/http/http-metrics/
 * @since 0.1.0
 */
import { Context, Effect, Layer, Metric } from "effect"
import * as CallError from "./CallError.ts"
import { type CallEvent, CallObserver } from "./CallObserver.ts"

const milliseconds = Metric.exponentialBoundaries({ start: 1, factor: 2, count: 17 })

const metrics = {
  calls: Metric.counter("causeway_calls", { incremental: true, description: "Calls, by how they ended" }),
  duration: Metric.histogram("causeway_call_duration", {
    boundaries: milliseconds,
    description: "Milliseconds of a call"
  }),
  inFlight: Metric.gauge("causeway_calls_in_flight", { description: "Calls that have begun and not ended" }),
  attempts: Metric.counter("causeway_attempts", { incremental: true, description: "Attempts, by how they ended" }),
  retries: Metric.counter("causeway_retries", { incremental: true, description: "Attempts after the first of a call" }),
  waits: Metric.histogram("causeway_waits", {
    boundaries: milliseconds,
    description: "Milliseconds waited, by reason"
  }),
  hedges: Metric.counter("causeway_hedges", { incremental: true, description: "Attempts beside a slow one" }),
  budgetEmpty: Metric.counter("causeway_retry_budget_empty", {
    incremental: true,
    description: "Retries that the budget did not allow"
  }),
  budgetLeft: Metric.gauge("causeway_retry_budget_left", { description: "Retries that the budget still holds" }),
  cache: Metric.counter("causeway_cache", { incremental: true, description: "Lookups in the cache, by result" }),
  circuit: Metric.gauge("causeway_circuit_state", { description: "0 closed, 1 half-open, 2 open, 3 isolated" })
}

const circuitStates = { closed: 0, "half-open": 1, open: 2, isolated: 3 } as const

type Update = (
  metric: Metric.Metric<number, unknown>,
  input: number,
  attributes: Readonly<Record<string, string>>
) => void

/** A metric with attributes is made once for each set of them. */
const updating = (context: Context.Context<never>): { readonly update: Update; readonly modify: Update } => {
  const series = new Map<string, Metric.Metric<number, unknown>>()
  const seriesOf = (metric: Metric.Metric<number, unknown>, attributes: Readonly<Record<string, string>>) => {
    const key = [metric.id, ...Object.values(attributes)].join("\0")
    const known = series.get(key)
    if (known !== undefined) return known
    const made = Metric.withAttributes(metric, attributes)
    series.set(key, made)
    return made
  }
  return {
    update: (metric, input, attributes) => seriesOf(metric, attributes).updateUnsafe(input, context),
    modify: (metric, input, attributes) => seriesOf(metric, attributes).modifyUnsafe(input, context)
  }
}

type Ended = Extract<CallEvent, { readonly _tag: "CallEnded" }>

/** How a call ended, and the tag of its error. */
const endOf = (event: Ended, tags: Tags): Readonly<Record<string, string>> => {
  const { error, interrupted, succeeded } = event
  if (succeeded) return { outcome: "success" }
  if (interrupted === true) return { outcome: "interrupted" }
  if (error === undefined) return { outcome: "failure", error: "Defect" }
  const isDeclared = typeof error === "object" && error !== null && CallError.infoOf(error) !== undefined
  const outcome = isDeclared && !CallError.is(error) ? "declared" : "failure"
  return { outcome, error: tags.bounded(`${event.integration} ${event.endpoint}`, CallError.tagOf(error)) }
}

/** A declared tag may come from the provider: the number of those that become labels is bounded. */
class Tags {
  readonly #seen = new Map<string, Set<string>>()

  bounded(endpoint: string, tag: string): string {
    const seen = this.#seen.get(endpoint) ?? new Set()
    this.#seen.set(endpoint, seen)
    if (seen.has(tag)) return tag
    if (seen.size >= 50) return "_OTHER"
    seen.add(tag)
    return tag
  }
}

const recorder = (context: Context.Context<never>): ((event: CallEvent) => void) => {
  const { modify, update } = updating(context)
  const tags = new Tags()
  return (event) => {
    const where = { integration: event.integration, endpoint: event.endpoint }
    switch (event._tag) {
      case "CallStarted":
        return modify(metrics.inFlight, 1, where)
      case "CallEnded":
        modify(metrics.inFlight, -1, where)
        update(metrics.duration, event.elapsedMillis, where)
        return update(metrics.calls, 1, { ...where, ...endOf(event, tags) })
      case "AttemptStarted":
        return event.attempt > 1 ? update(metrics.retries, 1, where) : undefined
      case "AttemptEnded":
        return update(metrics.attempts, 1, { ...where, outcome: event.outcome ?? "interrupted" })
      case "Waiting":
        return update(metrics.waits, event.delayMillis, { ...where, reason: event.reason })
      case "Hedged":
        return update(metrics.hedges, 1, where)
      case "RetryBudgetEmpty":
        return update(metrics.budgetEmpty, 1, where)
      case "RetryBudgetChanged":
        return event.tenant === undefined ? update(metrics.budgetLeft, event.retries, { key: event.key }) : undefined
      case "CacheAnswered":
        return update(metrics.cache, 1, { ...where, result: event.result })
      case "LimitReached":
        return undefined
      case "CircuitChanged":
        return event.tenant === undefined
          ? update(metrics.circuit, circuitStates[event.transition.to], { key: event.transition.key })
          : undefined
    }
  }
}

/**
 * Records metrics of the calls made below this Layer, beside an observer that is there already.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMetrics: Layer.Layer<never> = Layer.effect(
  CallObserver,
  Effect.map(Effect.context<never>(), (context) => {
    const before = Context.get(context, CallObserver)
    const record = recorder(context)
    return before === undefined
      ? record
      : (event: CallEvent) => {
          before(event)
          record(event)
        }
  })
)
