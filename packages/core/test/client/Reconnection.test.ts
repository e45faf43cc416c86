/** Streams of events that are opened again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, Schema, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { HttpApiSchema } from "effect/http-api"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Events, Integration } from "@causeway/core/client"
import { CallError, InvalidOption, Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { expectTypeOf } from "vitest"
import { settle } from "../settle.ts"

class Busy extends Schema.TaggedError<Busy>()("Busy", { retry: Schema.Boolean }) {}
class Denied extends Schema.TaggedError<Denied>()("Denied", {}) {}

const N = Schema.Struct({ n: Schema.Int })
const reconnect = { schedule: Schedule.spaced("2 seconds"), attempts: 3 }

class Feed extends Integration.Service<Feed>()("test/Feed", {
  baseUrl: "https://feed.example",
  endpoints: [
    Endpoint.get("events", "/events", {
      success: Events.make({
        data: N,
        reconnect,
        errors: { busy: { schema: Busy, category: "transient" }, denied: { schema: Denied, category: "rejected" } }
      }),
      policy: { idleTimeout: "10 seconds", retry: null }
    }),
    Endpoint.get("until", "/events", { success: Events.make({ data: N, reconnect: true, done: "[DONE]" }) }),
    Endpoint.get("bound", "/events", {
      success: Events.make({ data: N, reconnect }),
      policy: { deadline: "5 seconds" }
    }),
    Endpoint.get("short", "/events", { success: Events.make({ data: N, reconnect: { maxWait: "7 seconds" } }) }),
    Endpoint.get("once", "/events", { success: Events.make({ data: N }) })
  ],
  policy: { ...Policy.none, idleTimeout: "1 minute" }
}) {}

interface Answer {
  readonly status?: number
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** How the body goes on after its text. Default: it ends. */
  readonly after?: "break" | "hang"
}

/** A provider that answers each request in turn, and repeats its last answer. */
const provider = (answers: ReadonlyArray<Answer>) => {
  const requests: Array<{ readonly id: string | undefined; readonly at: number }> = []
  const open = { count: 0 }
  const client = HttpClient.make((request) =>
    Effect.clockWith((clock) => {
      const {
        body = "",
        headers = {},
        status = 200,
        after,
        type = "text/event-stream"
      } = answers[Math.min(requests.length, answers.length - 1)] ?? {}
      requests.push({ id: request.headers["last-event-id"], at: clock.currentTimeMillisUnsafe() })
      open.count += 1
      const bytes = new ReadableStream<Uint8Array>(
        {
          start: (controller) => controller.enqueue(new TextEncoder().encode(body)),
          pull: async (controller) => {
            if (after === "hang") await new Promise<void>(() => {})
            open.count -= 1
            if (after === "break") controller.error(new TypeError("terminated"))
            else controller.close()
          },
          cancel: () => {
            open.count -= 1
          }
        },
        { highWaterMark: 0 }
      )
      const init = { status, headers: { "content-type": type, ...headers } }
      return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(status === 204 ? null : bytes, init)))
    })
  )
  return { client, requests, open }
}

type Name = keyof Feed["Service"]

/** What a stream gives, and how it ends within some seconds. */
const run = (name: Name, answers: ReadonlyArray<Answer>, seconds = 60) =>
  Effect.gen(function* () {
    const { client, open, requests } = provider(answers)
    const values: Array<number> = []
    const live = Feed.layer.pipe(Layer.provide([Auth.none(Feed), Layer.succeed(HttpClient.HttpClient, client)]))
    const read = Effect.gen(function* () {
      const feed = yield* Feed
      const stream: Stream.Stream<{ readonly n: number }, unknown> = yield* feed[name]()
      yield* Stream.runForEach(stream, ({ n }) => Effect.sync(() => values.push(n)))
    })
    const fiber = yield* Effect.forkChild(Effect.result(Effect.provide(read, live)))
    for (let second = 0; second < seconds && fiber.pollUnsafe() === undefined; second += 1) {
      yield* settle
      yield* TestClock.adjust("1 second")
    }
    yield* settle
    const exit = fiber.pollUnsafe()
    yield* Fiber.interrupt(fiber)
    if (exit?._tag === "Failure") return yield* Effect.failCause(exit.cause)
    const error = exit?.value._tag === "Failure" ? exit.value.failure : undefined
    const [first] = requests
    return {
      values,
      error,
      ended: exit !== undefined && error === undefined,
      ids: requests.map(({ id }) => id),
      at: requests.map(({ at }) => (at - (first?.at ?? 0)) / 1000),
      open
    }
  })

describe("a stream of events that reconnects", () => {
  it.effect("sends the id of the last event, and waits as the schedule says", () =>
    Effect.gen(function* () {
      const { at, ended, ids, values } = yield* run("events", [
        { body: 'id: a\ndata: {"n":1}\n\n', after: "break" },
        { body: 'id: b\ndata: {"n":2}\n\n' },
        { status: 204 }
      ])
      assert.deepStrictEqual(values, [1, 2])
      assert.deepStrictEqual(ids, [undefined, "a", "b"])
      assert.deepStrictEqual(at, [0, 2, 4])
      assert.isTrue(ended)
    })
  )

  it.effect("keeps the id of an earlier connection, and sends it in UTF-8", () =>
    Effect.gen(function* () {
      const { ids } = yield* run("events", [
        { body: 'id: …\ndata: {"n":1}\n\n', after: "break" },
        { body: ": nothing\n\n", after: "break" },
        { status: 204 }
      ])
      // web-platform-tests, eventsource/format-field-id.any.js: the header is the UTF-8 of the id.
      assert.deepStrictEqual(ids, [undefined, "\u00e2\u0080\u00a6", "\u00e2\u0080\u00a6"])
    })
  )

  it.effect("waits as long as the server's retry says, up to maxWait", () =>
    Effect.gen(function* () {
      const first = { body: 'retry: 5000\ndata: {"n":1}\n\n', after: "break" } as const
      assert.deepStrictEqual((yield* run("events", [first, {}, { status: 204 }])).at, [0, 5, 10])
      const long = { body: 'retry: 86400000\ndata: {"n":1}\n\n' }
      assert.deepStrictEqual((yield* run("short", [long, { status: 204 }])).at, [0, 7])
    })
  )

  it.effect("reconnects after silence, and releases the silent connection", () =>
    Effect.gen(function* () {
      const { at, ended, open, values } = yield* run("events", [
        { body: 'data: {"n":1}\n\n', after: "hang" },
        { body: 'data: {"n":2}\n\n', after: "hang" },
        { status: 204 }
      ])
      assert.deepStrictEqual(values, [1, 2])
      assert.deepStrictEqual(at, [0, 12, 24])
      assert.isTrue(ended)
      assert.strictEqual(open.count, 1) // The 204 has no body to read.
    })
  )

  it.effect("ends with the declared end", () =>
    Effect.gen(function* () {
      const { ended, ids, values } = yield* run("until", [
        { body: 'id: 1\ndata: {"n":1}\n\n' },
        { body: 'data: {"n":2}\n\ndata: [DONE]\n\n' }
      ])
      assert.deepStrictEqual(values, [1, 2])
      assert.deepStrictEqual(ids, [undefined, "1"])
      assert.isTrue(ended)
    })
  )

  it.effect("fails after as many connections without an event as allowed", () =>
    Effect.gen(function* () {
      const { error, ids } = yield* run("events", [{ body: 'data: {"n":1}\n\n' }, { body: ": hello\n\n" }])
      assert.lengthOf(ids, 4)
      assert.instanceOf(error, CallError.TransportFailure)
      assert.include((error as CallError.TransportFailure).detail, "brought no further event")
    })
  )

  it.effect("an event counts connections from the beginning", () =>
    Effect.gen(function* () {
      const { ids, values } = yield* run("events", [{ body: 'data: {"n":1}\n\n' }], 20)
      assert.isAbove(ids.length, 8)
      assert.lengthOf(values, ids.length)
    })
  )

  it.effect("an error that may go away is tried again, any other ends the stream", () =>
    Effect.gen(function* () {
      const first = { body: 'id: 1\ndata: {"n":1}\n\n' }
      const recovered = yield* run("events", [first, { status: 503 }, { body: 'data: {"n":2}\n\n' }, { status: 204 }])
      assert.deepStrictEqual(recovered.values, [1, 2])
      assert.isTrue(recovered.ended)
      const gone = yield* run("events", [first, { status: 404, type: "text/plain", body: "gone" }])
      assert.instanceOf(gone.error, CallError.UnexpectedStatus)
      assert.strictEqual((gone.error as CallError.UnexpectedStatus).status, 404)
      assert.lengthOf(gone.ids, 2)
      const page = yield* run("events", [first, { type: "text/html", body: "<p>" }])
      assert.instanceOf(page.error, CallError.DecodeFailure)
    })
  )

  it.effect("a declared error event is tried again only when it is transient", () =>
    Effect.gen(function* () {
      const busy = { body: 'event: busy\ndata: {"retry":true}\n\n' }
      const { ended, values } = yield* run("events", [busy, { body: 'data: {"n":1}\n\n' }, { status: 204 }])
      assert.deepStrictEqual(values, [1])
      assert.isTrue(ended)
      const denied = yield* run("events", [{ body: "event: denied\ndata: {}\n\n" }])
      assert.instanceOf(denied.error, Denied)
      assert.lengthOf(denied.ids, 1)
      const always = yield* run("events", [busy])
      assert.instanceOf(always.error, Busy)
      assert.lengthOf(always.ids, 4)
    })
  )

  it.effect("an event that does not decode ends it", () =>
    Effect.gen(function* () {
      const { error, ids } = yield* run("events", [{ body: 'data: {"n":"one"}\n\n' }])
      assert.instanceOf(error, CallError.DecodeFailure)
      assert.lengthOf(ids, 1)
    })
  )

  it.effect("a stated deadline holds over all connections and waits", () =>
    Effect.gen(function* () {
      const { at, error } = yield* run("bound", [{ body: 'data: {"n":1}\n\n' }])
      assert.instanceOf(error, CallError.Timeout)
      assert.strictEqual((error as CallError.Timeout).scope, "deadline")
      assert.deepStrictEqual(at, [0, 2, 4])
    })
  )

  it.effect("does not reconnect unless it is asked to", () =>
    Effect.gen(function* () {
      const { ended, ids } = yield* run("once", [{ body: 'data: {"n":1}\n\n' }])
      assert.isTrue(ended)
      assert.lengthOf(ids, 1)
    })
  )

  it.effect("an id that no header can carry ends it with what broke the connection", () =>
    Effect.gen(function* () {
      const { error, ids } = yield* run("events", [{ body: 'id: a\u0001b\ndata: {"n":1}\n\n' }])
      assert.instanceOf(error, CallError.TransportFailure)
      assert.lengthOf(ids, 1)
    })
  )

  it.effect("works with mocks", () =>
    Effect.gen(function* () {
      const event = (n: number) =>
        Mock.status(200, { headers: { "content-type": "text/event-stream" }, body: `id: ${n}\ndata: {"n":${n}}\n\n` })
      const mocked = Feed.layerMock({ until: Mock.sequence(event(1), Mock.status(204)) })
      const program = Effect.gen(function* () {
        const feed = yield* Feed
        return yield* Stream.runCollect(yield* feed.until())
      })
      const fiber = yield* Effect.forkChild(Effect.provide(program, mocked))
      yield* settle
      yield* TestClock.adjust("30 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), [{ n: 1 }])
    })
  )
})

describe("where a stream may reconnect", () => {
  const success = Events.make({ data: N, reconnect: true })

  it("is refused for a request that may not be repeated", () => {
    assert.throws(() => Endpoint.post("create", "/", { success }), InvalidOption.InvalidOption, "idempotent: true")
    assert.throws(
      () => Endpoint.put("put", "/", { payload: HttpApiSchema.StreamUint8Array(), success }),
      InvalidOption.InvalidOption,
      "streamed payload"
    )
    Endpoint.post("search", "/", { success, idempotent: true })
  })

  it("its options are checked", () => {
    assert.throws(() => Events.make({ data: N, reconnect: { attempts: 0 } }), InvalidOption.InvalidOption)
    assert.throws(() => Events.make({ data: N, reconnect: { maxWait: 0 } }), InvalidOption.InvalidOption)
  })

  it("adds the errors of a call to the type of the stream", () => {
    type Failure<Call> =
      Call extends Effect.Effect<Stream.Stream<unknown, infer E extends { readonly _tag: string }>, unknown>
        ? E["_tag"]
        : never
    const check = (feed: Feed["Service"]) => {
      const once = feed.once()
      expectTypeOf<Failure<typeof once>>().toEqualTypeOf<"TransportFailure" | "DecodeFailure" | "Timeout">()
      const until = feed.until()
      expectTypeOf<Failure<typeof until>>().toEqualTypeOf<
        "TransportFailure" | "DecodeFailure" | "Timeout" | "Unauthorized" | "UnexpectedStatus"
      >()
    }
    assert.isFunction(check)
  })
})
