import { createServer, type RequestListener } from "node:http"
import type { AddressInfo } from "node:net"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { HttpApi, HttpApiEndpoint, HttpApiError, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Mock } from "@causeway/core/testing"

/** A server of 127.0.0.1 that is closed with its scope. */
const serve = (handler: RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer(handler)
      server.listen(0, "127.0.0.1", () => {
        // A server that listens on a port has an address of this kind.
        const { port } = server.address() as AddressInfo
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

class Busy extends Schema.TaggedError<Busy>()("Busy", { by: Schema.String }) {}

const Thing = Schema.Struct({ id: Schema.String })

class Gone extends Schema.TaggedError<Gone>()("Gone", {}) {}
class WrongParam extends Schema.TaggedError<WrongParam>()("WrongParam", { param: Schema.String }) {}
class WrongField extends Schema.TaggedError<WrongField>()("WrongField", { field: Schema.String }) {}
class Generic extends Schema.TaggedError<Generic>()("Generic", { message: Schema.optional(Schema.String) }) {}

const empties = [
  Endpoint.delete("byDefault", "/204"),
  Endpoint.delete("noContent", "/204", { success: HttpApiSchema.NoContent }),
  Endpoint.put("either", "/204", { success: [Thing, HttpApiSchema.NoContent] }),
  Endpoint.put("eitherOfOneStatus", "/200", { success: [Thing, Schema.Void] }),
  Endpoint.post("accepted", "/202", { success: HttpApiSchema.Empty(202) }),
  Endpoint.get("voided", "/200", { success: Schema.Void }),
  Endpoint.get("voidedReset", "/205", { success: Schema.Void }),
  Endpoint.get("undefinedOr", "/200", { success: Schema.UndefinedOr(Thing) }),
  Endpoint.get("undefinedOrNoContent", "/204", { success: Schema.UndefinedOr(Thing) }),
  Endpoint.get("withHeaders", "/200", {
    success: HttpApiSchema.WithHeaders(HttpApiSchema.Empty(200), { "x-request": Schema.String })
  })
] as const

class Empties extends Integration.Service<Empties>()("test/Empties", {
  baseUrl: "https://provider.example",
  endpoints: [
    ...empties,
    Endpoint.get("nullOr", "/200", { success: Schema.NullOr(Thing) }),
    Endpoint.get("thing", "/200", { success: Thing }),
    Endpoint.get("missing", "/404", { success: Thing, errors: { 404: HttpApiSchema.NoContent } }),
    Endpoint.get("notModified", "/304", { success: Thing, errors: { 304: HttpApiSchema.NoContent } }),
    Endpoint.get("gone", "/410", {
      success: Thing,
      errors: { 410: Gone.pipe(HttpApiSchema.asNoContent({ decode: () => new Gone() })) }
    })
  ]
}) {}

const reply = (status: number) => Mock.status(status, { headers: { "x-request": "r1" } })

const emptied = Empties.layerMock({
  byDefault: reply(204),
  noContent: reply(204),
  either: reply(204),
  eitherOfOneStatus: reply(200),
  accepted: reply(202),
  voided: reply(200),
  voidedReset: reply(205),
  undefinedOr: reply(200),
  undefinedOrNoContent: reply(204),
  withHeaders: reply(200),
  nullOr: reply(200),
  thing: reply(200),
  missing: reply(404),
  notModified: reply(304),
  gone: reply(410)
})

describe("an empty answer that is declared", () => {
  // zio/zio-http#3861, Effect-TS/effect#247, wolfadex/elm-open-api#14
  for (const name of [
    "byDefault",
    "noContent",
    "either",
    "eitherOfOneStatus",
    "accepted",
    "voided",
    "voidedReset",
    "undefinedOr",
    "undefinedOrNoContent"
  ] as const) {
    it.effect(`decodes to undefined: ${name}`, () =>
      Effect.gen(function* () {
        const service = yield* Empties
        assert.strictEqual(yield* service[name](), undefined)
      }).pipe(Effect.provide(emptied))
    )
  }

  it.effect("decodes to null where null is declared, and its headers are decoded beside it", () =>
    Effect.gen(function* () {
      const service = yield* Empties
      assert.strictEqual(yield* service.nullOr(), null)
      assert.deepInclude(yield* service.withHeaders(), { headers: { "x-request": "r1" }, body: undefined })
    }).pipe(Effect.provide(emptied))
  )

  it.effect("is a declared error without a body", () =>
    Effect.gen(function* () {
      const service = yield* Empties
      assert.strictEqual(yield* Effect.flip(service.missing()), undefined)
      assert.strictEqual(yield* Effect.flip(service.notModified()), undefined)
      assert.strictEqual((yield* Effect.flip(service.gone()))?._tag, "Gone")
    }).pipe(Effect.provide(emptied))
  )

  it.effect("is a DecodeFailure where only a body is declared", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip((yield* Empties).thing())
      assert.strictEqual(error._tag, "DecodeFailure")
    }).pipe(Effect.provide(emptied))
  )

  it.effect("is sent by a mock for a success of undefined", () => {
    const mocked = Empties.layerMock({
      noContent: Mock.ok(),
      accepted: Mock.ok(undefined),
      voided: Mock.ok(),
      either: Mock.ok(undefined)
    })
    return Effect.gen(function* () {
      const service = yield* Empties
      assert.strictEqual(yield* service.noContent(), undefined)
      assert.strictEqual(yield* service.accepted(), undefined)
      assert.strictEqual(yield* service.voided(), undefined)
      assert.strictEqual(yield* service.either(), undefined)
    }).pipe(Effect.provide(mocked))
  })

  it.effect("decodes through an HttpApi, as a success and as an error", () => {
    const api = HttpApi.make("x").add(
      HttpApiGroup.make("g")
        .add(HttpApiEndpoint.delete("remove", "/204", { success: HttpApiSchema.NoContent }))
        .add(HttpApiEndpoint.get("find", "/404", { success: Schema.String, error: HttpApiError.NotFoundNoContent }))
    )
    return Effect.gen(function* () {
      const { url } = yield* serve((request, response) => response.writeHead(Number(request.url?.slice(1))).end())
      class Api extends Integration.Service<Api>()("test/Api", Integration.fromHttpApi(api, { baseUrl: url })) {}
      yield* Effect.gen(function* () {
        const service = yield* Api
        assert.strictEqual(yield* service.g.remove(), undefined)
        assert.strictEqual((yield* Effect.flip(service.g.find()))._tag, "NotFound")
      }).pipe(Effect.provide(Api.layer.pipe(Layer.provide([Auth.none(Api), FetchHttpClient.layer]))))
    })
  })
})

const bytes = (...parts: ReadonlyArray<string | ReadonlyArray<number>>) =>
  new Uint8Array(
    Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Uint8Array.from(part))))
  )

const utf16 = (text: string) => Array.from(Buffer.from(text, "utf16le"))

const swapped = (octets: ReadonlyArray<number>) =>
  octets.flatMap((_, at) => (at % 2 === 0 ? [octets[at + 1] ?? 0, octets[at] ?? 0] : []))

const utf32 = (text: string, littleEndian: boolean) =>
  Array.from(text, (char) => {
    const octets = new DataView(new ArrayBuffer(4))
    octets.setUint32(0, char.codePointAt(0) ?? 0, littleEndian)
    return Array.from(new Uint8Array(octets.buffer))
  }).flat()

/** Calls a method of an answer that a server sends with these bytes. */
const answered = (type: string | undefined, body: Uint8Array, status = 200) =>
  Effect.map(
    serve((_request, response) =>
      response.writeHead(status, type === undefined ? {} : { "content-type": type }).end(body)
    ),
    ({ url }) => {
      class Text extends Integration.Service<Text>()("test/Text", {
        baseUrl: url,
        endpoints: [
          Endpoint.get("json", "/", { success: Thing, errors: { 400: WrongParam } }),
          Endpoint.get("text", "/", { success: Schema.String.pipe(HttpApiSchema.asText()) }),
          Endpoint.get("form", "/", {
            success: Schema.Struct({ name: Schema.String }).pipe(HttpApiSchema.asFormUrlEncoded())
          })
        ]
      }) {}
      const layer = Text.layer.pipe(Layer.provide([Auth.none(Text), FetchHttpClient.layer]))
      return <A, E>(use: (service: Text["Service"]) => Effect.Effect<A, E>) =>
        Effect.provide(Effect.flatMap(Text, use), layer)
    }
  )

const id = '{"id":"Müller"}'

describe("a JSON answer", () => {
  const cases: ReadonlyArray<readonly [string, string | undefined, Uint8Array]> = [
    ["in UTF-8", "application/json", bytes(id)],
    ["in UTF-8 although another charset is declared", "application/json; charset=iso-8859-1", bytes(id)],
    ["in UTF-8 with a byte order mark", "application/json", bytes([0xef, 0xbb, 0xbf], id)],
    ["in ISO-8859-1", "application/json; charset=ISO-8859-1", new Uint8Array(Buffer.from(id, "latin1"))],
    [
      "in a charset in quotes and capitals",
      'Application/JSON ; a="; charset=utf-16" ; Charset = "Latin1"',
      new Uint8Array(Buffer.from(id, "latin1"))
    ],
    ["in UTF-16 little endian with a mark", "application/json", bytes([0xff, 0xfe], utf16(id))],
    ["in UTF-16 big endian with a mark", undefined, bytes([0xfe, 0xff], swapped(utf16(id)))],
    ["in UTF-16 little endian without a mark", "application/json; charset=utf-16le", bytes(utf16(id))],
    ["in UTF-16 big endian without a mark", "application/json", bytes(swapped(utf16(id)))],
    ["in UTF-32 little endian with a mark", "application/json", bytes(utf32(`\uFEFF${id}`, true))],
    ["in UTF-32 big endian without a mark", "application/json", bytes(utf32(id, false))],
    ["in UTF-8 under an unknown charset", "application/json; charset=klingon", bytes(id)]
  ]
  for (const [name, type, body] of cases) {
    // axios/axios#501, #5317, #332
    it.live(`${name} decodes`, () =>
      Effect.gen(function* () {
        const call = yield* answered(type, body)
        assert.deepStrictEqual(yield* call((service) => service.json()), { id: "Müller" })
      })
    )
  }

  const invalid: ReadonlyArray<readonly [string, string, Uint8Array]> = [
    ["invalid UTF-8", "application/json", new Uint8Array(Buffer.from(id, "latin1"))],
    [
      "invalid UTF-8 under an unknown charset",
      "application/json; charset=klingon",
      new Uint8Array(Buffer.from(id, "latin1"))
    ],
    ["a lone surrogate in UTF-16", "application/json", bytes([0xff, 0xfe], [0x22, 0, 0, 0xd8, 0x22, 0])],
    ["two byte order marks", "application/json", bytes([0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], id)]
  ]
  for (const [name, type, body] of invalid) {
    it.live(`with ${name} is a DecodeFailure`, () =>
      Effect.gen(function* () {
        const call = yield* answered(type, body)
        assert.strictEqual((yield* Effect.flip(call((service) => service.json())))._tag, "DecodeFailure")
      })
    )
  }

  it.live("that is a declared error may come in its declared charset", () =>
    Effect.gen(function* () {
      const body = new Uint8Array(Buffer.from('{"param":"Größe"}', "latin1"))
      const call = yield* answered("application/json; charset=windows-1252", body, 400)
      const error = yield* Effect.flip(call((service) => service.json()))
      assert.deepInclude(error, { _tag: "WrongParam", param: "Größe" })
    })
  )

  it.live("that is not JSON says where, and quotes nothing of it", () =>
    Effect.gen(function* () {
      const call = yield* answered("application/json", bytes('{"id": "secret", }'))
      const error = yield* Effect.flip(call((service) => service.json()))
      assert.deepInclude(error, { _tag: "DecodeFailure", issue: "invalid JSON at position 17 (line 1, column 18)" })
    })
  )

  it.live("that is nested 100,000 levels deep is a DecodeFailure, not a stack overflow", () =>
    Effect.gen(function* () {
      const call = yield* answered("application/json", bytes("[".repeat(100_000) + "]".repeat(100_000)))
      const exit = yield* Effect.exit(call((service) => service.json()))
      assert.isTrue(Exit.isFailure(exit) && exit.cause.reasons.every(({ _tag }) => _tag === "Fail"))
    })
  )
})

describe("a text answer", () => {
  it.live("is read in its declared charset before UTF-8", () =>
    Effect.gen(function* () {
      const call = yield* answered('text/csv; charset="windows-1252"', bytes([0x80, 0xc3, 0xbc]))
      assert.strictEqual(yield* call((service) => service.text()), "€Ã¼")
    })
  )

  it.live("is read as UTF-8 where its declared charset does not fit", () =>
    Effect.gen(function* () {
      const call = yield* answered("text/plain; charset=us-ascii", bytes([0xef, 0xbb, 0xbf], "ü"))
      assert.strictEqual(yield* call((service) => service.text()), "ü")
      const japanese = yield* answered("text/plain; charset=shift_jis", bytes([0xf0, 0x9f, 0x98, 0x80]))
      assert.strictEqual(yield* japanese((service) => service.text()), "😀")
    })
  )

  it.live("that is valid in no charset is a DecodeFailure", () =>
    Effect.gen(function* () {
      const call = yield* answered("text/plain", bytes([0xff, 0x41]))
      const error = yield* Effect.flip(call((service) => service.text()))
      assert.deepInclude(error, { _tag: "DecodeFailure", issue: "the body is not valid utf-8 text" })
    })
  )
})

describe("a form answer", () => {
  it.live("is decoded, a leading question mark and a bare percent sign included", () =>
    Effect.gen(function* () {
      const call = yield* answered("application/x-www-form-urlencoded", bytes("name=100%+M%C3%BCller&?a=1"))
      assert.deepStrictEqual(yield* call((service) => service.form()), { name: "100% Müller" })
    })
  )

  it.live("is read in its declared charset, and is a DecodeFailure where it is invalid", () =>
    Effect.gen(function* () {
      const type = "application/x-www-form-urlencoded"
      const declared = yield* answered(`${type}; charset=windows-1252`, bytes("name=M%FCller"))
      assert.deepStrictEqual(yield* declared((service) => service.form()), { name: "Müller" })
      const invalid = yield* answered(type, bytes("name=M%FCller"))
      assert.strictEqual((yield* Effect.flip(invalid((service) => service.form())))._tag, "DecodeFailure")
    })
  )
})

class Unions extends Integration.Service<Unions>()("test/Unions", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.get("tagged", "/", {
      success: Thing,
      errors: { 422: Schema.Union([Generic, WrongParam, WrongField]), 409: Schema.Union([WrongParam, Gone]) }
    })
  ]
}) {}

describe("a union of tagged errors for one status", () => {
  const failed = (status: number, body: unknown) =>
    Effect.flip(Effect.flatMap(Unions, (service) => service.tagged())).pipe(
      Effect.provide(Unions.layerMock({ tagged: Mock.status(status, { body }) }))
    )

  it.effect("is told apart by the fields in the body, whatever the order of its members", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* failed(422, { field: "amount" }), { _tag: "WrongField", field: "amount" })
      assert.deepInclude(yield* failed(422, { param: "id", message: "no" }), { _tag: "WrongParam", param: "id" })
      assert.deepInclude(yield* failed(422, { message: "no" }), { _tag: "Generic", message: "no" })
    })
  )

  it.effect("keeps a tag that is on the wire, and takes a member without fields for any body", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* failed(422, { _tag: "Generic", field: "amount" }), { _tag: "Generic" })
      assert.strictEqual((yield* failed(409, "<html>"))._tag, "Gone")
    })
  )
})

describe("several errors of an HttpApi for one status", () => {
  const api = HttpApi.make("y").add(
    HttpApiGroup.make("g").add(
      HttpApiEndpoint.get("find", "/", {
        success: Thing,
        error: [
          HttpApiSchema.status(409)(Busy),
          HttpApiSchema.status(409)(Gone.pipe(HttpApiSchema.asNoContent({ decode: () => new Gone() }))),
          HttpApiSchema.status(409)(Schema.String.pipe(HttpApiSchema.asText()))
        ]
      })
    )
  )

  class Api extends Integration.Service<Api>()(
    "test/Errors",
    Integration.fromHttpApi(api, { baseUrl: "https://provider.example" })
  ) {}

  it.effect("are told apart by an empty body, the content type and their fields", () => {
    const json = { "content-type": "application/json" }
    const find = Mock.sequence(
      Mock.status(409, { body: { by: "me" }, headers: json }),
      Mock.status(409),
      Mock.status(409, { body: "no", headers: { "content-type": "text/plain; charset=utf-8" } })
    )
    return Effect.gen(function* () {
      const { g } = yield* Api
      assert.deepInclude(yield* Effect.flip(g.find()), { _tag: "Busy", by: "me" })
      assert.deepInclude(yield* Effect.flip(g.find()), { _tag: "Gone" })
      assert.strictEqual(yield* Effect.flip(g.find()), "no")
    }).pipe(Effect.provide(Api.layerMock({ g: { find } })))
  })
})
