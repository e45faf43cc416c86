import { Effect } from "effect"
import type { IncomingMessage, Server, ServerResponse } from "node:http"
import type { Socket } from "node:net"

/**
 * The connections of a server, and which of them have a request in flight. `node:http` counts a connection that has
 * sent nothing, or half a head, as active: its own `close` would wait until the client gives up.
 */
export class Connections {
  readonly #server: Server
  readonly #open = new Set<Socket>()
  readonly #inFlight = new Map<Socket, number>()
  #isClosing = false

  constructor(server: Server) {
    this.#server = server
    server.on("connection", (socket) => {
      this.#open.add(socket)
      socket.once("close", () => {
        this.#open.delete(socket)
        this.#inFlight.delete(socket)
      })
    })
    server.on("request", this.#count)
  }

  /** Closes the connections without a request, and ends when the others have been answered and closed. */
  readonly drain: Effect.Effect<void> = Effect.callback<void>((resume) => {
    this.#isClosing = true
    this.#server.close(() => resume(Effect.void))
    for (const socket of this.#open) if (!this.#inFlight.has(socket)) socket.destroy()
  })

  /** Closes all connections, whatever they wait for. */
  readonly destroy: Effect.Effect<void> = Effect.sync(() => this.#server.closeAllConnections())

  readonly #count = ({ socket }: IncomingMessage, response: ServerResponse): void => {
    this.#inFlight.set(socket, (this.#inFlight.get(socket) ?? 0) + 1)
    response.once("close", () => {
      const left = (this.#inFlight.get(socket) ?? 1) - 1
      if (left > 0) this.#inFlight.set(socket, left)
      else this.#inFlight.delete(socket)
      if (this.#isClosing && left <= 0) socket.end()
    })
  }
}
