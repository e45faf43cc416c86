/** What the spans of failed calls say, as Effect's OTLP exporter prints them. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Fiber, Layer, Redacted, Schema, Tracer } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { recordedSpans } from "../recordedSpans.ts"

const secret = "sk_live_Kx2Jd83nVbQ"

class Missing extends Schema.TaggedError<Missing>()("Missing", { message: Schema.String }) {}

class Provider extends Integration.Service<Provider>()("test/Tracing", {
  baseUrl: "https://api.example",
  endpoints: [
    Endpoint.get("read", "/items/:id", {
      params: { id: Schema.String },
      success: Schema.Struct({ id: Schema.Int }),
      errors: { 404: Missing }
    })
  ],
  policy: { ...Policy.none, timeout: "1 second" }
}) {}

/** The end of each span: its attribute `error.type`, and the status, type and stack that an exporter prints. */
const endsOf = (client: HttpClient.HttpClient) => {
  const { spans, tracer } = recordedSpans()
  const live = Provider.layer.pipe(
    Layer.provide([
      Auth.bearer(Provider, Effect.succeed(Redacted.make(secret))),
      Layer.succeed(HttpClient.HttpClient, client)
    ])
  )
  return Effect.gen(function* () {
    const { read } = yield* Provider
    const fiber = yield* Effect.forkChild(Effect.exit(read({ params: { id: "private" } })))
    yield* TestClock.adjust("1 second")
    yield* Fiber.join(fiber)
    return spans.map(({ attributes, status }) => {
      const exit = status._tag === "Ended" ? status.exit : undefined
      const [error] = exit?._tag === "Failure" ? Cause.prettyErrors(exit.cause, { includeCauseInStack: true }) : []
      return { type: attributes.get("error.type"), name: error?.name, message: error?.message, stack: error?.stack }
    })
  }).pipe(Effect.provide(live), Effect.provideService(Tracer.Tracer, tracer))
}

const answering = (body: string, status: number) =>
  HttpClient.make((request) =>
    Effect.succeed(
      HttpClientResponse.fromWeb(
        request,
        new Response(body, { status, headers: { "content-type": "application/json" } })
      )
    )
  )

const refused = HttpClient.make((request) =>
  Effect.fail(
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.TransportError({ request, cause: new Error(`connect\nECONNREFUSED ${secret}`) })
    })
  )
)

describe("a span that failed", () => {
  const cases = [
    ["an undeclared status", answering(`{"echo":"${secret}"}`, 503), "UnexpectedStatus", "503"],
    ["a declared error", answering(`{"_tag":"Missing","message":"${secret}\\nno such item"}`, 404), "Missing", "404"],
    ["a body that does not decode", answering(`{"id":"${secret}"}`, 200), "DecodeFailure", "DecodeFailure"],
    ["a refused connection", refused, "TransportFailure", "TransportFailure"],
    ["an attempt that takes too long", HttpClient.make(() => Effect.never), "Timeout", "Timeout"]
  ] as const

  for (const [what, client, tag, attemptType] of cases) {
    it.effect(`has the tag of its error and a status of one line without secrets: ${what}`, () =>
      Effect.gen(function* () {
        const [call, attempt] = yield* endsOf(client)
        assert.strictEqual(call?.type, tag)
        assert.strictEqual(attempt?.type, attemptType)
        for (const end of [call, attempt]) {
          assert.strictEqual(end?.name, tag)
          assert.match(end?.message ?? "", /^test\/Tracing\.read \(GET \/items\/:id\) [^\n]+$/)
          assert.strictEqual(end?.stack, `${tag}: ${end?.message}`)
          assert.notInclude(end?.message, secret)
          assert.notInclude(end?.message, "private")
        }
      })
    )
  }

  it.effect("has neither when its call succeeded", () =>
    Effect.map(endsOf(answering(`{"id":1}`, 200)), (ends) =>
      assert.deepStrictEqual(
        ends.map(({ name, type }) => [name, type]),
        [
          [undefined, undefined],
          [undefined, undefined]
        ]
      )
    )
  )

  it.effect("says of a defect only that there was one", () =>
    Effect.map(endsOf(HttpClient.make(() => Effect.die(new Error(secret)))), ([call]) => {
      assert.strictEqual(call?.type, "Defect")
      assert.strictEqual(call?.message, "test/Tracing.read (GET /items/:id) failed with a defect")
    })
  )
})
