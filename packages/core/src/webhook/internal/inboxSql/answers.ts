import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import type { KeptAnswer } from "../../InboxStore.ts"
import type { Database } from "./database.ts"

interface AnswerRow {
  readonly answer: Uint8Array
  readonly sealed_by: string | null
}

export const keep = ({ sql }: Database, key: number, { bytes, sealedBy }: KeptAnswer) =>
  Effect.asVoid(
    sql`INSERT INTO causeway_answers (event_key, answer, sealed_by)
      SELECT event_key, ${bytes}, ${sealedBy ?? null} FROM causeway_events WHERE event_key = ${key}
      ON CONFLICT DO NOTHING`
  )

export const find = ({ sql }: Database, key: number): Effect.Effect<KeptAnswer | undefined, SqlError.SqlError> =>
  Effect.map(
    sql<AnswerRow>`SELECT answer, sealed_by FROM causeway_answers WHERE event_key = ${key}`,
    ([row]) => row && { bytes: row.answer, sealedBy: row.sealed_by ?? undefined }
  )
