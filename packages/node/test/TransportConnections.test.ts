import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Redacted, type Scope, Stream } from "effect"
import { HttpClient, type HttpClientError, HttpClientRequest } from "effect/http"
import { createServer as createHttpServer, request as httpRequest } from "node:http"
import { createSecureServer, type ServerHttp2Stream } from "node:http2"
import { createServer as createTlsServer } from "node:https"
import { connect, createServer as createTcpServer } from "node:net"
import type { TLSSocket } from "node:tls"
import { Exchange } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { makeAuthority } from "./transportCertificates.ts"
import { listen, serving, signalled, untraced } from "./transportServers.ts"

const failure = <A, R>(effect: Effect.Effect<A, HttpClientError.HttpClientError, R>) => Effect.flip(effect)

const through =
  (options: Transport.Options) =>
  <A, E>(body: (client: HttpClient.HttpClient) => Effect.Effect<A, E, Scope.Scope>) =>
    Effect.provide(
      Effect.flatMap(HttpClient.HttpClient, (client) => body(HttpClient.transformResponse(client, untraced))),
      Transport.layerWith(options)
    )

const text = (client: HttpClient.HttpClient, url: string) =>
  Effect.flatMap(client.get(url), (response) => response.text)

const authority = makeAuthority("the authority")
const stranger = makeAuthority("a stranger")
const server = authority.issue("server")
const me = authority.issue("me")

describe("an option", () => {
  const rejected = (options: Transport.Options): string => {
    try {
      Transport.layerWith(options)
      return ""
    } catch (error) {
      return String(error)
    }
  }

  for (const [options, says] of [
    [{ connections: 0 }, "transport.connections is 0, but must be a whole number of at least 1"],
    [{ pipelining: 0 }, "transport.pipelining is 0"],
    [{ connectTimeout: 0 }, "transport.connectTimeout is 0, but must be a duration above zero"],
    [{ keepAliveTimeout: "Infinity" }, "transport.keepAliveTimeout"],
    [{ headersTimeout: -1 }, "transport.headersTimeout is -1"],
    [{ bodyTimeout: 0 }, "transport.bodyTimeout is 0"],
    [{ followRedirects: 1.5 }, "transport.followRedirects is 1.5"],
    [{ bufferBytes: 0 }, "transport.bufferBytes is 0"],
    [{ discardBytes: -1 }, "transport.discardBytes is -1"],
    [{ proxy: "secret" }, "transport.proxy is not a URL"],
    [{ proxy: "ftp://user:secret@h" }, "transport.proxy is a URL of ftp:"],
    [{ tls: { cert: me.cert } }, "transport.tls is a certificate alone, but must be both or neither"],
    [{ tls: { key: Redacted.make(me.key) } }, "transport.tls is a key alone"],
    [{ tls: { cert: me.cert, key: Redacted.make("secret") } }, "transport.tls.key is <redacted>"],
    [{ tls: { cert: me.cert, key: Redacted.make(server.key) } }, "transport.tls is ERR_"]
  ] as const satisfies ReadonlyArray<readonly [Transport.Options, string]>) {
    it(`that makes no sense is refused where it is given: ${says}`, () => {
      assert.include(rejected(options), says)
      assert.notInclude(rejected(options), "secret")
    })
  }

  it("of a timeout may be for ever", () => {
    assert.strictEqual(rejected({ headersTimeout: "Infinity", bodyTimeout: Duration.infinity }), "")
  })
})

describe("a pool", () => {
  it.effect("has no more connections to an origin than it may", () =>
    through({ connections: 2 })((client) =>
      Effect.gen(function* () {
        const { connections, url } = yield* serving((_, response) => response.end("x"))
        yield* Effect.all(
          Array.from({ length: 50 }, () => text(client, url)),
          { concurrency: "unbounded" }
        )
        assert.isAtMost(connections(), 2)
      })
    )
  )

  it.effect("closes a connection that was idle for keepAliveTimeout", () =>
    through({ keepAliveTimeout: "20 millis" })((client) =>
      Effect.gen(function* () {
        const { idle, url } = yield* listen(
          createTcpServer((socket) =>
            socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"))
          )
        )
        yield* client.get(url)
        yield* Effect.promise(idle)
      })
    )
  )

  it.effect("closes its connections with the layer", () =>
    Effect.gen(function* () {
      const { idle, open, url } = yield* serving((_, response) => response.end("x"))
      yield* through({})((client) => text(client, url))
      yield* Effect.promise(idle)
      assert.strictEqual(open.size, 0)
    })
  )
})

describe("a connection that is not made in connectTimeout", () => {
  it.effect("fails with a code that says that nothing was sent", () =>
    through({ connectTimeout: "50 millis" })((client) =>
      Effect.gen(function* () {
        // A TLS handshake that nobody answers.
        const { url } = yield* listen(createTcpServer(), "https")
        const error = yield* failure(client.get(url))
        assert.strictEqual(error.reason._tag, "TransportError")
        assert.deepInclude(Exchange.brokenBy(error), {
          reason: "Connect",
          code: "UND_ERR_CONNECT_TIMEOUT",
          sent: false
        })
      })
    )
  )
})

describe("TLS", () => {
  const secured = (options: object = {}) =>
    Effect.suspend(() =>
      listen(
        createTlsServer({ ...server, ...options }, (request, response) => {
          // A server for TLS has sockets of TLS.
          const { authorized } = request.socket as TLSSocket
          response.end(authorized ? "known" : "unknown")
        }),
        "https"
      )
    )

  it.effect("trusts nobody whom Node does not know", () =>
    through({})((client) =>
      Effect.gen(function* () {
        const { url } = yield* secured()
        const error = yield* failure(client.get(url))
        assert.strictEqual(error.reason._tag, "TransportError")
        assert.propertyVal(error.reason.cause, "code", "UNABLE_TO_VERIFY_LEAF_SIGNATURE")
      })
    )
  )

  it.effect("trusts an authority that it is told of, and no other", () =>
    Effect.gen(function* () {
      const { url } = yield* secured()
      assert.strictEqual(yield* through({ tls: { ca: authority.cert } })((client) => text(client, url)), "unknown")
      const trusting = through({ tls: { ca: [stranger.cert] } })
      assert.strictEqual((yield* failure(trusting((client) => text(client, url)))).reason._tag, "TransportError")
    })
  )

  it.effect("checks the name of the server", () =>
    Effect.gen(function* () {
      const { url } = yield* secured()
      const tls = { ca: authority.cert, servername: "elsewhere.example" }
      const error = yield* failure(through({ tls })((client) => text(client, url)))
      assert.deepInclude(Exchange.brokenBy(error), { reason: "Connect", code: "ERR_TLS_CERT_ALTNAME_INVALID" })
    })
  )

  it.effect("trusts anyone when it is told to", () =>
    through({ tls: { allowUntrustedCertificates: true } })((client) =>
      Effect.gen(function* () {
        const { url } = yield* secured()
        assert.strictEqual(yield* text(client, url), "unknown")
      })
    )
  )

  it.effect("shows who we are to a server that asks", () =>
    Effect.gen(function* () {
      const { url } = yield* secured({ requestCert: true, rejectUnauthorized: false, ca: authority.cert })
      const tls = { ca: authority.cert, cert: me.cert, key: Redacted.make(me.key) }
      assert.strictEqual(yield* through({ tls })((client) => text(client, url)), "known")
      assert.strictEqual(yield* through({ tls: { ca: authority.cert } })((client) => text(client, url)), "unknown")
    })
  )
})

describe("HTTP/2", () => {
  interface Conversation {
    readonly streams: ReadonlyArray<ServerHttp2Stream>
    readonly url: string
    readonly connections: () => number
  }

  const speaking = (
    answer: (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void
  ): Effect.Effect<Conversation, never, Scope.Scope> =>
    Effect.suspend(() => {
      const http2 = createSecureServer({ ...server, allowHTTP1: true }, (request, response) => {
        if (request.httpVersion === "1.1") response.end("HTTP/1.1")
      })
      const streams: Array<ServerHttp2Stream> = []
      http2.on("stream", (stream, headers) => {
        streams.push(stream)
        stream.on("error", () => {})
        answer(stream, headers)
      })
      return Effect.map(listen(http2, "https"), ({ connections, url }) => ({ streams, url, connections }))
    })

  const tls = { ca: authority.cert }
  const overHttp2 = through({ tls })

  it.effect("is spoken with a server that chooses it, over one connection", () =>
    overHttp2((client) =>
      Effect.gen(function* () {
        const { connections, url } = yield* speaking((stream, headers) => {
          stream.respond({ ":status": 201, "x-two": ["a", "b"] })
          stream.end(String(headers[":path"]))
        })
        const responses = yield* Effect.all(
          Array.from({ length: 20 }, (_, index) => client.get(`${url}/${index}`)),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(new Set(responses.map(({ status }) => status)), new Set([201]))
        assert.strictEqual(responses[0]?.headers["x-two"], "a, b")
        assert.strictEqual(yield* responses[7]?.text ?? Effect.succeed(""), "/7")
        assert.strictEqual(connections(), 1)
      })
    )
  )

  it.effect("is not spoken when it is switched off", () =>
    Effect.gen(function* () {
      const { url } = yield* speaking((stream) => stream.end("HTTP/2"))
      assert.strictEqual(yield* through({ tls, http2: false })((client) => text(client, url)), "HTTP/1.1")
      assert.strictEqual(yield* through({ tls })((client) => text(client, url)), "HTTP/2")
    })
  )

  it.effect("carries a body each way", () =>
    overHttp2((client) =>
      Effect.gen(function* () {
        const { url } = yield* speaking((stream) => {
          stream.respond({ ":status": 200 })
          stream.pipe(stream)
        })
        const chunk = new Uint8Array(10_000).fill(7)
        const body = Stream.range(1, 100).pipe(Stream.map(() => chunk))
        const response = yield* client.execute(HttpClientRequest.post(url).pipe(HttpClientRequest.bodyStream(body)))
        assert.strictEqual((yield* response.arrayBuffer).byteLength, 1_000_000)
      })
    )
  )

  it.effect("ends only the stream of a request that is interrupted or let go of", () =>
    overHttp2((client) =>
      Effect.gen(function* () {
        const closed = signalled()
        const { connections, streams, url } = yield* speaking((stream, headers) => {
          if (headers[":path"] === "/next") return stream.end("next")
          stream.on("close", () => closed.resolve())
          stream.respond({ ":status": 200 })
          return stream.write("one")
        })
        const response = yield* client.get(url)
        yield* response.stream.pipe(Stream.take(1), Stream.runDrain)
        yield* Effect.promise(() => closed.promise)
        assert.isTrue(streams[0]?.aborted)
        assert.strictEqual(yield* text(client, `${url}/next`), "next")
        assert.strictEqual(connections(), 1)
      })
    )
  )

  it.effect("sends a body no faster than it is read", () =>
    overHttp2((client) =>
      Effect.gen(function* () {
        let sent = 0
        const { url } = yield* speaking((stream) => {
          stream.respond({ ":status": 200 })
          const chunk = Buffer.alloc(16_384)
          const pour = () => {
            while (sent < 50_000_000) {
              sent += chunk.byteLength
              if (!stream.write(chunk)) return
            }
          }
          stream.on("drain", pour)
          pour()
        })
        const response = yield* client.get(url)
        const read = yield* response.stream.pipe(
          Stream.map((chunk) => chunk.byteLength),
          Stream.take(3),
          Stream.runFold(
            () => 0,
            (sum, size) => sum + size
          )
        )
        assert.isAbove(read, 0)
        assert.isBelow(sent, 10_000_000)
      })
    )
  )
})

describe("a proxy", () => {
  /** Forwards plain requests, tunnels others, and notes both. */
  const proxying = (password?: string) =>
    Effect.suspend(() => {
      const seen: Array<string> = []
      const mayPass = (header: string | undefined) =>
        password === undefined || header === `Basic ${Buffer.from(password).toString("base64")}`
      const proxy = createHttpServer((request, response) => {
        seen.push(`${request.method} ${request.url}`)
        if (!mayPass(request.headers["proxy-authorization"])) return response.writeHead(407).end("who are you?")
        const { "proxy-authorization": _, ...headers } = request.headers
        const forwarded = httpRequest(String(request.url), { method: request.method, headers }, (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers)
          answer.pipe(response)
        })
        return request.pipe(forwarded)
      })
      proxy.on("connect", (request, socket, head) => {
        seen.push(`${request.method} ${request.url}`)
        if (!mayPass(request.headers["proxy-authorization"])) {
          return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
        }
        const [host, port] = String(request.url).split(":")
        const tunnel = connect(Number(port), host, () => {
          socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
          tunnel.write(head)
          tunnel.pipe(socket).pipe(tunnel)
        })
        socket.on("error", () => tunnel.destroy())
        return tunnel.on("error", () => socket.destroy())
      })
      return Effect.map(listen(proxy), (listening) => ({ ...listening, seen }))
    })

  it.effect("forwards plain requests", () =>
    Effect.gen(function* () {
      const origin = yield* serving((request, response) => response.end(`${request.method} ${request.url}`))
      const proxy = yield* proxying()
      const answer = yield* through({ proxy: proxy.url })((client) => text(client, `${origin.url}/a?b=1`))
      assert.strictEqual(answer, "GET /a?b=1")
      assert.deepStrictEqual(proxy.seen, [`GET ${origin.url}/a?b=1`])
    })
  )

  it.effect("tunnels those over TLS, with who we are in neither request", () =>
    Effect.gen(function* () {
      const origin = yield* listen(
        createTlsServer(server, (request, response) => response.end(JSON.stringify(request.headers))),
        "https"
      )
      const proxy = yield* proxying("user:secret")
      const options = {
        proxy: Redacted.make(proxy.url.replace("//", "//user:secret@")),
        tls: { ca: authority.cert }
      }
      const answer = yield* through(options)((client) => text(client, origin.url))
      assert.notInclude(answer, "authorization")
      assert.deepStrictEqual(proxy.seen, [`CONNECT 127.0.0.1:${origin.port}`])
    })
  )

  it.effect("that does not let us pass is a failure, without the password", () =>
    Effect.gen(function* () {
      const origin = yield* serving((_, response) => response.end("reached"))
      const proxy = yield* proxying("user:other")
      const url = proxy.url.replace("//", "//user:secret@")
      for (const target of [origin.url, origin.url.replace("http:", "https:")]) {
        const error = yield* failure(through({ proxy: url })((client) => text(client, target)))
        assert.strictEqual(error.reason._tag, "TransportError")
        assert.notInclude(`${error.message} ${String(error.cause)} ${JSON.stringify(error)}`, "secret")
      }
    })
  )

  it.effect("is told who we are by its URL, and not by a request", () =>
    Effect.gen(function* () {
      const proxy = yield* proxying()
      const request = HttpClientRequest.get("http://127.0.0.1", { headers: { "proxy-authorization": "Basic secret" } })
      const error = yield* failure(through({ proxy: proxy.url })((client) => client.execute(request)))
      assert.strictEqual(error.reason._tag, "EncodeError")
      assert.deepStrictEqual(proxy.seen, [])
    })
  )
})
