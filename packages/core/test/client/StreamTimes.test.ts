/** How long uploads and streamed answers may take. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, type Duration, Effect, Fiber, Layer, Schedule, Schema, Stream } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { HttpApiSchema } from "effect/http-api"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Events, Integration } from "@causeway/core/client"
import { CallError, Policy } from "@causeway/core/policy"
import { expectTypeOf } from "vitest"
import { settle } from "../settle.ts"

const N = Schema.Struct({ n: Schema.Int })
const upload = { payload: HttpApiSchema.StreamUint8Array(), success: HttpApiSchema.NoContent }
const events = { success: Events.make({ data: N }) }

class Provider extends Integration.Service<Provider>()("test/Times", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.put("upload", "/upload", upload),
    Endpoint.put("ownTimeout", "/upload", { ...upload, policy: { timeout: "15 seconds" } }),
    Endpoint.put("ownDeadline", "/upload", { ...upload, policy: { deadline: "45 seconds" } }),
    Endpoint.put("quick", "/upload", { ...upload, policy: { idleTimeout: "5 seconds" } }),
    Endpoint.put("endless", "/upload", { ...upload, policy: { idleTimeout: null } }),
    Endpoint.put("form", "/upload", {
      payload: Schema.Struct({ file: Schema.String }).pipe(HttpApiSchema.asMultipart()),
      success: HttpApiSchema.NoContent,
      policy: { retry: Schedule.recurs(2) }
    }),
    Endpoint.get("events", "/events", events),
    Endpoint.get("lines", "/lines", { success: HttpApiSchema.StreamNdjson({ schema: N }) }),
    Endpoint.get("bytes", "/bytes", { success: HttpApiSchema.StreamUint8Array() }),
    Endpoint.get("quickEvents", "/events", { ...events, policy: { idleTimeout: "5 seconds" } }),
    Endpoint.get("endlessEvents", "/events", { ...events, policy: { idleTimeout: null } }),
    Endpoint.get("boundEvents", "/events", { ...events, policy: { deadline: "90 seconds" } })
  ]
}) {}

type Service = Provider["Service"]

/** A client that reads each body to its end, and then answers with a status after some time. */
const answering = (answers: ReadonlyArray<{ readonly after: Duration.Input; readonly status: number }>) => {
  let calls = 0
  return HttpClient.make((request) =>
    Effect.gen(function* () {
      const answer = answers[Math.min(calls, answers.length - 1)] ?? { after: 0, status: 204 }
      calls += 1
      if (request.body._tag === "Stream") yield* Stream.runDrain(Stream.orDie(request.body.stream))
      yield* Effect.sleep(answer.after)
      return HttpClientResponse.fromWeb(request, new Response(null, { status: answer.status }))
    })
  )
}

/** A client that answers with a body as a stream. */
const streaming = (body: ReadableStream<Uint8Array>, type: string) =>
  HttpClient.make((request) =>
    Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { headers: { "content-type": type } })))
  )

/** A body written by the test, and what became of it. */
const writable = () => {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  const state = { cancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      start: (given) => {
        controller = given
      },
      cancel: () => {
        state.cancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  const write = (text: string) => Effect.sync(() => controller?.enqueue(new TextEncoder().encode(text)))
  return { body, state, write, end: Effect.sync(() => controller?.close()) }
}

type Tag<Call> =
  Call extends Effect.Effect<unknown, infer E extends { readonly _tag: string }, unknown> ? E["_tag"] : never

const over = <A, E>(client: HttpClient.HttpClient, use: (provider: Service) => Effect.Effect<A, E>) =>
  Effect.provide(
    Effect.flatMap(Provider, use),
    Provider.layer.pipe(Layer.provide([Auth.none(Provider), Layer.succeed(HttpClient.HttpClient, client)]))
  )

/** So many chunks, each after the same time. */
const chunks = (count: number, every: Duration.Input) =>
  Stream.fromEffectSchedule(Effect.as(Effect.sleep(every), new Uint8Array(10)), Schedule.recurs(count - 1))

/** How a call ends while time passes in steps of a second. */
const ends = <A, E>(effect: Effect.Effect<A, E>, seconds: number) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.result(effect))
    for (let second = 0; second < seconds; second += 1) {
      yield* settle
      yield* TestClock.adjust("1 second")
    }
    yield* settle
    const exit = fiber.pollUnsafe()
    yield* Fiber.interrupt(fiber)
    if (exit?._tag === "Failure") return yield* Effect.failCause(exit.cause)
    return exit?.value
  })

const timeout = (end: { readonly _tag: string } | undefined) => {
  if (end === undefined || !("failure" in end) || !(end.failure instanceof CallError.Timeout)) return end?._tag
  const { after, attempts, scope } = end.failure
  return { scope, after: Number(after.value._tag === "Millis" ? after.value.millis : -1), attempts }
}

const soon = answering([{ after: 0, status: 204 }])

describe("the time of an upload", () => {
  it.effect("the standard timeout and deadline do not end it while bytes leave", () =>
    Effect.gen(function* () {
      const end = yield* ends(
        over(soon, (provider) => provider.upload({ payload: chunks(20, "30 seconds") })),
        610
      )
      assert.strictEqual(end?._tag, "Success")
    })
  )

  it.effect("the idle timeout ends it when no chunk leaves", () =>
    Effect.gen(function* () {
      const stalled = Stream.concat(chunks(3, "20 seconds"), Stream.never)
      const end = yield* ends(
        over(soon, (provider) => provider.upload({ payload: stalled })),
        125
      )
      assert.deepStrictEqual(timeout(end), { scope: "idle", after: 60_000, attempts: 1 })
    })
  )

  it.effect("an endpoint and a call have their own idle timeout, or none", () =>
    Effect.gen(function* () {
      const slow = { payload: chunks(3, "8 seconds") }
      const own = yield* ends(
        over(soon, (provider) => provider.quick(slow)),
        30
      )
      assert.deepStrictEqual(timeout(own), { scope: "idle", after: 5_000, attempts: 1 })
      const ofCall = yield* ends(
        over(soon, (provider) => provider.upload(slow, { idleTimeout: "6 seconds" })),
        30
      )
      assert.deepStrictEqual(timeout(ofCall), { scope: "idle", after: 6_000, attempts: 1 })
      const none = yield* ends(
        over(soon, (provider) => provider.endless({ payload: chunks(2, "10 minutes") })),
        1_210
      )
      assert.strictEqual(none?._tag, "Success")
    })
  )

  it.effect("the timeout of the attempt begins after the last chunk", () =>
    Effect.gen(function* () {
      const late = answering([{ after: "9 seconds", status: 204 }])
      const inTime = yield* ends(
        over(late, (provider) => provider.upload({ payload: chunks(5, "10 seconds") })),
        70
      )
      assert.strictEqual(inTime?._tag, "Success")
      const never = answering([{ after: "1 hour", status: 204 }])
      const end = yield* ends(
        over(never, (provider) => provider.upload({ payload: chunks(5, "10 seconds") })),
        61
      )
      assert.deepStrictEqual(timeout(end), { scope: "attempt", after: 10_000, attempts: 1 })
    })
  )

  it.effect("it also begins after the last chunk when the stream has no idle timeout", () =>
    Effect.gen(function* () {
      const never = answering([{ after: "1 hour", status: 204 }])
      const end = yield* ends(
        over(never, (provider) => provider.endless({ payload: chunks(2, "2 minutes") })),
        251
      )
      assert.deepStrictEqual(timeout(end), { scope: "attempt", after: 10_000, attempts: 1 })
    })
  )

  it.effect("a timeout or deadline that the endpoint or the call states holds for the whole", () =>
    Effect.gen(function* () {
      const slow = () => ({ payload: chunks(20, "10 seconds") })
      const ownTimeout = yield* ends(
        over(soon, (provider) => provider.ownTimeout(slow())),
        60
      )
      assert.deepStrictEqual(timeout(ownTimeout), { scope: "attempt", after: 15_000, attempts: 1 })
      const ownDeadline = yield* ends(
        over(soon, (provider) => provider.ownDeadline(slow())),
        60
      )
      assert.deepStrictEqual(timeout(ownDeadline), { scope: "deadline", after: 45_000, attempts: 1 })
      const ofCall = yield* ends(
        over(soon, (provider) => provider.upload(slow(), { deadline: "50 seconds" })),
        60
      )
      assert.deepStrictEqual(timeout(ofCall), { scope: "deadline", after: 50_000, attempts: 1 })
    })
  )

  it.effect("a large form may take the idle time for each MiB, and its deadline stands still meanwhile", () =>
    Effect.gen(function* () {
      const form = new FormData()
      form.set("file", new Blob([new Uint8Array(2 * 1024 * 1024)]))
      const busy = answering([
        { after: "100 seconds", status: 503 },
        { after: "1 second", status: 204 }
      ])
      const end = yield* ends(
        over(busy, (provider) => provider.form({ payload: form })),
        110
      )
      assert.strictEqual(end?._tag, "Success")
      const small = new FormData()
      small.set("file", "small")
      const late = yield* ends(
        over(answering([{ after: "1 hour", status: 204 }]), (provider) =>
          provider.form({ payload: small }, { attempts: 1 })
        ),
        11
      )
      assert.deepStrictEqual(timeout(late), { scope: "attempt", after: 10_000, attempts: 1 })
    })
  )

  it("Timeout is in the type when only the idle timeout is on", () => {
    class Idle extends Integration.Service<Idle>()("test/Idle", {
      baseUrl: "https://provider.example",
      endpoints: [
        Endpoint.put("upload", "/", upload),
        Endpoint.put("none", "/", { ...upload, policy: { idleTimeout: null } })
      ],
      policy: { ...Policy.none, idleTimeout: "1 second" }
    }) {}
    type Always = "Unauthorized" | "TransportFailure" | "EncodeFailure" | "UnexpectedStatus" | "DecodeFailure"
    const check = (idle: Idle["Service"]) => {
      const upload = idle.upload({ payload: Stream.empty })
      expectTypeOf<Tag<typeof upload>>().toEqualTypeOf<Always | "Timeout">()
      const none = idle.none({ payload: Stream.empty })
      expectTypeOf<Tag<typeof none>>().toEqualTypeOf<Always>()
      const ofCall = idle.none({ payload: Stream.empty }, { idleTimeout: "1 second" })
      expectTypeOf<Tag<typeof ofCall>>().toEqualTypeOf<Always | "Timeout">()
    }
    assert.isFunction(check)
  })
})

/** Runs a stream over a body that the test writes second by second. */
const reading = <A, E, E2>(
  call: (provider: Service) => Effect.Effect<Stream.Stream<A, E>, E2>,
  write: (second: number) => string | undefined,
  { seconds, type = "text/event-stream" }: { readonly seconds: number; readonly type?: string }
) =>
  Effect.gen(function* () {
    const source = writable()
    const seen: Array<A> = []
    const read = over(streaming(source.body, type), (provider) =>
      Effect.flatMap(call(provider), (stream) =>
        Stream.runForEach(stream, (value) => Effect.sync(() => seen.push(value)))
      )
    )
    const fiber = yield* Effect.forkChild(Effect.result(read))
    for (let second = 1; second <= seconds && fiber.pollUnsafe() === undefined; second += 1) {
      yield* settle
      yield* TestClock.adjust("1 second")
      const text = write(second)
      if (text !== undefined && !source.state.cancelled) yield* source.write(text)
    }
    yield* settle
    const exit = fiber.pollUnsafe()
    yield* Fiber.interrupt(fiber)
    return { seen, end: exit?._tag === "Success" ? exit.value : undefined, cancelled: source.state.cancelled }
  })

const every = (period: number, text: string) => (second: number) => (second % period === 0 ? text : undefined)

describe("the time of a streamed answer", () => {
  it.effect("silence for longer than the idle timeout fails it with Timeout, and its connection is released", () =>
    Effect.gen(function* () {
      const once = (second: number) => (second === 1 ? 'data: {"n":1}\n\n' : undefined)
      const { cancelled, end, seen } = yield* reading((provider) => provider.events(), once, { seconds: 65 })
      assert.deepStrictEqual(timeout(end), { scope: "idle", after: 60_000, attempts: 1 })
      assert.deepStrictEqual(seen, [{ n: 1 }])
      assert.isTrue(cancelled)
    })
  )

  for (const [kind, text] of [
    ["comments", ": ping\n\n"],
    ["single bytes", ":"]
  ] as const) {
    it.effect(`${kind} count as activity, and the standard deadline does not end it`, () =>
      Effect.gen(function* () {
        const { end, seen } = yield* reading((provider) => provider.events(), every(50, text), { seconds: 600 })
        assert.isUndefined(end)
        assert.deepStrictEqual(seen, [])
      })
    )
  }

  it.effect("an endpoint and a call have their own idle timeout, or none", () =>
    Effect.gen(function* () {
      const silent = () => undefined
      const own = yield* reading((provider) => provider.quickEvents(), silent, { seconds: 10 })
      assert.deepStrictEqual(timeout(own.end), { scope: "idle", after: 5_000, attempts: 1 })
      const ofCall = yield* reading((provider) => provider.events(undefined, { idleTimeout: "3 seconds" }), silent, {
        seconds: 10
      })
      assert.deepStrictEqual(timeout(ofCall.end), { scope: "idle", after: 3_000, attempts: 1 })
      const none = yield* reading((provider) => provider.endlessEvents(), silent, { seconds: 300 })
      assert.isUndefined(none.end)
    })
  )

  it.effect("a deadline that the endpoint or the call states ends it", () =>
    Effect.gen(function* () {
      const ping = every(10, ": ping\n\n")
      const own = yield* reading((provider) => provider.boundEvents(), ping, { seconds: 100 })
      assert.deepStrictEqual(timeout(own.end), { scope: "deadline", after: 90_000, attempts: 1 })
      const shorter = yield* reading((provider) => provider.events(undefined, { deadline: "20 seconds" }), ping, {
        seconds: 100
      })
      assert.deepStrictEqual(timeout(shorter.end), { scope: "deadline", after: 20_000, attempts: 1 })
    })
  )

  it.effect("a call's deadline that is longer than the standard one holds in its full length", () =>
    Effect.gen(function* () {
      const ping = every(10, ": ping\n\n")
      const { end } = yield* reading((provider) => provider.events(undefined, { deadline: "5 minutes" }), ping, {
        seconds: 310
      })
      assert.deepStrictEqual(timeout(end), { scope: "deadline", after: 300_000, attempts: 1 })
    })
  )

  it.effect("bytes and lines have the same limits", () =>
    Effect.gen(function* () {
      const silent = () => undefined
      const type = "application/octet-stream"
      const bytes = yield* reading((provider) => provider.bytes(), silent, { seconds: 61, type })
      assert.deepStrictEqual(timeout(bytes.end), { scope: "idle", after: 60_000, attempts: 1 })
      const lines = yield* reading((provider) => provider.lines(), silent, {
        seconds: 61,
        type: "application/x-ndjson"
      })
      assert.deepStrictEqual(timeout(lines.end), { scope: "idle", after: 60_000, attempts: 1 })
      const long = yield* reading((provider) => provider.bytes(), every(50, "x"), { seconds: 600, type })
      assert.isUndefined(long.end)
    })
  )

  it.effect("the time that the consumer takes is not idle", () =>
    Effect.gen(function* () {
      const source = writable()
      const read = over(streaming(source.body, "text/event-stream"), (provider) =>
        Effect.flatMap(provider.events(), (stream) => Stream.runForEach(stream, () => Effect.sleep("5 minutes")))
      )
      const fiber = yield* Effect.forkChild(Effect.result(read))
      yield* settle
      yield* source.write('data: {"n":1}\n\n')
      yield* settle
      yield* TestClock.adjust("4 minutes")
      yield* source.write('data: {"n":2}\n\n')
      yield* source.end
      yield* TestClock.adjust("1 minute")
      yield* settle
      yield* TestClock.adjust("5 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Success")
    })
  )

  it.effect("a raw response is not limited: its reader limits it", () =>
    Effect.gen(function* () {
      const source = writable()
      const done = yield* Deferred.make<string>()
      const read = over(streaming(source.body, "text/event-stream"), (provider) =>
        Effect.flatMap(provider.events({ responseMode: "response-only" }), ({ text }) => text)
      )
      const fiber = yield* Effect.forkChild(Deferred.into(Effect.orDie(read), done))
      yield* settle
      yield* TestClock.adjust("1 hour")
      yield* source.write("late")
      yield* source.end
      assert.strictEqual(yield* Deferred.await(done), "late")
      yield* Fiber.interrupt(fiber)
    })
  )
})
