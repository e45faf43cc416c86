/** Servers on free ports of 127.0.0.1, each stopped when its test ends, and ways to watch what reaches them. */
import { it } from "@effect/vitest"
import { Context, Effect, Scope } from "effect"
import { HttpClient } from "effect/http"
import { createServer, type RequestListener } from "node:http"
import type { AddressInfo, Server, Socket } from "node:net"
import { Transport } from "@causeway/node"

export interface Listening {
  readonly port: number
  readonly url: string
  /** The connections that are open now. */
  readonly open: ReadonlySet<Socket>
  /** How many there have been. */
  readonly connections: () => number
  /** Resolves when none is open. */
  readonly idle: () => Promise<void>
}

/** Any server of Node, until the test's scope closes. */
export const listen = (server: Server, scheme = "http"): Effect.Effect<Listening, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.promise(() => start(server, scheme)),
    ({ open }) => Effect.promise(() => stop(server, open))
  )

const start = async (server: Server, scheme: string): Promise<Listening> => {
  const open = new Set<Socket>()
  const idlers: Array<() => void> = []
  let connections = 0
  server.on("connection", (socket: Socket) => {
    open.add(socket)
    connections += 1
    socket.on("error", () => {})
    socket.on("close", () => {
      open.delete(socket)
      if (open.size === 0) for (const tell of idlers.splice(0)) tell()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  // A server that listens on a port has an address with that port.
  const { port } = server.address() as AddressInfo
  const idle = () => (open.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => idlers.push(resolve)))
  return { port, url: `${scheme}://127.0.0.1:${port}`, open, connections: () => connections, idle }
}

const stop = (server: Server, open: ReadonlySet<Socket>) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve())
    for (const socket of open) socket.destroy()
  })

/** A plain HTTP/1.1 server. */
export const serving = (handle: RequestListener): Effect.Effect<Listening, never, Scope.Scope> =>
  Effect.suspend(() => listen(createServer(handle)))

/** A promise that is kept from outside. */
export const signalled = <A = void>() => Promise.withResolvers<A>()

/** Runs requests outside of any scope. */
const unscoped = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  // What is left out is not in R for any request made here.
  Effect.updateContext(
    effect,
    (context: Context.Context<R>) => Context.omit(Scope.Scope)(context) as Context.Context<R>
  )

/** Runs requests as an integration does: nobody traces them, and no scope can own them. */
export const untraced = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(unscoped(effect), HttpClient.TracerDisabledWhen, () => true)

/** The ways on which a request can be sent. */
export const ways = [
  ["untraced", untraced],
  ["traced", unscoped],
  ["traced in a scope", <A, E, R>(effect: Effect.Effect<A, E, R>) => effect]
] as const

/** States a fact of the transport, whose client sends its requests on one of the ways. */
export const testing =
  (as: (typeof ways)[number][1]) =>
  <A, E>(fact: string, body: (client: HttpClient.HttpClient) => Effect.Effect<A, E, Scope.Scope>) =>
    it.effect(fact, () =>
      Effect.provide(
        Effect.flatMap(HttpClient.HttpClient, (client) =>
          body(HttpClient.transformResponse(client, (response) => as(response)))
        ),
        Transport.layer
      )
    )
