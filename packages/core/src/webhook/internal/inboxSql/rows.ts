import type { Attempt } from "../../Attempt.ts"
import type { NewEvent } from "../../InboxStore.ts"
import { type Header, type Status, type Summary, WebhookEvent } from "../../WebhookEvent.ts"

/** Postgres gives 64 bits as a bigint. */
type Integer = number | bigint

export interface SummaryRow {
  readonly event_key: Integer
  readonly direction: "in" | "out"
  readonly source: string
  readonly event_id: string
  readonly variant: string
  readonly type: string | null
  readonly lane: string | null
  readonly status: Status
  readonly received_at: Integer
  readonly due_at: Integer
  readonly attempts: Integer
}

export interface EventRow extends SummaryRow {
  readonly target: string | null
  readonly headers: unknown
  readonly body: Uint8Array
  readonly traceparent: string | null
  readonly sealed_by: string | null
}

export interface ClaimRow extends EventRow {
  readonly lost_at: Integer | null
  readonly fence: Integer
  readonly attempts_before_replay: Integer
}

export interface AttemptRow {
  readonly event_key: Integer
  readonly number: Integer
  readonly started_at: Integer
  readonly ended_at: Integer
  readonly outcome: Attempt["outcome"]
  readonly error_tag: string | null
  readonly error_message: string | null
}

export const summaryColumns =
  "event_key, direction, source, event_id, variant, type, lane, status, received_at, due_at, attempts"

export const toColumns = (event: NewEvent) => ({
  source: event.source,
  event_id: event.id,
  digest: event.digest,
  type: event.type ?? null,
  lane: event.lane ?? null,
  traceparent: event.traceparent ?? null,
  sealed_by: event.sealedBy ?? null,
  headers: headersColumn(event.headers),
  body: event.body,
  received_at: Math.round(event.now),
  due_at: Math.round(event.now)
})

export const headersColumn = (headers: ReadonlyArray<Header>): string => JSON.stringify(headers)

export const toSummary = (row: SummaryRow): Summary => ({
  key: Number(row.event_key),
  direction: row.direction,
  source: row.source,
  id: row.event_id,
  type: row.type ?? undefined,
  lane: row.lane ?? undefined,
  status: row.status,
  conflicting: row.variant !== "",
  receivedAt: Number(row.received_at),
  dueAt: Number(row.due_at),
  attempts: Number(row.attempts)
})

export const toEvent = (row: EventRow, history: ReadonlyArray<Attempt>): WebhookEvent =>
  new WebhookEvent({
    ...toSummary(row),
    traceparent: row.traceparent ?? undefined,
    sealedBy: row.sealed_by ?? undefined,
    target: row.target ?? undefined,
    headers: parseHeaders(row.headers),
    body: row.body,
    history
  })

// The column holds what headersColumn wrote; Postgres has parsed it already.
const parseHeaders = (headers: unknown): ReadonlyArray<Header> =>
  (typeof headers === "string" ? JSON.parse(headers) : headers) as ReadonlyArray<Header>

export const fromAttempt = (key: number, attempt: Attempt) => ({
  event_key: key,
  number: attempt.number,
  started_at: Math.round(attempt.startedAt),
  ended_at: Math.round(attempt.endedAt),
  outcome: attempt.outcome,
  error_tag: attempt.error?.tag ?? null,
  error_message: attempt.error?.message ?? null
})

export const toAttempt = (row: AttemptRow): Attempt => ({
  number: Number(row.number),
  startedAt: Number(row.started_at),
  endedAt: Number(row.ended_at),
  outcome: row.outcome,
  error: row.error_tag === null ? undefined : { tag: row.error_tag, message: row.error_message ?? "" }
})
