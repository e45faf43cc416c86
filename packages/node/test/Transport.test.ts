import { assert, describe, it } from "@effect/vitest"
import { ByteSize, Context, Effect, Exit, Fiber, Layer, Option, Schema, Scope, Stream } from "effect"
import {
  Cookies,
  type HttpClientResponse,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  HttpIncomingMessage
} from "effect/http"
import { createServer } from "node:http"
import { createServer as createTcpServer } from "node:net"
import { inspect } from "node:util"
import { Agent, type Dispatcher } from "undici"
import { Transport } from "@causeway/node"
import { listen, serving, signalled, untraced, ways } from "./transportServers.ts"
import { recordedSpans } from "../../core/test/recordedSpans.ts"

const Charge = Schema.Struct({ id: Schema.String, amount: Schema.Int })
const charge = { id: "ch_1", amount: 1250 }

const failure = <A, R>(effect: Effect.Effect<A, HttpClientError.HttpClientError, R>) =>
  Effect.map(Effect.flip(effect), (error) => error.reason)

/** Answers with the bytes as they are, and keeps the connection open. */
const speaking = (...parts: ReadonlyArray<string>) =>
  createTcpServer((socket) => {
    socket.once("data", () => {
      for (const part of parts) socket.write(part)
    })
  })

for (const [name, as] of ways) {
  describe(`a request, ${name}`, () => {
    const test = <A, E>(
      fact: string,
      body: (client: HttpClient.HttpClient) => Effect.Effect<A, E, Scope.Scope>
    ): void =>
      it.effect(fact, () =>
        Effect.provide(
          Effect.flatMap(HttpClient.HttpClient, (client) =>
            body(HttpClient.transformResponse(client, (response) => as(response)))
          ),
          Transport.layer
        )
      )

    test("is answered with a status, headers and a body", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) =>
          response.writeHead(201, { "x-one": "1", "content-type": "application/json" }).end(JSON.stringify(charge))
        )
        const response = yield* client.get(`${url}/charges?limit=2#top`)
        assert.strictEqual(response.status, 201)
        assert.strictEqual(response.headers["x-one"], "1")
        assert.strictEqual(response.url, `${url}/charges?limit=2`)
        assert.deepStrictEqual(response.remoteAddress, Option.none())
        assert.deepStrictEqual(yield* response.json, charge)
      }))

    test("carries its method, path, query, headers and body", (client) =>
      Effect.gen(function* () {
        const arrived = signalled<ReadonlyArray<unknown>>()
        const { url } = yield* serving(async (request, response) => {
          const body = Buffer.concat(await request.toArray()).toString()
          const { "content-length": length, "content-type": type, "x-tenant": tenant } = request.headers
          arrived.resolve([request.method, request.url, tenant, type, length, body])
          response.end()
        })
        const request = HttpClientRequest.patch(`${url}/a b/é`, { headers: { "X-Tenant": "t" } }).pipe(
          HttpClientRequest.setUrlParams({ q: "x&y z", tag: ["1", "2"] }),
          HttpClientRequest.bodyJsonUnsafe(charge)
        )
        yield* client.execute(request)
        const body = JSON.stringify(charge)
        assert.deepStrictEqual(yield* Effect.promise(() => arrived.promise), [
          "PATCH",
          "/a%20b/%C3%A9?q=x%26y+z&tag=1&tag=2",
          "t",
          "application/json",
          String(body.length),
          body
        ])
      }))

    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"] as const) {
      test(`with ${method} arrives as ${method}`, (client) =>
        Effect.gen(function* () {
          const { url } = yield* serving((request, response) => response.end(request.method))
          const response = yield* client.execute(HttpClientRequest.make(method)(url))
          assert.strictEqual(yield* response.text, method)
        }))
    }

    test("with HEAD has headers and an empty body", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) => response.writeHead(200, { "content-length": "12" }).end())
        const response = yield* client.head(url)
        assert.strictEqual(response.headers["content-length"], "12")
        assert.strictEqual(yield* response.text, "")
      }))

    for (const status of [204, 304]) {
      test(`answered with ${status} has an empty body, whichever way it is read`, (client) =>
        Effect.gen(function* () {
          const { url } = yield* serving((_, response) => response.writeHead(status).end())
          const response = yield* client.get(url)
          assert.strictEqual(response.status, status)
          assert.strictEqual(yield* response.text, "")
          assert.isNull(yield* response.json)
          assert.strictEqual((yield* response.arrayBuffer).byteLength, 0)
          assert.deepStrictEqual(Array.from(yield* Stream.runCollect(response.stream)), [])
        }))
    }

    test("is decoded by a schema", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) => response.end(JSON.stringify(charge)))
        const decoded = yield* Effect.flatMap(client.get(url), schemaBodyJson)
        assert.deepStrictEqual(decoded, charge)
      }))

    test("gives headers that came twice joined, and each cookie by itself", (client) =>
      Effect.gen(function* () {
        const { url } = yield* listen(
          speaking(
            "HTTP/1.1 200 OK\r\nX-Two: a\r\nx-two: b\r\nSet-Cookie: a=1; Path=/\r\nSet-Cookie: b=2, 3\r\nContent-Length: 0\r\n\r\n"
          )
        )
        const response = yield* client.get(url)
        assert.strictEqual(response.headers["x-two"], "a, b")
        assert.strictEqual(response.headers["set-cookie"], "a=1; Path=/, b=2, 3")
        assert.deepStrictEqual(Cookies.toRecord(response.cookies), { a: "1", b: "2, 3" })
      }))

    test("is not answered by an informational response", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) => {
          response.writeEarlyHints({ link: "</style.css>; rel=preload" })
          response.end("real")
        })
        const response = yield* client.get(url)
        assert.strictEqual(response.status, 200)
        assert.strictEqual(yield* response.text, "real")
      }))

    test("is read as text without its byte order mark, and with what is no UTF-8 replaced", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) => response.end(Buffer.from("efbbbf61ff62e282ac", "hex")))
        const response = yield* client.get(url)
        assert.strictEqual(yield* response.text, "a\ufffdb€")
      }))

    test("is read as a form", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((request, response) => {
          const type = String(request.headers["content-type"])
          request.pipe(response.writeHead(200, { "content-type": type }))
        })
        const form = new FormData()
        form.set("title", "Report")
        form.set("file", new File(["line 1\n"], "report.txt", { type: "text/plain" }))
        const response = yield* client.post(url, { body: HttpClientRequest.bodyFormData(form)(empty).body })
        const received = yield* response.formData
        assert.strictEqual(received.get("title"), "Report")
        const file = received.get("file")
        assert.isTrue(file instanceof File && file.name === "report.txt" && file.type === "text/plain")
      }))

    test("is read as URL parameters", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) => response.end("?a=1&b=x+y&a=2"))
        const response = yield* client.get(url)
        const { params } = yield* response.urlParamsBody
        assert.deepStrictEqual(Array.from(params), [
          ["?a", "1"],
          ["b", "x y"],
          ["a", "2"]
        ])
      }))

    test("that is not JSON fails without a word of what it is", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) => response.end("secret-7391 is not JSON"))
        const response = yield* client.get(url)
        const error = yield* Effect.flip(response.json)
        assert.strictEqual(error.reason._tag, "DecodeError")
        assert.notInclude(inspect(error, { depth: 10 }) + error.message + JSON.stringify(error), "secret-7391")
      }))

    test("that is larger than MaxBodySize fails, whole or in chunks", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((request, response) => {
          if (request.url === "/chunked") response.write("x")
          response.end("x".repeat(300_000))
        })
        for (const path of ["/whole", "/chunked"]) {
          const response = yield* client.get(url + path)
          const limited = Effect.provideService(response.text, HttpIncomingMessage.MaxBodySize, ByteSize.bytes(100_000))
          const reason = yield* failure(limited)
          assert.deepInclude(reason, { _tag: "DecodeError", description: "the body is larger than 100000 bytes" })
        }
      }))

    test("whose URL is none fails, without what the URL holds", (client) =>
      Effect.gen(function* () {
        for (const bad of ["no url", "/relative", "http://", "http://a b/?key=secret-7391", "ftp://127.0.0.1/"]) {
          const error = yield* Effect.flip(client.get(bad))
          assert.strictEqual(error.reason._tag, "InvalidUrlError", bad)
          assert.isUndefined(error.cause)
        }
      }))

    test("that HTTP does not allow fails before it is sent", (client) =>
      Effect.gen(function* () {
        const { connections, url } = yield* serving((_, response) => response.end())
        const requests = [
          HttpClientRequest.get(url, { headers: { "x-bad": "a\r\nb" } }),
          HttpClientRequest.get(url, { headers: { "transfer-encoding": "chunked" } }),
          HttpClientRequest.post(url).pipe(
            HttpClientRequest.bodyText("abc"),
            HttpClientRequest.setHeader("content-length", "2")
          )
        ]
        for (const request of requests) {
          const reason = yield* failure(client.execute(request))
          assert.strictEqual(reason._tag, "EncodeError")
        }
        assert.isAtMost(connections(), 1)
      }))

    test("to where nobody listens is a TransportError with the code of the system", (client) =>
      Effect.gen(function* () {
        const { port } = yield* Effect.scoped(serving(() => {}))
        const reason = yield* failure(client.get(`http://127.0.0.1:${port}`))
        assert.strictEqual(reason._tag, "TransportError")
        assert.propertyVal(reason.cause, "code", "ECONNREFUSED")
      }))

    test("whose connection is closed before the headers is a TransportError", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((request) => request.socket.destroy())
        const reason = yield* failure(client.get(url))
        assert.strictEqual(reason._tag, "TransportError")
        assert.propertyVal(reason.cause, "code", "UND_ERR_SOCKET")
      }))

    for (const [framing, head] of [
      ["its length", "content-length: 10"],
      ["chunks", "transfer-encoding: chunked"]
    ] as const) {
      test(`whose connection is closed within a body of ${framing} gives the response, and a DecodeError for the body`, (client) =>
        Effect.gen(function* () {
          const { url } = yield* listen(
            createTcpServer((socket) =>
              socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n3\r\nabc\r\n`))
            )
          )
          for (const read of [text, bytes]) {
            const response = yield* client.get(url)
            assert.strictEqual(response.status, 200)
            assert.strictEqual((yield* failure(read(response)))._tag, "DecodeError")
          }
        }))
    }

    test("gives the bytes that came before the connection was closed, to the reader of its stream", (client) =>
      Effect.gen(function* () {
        const { url } = yield* listen(
          createTcpServer((socket) =>
            socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"))
          )
        )
        const response = yield* client.get(url)
        const seen: Array<string> = []
        const reading = Stream.runForEach(response.stream, (chunk) => Effect.sync(() => seen.push(String(chunk))))
        assert.strictEqual((yield* failure(reading))._tag, "DecodeError")
        assert.deepStrictEqual(seen, ["abc"])
      }))

    test("shows no secret of its request or response", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) =>
          response.writeHead(200, { "set-cookie": "session=secret-7391" }).end("secret-7391")
        )
        const request = HttpClientRequest.post(`${url}?Signature=secret-7391`).pipe(
          HttpClientRequest.bearerToken("secret-7391"),
          HttpClientRequest.bodyText("client_secret=secret-7391")
        )
        const response = yield* client.execute(request)
        assert.notInclude(inspect(response, { depth: 10 }) + JSON.stringify(response) + String(response), "secret-7391")
      }))

    test("can be an upgrade to another protocol", (client) =>
      Effect.gen(function* () {
        const server = createServer((_, response) => response.writeHead(426).end("refused"))
        server.on("upgrade", (_, socket) =>
          socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\nhello")
        )
        const { url } = yield* listen(server)
        const response = yield* client.execute(HttpClientRequest.get(url).pipe(HttpClientRequest.upgrade("echo")))
        assert.strictEqual(response.status, 101)
        const socket = yield* response.upgrade
        const reader = yield* socket.reader
        assert.strictEqual(String((yield* reader.pull)[0]), "hello")
      }))

    test("that asked for no upgrade has none", (client) =>
      Effect.gen(function* () {
        const { url } = yield* serving((_, response) => response.end())
        const response = yield* client.get(url)
        assert.strictEqual((yield* failure(response.upgrade))._tag, "StatusCodeError")
      }))
  })
}

const empty = HttpClientRequest.get("http://127.0.0.1")
const schemaBodyJson = HttpIncomingMessage.schemaBodyJson(Charge)
const text = (response: HttpClientResponse.HttpClientResponse) => response.text
const bytes = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(Stream.runCollect(response.stream), (chunks) => Buffer.concat(chunks).toString())

describe("tracing", () => {
  const spansOf = <A, E, R>(effect: Effect.Effect<A, E, R>) => {
    const { spans, tracer } = recordedSpans()
    return Effect.as(Effect.withTracer(effect, tracer), spans)
  }

  const request = Effect.gen(function* () {
    const { url } = yield* serving((request, response) => response.end(String(request.headers["traceparent"])))
    const client = yield* HttpClient.HttpClient
    const response = yield* client.get(`${url}/charges?api_key=1`)
    return yield* response.text
  })

  it.effect("makes a span and tells the server of it", () =>
    Effect.gen(function* () {
      let traceparent = ""
      const spans = yield* spansOf(Effect.map(request, (text) => (traceparent = text)))
      assert.strictEqual(spans.length, 1)
      assert.strictEqual(spans[0]?.attributes.get("http.response.status_code"), 200)
      assert.strictEqual(spans[0]?.attributes.get("url.path"), "/charges")
      assert.include(traceparent, String(spans[0]?.spanId))
    }).pipe(Effect.provide(Transport.layer))
  )

  it.effect("makes none where TracerDisabledWhen says so", () =>
    Effect.gen(function* () {
      let traceparent = ""
      const spans = yield* spansOf(Effect.map(untold(request), (text) => (traceparent = text)))
      assert.deepStrictEqual(spans, [])
      assert.strictEqual(traceparent, "undefined")
    }).pipe(Effect.provide(Transport.layer))
  )

  const untold = Effect.provideService(HttpClient.TracerDisabledWhen, () => true)
})

describe("a request in a scope of its own", () => {
  for (const isTraced of [true, false]) {
    it.effect(`is aborted when that scope closes, ${isTraced ? "traced" : "untraced"}`, () =>
      Effect.gen(function* () {
        const { idle, url } = yield* serving((_, response) => response.write("x".repeat(200_000)))
        const client = HttpClient.withScope(yield* HttpClient.HttpClient)
        const response = yield* Effect.scoped(client.get(url)).pipe(
          Effect.provideService(HttpClient.TracerDisabledWhen, () => !isTraced)
        )
        yield* Effect.promise(idle)
        assert.strictEqual((yield* failure(response.text))._tag, "DecodeError")
      }).pipe(Effect.provide(Transport.layer))
    )

    it.effect(`fails when that scope closes before the headers, ${isTraced ? "traced" : "untraced"}`, () =>
      Effect.gen(function* () {
        const arrived = signalled()
        const { idle, url } = yield* serving(() => arrived.resolve())
        const client = HttpClient.withScope(yield* HttpClient.HttpClient)
        const scope = yield* Scope.make()
        const get = client.get(url).pipe(
          Scope.provide(scope),
          Effect.provideService(HttpClient.TracerDisabledWhen, () => !isTraced),
          failure
        )
        const sent = yield* Effect.forkChild(get)
        yield* Effect.promise(() => arrived.promise)
        const queued = yield* Effect.forkChild(get, { startImmediately: true })
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual((yield* Fiber.join(sent))._tag, "TransportError")
        assert.strictEqual((yield* Fiber.join(queued))._tag, "TransportError")
        assert.strictEqual((yield* get)._tag, "TransportError")
        yield* Effect.promise(idle)
      }).pipe(Effect.provide(Transport.layerWith({ connections: 1 })))
    )
  }
})

describe("a transport over a dispatcher of the caller", () => {
  /** A dispatcher that notes what it is asked for, and refuses it. */
  const noting = () => {
    const targets: Array<string> = []
    const refuse = (options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
      targets.push(`${options.origin} ${options.path}`)
      handler.onResponseError?.(idleController, new Error("refused"))
      return false
    }
    return { dispatcher: new Agent().compose(() => refuse), targets }
  }

  const idleController = { aborted: false, paused: false, reason: null, abort() {}, pause() {}, resume() {} }

  const parsed = (text: string, params: ReadonlyArray<readonly [string, string]>) => {
    const url = new URL(text)
    for (const [name, value] of params) url.searchParams.append(name, value)
    return `${url.origin} ${url.pathname}${url.search}`
  }

  it.effect("asks it for what a URL parser makes of a URL and its parameters", () =>
    Effect.gen(function* () {
      const origins = [
        "http://h",
        "https://H.example:443",
        "http://127.1:80",
        "http://h:8080",
        "http://u:p@h",
        "https://é.example"
      ]
      const parts = [
        "",
        "/",
        "/a",
        "/a/../b",
        "/.",
        "/%2e%2E/c",
        "/.well-known/x",
        "//d",
        "/é",
        "/a b",
        "/a%20b",
        "/{x}",
        "/a|b",
        "\\e",
        "/'",
        "/a;b=c"
      ]
      const queries = ["", "?", "?q=1", "?q=é", "?q='", "?q=a b", "?a=/?", "?q=%zz", '?q="', "?a#f", "#f", "?x=[1]"]
      const params = [
        [],
        [["k", "v w"]],
        [
          ["k", "é&="],
          ["k", "'()*~"]
        ]
      ] as const
      const { dispatcher, targets } = noting()
      const client = Transport.make(dispatcher)
      const different: Array<readonly [string, string]> = []
      for (const origin of origins) {
        for (const one of parts) {
          for (const two of parts) {
            for (const query of queries) {
              for (const urlParams of params) {
                const url = origin + one + two + query
                if (!URL.canParse(url)) continue
                yield* Effect.ignore(untraced(client.get(url, { urlParams })))
                const target = String(targets.at(-1))
                if (target !== parsed(url, urlParams)) different.push([url, target])
              }
            }
          }
        }
      }
      assert.isAbove(targets.length, 10_000)
      assert.deepStrictEqual(different, [])
    })
  )

  it.effect("leaves it open", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((_, response) => response.end("here"))
      const dispatcher = yield* Effect.acquireRelease(
        Effect.sync(() => new Agent()),
        (agent) => Effect.promise(() => agent.destroy())
      )
      const get = Effect.flatMap(HttpClient.get(url), text)
      assert.strictEqual(yield* Effect.provide(get, Transport.layerDispatcher(dispatcher)), "here")
      assert.strictEqual(yield* Effect.provide(get, Transport.layerDispatcher(dispatcher)), "here")
    })
  )

  it.effect("fails a request that it throws at", () =>
    Effect.gen(function* () {
      const dispatcher = new Agent().compose(() => (_options, _handler) => {
        throw new TypeError("no")
      })
      const reason = yield* failure(Transport.make(dispatcher).get("http://127.0.0.1"))
      assert.strictEqual(reason._tag, "TransportError")
    })
  )
})

describe("a transport whose layer is closed", () => {
  it.effect("fails what is in flight, and what is sent later", () =>
    Effect.gen(function* () {
      const arrived = signalled()
      const { url } = yield* serving(() => arrived.resolve())
      const scope = yield* Scope.make()
      const services = yield* Layer.buildWithScope(Transport.layer, scope)
      const client = Context.get(services, HttpClient.HttpClient)
      const waiting = yield* Effect.forkChild(failure(client.get(url)))
      yield* Effect.promise(() => arrived.promise)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "TransportError")
      assert.strictEqual((yield* failure(client.get(url)))._tag, "TransportError")
    })
  )
})
