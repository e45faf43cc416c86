/** Decides which failures allow a stale answer. */
import { Cause } from "effect"
import * as CallError from "../../CallError.ts"

/** The statuses of a provider that is down. */
const outages: ReadonlySet<number> = new Set([500, 502, 503, 504])

/** Whether a status means that the provider is down. */
export const isOutageStatus = (status: number): boolean => outages.has(status)

interface Fields {
  readonly _tag?: unknown
  readonly status?: unknown
  readonly reason?: unknown
  readonly source?: unknown
  readonly response?: unknown
}

// A value that is not an object has none of these fields.
const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {})

/** The status of the provider's answer; undefined if there was none or it is unknown. */
export const statusOf = (error: unknown): number | undefined => {
  const { reason, response, status } = fieldsOf(error)
  if (typeof error === "object" && error !== null) {
    const declared = CallError.infoOf(error)
    if (declared !== undefined) return declared.status
  }
  if (typeof status === "number") return status
  const answered = fieldsOf(response ?? fieldsOf(reason).response).status
  return typeof answered === "number" ? answered : undefined
}

/** Failures without an answer: no connection, a broken one, no answer in time, or an open circuit. */
const isUnreachable = (error: unknown): boolean => {
  const { _tag, reason } = fieldsOf(error)
  if (Cause.isTimeoutError(error) || _tag === "Timeout" || _tag === "CircuitOpen") return true
  if (_tag === "TransportFailure") return reason !== "InvalidUrl"
  const { _tag: why } = fieldsOf(reason)
  return why === "TransportError" || why === "CircuitOpen" || why === "CircuitHalfOpen"
}

/**
 * Whether a failure is one that `stale-if-error` allows a stale answer for: a status of 500, 502, 503 or 504, a refused
 * or broken connection, a timeout, or an open circuit. Every other answer of the provider stands, and so does a failure
 * of this process, such as a full bulkhead. `status` is the one that the provider answered with. Default: the status of
 * the error, or of its `CallError.infoOf`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc5861#section-4
 * @since 0.1.0
 * @category deciding
 */
export const isOutage = (error: unknown, status = statusOf(error)): boolean =>
  status === undefined ? isUnreachable(error) : isOutageStatus(status)
