/** Speaks HTTP/1.1 byte by byte, as no client would. */
import { Effect, type Scope } from "effect"
import { connect } from "node:net"

export interface Raw {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Line {
  readonly write: (bytes: string | Uint8Array) => Effect.Effect<void>
  /** The next response on the connection; fails when that is closed before. */
  readonly next: Effect.Effect<Raw, Error>
  /** The next response, which is to a HEAD. */
  readonly nextHead: Effect.Effect<Raw, Error>
  /** Resolves when the other side has closed the connection. */
  readonly closed: Effect.Effect<void>
  /** Ends the connection at once. */
  readonly destroy: Effect.Effect<void>
}

/** A connection for as long as the scope lives. */
export const open = (port: number): Effect.Effect<Line, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Connection>((resume) => {
        const connection = new Connection(port, () => resume(Effect.succeed(connection)))
      }),
      (connection) => Effect.sync(() => connection.destroy())
    ),
    (connection) => ({
      write: (bytes) => Effect.promise(() => connection.write(bytes)),
      next: Effect.tryPromise({ try: () => connection.next(true), catch: () => new Error("the connection is closed") }),
      nextHead: Effect.tryPromise({
        try: () => connection.next(false),
        catch: () => new Error("the connection is closed")
      }),
      closed: Effect.promise(() => connection.closed),
      destroy: Effect.sync(() => connection.destroy())
    })
  )

class Connection {
  readonly closed: Promise<void>
  readonly #socket: ReturnType<typeof connect>
  #received = Buffer.alloc(0)
  #isClosed = false
  #wake: () => void = () => {}

  constructor(port: number, onConnect: () => void) {
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true }, onConnect)
    this.#socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    this.#socket.on("error", () => {})
    this.closed = new Promise((resolve) =>
      this.#socket.on("close", () => {
        this.#isClosed = true
        this.#wake()
        resolve()
      })
    )
  }

  /** Resolves a turn after the bytes were handed over, so that they arrive on their own. */
  async write(bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.write(bytes, () => setImmediate(resolve)))
  }

  async next(hasBody: boolean): Promise<Raw> {
    for (;;) {
      const found = this.#take(hasBody)
      if (found !== undefined) return found
      if (this.#isClosed) throw new Error("the connection is closed")
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** A whole response with a content length, or without a body. */
  #take(hasBody: boolean): Raw | undefined {
    const end = this.#received.indexOf("\r\n\r\n")
    if (end < 0) return undefined
    const [first = "", ...lines] = this.#received.subarray(0, end).toString().split("\r\n")
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()])
    )
    const status = Number(first.split(" ")[1])
    const length = hasBody ? Number(headers["content-length"] ?? 0) : 0
    const rest = this.#received.subarray(end + 4)
    if (rest.length < length) return undefined
    this.#received = rest.subarray(length)
    return { status, headers, body: rest.subarray(0, length).toString() }
  }
}
