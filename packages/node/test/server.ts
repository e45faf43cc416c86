/** A provider to call: a server of this test's own, on a free port of 127.0.0.1, stopped when the test ends. */
import { NodeHttpClient } from "@effect/platform-node"
import { Config, ConfigProvider, Effect, type Layer, type Scope } from "effect"
import { FetchHttpClient, type HttpClient } from "effect/http"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { Transport } from "@causeway/node"

/** A request as it arrived, with its whole body. */
export interface Arrival {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: Buffer
  readonly socket: Socket
}

export interface Server {
  readonly url: string
  readonly arrivals: ReadonlyArray<Arrival>
  /** The connections that are open now. */
  readonly open: ReadonlySet<Socket>
  /** The next time the connection of a request closes. */
  readonly nextClose: () => Promise<void>
  /** The next time a request arrives. */
  readonly nextArrival: () => Promise<void>
}

export type Handler = (response: ServerResponse, arrival: Arrival) => void

export const serve = (handle: Handler): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => start(handle)),
      ({ stop }) => Effect.promise(stop)
    ),
    ({ server }) => server
  )

const start = async (handle: Handler) => {
  const arrivals: Array<Arrival> = []
  const open = new Set<Socket>()
  const closes: Array<() => void> = []
  const begun: Array<() => void> = []
  const http = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("error", () => {})
    request.on("end", () => {
      const { headers, method = "", socket, url = "" } = request
      const arrival = { method, url, headers, socket, body: Buffer.concat(chunks) }
      arrivals.push(arrival)
      handle(response, arrival)
      for (const tell of begun.splice(0)) tell()
    })
  })
  http.on("connection", (socket) => {
    open.add(socket)
    socket.on("error", () => {})
    socket.on("close", () => {
      open.delete(socket)
      for (const tell of closes.splice(0)) tell()
    })
  })
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
  // A server that listens on a port has an address with that port.
  const { port } = http.address() as AddressInfo
  const server: Server = {
    url: `http://127.0.0.1:${port}`,
    arrivals,
    open,
    nextClose: () => new Promise((resolve) => closes.push(resolve)),
    nextArrival: () => new Promise((resolve) => begun.push(resolve))
  }
  const stop = () =>
    new Promise<void>((resolve) => {
      http.close(() => resolve())
      http.closeAllConnections()
    })
  return { server, stop }
}

/** Where a provider is that one test starts: give it to `baseUrl`. */
export const providerUrl = Config.String("PROVIDER_URL")

/** Puts the provider at a server. */
export const layerAt = (server: Server, path = ""): Layer.Layer<never> =>
  ConfigProvider.layer(ConfigProvider.fromUnknown({ PROVIDER_URL: server.url + path }))

/** Writes one piece after the other, each in a turn of its own. */
export const inPieces = async (response: ServerResponse, pieces: ReadonlyArray<string | Uint8Array>): Promise<void> => {
  for (const piece of pieces) {
    response.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** Answers with JSON, or with text when it is given a string. */
export const answer = (
  response: ServerResponse,
  status: number,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {}
): void => {
  const type = typeof body === "string" ? "text/plain" : "application/json"
  response.writeHead(status, { ...(body !== undefined && { "content-type": type }), ...headers })
  response.end(typeof body === "string" ? body : body === undefined ? undefined : JSON.stringify(body))
}

export interface NamedTransport {
  readonly name: string
  readonly layer: Layer.Layer<HttpClient.HttpClient>
}

/** Every way of sending a request that an integration promises to work over. */
export const transports: ReadonlyArray<NamedTransport> = [
  { name: "Transport.layer", layer: Transport.layer },
  { name: "NodeHttpClient.layerUndici", layer: NodeHttpClient.layerUndici },
  { name: "FetchHttpClient.layer", layer: FetchHttpClient.layer }
]
