import { assert, describe } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { HttpBody, type HttpClient, type HttpClientError, HttpClientRequest } from "effect/http"
import type { IncomingMessage } from "node:http"
import { Readable } from "node:stream"
import { setImmediate } from "node:timers/promises"
import { Exchange } from "@causeway/core/policy"
import { serving, signalled, testing, ways } from "./transportServers.ts"

const failure = <A, R>(effect: Effect.Effect<A, HttpClientError.HttpClientError, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason)

const bytes = (text: string) => new TextEncoder().encode(text)

/** A stream that is not all there at once. */
const pieces = (...texts: ReadonlyArray<string>) =>
  Stream.fromIterable(texts).pipe(
    Stream.rechunk(1),
    Stream.tap(() => Effect.promise(() => setImmediate())),
    Stream.encodeText
  )

/** What a server saw of a request. */
const seen = async (request: IncomingMessage) => ({
  type: request.headers["content-type"],
  length: request.headers["content-length"],
  coding: request.headers["transfer-encoding"],
  body: Buffer.concat(await request.toArray()).toString()
})

const echoing = serving((request, response) => {
  // A request that breaks off has nobody to answer to.
  seen(request).then(
    (arrival) => response.end(JSON.stringify(arrival)),
    () => response.destroy()
  )
})

for (const [name, as] of ways) {
  describe(`a request body, ${name},`, () => {
    const test = testing(as)

    const posted = (client: HttpClient.HttpClient, url: string, body: HttpBody.HttpBody) =>
      Effect.flatMap(
        client.execute(HttpClientRequest.post(url).pipe(HttpClientRequest.setBody(body))),
        ({ json }) => json
      )

    const text = "grüezi"

    for (const [kind, body, expected] of [
      ["nothing", HttpBody.empty, { length: "0", body: "" }],
      ["text", HttpBody.text(text), { type: "text/plain", length: "7", body: text }],
      ["JSON", HttpBody.jsonUnsafe([1]), { type: "application/json", length: "3", body: "[1]" }],
      ["bytes", HttpBody.uint8Array(bytes(text)), { type: "application/octet-stream", length: "7", body: text }],
      ["a view of bytes", HttpBody.uint8Array(bytes("xxabcxx").subarray(2, 5)), { length: "3", body: "abc" }],
      ["no bytes", HttpBody.uint8Array(new Uint8Array(0)), { length: "0", body: "" }],
      ["a raw string", HttpBody.raw(text, { contentType: "a/b" }), { type: "a/b", length: "7", body: text }],
      ["raw URL parameters", HttpBody.raw(new URLSearchParams({ a: "b c" })), { length: "5", body: "a=b+c" }],
      ["a raw blob", HttpBody.raw(new Blob(["abc"], { type: "a/b" })), { type: "a/b", length: "3", body: "abc" }],
      ["raw nothing", HttpBody.raw(undefined), { length: "0", body: "" }]
    ] as const) {
      test(`is ${kind}`, (client) =>
        Effect.gen(function* () {
          const { url } = yield* echoing
          assert.deepInclude(yield* posted(client, url, body), expected)
        }))
    }

    test("is a readable of Node, or of the web", (client) =>
      Effect.gen(function* () {
        const { url } = yield* echoing
        for (const readable of [Readable.from(["a", "b"]), new Blob(["ab"]).stream()]) {
          assert.deepInclude(yield* posted(client, url, HttpBody.raw(readable)), { coding: "chunked", body: "ab" })
        }
      }))

    test("is a form, raw or not, with a boundary of its own", (client) =>
      Effect.gen(function* () {
        const { url } = yield* echoing
        const form = new FormData()
        form.set("title", "Report")
        for (const body of [HttpBody.formData(form), HttpBody.raw(form, { contentType: "multipart/form-data" })]) {
          const echoed = yield* posted(client, url, body)
          assert.match(String(Object(echoed).type), /^multipart\/form-data; boundary=.{10}/)
          assert.include(String(Object(echoed).body), 'name="title"')
        }
      }))

    test("that is nothing undici can send is an EncodeError", (client) =>
      Effect.gen(function* () {
        const { url } = yield* echoing
        assert.strictEqual((yield* failure(posted(client, url, HttpBody.raw(7))))._tag, "EncodeError")
      }))

    test("is a stream, in chunks or with its length", (client) =>
      Effect.gen(function* () {
        const { url } = yield* echoing
        const stream = pieces("a", "bc", "def")
        const chunked = yield* posted(client, url, HttpBody.stream(stream, "a/b"))
        assert.deepInclude(chunked, { type: "a/b", coding: "chunked", body: "abcdef" })
        const sized = yield* posted(client, url, HttpBody.stream(stream, "a/b", 6))
        assert.deepInclude(sized, { length: "6", body: "abcdef" })
        assert.notProperty(sized, "coding")
      }))

    test("that is a stream of another length than it says is a failure", (client) =>
      Effect.gen(function* () {
        const { url } = yield* echoing
        for (const length of [5, 7]) {
          const stream = pieces("a", "bc", "def")
          const reason = yield* failure(posted(client, url, HttpBody.stream(stream, "a/b", length)))
          assert.strictEqual(reason._tag, "TransportError")
          assert.propertyVal(reason.cause, "code", "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH")
        }
      }))

    test("that is a stream of another length than declared fails even if it is available at once, and never arrives as complete", (client) =>
      Effect.gen(function* () {
        let whole = 0
        const { url } = yield* serving((request, response) => {
          request.on("error", () => {})
          request.on("end", () => {
            whole += 1
            response.end()
          })
          request.resume()
        })
        for (const [stream, length] of [
          [Stream.make(bytes("abc")), 2],
          [Stream.make(bytes("abc")), 4],
          [Stream.make(bytes("ab"), bytes("c")), 2],
          [pieces("ab", "c"), 2],
          [pieces("a", "b", "", "c"), 2],
          [Stream.make(bytes("a")), 0],
          [Stream.empty, 1]
        ] as const) {
          const error = yield* Effect.flip(posted(client, url, HttpBody.stream(stream, "a/b", length)))
          const broken = Exchange.brokenBy(error)
          assert.deepInclude(broken, { reason: "Send", category: "invalid", origin: "local" })
          assert.strictEqual(broken.code, "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH")
          assert.include(String(broken.cause), `its content length is ${length}`)
        }
        assert.strictEqual(whole, 0)
        yield* client.execute(
          HttpClientRequest.post(url).pipe(
            HttpClientRequest.setBody(HttpBody.stream(pieces("", "ab", "", "c", ""), "a/b", 3))
          )
        )
        assert.strictEqual(whole, 1)
      }))

    test("that is a stream which fails is a TransportError with that failure as its cause", (client) =>
      Effect.gen(function* () {
        const { idle, url } = yield* echoing
        const stream = Stream.concat(Stream.make(bytes("a")), Stream.fail("the disk is gone"))
        const reason = yield* failure(posted(client, url, HttpBody.stream(stream)))
        assert.strictEqual(reason._tag, "TransportError")
        assert.include(String(reason.cause), "the disk is gone")
        yield* Effect.promise(idle)
      }))

    test("that is a stream is made no faster than it is sent", (client) =>
      Effect.gen(function* () {
        const arrived = signalled<IncomingMessage>()
        const { url } = yield* serving((request, response) => {
          arrived.resolve(request)
          request.on("end", () => response.end("done"))
        })
        let made = 0
        const chunk = new Uint8Array(65_536)
        const stream = Stream.range(1, 1_000).pipe(
          Stream.rechunk(1),
          Stream.map(() => {
            made += 1
            return chunk
          })
        )
        const request = HttpClientRequest.post(url).pipe(HttpClientRequest.bodyStream(stream))
        const fiber = yield* Effect.forkChild(client.execute(request))
        const incoming = yield* Effect.promise(() => arrived.promise)
        assert.isBelow(yield* settled(() => made), 500)
        incoming.resume()
        assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
        assert.strictEqual(made, 1_000)
      }))

    test("that is a stream is stopped when its request is interrupted, fails to connect, or is answered early", (client) =>
      Effect.gen(function* () {
        const arrived = signalled()
        const { idle, url } = yield* serving((request, response) => {
          request.once("data", () => arrived.resolve())
          if (request.url === "/early") response.end("enough")
        })
        const { port } = yield* Effect.scoped(serving(() => {}))
        const stops: Array<string> = []
        const endless = (label: string) =>
          Stream.forever(Stream.make(bytes("a"))).pipe(
            Stream.tap(() => Effect.promise(() => setImmediate())),
            Stream.ensuring(Effect.sync(() => stops.push(label)))
          )
        const post = (label: string, to: string) =>
          client.execute(HttpClientRequest.post(to).pipe(HttpClientRequest.bodyStream(endless(label))))

        const fiber = yield* Effect.forkChild(post("interrupted", url))
        yield* Effect.promise(() => arrived.promise)
        yield* Fiber.interrupt(fiber)
        const early = yield* post("early", `${url}/early`)
        assert.strictEqual(yield* early.text, "enough")
        assert.strictEqual((yield* failure(post("unconnected", `http://127.0.0.1:${port}`)))._tag, "TransportError")
        yield* Effect.promise(idle)
        // One that was never connected was never begun.
        assert.deepStrictEqual(stops.filter((label) => label !== "unconnected").toSorted(), ["early", "interrupted"])
      }))

    test("that is a readable of Node is closed when there is no connection for it", (client) =>
      Effect.gen(function* () {
        const { port } = yield* Effect.scoped(serving(() => {}))
        const closed = signalled()
        const readable = new Readable({
          read() {},
          destroy: (_, done) => {
            closed.resolve()
            done(null)
          }
        })
        const request = HttpClientRequest.post(`http://127.0.0.1:${port}`)
        const sending = client.execute(HttpClientRequest.setBody(request, HttpBody.raw(readable)))
        assert.strictEqual((yield* failure(sending))._tag, "TransportError")
        yield* Effect.promise(() => closed.promise)
      }))

    test("that is a stream can be sent again, as it begins anew", (client) =>
      Effect.gen(function* () {
        const { url } = yield* echoing
        const body = HttpBody.stream(Stream.make("a", "b").pipe(Stream.encodeText))
        for (let round = 0; round < 2; round += 1) {
          assert.deepInclude(yield* posted(client, url, body), { body: "ab" })
        }
      }))
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
