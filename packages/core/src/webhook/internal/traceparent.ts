import { Effect, Option, Tracer } from "effect"

/** The span that a `traceparent` names; undefined for one that is none. */
export const spanOf = (traceparent: string | undefined): Tracer.ExternalSpan | undefined => {
  const [, version, traceId, spanId, flags] = pattern.exec(traceparent ?? "") ?? []
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === "ff" || isZero(traceId) || isZero(spanId)) return undefined
  return Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}

/** The `traceparent` of the current span, if there is one. */
export const current: Effect.Effect<string | undefined> = Effect.map(
  // Asked as a service that may be missing: the error of `Effect.currentParentSpan` costs more than all around it.
  Effect.serviceOption(Tracer.ParentSpan),
  (span) => {
    if (Option.isNone(span)) return undefined
    const { sampled, spanId, traceId } = span.value
    const traceparent = `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`
    return spanOf(traceparent) === undefined ? undefined : traceparent
  }
)

const pattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/

const isZero = (id: string): boolean => /^0+$/.test(id)
