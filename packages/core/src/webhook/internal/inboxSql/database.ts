import { Effect } from "effect"
import { SqlClient, type SqlError, type Statement } from "effect/sql"
import { InboxStoreError } from "../../InboxStore.ts"

type Value = string | number | null

export type Column = "text" | "bigint"

/** An `SqlClient` with what the two dialects say differently. */
export interface Database {
  readonly sql: SqlClient.SqlClient
  readonly dialect: "sqlite" | "pg"
  /** Rows in one parameter, as a table of these columns: the text of a statement does not depend on how many there are. */
  readonly given: <Columns extends Readonly<Record<string, Column>>>(
    columns: Columns,
    rows: ReadonlyArray<{ readonly [Name in keyof Columns]: Value }>
  ) => Statement.Fragment
  /** Takes the rows of a query for this transaction, and waits for those that another one has taken. */
  readonly locked: Statement.Fragment
  /** Takes the rows of a query for this transaction, without those that another one has taken. */
  readonly skipLocked: Statement.Fragment
  /** Keeps others from changing the rows of a query in this transaction, without those that another one is changing. */
  readonly shareLocked: Statement.Fragment
  /** `column` is in what a query finds, which is run once. */
  readonly isIn: (column: string, query: Statement.Fragment) => Statement.Fragment
  /**
   * Where rows are joined by their keys, finds them by the index of the keys, however small the table was when the
   * statement was planned.
   */
  readonly byKeys: (keys: ReadonlyArray<number>) => Statement.Fragment
}

/**
 * The status of an event that is found by its key: as an expression, so that a planner does not walk an index of what has
 * this status, which looks small to it, instead of stepping into the index of the keys.
 */
export const statusByKey = "status || ''"

export const make = (sql: SqlClient.SqlClient, dialect: "sqlite" | "pg"): Database => ({
  sql,
  dialect,
  given: (columns, rows) => {
    const json = JSON.stringify(rows)
    const list = (column: (name: string, type: Column) => string) =>
      sql.literal(
        Object.entries(columns)
          .map(([name, type]) => column(name, type))
          .join(", ")
      )
    return dialect === "pg"
      ? sql`jsonb_to_recordset(${json}::jsonb) AS given(${list((name, type) => `${name} ${type}`)})`
      : sql`(SELECT ${list((name) => `value->>'${name}' AS ${name}`)} FROM json_each(${json})) AS given`
  },
  locked: sql.literal(dialect === "pg" ? "FOR UPDATE" : ""),
  skipLocked: sql.literal(dialect === "pg" ? "FOR UPDATE SKIP LOCKED" : ""),
  shareLocked: sql.literal(dialect === "pg" ? "FOR SHARE SKIP LOCKED" : ""),
  isIn: (column, query) =>
    dialect === "pg" ? sql`${sql(column)} = ANY(ARRAY(${query}))` : sql`${sql(column)} IN (${query})`,
  byKeys: (keys) =>
    dialect === "pg"
      ? sql`event_key = ANY(${JSON.stringify(keys).replace("[", "{").replace("]", "}")}::bigint[]) AND`
      : sql.literal("")
})

export const toStoreError = (operation: string, cause: unknown): InboxStoreError =>
  new InboxStoreError({ operation, cause })

/**
 * The error of the store, and integers as bigints: one that is too large for a number would keep the other rows of its
 * query from being read.
 */
export const failing =
  (operation: string) =>
  <A>(effect: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, InboxStoreError> =>
    effect.pipe(
      Effect.mapError((cause) => toStoreError(operation, cause)),
      Effect.provideService(SqlClient.SafeIntegers, true)
    )
