/** Parses Server-Sent Events as their bytes arrive: the WHATWG algorithm, with limits. */
import { Result } from "effect"
import { Lines } from "./lines.ts"

/** An event as it is on the wire. */
export interface WireEvent {
  /** `message` where the event has no name. */
  readonly event: string
  readonly data: string
  readonly id?: string
}

const tooLarge = (maxBytes: number): Result.Result<never, string> =>
  Result.fail(`an event is larger than ${maxBytes} bytes`)

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true })

/** The longest wait before a reconnection that a timer can hold, in milliseconds. */
const mostRetryMillis = 2 ** 31 - 1

export class EventParser {
  /** The id of the last event that was complete, for a `Last-Event-ID` header; empty for none. */
  lastEventId = ""
  /** The value of the last `retry` field, in milliseconds. */
  retryMillis: number | undefined
  readonly #maxBytes: number
  readonly #lines: Lines
  #isStart = true
  #id: string | undefined
  #event = ""
  #data: Array<string> = []
  #size = 0

  /** `maxBytes` bounds a line, and all data lines of an event together; `lastEventId` is that of an earlier connection. */
  constructor(maxBytes: number, lastEventId = "") {
    this.#maxBytes = maxBytes
    this.lastEventId = lastEventId
    this.#lines = new Lines("CR or LF", maxBytes)
  }

  /** The events that this chunk completes; the failure names the part that is too large. */
  feed(chunk: Uint8Array): Result.Result<ReadonlyArray<WireEvent>, string> {
    const lines = this.#lines.feed(chunk)
    return lines === undefined ? tooLarge(this.#maxBytes) : this.#read(lines)
  }

  /** The last event, where the body ends without the empty line that should follow it. */
  end(): Result.Result<ReadonlyArray<WireEvent>, string> {
    return this.#read([this.#lines.rest(), new Uint8Array(0)])
  }

  #read(lines: ReadonlyArray<Uint8Array>): Result.Result<ReadonlyArray<WireEvent>, string> {
    const events: Array<WireEvent> = []
    for (const bytes of lines) {
      const line = this.#textOf(bytes)
      if (line === "") this.#dispatch(events)
      else this.#field(line, bytes.byteLength)
      if (this.#size > this.#maxBytes) return tooLarge(this.#maxBytes)
    }
    return Result.succeed(events)
  }

  /** Exactly one byte order mark is removed, at the start of the stream. */
  #textOf(bytes: Uint8Array): string {
    const text = utf8.decode(bytes)
    if (!this.#isStart) return text
    this.#isStart = false
    return text.startsWith("\uFEFF") ? text.slice(1) : text
  }

  #dispatch(events: Array<WireEvent>): void {
    const id = this.#id
    if (id !== undefined) this.lastEventId = id
    if (this.#data.length > 0) {
      const data = this.#data.join("\n")
      events.push({ event: this.#event || "message", data, ...(id !== undefined && { id }) })
    }
    this.#event = ""
    this.#data = []
    this.#size = 0
  }

  #field(line: string, size: number): void {
    const colon = line.indexOf(":")
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1)
    if (name === "data") {
      this.#data.push(value)
      this.#size += size + 1
    } else if (name === "event") {
      this.#event = value
    } else if (name === "id" && !value.includes("\0")) {
      this.#id = value
    } else if (name === "retry" && /^[0-9]+$/.test(value)) {
      this.retryMillis = Math.min(Number(value), mostRetryMillis)
    }
  }
}
