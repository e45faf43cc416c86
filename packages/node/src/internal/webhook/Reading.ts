import type { WebhookReceiver } from "@causeway/core/webhook"
import type { IncomingMessage } from "node:http"

type Rejection = WebhookReceiver.Rejection

/** How reading a body ends, once. */
export interface Reader {
  readonly maxBodySize: number
  readonly onBody: (body: Buffer) => void
  readonly onRejection: (rejection: Rejection) => void
}

/** How much of a body that nobody wants is let pass, as a multiple of what would be read. */
const patience = 16

/**
 * Reads a body under a cap. What comes after a refusal is let pass, so that the client gets its answer instead of a reset
 * and can use the connection again; but only so much of it.
 */
export class Reading {
  readonly #request: IncomingMessage
  readonly #reader: Reader
  #chunks: Array<Buffer> = []
  #size = 0
  #state: "reading" | "passing" | "over" = "reading"
  #stopTimer: (() => void) | undefined

  constructor(request: IncomingMessage, reader: Reader) {
    this.#request = request
    this.#reader = reader
    request.on("data", (chunk: Buffer) => this.#take(chunk))
    request.on("end", () => this.#end())
    request.on("error", () => {
      this.reject("BodyUnreadable")
      this.#finish()
    })
  }

  /** Whether all has come, or nothing will come any more. */
  get isOver(): boolean {
    return this.#state === "over"
  }

  /** Refuses the body, unless all of it was there or it was refused before. */
  reject(rejection: Rejection): void {
    if (this.#state !== "reading") return
    this.pass()
    this.#reader.onRejection(rejection)
  }

  /** Lets the body pass unread. */
  pass(): void {
    this.#state = "passing"
    this.#chunks = []
  }

  /** What ends a timer that watches this, once there is nothing to be watched any more. */
  stopsTimer(stop: () => void): void {
    this.#stopTimer = stop
  }

  /** Its time is over. */
  expire(): void {
    if (this.#state === "passing") this.#request.socket.destroy()
    else this.reject("BodyTimeout")
  }

  #take(chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#reader.maxBodySize) this.reject("BodyTooLarge")
    if (this.#state === "reading") this.#chunks.push(chunk)
    else if (this.#size > this.#reader.maxBodySize * patience) this.#request.socket.destroy()
  }

  #end(): void {
    const wasReading = this.#state === "reading"
    this.#finish()
    if (!wasReading) return
    const [only] = this.#chunks
    this.#reader.onBody(
      only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, this.#size)
    )
  }

  #finish(): void {
    this.#state = "over"
    this.#stopTimer?.()
  }
}
