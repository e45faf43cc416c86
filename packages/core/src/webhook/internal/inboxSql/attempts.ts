import { Effect } from "effect"
import type { SqlError } from "effect/sql"
import type { Attempt } from "../../Attempt.ts"
import type { Database } from "./database.ts"
import { type AttemptRow, fromAttempt, toAttempt } from "./rows.ts"

const longestHistory = 200

/** An attempt of an event. */
export interface Recorded {
  readonly key: number
  readonly attempt: Attempt
}

const columns = {
  event_key: "bigint",
  number: "bigint",
  started_at: "bigint",
  ended_at: "bigint",
  outcome: "text",
  error_tag: "text",
  error_message: "text"
} as const

const names = Object.keys(columns).join(", ")

/** Writes attempts down, and forgets the oldest of an event that has very many. */
export const record = (
  { given, sql }: Database,
  recorded: ReadonlyArray<Recorded>
): Effect.Effect<void, SqlError.SqlError> =>
  recorded.length === 0
    ? Effect.void
    : Effect.gen(function* () {
        const rows = recorded.map(({ attempt, key }) => fromAttempt(key, attempt))
        yield* sql`INSERT INTO causeway_attempts (${sql.literal(names)}) SELECT ${sql.literal(names)}
          FROM ${given(columns, rows)} WHERE true ON CONFLICT DO NOTHING`
        for (const { attempt, key } of recorded.filter(({ attempt }) => attempt.number > longestHistory)) {
          yield* sql`DELETE FROM causeway_attempts
            WHERE event_key = ${key} AND number <= ${attempt.number - longestHistory}`
        }
      })

/** The attempts at some events, by their keys, oldest first. */
export const read = (
  { given, isIn, sql }: Database,
  keys: ReadonlyArray<number>
): Effect.Effect<ReadonlyMap<number, ReadonlyArray<Attempt>>, SqlError.SqlError> =>
  keys.length === 0
    ? Effect.succeed(new Map())
    : Effect.map(
        sql<AttemptRow>`SELECT ${sql.literal(names)} FROM causeway_attempts
          WHERE ${isIn("event_key", sql`SELECT g_key FROM ${given({ g_key: "bigint" }, keys.map(toGiven))}`)}
          ORDER BY event_key, number`,
        (rows) => Map.groupBy(rows, (row) => Number(row.event_key))
      ).pipe(Effect.map((groups) => new Map([...groups].map(([key, rows]) => [key, rows.map(toAttempt)]))))

const toGiven = (key: number) => ({ g_key: key })
