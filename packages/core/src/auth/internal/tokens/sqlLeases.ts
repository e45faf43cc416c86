import { Clock, Effect } from "effect"
import type { SqlClient, Statement } from "effect/sql"
import type { AuthError } from "../../AuthError.ts"
import type { TokenLease } from "../../TokenLease.ts"
import type { Owner } from "./owner.ts"
import { failing, prepare } from "./tables.ts"

/** Whose clock decides where the server has one; a given one is for tests. */
export type Time = "server" | "given"

export const make = (time: Time): Effect.Effect<TokenLease["Service"], AuthError, SqlClient.SqlClient> =>
  Effect.map(prepare, (sql) => makeService(sql, time))

const makeService = (sql: SqlClient.SqlClient, time: Time): TokenLease["Service"] => {
  const given = Effect.map(Clock.currentTimeMillis, (now): Statement.Fragment => sql`${now}`)
  const server = Effect.succeed(sql.literal("CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)"))
  const now: Effect.Effect<Statement.Fragment> =
    time === "given" ? given : sql.onDialectOrElse({ pg: () => server, orElse: () => given })

  const belongs = ({ integration, tenant }: Owner, holder: string) =>
    sql`integration = ${integration} AND tenant = ${tenant} AND holder = ${holder}`

  return {
    acquire: ({ integration, tenant }, holder, millis) =>
      Effect.flatMap(now, (at) =>
        failing(
          { integration },
          "take the lease",
          sql<{ takeovers: number }>`INSERT INTO causeway_token_leases (integration, tenant, holder, ends_at)
            VALUES (${integration}, ${tenant}, ${holder}, ${at} + ${Math.ceil(millis)})
            ON CONFLICT (integration, tenant) DO UPDATE SET holder = excluded.holder, ends_at = excluded.ends_at,
              takeovers = causeway_token_leases.takeovers + 1
            WHERE causeway_token_leases.ends_at <= ${at} RETURNING takeovers`
        )
      ).pipe(Effect.map(([row]) => (row === undefined ? undefined : { takenOver: row.takeovers > 0 }))),
    extend: (owner, holder, millis) =>
      Effect.flatMap(now, (at) =>
        failing(
          owner,
          "prolong the lease",
          sql`UPDATE causeway_token_leases SET ends_at = ${at} + ${Math.ceil(millis)}
            WHERE ${belongs(owner, holder)} RETURNING holder`
        )
      ).pipe(Effect.map((rows) => rows.length === 1)),
    release: (owner, holder) =>
      Effect.asVoid(
        failing(owner, "give the lease back", sql`DELETE FROM causeway_token_leases WHERE ${belongs(owner, holder)}`)
      )
  }
}
