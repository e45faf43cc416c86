import { type Attempt, Permanent } from "../../Attempt.ts"
import { type NewEvent, UnreadableEvent } from "../../InboxStore.ts"
import { type Header, type Status, type Summary, WebhookEvent } from "../../WebhookEvent.ts"
import { safely } from "../safely.ts"

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
  readonly body: unknown
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

export const toColumns = (event: NewEvent & { readonly dueAt?: number }) => ({
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
  due_at: Math.round(event.dueAt ?? event.now)
})

export const headersColumn = (headers: ReadonlyArray<Header>): string => JSON.stringify(headers)

/** A number that the database holds, or 0 where a row holds something else. */
export const toNumber = (value: unknown): number => {
  const number = typeof value === "bigint" || typeof value === "number" ? Number(value) : Number.NaN
  return Number.isSafeInteger(number) ? number : 0
}

/** A text that the database holds; SQLite holds whatever was written, whatever the column is declared as. */
const toText = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined)

export const toSummary = (row: SummaryRow): Summary => ({
  key: Number(row.event_key),
  direction: row.direction,
  source: toText(row.source) ?? "",
  id: toText(row.event_id) ?? "",
  type: toText(row.type),
  lane: toText(row.lane),
  status: row.status,
  conflicting: row.variant !== "",
  receivedAt: toNumber(row.received_at),
  dueAt: toNumber(row.due_at),
  attempts: toNumber(row.attempts)
})

/** Why an event can't be read, as a failure that no repetition can mend. */
export const unreadable = (event: WebhookEvent): Permanent | undefined =>
  event.unreadable === undefined
    ? undefined
    : new Permanent({ error: new UnreadableEvent({ detail: event.unreadable }) })

/** Reads whatever a row holds: what can't be read is empty, and named in `unreadable`. */
export const toEvent = (row: EventRow, history: ReadonlyArray<Attempt>): WebhookEvent => {
  const headers = readHeaders(row.headers)
  const body = readBody(row.body)
  return new WebhookEvent({
    ...toSummary(row),
    traceparent: toText(row.traceparent),
    sealedBy: toText(row.sealed_by),
    target: toText(row.target),
    unreadable: problemsOf(row, headers, body),
    headers: headers ?? [],
    body: body ?? new Uint8Array(),
    history
  })
}

const readBody = (body: unknown): Uint8Array | undefined => (body instanceof Uint8Array ? body : undefined)

/** The column holds what headersColumn wrote, unless it was changed; Postgres has parsed it already. */
const readHeaders = (column: unknown): ReadonlyArray<Header> | undefined => {
  const headers = typeof column === "string" ? safely((): unknown => JSON.parse(column), undefined) : column
  return Array.isArray(headers) && headers.every(isHeader) ? headers : undefined
}

const isHeader = (header: unknown): header is Header =>
  Array.isArray(header) && header.length === 2 && typeof header[0] === "string" && typeof header[1] === "string"

const texts = ["source", "event_id", "type", "lane", "traceparent", "sealed_by", "target"] as const
const numbers = ["received_at", "attempts"] as const

const problemsOf = (
  row: EventRow,
  headers: ReadonlyArray<Header> | undefined,
  body: Uint8Array | undefined
): string | undefined => {
  let problems = ""
  const add = (problem: string) => (problems += problems === "" ? problem : `, ${problem}`)
  if (headers === undefined) add("headers is not a list of names and values")
  if (body === undefined) add("body is not binary")
  for (const name of texts) if (row[name] !== null && typeof row[name] !== "string") add(`${name} is not text`)
  for (const name of numbers) if (toNumber(row[name]) !== Number(row[name])) add(`${name} is not a safe integer`)
  return problems === "" ? undefined : problems
}

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
  number: toNumber(row.number),
  startedAt: toNumber(row.started_at),
  endedAt: toNumber(row.ended_at),
  outcome: row.outcome,
  error:
    row.error_tag === null ? undefined : { tag: toText(row.error_tag) ?? "", message: toText(row.error_message) ?? "" }
})
