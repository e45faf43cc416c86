import type { TokenStore } from "@causeway/core/auth"
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { alteredText, type Disk } from "./tokenStoreSuite.ts"

interface Row extends TokenStore.Owner {
  readonly sealed: string
}

/** The table of tokens, as somebody with the database's password sees it. */
export const sqlDisk: Effect.Effect<Disk, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  const rows = Effect.orDie(sql<Row>`SELECT * FROM causeway_tokens`)
  const sealedOf = (owner: TokenStore.Owner) =>
    Effect.map(rows, (all) => all.find((row) => row.integration === owner.integration && row.tenant === owner.tenant))
  const write = (owner: TokenStore.Owner, sealed: string) =>
    Effect.asVoid(
      Effect.orDie(sql`UPDATE causeway_tokens SET sealed = ${sealed}
        WHERE integration = ${owner.integration} AND tenant = ${owner.tenant}`)
    )
  return {
    everything: Effect.map(rows, (all) => JSON.stringify(all)),
    move: (from, to) => Effect.flatMap(sealedOf(from), (row) => write(to, row?.sealed ?? "")),
    alter: (owner) => Effect.flatMap(sealedOf(owner), (row) => write(owner, alteredText(row?.sealed ?? "")))
  }
})
