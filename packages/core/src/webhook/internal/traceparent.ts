import { Context, Option, Tracer } from "effect"

/** The span that a `traceparent` names; undefined for one that is none. */
export const spanOf = (traceparent: string | undefined): Tracer.ExternalSpan | undefined => {
  const [, version, traceId, spanId, flags] = pattern.exec(traceparent ?? "") ?? []
  if (version === undefined || traceId === undefined || spanId === undefined || flags === undefined) return undefined
  if (version === "ff" || isZero(traceId) || isZero(spanId)) return undefined
  return Tracer.externalSpan({ traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 })
}

/** The `traceparent` of the current span, if there is one. */
export const currentIn = (context: Context.Context<never>): string | undefined => {
  // Looked for in the context: the error of `Effect.currentParentSpan` costs more than all around it.
  const span = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
  if (span === undefined) return undefined
  const traceparent = `00-${span.traceId}-${span.spanId}-${span.sampled ? "01" : "00"}`
  return spanOf(traceparent) === undefined ? undefined : traceparent
}

const pattern = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:-.*)?$/

const isZero = (id: string): boolean => /^0+$/.test(id)
