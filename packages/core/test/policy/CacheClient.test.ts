import { Cache, CacheStore } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Latch, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { gzipSync } from "node:zlib"
import { loopback } from "./loopback.ts"

const url = "https://api.example/items"

type Answer = Response | "unreachable"

/** A provider in memory that answers one thing after another, the last one from there on. */
const scripted = (...answers: ReadonlyArray<() => Answer>) => {
  const asked: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)]?.() ?? "unreachable"
    asked.push(request)
    return answer === "unreachable"
      ? Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, description: "down" })
          })
        )
      : Effect.succeed(HttpClientResponse.fromWeb(request, answer))
  })
  return { asked, client }
}

const saying =
  (body: string, control: string, more: Record<string, string> = {}, status = 200) =>
  () =>
    new Response(body, { status, headers: { "cache-control": control, ...more } })

const notModified =
  (headers: Record<string, string> = {}) =>
  () =>
    new Response(null, { status: 304, headers })

const textOf = <E, R>(response: Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>) =>
  Effect.flatMap(response, (response) => response.text)

/** Lets fibres that are due run until they wait again. */
const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

describe("a client with a cache", () => {
  it.effect("asks once for as long as the answer is fresh, and says how old it is", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(saying("one", "max-age=60", { "x-test": "kept" }), saying("two", "max-age=60"))
      const cached = client.pipe(Cache.withCache(Cache.make()))
      assert.strictEqual(yield* textOf(cached.get(url)), "one")
      yield* TestClock.adjust("59 seconds")
      const again = yield* cached.get(url)
      assert.strictEqual(yield* again.text, "one")
      assert.deepInclude({ ...again.headers }, { age: "59", "x-test": "kept" })
      assert.strictEqual(asked.length, 1)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* textOf(cached.get(url)), "two")
    })
  )

  it.effect("gives everybody a response of their own to read", () =>
    Effect.gen(function* () {
      const cached = scripted(saying('{"a":1}', "max-age=60")).client.pipe(Cache.withCache(Cache.make()))
      const responses = yield* Effect.all([cached.get(url), cached.get(url), cached.get(url)])
      const answers = yield* Effect.forEach(responses, (response) => response.json)
      assert.deepStrictEqual(answers, [{ a: 1 }, { a: 1 }, { a: 1 }])
    })
  )

  it.effect("asks by the validator, and is answered with 304 and the body it has", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(saying("one", "max-age=60", { etag: '"a"' }), notModified(), saying("two", ""))
      const cached = client.pipe(Cache.withCache(Cache.make()))
      yield* textOf(cached.get(url))
      yield* TestClock.adjust("60 seconds")
      const renewed = yield* cached.get(url)
      assert.deepStrictEqual([renewed.status, yield* renewed.text], [200, "one"])
      assert.strictEqual(asked[1]?.headers["if-none-match"], '"a"')
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* textOf(cached.get(url)), "one")
      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("asks again without conditions when a 304 speaks of another answer", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(
        saying("one", "no-cache", { etag: '"a"' }),
        notModified({ etag: '"b"' }),
        saying("two", "no-cache", { etag: '"b"' })
      )
      const cached = client.pipe(Cache.withCache(Cache.make()))
      yield* textOf(cached.get(url))
      assert.strictEqual(yield* textOf(cached.get(url)), "two")
      assert.deepStrictEqual(
        asked.map((request) => request.headers["if-none-match"]),
        [undefined, '"a"', undefined]
      )
    })
  )

  it.effect("hands a 304 to a caller that asked with conditions of its own", () =>
    Effect.gen(function* () {
      const { client } = scripted(saying("one", "max-age=60", { etag: '"a"' }), notModified())
      const cached = client.pipe(Cache.withCache(Cache.make()))
      yield* textOf(cached.get(url))
      const response = yield* cached.get(url, { headers: { "if-none-match": '"a"' } })
      assert.strictEqual(response.status, 304)
    })
  )

  it.effect("keeps answers to one's credentials from others", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(saying("hers", "max-age=60"), saying("his", "max-age=60"))
      const cached = client.pipe(Cache.withCache(Cache.make()))
      const as = (token: string) => textOf(cached.get(url, { headers: { authorization: `Bearer ${token}` } }))
      assert.deepStrictEqual(yield* Effect.all([as("her"), as("his"), as("her"), as("his")]), [
        "hers",
        "his",
        "hers",
        "his"
      ])
      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("sees credentials that were added to the client it wraps", () =>
    Effect.gen(function* () {
      let token = "her"
      const { asked, client } = scripted(saying("hers", "max-age=60"), saying("his", "max-age=60"))
      const cached = client.pipe(
        HttpClient.mapRequest((request) => HttpClientRequest.bearerToken(request, token)),
        Cache.withCache(Cache.make())
      )
      assert.strictEqual(yield* textOf(cached.get(url)), "hers")
      token = "his"
      assert.strictEqual(yield* textOf(cached.get(url)), "his")
      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("forgets an answer when its URL is written to", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(saying("one", "max-age=60"), saying("done", ""), saying("two", "max-age=60"))
      const cached = client.pipe(Cache.withCache(Cache.make()))
      yield* textOf(cached.get(url))
      yield* textOf(cached.put(url))
      assert.strictEqual(yield* textOf(cached.get(url)), "two")
      assert.strictEqual(asked.length, 3)
    })
  )

  it.effect("answers only-if-cached with 504 rather than ask", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(saying("one", "max-age=60"))
      const cached = client.pipe(Cache.withCache(Cache.make()))
      const response = yield* cached.get(url, { headers: { "cache-control": "only-if-cached" } })
      assert.strictEqual(response.status, 504)
      assert.strictEqual(asked.length, 0)
    })
  )

  it.effect("passes cookies on to the one who was answered, and to nobody else", () =>
    Effect.gen(function* () {
      const answer = () => {
        const response = saying("one", "max-age=60")()
        response.headers.append("set-cookie", "a=1; Path=/")
        response.headers.append("set-cookie", "b=2")
        return response
      }
      const cached = scripted(answer).client.pipe(Cache.withCache(Cache.make()))
      const cookiesOf = (response: HttpClientResponse.HttpClientResponse) => Object.keys(response.cookies.cookies)
      assert.deepStrictEqual(cookiesOf(yield* cached.get(url)), ["a", "b"])
      assert.deepStrictEqual(cookiesOf(yield* cached.get(url)), [])
    })
  )

  for (const status of [204, 404, 301]) {
    it.effect(`gives a kept ${status} again`, () =>
      Effect.gen(function* () {
        const answer = () =>
          new Response(status === 204 ? null : "x", { status, headers: { "cache-control": "max-age=60" } })
        const { asked, client } = scripted(answer)
        const cached = client.pipe(Cache.withCache(Cache.make()))
        const statuses = yield* Effect.forEach([1, 2], () => Effect.map(cached.get(url), (response) => response.status))
        assert.deepStrictEqual(statuses, [status, status])
        assert.strictEqual(asked.length, 1)
      })
    )
  }

  it.effect("HEAD is answered by what GET was, without its body", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(saying("one", "max-age=60"))
      const cached = client.pipe(Cache.withCache(Cache.make({ methods: ["GET", "HEAD"] })))
      yield* cached.get(url)
      const response = yield* cached.head(url)
      assert.strictEqual(yield* response.text, "")
      assert.strictEqual(asked.length, 1)
    })
  )
})

describe("the coding of a body", () => {
  /** A transport that asks for gzip by itself and decodes what it gets, as undici's and fetch's do. */
  const decoding = (asked: Array<string | undefined>) =>
    HttpClient.make((request) => {
      const sent = HttpClientRequest.setHeader(request, "accept-encoding", request.headers["accept-encoding"] ?? "gzip")
      asked.push(sent.headers["accept-encoding"])
      const answer = saying(`for ${sent.headers["accept-encoding"]}`, "max-age=60", { vary: "Accept-Encoding" })()
      return Effect.succeed(HttpClientResponse.fromWeb(sent, answer))
    })

  it.effect("that the transport added is matched by Vary", () =>
    Effect.gen(function* () {
      const asked: Array<string | undefined> = []
      const cached = decoding(asked).pipe(Cache.withCache(Cache.make()))
      const get = (headers?: Record<string, string>) => textOf(cached.get(url, headers && { headers }))
      assert.strictEqual(yield* get(), "for gzip")
      assert.strictEqual(yield* get(), "for gzip")
      assert.strictEqual(yield* get({ "accept-encoding": "gzip" }), "for gzip")
      assert.strictEqual(yield* get({ "accept-encoding": "identity" }), "for identity")
      assert.strictEqual(yield* get({ "accept-encoding": "identity" }), "for identity")
      assert.deepStrictEqual(asked, ["gzip", "identity"])
    })
  )

  it.effect("that is still encoded is served only to requests that accept its coding", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(
        saying("coded", "max-age=60", { vary: "accept-encoding", "content-encoding": "br" }),
        saying("plain", "max-age=60", { vary: "accept-encoding" })
      )
      const cached = client.pipe(Cache.withCache(Cache.make()))
      yield* textOf(cached.get(url, { headers: { "accept-encoding": "br" } }))
      assert.strictEqual(yield* textOf(cached.get(url)), "plain")
      assert.strictEqual(asked.length, 2)
    })
  )
})

describe("an outage", () => {
  const outage = (...answers: ReadonlyArray<() => Answer>) =>
    scripted(saying("old", "max-age=60"), ...answers).client.pipe(
      Cache.withCache(Cache.make({ staleIfError: "1 minute" }))
    )

  for (const status of [500, 502, 503, 504]) {
    it.effect(`of ${status} is answered with what is stale, as long as it may be`, () =>
      Effect.gen(function* () {
        const cached = outage(saying("down", "no-store", {}, status))
        yield* cached.get(url)
        yield* TestClock.adjust("119 seconds")
        const response = yield* cached.get(url)
        assert.deepStrictEqual([response.status, yield* response.text], [200, "old"])
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* cached.get(url)).status, status)
      })
    )
  }

  for (const status of [301, 400, 401, 403, 404, 410, 429]) {
    it.effect(`is not what a client means that fails with ${status}`, () =>
      Effect.gen(function* () {
        const { client } = scripted(saying("old", "max-age=60"), saying("no", "no-store", {}, status))
        const strict = client.pipe(HttpClient.filterStatusOk, Cache.withCache(Cache.make({ staleIfError: "1 minute" })))
        yield* strict.get(url)
        yield* TestClock.adjust("61 seconds")
        const error = yield* Effect.flip(strict.get(url))
        assert.strictEqual(error.reason._tag, "StatusCodeError")
      })
    )
  }

  it.effect("is one when a client fails with 503, or when a timeout around it ends", () =>
    Effect.gen(function* () {
      let count = 0
      const failing = HttpClient.make((request) => {
        count += 1
        const response = count === 1 ? saying("old", "max-age=60")() : saying("down", "", {}, 503)()
        const answered = Effect.succeed(HttpClientResponse.fromWeb(request, response))
        return count === 3 ? Effect.andThen(Effect.never, answered) : answered
      })
      const cached = failing.pipe(
        HttpClient.filterStatusOk,
        HttpClient.transformResponse(Effect.timeout("1 second")),
        Cache.withCache(Cache.make({ staleIfError: "1 hour" }))
      )
      yield* cached.get(url)
      yield* TestClock.adjust("61 seconds")
      assert.strictEqual(yield* textOf(cached.get(url)), "old")
      const slow = yield* Effect.forkChild(textOf(cached.get(url)))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(slow), "old")
    })
  )

  it.effect("is not a failure of this program, such as an error of a client's own", () =>
    Effect.gen(function* () {
      const { client } = scripted(saying("old", "max-age=60"))
      let isRefused = false
      const picky = client.pipe(
        HttpClient.transformResponse(
          Effect.filterOrFail(
            () => !isRefused,
            () => "refused" as const
          )
        ),
        Cache.withCache(Cache.make({ staleIfError: "1 hour" }))
      )
      yield* picky.get(url)
      yield* TestClock.adjust("61 seconds")
      isRefused = true
      assert.strictEqual(yield* Effect.flip(picky.get(url)), "refused")
    })
  )

  it.effect("without a connection is answered with what is stale, as long as it may be", () =>
    Effect.gen(function* () {
      const cached = outage(() => "unreachable")
      yield* cached.get(url)
      yield* TestClock.adjust("119 seconds")
      assert.strictEqual(yield* textOf(cached.get(url)), "old")
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* Effect.flip(cached.get(url))).reason._tag, "TransportError")
    })
  )

  it.effect(
    "that lasts longer than a stale answer may be given is told, also when it may have been at the beginning",
    () =>
      Effect.gen(function* () {
        const latch = Latch.makeUnsafe()
        let count = 0
        const slow = HttpClient.make((request) =>
          count++ === 0
            ? Effect.succeed(HttpClientResponse.fromWeb(request, saying("old", "max-age=60")()))
            : Effect.as(latch.await, HttpClientResponse.fromWeb(request, saying("down", "", {}, 503)()))
        )
        const cached = slow.pipe(Cache.withCache(Cache.make({ staleIfError: "1 minute" })))
        yield* cached.get(url)
        yield* TestClock.adjust("100 seconds")
        const waiting = yield* Effect.forkChild(cached.get(url))
        yield* TestClock.adjust("30 seconds")
        yield* latch.open
        assert.strictEqual((yield* Fiber.join(waiting)).status, 503)
      })
  )

  it.effect("in the middle of a body is answered with what is stale", () =>
    Effect.gen(function* () {
      const breaking = () =>
        new Response(
          new ReadableStream({
            start: (controller) => {
              controller.enqueue(new TextEncoder().encode("new, but"))
              controller.error(new Error("reset"))
            }
          }),
          { headers: { "cache-control": "max-age=60" } }
        )
      const cached = outage(breaking)
      yield* cached.get(url)
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual(yield* textOf(cached.get(url)), "old")
    })
  )

  it.effect("that is a rejection is told", () =>
    Effect.gen(function* () {
      const cached = outage(saying("no", "", {}, 403))
      yield* cached.get(url)
      yield* TestClock.adjust("60 seconds")
      assert.strictEqual((yield* cached.get(url)).status, 403)
    })
  )
})

describe("stale-while-revalidate", () => {
  it.effect("gives what is stale at once, asks once behind everybody's back, and gives what came of it", () =>
    Effect.gen(function* () {
      const latch = Latch.makeUnsafe()
      let count = 0
      const provider = HttpClient.make((request) => {
        count += 1
        const respond = (body: string) =>
          HttpClientResponse.fromWeb(request, saying(body, "max-age=60, stale-while-revalidate=60")())
        return count === 1 ? Effect.succeed(respond("old")) : Effect.as(latch.await, respond("new"))
      })
      const cached = provider.pipe(Cache.withCache(Cache.make()))
      yield* cached.get(url)
      yield* TestClock.adjust("90 seconds")
      const answers = yield* Effect.forEach(Array.from({ length: 50 }), () => textOf(cached.get(url)), {
        concurrency: 10
      })
      assert.deepStrictEqual(new Set(answers), new Set(["old"]))
      yield* settle
      assert.strictEqual(count, 2)
      yield* latch.open
      yield* Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
      yield* settle
      assert.strictEqual(yield* textOf(cached.get(url)), "new")
      assert.strictEqual(count, 2)
    })
  )

  it.effect("a refresh that fails is tried again by the next caller, until the time is over", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(saying("old", "max-age=60, stale-while-revalidate=60"), () => "unreachable")
      const cached = client.pipe(Cache.withCache(Cache.make()))
      yield* cached.get(url)
      yield* TestClock.adjust("90 seconds")
      for (let call = 0; call < 3; call += 1) {
        assert.strictEqual(yield* textOf(cached.get(url)), "old")
        yield* settle
      }
      assert.strictEqual(asked.length, 4)
      yield* TestClock.adjust("30 seconds")
      yield* Effect.flip(cached.get(url))
    })
  )

  it.effect("a refresh that never ends is given up after a minute", () =>
    Effect.gen(function* () {
      let count = 0
      const provider = HttpClient.make((request) => {
        count += 1
        const control = "max-age=60, stale-while-revalidate=3600"
        return count === 1
          ? Effect.succeed(HttpClientResponse.fromWeb(request, saying("old", control)()))
          : Effect.never
      })
      const cached = provider.pipe(Cache.withCache(Cache.make()))
      yield* cached.get(url)
      yield* TestClock.adjust("90 seconds")
      yield* cached.get(url)
      yield* settle
      yield* TestClock.adjust("61 seconds")
      yield* cached.get(url)
      yield* settle
      assert.strictEqual(count, 3)
    })
  )
})

describe("a body", () => {
  const chunked = (chunks: number, bytes: number, ended: { cancelled: boolean }) => () => {
    let sent = 0
    return new Response(
      new ReadableStream({
        pull: (controller) => {
          if (sent === chunks) return controller.close()
          sent += 1
          controller.enqueue(new Uint8Array(bytes).fill(sent))
        },
        cancel: () => {
          ended.cancelled = true
        }
      }),
      { headers: { "cache-control": "max-age=60" } }
    )
  }

  it.effect("that is too large passes through whole, and is not kept", () =>
    Effect.gen(function* () {
      const { asked, client } = scripted(chunked(10, 1_000, { cancelled: false }))
      const cached = client.pipe(Cache.withCache(Cache.make({ maxBodyBytes: 2_500 })))
      const read = Effect.flatMap(cached.get(url), (response) => response.arrayBuffer)
      const bodies = yield* Effect.all([read, read])
      const expected = Array.from({ length: 10_000 }, (_, index) => Math.floor(index / 1_000) + 1)
      for (const body of bodies) assert.deepStrictEqual([...new Uint8Array(body)], expected)
      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("that is too large and is not read to its end is cancelled", () =>
    Effect.gen(function* () {
      const ended = { cancelled: false }
      const cached = scripted(chunked(1_000, 1_000, ended)).client.pipe(
        Cache.withCache(Cache.make({ maxBodyBytes: 2_500 }))
      )
      const response = yield* cached.get(url)
      yield* Stream.runDrain(Stream.take(response.stream, 1))
      assert.isTrue(ended.cancelled)
    })
  )

  it.effect("of a length that is said to be too large is not touched", () =>
    Effect.gen(function* () {
      const answer = saying("0123456789", "max-age=60", { "content-length": "10" })
      const { client } = scripted(answer)
      const cached = client.pipe(Cache.withCache(Cache.make({ maxBodyBytes: 5 })))
      assert.strictEqual(yield* textOf(cached.get(url)), "0123456789")
    })
  )

  it.effect("that breaks, breaks for the caller too, and is not kept", () =>
    Effect.gen(function* () {
      const breaking = () =>
        new Response(new ReadableStream({ start: (controller) => controller.error(new Error("reset")) }), {
          headers: { "cache-control": "max-age=60" }
        })
      const { asked, client } = scripted(breaking, saying("whole", "max-age=60"))
      const cached = client.pipe(Cache.withCache(Cache.make()))
      const response = yield* cached.get(url)
      assert.strictEqual((yield* Effect.flip(response.text)).reason._tag, "DecodeError")
      assert.strictEqual(yield* textOf(cached.get(url)), "whole")
      assert.strictEqual(asked.length, 2)
    })
  )

  it.effect("without an end is handed on at once when it is an event stream", () =>
    Effect.gen(function* () {
      const endless = () =>
        new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array([10])) }), {
          headers: { "content-type": "text/event-stream" }
        })
      const cached = scripted(endless).client.pipe(Cache.withCache(Cache.make({ defaultTtl: "1 hour" })))
      const response = yield* cached.get(url)
      const first = yield* Stream.runCollect(Stream.take(response.stream, 1))
      assert.strictEqual(first.length, 1)
    })
  )

  it.effect("that is being read is cancelled when the caller is interrupted", () =>
    Effect.gen(function* () {
      let cancelled = false
      const hanging = () =>
        new Response(
          new ReadableStream({
            cancel: () => {
              cancelled = true
            }
          }),
          { headers: { "cache-control": "max-age=60" } }
        )
      const cached = scripted(hanging).client.pipe(Cache.withCache(Cache.make()))
      const reading = yield* Effect.forkChild(cached.get(url))
      yield* settle
      yield* Fiber.interrupt(reading)
      yield* Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
      assert.isTrue(cancelled)
    })
  )
})

describe("a store that cannot be asked", () => {
  it.effect("fails the request as the transport would, before anything is sent", () =>
    Effect.gen(function* () {
      const store: CacheStore.CacheStore["Service"] = {
        ...CacheStore.makeMemory(),
        get: () => Effect.succeed<CacheStore.Unavailable>({ _tag: "Unavailable" })
      }
      const { asked, client } = scripted(saying("one", "max-age=60"))
      const error = yield* Effect.flip(client.pipe(Cache.withCache(Cache.make(), { store })).get(url))
      assert.strictEqual(error.reason._tag, "TransportError")
      assert.strictEqual(asked.length, 0)
    })
  )

  it.effect("for writing does not fail the request", () =>
    Effect.gen(function* () {
      const store: CacheStore.CacheStore["Service"] = { ...CacheStore.makeMemory(), put: () => Effect.succeed(false) }
      const { client } = scripted(saying("one", "max-age=60"))
      assert.strictEqual(yield* textOf(client.pipe(Cache.withCache(Cache.make(), { store })).get(url)), "one")
    })
  )
})

describe("over the wire", () => {
  it.live(
    "a provider is asked by validators, variants are kept apart, a write forgets, and an outage is survived",
    () =>
      Effect.gen(function* () {
        let version = 1
        const provider = yield* loopback((request, response) => {
          const language = request.headers["accept-language"] ?? "none"
          const tag = `"${version}-${language}"`
          if (request.method === "POST") version += 1
          response.setHeader("vary", "Accept-Language, Accept-Encoding")
          response.setHeader("cache-control", `max-age=${request.url === "/held" ? 600 : 0}, stale-if-error=600`)
          response.setHeader("etag", tag)
          response.setHeader("content-encoding", "gzip")
          response.statusCode = request.headers["if-none-match"] === tag ? 304 : 200
          response.end(response.statusCode === 304 ? undefined : gzipSync(`${language} ${version}`))
        })
        const client = yield* HttpClient.HttpClient
        const cached = client.pipe(Cache.withCache(Cache.make()))
        const ask = (path: string, language: string) =>
          textOf(cached.get(provider.url + path, { headers: { "accept-language": language } }))

        assert.deepStrictEqual(yield* Effect.all([ask("/held", "de"), ask("/held", "en"), ask("/held", "de")]), [
          "de 1",
          "en 1",
          "de 1"
        ])
        assert.strictEqual(provider.asked.length, 2)
        assert.deepStrictEqual(yield* Effect.all([ask("/asked", "de"), ask("/asked", "de")]), ["de 1", "de 1"])
        assert.strictEqual(provider.asked.at(-1)?.headers["if-none-match"], '"1-de"')
        yield* cached.post(`${provider.url}/held`)
        assert.deepStrictEqual(yield* Effect.all([ask("/held", "de"), ask("/asked", "de")]), ["de 2", "de 2"])
        yield* provider.stop
        assert.deepStrictEqual(yield* Effect.all([ask("/held", "de"), ask("/asked", "de")]), ["de 2", "de 2"])
        yield* Effect.flip(ask("/held", "fr"))
      }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )
})
