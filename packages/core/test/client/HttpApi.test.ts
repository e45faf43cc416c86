import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schedule, Schema, Stream } from "effect"
import { FetchHttpClient, HttpRouter, HttpServer } from "effect/http"
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSchema,
  HttpApiSecurity
} from "effect/http-api"
import { Auth } from "@causeway/core/auth"
import { Integration } from "@causeway/core/client"
import { Breaker, Policy, Retry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

class Note extends Schema.Class<Note>("Note")({ id: Schema.Int, text: Schema.String, at: Schema.DateFromString }) {}
class NoSuchNote extends Schema.TaggedError<NoSuchNote>()("NoSuchNote", { id: Schema.Int }) {}
class Locked extends Schema.TaggedError<Locked>()("Locked", { by: Schema.String }) {}
class SignedOut extends Schema.TaggedError<SignedOut>()("SignedOut", {}) {}
class Interrupted extends Schema.TaggedError<Interrupted>()("Interrupted", { after: Schema.Int }) {}

class Session extends HttpApiMiddleware.Service<Session>()("test/Session", {
  error: SignedOut.pipe(HttpApiSchema.status(401)),
  security: { bearer: HttpApiSecurity.bearer }
}) {}

const api = HttpApi.make("notes")
  .add(
    HttpApiGroup.make("notes")
      .add(
        HttpApiEndpoint.get("get", "/notes/:id", {
          params: { id: Schema.Int },
          success: Note,
          error: [NoSuchNote.pipe(HttpApiSchema.status(404)), Locked.pipe(HttpApiSchema.status(423))]
        })
      )
      .add(
        HttpApiEndpoint.get("find", "/notes", {
          payload: { text: Schema.String, ids: Schema.Array(Schema.Int) },
          query: { page: Schema.optional(Schema.Int) },
          success: Schema.Array(Schema.String)
        })
      )
      .add(
        HttpApiEndpoint.post("add", "/notes", {
          payload: Schema.Struct({ text: Schema.String, at: Schema.DateFromString }),
          success: HttpApiSchema.WithHeaders(Note, { "x-revision": Schema.Int })
        })
      )
      .add(HttpApiEndpoint.delete("remove", "/notes/:id", { params: { id: Schema.Int } }))
      .add(
        HttpApiEndpoint.get("watch", "/watch", {
          success: HttpApiSchema.StreamSse({ data: Schema.Struct({ tick: Schema.Int }), error: Interrupted })
        })
      )
      .middleware(Session)
  )
  .add(
    HttpApiGroup.make("system", { topLevel: true })
      .add(HttpApiEndpoint.get("health", "/health", { success: Schema.String }))
      .add(HttpApiEndpoint.get("export", "/export", { success: HttpApiSchema.StreamNdjson({ schema: Note }) }))
  )
  .prefix("/api")

class Notes extends Integration.Service<Notes>()(
  "test/Notes",
  Integration.fromHttpApi(api, {
    baseUrl: "https://notes.example",
    policy: { ...Policy.none, timeout: "1 second", circuitBreaker: Breaker.consecutive({ failures: 1 }) },
    policies: {
      notes: { get: { retry: Retry.make({ schedule: Schedule.recurs(3) }), circuitBreaker: null } },
      system: { health: { circuitBreaker: null, retry: Retry.make({ schedule: Schedule.recurs(1) }) } }
    }
  })
) {}

const at = new Date("2026-01-02T03:04:05.000Z")
const note = (id: number) => new Note({ id, text: `note ${id}`, at })

const handlers = Layer.mergeAll(
  HttpApiBuilder.group(api, "notes", (group) =>
    group
      .handle("get", ({ params: { id } }) => {
        if (id === 404) return Effect.fail(new NoSuchNote({ id }))
        return id === 423 ? Effect.fail(new Locked({ by: "someone" })) : Effect.succeed(note(id))
      })
      .handle("find", ({ payload, query }) =>
        Effect.succeed([payload.text, ...payload.ids.map(String), `page ${query.page ?? 1}`])
      )
      .handle("add", ({ payload }) =>
        Effect.succeed(
          HttpApiSchema.withHeaders({ body: new Note({ id: 1, ...payload }), headers: { "x-revision": 7 } })
        )
      )
      .handle("remove", () => Effect.void)
      .handle("watch", () =>
        Effect.succeed(
          Stream.make({ tick: 1 }, { tick: 2 }).pipe(Stream.concat(Stream.fail(new Interrupted({ after: 2 }))))
        )
      )
  ),
  HttpApiBuilder.group(api, "system", (group) =>
    group
      .handle("health", () => Effect.succeed("fine"))
      .handle("export", () => Effect.succeed(Stream.make(note(1), note(2))))
  )
).pipe(
  Layer.provide(
    Layer.succeed(Session, {
      bearer: (handled, { credential }) =>
        Redacted.value(credential) === "valid" ? handled : Effect.fail(new SignedOut())
    })
  )
)

/** A server made from the same description, without a network. */
const network = Layer.unwrap(
  Effect.acquireRelease(
    Effect.sync(() =>
      HttpRouter.toWebHandler(
        HttpApiBuilder.layer(api).pipe(Layer.provide(handlers), Layer.provide(HttpServer.layerServices)),
        { disableLogger: true }
      )
    ),
    ({ dispose }) => Effect.promise(dispose)
  ).pipe(
    Effect.map(({ handler }) =>
      FetchHttpClient.layer.pipe(
        Layer.provide(
          Layer.succeed(FetchHttpClient.Fetch, (input: RequestInfo | URL, init?: RequestInit) =>
            handler(new Request(input, init))
          )
        )
      )
    )
  )
)

const as = (token: string) =>
  Notes.layer.pipe(Layer.provide([Auth.bearer(Notes, Effect.succeed(Redacted.make(token))), network]))

describe("a client made from an HttpApi, against a server made from the same", () => {
  it.effect("sends and receives what the description says, by group", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      assert.deepStrictEqual(yield* notes.notes.get({ params: { id: 5 } }), note(5))
      const added = yield* notes.notes.add({ payload: { text: "new", at } })
      assert.deepStrictEqual(added.body, new Note({ id: 1, text: "new", at }))
      assert.deepStrictEqual(added.headers, { "x-revision": 7 })
      assert.isUndefined(yield* notes.notes.remove({ params: { id: 1 } }))
    }).pipe(Effect.provide(as("valid")))
  )

  it.effect("has the methods of a top-level group at its top", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      assert.strictEqual(yield* notes.health(), "fine")
      assert.deepStrictEqual(yield* Stream.runCollect(yield* notes.export()), [note(1), note(2)])
    }).pipe(Effect.provide(as("valid")))
  )

  it.effect("sends the payload of a GET in the query", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      const found = yield* notes.notes.find({ payload: { text: "a&b", ids: [1, 2] }, query: { page: 3 } })
      assert.deepStrictEqual(found, ["a&b", "1", "2", "page 3"])
    }).pipe(Effect.provide(as("valid")))
  )

  it.effect("fails with the declared errors, each by its status", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      const missing = yield* Effect.flip(notes.notes.get({ params: { id: 404 } }))
      assert.instanceOf(missing, NoSuchNote)
      assert.strictEqual(missing._tag === "NoSuchNote" && missing.id, 404)
      assert.instanceOf(yield* Effect.flip(notes.notes.get({ params: { id: 423 } })), Locked)
    }).pipe(Effect.provide(as("valid")))
  )

  it.effect("fails with the errors of its middlewares", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      assert.instanceOf(yield* Effect.flip(notes.notes.get({ params: { id: 1 } })), SignedOut)
    }).pipe(Effect.provide(as("expired")))
  )

  it.effect("fails a stream with the error that is declared for it, after the events before", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      const events = yield* notes.notes.watch()
      const ticks: Array<number> = []
      const error = yield* Effect.flip(Stream.runForEach(events, ({ tick }) => Effect.sync(() => ticks.push(tick))))
      assert.deepStrictEqual(ticks, [1, 2])
      assert.deepStrictEqual(error, new Interrupted({ after: 2 }))
    }).pipe(Effect.provide(as("valid")))
  )
})

describe("the policies beside an HttpApi", () => {
  it.effect("are those of the endpoint over those of all", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      assert.deepStrictEqual(yield* notes.notes.get({ params: { id: 1 } }), note(1))
      assert.strictEqual(yield* notes.health(), "fine")
      const first = yield* Effect.flip(notes.notes.remove({ params: { id: 1 } }))
      assert.strictEqual(first._tag, "UnexpectedStatus")
      const second = yield* Effect.flip(notes.notes.remove({ params: { id: 1 } }))
      assert.strictEqual(second._tag, "CircuitOpen")
      assert.strictEqual(yield* notes.health(), "fine")
      const { calls } = yield* Mock.journal(Notes)
      assert.deepStrictEqual(
        calls.map(({ attempts, endpoint, failure }) => [endpoint, attempts.length, failure]),
        [
          ["notes.get", 3, undefined],
          ["health", 2, undefined],
          ["notes.remove", 1, "UnexpectedStatus"],
          ["notes.remove", 0, "CircuitOpen"],
          ["health", 1, undefined]
        ]
      )
    }).pipe(
      Effect.provide(
        Notes.layerMock({
          notes: {
            get: Mock.sequence(Mock.status(503), Mock.status(503), Mock.ok(note(1))),
            remove: Mock.status(500)
          },
          system: { health: Mock.sequence(Mock.status(503), Mock.ok("fine"), Mock.ok("fine")) }
        })
      )
    )
  )

  it.effect("can be retuned by group and endpoint", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      assert.strictEqual((yield* Effect.flip(notes.notes.get({ params: { id: 1 } })))._tag, "UnexpectedStatus")
      for (let call = 0; call < 3; call += 1) {
        assert.strictEqual((yield* Effect.flip(notes.notes.remove({ params: { id: 1 } })))._tag, "UnexpectedStatus")
      }
    }).pipe(
      Effect.provide(
        Notes.layerMock({ notes: { get: Mock.sequence(Mock.status(503)), remove: Mock.status(500) } }).pipe(
          Layer.provide(Notes.layerPolicy({ circuitBreaker: null }, { notes: { get: { retry: null } } }))
        )
      )
    )
  )
})

describe("a mocked HttpApi", () => {
  it.effect("answers streams, headers and declared errors", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      const events = yield* notes.notes.watch()
      assert.deepStrictEqual(yield* Stream.runCollect(events), [{ tick: 1 }, { tick: 2 }])
      assert.deepStrictEqual(yield* Stream.runCollect(yield* notes.export()), [note(1)])
      const added = yield* notes.notes.add({ payload: { text: "new", at } })
      assert.deepStrictEqual([added.body, added.headers], [note(9), { "x-revision": 2 }])
      assert.deepStrictEqual(yield* Effect.flip(notes.notes.get({ params: { id: 1 } })), new Locked({ by: "a test" }))
      assert.deepStrictEqual(yield* Effect.flip(notes.notes.remove({ params: { id: 1 } })), new SignedOut())
    }).pipe(
      Effect.provide(
        Notes.layerMock({
          notes: {
            watch: Mock.ok(Stream.make({ tick: 1 }, { tick: 2 })),
            add: Mock.ok(HttpApiSchema.withHeaders({ body: note(9), headers: { "x-revision": 2 } })),
            get: Mock.fail(new Locked({ by: "a test" })),
            remove: Mock.fail(new SignedOut())
          },
          system: { export: Mock.ok(Stream.make(note(1))) }
        })
      )
    )
  )

  it.effect("can be stubbed, by group and at its top", () =>
    Effect.gen(function* () {
      const notes = yield* Notes
      assert.deepStrictEqual(yield* notes.notes.get({ params: { id: 3 } }), note(3))
      assert.strictEqual(yield* notes.health(), "stubbed")
    }).pipe(
      Effect.provide(
        Notes.layerStub({
          notes: { get: ({ params }) => Effect.succeed(note(params.id)) },
          system: { health: () => Effect.succeed("stubbed") }
        })
      )
    )
  )
})
