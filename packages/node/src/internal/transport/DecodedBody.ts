/** The bytes of one response without its content codings, which are decoded with backpressure. */
import { BoundedBody } from "@causeway/core/crypto"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as contentCodings from "./contentCodings.ts"
import type { Coding } from "./decompressor.ts"
import type { BodyFailure } from "./Failure.ts"
import { type Readable, streamOf, tooLarge } from "./ResponseBody.ts"

/** A body that was read whole can be read again; one that is decoded as it comes is read as its coded bytes are: once. */
export class DecodedBody implements Readable {
  readonly #coded: Readable
  readonly #codings: ReadonlyArray<Coding>
  readonly #isSmall: boolean
  #decoded: Uint8Array | undefined = undefined

  /** `codedLength` is the declared length, else `Infinity`. */
  constructor(coded: Readable, codings: ReadonlyArray<Coding>, codedLength: number) {
    this.#coded = coded
    this.#codings = codings
    this.#isSmall = codedLength <= contentCodings.mostAtOnce
  }

  whole(most: number): Uint8Array | undefined {
    if (this.#decoded === undefined) {
      const coded = this.#coded.whole(Number.POSITIVE_INFINITY)
      if (coded !== undefined) this.#decoded = contentCodings.decodeWhole(coded, this.#codings, most)
    }
    return this.#decoded !== undefined && this.#decoded.byteLength <= most ? this.#decoded : undefined
  }

  collect(most: number): Effect.Effect<Uint8Array, BodyFailure> {
    if (!this.#isSmall) return this.#streamed(most)
    // Once all of a small body is there, it is decoded at once.
    return Effect.flatMap(this.#coded.collect(contentCodings.mostAtOnce), () => {
      const whole = this.whole(most)
      return whole === undefined ? this.#streamed(most) : Effect.succeed(whole)
    })
  }

  #streamed(most: number): Effect.Effect<Uint8Array, BodyFailure> {
    return Effect.suspend(() => {
      if (this.#decoded !== undefined && this.#decoded.byteLength > most) return Effect.fail(tooLarge(most))
      const bytes = Effect.mapError(BoundedBody.read(this.stream, most), (error) =>
        error instanceof BoundedBody.BodyTooLarge ? tooLarge(most) : error
      )
      return Effect.tap(bytes, (whole) => Effect.sync(() => (this.#decoded = whole)))
    })
  }

  get stream(): Stream.Stream<Uint8Array, BodyFailure> {
    return Stream.suspend(() => {
      const whole = this.whole(Number.POSITIVE_INFINITY)
      return whole === undefined ? contentCodings.decodeStream(this.#coded.stream, this.#codings) : streamOf(whole)
    })
  }

  letGo(): void {
    this.#coded.letGo()
  }

  watch(response: object): void {
    this.#coded.watch(response)
  }
}
