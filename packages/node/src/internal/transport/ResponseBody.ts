/** The bytes of one response, as undici delivers them. */
import { BoundedBody } from "@causeway/core/crypto"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import { type Dispatcher, errors } from "undici"
import type { BodyFailure } from "./Failure.ts"

/** How many bytes of a body are held for whoever may read it, and how many are read for nobody. */
export interface Limits {
  /** Read ahead of any reader; also the most that is kept for a second reading. */
  readonly buffer: number
  /** Read and dropped of a body that is let go of, so that its connection can be used again. */
  readonly discard: number
}

/** Headers as undici gives them: names in lower case, an array for a name that came more than once. */
export type RawHeaders = Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/** What came before the body. */
export interface Head {
  readonly status: number
  readonly headers: RawHeaders
}

type State =
  | { readonly _tag: "Arriving" }
  | { readonly _tag: "Complete" }
  | { readonly _tag: "Failed"; readonly failure: BodyFailure }

/** Reads the bytes of one response. */
export interface Readable {
  /** All bytes, if they have come already and are at most `most`. */
  readonly whole: (most: number) => Uint8Array | undefined
  /** All bytes, once they have come; a body of more than `most` bytes is aborted. */
  readonly collect: (most: number) => Effect.Effect<Uint8Array, BodyFailure>
  /** The bytes as they come; the rest is released when the reader stops. */
  readonly stream: Stream.Stream<Uint8Array, BodyFailure>
  /** Discards the rest. */
  readonly letGo: () => void
  /** Releases the body when `response` is collected as garbage while its body is arriving. */
  readonly watch: (response: object) => void
}

type Chunks = [Uint8Array]

const arriving: State = { _tag: "Arriving" }
const complete: State = { _tag: "Complete" }

const alreadyRead: BodyFailure = { description: "the body has been read before, and was too large to be kept" }
const beingRead: BodyFailure = { description: "the body is being read as a stream already" }
const letGoOf: BodyFailure = { description: "the body was let go of before all of it had come" }
export const tooLarge = (most: number): BodyFailure => ({ description: `the body is larger than ${most} bytes` })

/** A body that is read for nobody and stalls would keep its connection: the most that it gets, in milliseconds. */
const longestDrain = 1_000

const now = Promise.resolve()

/** Bodies whose response nobody can read any more. */
const forgotten = new FinalizationRegistry<ResponseBody>((body) => body.letGo())

/**
 * The bytes of one response. They are read ahead up to a bound, which most bodies never reach, and from there on no
 * faster than somebody reads. A body within the bound can be read any number of times, a larger one only once.
 */
export class ResponseBody implements Readable {
  readonly #controller: Dispatcher.DispatchController
  readonly #limits: Limits
  readonly #head: Head
  #state: State = arriving
  /** The buffered bytes, bounded by the largest collector, and how many of them the reader of the stream has taken. */
  #held = BoundedBody.make(Number.POSITIVE_INFINITY)
  #taken = 0
  /** Bytes that have come, and whether some of them are gone. */
  #seen = 0
  #dropped = false
  #collectors = 0
  #streaming = false
  #waiting: Set<() => void> | undefined = undefined
  #isTelling = false
  #drain: NodeJS.Timeout | undefined = undefined
  #watched = false

  constructor(controller: Dispatcher.DispatchController, limits: Limits, head: Head) {
    this.#controller = controller
    this.#limits = limits
    this.#head = head
  }

  push(chunk: Uint8Array): void {
    this.#seen += chunk.byteLength
    if (this.#state !== arriving || this.#drain !== undefined) return
    if (!this.#held.append(chunk)) return this.abort(tooLarge(this.#held.maxBytes))
    if (this.#waiting !== undefined) this.#tell()
    if (this.#collectors === 0 && this.#held.byteLength - this.#taken >= this.#limits.buffer) this.#full()
  }

  complete(): void {
    this.#settle(complete)
  }

  fail(failure: BodyFailure): void {
    this.#settle({ _tag: "Failed", failure })
  }

  /** Ends a body that is still arriving, and its connection with it. */
  abort(failure: BodyFailure = letGoOf): void {
    if (this.#state !== arriving) return
    this.fail(failure)
    this.#controller.abort(new errors.RequestAbortedError(failure.description))
  }

  /** Nobody wants the rest: a small one is read and dropped, so that the connection stays; a large one is aborted. */
  letGo(): void {
    if (this.#state !== arriving || this.#collectors > 0) return
    const rest = lengthOf(this.#head) - this.#seen
    if (rest > this.#limits.discard) return this.abort()
    this.#drop()
    this.#drain ??= setTimeout(() => this.abort(), longestDrain).unref()
    this.#controller.resume()
  }

  /** Releases the body when `response` is collected as garbage while its body is arriving. */
  watch(response: object): void {
    if (this.#state !== arriving) return
    this.#watched = true
    forgotten.register(response, this, this)
  }

  /** All bytes, if they have come already and are at most `most`. */
  whole(most: number): Uint8Array | undefined {
    const isWhole = this.#state === complete && !this.#dropped && this.#held.byteLength <= most
    return isWhole ? this.#held.bytes() : undefined
  }

  /** All bytes, once they have come; a body of more than `most` bytes is aborted. */
  collect(most: number): Effect.Effect<Uint8Array, BodyFailure> {
    return Effect.callback((resume) => {
      const look = () => {
        const outcome = this.#collected(most)
        if (outcome !== undefined && this.#leave(look)) resume(outcome)
      }
      this.#bound(this.#collectors === 0 ? most : Math.max(most, this.#held.maxBytes))
      this.#collectors += 1
      this.#wait(look)
      look()
      return Effect.sync(() => {
        this.#leave(look)
        if (this.#collectors === 0 && !this.#streaming) this.abort()
      })
    })
  }

  /** The bytes as they come; the rest is released when the reader stops. */
  get stream(): Stream.Stream<Uint8Array, BodyFailure> {
    return Stream.suspend(() => {
      if (this.#dropped) return Stream.fail(alreadyRead)
      if (this.#state === complete) return streamOf(this.#held.bytes())
      if (this.#streaming) return Stream.fail(beingRead)
      this.#streaming = true
      return Stream.onExit(Stream.fromPull(Effect.succeed(this.#pull())), (exit) => this.#stop(exit))
    })
  }

  #pull(): Pull.Pull<Chunks, BodyFailure> {
    const pull: Pull.Pull<Chunks, BodyFailure> = Effect.suspend(() => {
      const chunks = this.#take()
      if (chunks !== undefined) return Effect.succeed(chunks)
      if (this.#state._tag === "Complete") return Cause.done()
      if (this.#state._tag === "Failed") return Effect.fail(this.#state.failure)
      return Effect.andThen(change, pull)
    })
    const change = this.#change()
    return pull
  }

  #change(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const wake = () => {
        this.#waiting?.delete(wake)
        resume(Effect.void)
      }
      this.#wait(wake)
      return Effect.sync(() => this.#waiting?.delete(wake))
    })
  }

  /** What has come since the last time, while more may come; a body beyond the bound leaves the memory here. */
  #take(): Chunks | undefined {
    const bytes = this.#held.bytes().subarray(this.#taken)
    if (bytes.byteLength === 0) return undefined
    this.#taken = this.#held.byteLength
    if (this.#seen > this.#limits.buffer && this.#collectors === 0) this.#drop()
    this.#flow()
    return [asBuffer(bytes)]
  }

  #stop(exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> {
    return Effect.sync(() => {
      this.#streaming = false
      this.#taken = 0
      if (Exit.isSuccess(exit)) this.letGo()
      else if (this.#collectors === 0) this.abort()
    })
  }

  #collected(most: number): Effect.Effect<Uint8Array, BodyFailure> | undefined {
    if (this.#state._tag === "Failed") return Effect.fail(this.#state.failure)
    if (this.#dropped) return Effect.fail(alreadyRead)
    if (this.#held.byteLength > most) {
      this.abort(tooLarge(most))
      return Effect.fail(tooLarge(most))
    }
    return this.#state === complete ? Effect.succeed(this.#held.bytes()) : undefined
  }

  /** A redirect is followed without a look at its body, and whoever follows it does not say so. */
  #full(): void {
    if (isRedirect(this.#head) && !this.#streaming) this.abort()
    else this.#controller.pause()
  }

  #drop(): void {
    this.#held = BoundedBody.make(Number.POSITIVE_INFINITY)
    this.#taken = 0
    this.#dropped = true
  }

  /** From now on at most this much is buffered, which the received bytes may already exceed. */
  #bound(most: number): void {
    if (this.#state !== arriving || most === this.#held.maxBytes) return
    const held = BoundedBody.make(Math.max(most, this.#held.byteLength))
    held.append(this.#held.bytes())
    this.#held = held
  }

  /** Waits for the next change, for which the body has to flow. */
  #wait(wake: () => void): void {
    this.#waiting ??= new Set()
    this.#waiting.add(wake)
    this.#flow()
  }

  #flow(): void {
    if (this.#state === arriving) this.#controller.resume()
  }

  /** False when it had been left before. */
  #leave(look: () => void): boolean {
    if (this.#waiting?.delete(look) !== true) return false
    this.#collectors -= 1
    // The reader of a stream accepts any number of bytes.
    if (this.#collectors === 0) this.#bound(Number.POSITIVE_INFINITY)
    return true
  }

  /**
   * Later, and once for all that comes in one go: undici is parsing, and what a woken fibre does, such as reading from
   * another response, may not happen inside of that.
   */
  #tell(): void {
    if (this.#isTelling) return
    this.#isTelling = true
    void now.then(() => {
      this.#isTelling = false
      // Those who wait again while the others are told wait for the next change.
      const waiting = Array.from(this.#waiting ?? [])
      for (const wake of waiting) wake()
    })
  }

  #settle(state: State): void {
    if (this.#state !== arriving) return
    this.#state = state
    if (this.#watched) forgotten.unregister(this)
    if (this.#drain !== undefined) clearTimeout(this.#drain)
    if (this.#waiting !== undefined) this.#tell()
  }
}

/** All of a body as one chunk, or none at all. */
export const streamOf = (bytes: Uint8Array): Stream.Stream<Uint8Array> =>
  bytes.byteLength === 0 ? Stream.empty : Stream.succeed(asBuffer(bytes))

/** undici delivers Node buffers, which are passed on. */
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Infinite when nothing is said of it, as with chunks. */
export const lengthOf = ({ headers }: Head): number => Number(headers["content-length"] ?? Number.POSITIVE_INFINITY)

const isRedirect = ({ headers, status }: Head): boolean =>
  status >= 300 && status < 400 && headers["location"] !== undefined
