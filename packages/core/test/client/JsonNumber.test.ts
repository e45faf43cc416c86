import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { HttpBody } from "effect/http"
import { Endpoint, Integration, JsonNumber } from "@causeway/core/client"
import { Mock } from "@causeway/core/testing"
import { sentBy } from "./sentRequest.ts"

class TooMuch extends Schema.TaggedError<TooMuch>()("TooMuch", { limit: JsonNumber.BigInt }) {}

interface Tree {
  readonly id: bigint
  readonly children: ReadonlyArray<Tree>
}

const Tree = Schema.Struct({
  id: JsonNumber.BigInt,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree, unknown> => Tree))
})

const All = Schema.Struct({
  id: JsonNumber.BigInt,
  plain: Schema.Number,
  optional: Schema.optional(JsonNumber.BigInt),
  list: Schema.Array(JsonNumber.BigInt),
  either: Schema.Union([JsonNumber.BigInt, Schema.Null]),
  byName: Schema.Record(Schema.String, JsonNumber.Digits)
})

class Numbers extends Integration.Service<Numbers>()("test/Numbers", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.get("all", "/", { success: All, errors: { 400: TooMuch } }),
    Endpoint.get("tree", "/", { success: Tree }),
    Endpoint.get("bare", "/", { success: JsonNumber.BigInt }),
    Endpoint.get("digits", "/", { success: JsonNumber.Digits }),
    Endpoint.get("lines", "/", { success: HttpApiSchema.StreamNdjson({ schema: Tree }) }),
    Endpoint.post("send", "/", {
      payload: { id: JsonNumber.BigInt, price: JsonNumber.Digits },
      success: Schema.Unknown
    })
  ]
}) {}

const big = "12345678901234567890"

const all = `{"id":${big},"plain":${big},"list":[1,${big},"${big}"],"either":-${big},"byName":{"a":1.10,"b":0.1234567890123456789}}`

const answering = (name: "all" | "tree" | "bare" | "digits" | "lines", body: string, status = 200) =>
  Effect.provide(
    Effect.flatMap(Numbers, (service): Effect.Effect<unknown, unknown> => service[name]()),
    Numbers.layerMock({ [name]: Mock.status(status, { body }) })
  )

describe("a number whose digits are kept", () => {
  it.effect("is decoded without loss wherever its schema is, and others stay numbers", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* answering("all", all), {
        id: BigInt(big),
        plain: Number(big),
        list: [1n, BigInt(big), BigInt(big)],
        either: -BigInt(big),
        byName: { a: "1.10", b: "0.1234567890123456789" }
      })
    })
  )

  it.effect("is decoded in recursive schemas, in lines, in declared errors and by itself", () =>
    Effect.gen(function* () {
      const tree = `{"id":${big},"children":[{"id":${big},"children":[]}]}`
      const expected = { id: BigInt(big), children: [{ id: BigInt(big), children: [] }] }
      assert.deepStrictEqual(yield* answering("tree", tree), expected)
      const lines = yield* answering("lines", `${tree}\n`)
      assert.isTrue(Stream.isStream(lines))
      // The success of this endpoint is a stream of trees.
      assert.deepStrictEqual(yield* Stream.runCollect(lines as Stream.Stream<Tree>), [expected])
      assert.deepInclude(yield* Effect.flip(answering("all", `{"limit":${big}}`, 400)), { limit: BigInt(big) })
      assert.strictEqual(yield* answering("bare", big), BigInt(big))
      assert.strictEqual(yield* answering("digits", "1.50"), "1.50")
    })
  )

  it.effect("may have an exponent, and is refused where it is no integer or too long", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* answering("bare", "1.5e20"), 150000000000000000000n)
      assert.strictEqual(yield* answering("bare", "10.0"), 10n)
      for (const body of ["1.5", "1e-1", "1e999999999", "9".repeat(5000), '"0x10"', '""', "true", "null"]) {
        assert.deepInclude(yield* Effect.flip(answering("bare", body)), { _tag: "DecodeFailure" })
      }
    })
  )

  it.effect("is never rounded where its digits are unknown", () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Schema.decodeUnknownEffect(JsonNumber.BigInt)(2 ** 53))
      assert.strictEqual(exit._tag, "Failure")
    })
  )

  it.effect("is written as a JSON number with all its digits", () => {
    let sent = ""
    const layer = Numbers.layerMock({
      send: Mock.by(({ body }) => {
        sent = body instanceof HttpBody.Uint8Array ? new TextDecoder().decode(body.body) : ""
        return Mock.ok({})
      })
    })
    return Effect.gen(function* () {
      yield* (yield* Numbers).send({ payload: { id: BigInt(big), price: "1.10" } })
      assert.strictEqual(sent, `{"id":${big},"price":1.10}`)
    }).pipe(Effect.provide(layer))
  })
})

it.effect("a number whose digits are kept is written with its digits in a form", () => {
  const payload = Schema.Struct({ id: JsonNumber.BigInt, price: JsonNumber.Digits }).pipe(
    HttpApiSchema.asFormUrlEncoded()
  )
  const form = Endpoint.post("write", "/posts", { payload })
  return Effect.map(sentBy(form, { payload: { id: 9_007_199_254_740_993n, price: "1.10" } }), ({ body }) =>
    assert.strictEqual(body, "id=9007199254740993&price=1.10")
  )
})
