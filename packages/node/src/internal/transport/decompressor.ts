/** Decodes one content coding of a stream of bytes with zlib, with backpressure. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Transform } from "node:stream"
import * as zlib from "node:zlib"
import type { BodyFailure } from "./Failure.ts"

/** A supported coding. */
export type Coding = "gzip" | "deflate" | "br" | "zstd"

type Bytes = [Uint8Array, ...Array<Uint8Array>]
type Input = Pull.Pull<readonly [Uint8Array, ...Array<Uint8Array>], BodyFailure>

/**
 * The bytes that `coding` was applied to. Invalid or truncated bytes fail; an empty body stays empty. The
 * decompressor is stopped when the stream ends, fails or is interrupted.
 */
export const decompressed = (
  body: Stream.Stream<Uint8Array, BodyFailure>,
  coding: Coding
): Stream.Stream<Uint8Array, BodyFailure> =>
  Stream.transformPull(body, (input, scope) => {
    const reader = new Decompressor(coding, input)
    return Effect.as(
      Scope.addFinalizer(
        scope,
        Effect.sync(() => reader.stop())
      ),
      reader.pull
    )
  })

/** By RFC 9110 `deflate` has the header of zlib; some servers send it without. */
export const hasZlibHeader = (body: Uint8Array): boolean => ((body[0] ?? 0) & 0x0f) === 8

/** Bytes that come out in one piece. */
const chunkSize = 64 * 1024

/** A window of 8 MiB, the most that a body in zstd may need (RFC 9659). */
const zstdWindow = { [zlib.constants.ZSTD_d_windowLogMax]: 23 }

const start = (coding: Coding, first: Uint8Array): Transform & zlib.Zlib => {
  switch (coding) {
    case "gzip":
      return zlib.createGunzip({ chunkSize })
    case "deflate":
      return hasZlibHeader(first) ? zlib.createInflate({ chunkSize }) : zlib.createInflateRaw({ chunkSize })
    case "br":
      return zlib.createBrotliDecompress({ chunkSize })
    case "zstd":
      return zlib.createZstdDecompress({ chunkSize, params: zstdWindow })
  }
}

/** A body in zstd is one or more frames, and zlib stops after the first. */
const mostFrames = 10_000

class Decompressor {
  readonly #coding: Coding
  readonly #input: Input
  #zlib: (Transform & zlib.Zlib) | undefined = undefined
  /** Bytes given to `#zlib`, and the latest of them. */
  #written = 0
  #latest: Uint8Array = new Uint8Array(0)
  #isWriting = false
  #hasEnded = false
  #frames = 0
  #error: BodyFailure | undefined = undefined
  /** Wakes the waiting reader; without one, the change is recorded for the next wait. */
  #resume: (() => void) | undefined = undefined
  #hasChanged = false
  #waitingInput: Array<Uint8Array> = []

  constructor(coding: Coding, input: Input) {
    this.#coding = coding
    this.#input = input
  }

  /** The next bytes. */
  readonly pull: Pull.Pull<Bytes, BodyFailure> = Effect.suspend((): Pull.Pull<Bytes, BodyFailure> => {
    this.#hasChanged = false
    if (this.#error !== undefined) return Effect.fail(this.#error)
    // A readable gives what it was given: bytes.
    const bytes = this.#zlib?.read() as Uint8Array | null | undefined
    if (bytes) return Effect.succeed([bytes])
    if (this.#hasEnded) return this.#afterFrame()
    const next = this.#zlib !== undefined && this.#isWriting ? this.#change : this.#feed()
    return Effect.andThen(next, this.pull)
  })

  stop(): void {
    this.#zlib?.destroy()
  }

  readonly #change: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.#hasChanged) return resume(Effect.void)
    this.#resume = () => resume(Effect.void)
  })

  #wake(): void {
    const resume = this.#resume
    this.#resume = undefined
    this.#hasChanged = true
    resume?.()
  }

  #feed(): Pull.Pull<void, BodyFailure> {
    const waiting = this.#waitingInput.shift()
    if (waiting !== undefined) return Effect.sync(() => this.#write(waiting))
    return Effect.matchCauseEffect(this.#input, {
      onSuccess: (chunks) => Effect.sync(() => void this.#waitingInput.push(...chunks.filter(isFilled))),
      onFailure: (cause) =>
        Pull.isDoneCause(cause) && this.#zlib !== undefined ? this.#finish : Effect.failCause(cause)
    })
  }

  #write(chunk: Uint8Array): void {
    const stream = (this.#zlib ??= this.#start(chunk))
    this.#latest = chunk
    this.#written += chunk.byteLength
    this.#isWriting = true
    stream.write(chunk, () => {
      this.#isWriting = false
      this.#wake()
    })
  }

  readonly #finish: Effect.Effect<void> = Effect.sync(() => {
    this.#isWriting = true
    this.#zlib?.end()
  })

  #start(first: Uint8Array): Transform & zlib.Zlib {
    const stream = start(this.#coding, first)
    this.#written = 0
    this.#hasEnded = false
    this.#frames += 1
    stream.on("readable", () => this.#wake())
    stream.on("end", () => {
      if (this.#zlib === stream) this.#hasEnded = true
      this.#wake()
    })
    stream.on("error", (cause) => {
      this.#error ??= invalid(this.#coding, cause)
      this.#wake()
    })
    return stream
  }

  /** What follows a frame of zstd is another; behind other codings nothing is read. */
  #afterFrame(): Pull.Pull<Bytes, BodyFailure> {
    const stream = this.#zlib
    if (this.#coding !== "zstd" || stream === undefined) return Cause.done()
    if (this.#frames === mostFrames) return Effect.fail({ description: `the body has more than ${mostFrames} frames` })
    const left = this.#written - stream.bytesWritten
    stream.destroy()
    this.#zlib = undefined
    this.#isWriting = false
    this.#hasEnded = false
    if (left > 0) this.#waitingInput.unshift(this.#latest.subarray(-left))
    return this.pull
  }
}

const isFilled = (chunk: Uint8Array): boolean => chunk.byteLength > 0

/** Codes of zlib are in upper case, such as Z_BUF_ERROR for a body that ends too early; those of zstd are not. */
const invalid = (coding: Coding, cause: unknown): BodyFailure => {
  const description = `the body is not valid ${coding}, or not complete`
  const code = cause instanceof Error && "code" in cause ? String(cause.code).toUpperCase() : undefined
  return { description, cause: Object.assign(new Error(description, { cause }), { code }) }
}
