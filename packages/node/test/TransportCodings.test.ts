import { assert, describe, it } from "@effect/vitest"
import { ByteSize, Effect, Fiber, Layer, Redacted, Result, Schema, type Scope, Stream } from "effect"
import {
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse,
  HttpIncomingMessage
} from "effect/http"
import { HttpApiSchema } from "effect/http-api"
import { createHmac } from "node:crypto"
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http"
import * as zlib from "node:zlib"
import { Auth, MessageSignature } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Cache, Exchange } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { serving, signalled, testing, ways } from "./transportServers.ts"

const mebibyte = 1024 * 1024

const encoders: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: zlib.gzipSync,
  "x-gzip": zlib.gzipSync,
  deflate: zlib.deflateSync,
  "deflate without the header of zlib": zlib.deflateRawSync,
  br: zlib.brotliCompressSync,
  zstd: zlib.zstdCompressSync
}

const encode = (coding: string, body: string | Uint8Array): Uint8Array => {
  const encoder = encoders[coding]
  if (encoder === undefined) throw new Error(`no encoder of ${coding}`)
  return encoder(typeof body === "string" ? Buffer.from(body) : body)
}

const nameOf = (coding: string): string => coding.split(" ", 1)[0] ?? coding

/** Text that hardly compresses, so that also its coded form arrives in many pieces. */
const longText = (length: number): string => {
  let state = 7
  return Array.from({ length }, () => {
    state = (state * 16_807) % 2_147_483_647
    return String.fromCharCode(33 + (state % 90))
  }).join("")
}

/** Answers each request with these headers and this body, and remembers what came. */
const answering = (headers: OutgoingHttpHeaders | Array<string>, body: Uint8Array | string, status = 200) =>
  Effect.gen(function* () {
    const seen: Array<IncomingHttpHeaders> = []
    const server = yield* serving((request, response) => {
      seen.push(request.headers)
      response.writeHead(status, headers).end(body)
    })
    return { ...server, seen }
  })

const reasonOf = <A, R>(effect: Effect.Effect<A, HttpClientError.HttpClientError, R>) =>
  Effect.map(Effect.flip(effect), Exchange.brokenBy)

const limitedTo = (bytes: number) => Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(bytes))

for (const [name, as] of ways) {
  describe(`a coded response, ${name},`, () => {
    const test = testing(as)

    for (const coding of Object.keys(encoders)) {
      for (const [size, text] of [
        ["short", "grüezi"],
        ["of 2 MiB that compresses well", "grüezi ".repeat(262_144)],
        ["of 500 kB that hardly compresses", longText(500_000)]
      ] as const) {
        test(`is decoded from ${coding} when it is ${size}, whole and as a stream, without the headers of its coded form`, (client) =>
          Effect.gen(function* () {
            const { url } = yield* answering(
              { "content-encoding": nameOf(coding), "content-type": "text/plain" },
              encode(coding, text)
            )
            const whole = yield* client.get(url)
            assert.strictEqual(yield* whole.text, text)
            assert.strictEqual(yield* whole.text, text)
            assert.deepInclude(whole.headers, { "content-type": "text/plain" })
            assert.notProperty(whole.headers, "content-encoding")
            assert.notProperty(whole.headers, "content-length")
            const streamed = yield* client.get(url)
            assert.strictEqual(yield* Stream.mkString(Stream.decodeText(streamed.stream)), text)
          }))
      }
    }
  })
}

describe("a coded response", () => {
  const test = <A, E>(fact: string, body: (client: HttpClient.HttpClient) => Effect.Effect<A, E, Scope.Scope>) =>
    it.effect(fact, () => Effect.provide(Effect.flatMap(HttpClient.HttpClient, body), Transport.layer))

  test("is decoded from several codings, in the reverse of their order and whatever their case", (client) =>
    Effect.gen(function* () {
      const body = encode("br", encode("gzip", "fine"))
      for (const header of ["gzip, br", "GZip,BR", "identity, gzip , br"]) {
        const { url } = yield* answering({ "content-encoding": header }, body)
        const response = yield* client.get(url)
        assert.strictEqual(yield* response.text, "fine")
        assert.notProperty(response.headers, "content-encoding")
      }
      const lines = yield* answering(["content-encoding", "gzip", "content-encoding", "br"], body)
      assert.strictEqual(yield* Effect.flatMap(client.get(lines.url), ({ text }) => text), "fine")
    }))

  test("in an unknown coding is returned unchanged, with its headers", (client) =>
    Effect.gen(function* () {
      for (const header of ["compress", "gzip, shrink", "constructor", "gzip, gzip, gzip, gzip, gzip, gzip"]) {
        const { url } = yield* answering({ "content-encoding": header, "content-length": 4 }, "body")
        const response = yield* client.get(url)
        assert.strictEqual(yield* response.text, "body")
        assert.deepInclude(response.headers, { "content-encoding": header, "content-length": "4" })
      }
    }))

  test("that is a part of a coded body is given as it is", (client) =>
    Effect.gen(function* () {
      const { url } = yield* answering({ "content-encoding": "gzip", "content-range": "bytes 5-8/100" }, "part", 206)
      const response = yield* client.get(url)
      assert.strictEqual(yield* response.text, "part")
      assert.strictEqual(response.headers["content-encoding"], "gzip")
    }))

  test("without a body is empty: to HEAD, with 204, 304 or no bytes", (client) =>
    Effect.gen(function* () {
      for (const coding of ["gzip", "deflate", "br", "zstd"]) {
        for (const [method, status] of [
          ["HEAD", 200],
          ["GET", 204],
          ["GET", 304],
          ["GET", 200],
          ["POST", 201]
        ] as const) {
          const { url } = yield* answering({ "content-encoding": coding }, "", status)
          const response = yield* client.execute(HttpClientRequest.make(method)(url))
          assert.strictEqual(yield* response.text, "")
          assert.strictEqual(yield* Stream.runCount((yield* client.execute(response.request)).stream), 0)
        }
      }
    }))

  test("in zstd is decoded from all of its frames, which zlib does not do", (client) =>
    Effect.gen(function* () {
      const frames = ["one ", "", "two ", "three"].map((text) => encode("zstd", text))
      const { url } = yield* answering({ "content-encoding": "zstd" }, Buffer.concat(frames))
      assert.strictEqual(yield* Effect.flatMap(client.get(url), ({ text }) => text), "one two three")
      const split = yield* serving((_, response) => {
        response.writeHead(200, { "content-encoding": "zstd" })
        for (const byte of Buffer.concat(frames)) response.write(Buffer.from([byte]))
        response.end()
      })
      assert.strictEqual(yield* Effect.flatMap(client.get(split.url), ({ text }) => text), "one two three")
    }))

  test("in gzip is decoded from all of its members", (client) =>
    Effect.gen(function* () {
      const body = Buffer.concat([encode("gzip", "one "), encode("gzip", "two")])
      const { url } = yield* answering({ "content-encoding": "gzip" }, body)
      assert.strictEqual(yield* Effect.flatMap(client.get(url), ({ text }) => text), "one two")
    }))

  test("is decoded from pieces of one byte", (client) =>
    Effect.gen(function* () {
      for (const coding of Object.keys(encoders)) {
        const { url } = yield* serving((_, response) => {
          response.writeHead(200, { "content-encoding": nameOf(coding) })
          for (const byte of encode(coding, "a longer text, a longer text")) response.write(Buffer.from([byte]))
          response.end()
        })
        const response = yield* client.get(url)
        assert.strictEqual(yield* response.text, "a longer text, a longer text")
      }
    }))

  for (const coding of ["gzip", "deflate", "br", "zstd"]) {
    test(`in ${coding} that is truncated or invalid is a failure of the body`, (client) =>
      Effect.gen(function* () {
        const coded = encode(coding, longText(500_000))
        const short = encode(coding, "short")
        for (const body of [coded.subarray(0, -7), short.subarray(0, -3), short.subarray(0, 1), Buffer.from("{}")]) {
          const { url } = yield* answering({ "content-encoding": coding }, body)
          for (const read of [
            Effect.flatMap(client.get(url), ({ text }) => text),
            Effect.flatMap(client.get(url), ({ stream }) => Stream.runDrain(stream))
          ]) {
            const broken = yield* reasonOf(read)
            assert.deepInclude(broken, { reason: "Body", sent: true })
            assert.match(String(broken.code), /^[A-Z][A-Z0-9_]*$/)
          }
        }
      }))

    test(`in ${coding} whose connection breaks off is a failure of the body`, (client) =>
      Effect.gen(function* () {
        const coded = encode(coding, longText(500_000))
        const { url } = yield* serving((_, response) => {
          response.writeHead(200, { "content-encoding": coding, "content-length": coded.byteLength })
          response.write(coded.subarray(0, 1000), () => response.socket?.resetAndDestroy())
        })
        const broken = yield* reasonOf(Effect.flatMap(client.get(url), ({ text }) => text))
        assert.deepInclude(broken, { reason: "Body", sent: true })
      }))
  }

  test("that expands beyond the bound fails without being expanded", (client) =>
    Effect.gen(function* () {
      // 1 GiB of zeros, three times compressed: a few kilobytes.
      const layer = encode("gzip", new Uint8Array(16 * mebibyte))
      const bombs = [
        ["gzip", Buffer.concat(Array.from({ length: 64 }, () => layer))],
        ["gzip, gzip", encode("gzip", Buffer.concat(Array.from({ length: 64 }, () => layer)))],
        ["br", encode("br", new Uint8Array(64 * mebibyte))]
      ] as const
      for (const [coding, bomb] of bombs) {
        const { url } = yield* answering({ "content-encoding": coding }, bomb)
        const response = yield* client.get(url)
        const broken = yield* reasonOf(limitedTo(mebibyte)(response.text))
        assert.strictEqual(broken.reason, "Body")
        let read = 0
        const streamed = yield* client.get(url)
        yield* Stream.runForEachWhile(streamed.stream, (chunk) =>
          Effect.sync(() => {
            read += chunk.byteLength
            return read <= mebibyte
          })
        )
        assert.isAtMost(read, mebibyte + 256 * 1024)
      }
    }))

  test("lets a server with an endless body stop when its reader is interrupted, and closes its connection", (client) =>
    Effect.gen(function* () {
      const { idle, url } = yield* serving((_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" })
        const gzip = zlib.createGzip()
        gzip.pipe(response)
        gzip.write(longText(300_000))
        response.on("close", () => gzip.destroy())
      })
      const begun = signalled()
      const reading = yield* client.get(url).pipe(
        Effect.flatMap(({ stream }) => Stream.runForEach(stream, () => Effect.sync(() => begun.resolve()))),
        Effect.forkChild
      )
      yield* Effect.promise(() => begun.promise)
      yield* Fiber.interrupt(reading)
      yield* Effect.promise(idle)
    }))

  test("gives each event of a flushed stream when it comes", (client) =>
    Effect.gen(function* () {
      const acknowledged = signalled()
      const { url } = yield* serving((_, response) => {
        response.writeHead(200, { "content-encoding": "gzip" })
        const gzip = zlib.createGzip()
        gzip.pipe(response)
        gzip.write("first")
        gzip.flush(() => void acknowledged.promise.then(() => gzip.end("second")))
      })
      const response = yield* client.get(url)
      const texts: Array<string> = []
      yield* Stream.runForEach(Stream.decodeText(response.stream), (text) =>
        Effect.sync(() => {
          texts.push(text)
          acknowledged.resolve()
        })
      )
      assert.deepStrictEqual(texts, ["first", "second"])
    }))

  test("leaves its connection for the next request", (client) =>
    Effect.gen(function* () {
      const { connections, url } = yield* answering({ "content-encoding": "gzip" }, encode("gzip", longText(200_000)))
      for (let index = 0; index < 10; index += 1) yield* Effect.flatMap(client.get(url), ({ text }) => text)
      // undici frees a connection a moment after its response has ended.
      assert.isAtMost(connections(), 2)
    }))

  test("can be had as it was received, for a digest of its coded bytes", (client) =>
    Effect.gen(function* () {
      const coded = encode("gzip", "fine")
      const { url } = yield* answering({ "content-encoding": "gzip", "content-length": coded.byteLength }, coded)
      const response = yield* client.get(url)
      const received = Exchange.asReceived(response)
      assert.deepStrictEqual(Buffer.from(yield* received.arrayBuffer), Buffer.from(coded))
      assert.deepInclude(received.headers, { "content-encoding": "gzip", "content-length": String(coded.byteLength) })
      assert.strictEqual(yield* response.text, "fine")
      assert.strictEqual(Exchange.asReceived(received), received)
    }))
})

describe("the signature of a coded response", () => {
  // The body that RFC 9530 digests is the coded one: https://www.rfc-editor.org/rfc/rfc9530#name-the-content-digest-field
  it.effect("is verified over the bytes that were received, and not over the decoded ones", () =>
    Effect.gen(function* () {
      const secret = "a secret that both of them know"
      const coded = encode("gzip", '{"id":"a"}')
      const digest = MessageSignature.contentDigest(coded)
      const parameters = '("@status" "content-digest" "content-encoding");created=1764000000'
      const lines = ['"@status": 200', `"content-digest": ${digest}`, '"content-encoding": gzip']
      const base = [...lines, `"@signature-params": ${parameters}`].join("\n")
      const { url } = yield* answering(
        {
          "content-encoding": "gzip",
          "content-digest": digest,
          "signature-input": `sig1=${parameters}`,
          signature: `sig1=:${createHmac("sha256", secret).update(base).digest("base64")}:`
        },
        coded
      )
      const response = yield* Effect.flatMap(HttpClient.HttpClient, (client) => client.get(url))
      const verified = (of: HttpClientResponse.HttpClientResponse) =>
        Effect.map(of.arrayBuffer, (body) =>
          MessageSignature.verify(
            { status: of.status, headers: { ...of.headers }, body: new Uint8Array(body) },
            {
              keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", key: Redacted.make(secret) })],
              required: ["@status", "content-digest", "content-encoding"],
              now: 1_764_000_001_000
            }
          )
        )
      assert.isTrue(Result.isSuccess(yield* verified(Exchange.asReceived(response))))
      assert.isTrue(Result.isFailure(yield* verified(response)))
      assert.deepStrictEqual(yield* response.json, { id: "a" })
    }).pipe(Effect.provide(Transport.layer))
  )
})

describe("a request", () => {
  const sent = (request: (url: string) => HttpClientRequest.HttpClientRequest) =>
    Effect.gen(function* () {
      const { seen, url } = yield* answering({}, "fine")
      const response = yield* Effect.flatMap(HttpClient.HttpClient, (client) => client.execute(request(url)))
      assert.strictEqual(response.request.headers["accept-encoding"], seen[0]?.["accept-encoding"])
      return seen[0]?.["accept-encoding"]
    }).pipe(Effect.provide(Transport.layer))

  const withHeaders = (headers: Readonly<Record<string, string>>) =>
    sent((url) => HttpClientRequest.get(url, { headers }))

  it.effect("asks for gzip and br, which the response's request says as well", () =>
    Effect.map(sent(HttpClientRequest.get), (asked) => assert.strictEqual(asked, "gzip, br"))
  )

  it.effect("asks for no coding of a range or of events", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* withHeaders({ range: "bytes=0-9" }), "identity")
      assert.strictEqual(yield* withHeaders({ accept: "text/event-stream" }), "identity")
      assert.strictEqual(yield* withHeaders({ accept: "Text/Event-Stream, application/json;q=0.5" }), "identity")
    })
  )

  it.effect("keeps what it asks for itself", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* withHeaders({ "accept-encoding": "zstd" }), "zstd")
      assert.strictEqual(yield* withHeaders({ "accept-encoding": "br", range: "bytes=0-9" }), "br")
    })
  )

  it.effect("gets no header that its signature covers", () =>
    Effect.gen(function* () {
      const aws = "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=accept-encoding;host, Signature=0"
      for (const headers of [
        { "signature-input": 'sig1=("@method" "accept-encoding");created=1' },
        { authorization: aws },
        { authorization: 'Signature keyId="a",headers="host Accept-Encoding",signature="b"' },
        { signature: 'keyId="a",headers="host accept-encoding",signature="b"' }
      ]) {
        assert.isUndefined(yield* withHeaders(headers))
      }
      const others = "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0"
      assert.strictEqual(yield* withHeaders({ authorization: others }), "gzip, br")
    })
  )
})

describe("a cache over the transport", () => {
  it.effect("answers from a decoded response that varies by accept-encoding, and only the same kind of request", () =>
    Effect.gen(function* () {
      const headers = { "content-encoding": "gzip", "cache-control": "max-age=60", vary: "Accept-Encoding" }
      const { seen, url } = yield* answering(headers, encode("gzip", "fine"))
      const client = Cache.withCache(Cache.make())(yield* HttpClient.HttpClient)
      const get = (request: HttpClientRequest.HttpClientRequest) =>
        Effect.flatMap(client.execute(request), (response) =>
          Effect.map(response.text, (text) => [text, response.headers["content-encoding"]])
        )
      const plain = HttpClientRequest.get(url)
      const identity = HttpClientRequest.setHeader(plain, "accept-encoding", "identity")
      for (const request of [plain, plain, identity, identity]) {
        assert.deepStrictEqual(yield* get(request), ["fine", undefined])
      }
      assert.deepStrictEqual(
        seen.map((headers) => headers["accept-encoding"]),
        ["gzip, br", "identity"]
      )
    }).pipe(Effect.provide(Transport.layer))
  )

  it.effect("keeps a decoded body when a 304 names the coding again", () =>
    Effect.gen(function* () {
      const { url } = yield* serving((request, response) => {
        const headers = { "content-encoding": "gzip", etag: '"1"', "cache-control": "no-cache" }
        if (request.headers["if-none-match"] === '"1"') response.writeHead(304, headers).end()
        else response.writeHead(200, headers).end(encode("gzip", "fine"))
      })
      const client = Cache.withCache(Cache.make())(yield* HttpClient.HttpClient)
      for (let index = 0; index < 3; index += 1) {
        const response = yield* client.get(url)
        assert.strictEqual(response.status, 200)
        assert.strictEqual(yield* response.text, "fine")
        assert.notProperty(response.headers, "content-encoding")
      }
    }).pipe(Effect.provide(Transport.layer))
  )
})

describe("an integration over the transport", () => {
  const Reply = Schema.Struct({ id: Schema.String })
  class Bad extends Schema.TaggedError<Bad>()("Bad", { message: Schema.String }) {}
  const params = { coding: Schema.String }
  const asText = Schema.String.pipe(HttpApiSchema.asText())

  const service = (baseUrl: string) =>
    class Coded extends Integration.Service<Coded>()("test/Coded", {
      baseUrl,
      endpoints: [
        Endpoint.get("json", "/200/:coding", { params, success: Reply }),
        Endpoint.get("text", "/200/:coding", { params, success: asText }),
        Endpoint.get("declared", "/422/:coding", { params, success: Reply, errors: { 422: Bad } }),
        Endpoint.get("undeclared", "/422/:coding", { params, success: Reply })
      ]
    }) {}

  const body = (status: string) => (status === "200" ? '{"id":"a"}' : '{"message":"amount must be positive"}')

  const coding = serving((request, response) => {
    const [, status = "", name = ""] = (request.url ?? "").split("/")
    response.writeHead(Number(status), { "content-type": "application/json", "content-encoding": name })
    response.end(encode(name, body(status)))
  })

  for (const name of ["gzip", "deflate", "br", "zstd"]) {
    it.effect(`decodes answers, declared errors and excerpts in ${name}`, () =>
      Effect.gen(function* () {
        const Coded = service((yield* coding).url)
        const layer = Coded.layer.pipe(Layer.provide([Auth.none(Coded), Transport.layer]))
        yield* Effect.provide(
          Effect.gen(function* () {
            const coded = yield* Coded
            const call = { params: { coding: name } }
            assert.deepStrictEqual(yield* coded.json(call), { id: "a" })
            assert.strictEqual(yield* coded.text(call), '{"id":"a"}')
            assert.deepInclude(yield* Effect.flip(coded.declared(call)), {
              _tag: "Bad",
              message: "amount must be positive"
            })
            assert.deepInclude(yield* Effect.flip(coded.undeclared(call)), {
              _tag: "UnexpectedStatus",
              body: body("422")
            })
          }),
          layer
        )
      })
    )
  }
})
