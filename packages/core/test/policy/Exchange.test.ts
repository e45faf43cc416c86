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

  const withCode = (code: string, more: object = {}) =>
    brokenBy(new TypeError("fetch failed", { cause: Object.assign(new Error("x"), { code, ...more }) }))

  for (const [what, expected, codes] of [
    [
      "is transient when the connection failed",
      { category: "transient", origin: "remote" },
      ["ECONNREFUSED", "EHOSTUNREACH", "EHOSTDOWN", "ENETUNREACH", "ENETDOWN", "EAI_AGAIN", "ENOENT"]
    ],
    [
      "is transient when connecting took too long",
      { category: "transient", origin: "remote" },
      ["UND_ERR_CONNECT_TIMEOUT", "ETIMEOUT", "ERR_TLS_HANDSHAKE_TIMEOUT", "UND_ERR_PRX_CONN"]
    ],
    [
      "is rejected for a host that does not exist",
      { category: "rejected", origin: "remote" },
      ["ENOTFOUND", "EAI_NODATA", "EAI_NONAME", "EAI_FAIL", "ENODATA"]
    ],
    [
      "is rejected for a bad certificate and for another protocol",
      { category: "rejected", origin: "remote" },
      [
        "CERT_HAS_EXPIRED",
        "CERT_NOT_YET_VALID",
        "CERT_REVOKED",
        "DEPTH_ZERO_SELF_SIGNED_CERT",
        "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
        "HOSTNAME_MISMATCH",
        "ERR_TLS_CERT_ALTNAME_INVALID",
        "ERR_TLS_INVALID_PROTOCOL_VERSION",
        "ERR_SSL_WRONG_VERSION_NUMBER",
        "ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE",
        "EPROTO"
      ]
    ],
    [
      "is local when this machine has run out of something",
      { category: "transient", origin: "local" },
      ["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ENOBUFS", "ENOMEM"]
    ],
    [
      "is local when this machine forbids it, or the client is closed",
      { category: "rejected", origin: "local" },
      ["EACCES", "EPERM", "UND_ERR_DESTROYED", "UND_ERR_CLOSED"]
    ]
  ] as const) {
    it(`${what}, and was not sent`, () => {
      for (const code of codes) {
        assert.deepInclude(withCode(code), { reason: "Connect", sent: false, code, ...expected })
      }
    })
  }

  it("was not sent when the system was still connecting, whatever the code", () => {
    for (const syscall of ["connect", "getaddrinfo", "queryA"]) {
      assert.deepInclude(withCode("ETIMEDOUT", { syscall }), { reason: "Connect", sent: false, category: "transient" })
      assert.deepInclude(withCode("ENEW", { syscall }), { reason: "Connect", sent: false, category: "transient" })
    }
    for (const syscall of ["read", "write"]) {
      assert.deepInclude(withCode("ETIMEDOUT", { syscall }), { reason: "Send", sent: true, category: "transient" })
    }
    const message = "Client network socket disconnected before secure TLS connection was established"
    assert.deepInclude(withCode("ECONNRESET", { message }), { reason: "Connect", sent: false, category: "transient" })
  })

  it("is as far as the client says, whatever the code", () => {
    const after = (code: string, sent: boolean) => {
      const cause = Object.assign(new Error("x"), { code })
      const reason = new HttpClientError.TransportError({ request, cause })
      const progress: Exchange.Progress = { sent, isPayload: false }
      Object.defineProperty(reason, Exchange.ProgressTypeId, { value: progress })
      return Exchange.brokenBy(new HttpClientError.HttpClientError({ reason }))
    }
    assert.deepInclude(after("ECONNRESET", false), { reason: "Connect", sent: false, category: "transient" })
    assert.deepInclude(after("EODD", false), { reason: "Connect", sent: false, category: "transient" })
    assert.deepInclude(after("ERR_SSL_BAD_RECORD_TYPE", true), { reason: "Send", sent: true, category: "transient" })
    assert.deepInclude(after("ENOBUFS", true), { reason: "Send", sent: true, origin: "local" })
    // In TLS 1.3 a server refuses our certificate after the request has left.
    assert.deepInclude(after("ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", true), {
      reason: "Connect",
      sent: false,
      category: "rejected"
    })
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
