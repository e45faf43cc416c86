import { Inbox, InboxStoreSql } from "@causeway/core/webhook"
import { Layer } from "effect"
import { describePostgres, layer as layerDatabase, sharedServer } from "../postgres/server.ts"
import { inboxSqlSuite } from "./inboxSqlSuite.ts"
import { inboxSuite } from "./inboxSuite.ts"
import { layerWatched } from "./quiet.ts"

describePostgres("the inbox and Postgres", () => {
  const server = sharedServer()

  /** A new database for each build. */
  const layer = Inbox.layer.pipe(
    Layer.provideMerge(layerWatched(InboxStoreSql.layer)),
    Layer.provideMerge(Layer.fresh(layerDatabase)),
    Layer.provide(server)
  )

  inboxSuite("Postgres", layer)
  inboxSqlSuite("Postgres", layer)
})
