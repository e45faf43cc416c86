/** The general errors of a call, from a response or from a request that broke. */
import { Effect, Redacted } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Credentials from "../../auth/Credentials.ts"
import * as CallError from "../../policy/CallError.ts"
import type * as Engine from "../../policy/Engine.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type * as Failure from "../../policy/Failure.ts"
import * as Redact from "../../policy/Redact.ts"

/** The most of an undeclared body that is kept, in bytes. */
export const excerptBytes = 8 * 1024

/** The body of an undeclared error: what `discard` has read of it is still the excerpt. */
export const unreadBody = (response: HttpClientResponse) => {
  let kept: string | undefined
  const reading = Effect.map(Exchange.discarded(response), (text) => {
    kept = text.slice(0, excerptBytes)
  })
  return {
    discard: Effect.suspend(() => (kept === undefined ? reading : Effect.void)),
    excerpt: Effect.suspend(() =>
      kept === undefined ? Exchange.excerpt(response, excerptBytes) : Effect.succeed(kept)
    )
  }
}

/** The values that must not appear in an error: the credentials of the integration, and those that the caller gave. */
export const secretsOf = (
  request: HttpClientRequest,
  { secrets }: Credentials.Authorized,
  { fiber }: Engine.Attempt
): ReadonlyArray<string> => [...secrets.map(Redacted.value), ...Redact.secretsOf(request, Redact.redactedNames(fiber))]

export type GeneralError = CallError.Unauthorized | CallError.RateLimited | CallError.UnexpectedStatus

interface Refused {
  readonly received: {
    readonly attempt: Engine.Attempt
    readonly response: HttpClientResponse
    readonly verdict: Failure.Classification
  }
  readonly category: Failure.Category
  readonly excerpt: string | undefined
  readonly issue: string | undefined
  readonly secrets: ReadonlyArray<string>
  /** Whether `RateLimited` is in the type of the method. */
  readonly isThrottleTyped: boolean
}

/** The error of a response that the endpoint does not declare, by its category. */
export const generalError = (refused: Refused): GeneralError => {
  const { category, excerpt = "", isThrottleTyped, issue, received, secrets } = refused
  const { attempt, response, verdict } = received
  const { headers, status } = response
  const requestId = Exchange.requestId(headers)
  const info = {
    ...attempt.info(requestId === undefined ? undefined : Redact.secrets(requestId, secrets)),
    category,
    status
  }
  if (category === "unauthorized") {
    return new CallError.Unauthorized({ ...info, reason: `the provider answered ${status}` })
  }
  const { retryAfter } = verdict
  if (category === "throttled" && isThrottleTyped) {
    return new CallError.RateLimited({ ...info, source: "remote", retryAfter, limit: undefined })
  }
  return new CallError.UnexpectedStatus({
    ...info,
    body: Redact.secrets(excerpt, secrets).slice(0, excerptBytes),
    retryAfter,
    contentType: headers["content-type"],
    issue: issue === undefined ? undefined : Redact.secrets(issue, secrets)
  })
}

export const decodeFailure = (
  info: CallError.CallInfo,
  { headers, status }: HttpClientResponse,
  issue: string
): CallError.DecodeFailure =>
  new CallError.DecodeFailure({
    ...info,
    requestId: info.requestId ?? Exchange.requestId(headers),
    category: "invalid",
    status,
    issue
  })

export const brokenAttempt = (
  attempt: Engine.Attempt,
  broken: Exchange.Broken,
  requestId?: string
): Engine.AttemptFailure<CallError.TransportFailure> => {
  const { category, cause, code, detail, reason, sent } = broken
  const facts = { ...attempt.info(requestId), category, reason, code, detail }
  const error = new CallError.TransportFailure({ ...facts, ...(cause !== undefined && { cause }) })
  const isUncounted = Exchange.isUncounted(broken)
  return { error, category, retryAfter: undefined, sent, declared: false, isUncounted, requestId }
}
