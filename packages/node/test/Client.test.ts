import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Option, Schedule, Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy, Retry } from "@causeway/core/policy"
import {
  answer,
  type Handler,
  layerAt,
  type NamedTransport,
  providerUrl,
  serve,
  type Server,
  transports
} from "./server.ts"

const Item = Schema.Struct({ id: Schema.String, count: Schema.Int })

class Missing extends Schema.TaggedError<Missing>()("Missing", { message: Schema.String }) {}
class Gone extends Schema.TaggedError<Gone>()("Gone", {}) {}
const Conflict = Schema.Struct({ conflicting: Schema.String })
const Refusal = Schema.Struct({ reason: Schema.String })
const Outage = Schema.Struct({ incident: Schema.Int })
const Other = Schema.Struct({ other: Schema.Boolean })

const endpoints = [
  Endpoint.post("create", "/items", {
    payload: { name: Schema.String, tags: Schema.Array(Schema.String) },
    success: Item
  }),
  Endpoint.post("login", "/login", {
    payload: Schema.Struct({ user: Schema.String, scope: Schema.Array(Schema.String), age: Schema.Int }).pipe(
      HttpApiSchema.asFormUrlEncoded()
    ),
    success: Schema.String.pipe(HttpApiSchema.asText())
  }),
  Endpoint.put("upload", "/upload", {
    payload: Schema.Struct({ title: Schema.String }).pipe(HttpApiSchema.asMultipart())
  }),
  Endpoint.get("text", "/text", { success: Schema.String.pipe(HttpApiSchema.asText()) }),
  Endpoint.get("bytes", "/bytes", { success: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()) }),
  Endpoint.get("item", "/items/:id/parts/:part", {
    params: { id: Schema.String, part: Schema.String },
    success: Item
  }),
  Endpoint.get("search", "/search", {
    query: { tag: Schema.Array(Schema.String), page: Schema.optional(Schema.Int), q: Schema.optional(Schema.String) },
    headers: { "x-tenant": Schema.String, "x-version": Schema.optional(Schema.Int) },
    success: Item
  }),
  Endpoint.delete("remove", "/items/:id", { params: { id: Schema.String } }),
  Endpoint.get("failing", "/failing", {
    success: Item,
    errors: { 404: Missing, 409: Conflict, 410: Gone, "4xx": Refusal, "5xx": Outage, default: Other }
  }),
  Endpoint.get("plain", "/plain", { success: Item }),
  Endpoint.get("retried", "/retried", {
    success: Item,
    policy: { retry: Retry.make({ schedule: Schedule.recurs(2) }) }
  })
] as const

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: providerUrl,
  endpoints,
  maxBodyBytes: 100_000,
  policy: Policy.none
}) {}

const against =
  ({ layer: transport }: NamedTransport) =>
  <A, E>(handle: Handler, use: (provider: Provider["Service"], server: Server) => Effect.Effect<A, E>, path = "") =>
    Effect.gen(function* () {
      const server = yield* serve(handle)
      const live = Provider.layer.pipe(Layer.provide([Auth.none(Provider), transport, layerAt(server, path)]))
      return yield* Effect.provide(
        Effect.flatMap(Provider, (provider) => use(provider, server)),
        live
      )
    })

const item = { id: "a", count: 1 }

for (const transport of transports) {
  const calling = against(transport)

  describe(`over ${transport.name}`, () => {
    describe("a request", () => {
      it.effect("carries a JSON payload", () =>
        calling(
          (response) => answer(response, 200, item),
          (provider, server) =>
            Effect.gen(function* () {
              const created = yield* provider.create({ payload: { name: "é", tags: ["x", "y"] } })
              assert.deepStrictEqual(created, item)
              const [arrival] = server.arrivals
              assert.strictEqual(arrival?.method, "POST")
              assert.strictEqual(arrival?.headers["content-type"], "application/json")
              assert.deepStrictEqual(JSON.parse(String(arrival?.body)), { name: "é", tags: ["x", "y"] })
            })
        )
      )
      it.effect("carries a form", () =>
        calling(
          (response) => answer(response, 200, "welcome"),
          (provider, server) =>
            Effect.gen(function* () {
              const text = yield* provider.login({ payload: { user: "a b&c", scope: ["r", "w"], age: 7 } })
              assert.strictEqual(text, "welcome")
              const [arrival] = server.arrivals
              assert.match(String(arrival?.headers["content-type"]), /^application\/x-www-form-urlencoded/)
              const form = new URLSearchParams(String(arrival?.body))
              assert.deepStrictEqual(
                [form.get("user"), form.getAll("scope"), form.get("age")],
                ["a b&c", ["r", "w"], "7"]
              )
            })
        )
      )

      it.effect("carries a multipart form with a file", () =>
        calling(
          (response) => answer(response, 204),
          (provider, server) =>
            Effect.gen(function* () {
              const form = new FormData()
              form.set("title", "Report")
              form.set("file", new File(["line 1\n"], "report.txt", { type: "text/plain" }))
              yield* provider.upload({ payload: form })
              const arrival = server.arrivals[0]
              const received = yield* Effect.promise(() =>
                new Response(new Uint8Array(arrival?.body ?? []), {
                  headers: { "content-type": String(arrival?.headers["content-type"]) }
                }).formData()
              )
              assert.strictEqual(received.get("title"), "Report")
              const file = received.get("file")
              assert.isTrue(file instanceof File && file.name === "report.txt" && file.type === "text/plain")
            })
        )
      )

      it.effect("encodes its path parameters", () =>
        calling(
          (response) => answer(response, 200, item),
          (provider, server) =>
            Effect.gen(function* () {
              yield* provider.item({ params: { id: "a/b?c#d e", part: "%2e%2e" } })
              yield* provider.item({ params: { id: "ü", part: "..." } })
              assert.deepStrictEqual(
                server.arrivals.map(({ url }) => url),
                ["/items/a%2Fb%3Fc%23d%20e/parts/%252e%252e", "/items/%C3%BC/parts/..."]
              )
            })
        )
      )

      for (const part of ["", ".", ".."]) {
        it.effect(`is not sent when a path parameter is ${JSON.stringify(part)}`, () =>
          calling(
            (response) => answer(response, 200, item),
            (provider, server) =>
              Effect.gen(function* () {
                const error = yield* Effect.flip(provider.item({ params: { id: "a", part } }))
                assert.deepInclude(error, { _tag: "TransportFailure", reason: "InvalidUrl", attempts: 0 })
                assert.include(error.message, '"part"')
                assert.strictEqual(server.arrivals.length, 0)
              })
          )
        )
      }

      it.effect("repeats an array in the query and leaves out what is undefined", () =>
        calling(
          (response) => answer(response, 200, item),
          (provider, server) =>
            Effect.gen(function* () {
              yield* provider.search({ query: { tag: ["a b", "c&d"], q: undefined }, headers: { "x-tenant": "t" } })
              yield* provider.search({ query: { tag: ["a"], page: 2 }, headers: { "x-tenant": "t", "x-version": 3 } })
              const unfiltered = provider.search({ query: { tag: [] }, headers: { "x-tenant": "t" } })
              assert.strictEqual((yield* Effect.flip(unfiltered))._tag, "EncodeFailure")
              assert.lengthOf(server.arrivals, 2)
              const [first, second] = server.arrivals
              assert.strictEqual(first?.url, "/search?tag=a+b&tag=c%26d")
              assert.strictEqual(first?.headers["x-tenant"], "t")
              assert.isUndefined(first?.headers["x-version"])
              assert.strictEqual(second?.url, "/search?tag=a&page=2")
              assert.strictEqual(second?.headers["x-version"], "3")
            })
        )
      )

      it.effect("goes below the path of the base URL", () =>
        calling(
          (response) => answer(response, 200, item),
          (provider, server) =>
            Effect.map(provider.plain(), () => assert.strictEqual(server.arrivals[0]?.url, "/v1/api/plain")),
          "/v1/api/"
        )
      )
    })

    describe("an answer", () => {
      it.effect("is text", () =>
        calling(
          (response) => answer(response, 200, "grüezi"),
          (provider) => Effect.map(provider.text(), (text) => assert.strictEqual(text, "grüezi"))
        )
      )

      it.effect("is bytes", () =>
        calling(
          (response) =>
            response.writeHead(200, { "content-type": "application/octet-stream" }).end(Buffer.from([0, 255, 1])),
          (provider) => Effect.map(provider.bytes(), (bytes) => assert.deepStrictEqual(Array.from(bytes), [0, 255, 1]))
        )
      )

      it.effect("is nothing, whatever its status and body", () => {
        const replies: Array<Parameters<typeof answer> extends [unknown, ...infer Rest] ? Rest : never> = [
          [204],
          [200, { ignored: true }],
          [202, "accepted"]
        ]
        return calling(
          (response) => answer(response, ...(replies.shift() ?? [500])),
          (provider) =>
            Effect.gen(function* () {
              for (let call = 0; call < 3; call += 1) {
                assert.isUndefined(yield* provider.remove({ params: { id: "a" } }))
              }
            })
        )
      })

      it.effect("with 201 is decoded where 200 is declared", () =>
        calling(
          (response) => answer(response, 201, item),
          (provider) => Effect.map(provider.plain(), (decoded) => assert.deepStrictEqual(decoded, item))
        )
      )

      it.effect("is raw, decoded, or both, as the caller asks", () =>
        calling(
          (response) => answer(response, 200, item, { "x-total": "9" }),
          (provider) =>
            Effect.gen(function* () {
              const raw = yield* provider.plain({ responseMode: "response-only" })
              assert.strictEqual(raw.headers["x-total"], "9")
              assert.deepStrictEqual(yield* raw.json, item)
              const [decoded, response] = yield* provider.plain({ responseMode: "decoded-and-response" })
              assert.deepStrictEqual(decoded, item)
              assert.strictEqual(response.headers["x-total"], "9")
            })
        )
      )

      it.effect("of any status is given raw, after the retries", () => {
        const statuses = [503, 503, 404]
        return calling(
          (response) => answer(response, statuses.shift() ?? 200, "x".repeat(100_000)),
          (provider, server) =>
            Effect.gen(function* () {
              const raw = yield* provider.retried({ responseMode: "response-only" })
              assert.strictEqual(raw.status, 404)
              assert.strictEqual((yield* raw.text).length, 100_000)
              assert.strictEqual(server.arrivals.length, 3)
            })
        )
      })
    })

    describe("an error", () => {
      const failingWith = (status: number, body: unknown) =>
        calling(
          (response) => answer(response, status, body),
          (provider) => Effect.flip(provider.failing())
        )

      it.effect("of an exact status goes before its range, and a range before the rest", () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(yield* failingWith(409, { conflicting: "a" }), { conflicting: "a" })
          assert.deepStrictEqual(yield* failingWith(422, { reason: "no" }), { reason: "no" })
          assert.deepStrictEqual(yield* failingWith(502, { incident: 3 }), { incident: 3 })
          assert.deepStrictEqual(
            yield* failingWith(304, undefined).pipe(Effect.map((error) => "_tag" in error && error._tag)),
            "UnexpectedStatus"
          )
          assert.deepStrictEqual(yield* failingWith(303, { other: true }), { other: true })
        })
      )

      it.effect("needs no tag on the wire", () =>
        Effect.gen(function* () {
          const error = yield* failingWith(404, { message: "no such item" })
          assert.instanceOf(error, Missing)
          assert.strictEqual(error.message, "no such item")
          assert.instanceOf(yield* failingWith(404, { _tag: "Missing", message: "tagged" }), Missing)
        })
      )

      it.effect("without fields is known by its status alone, whatever its body", () =>
        Effect.gen(function* () {
          for (const body of [undefined, "<html>gone</html>", [1], { unknown: 1 }]) {
            assert.instanceOf(yield* failingWith(410, body), Gone)
          }
        })
      )

      it.effect("that does not match is one UnexpectedStatus of its status's category, and says where", () =>
        Effect.gen(function* () {
          const error = yield* failingWith(404, { message: 12345678 })
          assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 404, category: "rejected" })
          if (!("_tag" in error) || error._tag !== "UnexpectedStatus") return assert.fail("another error")
          assert.include(error.issue, "message")
          assert.notInclude(error.issue, "12345678")
          assert.include(error.body, "12345678")
          assert.match(error.contentType ?? "", /^application\/json/)
        })
      )

      it.effect("that is not declared has an excerpt of the body of at most 8 KiB", () =>
        calling(
          (response) => answer(response, 418, "x".repeat(1_000_000)),
          (provider) =>
            Effect.gen(function* () {
              const error = yield* Effect.flip(provider.plain())
              assert.strictEqual(error._tag, "UnexpectedStatus")
              assert.strictEqual(error._tag === "UnexpectedStatus" && error.body.length, 8192)
            })
        )
      )

      for (const header of ["x-request-id", "x-github-request-id", "request-id", "x-amzn-requestid", "cf-ray"]) {
        it.effect(`has the provider's request id from ${header}`, () =>
          calling(
            (response) => answer(response, 500, "down", { [header]: "req_1" }),
            (provider) =>
              Effect.gen(function* () {
                const error = yield* Effect.flip(provider.plain())
                assert.deepInclude(error, { _tag: "UnexpectedStatus", requestId: "req_1", attempts: 1 })
                assert.include(error.message, "req_1")
              })
          )
        )
      }
    })

    describe("a success that does not match its schema", () => {
      it.effect("is exactly one DecodeFailure, without values", () =>
        calling(
          (response) => answer(response, 200, { id: "a", count: "many-many-87654321" }),
          (provider) =>
            Effect.gen(function* () {
              const exit = yield* Effect.exit(provider.plain())
              assert.isTrue(Exit.isFailure(exit))
              if (!Exit.isFailure(exit)) return
              assert.strictEqual(exit.cause.reasons.length, 1)
              const error = Option.getOrThrow(Cause.findErrorOption(exit.cause))
              assert.deepInclude(error, { _tag: "DecodeFailure", status: 200, category: "invalid", attempts: 1 })
              const shown = JSON.stringify(error) + error.message
              assert.notInclude(shown, "87654321")
              assert.notInclude(shown, "many-many")
              assert.include(error.message, 'at ["count"]')
            })
        )
      )

      it.effect("because it is not JSON is one DecodeFailure", () =>
        calling(
          (response) => answer(response, 200, "<html>"),
          (provider) =>
            Effect.map(Effect.flip(provider.plain()), (error) =>
              assert.deepInclude(error, {
                _tag: "DecodeFailure",
                issue: "invalid JSON at position 0 (line 1, column 1)"
              })
            )
        )
      )

      for (const [framing, headers] of [
        ["an announced", { "content-length": "200002" }],
        ["a chunked", {}]
      ] as const) {
        it.effect(`because ${framing} body is larger than maxBodyBytes is a DecodeFailure, and is not read on`, () =>
          calling(
            (response) => answer(response, 200, "x".repeat(framing === "a chunked" ? 2_000_000 : 200_002), headers),
            (provider, server) =>
              Effect.gen(function* () {
                const closed = server.nextClose()
                const error = yield* Effect.flip(provider.plain())
                assert.deepInclude(error, { _tag: "DecodeFailure", issue: "the body is larger than 100000 bytes" })
                yield* Effect.promise(() => closed)
              })
          )
        )
      }
    })
  })
}
