import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Layer, Logger, type LogLevel, Redacted, References, Schema, Tracer } from "effect"
import { Headers, HttpClient, HttpClientResponse, UrlParams } from "effect/http"
import { inspect } from "node:util"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { recordedSpans } from "../recordedSpans.ts"

const secret = "sk_live_Kx2Jd83nVbQ"

class Provider extends Integration.Service<Provider>()("test/Logging", {
  baseUrl: "https://api.example",
  endpoints: [Endpoint.get("read", "/items/:id", { params: { id: Schema.String }, success: Schema.String })],
  policy: Policy.none
}) {}

const call = Effect.flatMap(Provider, (provider) => provider.read({ params: { id: "item-1" } }))

const answering = (status: number, headers: Readonly<Record<string, string>>) =>
  HttpClient.make((request) =>
    Effect.succeed(HttpClientResponse.fromWeb(request, new Response('"ok"', { status, headers })))
  )

interface Line {
  readonly message: unknown
  readonly annotations: Readonly<Record<string, unknown>>
}

/** What a call writes at a level. */
const linesOf = (level: LogLevel.LogLevel, client: HttpClient.HttpClient) => {
  const lines: Array<Line> = []
  const logger = Logger.make(({ fiber, message }) => {
    lines.push({ message, annotations: fiber.getRef(References.CurrentLogAnnotations) })
  })
  const live = Provider.layer.pipe(
    Layer.provide([
      Auth.bearer(Provider, Effect.succeed(Redacted.make(secret))),
      Layer.succeed(HttpClient.HttpClient, client)
    ])
  )
  return Effect.exit(call).pipe(
    Effect.provide(live),
    Effect.provide(Logger.layer([logger])),
    Effect.provideService(References.MinimumLogLevel, level),
    Effect.as(lines)
  )
}

describe("the log of a call", () => {
  it.effect("is a line for each answer at debug level, with the provider's request id and what the call is", () =>
    Effect.gen(function* () {
      const lines = yield* linesOf("Debug", answering(503, { "x-request-id": "req_1" }))
      assert.lengthOf(lines, 1)
      assert.deepStrictEqual([lines[0]?.message].flat(), ["answered"])
      assert.deepInclude(lines[0]?.annotations, {
        integration: "test/Logging",
        endpoint: "read",
        method: "GET",
        url: "/items/:id",
        attempts: 1,
        requestId: "req_1",
        status: 503,
        elapsedMillis: 0
      })
    })
  )

  it.effect("is nothing above debug level", () =>
    Effect.map(linesOf("Info", answering(200, {})), (lines) => assert.deepStrictEqual(lines, []))
  )

  it.effect("holds no secret, also when the provider sends it back as its request id", () =>
    Effect.gen(function* () {
      const lines = yield* linesOf("Debug", answering(503, { "x-request-id": secret }))
      assert.lengthOf(lines, 1)
      assert.notInclude(inspect(lines, { depth: 20 }), secret)
    })
  )
})

describe("the secret of a call", () => {
  it.effect("shows nowhere, whatever a program takes for the names of secrets", () => {
    const seen: Array<unknown> = []
    const { spans, tracer } = recordedSpans()
    const live = Provider.layer.pipe(
      Layer.provide([
        Auth.apiKey(Provider, { in: "query", name: "key" }, Effect.succeed(Redacted.make(secret))),
        Layer.succeed(HttpClient.HttpClient, answering(500, {}))
      ])
    )
    return Effect.gen(function* () {
      const exit = yield* Effect.exit(call)
      assert.strictEqual(exit._tag, "Failure")
      if (exit._tag === "Failure") seen.push(Cause.pretty(exit.cause), exit)
      const { read } = yield* Provider
      const response = yield* read({ params: { id: "item-1" }, responseMode: "response-only" })
      seen.push(response, JSON.stringify(response))
      const shown = spans.map(({ attributes, events, name, status }) => ({ attributes, events, name, status }))
      assert.isAbove(spans.length, 0)
      assert.notInclude(inspect([shown, seen], { depth: 20 }), secret)
    }).pipe(
      Effect.provide(live),
      Effect.provideService(Tracer.Tracer, tracer),
      Effect.provideService(Headers.CurrentRedactedNames, []),
      Effect.provideService(UrlParams.CurrentRedactedNames, [])
    )
  })
})
