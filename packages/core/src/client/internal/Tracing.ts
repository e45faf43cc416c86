import { Effect, type Fiber, LogLevel, Tracer } from "effect"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import type { CallSite } from "../../policy/Engine.ts"

/** The spans of one endpoint's calls: OpenTelemetry's names, the template in the place of the URL. */
export interface Spans {
  readonly call: <A, E, R>(
    evaluate: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  readonly attempt: <A, E, R>(
    call: Tracer.Span | undefined,
    number: number,
    evaluate: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

/** Spans are made only where somebody collects them: Effect's own tracer keeps them in memory and exports nothing. */
export const isCollected = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
  fiber.cache.tracer !== undefined && fiber.cache.tracerEnabled && fiber.cache.tracer !== Tracer.Tracer.defaultValue()

export const spansOf = (site: CallSite, baseUrl: string): Spans => {
  const name = `${site.method} ${site.url}`
  const attributes = attributesOf(site, baseUrl)
  const call: Tracer.SpanOptionsNoTrace = {
    kind: "internal",
    attributes: {
      "causeway.integration": site.integration,
      "causeway.endpoint": site.endpoint,
      ...(site.tenant !== undefined && { "causeway.tenant": site.tenant })
    }
  }
  return {
    call: (evaluate) => Effect.useSpan(`${site.integration}.${site.endpoint}`, call, evaluate),
    attempt: (parent, number, evaluate) => {
      if (parent === undefined) return evaluate(undefined)
      const resent = number > 1 ? { "http.request.resend_count": number - 1 } : undefined
      return Effect.useSpan(name, { parent, kind: "client", attributes: { ...attributes, ...resent } }, evaluate)
    }
  }
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-client-span */
const attributesOf = (site: CallSite, baseUrl: string): Readonly<Record<string, unknown>> => {
  const url = new URL(baseUrl)
  return {
    "http.request.method": site.method,
    "url.template": site.url,
    "server.address": url.hostname,
    "server.port": Number(url.port) || (url.protocol === "https:" ? 443 : 80)
  }
}

/** What a response says of its attempt. */
export const tellStatus = (span: Tracer.Span, status: number): void => {
  span.attribute("http.response.status_code", status)
  if (status >= 400) span.attribute("error.type", String(status))
}

/** The header by which the provider's spans join ours; nothing where nobody collects spans. */
export const traceparent = (span: Tracer.Span | undefined): string | undefined =>
  span === undefined ? undefined : HttpTraceContext.toHeaders(span)["traceparent"]

/** Whether lines at debug level are written. The default level is compared by itself, because each call asks. */
export const logsDebug = ({ cache }: Fiber.Fiber<unknown, unknown>): boolean =>
  cache.minimumLogLevel !== "Info" && LogLevel.isLessThanOrEqualTo(cache.minimumLogLevel, "Debug")

/** Writes a line at debug level. */
export const logDebug = (message: string, facts: Readonly<Record<string, unknown>>): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logDebug(message), facts)
