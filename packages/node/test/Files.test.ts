import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Queue, Schedule, Schema, Sink, Stream } from "effect"
import { TestClock } from "effect/testing"
import { HttpApiSchema } from "effect/http-api"
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdtemp, readFile, writeFile } from "node:fs/promises"
import type { ServerResponse } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import { crc32 } from "node:zlib"
import { Auth } from "@causeway/core/auth"
import { Download, Endpoint, Integration, Upload } from "@causeway/core/client"
import { CallError, Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { Files, Transport } from "@causeway/node"
import { type Arrival, layerAt, providerUrl, serve, type Server, transports } from "./server.ts"

class Store extends Integration.Service<Store>()("test/Store", {
  baseUrl: providerUrl,
  endpoints: [
    Endpoint.get("get", "/file", { success: HttpApiSchema.StreamUint8Array() }),
    Endpoint.put("put", "/file", {
      payload: HttpApiSchema.StreamUint8Array(),
      success: Schema.String.pipe(HttpApiSchema.asText())
    }),
    Endpoint.post("form", "/form", {
      payload: Schema.Struct({ file: Schema.Unknown }).pipe(HttpApiSchema.asMultipart()),
      success: Schema.String.pipe(HttpApiSchema.asText())
    })
  ],
  policy: Policy.none
}) {}

type Service = Store["Service"]

const content = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 251))

const etag = '"v1"'

interface File {
  readonly headers?: Readonly<Record<string, string>>
  /** How many bytes each answer has before its connection breaks. Default: all. */
  readonly breaksAfter?: (request: number) => number
  /** What the file is at each request. Default: always the same. */
  readonly at?: (request: number) => { readonly bytes: Buffer; readonly etag: string }
  readonly ignoresRanges?: boolean
}

const same = () => ({ bytes: content, etag })

/** A server of one file, as object stores are: ranges with `If-Range`, 416 after the end. */
const serving = ({ at = same, breaksAfter = () => Infinity, headers = {}, ignoresRanges = false }: File) => {
  let request = 0
  return (response: ServerResponse, { headers: asked }: Arrival) => {
    request += 1
    const { bytes, etag } = at(request)
    const from = /^bytes=(\d+)-$/.exec(asked.range ?? "")?.[1]
    const isRange = from !== undefined && !ignoresRanges && (asked["if-range"] ?? etag) === etag
    const offset = isRange ? Number(from) : 0
    if (isRange && offset >= bytes.length) {
      response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end()
      return
    }
    const body = bytes.subarray(offset)
    response.writeHead(isRange ? 206 : 200, {
      "content-type": "application/octet-stream",
      "content-length": body.length,
      etag,
      ...headers,
      ...(isRange && { "content-range": `bytes ${offset}-${bytes.length - 1}/${bytes.length}` })
    })
    const most = breaksAfter(request)
    if (most >= body.length) response.end(body)
    else response.write(body.subarray(0, most), () => void setImmediate().then(() => response.destroy()))
  }
}

const over = <A, E>(
  handler: (response: ServerResponse, arrival: Arrival) => void,
  use: (store: Service, server: Server, path: string) => Effect.Effect<A, E>,
  transport = Transport.layer
) =>
  Effect.gen(function* () {
    const server = yield* serve(handler)
    const folder = yield* Effect.promise(() => mkdtemp(join(tmpdir(), "causeway-files-")))
    const live = Store.layer.pipe(Layer.provide([Auth.none(Store), transport, layerAt(server)]))
    return yield* Effect.provide(
      Effect.flatMap(Store, (store) => use(store, server, join(folder, "file"))),
      live
    )
  })

const options = { schedule: Schedule.recurs(20) }

const getting = (store: Service) => (options: Download.RangeOptions) =>
  store.get({ responseMode: "decoded-and-response" }, options)

const collected = Sink.collect<Uint8Array>()

const asked = ({ arrivals }: Server) => arrivals.map(({ headers }) => [headers.range, headers["if-range"]])

for (const transport of transports.filter(({ name }) => !name.includes("NodeHttpClient"))) {
  describe(`a download over ${transport.name}`, () => {
    it.effect("goes to its place when it is complete, with its progress", () =>
      over(
        serving({}),
        (store, server, path) =>
          Effect.gen(function* () {
            const seen: Array<Download.Progress> = []
            const onProgress = (progress: Download.Progress) => Effect.sync(() => seen.push(progress))
            const done = yield* Files.download(getting(store), { ...options, path, onProgress })
            assert.deepStrictEqual(done, { path, bytes: content.length })
            assert.isTrue(content.equals(yield* Effect.promise(() => readFile(path))))
            assert.deepStrictEqual(seen.at(-1), { bytes: content.length, total: content.length, resumed: 0 })
            assert.isFalse(existsSync(`${path}.part`) || existsSync(`${path}.part.json`))
            assert.strictEqual(server.arrivals[0]?.headers["accept-encoding"], "identity")
          }),
        transport.layer
      )
    )

    it.effect("resumes after each break, from the last byte that came", () =>
      over(
        serving({ breaksAfter: () => 60_000, headers: { "repr-digest": reprDigest(content) } }),
        (store, server) =>
          Effect.gen(function* () {
            const chunks = yield* Download.toSink(getting(store), collected, options)
            assert.isTrue(content.equals(Buffer.concat(chunks)))
            assert.isAbove(server.arrivals.length, 3)
            assert.deepStrictEqual(asked(server)[1]?.[1], etag)
          }),
        transport.layer
      )
    )
  })
}

const reprDigest = (bytes: Buffer) => `sha-256=:${createHash("sha256").update(bytes).digest("base64")}:`

const crc = (bytes: Buffer) => {
  const value = Buffer.alloc(4)
  value.writeUInt32BE(crc32(bytes))
  return value.toString("base64")
}

describe("a download to a file", () => {
  it.effect("resumes what an earlier run has left, and hashes it too", () =>
    over(
      serving({
        breaksAfter: (request) => (request === 1 ? 60_000 : Infinity),
        headers: { "repr-digest": reprDigest(content) }
      }),
      (store, server, path) =>
        Effect.gen(function* () {
          const broken = yield* Effect.flip(Files.download(getting(store), { path, schedule: Schedule.recurs(0) }))
          assert.instanceOf(broken, CallError.TransportFailure)
          assert.isFalse(existsSync(path))
          assert.strictEqual(server.arrivals.length, 1)
          yield* Files.download(getting(store), { ...options, path })
          assert.isTrue(content.equals(yield* Effect.promise(() => readFile(path))))
          assert.deepStrictEqual(asked(server)[1]?.[1], etag)
        })
    )
  )

  it.effect("begins again when the file has changed meanwhile", () => {
    const newer = Buffer.from("newer")
    return over(
      serving({
        breaksAfter: (request) => (request === 1 ? 60_000 : Infinity),
        at: (request) => (request === 1 ? same() : { bytes: newer, etag: '"v2"' })
      }),
      (store, server, path) =>
        Effect.gen(function* () {
          yield* Files.download(getting(store), { ...options, path })
          assert.isTrue(newer.equals(yield* Effect.promise(() => readFile(path))))
          assert.strictEqual(server.arrivals.length, 2)
        })
    )
  })

  for (const [fact, total, ranges] of [
    ["its last byte is requested again, for the checksums of the file", content.length, [content.length - 1]],
    ["a 416 begins again where the size is unknown", undefined, [content.length, undefined]]
  ] as const) {
    it.effect(`of which all bytes are there: ${fact}`, () =>
      over(serving({ headers: { "repr-digest": reprDigest(content) } }), (store, server, path) =>
        Effect.gen(function* () {
          yield* Effect.promise(() => writeFile(`${path}.part`, content))
          const note = JSON.stringify({ validator: { etag }, total })
          yield* Effect.promise(() => writeFile(`${path}.part.json`, note))
          yield* Files.download(getting(store), { ...options, path })
          assert.isTrue(content.equals(yield* Effect.promise(() => readFile(path))))
          const expected = ranges.map((from) => (from === undefined ? undefined : `bytes=${from}-`))
          assert.deepStrictEqual(
            server.arrivals.map(({ headers }) => headers.range),
            expected
          )
        })
      )
    )
  }

  it.effect("fails when what an earlier run has left is spoiled", () =>
    over(serving({ headers: { "repr-digest": reprDigest(content) } }), (store, _server, path) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => writeFile(`${path}.part`, Buffer.alloc(1000)))
        yield* Effect.promise(() => writeFile(`${path}.part.json`, JSON.stringify({ validator: { etag } })))
        const error = yield* Effect.flip(Files.download(getting(store), { ...options, path }))
        assert.strictEqual((error as Download.DownloadFailure).reason, "Checksum")
        yield* Files.download(getting(store), { ...options, path })
      })
    )
  )

  it.effect("replaces what an earlier run has left by a file that is empty now", () =>
    over(serving({ at: () => ({ bytes: Buffer.alloc(0), etag: '"v2"' }) }), (store, _server, path) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => writeFile(`${path}.part`, content))
        yield* Effect.promise(() => writeFile(`${path}.part.json`, JSON.stringify({ validator: { etag } })))
        assert.deepStrictEqual(yield* Files.download(getting(store), { ...options, path }), { path, bytes: 0 })
      })
    )
  )

  for (const [header, value] of [
    ["content-md5", createHash("md5").update("other").digest("base64")],
    ["content-digest", reprDigest(Buffer.from("other"))],
    ["repr-digest", reprDigest(Buffer.from("other"))],
    ["digest", `SHA-256=${createHash("sha256").update("other").digest("base64")}`],
    ["x-goog-hash", "crc32c=AAAAAA==,md5=AAAAAAAAAAAAAAAAAAAAAA=="],
    ["x-amz-checksum-sha256", createHash("sha256").update("other").digest("base64")],
    ["x-amz-checksum-crc32", crc(Buffer.from("other"))],
    ["x-amz-checksum-crc32c", "AAAAAA=="]
  ] as const) {
    it.effect(`fails when the bytes are not those of ${header}, and nothing is put in its place`, () =>
      over(serving({ headers: { [header]: value } }), (store, _server, path) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(Files.download(getting(store), { ...options, path }))
          assert.instanceOf(error, Download.DownloadFailure)
          assert.strictEqual((error as Download.DownloadFailure).reason, "Checksum")
          assert.include((error as Download.DownloadFailure).detail, header)
          assert.isFalse(existsSync(path) || existsSync(`${path}.part`))
          yield* Files.download(getting(store), { ...options, path, verify: false })
        })
      )
    )
  }

  it.effect("accepts right checksums, and those that are of no whole body", () =>
    over(
      serving({
        headers: {
          "content-md5": createHash("md5").update(content).digest("base64"),
          "x-amz-checksum-crc32": crc(content),
          "x-amz-checksum-sha256": "AAAA-3",
          etag: '"d41d8cd98f00b204e9800998ecf8427e"'
        }
      }),
      (store, _server, path) => Files.download(getting(store), { ...options, path })
    )
  )

  it.effect("gives up after as many requests without a byte as allowed", () =>
    over(serving({ breaksAfter: (request) => (request === 1 ? 60_000 : 0) }), (store, server, path) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Files.download(getting(store), { ...options, path, attempts: 3 }))
        assert.instanceOf(error, CallError.TransportFailure)
        assert.strictEqual(server.arrivals.length, 4)
      })
    )
  )

  it.effect("a stream that has already emitted bytes fails when the file has changed", () =>
    over(
      serving({
        breaksAfter: (request) => (request === 1 ? 60_000 : Infinity),
        at: (request) => (request === 1 ? same() : { bytes: Buffer.from("newer"), etag: '"v2"' })
      }),
      (store) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(Download.toSink(getting(store), collected, options))
          assert.strictEqual((error as Download.DownloadFailure).reason, "Changed")
        })
    )
  )

  it.effect("a server without ranges begins again, and a stream passes over what it has given", () =>
    over(serving({ breaksAfter: (request) => (request === 1 ? 60_000 : Infinity), ignoresRanges: true }), (store) =>
      Effect.gen(function* () {
        const chunks = yield* Download.toSink(getting(store), collected, options)
        assert.isTrue(content.equals(Buffer.concat(chunks)))
      })
    )
  )

  it.effect("refuses a part that was not asked for", () =>
    over(
      (response, { headers }) => {
        if (headers.range === undefined) {
          response.writeHead(200, { "content-length": 10, etag })
          response.write("abc", () => void setImmediate().then(() => response.destroy()))
        } else {
          response.writeHead(206, { "content-range": "bytes 5-9/10", "content-length": 5, etag }).end("fghij")
        }
      },
      (store, _server, path) =>
        Effect.gen(function* () {
          const error = yield* Effect.flip(Files.download(getting(store), { ...options, path }))
          assert.strictEqual((error as Download.DownloadFailure).reason, "Range")
        })
    )
  )

  it.effect("an error of the first call is the error of the download", () =>
    Effect.gen(function* () {
      const mocked = Store.layerMock({ get: Mock.status(404) })
      const program = Effect.flatMap(Store, (store) => Download.toSink(getting(store), collected, options))
      const error = yield* Effect.flip(Effect.provide(program, mocked))
      assert.instanceOf(error, CallError.UnexpectedStatus)
    })
  )
})

describe("an upload", () => {
  const echo = (response: ServerResponse, { body, headers }: Arrival) =>
    response.end(JSON.stringify([headers["content-length"], headers["content-type"], body.length]))

  it.effect("from a file has its length and its progress", () =>
    over(echo, (store, _server, path) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => writeFile(path, content))
        const seen: Array<Upload.Progress> = []
        const payload = yield* Files.upload(path, {
          contentType: "image/png",
          onProgress: (progress) => Effect.sync(() => seen.push(progress))
        })
        const answer = JSON.parse(yield* store.put({ payload }))
        assert.deepStrictEqual(answer, [String(content.length), "image/png", content.length])
        assert.deepStrictEqual(seen.at(-1), { bytes: content.length, total: content.length })
      })
    )
  )

  it.effect("without a size has no length", () =>
    over(echo, (store) =>
      Effect.gen(function* () {
        const slow = Stream.make(new Uint8Array(3), new Uint8Array(3)).pipe(
          Stream.rechunk(1),
          Stream.tap(() => Effect.promise(() => setImmediate()))
        )
        const payload = Upload.make(slow, { contentType: "text/csv" })
        assert.deepStrictEqual(JSON.parse(yield* store.put({ payload })), [null, "text/csv", 6])
      })
    )
  )

  it.effect("of another size than stated fails", () =>
    over(echo, (store) =>
      Effect.gen(function* () {
        const payload = Upload.make(Stream.make(new Uint8Array(3)), { bytes: 5 })
        assert.instanceOf(yield* Effect.flip(store.put({ payload })), CallError.TransportFailure)
      })
    )
  )

  it.effect("of a form reads its file while it is sent", () =>
    over(echo, (store, _server, path) =>
      Effect.gen(function* () {
        yield* Effect.promise(() => writeFile(path, content))
        const form = new FormData()
        form.set("file", yield* Files.blob(path), "file.bin")
        const [, type, size] = JSON.parse(yield* store.form({ payload: form }))
        assert.include(type, "multipart/form-data")
        assert.isAbove(size, content.length)
      })
    )
  )

  it.effect("of a file that is missing fails with its code", () =>
    over(echo, (_store, _server, path) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Files.upload(path))
        assert.strictEqual(error.code, "ENOENT")
      })
    )
  )
})

class Timed extends Integration.Service<Timed>()("test/Timed", {
  baseUrl: providerUrl,
  endpoints: [
    Endpoint.put("put", "/file", {
      payload: HttpApiSchema.StreamUint8Array(),
      success: Schema.String.pipe(HttpApiSchema.asText())
    })
  ]
}) {}

for (const transport of transports.filter(({ name }) => !name.includes("NodeHttpClient"))) {
  describe(`the time of an upload over ${transport.name}`, () => {
    const calling = <A, E>(use: (timed: Timed["Service"]) => Effect.Effect<A, E>) =>
      Effect.gen(function* () {
        const server = yield* serve((response, { body }) => response.end(String(body.length)))
        const live = Timed.layer.pipe(Layer.provide([Auth.none(Timed), transport.layer, layerAt(server)]))
        return yield* Effect.provide(Effect.flatMap(Timed, use), live)
      })

    it.effect("the standard limits let it take minutes while bytes leave", () =>
      calling((timed) =>
        Effect.gen(function* () {
          const source = yield* Queue.unbounded<Uint8Array | undefined>()
          const taken = yield* Queue.unbounded<number>()
          const payload = Upload.make(Stream.fromQueue(source).pipe(Stream.takeWhile((chunk) => chunk !== undefined)), {
            onProgress: ({ bytes }) => Queue.offer(taken, bytes)
          })
          const fiber = yield* Effect.forkChild(timed.put({ payload }))
          for (let minute = 1; minute <= 10; minute += 1) {
            yield* Queue.offer(source, new Uint8Array(1000))
            assert.strictEqual(yield* Queue.take(taken), minute * 1000)
            yield* TestClock.adjust("50 seconds")
          }
          yield* Queue.offer(source, undefined)
          assert.strictEqual(yield* Fiber.join(fiber), "10000")
        })
      )
    )

    it.effect("one that gives no more bytes ends with an idle Timeout", () =>
      calling((timed) =>
        Effect.gen(function* () {
          const begun = yield* Deferred.make<void>()
          const payload = Stream.concat(
            Stream.tap(Stream.make(new Uint8Array(10)), () => Deferred.succeed(begun, undefined)),
            Stream.never
          )
          const fiber = yield* Effect.forkChild(Effect.flip(timed.put({ payload })))
          yield* Deferred.await(begun)
          yield* TestClock.adjust("60 seconds")
          const error = yield* Fiber.join(fiber)
          assert.instanceOf(error, CallError.Timeout)
          assert.strictEqual((error as CallError.Timeout).scope, "idle")
        })
      )
    )
  })
}
