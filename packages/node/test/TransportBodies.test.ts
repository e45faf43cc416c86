import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, type Scope, Stream } from "effect"
import { HttpClient, type HttpClientError, type HttpClientResponse } from "effect/http"
import type { ServerResponse } from "node:http"
import { setImmediate } from "node:timers/promises"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Transport } from "@causeway/node"
import { serving, signalled, untraced, ways } from "./transportServers.ts"

const kibibyte = 1024

const failure = <A, R>(effect: Effect.Effect<A, HttpClientError.HttpClientError, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason)

const textOf = (response: HttpClientResponse.HttpClientResponse) => Effect.asVoid(response.text)

const sizeOf = (response: HttpClientResponse.HttpClientResponse) =>
  Stream.runFold(
    response.stream,
    () => 0,
    (size, chunk) => size + chunk.byteLength
  )

/** Writes for as long as the other side takes it, and counts. */
const pouring = (response: ServerResponse) => {
  const chunk = Buffer.alloc(16 * kibibyte, "x")
  const poured = { bytes: 0, stalled: signalled() }
  const pour = () => {
    while (!response.destroyed) {
      poured.bytes += chunk.byteLength
      if (!response.write(chunk)) break
    }
    poured.stalled.resolve()
  }
  response.on("drain", pour)
  pour()
  return poured
}

const collectGarbage: () => void = (() => {
  setFlagsFromString("--expose-gc")
  return runInNewContext("gc")
})()

for (const [name, as] of ways) {
  const withClient = <A, E>(
    body: (client: HttpClient.HttpClient) => Effect.Effect<A, E, Scope.Scope>,
    options: Transport.Options = {}
  ) =>
    Effect.provide(
      Effect.flatMap(HttpClient.HttpClient, (client) =>
        body(HttpClient.transformResponse(client, (response) => as(response)))
      ),
      Transport.layerWith(options)
    )

  describe(`a body, ${name},`, () => {
    it.effect("that is small can be read any number of times, in any way", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const { url } = yield* serving((_, response) => response.end('{"a":1}'))
          const response = yield* client.get(url)
          assert.deepStrictEqual(yield* response.json, { a: 1 })
          assert.strictEqual(yield* sizeOf(response), 7)
          assert.strictEqual(yield* response.text, '{"a":1}')
          assert.strictEqual(yield* sizeOf(response), 7)
          assert.strictEqual((yield* response.arrayBuffer).byteLength, 7)
        })
      )
    )

    it.effect("that is large can be read whole any number of times", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const { url } = yield* serving((_, response) => response.end("x".repeat(1_000_000)))
          const response = yield* client.get(url)
          assert.strictEqual((yield* response.text).length, 1_000_000)
          assert.strictEqual((yield* response.arrayBuffer).byteLength, 1_000_000)
          assert.strictEqual((yield* response.text).length, 1_000_000)
          assert.strictEqual(yield* sizeOf(response), 1_000_000)
        })
      )
    )

    it.effect("that is large and was read as a stream cannot be read again", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const { url } = yield* serving((_, response) => response.end("x".repeat(1_000_000)))
          const response = yield* client.get(url)
          assert.strictEqual(yield* sizeOf(response), 1_000_000)
          for (const again of [textOf, sizeOf]) {
            assert.deepInclude(yield* failure<unknown, never>(again(response)), {
              _tag: "DecodeError",
              description: "the body has been read before, and was too large to be kept"
            })
          }
        })
      )
    )

    it.effect("is read whole by two at once", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const { url } = yield* serving((_, response) => response.end("x".repeat(1_000_000)))
          const response = yield* client.get(url)
          const both = yield* Effect.all([response.text, response.arrayBuffer], { concurrency: 2 })
          assert.strictEqual(both[0].length, 1_000_000)
          assert.strictEqual(both[1].byteLength, 1_000_000)
        })
      )
    )

    it.effect("does not hold its response back", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const rest = signalled()
          const { url } = yield* serving((_, response) => {
            response.writeHead(200, { "content-length": "6" }).write("one")
            void rest.promise.then(() => response.end("two"))
          })
          const response = yield* client.get(url)
          assert.strictEqual(response.status, 200)
          const text = yield* Effect.forkChild(response.text)
          rest.resolve()
          assert.strictEqual(yield* Fiber.join(text), "onetwo")
        })
      )
    )

    it.effect("comes piece by piece to the reader of its stream", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const next: Array<() => void> = []
          const { url } = yield* serving((_, response) => {
            const pieces = ["one", "two", "three"]
            next.push(() => (pieces.length === 0 ? response.end() : response.write(String(pieces.shift()))))
            next[0]?.()
          })
          const response = yield* client.get(url)
          const seen: Array<string> = []
          yield* Stream.runForEach(response.stream, (chunk) =>
            Effect.sync(() => {
              seen.push(String(chunk))
              next[0]?.()
            })
          )
          assert.deepStrictEqual(seen, ["one", "two", "three"])
        })
      )
    )

    it.effect("that nobody reads is not sent on", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const poured = signalled<ReturnType<typeof pouring>>()
          const { url } = yield* serving((_, response) => poured.resolve(pouring(response)))
          const response = yield* client.get(url)
          const server = yield* Effect.promise(() => poured.promise)
          const before = yield* settled(() => server.bytes)
          assert.isBelow(before, 16 * 1024 * kibibyte)
          // A reader gets it going again.
          yield* response.stream.pipe(Stream.take(1), Stream.runDrain)
        })
      )
    )

    it.effect("is sent no faster than it is read", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const poured = signalled<ReturnType<typeof pouring>>()
          const { url } = yield* serving((_, response) => poured.resolve(pouring(response)))
          const response = yield* client.get(url)
          const server = yield* Effect.promise(() => poured.promise)
          let read = 0
          let ahead = 0
          yield* response.stream.pipe(
            Stream.mapEffect((chunk) => {
              read += chunk.byteLength
              return Effect.map(
                settled(() => server.bytes),
                (sent) => (ahead = Math.max(ahead, sent - read))
              )
            }),
            Stream.takeUntil(() => read > 16 * 1024 * kibibyte),
            Stream.runDrain
          )
          assert.isBelow(ahead, 16 * 1024 * kibibyte)
        })
      )
    )

    it.effect("of a stream that ends early gives its connection back when little is left", () =>
      withClient(
        (client) =>
          Effect.gen(function* () {
            const rest = signalled()
            const { connections, url } = yield* serving((request, response) => {
              if (request.url === "/next") return response.end()
              response.writeHead(200, { "content-length": "6" }).write("one")
              return rest.promise.then(() => response.end("two"))
            })
            const response = yield* as(client.get(url))
            yield* as(response.stream.pipe(Stream.take(1), Stream.runDrain))
            rest.resolve()
            yield* client.get(`${url}/next`)
            // In a scope it is Effect's own client that aborts it.
            assert.strictEqual(connections(), name === "traced in a scope" ? 2 : 1)
          }),
        { connections: 1 }
      )
    )

    for (const [length, headers] of [
      ["of unknown length", {}],
      ["with much left", { "content-length": "10000000" }]
    ] as const) {
      it.effect(`of a stream that ends early is aborted when it is ${length}`, () =>
        withClient((client) =>
          Effect.gen(function* () {
            const { idle, url } = yield* serving((_, response) => response.writeHead(200, headers).write("one"))
            const response = yield* client.get(url)
            yield* response.stream.pipe(Stream.take(1), Stream.runDrain)
            yield* Effect.promise(idle)
          })
        )
      )
    }

    it.effect("that stalls while nobody wants the rest is aborted after a second", () =>
      withClient(
        (client) =>
          Effect.gen(function* () {
            const { idle, url } = yield* serving((_, response) =>
              response.writeHead(200, { "content-length": "6" }).write("one")
            )
            const response = yield* client.get(url)
            yield* response.stream.pipe(Stream.take(1), Stream.runDrain)
            yield* Effect.promise(idle)
          }),
        { connections: 1 }
      )
    )

    for (const [reading, read] of [
      ["read as text", textOf],
      ["read as a stream", (response: HttpClientResponse.HttpClientResponse) => Stream.runDrain(response.stream)]
    ] as const) {
      it.effect(`is aborted when its fibre is interrupted, ${reading}`, () =>
        withClient((client) =>
          Effect.gen(function* () {
            const { idle, open, url } = yield* serving((_, response) =>
              response.writeHead(200, { "content-length": "6" }).write("one")
            )
            const response = yield* client.get(url)
            const fiber = yield* Effect.forkChild(read(response), { startImmediately: true })
            assert.strictEqual(open.size, 1)
            yield* Fiber.interrupt(fiber)
            yield* Effect.promise(idle)
            assert.strictEqual((yield* failure(response.text))._tag, "DecodeError")
          })
        )
      )
    }

    it.effect("is aborted once its response is collected as garbage", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const { idle, open, url } = yield* serving((_, response) => response.write("x".repeat(1_000_000)))
          yield* Effect.promise(() => Effect.runPromise(Effect.asVoid(as(client.get(url)))))
          const closed = idle()
          yield* Effect.promise(async () => {
            while (open.size > 0) {
              collectGarbage()
              await setImmediate()
            }
            await closed
          })
        })
      )
    )

    it.effect("that is small and that nobody reads leaves its connection to the next request", () =>
      withClient(
        (client) =>
          Effect.gen(function* () {
            const { connections, url } = yield* serving((_, response) => response.end("x".repeat(60_000)))
            for (let request = 0; request < 20; request += 1) yield* client.get(url)
            assert.strictEqual(connections(), 1)
          }),
        { connections: 1 }
      )
    )

    it.effect("that is silent for longer than bodyTimeout fails", () =>
      withClient(
        (client) =>
          Effect.gen(function* () {
            const { url } = yield* serving((_, response) => response.write("one"))
            const response = yield* client.get(url)
            const reason = yield* failure(response.text)
            assert.strictEqual(reason._tag, "DecodeError")
            assert.propertyVal(reason.cause, "code", "UND_ERR_BODY_TIMEOUT")
          }),
        { bodyTimeout: "50 millis" }
      )
    )
  })

  describe(`a request, ${name},`, () => {
    it.effect("is aborted when its fibre is interrupted before the headers", () =>
      withClient((client) =>
        Effect.gen(function* () {
          const arrived = signalled()
          const { idle, url } = yield* serving(() => arrived.resolve())
          const fiber = yield* Effect.forkChild(client.get(url))
          yield* Effect.promise(() => arrived.promise)
          yield* Fiber.interrupt(fiber)
          yield* Effect.promise(idle)
        })
      )
    )

    it.effect("that is interrupted while it waits for a connection is never sent", () =>
      withClient(
        (client) =>
          Effect.gen(function* () {
            const first = yield* Deferred.make<ServerResponse>()
            const arrived: Array<unknown> = []
            const { url } = yield* serving((request, response) => {
              arrived.push(request.url)
              if (request.url === "/first") Effect.runSync(Deferred.succeed(first, response))
              else response.end()
            })
            const holding = yield* Effect.forkChild(client.get(`${url}/first`))
            const response = yield* Deferred.await(first)
            const waiting = yield* Effect.forkChild(client.post(`${url}/second`), { startImmediately: true })
            yield* Fiber.interrupt(waiting)
            assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(waiting)))
            response.end()
            yield* Fiber.join(holding)
            yield* client.post(`${url}/third`)
            assert.deepStrictEqual(arrived, ["/first", "/third"])
          }),
        { connections: 1 }
      )
    )

    it.effect("whose headers take longer than headersTimeout fails", () =>
      withClient(
        (client) =>
          Effect.gen(function* () {
            const { url } = yield* serving(() => {})
            const reason = yield* failure(client.get(url))
            assert.strictEqual(reason._tag, "TransportError")
            assert.propertyVal(reason.cause, "code", "UND_ERR_HEADERS_TIMEOUT")
          }),
        { headersTimeout: "50 millis" }
      )
    )
  })
}

/** The value once it has not changed for some turns of the event loop. */
const settled = (value: () => number) =>
  Effect.promise(async () => {
    let last = value()
    for (let calm = 0; calm < 20; calm += 1) {
      await setImmediate()
      if (value() !== last) calm = 0
      last = value()
    }
    return last
  })

/** Writes a little at every turn of the event loop. */
const trickling = async (response: ServerResponse) => {
  while (!response.destroyed) {
    response.write("x")
    await setImmediate()
  }
}

describe("two bodies at once", () => {
  it.effect("can be read in turns by one fibre, one as it trickles and one that had to wait", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((request, response) => {
        if (request.url === "/pouring") pouring(response)
        else void trickling(response)
      })
      const client = HttpClient.transformResponse(yield* HttpClient.HttpClient, untraced)
      const trickle = yield* Stream.toPull((yield* client.get(`${url}/trickling`)).stream)
      const pour = yield* Stream.toPull((yield* client.get(`${url}/pouring`)).stream)
      for (let turn = 0; turn < 50; turn += 1) {
        yield* trickle
        yield* pour
      }
    }).pipe(Effect.provide(Transport.layer))
  )
})
