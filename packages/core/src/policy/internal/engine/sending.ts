/** Tracks how long a request body takes to send, so that standard limits can be paused meanwhile. */
import { Effect, Stream } from "effect"
import * as HttpBody from "effect/http/HttpBody"

/** A body that is being sent. */
export interface Sending {
  /** Whether it is being sent now, as far as that is observable. */
  readonly isOpen: boolean
  readonly idleMillis: number
  /** The time that sending has taken so far, or took. */
  readonly tookMillis: (now: number) => number
  /** The longest time without a sent chunk from now on; `Infinity` without a limit. */
  readonly idleLeftMillis: (now: number) => number
  readonly end: () => void
  /** Called when a limit has become shorter. */
  onChange: () => void
}

interface Options {
  /** `Infinity` for none. */
  readonly idleMillis: number
  readonly now: () => number
}

/** A body that is sent whole and is smaller than this is not tracked. */
const largeBytes = 1024 * 1024

/** Undefined for a body that is not tracked. */
export const sendingOf = (
  body: HttpBody.HttpBody,
  options: Options
): { readonly sending: Sending; readonly body: HttpBody.HttpBody } | undefined => {
  if (body._tag === "Stream") {
    const sending = new StreamSending(options)
    const { contentLength, contentType } = body
    return { sending, body: HttpBody.stream(sending.watched(body.stream), contentType, contentLength) }
  }
  const size = sizeOf(body)
  return size < largeBytes ? undefined : { sending: new WholeSending(size, options), body }
}

const sizeOf = (body: Exclude<HttpBody.HttpBody, HttpBody.Stream>): number => {
  switch (body._tag) {
    case "Empty":
      return 0
    case "Uint8Array":
      return body.contentLength
    case "FormData":
      return sizeOfForm(body.formData)
    case "Raw":
      return body.body instanceof FormData ? sizeOfForm(body.body) : (body.contentLength ?? sizeOfValue(body.body))
  }
}

const sizeOfForm = (form: FormData): number => {
  let size = 0
  for (const [, value] of form) size += sizeOfValue(value)
  return size
}

const sizeOfValue = (value: unknown): number => {
  if (typeof value === "string") return value.length
  if (value instanceof Blob) return value.size
  return value instanceof Uint8Array || value instanceof ArrayBuffer ? value.byteLength : 0
}

/** A stream: sending starts with the first pull, and is idle between two chunks. */
class StreamSending implements Sending {
  readonly idleMillis: number
  readonly #now: () => number
  #beganAt: number | undefined = undefined
  #movedAt = 0
  #endedAt: number | undefined = undefined
  onChange: () => void = () => {}

  constructor({ idleMillis, now }: Options) {
    this.idleMillis = idleMillis
    this.#now = now
  }

  get isOpen(): boolean {
    return this.#beganAt !== undefined && this.#endedAt === undefined
  }

  tookMillis(now: number): number {
    return this.#beganAt === undefined ? 0 : Math.max(0, (this.#endedAt ?? now) - this.#beganAt)
  }

  idleLeftMillis(now: number): number {
    return this.isOpen ? this.#movedAt + this.idleMillis - now : Infinity
  }

  watched<E>(stream: Stream.Stream<Uint8Array, E>): Stream.Stream<Uint8Array, E> {
    return Stream.suspend(() => {
      this.#move()
      return stream.pipe(
        Stream.tap(() => Effect.sync(() => this.#move())),
        Stream.onExit(() => Effect.sync(() => this.end()))
      )
    })
  }

  #move(): void {
    this.#movedAt = this.#now()
    if (this.#beganAt !== undefined) return
    this.#beganAt = this.#movedAt
    // The limit until here was that of the attempt: the idle one may be shorter.
    this.onChange()
  }

  end(): void {
    if (!this.isOpen) return
    this.#endedAt = this.#now()
    this.onChange()
  }
}

/** A body that a client sends whole, without observable progress. It may take one idle timeout per MiB. */
class WholeSending implements Sending {
  readonly idleMillis: number
  readonly #now: () => number
  readonly #mostMillis: number
  readonly #beganAt: number
  #endedAt: number | undefined = undefined
  onChange: () => void = () => {}

  constructor(size: number, { idleMillis, now }: Options) {
    this.idleMillis = idleMillis
    this.#now = now
    this.#mostMillis = (idleMillis * size) / largeBytes
    this.#beganAt = now()
  }

  /** The paused limits are long enough without it. */
  get isOpen(): boolean {
    return false
  }

  tookMillis(now: number): number {
    return Math.min(this.#mostMillis, Math.max(0, (this.#endedAt ?? now) - this.#beganAt))
  }

  idleLeftMillis(): number {
    return Infinity
  }

  end(): void {
    this.#endedAt ??= this.#now()
  }
}
