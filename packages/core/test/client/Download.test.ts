/** Downloads over mocks: what holds without a network. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule, Sink, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { CallError, Download, Endpoint, Integration } from "@causeway/core/client"
import { InvalidOption, Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { expectTypeOf } from "vitest"

class Store extends Integration.Service<Store>()("test/Store", {
  baseUrl: "https://store.example",
  endpoints: [Endpoint.get("get", "/file", { success: HttpApiSchema.StreamUint8Array() })],
  policy: Policy.none
}) {}

const options = { schedule: Schedule.recurs(20) }

const getting = (store: Store["Service"]) => (options: Download.RangeOptions) =>
  store.get({ responseMode: "decoded-and-response" }, options)

const text = (headers: Readonly<Record<string, string>>, body = "123456789") =>
  Effect.result(
    Effect.provide(
      Effect.flatMap(Store, (store) => Stream.mkString(Stream.decodeText(Download.stream(getting(store), options)))),
      Store.layerMock({ get: Mock.status(200, { headers, body }) })
    )
  )

describe("a download over a mock", () => {
  // The check values of the catalogue of parametrised CRC algorithms, for the text "123456789".
  for (const [header, right, wrong] of [
    ["x-amz-checksum-crc32", "y/Q5Jg==", "y/Q5Jw=="],
    ["x-amz-checksum-crc32c", "4waSgw==", "4waShA=="],
    ["x-goog-hash", "crc32c=4waSgw==", "crc32c=4waShA=="],
    ["content-md5", "JfnnlDI7RTiF9RgfG2JNCw==", "JfnnlDI7RTiF9RgfG2JNCg=="]
  ] as const) {
    it.effect(`compares ${header}`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* text({ [header]: right }))._tag, "Success")
        const end = yield* text({ [header]: wrong })
        assert.instanceOf(end._tag === "Failure" ? end.failure : undefined, Download.DownloadFailure)
      })
    )
  }

  // RFC 9530, appendix B: the digests of the JSON text {"hello": "world"} with a line feed.
  it.effect("compares the digests of RFC 9530", () =>
    Effect.gen(function* () {
      const body = '{"hello": "world"}\n'
      const right = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
      assert.strictEqual((yield* text({ "repr-digest": right }, body))._tag, "Success")
      assert.strictEqual((yield* text({ "content-digest": `md5=:AAAA:, ${right}` }, body))._tag, "Failure")
      assert.strictEqual((yield* text({ "repr-digest": right }, "{}"))._tag, "Failure")
    })
  )

  it.effect("ignores what is no checksum of its bytes", () =>
    Effect.gen(function* () {
      const headers = {
        etag: '"00000000000000000000000000000000"',
        "x-amz-checksum-crc32": "AAAAAA==-2",
        "content-md5": "not base64!",
        "x-goog-hash": "md5=AAAAAAAAAAAAAAAAAAAAAA==",
        "x-goog-stored-content-encoding": "gzip",
        "repr-digest": "unixsum=30637"
      }
      assert.strictEqual((yield* text(headers))._tag, "Success")
    })
  )

  it.effect("fails with what broke the body when the provider gives nothing to resume by", () =>
    Effect.gen(function* () {
      const program = Effect.flatMap(Store, (store) => Download.toSink(getting(store), Sink.drain, options))
      const error = yield* Effect.flip(Effect.provide(program, Store.layerMock({ get: Mock.broken("Body") })))
      assert.instanceOf(error, CallError.TransportFailure)
    })
  )

  it("options are checked, and the errors are those of the call and of the download", () => {
    const check = (store: Store["Service"]) => {
      const call = Download.toSink(getting(store), Sink.drain)
      expectTypeOf<Effect.Error<typeof call>["_tag"]>().toEqualTypeOf<
        "DownloadFailure" | "Unauthorized" | "TransportFailure" | "UnexpectedStatus" | "DecodeFailure" | "EncodeFailure"
      >()
    }
    assert.isFunction(check)
    assert.throws(
      () => Download.toSink(() => Effect.never, Sink.drain, { attempts: 0 }),
      InvalidOption.InvalidOption,
      "attempts is 0"
    )
  })
})
