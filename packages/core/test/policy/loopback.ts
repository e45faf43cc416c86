import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import { once } from "node:events"

/** A provider on a free port of 127.0.0.1 that remembers what it was asked. */
export interface Loopback {
  readonly url: string
  readonly asked: ReadonlyArray<IncomingMessage>
  /** Closes every connection and stops listening. */
  readonly stop: Effect.Effect<void>
}

/** Listens until the scope ends. */
export const loopback = (
  answer: (request: IncomingMessage, response: ServerResponse) => void
): Effect.Effect<Loopback, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const asked: Array<IncomingMessage> = []
      const server = createServer((request, response) => {
        asked.push(request)
        answer(request, response)
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      const address = server.address()
      if (address === null || typeof address === "string") throw new Error("the provider has no port")
      const stop = Effect.promise(async () => {
        if (!server.listening) return
        const closed = once(server, "close")
        server.close()
        server.closeAllConnections()
        await closed
      })
      return { url: `http://127.0.0.1:${address.port}`, asked, stop }
    }),
    (provider) => provider.stop
  )
