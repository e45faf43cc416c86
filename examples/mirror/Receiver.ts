/**
 * The server that GitHub's webhooks come to: one route, which stores what is genuine in the inbox.
 */
import { WebhookReceiver } from "@causeway/core/webhook"
import { GitHubWebhook } from "@causeway/providers/github"
import { NodeHttpServer } from "@effect/platform-node"
import { Config, Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { createServer } from "node:http"
import { countOutcome, Tally } from "./Tally.ts"

/** Where the route is, once the server listens. */
export class Receiver extends Context.Service<Receiver, { readonly url: string }>()("mirror/Receiver") {}

export interface Options {
  readonly host: string
  /** 0 takes a free port. */
  readonly port: number
}

const path = "/webhooks/github"

const route = Layer.unwrap(
  Effect.map(Tally, ({ received }) =>
    WebhookReceiver.route({
      path,
      source: "github",
      scheme: GitHubWebhook.scheme,
      secrets: Config.Redacted("GITHUB_WEBHOOK_SECRET"),
      onOutcome: (outcome) => Effect.sync(() => countOutcome(received, outcome))
    })
  )
)

const receiver = Layer.effect(
  Receiver,
  Effect.map(HttpServer.HttpServer, ({ address }) => Receiver.of({ url: HttpServer.formatAddress(address) + path }))
)

/** Listens as long as the Layer lives. */
export const layer = ({ host, port }: Options) =>
  HttpRouter.serve(route, { disableLogger: true, disableListenLog: true }).pipe(
    Layer.provideMerge(receiver),
    Layer.provide(NodeHttpServer.layer(createServer, { host, port }))
  )
