import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema, SchemaGetter, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Endpoint, FormStyle } from "@causeway/core/client"
import { sentBy } from "./sentRequest.ts"

const circular: Record<string, unknown> = {}
circular["self"] = circular

const throwing = {
  get a(): string {
    throw new Error("hunter2")
  }
}

const values: ReadonlyArray<readonly [string, unknown]> = [
  ["a lone surrogate", { a: "\ud83d" }],
  ["a bigint", { a: 1n }],
  ["a value that contains itself", { a: circular }],
  ["a symbol", { a: Symbol("s") }],
  ["a getter that throws", throwing],
  ["a nested getter that throws", { a: throwing }],
  ["a function", { a: () => 1 }],
  ["no object", Symbol("s")]
]

const unknowing = Schema.Struct({ a: Schema.Unknown })
const text = Schema.Struct({ a: Schema.String })
const anything = Schema.Struct({ a: Schema.Any })

const failureOf = (call: Effect.Effect<unknown, unknown>) =>
  Effect.map(Effect.exit(call), (exit) => {
    assert.isTrue(Exit.isFailure(exit), "it was sent")
    const reason = Exit.isFailure(exit) ? exit.cause.reasons[0] : undefined
    assert.strictEqual(reason?._tag, "Fail", String(exit))
    const error = reason?._tag === "Fail" ? reason.error : undefined
    assert.notInclude(String(error), "hunter2")
    assert.notInclude(JSON.stringify(error), "hunter2")
    return error
  })

const isEncodeFailure = (error: unknown, part: string) => {
  assert.propertyVal(error, "_tag", "EncodeFailure")
  assert.propertyVal(error, "part", part)
}

describe("a request that cannot be encoded is an EncodeFailure", () => {
  const bodies: ReadonlyArray<readonly [string, Schema.Top]> = [
    ["JSON of an unknown value", unknowing],
    ["JSON of any value", anything],
    ["JSON of a text", text],
    ["a form", text.pipe(HttpApiSchema.asFormUrlEncoded())],
    ["a form of an unknown value", unknowing.pipe(HttpApiSchema.asFormUrlEncoded())],
    ["a form of any value", anything.pipe(HttpApiSchema.asFormUrlEncoded())],
    ["one of several bodies", Schema.Union([text, Schema.Struct({ b: Schema.Int })])]
  ]
  for (const [kind, payload] of bodies) {
    for (const [name, value] of values) {
      if (kind === "a form of any value" && name === "a bigint") continue
      it.effect(`${name} in ${kind}`, () =>
        Effect.map(failureOf(sentBy(Endpoint.post("write", "/things", { payload }), { payload: value })), (error) =>
          isEncodeFailure(error, "payload")
        )
      )
    }
  }

  for (const query of [text, unknowing, anything]) {
    for (const style of [undefined, FormStyle.indices]) {
      for (const [name, value] of values) {
        // A form writes its digits.
        if (query === anything && name === "a bigint") continue
        it.effect(
          `${name} in a query${style === undefined ? "" : " with a style"} of ${String(query.fields.a.ast._tag)}`,
          () =>
            Effect.gen(function* () {
              const endpoint = Endpoint.get("read", "/things", {
                query,
                ...(style !== undefined && { queryStyle: style })
              })
              isEncodeFailure(yield* failureOf(sentBy(endpoint, { query: value })), "query")
            })
        )
      }
    }
  }

  for (const [name, value] of [
    ...values,
    ["a line break", { a: "x\r\ny: z" }],
    ["a character above U+00FF", { a: "€" }]
  ] as const) {
    it.effect(`${name} in a header`, () =>
      Effect.gen(function* () {
        const endpoint = Endpoint.get("read", "/things", { headers: text })
        isEncodeFailure(yield* failureOf(sentBy(endpoint, { headers: value })), "headers")
      })
    )
  }

  it.effect("a toJSON that throws, or that gives nothing", () =>
    Effect.gen(function* () {
      const endpoint = Endpoint.post("write", "/things", { payload: Schema.Any })
      const throws = { toJSON: () => Effect.runSync(Effect.die("hunter2")) }
      isEncodeFailure(yield* failureOf(sentBy(endpoint, { payload: throws })), "payload")
      isEncodeFailure(yield* failureOf(sentBy(endpoint, { payload: { toJSON: () => undefined } })), "payload")
    })
  )

  for (const [when, encode] of [
    ["at once", () => Effect.runSync(Effect.die("hunter2"))],
    ["in a fibre", () => Effect.andThen(Effect.yieldNow, Effect.die("hunter2"))]
  ] as const) {
    it.effect(`a schema whose encoding throws ${when}`, () =>
      Effect.gen(function* () {
        const Throwing = Schema.String.pipe(
          Schema.decodeTo(Schema.String, {
            decode: SchemaGetter.passthrough(),
            encode: SchemaGetter.transformEffect(encode)
          })
        )
        const endpoint = Endpoint.post("write", "/things", { payload: { a: Throwing } })
        isEncodeFailure(yield* failureOf(sentBy(endpoint, { payload: { a: "x" } })), "payload")
      })
    )
  }

  it.effect("a text with a lone surrogate, and a value that is neither text nor bytes", () =>
    Effect.gen(function* () {
      const plain = Endpoint.post("write", "/things", { payload: Schema.String.pipe(HttpApiSchema.asText()) })
      isEncodeFailure(yield* failureOf(sentBy(plain, { payload: "\udc00" })), "payload")
      isEncodeFailure(yield* failureOf(sentBy(plain, { payload: 5 })), "payload")
      const bytes = Endpoint.post("write", "/things", { payload: Schema.Uint8Array.pipe(HttpApiSchema.asUint8Array()) })
      isEncodeFailure(yield* failureOf(sentBy(bytes, { payload: "text" })), "payload")
    })
  )

  it.effect("a multipart body that is no FormData, and a FormData where none is declared", () =>
    Effect.gen(function* () {
      const upload = Endpoint.post("write", "/things", { payload: text.pipe(HttpApiSchema.asMultipart()) })
      isEncodeFailure(yield* failureOf(sentBy(upload, { payload: { a: "x" } })), "payload")
      const json = Endpoint.post("write", "/things", { payload: text })
      isEncodeFailure(yield* failureOf(sentBy(json, { payload: new FormData() })), "payload")
      isEncodeFailure(
        yield* failureOf(
          sentBy(Endpoint.post("write", "/things", { payload: HttpApiSchema.StreamUint8Array() }), { payload: "x" })
        ),
        "payload"
      )
    })
  )

  it.effect("an escaped backslash before a u is no surrogate", () =>
    Effect.gen(function* () {
      const endpoint = Endpoint.post("write", "/things", { payload: text })
      const sent = yield* sentBy(endpoint, { payload: { a: "\\ud800 😀" } })
      assert.strictEqual(sent.body, '{"a":"\\\\ud800 😀"}')
    })
  )
})

describe("a path parameter that no URL can carry is a TransportFailure with InvalidUrl", () => {
  const endpoint = Endpoint.get("read", "/things/:a", { params: { a: Schema.String } })
  for (const [name, value] of [
    ...values,
    ["a dot", { a: "." }],
    ["two dots", { a: ".." }],
    ["nothing", { a: "" }]
  ] as const) {
    it.effect(name, () =>
      Effect.map(failureOf(sentBy(endpoint, { params: value })), (error) => {
        assert.propertyVal(error, "_tag", "TransportFailure")
        assert.propertyVal(error, "reason", "InvalidUrl")
      })
    )
  }
})

it.effect("files and streams are sent as they are", () =>
  Effect.gen(function* () {
    const upload = Endpoint.post("write", "/things", { payload: text.pipe(HttpApiSchema.asMultipart()) })
    const form = new FormData()
    form.append("a", "x")
    assert.strictEqual((yield* sentBy(upload, { payload: form })).method, "POST")
    const bytes = Endpoint.post("write", "/things", { payload: HttpApiSchema.StreamUint8Array() })
    const sent = yield* sentBy(bytes, { payload: Stream.make(new Uint8Array([1])) })
    assert.strictEqual(sent.contentType, "application/octet-stream")
  })
)
