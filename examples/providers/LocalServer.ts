/** A provider on this machine: a server on a free port of 127.0.0.1 that answers in JSON, or with a stream of events. */
import { Effect, type Scope } from "effect"
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders } from "node:http"
import { text } from "node:stream/consumers"

/** A request as the provider receives it. */
export interface Request {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** The provider's response; a string is sent unchanged. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: unknown
}

/** Starts the server and returns its origin. It stops when the scope closes. */
export const start = (answer: (request: Request) => Answer): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => listen(answer)),
      ({ close }) => Effect.promise(close)
    ),
    ({ origin }) => origin
  )

const listen = async (answer: (request: Request) => Answer) => {
  const server = createServer(async (request, response) => {
    const { headers, method = "", url = "/" } = request
    const asked = { method, url: new URL(url, "http://127.0.0.1"), headers, body: await text(request) }
    const { body, headers: more = {}, status = 200 } = answer(asked)
    response.writeHead(status, { "content-type": "application/json", ...more })
    response.end(typeof body === "string" ? body : JSON.stringify(body))
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("the server has no port")
  const close = async () => {
    const closed = once(server, "close")
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { origin: `http://127.0.0.1:${address.port}`, close }
}
