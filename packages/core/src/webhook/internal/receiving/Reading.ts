import { Effect, type Fiber } from "effect"
import * as BoundedBody from "../../../crypto/BoundedBody.ts"
import type { Rejection } from "./reception.ts"

/** What a body is read from: a request of `node:http`, or what is like one. */
export interface BodySource {
  readonly on: (event: "data" | "end" | "error", listener: (chunk: Uint8Array) => void) => unknown
  readonly socket: { readonly destroy: () => unknown }
}

/** How a body is read, and how that ends, once. */
export interface Reader {
  /** The receiver's. */
  readonly maxBodySize: number
  /** The receiver's. */
  readonly bodyTimeoutMillis: number
  readonly onBody: (body: Uint8Array) => void
  readonly onRejection: (rejection: Rejection) => void
  /** Does something once all was read that has come by now: `setImmediate`. */
  readonly defer: (task: () => void) => void
  /** Runs the timer of a body that is slow to come, until it is interrupted. */
  readonly fork: (timer: Effect.Effect<void>) => Fiber.Fiber<unknown, unknown>
}

export interface BodyReading {
  /** Refuses the body, unless all of it was there or it was refused before. */
  readonly reject: (rejection: Rejection) => void
  /** Lets the body pass unread. */
  readonly pass: () => void
}

/** How much of a body that nobody wants is let pass, as a multiple of what would be read. */
const patience = 16

/** How many chunks of it are let pass: enough for those of any client, and few enough for a body in chunks of one byte. */
const mostPassedChunks = 2048

/**
 * Reads a body under a cap and a deadline. What comes after a refusal is let pass, so that the client gets its answer
 * instead of a reset and can use the connection again; but only so much of it, and for as long again.
 */
export class Reading implements BodyReading {
  readonly #source: BodySource
  readonly #reader: Reader
  #body: BoundedBody.BoundedBody | undefined
  #size = 0
  #passedChunks = 0
  #state: "reading" | "passing" | "over" = "reading"
  #timer: Fiber.Fiber<unknown, unknown> | undefined

  constructor(source: BodySource, reader: Reader) {
    this.#source = source
    this.#reader = reader
    this.#body = BoundedBody.make(reader.maxBodySize)
    source.on("data", (chunk) => this.#take(chunk))
    source.on("end", () => this.#end())
    source.on("error", () => {
      this.reject("BodyUnreadable")
      this.#finish()
    })
    Reading.#watch(this)
  }

  reject(rejection: Rejection): void {
    if (this.#state !== "reading") return
    this.pass()
    this.#reader.onRejection(rejection)
  }

  pass(): void {
    if (this.#state === "reading") this.#state = "passing"
    this.#body = undefined
  }

  #take(chunk: Uint8Array): void {
    this.#size += chunk.byteLength
    if (this.#body !== undefined) {
      if (!this.#body.append(chunk)) this.reject("BodyTooLarge")
    } else if (this.#size > this.#reader.maxBodySize * patience || ++this.#passedChunks > mostPassedChunks) {
      this.#giveUp()
    }
  }

  #end(): void {
    const body = this.#body
    this.#finish()
    if (body !== undefined) this.#reader.onBody(body.bytes())
  }

  #giveUp(): void {
    this.#finish()
    this.#source.socket.destroy()
  }

  #finish(): void {
    this.#state = "over"
    this.#body = undefined
    this.#timer?.interruptUnsafe()
  }

  #expire(): void {
    if (this.#state === "passing") this.#giveUp()
    else this.reject("BodyTimeout")
  }

  #startTimer(): void {
    if (this.#state === "over") return
    const { bodyTimeoutMillis, fork } = this.#reader
    this.#timer = fork(
      Effect.forever(
        Effect.delay(
          Effect.sync(() => this.#expire()),
          bodyTimeoutMillis
        )
      )
    )
  }

  static #begun: Array<Reading> = []

  /** Most bodies are there when the turn ends in which their headers came; only the others need a timer. */
  static #watch(reading: Reading): void {
    if (Reading.#begun.push(reading) === 1) reading.#reader.defer(() => Reading.#watchBegun())
  }

  static #watchBegun(): void {
    const begun = Reading.#begun
    Reading.#begun = []
    for (const reading of begun) reading.#startTimer()
  }
}
