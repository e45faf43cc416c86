import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, type Scope, Stream } from "effect"
import { HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import { createServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { createServer as createTcpServer, type Socket } from "node:net"
import { MockAgent } from "undici"
import { Exchange } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { makeAuthority } from "./transportCertificates.ts"
import { listen, serving, untraced } from "./transportServers.ts"

const authority = makeAuthority("the authority")
const server = authority.issue("server")

/** Why a POST that was sent in this way has failed. */
const broken = (url: string, options: Transport.Options = {}, body: HttpBody.HttpBody = HttpBody.text("body")) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.post(url).pipe(HttpClientRequest.setBody(body))
    return Exchange.brokenBy(yield* Effect.flip(untraced(client.execute(request))))
  }).pipe(Effect.provide(Transport.layerWith(options)))

/** A server of bare TCP. */
const tcp = (handle: (socket: Socket) => void) =>
  Effect.suspend(() =>
    listen(
      createTcpServer((socket) => {
        socket.on("error", () => {})
        handle(socket)
      })
    )
  )

const secure = (url: string): string => url.replace("http:", "https:")

const nothingSent = { reason: "Connect", sent: false, category: "transient", origin: "remote" } as const
const neverWorks = { ...nothingSent, category: "rejected" } as const

describe("a request that fails before anything of it is sent", () => {
  it.effect("is transient when the connection is refused, or reset in the handshake", () =>
    Effect.gen(function* () {
      const { url } = yield* Effect.scoped(serving(() => {}))
      assert.deepInclude(yield* broken(url), { ...nothingSent, code: "ECONNREFUSED" })
      const resetting = yield* tcp((socket) => socket.on("data", () => socket.resetAndDestroy()))
      assert.deepInclude(yield* broken(secure(resetting.url)), nothingSent)
      const closing = yield* tcp((socket) => socket.on("data", () => socket.end()))
      assert.deepInclude(yield* broken(secure(closing.url)), nothingSent)
    })
  )

  it.effect("is transient when connecting takes too long", () =>
    Effect.gen(function* () {
      const silent = yield* tcp(() => {})
      const failure = yield* broken(secure(silent.url), { connectTimeout: "200 millis" })
      assert.deepInclude(failure, { ...nothingSent, code: "UND_ERR_CONNECT_TIMEOUT" })
    })
  )

  it.effect(
    "is rejected for an unknown host, for a server without TLS, and for a certificate that is not trusted",
    () =>
      Effect.gen(function* () {
        assert.deepInclude(yield* broken("http://nowhere.invalid/"), { reason: "Connect", sent: false })
        const plain = yield* serving((_, response) => response.end())
        assert.deepInclude(yield* broken(secure(plain.url)), neverWorks)
        const tls = yield* listen(createTlsServer({ key: server.key, cert: server.cert }), "https")
        assert.deepInclude(yield* broken(tls.url), neverWorks)
        const wrongName = { tls: { ca: authority.cert, servername: "other.example" } }
        assert.deepInclude(yield* broken(tls.url, wrongName), { ...neverWorks, code: "ERR_TLS_CERT_ALTNAME_INVALID" })
      })
  )

  it.effect("is transient when a proxy is away or can't reach the server, rejected when it refuses", () =>
    Effect.gen(function* () {
      const away = yield* Effect.scoped(serving(() => {}))
      for (const target of ["http://provider.example/", "https://provider.example/"]) {
        assert.deepInclude(yield* broken(target, { proxy: away.url }), nothingSent)
      }
      for (const [status, expected] of [
        [502, nothingSent],
        [504, nothingSent],
        [403, neverWorks],
        [407, neverWorks]
      ] as const) {
        const proxy = createServer()
        proxy.on("connect", (_, socket) => socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`))
        const { url } = yield* listen(proxy)
        assert.deepInclude(yield* broken("https://provider.example/", { proxy: url }), expected)
      }
      const asking = yield* serving((_, response) => response.writeHead(407).end())
      assert.deepInclude(yield* broken("http://provider.example/", { proxy: asking.url }), neverWorks)
    })
  )
})

describe("a request that fails once there is a connection", () => {
  it.effect("may have been sent when the connection is reset, new or used before", () =>
    Effect.gen(function* () {
      const resetting = yield* tcp((socket) => socket.on("data", () => socket.resetAndDestroy()))
      assert.deepInclude(yield* broken(resetting.url), { reason: "Send", sent: true, category: "transient" })
      let requests = 0
      const once = yield* serving((_, response) => {
        requests += 1
        if (requests === 1) response.end("fine")
        else response.socket?.resetAndDestroy()
      })
      const failure = yield* Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        yield* Effect.flatMap(client.get(once.url), ({ text }) => text)
        return Exchange.brokenBy(yield* Effect.flip(client.post(once.url)))
      }).pipe(Effect.provide(Transport.layerWith({ connections: 1 })))
      assert.deepInclude(failure, { reason: "Send", sent: true, category: "transient", origin: "remote" })
      assert.strictEqual(once.connections(), 1)
    })
  )

  it.effect("is decided by the error code over a dispatcher that does not report progress", () =>
    Effect.gen(function* () {
      for (const [code, reason] of [
        ["ECONNRESET", "Send"],
        ["ECONNREFUSED", "Connect"]
      ] as const) {
        const agent = new MockAgent()
        agent.disableNetConnect()
        agent
          .get("http://provider.example")
          .intercept({ path: "/" })
          .replyWithError(Object.assign(new Error("x"), { code }))
        const error = yield* Effect.flip(Transport.make(agent).get("http://provider.example/"))
        assert.strictEqual(Exchange.brokenBy(error).reason, reason)
      }
    })
  )

  class DiskError extends Data.TaggedError("DiskError")<{ readonly path: string }> {}

  it.effect("because the stream of its body fails has the error of that stream as its cause, and is not retried", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((request, response) => {
        request.on("error", () => response.destroy())
        request.resume()
      })
      const cause = new DiskError({ path: "/x" })
      const body = Stream.concat(Stream.make(new Uint8Array(3)), Stream.fail(cause))
      for (const stream of [body, Stream.fail(cause)]) {
        const failure = yield* broken(url, {}, HttpBody.stream(stream))
        assert.deepInclude(failure, { reason: "Send", category: "invalid", origin: "local", cause })
        assert.include(failure.detail, "DiskError")
      }
    })
  )
})

describe("informational responses", () => {
  const answering = (...heads: ReadonlyArray<string>): Effect.Effect<string, never, Scope.Scope> =>
    Effect.map(
      tcp((socket) =>
        socket.on("data", () => socket.write(`${heads.join("")}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine`))
      ),
      ({ url }) => url
    )

  const text = (url: string) =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      return yield* Effect.flatMap(client.post(url), ({ text }) => text)
    }).pipe(Effect.provide(Transport.layer))

  it.effect("102 and 103 are skipped, however many come", () =>
    Effect.gen(function* () {
      const early = "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"
      assert.strictEqual(yield* text(yield* answering("HTTP/1.1 102 Processing\r\n\r\n", early, early)), "fine")
    })
  )

  // undici's parser destroys the connection, whatever its handler does: https://github.com/nodejs/undici/issues/197
  it.effect("an unsolicited 100 fails the request, which may have been processed", () =>
    Effect.gen(function* () {
      const url = yield* answering("HTTP/1.1 100 Continue\r\n\r\n")
      assert.deepInclude(yield* broken(url), { reason: "Send", sent: true, category: "transient" })
    })
  )
})
