import { Inbox, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Redacted } from "effect"
import { EventEmitter } from "node:events"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

setFlagsFromString("--expose-gc")
// The flag makes this function available.
const collectGarbage = runInNewContext("gc") as () => void

const mebibyte = 1024 * 1024
const connections = 4

const options = {
  source: "acme",
  scheme: SignatureScheme.standardWebhooks,
  secrets: Redacted.make("whsec_cGxhbnRlZHBsYW50ZWRwbGFudGVkcGxhbnRlZA=="),
  bodyTimeout: "1 hour"
} as const

const memory = (): number => {
  collectGarbage()
  const { arrayBuffers, heapUsed } = process.memoryUsage()
  return arrayBuffers + heapUsed
}

/** A request of `node:http`, as far as a reader sees one. */
class Slow extends EventEmitter {
  readonly socket = { destroy: () => undefined }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe("four bodies of 1 MiB in chunks of one byte that do not end take at most twice their size and 1 MiB each", () => {
  const limit = connections * 3 * mebibyte

  it("when they are read from node:http", async () => {
    const before = memory()
    const sources = Array.from({ length: connections }, () => new Slow())
    const bodies: Array<Uint8Array> = []
    for (const source of sources) {
      WebhookReceiver.readBody(source, {
        maxBodySize: mebibyte,
        bodyTimeoutMillis: 3_600_000,
        defer: () => undefined,
        fork: Effect.runFork,
        onBody: (body) => bodies.push(body),
        onRejection: (rejection) => assert.fail(rejection)
      })
    }
    for (let byte = 0; byte < mebibyte; byte += 1) {
      for (const source of sources) source.emit("data", Buffer.alloc(1, 97))
    }
    assert.isAtMost(memory() - before, limit)
    for (const source of sources) source.emit("end")
    assert.deepStrictEqual(
      bodies.map(({ byteLength }) => byteLength),
      sources.map(() => mebibyte)
    )
  })

  it("when they are read from a Request of the Fetch standard", { timeout: 60_000 }, async () => {
    const { dispose, handler } = WebhookReceiver.toWebHandler(options, Inbox.layerMemory)
    const before = memory()
    const sent: Array<number> = Array.from({ length: connections }, () => 0)
    const answers = sent.map((_, index) => {
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const left = mebibyte - (sent[index] ?? 0)
          for (let byte = 0; byte < Math.min(left, 4096); byte += 1) controller.enqueue(new Uint8Array(1))
          sent[index] = (sent[index] ?? 0) + Math.min(left, 4096)
          // The last byte never comes.
          return left === 0 ? new Promise(() => undefined) : undefined
        }
      })
      // Node asks for `duplex` where a body is a stream, and its types don't know it.
      const init = { method: "POST", body, duplex: "half" } as RequestInit
      return handler(new Request("http://127.0.0.1/", init))
    })
    while (sent.some((bytes) => bytes < mebibyte)) await turn()
    assert.isAtMost(memory() - before, limit)
    const ended = Promise.allSettled(answers)
    await dispose()
    assert.lengthOf(await ended, connections)
  })
})

it.effect("a stream of 1 MiB in chunks of one byte is refused at a cap of 64 KiB without more of it being read", () =>
  Effect.gen(function* () {
    let pulled = 0
    const { dispose, handler } = WebhookReceiver.toWebHandler({ ...options, maxBodySize: 65_536 }, Inbox.layerMemory)
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1
        controller.enqueue(new Uint8Array(1))
      }
    })
    // As above.
    const init = { method: "POST", body, duplex: "half" } as RequestInit
    const response = yield* Effect.promise(() => handler(new Request("http://127.0.0.1/", init)))
    assert.strictEqual(response.status, 413)
    assert.isAtMost(pulled, 70_000)
    yield* Effect.promise(dispose)
  }).pipe(Effect.provide(Logger.layer([])))
)
