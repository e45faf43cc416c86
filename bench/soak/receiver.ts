/** The receivers that `hostile.ts` attacks, in a separate process. It reports their ports and the size of its heap. */
import { Inbox, SignatureScheme, WebhookKeys, WebhookReceiver } from "@causeway/core/webhook"
import { Sqlite, WebhookListener } from "@causeway/node"
import { AwsSnsWebhook } from "@causeway/providers/aws-sns"
import { Effect, Layer, Logger, Redacted } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { SqlClient } from "effect/sql"
import { certificate } from "../../packages/providers/test/certificate.ts"
import { certificateUrl, secret, topic } from "./hostileSecrets.ts"

/** The network of the certificates: the true one is there, and an invented one takes a second to be none. */
const network = HttpClient.make((request) => {
  const isTrue = request.url === certificateUrl
  const response = Effect.sync(() =>
    HttpClientResponse.fromWeb(request, new Response(isTrue ? certificate : "", { status: isTrue ? 200 : 404 }))
  )
  return isTrue ? response : Effect.delay(response, "1 second")
})

const keys = WebhookKeys.layer({ timeToLive: "5 seconds" }).pipe(
  Layer.provide(Layer.succeed(HttpClient.HttpClient, network))
)

const receiver = WebhookReceiver.make({
  path: "/hooks/:source",
  sources: {
    acme: { scheme: SignatureScheme.standardWebhooks, secrets: secret },
    orders: { scheme: AwsSnsWebhook.scheme, secrets: Redacted.make(topic), keys: WebhookKeys.WebhookKeys }
  }
})

const handlersOf = (source: string) =>
  Inbox.layerHandlers({
    source,
    events: {},
    handle: {},
    otherwise: () => Effect.void,
    retention: { handled: "1 second", every: "1 second" }
  })

/** A database that never answers: its only connection is held by a transaction that does not end. */
const stalled = Effect.gen(function* () {
  const layer = Layer.provideMerge(Inbox.layerSql, Sqlite.layerMemory)
  return yield* Effect.provide(serveStalled, yield* Layer.build(layer))
})

const serveStalled = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Effect.forkScoped(sql.withTransaction(Effect.never))
  yield* Effect.sleep("100 millis")
  const receiver = WebhookReceiver.make({
    source: "acme",
    scheme: SignatureScheme.standardWebhooks,
    secrets: secret,
    storeTimeout: "1 second"
  })
  return yield* WebhookListener.serve(receiver, { closeTimeout: "1 second" })
})

/** The workers run for as long as the listener: until the scope ends. */
const healthy = Effect.gen(function* () {
  const workers = Layer.mergeAll(handlersOf("acme"), handlersOf("orders"), keys)
  const context = yield* Layer.build(workers.pipe(Layer.provideMerge(Inbox.layerMemory)))
  return yield* Effect.provide(WebhookListener.serve(receiver), context)
})

const heap = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return (arrayBuffers + heapUsed) / 1024 / 1024
}

process.on("message", () => process.send?.({ heap: heap(), rss: process.memoryUsage().rss / 1024 / 1024 }))

const program = Effect.gen(function* () {
  const { port } = yield* healthy
  const { port: stalledPort } = yield* stalled
  process.send?.({ port, stalledPort })
  yield* Effect.callback<void>((resume) => {
    process.once("disconnect", () => resume(Effect.void))
  })
})

await Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(Logger.layer([]))))
process.exit(0)
