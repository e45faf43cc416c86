import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Endpoint, FormStyle, LargeInteger } from "@causeway/core/client"
import { withLargeIntegers } from "../../src/client/internal/largeIntegers.ts"
import { sentBy } from "./sentRequest.ts"

const Post = { id: LargeInteger.asBigInt, parent: LargeInteger.asDigits, count: Schema.Int }
// Just above 2^53, and the largest id that Twitter's documentation shows as losing digits.
const post = { id: 9_007_199_254_740_993n, parent: "10765432100123456789", count: 1 }

describe("an integer beyond 2^53 keeps its digits", () => {
  it.effect("in the JSON of a request, as a number", () =>
    Effect.gen(function* () {
      const { body } = yield* sentBy(Endpoint.post("write", "/posts", { payload: Post }), { payload: post })
      assert.strictEqual(body, '{"id":9007199254740993,"parent":10765432100123456789,"count":1}')
      const list = Endpoint.post("write", "/posts", { payload: Schema.Array(LargeInteger.asBigInt) })
      assert.strictEqual((yield* sentBy(list, { payload: [1n, -(2n ** 70n)] })).body, "[1,-1180591620717411303424]")
    })
  )

  it.effect("in a form, a query and a path", () =>
    Effect.gen(function* () {
      const text = "id=9007199254740993&parent=10765432100123456789&count=1"
      const payload = Schema.Struct(Post).pipe(HttpApiSchema.asFormUrlEncoded())
      const form = Endpoint.post("write", "/posts", { payload, formStyle: FormStyle.indices })
      assert.strictEqual((yield* sentBy(form, { payload: post })).body, text)
      const find = Endpoint.get("find", "/posts/:id", { params: { id: LargeInteger.asBigInt }, query: Post })
      const { url } = yield* sentBy(find, { params: { id: post.id }, query: post })
      assert.strictEqual(url, `https://api.example/v1/posts/9007199254740993?${text}`)
    })
  )

  it("when it is decoded from what was parsed with its digits", () => {
    const decode = Schema.decodeUnknownSync(Schema.toCodecJson(Schema.Struct(Post)))
    assert.deepStrictEqual(decode({ id: 9_007_199_254_740_993n, parent: 10_765_432_100_123_456_789n, count: 1 }), post)
    assert.deepStrictEqual(decode({ id: 5, parent: -7, count: 1 }), { id: 5n, parent: "-7", count: 1 })
    // 2^53 + 1 as a number is 2^53: its digits are lost.
    assert.throws(() => decode({ id: 2 ** 53, parent: 1, count: 1 }), "an integer with all its digits")
    assert.throws(() => decode({ id: 1.5, parent: 1, count: 1 }), "an integer with all its digits")
    assert.throws(() => decode({ id: "5", parent: 1, count: 1 }), "an integer with all its digits")
  })

  it("when it is put where the parser has lost it", () => {
    const value = { id: 2 ** 53, list: [2 ** 53, 1.5], small: 1, long: 1e300 }
    const known = new Map<object, Readonly<Record<string, string>>>([
      [value, { id: "9007199254740993", long: "1".repeat(301) }],
      [value.list, { 0: "-9007199254740993", 1: "1.50" }]
    ])
    const exact = withLargeIntegers(value, { digits: undefined, digitsAt: (holder, key) => known.get(holder)?.[key] })
    assert.deepStrictEqual(exact, {
      id: 9_007_199_254_740_993n,
      list: [-9_007_199_254_740_993n, 1.5],
      small: 1,
      long: 1e300
    })
    assert.strictEqual(
      withLargeIntegers(2 ** 53, { digits: "9007199254740993", digitsAt: () => undefined }),
      9_007_199_254_740_993n
    )
  })
})

it.effect("digits that are none are an EncodeFailure", () =>
  Effect.gen(function* () {
    const endpoint = Endpoint.post("write", "/posts", { payload: Post })
    const error = yield* Effect.flip(sentBy(endpoint, { payload: { ...post, parent: "1e5" } }))
    assert.propertyVal(error, "_tag", "EncodeFailure")
  })
)
