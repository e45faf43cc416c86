import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import { text } from "node:stream/consumers"

/** A request as a provider gets it. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** A provider on a free port of 127.0.0.1 that keeps what it was sent. */
export const provider = (
  answer: (request: Received, count: number) => Answer
): Effect.Effect<{ readonly url: string; readonly received: ReadonlyArray<Received> }, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const received: Array<Received> = []
      const server = createServer(async (request, response) => {
        const { headers, method = "", url: path = "" } = request
        const one = { method, path, headers, body: await text(request) }
        const { body, headers: more = {}, status } = answer(one, received.push(one))
        response.writeHead(status, { "content-type": "application/json", ...more }).end(JSON.stringify(body))
      })
      await once(server.listen(0, "127.0.0.1"), "listening")
      const address = server.address()
      if (address === null || typeof address === "string") throw new Error("the server has no port")
      return { server, received, url: `http://127.0.0.1:${address.port}` }
    }),
    ({ server }) =>
      Effect.promise(async () => {
        const closed = once(server, "close")
        server.close()
        server.closeAllConnections()
        await closed
      })
  )
