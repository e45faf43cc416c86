import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { createServer } from "node:http"

/** Serves routes on a free port, and asks them as any client would. */
export const serving = <E>(routes: Layer.Layer<never, E, HttpRouter.HttpRouter>) =>
  Effect.gen(function* () {
    const server = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(() => createServer(), { port: 0, host: "127.0.0.1" }))
    )
    const context = yield* Layer.build(server)
    const { address } = Context.get(context, HttpServer.HttpServer)
    return (path: string, headers: Readonly<Record<string, string>> = {}) =>
      Effect.promise(async () => {
        const response = await fetch(`${HttpServer.formatAddress(address)}${path}`, { headers })
        return {
          status: response.status,
          body: await response.text(),
          challenge: response.headers.get("www-authenticate"),
          retryAfter: response.headers.get("retry-after")
        }
      })
  })
