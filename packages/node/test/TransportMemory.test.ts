import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { HttpClientError, HttpClientResponse } from "effect/http"
import { Agent, type Dispatcher } from "undici"
import { Transport } from "@causeway/node"

const mebibyte = 1024 * 1024

/** Answers each request with `chunks` separate buffers of one byte, with backpressure. */
class Crumbs extends Agent {
  readonly #length: number

  constructor(length: number) {
    super()
    this.#length = length
  }

  override dispatch(_options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    let isPaused = false
    let left = this.#length
    const flow = () => {
      while (!isPaused && left > 0) {
        left -= 1
        handler.onResponseData?.(controller, Buffer.alloc(1, 97))
      }
      if (left === 0) {
        left = -1
        handler.onResponseEnd?.(controller, {})
      }
    }
    const controller: Dispatcher.DispatchController = {
      rawHeaders: null,
      rawTrailers: null,
      reason: null,
      aborted: false,
      get paused() {
        return isPaused
      },
      abort: () => {
        isPaused = true
      },
      pause: () => {
        isPaused = true
      },
      resume: () => {
        isPaused = false
        setImmediate(flow)
      }
    }
    handler.onRequestStart?.(controller, {})
    handler.onResponseStart?.(controller, 200, {}, "OK")
    setImmediate(flow)
    return true
  }
}

type Read = (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<number, HttpClientError.HttpClientError>

describe("a body of 8 MiB in chunks of one byte", () => {
  const ways: ReadonlyArray<readonly [string, Read]> = [
    ["as text", ({ text }) => Effect.map(text, (read) => read.length)],
    ["as bytes", ({ arrayBuffer }) => Effect.map(arrayBuffer, (read) => read.byteLength)],
    [
      "as a stream",
      ({ stream }) =>
        Stream.runFold(
          stream,
          () => 0,
          (length, chunk) => length + chunk.byteLength
        )
    ]
  ]

  for (const [name, read] of ways) {
    it.effect(`takes no more memory than a multiple of its size, read ${name}`, () =>
      Effect.gen(function* () {
        const client = Transport.make(new Crumbs(8 * mebibyte))
        const before = process.memoryUsage()
        const response = yield* client.get("http://provider.example/")
        assert.strictEqual(yield* read(response), 8 * mebibyte)
        const after = process.memoryUsage()
        // A list of its chunks takes 800 MB on the heap and as much beside it.
        assert.isBelow(after.heapUsed - before.heapUsed, 128 * mebibyte)
        assert.isBelow(after.arrayBuffers - before.arrayBuffers, 128 * mebibyte)
        assert.strictEqual(response.status, 200)
      })
    )
  }
})
