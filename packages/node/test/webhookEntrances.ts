/** The three ways in of a receiver, each behind a server of its own on a free port of 127.0.0.1. */
import { type Inbox, WebhookReceiver } from "@causeway/core/webhook"
import { WebhookListener } from "@causeway/node"
import { NodeHttpServer } from "@effect/platform-node"
import { Effect, Layer, type Scope } from "effect"
import { HttpRouter, HttpServer } from "effect/http"
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export type Options = WebhookReceiver.Options<never, never, Inbox.Inbox> & { readonly path: HttpRouter.PathInput }

export interface Entrance {
  readonly name: string
  /** Whether repeated headers are seen apart. */
  readonly seesRepeated: boolean
  /** The port of a server with this receiver. */
  readonly open: (options: Options) => Effect.Effect<number, unknown, Inbox.Inbox | Scope.Scope>
}

const router: Entrance = {
  name: "HttpRouter",
  seesRepeated: true,
  open: (options) =>
    Effect.gen(function* () {
      const server = HttpRouter.serve(WebhookReceiver.route(options), {
        disableLogger: true,
        disableListenLog: true
      }).pipe(Layer.provideMerge(NodeHttpServer.layerServer(() => createServer(), { port: 0, host: "127.0.0.1" })))
      const context = yield* Layer.build(server)
      const { address } = yield* Effect.provide(HttpServer.HttpServer, context)
      return Number(new URL(HttpServer.formatAddress(address)).port)
    })
}

const listener: Entrance = {
  name: "node:http",
  seesRepeated: true,
  open: (options) => Effect.map(WebhookListener.serve(WebhookReceiver.make(options)), ({ port }) => port)
}

const web: Entrance = {
  name: "Request and Response",
  seesRepeated: false,
  open: (options) =>
    Effect.gen(function* () {
      const context = yield* Effect.context<Inbox.Inbox>()
      const { dispose, handler } = WebhookReceiver.toWebHandler(options, Layer.succeedContext(context))
      yield* Effect.addFinalizer(() => Effect.promise(dispose))
      return yield* bridge(handler)
    })
}

export const entrances: ReadonlyArray<Entrance> = [router, listener, web]

/** A server that hands its requests to a handler of the Fetch standard, as Deno and Bun do. */
const bridge = (handler: (request: Request) => Promise<Response>): Effect.Effect<number, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(async () => {
        const server = createServer((request, response) => {
          handler(toRequest(request)).then(
            (answer) => write(response, answer),
            () => response.destroy()
          )
        })
        await once(server.listen(0, "127.0.0.1"), "listening")
        return server
      }),
      (server) =>
        Effect.promise(async () => {
          const closed = new Promise((resolve) => server.close(resolve))
          server.closeAllConnections()
          await closed
        })
    ),
    // A server that listens on a port has an address with that port.
    (server) => (server.address() as AddressInfo).port
  )

const toRequest = (request: IncomingMessage): Request => {
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(request.headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  const method = request.method ?? ""
  const hasBody = method !== "GET" && method !== "HEAD"
  const init: RequestInit = { method, headers, ...(hasBody && { body: toStream(request), duplex: "half" }) }
  return new Request(`http://127.0.0.1${request.url ?? "/"}`, init)
}

const toStream = (request: IncomingMessage): ReadableStream<Uint8Array> => {
  let isOpen = true
  const finish = (end: () => void) => () => {
    if (isOpen) end()
    isOpen = false
  }
  return new ReadableStream({
    start: (controller) => {
      request.on("data", (chunk: Buffer) => isOpen && controller.enqueue(chunk))
      request.on(
        "end",
        finish(() => controller.close())
      )
      request.on(
        "error",
        finish(() => controller.error(new Error("aborted")))
      )
    },
    cancel: () => {
      isOpen = false
    }
  })
}

const write = async (response: ServerResponse, answer: Response) => {
  const body = Buffer.from(await answer.arrayBuffer())
  response.writeHead(answer.status, { ...Object.fromEntries(answer.headers), "content-length": body.length })
  response.end(body)
}
