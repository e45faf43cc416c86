import { Sha256 } from "@aws-crypto/sha256-js"
import { assert, describe, it } from "@effect/vitest"
import { SignatureV4 } from "@smithy/signature-v4"
import { type Config, ConfigProvider, Effect, Layer, Redacted, Result, Schema, Stream } from "effect"
import { HttpBody, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { AuthError, AwsSignature, type Credentials } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Cache, InvalidOption, Policy } from "@causeway/core/policy"
import { randomFrom } from "../policy/randomFrom.ts"

const secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
const example = AwsSignature.credentials(
  "AKIAIOSFODNN7EXAMPLE",
  Redacted.make("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
)
const examplesAt = Date.parse("2013-05-24T00:00:00Z")
const s3 = AwsSignature.make({ region: "us-east-1", service: "s3" })

const signatureOf = (request: HttpClientRequest.HttpClientRequest): string =>
  /Signature=([0-9a-f]{64})$/.exec(request.headers["authorization"] ?? "")?.[1] ?? "none"

const signExample = (request: HttpClientRequest.HttpClientRequest, scheme = s3) =>
  Result.getOrThrow(AwsSignature.sign(scheme, request, { credentials: example, now: examplesAt }))

const issueOf = (request: HttpClientRequest.HttpClientRequest, scheme = s3) =>
  Result.getOrThrow(Result.flip(AwsSignature.sign(scheme, request, { credentials: example, now: examplesAt })))

const bodyOf = async (request: HttpClientRequest.HttpClientRequest): Promise<Buffer> => {
  assert.strictEqual(request.body._tag, "Stream")
  const stream = request.body._tag === "Stream" ? request.body.stream : Stream.empty
  return Buffer.concat(await Effect.runPromise(Stream.runCollect(stream) as Effect.Effect<Array<Uint8Array>, unknown>))
}

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
describe("the examples of the S3 documentation", () => {
  const host = "https://examplebucket.s3.amazonaws.com"

  it("GET Object", () => {
    const request = HttpClientRequest.get(`${host}/test.txt`, { headers: { range: "bytes=0-9" } })
    assert.strictEqual(
      signatureOf(signExample(request)),
      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )
  })

  it("PUT Object, whose key has a character to encode", () => {
    const request = HttpClientRequest.put(`${host}/test$file.text`, {
      headers: { date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      body: HttpBody.text("Welcome to Amazon S3.")
    })
    const without = AwsSignature.make({
      region: "us-east-1",
      service: "s3",
      unsignedHeaders: ["content-type", "Content-Length"]
    })
    assert.strictEqual(
      signatureOf(signExample(request, without)),
      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    )
  })

  it("GET Bucket Lifecycle, whose query has no value", () => {
    assert.strictEqual(
      signatureOf(signExample(HttpClientRequest.get(`${host}/?lifecycle`))),
      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    )
  })

  it("Get Bucket (List Objects)", () => {
    const request = HttpClientRequest.get(`${host}/`, { urlParams: { "max-keys": "2", prefix: "J" } })
    assert.strictEqual(
      signatureOf(signExample(request)),
      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )
  })

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
  it("a presigned URL", () => {
    const url = AwsSignature.presign(s3, HttpClientRequest.get(`${host}/test.txt`), {
      credentials: example,
      now: examplesAt,
      expiresIn: "1 day"
    })
    assert.strictEqual(
      new URL(Redacted.value(Result.getOrThrow(url))).searchParams.get("X-Amz-Signature"),
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    )
    assert.notInclude(inspect(url), "aeeed9bb")
  })

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
  it("a body in signed chunks, however it comes", async () => {
    const parts = [new Uint8Array(10).fill(97), new Uint8Array(66_000).fill(97), new Uint8Array(550).fill(97)]
    const request = HttpClientRequest.put("https://s3.amazonaws.com/examplebucket/chunkObject.txt", {
      headers: { "x-amz-storage-class": "REDUCED_REDUNDANCY" },
      body: HttpBody.stream(Stream.fromIterable(parts), undefined, 66_560)
    })
    const chunked = AwsSignature.make({
      region: "us-east-1",
      service: "s3",
      payload: "chunked",
      unsignedHeaders: ["content-type"]
    })
    const signed = signExample(request, chunked)
    assert.strictEqual(signatureOf(signed), "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9")
    const sent = await bodyOf(signed)
    assert.strictEqual(sent.length, 66_824)
    assert.strictEqual(signed.headers["content-length"], "66824")
    assert.deepStrictEqual(
      Array.from(
        sent.toString().matchAll(/(?:^|\r\n)([0-9a-f]{1,5});chunk-signature=([0-9a-f]+)\r\n/g),
        ([, size, chunk]) => [size, chunk]
      ),
      [
        ["10000", "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
        ["400", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
        ["0", "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"]
      ]
    )
  })
})

describe("a body", () => {
  const put = (body: HttpBody.HttpBody) => HttpClientRequest.put("https://b.s3.amazonaws.com/k", { body })
  const streamOf = (bytes: ReadonlyArray<number>, length?: number) =>
    HttpBody.stream(Stream.fromIterable(bytes.map((size) => new Uint8Array(size).fill(120))), undefined, length)
  const paying = (payload: AwsSignature.Payload) => AwsSignature.make({ region: "r", service: "s3", payload })

  it("that is streamed is refused, and it is said what to set", () => {
    const issue = issueOf(put(streamOf([3], 3)))
    assert.deepInclude(issue, { _tag: "UnsignableRequest", part: "body" })
    assert.include(issue.issue, '"chunked" or "unsigned"')
  })

  it("that is multipart is refused, and signs when it need not be hashed", () => {
    const form = put(HttpBody.formData(new FormData()))
    assert.include(issueOf(form).issue, "multipart")
    assert.strictEqual(signExample(form, paying("unsigned")).headers["x-amz-content-sha256"], "UNSIGNED-PAYLOAD")
  })

  it("in chunks needs a length", () =>
    assert.include(issueOf(put(streamOf([3])), paying("chunked")).issue, "contentLength"))

  it("that is no stream is hashed, not chunked", () => {
    const signed = signExample(put(HttpBody.text("abc")), paying("chunked"))
    assert.strictEqual(
      signed.headers["x-amz-content-sha256"],
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert.strictEqual(signed.headers["content-encoding"], undefined)
  })

  for (const sizes of [[], [1], [65_536], [65_535, 2], [100_000, 0, 100_000], [8_192, 131_072]]) {
    const total = sizes.reduce((sum, size) => sum + size, 0)
    for (const payload of ["chunked", "unsignedChunked"] as const) {
      it(`of ${total} bytes in ${sizes.length} pieces is as long as it says (${payload})`, async () => {
        const signed = signExample(put(streamOf(sizes, total)), paying(payload))
        assert.strictEqual(signed.headers["x-amz-decoded-content-length"], String(total))
        assert.strictEqual((await bodyOf(signed)).length, Number(signed.headers["content-length"]))
      })
    }
  }

  it("in unsigned chunks ends in its checksum", async () => {
    const signed = signExample(
      put(HttpBody.stream(Stream.make(Buffer.from("abc")), undefined, 3)),
      paying("unsignedChunked")
    )
    assert.strictEqual(
      (await bodyOf(signed)).toString(),
      "3\r\nabc\r\n0\r\nx-amz-checksum-sha256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=\r\n\r\n"
    )
    assert.strictEqual(signed.headers["x-amz-trailer"], "x-amz-checksum-sha256")
    assert.include(signed.headers["authorization"] ?? "", ";x-amz-trailer,")
  })

  it("keeps its own encoding behind the chunks", () => {
    const request = HttpClientRequest.setHeader(put(streamOf([3], 3)), "content-encoding", "gzip")
    assert.strictEqual(signExample(request, paying("chunked")).headers["content-encoding"], "aws-chunked,gzip")
  })
})

describe("a plus in a path", () => {
  const signatureOf = (url: string, scheme = s3) =>
    signExample(HttpClientRequest.get(url), scheme).headers["authorization"]?.slice(-64)

  it("is a space to S3, and a plus as %2B", () => {
    assert.strictEqual(signatureOf("https://b.s3.amazonaws.com/a+b"), signatureOf("https://b.s3.amazonaws.com/a%20b"))
    assert.notStrictEqual(
      signatureOf("https://b.s3.amazonaws.com/a+b"),
      signatureOf("https://b.s3.amazonaws.com/a%2Bb")
    )
  })

  it("is a plus to other services", () => {
    const other = AwsSignature.make({ region: "us-east-1", service: "execute-api" })
    assert.notStrictEqual(signatureOf("https://h.example/a+b", other), signatureOf("https://h.example/a%20b", other))
  })
})

describe("the query is sent as it is signed", () => {
  const sent = (url: string, urlParams = {}) =>
    new URL(
      HttpClientRequest.toUrl(signExample(HttpClientRequest.get(url, { urlParams }))).pipe((o) =>
        o._tag === "Some" ? o.value.href : ""
      )
    ).search

  it("with %20 for a space, wherever it was written", () => {
    assert.strictEqual(sent("https://h.example/", { q: "a b~*" }), "?q=a%20b~%2A")
    assert.strictEqual(sent("https://h.example/?q=a+b"), "?q=a%20b")
  })

  it("with a plus, an empty name, an empty value and a name without a value", () =>
    assert.strictEqual(sent("https://h.example/?=x&a=&flag&p=%2B"), "?=x&a=&flag=&p=%2B"))

  it("in the order of the caller", () => assert.strictEqual(sent("https://h.example/?b=1&a=2&b=0"), "?b=1&a=2&b=0"))
})

describe("a header", () => {
  const withHeader = (name: string, value: string) =>
    HttpClientRequest.get("https://h.example/", { headers: { [name]: value } })

  for (const [what, value] of [
    ["a line break", "a\r\nx-admin: yes"],
    ["a NUL", "a\0b"],
    ["a character outside of ASCII", "ключ"]
  ] as const) {
    it(`with ${what} is refused`, () =>
      assert.deepInclude(issueOf(withHeader("x-amz-meta-a", value)), { part: "headers" }))
  }

  it("that something on the way may change is not signed", () => {
    const request = HttpClientRequest.setHeaders(withHeader("user-agent", "a"), {
      traceparent: "b",
      "sec-fetch-mode": "c"
    })
    assert.include(
      signExample(request).headers["authorization"] ?? "",
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
    )
  })
})

describe("an option that makes no sense throws", () => {
  for (const [option, options] of [
    ["awsSignature.region", { region: "", service: "s3" }],
    ["awsSignature.service", { region: "r", service: "a/b" }],
    ["awsSignature.unsignedHeaders[0]", { region: "r", service: "s3", unsignedHeaders: ["a b"] }],
    ["awsSignature.maxClockCorrection", { region: "r", service: "s3", maxClockCorrection: "Infinity" }]
  ] as const) {
    it(option, () => {
      try {
        AwsSignature.make(options as AwsSignature.Options)
        assert.fail("it was taken")
      } catch (error) {
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.strictEqual((error as InvalidOption.InvalidOption).option, option)
      }
    })
  }

  for (const expiresIn of ["8 days", "900 millis"] as const) {
    it(`presign.expiresIn of ${expiresIn}`, () =>
      assert.throws(
        () =>
          AwsSignature.presign(s3, HttpClientRequest.get("https://h.example/"), {
            credentials: example,
            now: 0,
            expiresIn
          }),
        InvalidOption.InvalidOption
      ))
  }
})

// -----------------------------------------------------------------------------------------------------------------
// @smithy/signature-v4 as the oracle

const alphabet = [
  "a",
  "Z",
  "0",
  " ",
  "+",
  "%",
  "/",
  "?",
  "&",
  "=",
  "~",
  "*",
  "'",
  "(",
  ")",
  "!",
  ":",
  "é",
  "ሴ",
  "😀",
  "-",
  "_",
  ".",
  "$",
  ",",
  ";",
  "@",
  "|",
  '"',
  "<",
  "\\"
]

const oracle = (service: string, sessionToken?: string) =>
  new SignatureV4({
    credentials: { accessKeyId: "AKID", secretAccessKey: secret, ...(sessionToken !== undefined && { sessionToken }) },
    region: "eu-central-1",
    service,
    sha256: Sha256,
    uriEscapePath: !service.startsWith("s3")
  })

const randomRequest = (seed: number) => {
  const below = randomFrom(seed)
  const word = (from: ReadonlyArray<string>, most: number) =>
    Array.from({ length: below(most + 1) }, () => from[below(from.length)] ?? "").join("")
  const strictly = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  const inPath = alphabet.filter((char) => char !== "/" && char !== ".")
  const segments = Array.from({ length: below(4) }, () => strictly(word(inPath, 6)))
  const names = Array.from({ length: below(5) }, (_, index) => `${word(alphabet, 3)}${index}`)
  const query = Object.fromEntries(
    names.map((name) => [name, Array.from({ length: 1 + below(3) }, () => word(alphabet, 5))] as const)
  )
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
  const headers = Object.fromEntries(
    Array.from({ length: below(4) }, (_, index) => [
      `${below(2) === 0 ? "x-amz-meta" : "x-own"}-${index}`,
      `v${word(ascii, 12)}`
    ])
  )
  const body = below(2) === 0 ? undefined : word(alphabet, 40)
  const method = body === undefined ? ("GET" as const) : ("PUT" as const)
  const host = below(2) === 0 ? "h.example" : "h.example:8443"
  const sessionToken = below(3) === 0 ? "t/ok+en==" : undefined
  return {
    path: `/${segments.join("/")}`,
    query,
    headers,
    body,
    method,
    host,
    sessionToken,
    at: below(2 ** 31) * 1_000
  }
}

describe("in 500 random requests of each kind", () => {
  const rounds = Array.from({ length: 500 }, (_, index) => index + 1)
  const asked = (seed: number, service: string) => {
    const { at, body, headers, host, method, path, query, sessionToken } = randomRequest(seed)
    const request = HttpClientRequest.make(method)(`https://${host}${path}`, {
      urlParams: query,
      headers,
      ...(body !== undefined && { body: HttpBody.text(body, "text/plain") })
    })
    const theirs = {
      method,
      protocol: "https:",
      hostname: host.split(":")[0] ?? "",
      path,
      query,
      headers: { ...request.headers, host },
      ...(body !== undefined && { body })
    }
    const token = sessionToken === undefined ? undefined : Redacted.make(sessionToken)
    const credentials = AwsSignature.credentials("AKID", Redacted.make(secret), token)
    const scheme = AwsSignature.make({ region: "eu-central-1", service })
    return { request, theirs, credentials, scheme, at, sessionToken }
  }

  for (const service of ["execute-api", "s3"]) {
    it(`the headers are those of @smithy/signature-v4 (${service})`, async () => {
      for (const seed of rounds) {
        const { at, credentials, request, scheme, sessionToken, theirs } = asked(seed, service)
        const ours = Result.getOrThrow(AwsSignature.sign(scheme, request, { credentials, now: at }))
        const signed = await oracle(service, sessionToken).sign(theirs, { signingDate: new Date(at) })
        const { host: _, ...expected } = signed.headers
        assert.deepStrictEqual({ ...ours.headers }, expected, `seed ${seed}`)
      }
    })
  }

  it("the presigned query is that of @smithy/signature-v4", async () => {
    for (const seed of rounds) {
      const { at, credentials, request, scheme, sessionToken, theirs } = asked(seed, "execute-api")
      const url = Redacted.value(
        Result.getOrThrow(AwsSignature.presign(scheme, request, { credentials, now: at, expiresIn: "1 hour" }))
      )
      const signed = await oracle("execute-api", sessionToken).presign(theirs, {
        signingDate: new Date(at),
        expiresIn: 3_600
      })
      assert.strictEqual(
        new URL(url).searchParams.get("X-Amz-Signature"),
        signed.query?.["X-Amz-Signature"],
        `seed ${seed}`
      )
    }
  })
})

describe("in 200 random requests to S3", () => {
  const rounds = Array.from({ length: 200 }, (_, index) => index + 1)
  const asked = (seed: number, headers: Readonly<Record<string, string>>, body?: HttpBody.HttpBody) => {
    const { at, headers: own, host, method, path, query, sessionToken } = randomRequest(seed)
    const request = HttpClientRequest.make(method)(`https://${host}${path}`, {
      urlParams: query,
      headers: own,
      ...(body !== undefined && { body })
    })
    const theirs = {
      method,
      protocol: "https:",
      hostname: host.split(":")[0] ?? "",
      path,
      query,
      headers: { ...request.headers, ...headers, host }
    }
    const token = sessionToken === undefined ? undefined : Redacted.make(sessionToken)
    const credentials = AwsSignature.credentials("AKID", Redacted.make(secret), token)
    return { request, theirs, at, credentials, oracle: oracle("s3", sessionToken) }
  }

  const signedBy = (payload: AwsSignature.Payload) =>
    AwsSignature.make({ region: "eu-central-1", service: "s3", payload })

  it("an unsigned payload is signed as @smithy/signature-v4 does", async () => {
    for (const seed of rounds) {
      const { at, credentials, oracle, request, theirs } = asked(seed, { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" })
      const ours = Result.getOrThrow(AwsSignature.sign(signedBy("unsigned"), request, { credentials, now: at }))
      const signed = await oracle.sign(theirs, { signingDate: new Date(at) })
      assert.strictEqual(ours.headers["authorization"], signed.headers["authorization"], `seed ${seed}`)
    }
  })

  const chunked: ReadonlyArray<[AwsSignature.Payload, string]> = [
    ["chunked", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"],
    ["unsignedChunked", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"]
  ]
  for (const [payload, hash] of chunked) {
    it(`the first signature of a ${payload} payload is that of @smithy/signature-v4`, async () => {
      for (const seed of rounds) {
        const bytes = 1 + (seed % 5) * 65_536
        const stream = HttpBody.stream(Stream.make(new Uint8Array(bytes)), undefined, bytes)
        const { at, credentials, oracle, request, theirs } = asked(seed, {}, stream)
        const ours = Result.getOrThrow(AwsSignature.sign(signedBy(payload), request, { credentials, now: at }))
        const added = ["content-encoding", "content-length", "x-amz-decoded-content-length", "x-amz-trailer"]
        const headers = Object.fromEntries(
          added.flatMap((name) => (ours.headers[name] === undefined ? [] : [[name, ours.headers[name]]]))
        )
        const signed = await oracle.sign(
          { ...theirs, headers: { ...theirs.headers, ...headers, "x-amz-content-sha256": hash } },
          { signingDate: new Date(at) }
        )
        assert.strictEqual(ours.headers["authorization"], signed.headers["authorization"], `seed ${seed}`)
      }
    })
  }

  it("the presigned query, whose payload is not signed, is that of @smithy/signature-v4", async () => {
    for (const seed of rounds) {
      const unsigned = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }
      const { at, credentials, oracle, request, theirs } = asked(seed, unsigned)
      const given = HttpClientRequest.setHeaders(request, unsigned)
      const url = AwsSignature.presign(signedBy("signed"), given, { credentials, now: at, expiresIn: "1 hour" })
      const signed = await oracle.presign(theirs, { signingDate: new Date(at), expiresIn: 3_600 })
      assert.strictEqual(
        new URL(Redacted.value(Result.getOrThrow(url))).searchParams.get("X-Amz-Signature"),
        signed.query?.["X-Amz-Signature"],
        `seed ${seed}`
      )
    }
  })
})

// -----------------------------------------------------------------------------------------------------------------
// within an integration

class Bucket extends Integration.Service<Bucket>()("test/Bucket", {
  baseUrl: "https://b.s3.example",
  endpoints: [
    Endpoint.get("read", "/:key", { params: { key: Schema.String }, success: Schema.Json }),
    Endpoint.put("write", "/:key", {
      params: { key: Schema.String },
      payload: Schema.Struct({ a: Schema.String }),
      success: Schema.Json
    })
  ],
  classify: AwsSignature.classify,
  policy: Policy.none
}) {}

class Cached extends Integration.Service<Cached>()("test/Cached", {
  baseUrl: "https://b.s3.example",
  endpoints: [Endpoint.get("read", "/", { success: Schema.Json })],
  policy: { ...Policy.none, cache: Cache.make() }
}) {}

type Sent = HttpClientRequest.HttpClientRequest

/** A service with a clock of its own, which refuses what is more than 5 minutes from it. */
const service = (aheadMillis: number, headers: Record<string, string> = {}) => {
  const sent: Array<Sent> = []
  const client = HttpClient.make((request) =>
    Effect.clockWith((clock) => {
      sent.push(request)
      const now = clock.currentTimeMillisUnsafe() + aheadMillis
      const at = (request.headers["x-amz-date"] ?? "").replace(/(....)(..)(..T..)(..)(..)Z/, "$1-$2-$3:$4:$5Z")
      const ok = Math.abs(Date.parse(at) - now) <= 300_000
      const body = ok ? "1" : `<Error><SignatureProvided>${signatureOf(request)}</SignatureProvided></Error>`
      const response = new Response(body, {
        status: ok ? 200 : 403,
        headers: { date: new Date(now).toUTCString(), ...(ok && headers) }
      })
      return Effect.succeed(HttpClientResponse.fromWeb(request, response))
    })
  )
  return { sent, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const calling = <A, E>(
  over: ReturnType<typeof service>,
  use: (bucket: Bucket["Service"]) => Effect.Effect<A, E>,
  options: Partial<AwsSignature.Options> = {},
  credentials: Effect.Effect<AwsSignature.AwsCredentials, unknown> = Effect.succeed(
    AwsSignature.credentials("AKID", Redacted.make(secret))
  )
) =>
  Effect.flatMap(Bucket, use).pipe(
    Effect.provide(
      Bucket.layer.pipe(
        Layer.provide([AwsSignature.layer(Bucket, { region: "r", service: "s3", ...options }, credentials), over.layer])
      )
    )
  )

describe("a clock that is off", () => {
  for (const minutes of [-60, -10, 10, 60, 600]) {
    it.effect(`by ${minutes} minutes is set right by what the service says`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(examplesAt)
        const over = service(minutes * 60_000)
        const first = yield* calling(over, (bucket) =>
          Effect.all([bucket.read({ params: { key: "k" } }), bucket.read({ params: { key: "k" } })])
        )
        assert.deepStrictEqual(first, [1, 1])
        // One request is refused, and none after it.
        assert.strictEqual(over.sent.length, 3)
      })
    )
  }

  it.effect("by more than is set right is a ClockSkew, and asks nothing more for a minute", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(examplesAt)
      const over = service(-7_200_000)
      const read = (bucket: Bucket["Service"]) => Effect.flip(bucket.read({ params: { key: "k" } }))
      yield* calling(
        over,
        (bucket) =>
          Effect.gen(function* () {
            const error = yield* read(bucket)
            assert.strictEqual(error._tag, "Unauthorized")
            const reason = AuthError.of(error)?.reason
            assert.strictEqual(reason?._tag, "ClockSkew")
            assert.include(error.message, "2h")
            yield* read(bucket)
            assert.strictEqual(over.sent.length, 1)
            yield* TestClock.adjust("1 minute")
            yield* read(bucket)
            assert.strictEqual(over.sent.length, 2)
          }),
        { maxClockCorrection: "1 hour" }
      )
    })
  )

  it.effect("is not blamed for a refusal at the right time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(examplesAt)
      const client = HttpClient.make((request) =>
        Effect.succeed(
          HttpClientResponse.fromWeb(
            request,
            new Response("no", { status: 403, headers: { date: new Date(examplesAt).toUTCString() } })
          )
        )
      )
      const over = { sent: [], layer: Layer.succeed(HttpClient.HttpClient, client) }
      const error = yield* calling(over, (bucket) => Effect.flip(bucket.read({ params: { key: "k" } })))
      assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 403, attempts: 1 })
    })
  )
})

describe("credentials", () => {
  it.effect("come from the environment, read once", () =>
    Effect.gen(function* () {
      const config = ConfigProvider.layer(
        ConfigProvider.fromUnknown({
          AWS_ACCESS_KEY_ID: "AKENV",
          AWS_SECRET_ACCESS_KEY: secret,
          AWS_SESSION_TOKEN: "s3ssion"
        })
      )
      const over = service(0)
      const live = Bucket.layer.pipe(
        Layer.provide([
          AwsSignature.layer(Bucket, { region: "r", service: "s3" }, AwsSignature.environment).pipe(
            Layer.provide(config)
          ),
          over.layer
        ])
      )
      yield* Effect.provide(
        Effect.flatMap(Bucket, (bucket) => bucket.read({ params: { key: "k" } })),
        live
      )
      assert.include(over.sent[0]?.headers["authorization"] ?? "", "Credential=AKENV/")
      assert.strictEqual(over.sent[0]?.headers["x-amz-security-token"], "s3ssion")
    })
  )

  it.effect("that the environment lacks are told when the Layer is built", () =>
    Effect.gen(function* () {
      const empty = ConfigProvider.layer(ConfigProvider.fromUnknown({}))
      const credentials: Layer.Layer<Credentials.Credentials<Bucket>, Config.ConfigError> = AwsSignature.layer(
        Bucket,
        { region: "r", service: "s3" },
        AwsSignature.environment
      )
      const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.provide(credentials, empty))))
      assert.strictEqual(error._tag, "ConfigError")
    })
  )

  it.effect("are asked for at each attempt, and anew when they have expired", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(examplesAt)
      let reading = 0
      const rotating = Effect.sync(() => AwsSignature.credentials(`AKID${reading++}`, Redacted.make(secret)))
      const sent: Array<Sent> = []
      const client = HttpClient.make((request) => {
        sent.push(request)
        const expired = sent.length === 1
        const headers = { "x-amzn-errortype": "ExpiredTokenException" }
        return Effect.succeed(
          HttpClientResponse.fromWeb(request, expired ? new Response("{}", { status: 403, headers }) : Response.json(1))
        )
      })
      const over = { sent, layer: Layer.succeed(HttpClient.HttpClient, client) }
      yield* calling(over, (bucket) => bucket.read({ params: { key: "k" } }), {}, rotating)
      assert.deepStrictEqual(
        sent.map(({ headers }) => /AKID\d/.exec(headers["authorization"] ?? "")?.[0]),
        ["AKID0", "AKID2"]
      )
    })
  )

  for (const [what, credentials] of [
    ["an empty access key id", AwsSignature.credentials("", Redacted.make(secret))],
    ["an access key id that breaks the header", AwsSignature.credentials("AK,ID", Redacted.make(secret))],
    ["an empty secret", AwsSignature.credentials("AKID", Redacted.make(""))],
    ["a secret with its line break", AwsSignature.credentials("AKID", Redacted.make(`${secret}\n`))],
    ["a session token of two lines", AwsSignature.credentials("AKID", Redacted.make(secret), Redacted.make("a\nb"))]
  ] as const) {
    it.effect(`with ${what} are Unauthorized before anything is sent`, () =>
      Effect.gen(function* () {
        const over = service(0)
        const read = (bucket: Bucket["Service"]) => Effect.flip(bucket.read({ params: { key: "k" } }))
        const error = yield* calling(over, read, {}, Effect.succeed(credentials))
        assert.deepInclude(error, { _tag: "Unauthorized", status: undefined })
        assert.include(error.message, "AWS credentials have")
        assert.strictEqual(over.sent.length, 0)
      })
    )
  }
})

it.effect("answers are shared by those who sign with the same secret, at whatever time, and by nobody else", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(examplesAt)
    let key = secret
    const over = service(0, { "cache-control": "max-age=3600" })
    const credentials = Effect.sync(() => AwsSignature.credentials("AKID", Redacted.make(key)))
    const live = Cached.layer.pipe(
      Layer.provide([AwsSignature.layer(Cached, { region: "r", service: "s3" }, credentials), over.layer])
    )
    yield* Effect.gen(function* () {
      const { read } = yield* Cached
      yield* read()
      yield* TestClock.adjust("1 minute")
      yield* read()
      assert.strictEqual(over.sent.length, 1)
      key = "another"
      yield* read()
      assert.strictEqual(over.sent.length, 2)
    }).pipe(Effect.provide(live))
  })
)

it.effect("a request that cannot be signed is Unauthorized with the reason", () =>
  Effect.gen(function* () {
    const over = service(0)
    const error = yield* calling(
      over,
      (bucket) => Effect.flip(bucket.write({ params: { key: "k" }, payload: { a: "b" } })),
      { payload: () => "signed", unsignedHeaders: [] },
      Effect.succeed(AwsSignature.credentials("AKID", Redacted.make(secret), Redacted.make("é")))
    )
    assert.strictEqual(AuthError.of(error)?.reason._tag, "UnsignableRequest")
    assert.strictEqual(error.category, "invalid")
    assert.include(error.message, "x-amz-security-token")
  })
)

it.effect("no secret and no signature is in the error of a refusal that repeats them", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(examplesAt)
    const planted = "pl4nted-s3cret-key"
    const token = "pl4nted-t0ken"
    const client = HttpClient.make((request) =>
      Effect.succeed(
        HttpClientResponse.fromWeb(
          request,
          new Response(`${signatureOf(request)} ${planted} ${request.headers["x-amz-security-token"]}`, { status: 403 })
        )
      )
    )
    const over = { sent: [], layer: Layer.succeed(HttpClient.HttpClient, client) }
    const credentials = AwsSignature.credentials("AKID", Redacted.make(planted), Redacted.make(token))
    const error = yield* calling(
      over,
      (bucket) => Effect.flip(bucket.read({ params: { key: "k" } })),
      {},
      Effect.succeed(credentials)
    )
    const shown = [
      error.message,
      inspect(error, { depth: 9 }),
      JSON.stringify(error),
      inspect(credentials),
      inspect(s3)
    ].join()
    assert.notInclude(shown, planted)
    assert.notInclude(shown, token)
    assert.notMatch(shown, /[0-9a-f]{64}/)
    assert.include(shown, "<redacted> <redacted> <redacted>")
  })
)
