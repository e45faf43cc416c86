/** Sends prepared requests over connections that stay open, one after the other on each: the least that load can cost. */
import { connect, type Socket } from "node:net"

export interface Target {
  readonly port: number
  /** A whole request, in the bytes of HTTP/1.1; `number` counts them. */
  readonly request: (number: number) => Buffer
}

export interface Load {
  /** Sends so many requests, and gives the milliseconds that each of them took. */
  readonly send: (requests: number) => Promise<ReadonlyArray<number>>
  readonly close: () => void
}

export const open = async ({ port, request }: Target, connections: number): Promise<Load> => {
  const lines = await Promise.all(Array.from({ length: connections }, () => Line.open(port)))
  let number = 0
  return {
    send: async (requests) => {
      const times: Array<number> = []
      let left = requests
      const work = async (line: Line) => {
        while (left-- > 0) {
          const started = performance.now()
          await line.ask(request(number++))
          times.push(performance.now() - started)
        }
      }
      await Promise.all(lines.map(work))
      return times
    },
    close: () => lines.forEach((line) => line.close())
  }
}

/** A connection. What it gets must be answers with status 2xx and a `Content-Length`. */
class Line {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #answered: () => void = () => {}
  #failed: (error: Error) => void = () => {}

  static open(port: number): Promise<Line> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => resolve(new Line(socket)))
      socket.once("error", reject)
    })
  }

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on("data", (chunk) => this.#take(chunk))
    socket.on("error", (error) => this.#failed(error))
    socket.on("close", () => this.#failed(new Error("the server closed the connection")))
  }

  ask(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error("the server has closed the connection"))
      this.#answered = resolve
      this.#failed = reject
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    const received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk])
    this.#received = received
    const end = received.indexOf("\r\n\r\n")
    if (end < 0) return
    const head = received.toString("latin1", 0, end)
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.NaN)
    if (!head.startsWith("HTTP/1.1 2") || Number.isNaN(length)) return this.#failed(new Error(head))
    if (received.length < end + 4 + length) return
    this.#received = received.subarray(end + 4 + length)
    this.#answered()
  }
}
