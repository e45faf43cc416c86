/**
 * A process that receives webhooks and handles them: `node receiverProcess.ts '<settings as JSON>'`. It tells its URL, and
 * is killed whenever somebody feels like it.
 */
import { Inbox, SignatureScheme, type WebhookEvent, WebhookReceiver } from "@causeway/core/webhook"
import { Sqlite } from "@causeway/node"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Logger, Redacted } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import { createServer } from "node:http"
import { layerClient } from "../../../core/test/postgres/client.ts"

export interface Settings {
  readonly secret: string
  readonly database: { readonly sqlite: string } | { readonly port: number; readonly name: string }
}

export const source = "sender"

/** The header that names the lane of an event; others have none. */
export const laneHeader = "x-lane"

export const databaseOf = ({ database }: Pick<Settings, "database">) =>
  "sqlite" in database ? Sqlite.layer({ filename: database.sqlite }) : layerClient(database.port, database.name)

const record = ({ id }: WebhookEvent.WebhookEvent) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql`INSERT INTO handled (event_id) VALUES (${id})`)

const handlers = Inbox.layerHandlers({
  source,
  events: {},
  handle: {},
  otherwise: record,
  transactional: true,
  key: ({ headers }) => headers.find(([name]) => name.toLowerCase() === laneHeader)?.[1],
  ordered: true,
  concurrency: 8,
  lease: "3 seconds",
  pollInterval: "200 millis"
})

const main = async (settings: Settings): Promise<void> => {
  const route = WebhookReceiver.route({
    path: "/hooks",
    source,
    scheme: SignatureScheme.standardWebhooks,
    secrets: Redacted.make(settings.secret),
    storeTimeout: "3 seconds"
  })
  const server = HttpRouter.serve(route, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(NodeHttpServer.layerServer(() => createServer(), { host: "127.0.0.1", port: 0 })),
    Layer.merge(handlers),
    Layer.provide(Inbox.layerSql),
    Layer.provide(databaseOf(settings)),
    Layer.provide(Logger.layer([]))
  )
  const program = Effect.gen(function* () {
    const { address } = yield* HttpServer.HttpServer
    process.send?.(`${HttpServer.formatAddress(address)}/hooks`)
    return yield* Effect.never
  })
  process.on("disconnect", () => process.exit())
  await Effect.runPromise(Effect.provide(program, server))
}

// The test gives what the type says.
if (process.argv[2]?.startsWith("{") === true) await main(JSON.parse(process.argv[2]) as Settings)
