import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { Exchange } from "@causeway/core/policy"

const request = HttpClientRequest.get("https://provider.example/read")

const responseOf = (body: BodyInit | null, init?: ResponseInit) =>
  HttpClientResponse.fromWeb(request, new Response(body, init))

/** A body of which these pieces come, and no end. */
const unending = (...pieces: ReadonlyArray<string>) => {
  let isCancelled = false
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const piece of pieces) controller.enqueue(new TextEncoder().encode(piece))
    },
    cancel: () => {
      isCancelled = true
    }
  })
  return { stream, isCancelled: () => isCancelled }
}

describe("an excerpt of a body", () => {
  it.effect("is as long as it may be, and the rest is cancelled", () =>
    Effect.gen(function* () {
      const { isCancelled, stream } = unending("12345", "67890", "abc")
      assert.strictEqual(yield* Exchange.excerpt(responseOf(stream), 7), "1234567")
      assert.isTrue(isCancelled())
    })
  )

  it.effect("of no body is empty", () =>
    Effect.map(Exchange.excerpt(responseOf(null), 7), (text) => assert.strictEqual(text, ""))
  )

  it.effect("that is cut within a character does not fail", () =>
    Effect.map(Exchange.excerpt(responseOf("aü"), 2), (text) => assert.strictEqual(text, "a\ufffd"))
  )

  it.effect("whose body stalls is what had come, after five seconds", () =>
    Effect.gen(function* () {
      const { isCancelled, stream } = unending("beginning")
      const fiber = yield* Effect.forkChild(Exchange.excerpt(responseOf(stream), 1000))
      yield* Effect.promise(() => new Promise((go) => setImmediate(go)))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* Fiber.join(fiber), "beginning")
      assert.isTrue(isCancelled())
    })
  )
})

describe("what broke", () => {
  const brokenBy = (error: unknown) =>
    Exchange.brokenBy(
      new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause: error }) })
    )

  it("was not sent when there was no connection", () => {
    for (const code of ["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]) {
      const broken = brokenBy(new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code }) }))
      assert.deepInclude(broken, { reason: "Connect", sent: false, code })
    }
  })

  it("may have been sent in all other cases", () => {
    for (const error of [Object.assign(new Error("x"), { code: "ECONNRESET" }), new Error("odd"), "odd", undefined]) {
      assert.deepInclude(brokenBy(error), { reason: "Send", sent: true })
    }
  })

  it("holds neither the message nor the request", () => {
    const broken = brokenBy(new Error('"Bearer hunter2" is an invalid header value'))
    assert.notInclude(inspect(broken, { depth: 20 }), "hunter2")
  })

  it.effect("is an invalid URL when nothing could be made of it", () =>
    Effect.gen(function* () {
      const client = HttpClient.make((sent) => Effect.succeed(HttpClientResponse.fromWeb(sent, new Response())))
      const broken = yield* Effect.flip(Exchange.send(client, HttpClientRequest.get("http://[")))
      assert.deepInclude(broken, { reason: "InvalidUrl", sent: false })
    })
  )
})

describe("the request id", () => {
  const cases: ReadonlyArray<readonly [headers: Record<string, string>, id: string | undefined]> = [
    [{}, undefined],
    [{ "cf-ray": "1-ZRH" }, "1-ZRH"],
    [{ "cf-ray": "1-ZRH", "x-request-id": "req_1" }, "req_1"],
    [{ "x-request-id": "", "request-id": "req_2" }, "req_2"],
    [{ "x-request-id": "a\u0000b c\u001b[31m" }, "abc[31m"],
    [{ "x-request-id": "x".repeat(1000) }, "x".repeat(200)]
  ]
  for (const [headers, id] of cases) {
    it(`of ${JSON.stringify(headers).slice(0, 60)} is ${String(id).slice(0, 20)}`, () =>
      assert.strictEqual(Exchange.requestId(headers), id))
  }
})
