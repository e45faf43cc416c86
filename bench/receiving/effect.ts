/** What a user of Effect writes by hand: a route of its router, the body in one piece, and an HMAC with a cached key. */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"
import { secret } from "./deliveries.ts"
import { announce } from "./program.ts"

const key = createSecretKey(Buffer.from(secret))
const stored = HttpServerResponse.text("stored")
const refused = HttpServerResponse.text("unauthorized", { status: 401 })

const receive = Effect.gen(function* () {
  const request = yield* HttpServerRequest.HttpServerRequest
  const made = createHmac("sha256", key)
    .update(new Uint8Array(yield* request.arrayBuffer))
    .digest()
  const claimed = Buffer.from(String(request.headers["x-hub-signature-256"]).slice("sha256=".length), "hex")
  return claimed.length === made.length && timingSafeEqual(made, claimed) ? stored : refused
})

const server = createServer()
server.on("listening", () => announce(server))
const route = HttpRouter.serve(HttpRouter.add("POST", "/hooks", receive), {
  disableLogger: true,
  disableListenLog: true
})
const listening = NodeHttpServer.layerServer(() => server, { port: 0, host: "127.0.0.1" })
Effect.runFork(Layer.launch(Layer.provide(route, listening)))
