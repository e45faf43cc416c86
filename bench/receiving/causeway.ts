/** Verifies and answers, without storing: by `node:http`, or by Effect's router over it. */
import { WebhookReceiver } from "@causeway/core/webhook"
import { WebhookListener } from "@causeway/node"
import { GitHubWebhook } from "@causeway/providers/github"
import { StripeWebhook } from "@causeway/providers/stripe"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, Redacted } from "effect"
import { HttpRouter } from "effect/http"
import { createServer } from "node:http"
import { secret } from "./deliveries.ts"
import { announce } from "./program.ts"

const [entrance = "", provider = ""] = process.argv.slice(2)

const options = {
  path: "/hooks",
  source: provider,
  scheme: provider === "stripe" ? StripeWebhook.scheme : GitHubWebhook.scheme,
  secrets: Redacted.make(secret),
  onEvent: () => Effect.void
} as const

if (entrance === "router") {
  const server = createServer()
  server.on("listening", () => announce(server))
  const route = HttpRouter.serve(WebhookReceiver.route(options), { disableLogger: true, disableListenLog: true })
  const live = Layer.provide(
    route,
    NodeHttpServer.layerServer(() => server, { port: 0, host: "127.0.0.1" })
  )
  Effect.runFork(Layer.launch(live))
} else {
  const { listener } = await WebhookListener.toListener(WebhookReceiver.make(options), Layer.empty)
  const server = createServer(listener)
  server.listen(0, "127.0.0.1", () => announce(server))
}
