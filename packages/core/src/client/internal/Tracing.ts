import { Cause, Clock, Effect, Exit, type Fiber, LogLevel, References, Result, Tracer } from "effect"
import * as HttpTraceContext from "effect/http/HttpTraceContext"
import * as CallError from "../../policy/CallError.ts"
import type { CallSite } from "../../policy/Engine.ts"

/** The spans of one endpoint's calls: OpenTelemetry's names, the template in the place of the URL. */
export interface Spans {
  readonly call: <A, E, R>(
    evaluate: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
  readonly attempt: <A, E extends { readonly error: unknown }, R>(
    call: Tracer.Span | undefined,
    number: number,
    evaluate: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

/** Spans are made only where somebody collects them: Effect's own tracer keeps them in memory and exports nothing. */
const isCollected = (fiber: Fiber.Fiber<unknown, unknown>): boolean =>
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
    call: (evaluate) =>
      Effect.useSpan(`${site.integration}.${site.endpoint}`, call, (span) =>
        summarized(site, span, evaluate(span), (error) => error)
      ),
    attempt: (parent, number, evaluate) => {
      if (parent === undefined) return evaluate(undefined)
      const resent = number > 1 ? { "http.request.resend_count": number - 1 } : undefined
      return Effect.useSpan(name, { parent, kind: "client", attributes: { ...attributes, ...resent } }, (span) =>
        summarized(site, span, evaluate(span), ({ error }) => error)
      )
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

/** A failed span ends with its error in one line, which exporters show as its status; a stack or a body is not in it. */
const summarized = <A, E, R>(
  site: CallSite,
  span: Tracer.Span,
  effect: Effect.Effect<A, E, R>,
  errorOf: (error: E) => unknown
): Effect.Effect<A, E, R> =>
  Effect.onError(effect, (cause) =>
    Effect.withFiber((fiber) => {
      if (Cause.hasInterruptsOnly(cause)) return Effect.void
      const found = Cause.findError(cause)
      const summary = Result.isSuccess(found)
        ? summaryOf(site, errorOf(found.success))
        : summaryError("Defect", `${siteIn(site)} failed with a defect`)
      if (!span.attributes.has("error.type")) span.attribute("error.type", summary.name)
      const isTimed = fiber.getRef(References.TracerTimingEnabled)
      span.end(isTimed ? fiber.getRef(Clock.Clock).currentTimeNanosUnsafe() : 0n, Exit.fail(summary))
      return Effect.void
    })
  )

const siteIn = ({ endpoint, integration, method, url }: CallSite): string =>
  `${integration}.${endpoint} (${method} ${url})`

/** The text of an error that is not one of ours may be the provider's: only its tag is shown. */
const summaryOf = (site: CallSite, error: unknown): Error => {
  const tag = CallError.tagOf(error)
  if (CallError.is(error)) return summaryError(tag, error.message)
  const status = typeof error === "object" && error !== null ? CallError.infoOf(error)?.status : undefined
  return summaryError(tag, `${siteIn(site)} failed with ${tag}${status === undefined ? "" : ` (status ${status})`}`)
}

const summaryError = (name: string, text: string): Error => {
  const message = text.replaceAll(/\s+/g, " ").slice(0, 500)
  const summary = new Error(message)
  summary.name = name
  summary.stack = `${name}: ${message}`
  return summary
}

/** Runs a call in its span, if a tracer exports spans. */
export const traced = <A, E, R>(
  fiber: Fiber.Fiber<unknown, unknown>,
  spans: Spans,
  run: (span: Tracer.Span | undefined) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => (isCollected(fiber) ? spans.call(run) : run(undefined))

/** What a response says of its attempt. */
export const tellStatus = (span: Tracer.Span, status: number): void => {
  span.attribute("http.response.status_code", status)
  if (status >= 400) span.attribute("error.type", String(status))
}

/** The header by which the provider's spans join ours; nothing where nobody collects spans. */
export const traceparent = (span: Tracer.Span | undefined): string | undefined =>
  span === undefined ? undefined : HttpTraceContext.toHeaders(span)["traceparent"]

/** Whether lines at debug level are written. The default level is compared directly, because every call checks it. */
export const logsDebug = ({ cache }: Fiber.Fiber<unknown, unknown>): boolean =>
  cache.minimumLogLevel !== "Info" && LogLevel.isLessThanOrEqualTo(cache.minimumLogLevel, "Debug")

/** Writes a line at debug level. */
export const logDebug = (message: string, facts: Readonly<Record<string, unknown>>): Effect.Effect<void> =>
  Effect.annotateLogs(Effect.logDebug(message), facts)
