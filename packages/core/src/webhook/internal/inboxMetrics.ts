import { type Context, Metric } from "effect"

const milliseconds = Metric.exponentialBoundaries({ start: 1, factor: 2, count: 24 })

const counter = (name: string, description: string) => Metric.counter(name, { incremental: true, description })

const metrics = {
  stored: counter("causeway_inbox_stored", "Events that came in, by what became of them"),
  attempts: counter("causeway_inbox_attempts", "Attempts to handle an event, by how they ended"),
  restarts: counter("causeway_inbox_worker_restarts", "Failures of a part of a worker, which began again"),
  dead: counter("causeway_inbox_dead", "Events that were given up"),
  inFlight: Metric.gauge("causeway_inbox_in_flight", { description: "Events that this process is handling" }),
  events: Metric.gauge("causeway_inbox_events", { description: "Events in the store, by status" }),
  overdue: Metric.gauge("causeway_inbox_overdue", {
    description: "Milliseconds since the oldest waiting event is due"
  }),
  duration: Metric.histogram("causeway_inbox_attempt_duration", {
    boundaries: milliseconds,
    description: "Milliseconds of an attempt"
  }),
  lag: Metric.histogram("causeway_inbox_lag", {
    boundaries: milliseconds,
    description: "Milliseconds from the receipt of an event to its first attempt"
  })
}

type Name = keyof typeof metrics

/** Updates metrics of one source. */
export interface Meter {
  readonly update: (name: Name, value: number, attributes?: Readonly<Record<string, string>>) => void
  readonly modify: (name: Name, value: number) => void
}

/** A metric with attributes is made once for each set of them. */
export const meterOf = (context: Context.Context<never>, source: string): Meter => {
  const series = new Map<string, Metric.Metric<number, unknown>>()
  const seriesOf = (name: Name, attributes: Readonly<Record<string, string>> = {}) => {
    const key = [name, ...Object.values(attributes)].join("\0")
    const known = series.get(key)
    if (known !== undefined) return known
    const metric: Metric.Metric<number, unknown> = metrics[name]
    const made = Metric.withAttributes(metric, { source, ...attributes })
    series.set(key, made)
    return made
  }
  return {
    update: (name, value, attributes) => seriesOf(name, attributes).updateUnsafe(value, context),
    modify: (name, value) => seriesOf(name).modifyUnsafe(value, context)
  }
}
