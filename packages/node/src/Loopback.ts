/**
 * An HTTP server for one login, on 127.0.0.1 and a free port.
 *
 * **When to use**
 *
 * Provide {@link layer} to `ToolLogin.loopback`.
 *
 * **Details**
 *
 * Nobody but this machine reaches it. When the login has ended, the page that is under way is delivered, for a second at
 * most, and every connection is closed.
 *
 * **Gotchas**
 *
 * It serves one login: provide it to the login, not to the whole program.
 *
 * **Example** (An address of one's own)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { HttpServer } from "effect/http"
 * import { Loopback } from "@causeway/node"
 *
 * const address = Effect.map(HttpServer.HttpServer, ({ address }) => HttpServer.formatAddress(address))
 * const text = await Effect.runPromise(Effect.provide(address, Loopback.layer))
 * console.assert(/^http:\/\/127\.0\.0\.1:\d+$/.test(text))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-8.3
 * @since 0.1.0
 */
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer } from "effect"
import { HttpServer } from "effect/http"
import type { HttpServerError } from "effect/http"
import { createServer } from "node:http"

/**
 * A server on 127.0.0.1 and a free port.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpServer.HttpServer, HttpServerError.ServeError> = Layer.effect(
  HttpServer.HttpServer,
  Effect.gen(function* () {
    const server = createServer({ headersTimeout: 5_000, requestTimeout: 10_000 })
    const service = yield* NodeHttpServer.make(() => server, {
      host: "127.0.0.1",
      port: 0,
      gracefulShutdownTimeout: "1 second"
    })
    // A connection that says nothing would be waited for otherwise.
    yield* Effect.addFinalizer(() => Effect.sync(() => server.closeAllConnections()))
    return service
  })
)
