/**
 * Collects the bytes of a body into one buffer, up to a limit.
 *
 * **When to use**
 *
 * To read an untrusted body whole: a response, a token, a webhook. Use {@link read} for a
 * `Stream` and {@link make} with `append` where chunks arrive by callback.
 *
 * **Details**
 *
 * The bytes are copied into a buffer that doubles as it fills, instead of being kept as a list of chunks. A body of one-byte
 * chunks therefore needs no more memory than one that arrives whole: at most twice its limit plus 1 MiB, also while the buffer
 * grows. A body that arrives in one chunk is not copied.
 *
 * The limit is checked before a chunk is stored, so a single large chunk is rejected without a copy.
 *
 * **Gotchas**
 *
 * `bytes` returns a view of the collector's own memory. Change neither it nor a chunk after `append`.
 *
 * **Example** (A body of at most 5 bytes)
 *
 * ```ts
 * import { BoundedBody } from "@causeway/core/crypto"
 * import { Effect, Stream } from "effect"
 *
 * const chunks = Stream.make(new Uint8Array(3), new Uint8Array(3))
 * const program = Effect.gen(function* () {
 *   const whole = yield* BoundedBody.read(chunks, 6)
 *   console.assert(whole.byteLength === 6)
 *   const tooLarge = yield* Effect.flip(BoundedBody.read(chunks, 5))
 *   console.assert(tooLarge.message === "the body is larger than 5 bytes")
 * })
 *
 * Effect.runSync(program)
 * ```
 *
 * @since 0.1.0
 */
import { Data, Effect, Stream } from "effect"

/**
 * A body that exceeded its limit.
 *
 * @since 0.1.0
 * @category errors
 */
export class BodyTooLarge extends Data.TaggedError("BodyTooLarge")<{
  /** The limit, in bytes. */
  readonly maxBytes: number
}> {
  override get message(): string {
    return `the body is larger than ${this.maxBytes} bytes`
  }
}

/**
 * Collects chunks until the limit is passed.
 *
 * @since 0.1.0
 * @category models
 */
export interface BoundedBody {
  /** The limit, in bytes. */
  readonly maxBytes: number
  /** The number of collected bytes. */
  readonly byteLength: number
  /** The number of bytes that still fit. */
  readonly remainingBytes: number
  /** The memory of the collected bytes, in bytes. */
  readonly capacityBytes: number
  /** Adds a chunk. Returns false, and stores nothing from then on, when the chunk would exceed the limit. */
  readonly append: (chunk: Uint8Array) => boolean
  /** All bytes so far, as a view of the collector's memory. */
  readonly bytes: () => Uint8Array
}

/**
 * Creates an empty collector of at most `maxBytes` bytes (`Infinity` for no limit). Throws a `RangeError` for a limit that is
 * negative or not a number.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (maxBytes: number): BoundedBody => {
  if (!(maxBytes >= 0)) throw new RangeError(`maxBytes must be 0 or more, got ${maxBytes}`)
  return new Collector(maxBytes)
}

/**
 * Reads a stream of bytes whole. Fails with {@link BodyTooLarge}, and stops the stream, after more than
 * `maxBytes` bytes.
 *
 * @since 0.1.0
 * @category reading
 */
export const read = <E, R>(
  stream: Stream.Stream<Uint8Array, E, R>,
  maxBytes: number
): Effect.Effect<Uint8Array, E | BodyTooLarge, R> =>
  Effect.suspend(() => {
    const body = make(maxBytes)
    const collected = Stream.runForEachArray(stream, (chunks): Effect.Effect<void, BodyTooLarge> =>
      chunks.every(body.append) ? Effect.void : Effect.fail(new BodyTooLarge({ maxBytes }))
    )
    return Effect.map(collected, body.bytes)
  })

const empty = new Uint8Array(0)

/** The initial size of the buffer for a body of several chunks. */
const leastCapacity = 1024

/** A first chunk that is a small part of a larger buffer keeps at most this much more than twice its size alive. */
const mostPinned = 64 * 1024

class Collector implements BoundedBody {
  readonly maxBytes: number
  #memory: Uint8Array = empty
  /** The bytes that `#memory` keeps alive: a first chunk may be a part of a larger buffer. */
  #capacity = 0
  #length = 0
  #isTooLarge = false

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes
  }

  get byteLength(): number {
    return this.#length
  }

  get remainingBytes(): number {
    return this.maxBytes - this.#length
  }

  get capacityBytes(): number {
    return this.#capacity
  }

  readonly append = (chunk: Uint8Array): boolean => {
    if (this.#isTooLarge || chunk.byteLength > this.remainingBytes) {
      this.#isTooLarge = true
      return false
    }
    if (chunk.byteLength === 0) return true
    if (this.#length === 0 && isCompact(chunk)) {
      this.#memory = chunk
      this.#capacity = chunk.buffer.byteLength
      this.#length = chunk.byteLength
      return true
    }
    this.#reserve(this.#length + chunk.byteLength)
    this.#memory.set(chunk, this.#length)
    this.#length += chunk.byteLength
    return true
  }

  readonly bytes = (): Uint8Array => this.#memory.subarray(0, this.#length)

  #reserve(needed: number): void {
    if (needed <= this.#memory.byteLength) return
    const doubled = Math.max(needed, this.#memory.byteLength * 2, leastCapacity)
    const memory = new Uint8Array(Math.min(doubled, this.maxBytes))
    memory.set(this.#memory.subarray(0, this.#length))
    this.#memory = memory
    this.#capacity = memory.byteLength
  }
}

const isCompact = (chunk: Uint8Array): boolean => chunk.buffer.byteLength <= chunk.byteLength * 2 + mostPinned
