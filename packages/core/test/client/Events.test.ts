import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema, Stream } from "effect"
import { HttpClientResponse } from "effect/http"
import { HttpApiSchema } from "effect/http-api"
import { Endpoint, Events, Integration, type Reply } from "@causeway/core/client"
import type { CallError } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { expectTypeOf } from "vitest"

class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", {
  error: Schema.Struct({ type: Schema.String })
}) {}

const N = Schema.Struct({ n: Schema.Int })

class Streams extends Integration.Service<Streams>()("test/Streams", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.get("plain", "/", { success: HttpApiSchema.StreamSse({ data: N }) }),
    Endpoint.get("data", "/", {
      success: Events.make({
        data: N,
        names: ["message", "delta"],
        errors: { error: { schema: Overloaded, category: "transient" } },
        done: "[DONE]"
      })
    }),
    Endpoint.get("named", "/", {
      success: Events.make({
        events: { delta: N, stop: Schema.Struct({}) },
        errors: { error: { schema: Overloaded, category: "transient" } },
        done: ({ event }) => event === "stop"
      })
    }),
    Endpoint.get("kept", "/", { success: Events.make({ events: { delta: N }, unknown: "keep" }) }),
    Endpoint.get("raw", "/", {
      success: HttpApiSchema.StreamSse({
        events: Schema.Struct({ event: Schema.String, data: Schema.String, id: Schema.optional(Schema.String) })
      })
    }),
    Endpoint.get("small", "/", { success: Events.make({ data: N, maxEventBytes: 64 }) }),
    Endpoint.get("anyType", "/", { success: Events.make({ data: N, mediaTypes: ["*/*"] }) }),
    Endpoint.post("either", "/", {
      success: [HttpApiSchema.StreamSse({ data: N }), Schema.Struct({ ok: Schema.Boolean })]
    }),
    Endpoint.get("lines", "/", { success: HttpApiSchema.StreamNdjson({ schema: N, maxElementBytes: 64 }) }),
    Endpoint.get("ownLines", "/", {
      success: HttpApiSchema.StreamNdjson({ schema: N, contentType: ["application/vnd.acme.rows"] })
    }),
    Endpoint.get("bytes", "/", { success: HttpApiSchema.StreamUint8Array({ maxBytes: 8 }) }),
    Endpoint.get("pdf", "/", { success: HttpApiSchema.StreamUint8Array({ contentType: "application/pdf" }) })
  ]
}) {}

type Name = Exclude<keyof Streams["Service"], "either">

/** Answers with a body that arrives in chunks of `size` bytes. */
const chunked = (bytes: Uint8Array, size: number, headers: Record<string, string>): Reply.Reply<never, never> => ({
  "~causeway/client/Reply": { value: undefined, error: undefined },
  open:
    () =>
    ({ request }) =>
      Effect.sync(() => {
        let at = 0
        const body = new ReadableStream<Uint8Array>({
          pull: (controller) => {
            if (at >= bytes.length) return controller.close()
            controller.enqueue(bytes.slice(at, at + size))
            at += size
          }
        })
        return HttpClientResponse.fromWeb(request, new Response(body, { headers }))
      })
})

/** What a stream gives until it ends, and how it ends, when the body arrives in chunks of `size` bytes. */
const run = (name: Name, type: string | undefined, body: string | Uint8Array, size = 1_000_000) => {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body
  const headers: Record<string, string> = type === undefined ? {} : { "content-type": type }
  const answer = chunked(bytes, size, headers)
  return Effect.gen(function* () {
    const values: Array<unknown> = []
    const service = yield* Streams
    const exit = yield* Effect.exit(
      Effect.flatMap(service[name](), (stream: Stream.Stream<unknown, unknown>) =>
        Stream.runForEach(stream, (value) => Effect.sync(() => values.push(value)))
      )
    )
    const error = Exit.isSuccess(exit)
      ? undefined
      : exit.cause.reasons.map((one) => ("error" in one ? one.error : one))[0]
    return { values, error }
  }).pipe(Effect.provide(Streams.layerMock({ [name]: answer })))
}

const sse = "text/event-stream"

describe("a stream of events", () => {
  // Each from web-platform-tests/wpt, eventsource/, by the name of the test there.
  const vectors: ReadonlyArray<readonly [string, string, ReadonlyArray<readonly [string, string, string?]>]> = [
    [
      "format-bom",
      "\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n",
      [
        ["message", "1"],
        ["message", "3"]
      ]
    ],
    [
      "format-bom-2",
      "\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n",
      [
        ["message", "2"],
        ["message", "3"]
      ]
    ],
    [
      "format-comments",
      "data:1\r:\0\n:\r\ndata:2\n:x\rdata:3\n:data:fail\r:x\ndata:4\n\n",
      [["message", "1\n2\n3\n4"]]
    ],
    [
      "format-field-data",
      "data:\n\ndata\ndata\n\ndata:test\n\n",
      [
        ["message", ""],
        ["message", "\n"],
        ["message", "test"]
      ]
    ],
    [
      "format-field-event",
      "event:test\ndata:x\n\ndata:x\n\n",
      [
        ["test", "x"],
        ["message", "x"]
      ]
    ],
    ["format-field-event-empty", "event: \ndata:data\n\n", [["message", "data"]]],
    [
      "format-field-id",
      "id: …\ndata:1\n\ndata:2\n\n",
      [
        ["message", "1", "…"],
        ["message", "2", "…"]
      ]
    ],
    [
      "format-field-id-null",
      "id:1\ndata:1\n\nid:a\0b\ndata:2\n\n",
      [
        ["message", "1", "1"],
        ["message", "2", "1"]
      ]
    ],
    [
      "format-field-parsing",
      "data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n",
      [["message", "\0\n 2\n1\n3\n\n4"]]
    ],
    [
      "format-field-unknown",
      "data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\n\n",
      [["message", "test\n"]]
    ],
    ["format-leading-space", "data:\ttest\rdata: \ndata:test\n\n", [["message", "\ttest\n\ntest"]]],
    ["format-newlines", "data:test\r\ndata\ndata:test\r\n\r\n", [["message", "test\n\ntest"]]],
    ["format-null-character", "data:\0\n\n\n\n", [["message", "\0"]]],
    ["format-utf-8", "data:ok…\n\n", [["message", "ok…"]]]
  ]
  for (const [name, body, expected] of vectors) {
    for (const size of [1, 2, 1_000_000]) {
      it.effect(`is parsed as the web platform test ${name} wants, in chunks of ${size} bytes`, () =>
        Effect.gen(function* () {
          const { error, values } = yield* run("raw", sse, body, size)
          assert.strictEqual(error, undefined)
          const events = expected.map(([event, data, id]) => ({ event, data, ...(id !== undefined && { id }) }))
          assert.deepStrictEqual(values, events)
        })
      )
    }
  }

  it.effect("gives its last event also where the empty line after it is missing", () =>
    Effect.gen(function* () {
      // openai/openai-node#2725
      for (const end of ["", "\n", "\r", "\r\n"]) {
        const { error, values } = yield* run("plain", sse, `data: {"n":1}\n\ndata: {"n":2}${end}`)
        assert.deepStrictEqual([values, error], [[{ n: 1 }, { n: 2 }], undefined])
      }
      assert.deepInclude((yield* run("plain", sse, 'data: {"n":1}\n\ndata: {"n"')).error, { _tag: "DecodeFailure" })
    })
  )

  it.effect("replaces invalid UTF-8, as its specification says", () =>
    Effect.gen(function* () {
      const { values } = yield* run("raw", sse, Uint8Array.from([0x64, 0x61, 0x74, 0x61, 0x3a, 0xff, 0x0a, 0x0a]))
      assert.deepStrictEqual(values, [{ event: "message", data: "\uFFFD" }])
    })
  )

  it.effect("passes over events without data and hints to reconnect", () =>
    Effect.gen(function* () {
      const { error, values } = yield* run("plain", sse, 'retry: 10\n\nevent: ping\ndata:\n\ndata: {"n":1}\n\n')
      assert.deepStrictEqual([values, error], [[{ n: 1 }], undefined])
    })
  )

  it.effect("fails with the declared error of an event, with or without its tag", () =>
    Effect.gen(function* () {
      const { error, values } = yield* run(
        "data",
        sse,
        'data: {"n":1}\n\nevent: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n'
      )
      assert.deepStrictEqual(values, [{ n: 1 }])
      assert.deepInclude(error, { _tag: "Overloaded", error: { type: "overloaded_error" } })
    })
  )

  it.effect("says of an error event that the endpoint does not declare what it was", () =>
    Effect.gen(function* () {
      const { error } = yield* run("plain", sse, 'event: error\ndata: {"message":"secret"}\n\n')
      assert.instanceOf(error, Error)
      assert.match(String(error), /error event that the endpoint does not declare/)
      assert.notMatch(String(error), /secret/)
    })
  )

  it.effect("skips or keeps events with unknown names, as the endpoint says", () =>
    Effect.gen(function* () {
      const body = 'event: ping\ndata: {"type":"ping"}\n\nevent: delta\ndata: {"n":1}\n\ndata: [DONE]\n\n'
      assert.deepStrictEqual((yield* run("data", sse, body)).values, [{ n: 1 }])
      assert.deepStrictEqual((yield* run("kept", sse, body)).values, [
        { event: "ping", data: '{"type":"ping"}' },
        { event: "delta", data: { n: 1 } }
      ])
      const named = yield* run("named", sse, body.replace("data: [DONE]", "event: stop\ndata: {}"))
      assert.deepStrictEqual(named, {
        values: [
          { event: "delta", data: { n: 1 } },
          { event: "stop", data: {} }
        ],
        error: undefined
      })
    })
  )

  it.effect("that ends before its declared end is a TransportFailure of the body", () =>
    Effect.gen(function* () {
      const whole = yield* run("data", sse, 'data: {"n":1}\n\ndata: [DONE]\n\ndata: {"n":2}\n\n')
      assert.deepStrictEqual(whole, { values: [{ n: 1 }], error: undefined })
      for (const name of ["data", "named"] as const) {
        const { error } = yield* run(name, sse, 'event: delta\ndata: {"n":1}\n\n')
        assert.deepInclude(error, { _tag: "TransportFailure", reason: "Body", category: "transient" })
      }
    })
  )

  it.effect("refuses an event that is too large, in one line, in many and without an end", () =>
    Effect.gen(function* () {
      for (const body of [`data: ${"x".repeat(100)}\n\n`, "data: 1234567\n".repeat(10), "x".repeat(100)]) {
        const { error } = yield* run("small", sse, body, 7)
        assert.deepInclude(error, { _tag: "DecodeFailure", issue: "an event is larger than 64 bytes" })
      }
      const comments = `${": keep alive\n".repeat(100)}data: {"n":1}\n\n`
      assert.deepStrictEqual((yield* run("small", sse, comments)).values, [{ n: 1 }])
    })
  )

  it.effect("is parsed in linear time in chunks of one byte", () =>
    Effect.gen(function* () {
      const { error } = yield* run("plain", sse, `data: "${"x".repeat(100_000)}"\n\n`, 1)
      assert.deepInclude(error, { _tag: "DecodeFailure" })
    })
  )

  it.effect("refuses data that is nested too deeply", () =>
    Effect.gen(function* () {
      const { error } = yield* run("plain", sse, `data: ${"[".repeat(50_000)}\n\n`)
      assert.deepInclude(error, { _tag: "DecodeFailure" })
    })
  )
})

describe("an answer to an endpoint that declares a stream of events", () => {
  // modelcontextprotocol/typescript-sdk#2520, langchain-ai/langgraphjs#2718
  for (const type of ["application/json", "text/html; charset=utf-8", "text/plain", undefined]) {
    it.effect(`is refused with the content type ${type ?? "missing"}`, () =>
      Effect.gen(function* () {
        const { error } = yield* run("plain", type, 'data: {"n":1}\n\n')
        assert.deepInclude(error, { _tag: "DecodeFailure" })
      })
    )
  }

  it.effect("is accepted in any case, with parameters, and with the types that the endpoint lists", () =>
    Effect.gen(function* () {
      for (const type of ["Text/Event-Stream;charset=UTF-8", "text/event-stream "]) {
        assert.deepStrictEqual((yield* run("plain", type, 'data: {"n":1}\n\n')).values, [{ n: 1 }])
      }
      for (const type of ["text/plain", undefined]) {
        assert.deepStrictEqual((yield* run("anyType", type, 'data: {"n":1}\n\n')).values, [{ n: 1 }])
      }
      assert.deepInclude((yield* run("anyType", "text/html", 'data: {"n":1}\n\n')).error, { _tag: "DecodeFailure" })
    })
  )

  it.effect("is a stream or a body by its content type, where both are declared", () =>
    Effect.gen(function* () {
      const json = Streams.layerMock({
        either: Mock.status(200, { headers: { "content-type": "application/json" }, body: { ok: true } })
      })
      const body = yield* Effect.provide(
        Effect.flatMap(Streams, (service) => service.either()),
        json
      )
      assert.deepStrictEqual(body, { ok: true })
      const events = Streams.layerMock({
        either: Mock.status(200, { headers: { "content-type": sse }, body: 'data: {"n":1}\n\n' })
      })
      const stream = yield* Effect.provide(
        Effect.flatMap(Streams, (service) => service.either()),
        events
      )
      assert.isTrue(Stream.isStream(stream))
    })
  )
})

describe("a mocked endpoint that declares a stream and a body", () => {
  it.effect("answers with whichever the value is", () => {
    const layer = Streams.layerMock({
      either: Mock.sequence(Mock.ok({ ok: true }), Mock.ok(Stream.make({ n: 1 })))
    })
    return Effect.gen(function* () {
      const { either } = yield* Streams
      assert.deepStrictEqual(yield* either(), { ok: true })
      assert.isTrue(Stream.isStream(yield* either()))
    }).pipe(Effect.provide(layer))
  })
})

describe("a stream of lines of JSON", () => {
  for (const type of [
    "application/x-ndjson",
    "application/ndjson; charset=utf-8",
    "application/jsonl",
    "application/x-jsonlines",
    "application/stream+json",
    "application/octet-stream",
    "text/plain",
    "application/json",
    undefined
  ]) {
    it.effect(`is read with the content type ${type ?? "missing"}`, () =>
      Effect.gen(function* () {
        const body = '\uFEFF{"n":1}\r\n\n  \n{"n":2}'
        assert.deepStrictEqual(yield* run("lines", type, body, 3), { values: [{ n: 1 }, { n: 2 }], error: undefined })
      })
    )
  }

  it.effect("is read as a sequence of RFC 7464, whose values may have several lines", () =>
    Effect.gen(function* () {
      const body = '\u001e{\n"n":1}\n\u001e{"n":2}\n'
      assert.deepStrictEqual(yield* run("lines", "application/json-seq", body, 1), {
        values: [{ n: 1 }, { n: 2 }],
        error: undefined
      })
    })
  )

  it.effect("refuses HTML, and what an endpoint with its own types does not list", () =>
    Effect.gen(function* () {
      assert.deepInclude((yield* run("lines", "text/html", "")).error, { _tag: "DecodeFailure" })
      assert.deepInclude((yield* run("ownLines", "application/json", "")).error, { _tag: "DecodeFailure" })
      assert.deepStrictEqual((yield* run("ownLines", "application/vnd.acme.rows", '{"n":1}')).values, [{ n: 1 }])
    })
  )

  it.effect("fails at a line that is no JSON, no text, or too large", () =>
    Effect.gen(function* () {
      const issues: ReadonlyArray<readonly [string | Uint8Array, RegExp]> = [
        ['{"n":1}\n{"n":', /a line: invalid JSON at position 5/],
        [Uint8Array.from([0x22, 0xff, 0x22, 0x0a]), /a line: the body is not valid utf-8 text/],
        [" ".repeat(100), /a line is larger than 64 bytes/]
      ]
      for (const [body, issue] of issues) {
        const { error } = yield* run("lines", "application/jsonl", body, 10)
        assert.match(String(error), issue)
      }
    })
  )
})

describe("a stream of bytes", () => {
  it.effect("accepts any content type, unless its own is declared", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* run("bytes", "text/html", "<html>")).error, undefined)
      assert.strictEqual((yield* run("pdf", "application/pdf", "%PDF")).error, undefined)
      assert.strictEqual((yield* run("pdf", "binary/octet-stream", "%PDF")).error, undefined)
      assert.deepInclude((yield* run("pdf", "text/html", "<html>")).error, { _tag: "DecodeFailure" })
    })
  )

  it.effect("ends with an error where it is larger than its schema allows", () =>
    Effect.gen(function* () {
      const { error } = yield* run("bytes", undefined, "123456789", 3)
      assert.deepInclude(error, { _tag: "DecodeFailure", issue: "the body is larger than 8 bytes" })
    })
  )
})

describe("a mocked stream of events", () => {
  it.effect("ends as the endpoint declares, and sends declared errors as events", () => {
    const layer = Streams.layerMock({
      data: Mock.sequence(
        Mock.ok(Stream.make({ n: 1 })),
        Mock.ok(Stream.concat(Stream.make({ n: 1 }), Stream.fail(new Overloaded({ error: { type: "busy" } }))))
      )
    })
    return Effect.gen(function* () {
      const service = yield* Streams
      assert.deepStrictEqual(yield* Stream.runCollect(yield* service.data()), [{ n: 1 }])
      const error = yield* Effect.flip(Stream.runDrain(yield* service.data()))
      assert.deepInclude(error, { _tag: "Overloaded", error: { type: "busy" } })
    }).pipe(Effect.provide(layer))
  })
})

describe("the types of a stream of events", () => {
  it("have the declared errors and the events by their names", () => {
    const data = Events.make({ data: N, errors: { error: { schema: Overloaded, category: "transient" } } })
    const kept = Events.make({ events: { delta: N }, unknown: "keep" })
    type StreamError = CallError.TransportFailure | CallError.DecodeFailure | CallError.Timeout
    expectTypeOf<Integration.Success<typeof data>>().toEqualTypeOf<
      Stream.Stream<{ readonly n: number }, Overloaded | StreamError>
    >()
    expectTypeOf<Integration.Success<typeof kept>>().toEqualTypeOf<
      Stream.Stream<Events.Event<"delta", { readonly n: number }> | Events.Event<string, string>, StreamError>
    >()
  })
})
