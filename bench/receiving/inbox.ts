/** Verifies, stores in the inbox and answers: `sqlite <file>`, or `postgres <port>`. */
import { Inbox, WebhookReceiver } from "@causeway/core/webhook"
import { Sqlite, WebhookListener } from "@causeway/node"
import { StripeWebhook } from "@causeway/providers/stripe"
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import * as Databases from "./databases.ts"
import { secret } from "./deliveries.ts"
import { announcePort } from "./program.ts"

const [kind = "", place = ""] = process.argv.slice(2)

const client =
  kind === "sqlite"
    ? Sqlite.layer({ filename: place })
    : PgClient.layer({
        host: "127.0.0.1",
        port: Number(place),
        database: Databases.database,
        username: Databases.user,
        password: Redacted.make(Databases.password)
      })

const receiver = WebhookReceiver.make({
  source: "stripe",
  scheme: StripeWebhook.scheme,
  secrets: Redacted.make(secret)
})

const serving = Effect.gen(function* () {
  const { port } = yield* WebhookListener.serve(receiver)
  announcePort(port)
  return yield* Effect.never
})

Effect.runFork(Effect.scoped(serving).pipe(Effect.provide(Layer.provide(Inbox.layerSql, client))))
