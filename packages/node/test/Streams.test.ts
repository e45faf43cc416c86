import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Queue, Schedule, Schema, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Events, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { inPieces, layerAt, type NamedTransport, providerUrl, serve, type Server, transports } from "./server.ts"
import type { ServerResponse } from "node:http"

const Token = Schema.Struct({ token: Schema.String })
const Row = Schema.Struct({ id: Schema.Int, at: Schema.optional(Schema.String) })

class Provider extends Integration.Service<Provider>()("test/Streams", {
  baseUrl: providerUrl,
  endpoints: [
    Endpoint.get("download", "/download", { success: HttpApiSchema.StreamUint8Array() }),
    Endpoint.get("tokens", "/tokens", { success: HttpApiSchema.StreamSse({ data: Token }) }),
    Endpoint.get("events", "/events", {
      success: HttpApiSchema.StreamSse({
        events: Schema.Struct({ id: Schema.optionalKey(Schema.String), event: Schema.String, data: Schema.String })
      })
    }),
    Endpoint.get("feed", "/feed", {
      success: Events.make({ data: Token, reconnect: { schedule: Schedule.recurs(5) } })
    }),
    Endpoint.get("rows", "/rows", { success: HttpApiSchema.StreamNdjson({ schema: Row }) }),
    Endpoint.put("upload", "/upload", {
      payload: HttpApiSchema.StreamUint8Array(),
      success: Schema.String.pipe(HttpApiSchema.asText()),
      policy: { retry: Schedule.recurs(3) }
    }),
    Endpoint.post("import", "/import", { payload: HttpApiSchema.StreamNdjson({ schema: Row }) }),
    Endpoint.get("labelled", "/labelled", {
      success: HttpApiSchema.WithHeaders(HttpApiSchema.StreamNdjson({ schema: Row }), { "x-total": Schema.Int })
    })
  ],
  policy: Policy.none
}) {}

const against =
  ({ layer: transport }: NamedTransport) =>
  <A, E>(
    respond: (response: ServerResponse) => void,
    use: (provider: Provider["Service"], server: Server) => Effect.Effect<A, E>
  ) =>
    Effect.gen(function* () {
      const server = yield* serve((response) => respond(response))
      const live = Provider.layer.pipe(Layer.provide([Auth.none(Provider), transport, layerAt(server)]))
      return yield* Effect.provide(
        Effect.flatMap(Provider, (provider) => use(provider, server)),
        live
      )
    })

/** Answers with a body in these pieces, and with more headers if given. */
const streaming =
  (type: string, pieces: ReadonlyArray<string | Uint8Array>, headers: Readonly<Record<string, string>> = {}) =>
  (response: ServerResponse) => {
    response.writeHead(200, { "content-type": type, ...headers })
    void inPieces(response, pieces).then(() => response.end())
  }

const collected = <A, E, E2>(call: Effect.Effect<Stream.Stream<A, E>, E2>) => Effect.flatMap(call, Stream.runCollect)

/** What came before a stream failed, and what it failed with. */
const broken = <A, E, E2>(call: Effect.Effect<Stream.Stream<A, E>, E2>) =>
  Effect.gen(function* () {
    const stream = yield* call
    const seen: Array<A> = []
    const error = yield* Effect.flip(Stream.runForEach(stream, (element) => Effect.sync(() => seen.push(element))))
    return { seen, error }
  })

for (const transport of transports) {
  const calling = against(transport)

  describe(`streams over ${transport.name}`, () => {
    it.effect("bytes come as they are sent", () =>
      calling(streaming("application/octet-stream", [Buffer.from([1, 2]), Buffer.from([3])]), (provider) =>
        Effect.map(collected(provider.download()), (chunks) =>
          assert.deepStrictEqual(Buffer.concat(chunks), Buffer.from([1, 2, 3]))
        )
      )
    )

    it.effect("events may be split anywhere, also within a character", () => {
      const text = Buffer.from('data: {"token":"grü"}\r\n\r\n: a comment\n\ndata: {"token":\ndata: "two"}\n\n')
      const cut = text.indexOf("ü") + 1
      return calling(
        streaming("text/event-stream", [text.subarray(0, 3), text.subarray(3, cut), text.subarray(cut)]),
        (provider) =>
          Effect.map(collected(provider.tokens()), (tokens) =>
            assert.deepStrictEqual(tokens, [{ token: "grü" }, { token: "two" }])
          )
      )
    })

    it.effect("[DONE] ends a stream of events, whatever comes after it", () =>
      calling(
        streaming("text/event-stream", ['data: {"token":"a"}\n\n', "data: [DONE]\n\n", "data: not JSON\n\n"]),
        (provider) =>
          Effect.map(collected(provider.tokens()), (tokens) => assert.deepStrictEqual(tokens, [{ token: "a" }]))
      )
    )

    it.effect("a stream of events goes on after the provider's hint for reconnections", () =>
      calling(streaming("text/event-stream", ["retry: 3000\n\n", 'retry: 10\ndata: {"token":"a"}\n\n']), (provider) =>
        Effect.map(collected(provider.tokens()), (tokens) => assert.deepStrictEqual(tokens, [{ token: "a" }]))
      )
    )

    it.effect("events keep their names and ids", () =>
      calling(streaming("text/event-stream", ["data: 0\n\n", "id: 1\nevent: delta\ndata: x\n\n"]), (provider) =>
        Effect.map(collected(provider.events()), (events) =>
          assert.deepStrictEqual(events, [
            { event: "message", data: "0" },
            { id: "1", event: "delta", data: "x" }
          ])
        )
      )
    )

    it.effect("an event that does not match fails the stream after those before it", () =>
      calling(streaming("text/event-stream", ['data: {"token":"a"}\n\n', 'data: {"token":12345678}\n\n']), (provider) =>
        Effect.map(broken(provider.tokens()), ({ error, seen }) => {
          assert.deepStrictEqual(seen, [{ token: "a" }])
          assert.deepInclude(error, { _tag: "DecodeFailure", status: 200, endpoint: "tokens" })
          assert.notInclude(error.message, "12345678")
        })
      )
    )

    it.effect("lines of NDJSON may be split anywhere, and the last needs no end", () =>
      calling(streaming("application/x-ndjson", ['{"id"', ':1}\n\n{"id":2', '}\r\n{"id":3}']), (provider) =>
        Effect.map(collected(provider.rows()), (rows) =>
          assert.deepStrictEqual(rows, [{ id: 1 }, { id: 2 }, { id: 3 }])
        )
      )
    )

    for (const bad of ["{oops\n", '{"id":"x"}\n']) {
      it.effect(`a line that is ${bad.trim()} fails the stream after those before it`, () =>
        calling(streaming("application/x-ndjson", ['{"id":1}\n', bad, '{"id":2}\n']), (provider) =>
          Effect.map(broken(provider.rows()), ({ error, seen }) => {
            assert.deepStrictEqual(seen, [{ id: 1 }])
            assert.strictEqual(error._tag, "DecodeFailure")
          })
        )
      )
    }

    it.effect("headers come with a stream", () =>
      calling(streaming("application/x-ndjson", ['{"id":1}\n'], { "x-total": "9" }), (provider) =>
        Effect.gen(function* () {
          const { body, headers } = yield* provider.labelled()
          assert.deepStrictEqual(headers, { "x-total": 9 })
          assert.deepStrictEqual(yield* Stream.runCollect(body), [{ id: 1 }])
        })
      )
    )

    it.effect("headers that do not match let go of the connection", () =>
      calling(
        (response) => response.writeHead(200, { "x-total": "many" }).write("x".repeat(1_000_000)),
        (provider, server) =>
          Effect.gen(function* () {
            const closed = server.nextClose()
            assert.strictEqual((yield* Effect.flip(provider.labelled()))._tag, "DecodeFailure")
            yield* Effect.promise(() => closed)
          })
      )
    )

    it.effect("a connection that is cut fails the stream after what had come", () =>
      calling(
        (response) => {
          response.writeHead(200, { "content-type": "application/x-ndjson" })
          void inPieces(response, ['{"id":1}\n', '{"id":2}\n']).then(() => response.socket?.resetAndDestroy())
        },
        (provider) =>
          Effect.map(broken(provider.rows()), ({ error, seen }) => {
            assert.deepInclude(error, { _tag: "TransportFailure", reason: "Body", endpoint: "rows" })
            assert.isAtMost(seen.length, 2)
          })
      )
    )

    it.effect("a request is streamed too, as bytes or as lines", () =>
      calling(
        (response) => response.writeHead(200).end("done"),
        (provider, server) =>
          Effect.gen(function* () {
            const bytes = Stream.make(new Uint8Array([1, 2]), new Uint8Array([3]))
            assert.strictEqual(yield* provider.upload({ payload: bytes }), "done")
            yield* provider.import({ payload: Stream.make({ id: 1 }, { id: 2, at: "now" }) })
            assert.deepStrictEqual(
              server.arrivals.map(({ body, headers }) => [headers["content-type"], body.toString("latin1")]),
              [
                ["application/octet-stream", "\u0001\u0002\u0003"],
                ["application/x-ndjson", '{"id":1}\n{"id":2,"at":"now"}\n']
              ]
            )
          })
      )
    )

    it.effect("a request that is streamed is not sent again: its stream may have been used up", () =>
      calling(
        (response) => response.writeHead(503).end(),
        (provider, server) =>
          Effect.gen(function* () {
            const error = yield* Effect.flip(provider.upload({ payload: Stream.make(new Uint8Array([1])) }))
            assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 503, attempts: 1 })
            assert.strictEqual(server.arrivals.length, 1)
          })
      )
    )

    it.effect("taking enough closes the connection, and the endless rest is not read", () =>
      calling(
        (response) => {
          response.writeHead(200, { "content-type": "application/x-ndjson" })
          const write = (id: number): void => {
            if (response.destroyed) return
            response.write(`{"id":${id}}\n`)
            setImmediate(() => write(id + 1))
          }
          write(0)
        },
        (provider, server) =>
          Effect.gen(function* () {
            const closed = server.nextClose()
            const rows = yield* provider.rows()
            assert.deepStrictEqual(yield* rows.pipe(Stream.take(3), Stream.runCollect), [
              { id: 0 },
              { id: 1 },
              { id: 2 }
            ])
            yield* Effect.promise(() => closed)
          })
      )
    )

    it.effect("a stream that reconnects goes on after its server has closed, and ends with a 204", () => {
      let requests = 0
      return calling(
        (response) => {
          requests += 1
          if (requests === 3) return void response.writeHead(204).end()
          response.writeHead(200, { "content-type": "text/event-stream" })
          const event = `id: ${requests}\ndata: {"token":"${requests}"}\n\n`
          response.write(event, () => (requests === 1 ? void setImmediate(() => response.destroy()) : response.end()))
        },
        (provider, server) =>
          Effect.gen(function* () {
            assert.deepStrictEqual(yield* collected(provider.feed()), [{ token: "1" }, { token: "2" }])
            const ids = server.arrivals.map(({ headers }) => headers["last-event-id"])
            assert.deepStrictEqual(ids, [undefined, "1", "2"])
          })
      )
    })

    it.effect("interrupting whoever reads a stream closes the connection", () =>
      calling(
        (response) => {
          response.writeHead(200, { "content-type": "application/x-ndjson" }).write('{"id":1}\n')
        },
        (provider, server) =>
          Effect.gen(function* () {
            const closed = server.nextClose()
            const begun = yield* Queue.unbounded<number>()
            const rows = yield* provider.rows()
            const reader = yield* Effect.forkChild(Stream.runForEach(rows, ({ id }) => Queue.offer(begun, id)))
            assert.strictEqual(yield* Queue.take(begun), 1)
            yield* Fiber.interrupt(reader)
            assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(reader)))
            yield* Effect.promise(() => closed)
          })
      )
    )
  })
}
