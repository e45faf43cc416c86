import { assert, describe, it } from "@effect/vitest"
import { ByteSize, Duration, Effect, Exit, Fiber, Layer, Redacted, Schema } from "effect"
import { HttpClient, HttpClientError, HttpClientRequest, HttpClientResponse, HttpIncomingMessage } from "effect/http"
import { TestClock } from "effect/testing"
import { Auth, type Credentials } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, Exchange, Policy } from "@causeway/core/policy"

const responseTo = (request: HttpClientRequest.HttpClientRequest, body: BodyInit | null, init?: ResponseInit) =>
  HttpClientResponse.fromWeb(request, new Response(body, init))

/** A response whose body has come. */
const arrived = (request: HttpClientRequest.HttpClientRequest, text: string): HttpClientResponse.HttpClientResponse => {
  const bytes = new TextEncoder().encode(text)
  return Object.assign(responseTo(request, null), {
    [Exchange.DirectTypeId]: (most: number) => (bytes.byteLength <= most ? bytes : undefined)
  })
}

type Answer = (request: HttpClientRequest.HttpClientRequest, told: Exchange.Told) => void

/** A client with a direct way that writes down what goes through it. */
const direct = (answer: Answer, accepts: Exchange.Direct["accepts"] = () => true) => {
  const journal = { begun: 0, stopped: 0, executed: 0 }
  const executing = HttpClient.make((request) => {
    journal.executed += 1
    return Effect.succeed(responseTo(request, '"executed"'))
  })
  const way: Exchange.Direct = {
    accepts,
    begin: (request, told) => {
      journal.begun += 1
      queueMicrotask(() => answer(request, told))
      return () => {
        journal.stopped += 1
      }
    }
  }
  return { journal, client: Object.assign(executing, { [Exchange.DirectTypeId]: way }) }
}

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example",
  endpoints: [Endpoint.get("read", "/read", { success: Schema.String })],
  policy: {
    ...Policy.none,
    timeout: "2 seconds",
    deadline: "10 seconds",
    circuitBreaker: Breaker.consecutive({ failures: 100 })
  }
}) {}

const provided =
  (client: HttpClient.HttpClient, credentials: Layer.Layer<Credentials.Credentials<Provider>> = Auth.none(Provider)) =>
  <A, E>(effect: Effect.Effect<A, E, Provider>) =>
    Effect.provide(
      effect,
      Provider.layer.pipe(Layer.provide([credentials, Layer.succeed(HttpClient.HttpClient, client)]))
    )

const read = Effect.flatMap(Provider, (provider) => provider.read())

const never: Answer = () => {}

describe("a call over a client with a direct way", () => {
  it.effect("goes that way", () => {
    const { client, journal } = direct((request, told) => told.responded(arrived(request, '"direct"')))
    return Effect.gen(function* () {
      assert.strictEqual(yield* read, "direct")
      assert.deepStrictEqual(journal, { begun: 1, stopped: 0, executed: 0 })
    }).pipe(provided(client))
  })

  it.effect("goes the other way where this one does not accept its request", () => {
    const { client, journal } = direct(never, ({ method }) => method !== "GET")
    return Effect.gen(function* () {
      assert.strictEqual(yield* read, "executed")
      assert.deepStrictEqual(journal, { begun: 0, stopped: 0, executed: 1 })
    }).pipe(provided(client))
  })

  it.effect("goes that way too when it has to wait for its credentials", () => {
    const { client, journal } = direct((request, told) => told.responded(arrived(request, '"direct"')))
    const credentials = Auth.bearer(Provider, Effect.as(Effect.yieldNow, Redacted.make("token")))
    return Effect.gen(function* () {
      assert.strictEqual(yield* read, "direct")
      assert.deepStrictEqual(journal, { begun: 1, stopped: 0, executed: 0 })
    }).pipe(provided(client, credentials))
  })

  it.effect("is stopped when its timeout has passed", () => {
    const { client, journal } = direct(never)
    return Effect.gen(function* () {
      const call = yield* Effect.forkChild(Effect.flip(read))
      yield* TestClock.adjust("1999 millis")
      assert.strictEqual(journal.stopped, 0)
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(call)
      assert.deepInclude(error, { _tag: "Timeout", scope: "attempt", after: Duration.seconds(2) })
      assert.deepStrictEqual(journal, { begun: 1, stopped: 1, executed: 0 })
    }).pipe(provided(client))
  })

  it.effect("is stopped when its deadline has passed, if that is earlier", () => {
    const { client, journal } = direct(never)
    return Effect.gen(function* () {
      const provider = yield* Provider
      const call = yield* Effect.forkChild(Effect.flip(provider.read({}, { deadline: "500 millis" })))
      yield* TestClock.adjust("500 millis")
      assert.deepInclude(yield* Fiber.join(call), { _tag: "Timeout", scope: "deadline" })
      assert.strictEqual(journal.stopped, 1)
    }).pipe(provided(client))
  })

  it.effect("is stopped when it is interrupted", () => {
    const { client, journal } = direct(never)
    return Effect.gen(function* () {
      const call = yield* Effect.forkChild(read)
      yield* Effect.yieldNow
      yield* Fiber.interrupt(call)
      assert.deepStrictEqual(journal, { begun: 1, stopped: 1, executed: 0 })
    }).pipe(provided(client))
  })

  it.effect("has only the rest of its time for a body that does not come", () => {
    const { client } = direct((request, told) => {
      const stalled = new ReadableStream<Uint8Array>()
      setImmediate(() => told.responded(responseTo(request, stalled)))
    })
    return Effect.gen(function* () {
      const call = yield* Effect.forkChild(Effect.flip(read))
      yield* TestClock.adjust("1500 millis")
      yield* Effect.promise(() => new Promise((go) => setImmediate(go)))
      yield* TestClock.adjust("500 millis")
      assert.deepInclude(yield* Fiber.join(call), { _tag: "Timeout", scope: "attempt" })
    }).pipe(provided(client))
  })

  it.effect("that breaks fails as any that breaks", () => {
    const { client } = direct((request, told) => {
      const cause = Object.assign(new Error("x"), { code: "ECONNREFUSED" })
      told.broke(
        new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
      )
    })
    return Effect.map(Effect.flip(read), (error) =>
      assert.deepInclude(error, { _tag: "TransportFailure", reason: "Connect", code: "ECONNREFUSED" })
    ).pipe(provided(client))
  })

  it.effect("dies of a defect in what is done with its answer, and lets nobody wait", () => {
    const { client } = direct((request, told) => told.responded(arrived(request, '"fine"')))
    const credentials = Layer.succeed(Provider.credentials, {
      authorize: (request) =>
        Effect.succeed({
          request,
          secrets: [],
          received: () => {
            throw new Error("a defect")
          }
        }),
      renew: Effect.succeed(false)
    })
    return Effect.gen(function* () {
      const exit = yield* Effect.exit(read)
      assert.isTrue(Exit.isFailure(exit) && Exit.hasDies(exit))
    }).pipe(provided(client, credentials))
  })
})

describe("a wait before a call over a client with a direct way", () => {
  class Limited extends Integration.Service<Limited>()("test/Limited", {
    baseUrl: "https://provider.example",
    endpoints: [Endpoint.get("read", "/read", { success: Schema.String })],
    policy: { ...Policy.none, rateLimit: { limit: 1, window: "1 minute", maxWait: "1 hour", maxWaiting: 1 } }
  }) {}

  const limited = Effect.flatMap(Limited, (provider) => provider.read())

  const whileLimited = <A, E>(
    test: (journal: { readonly begun: number }) => Effect.Effect<A, E, Limited>
  ): Effect.Effect<A, E> => {
    const { client, journal } = direct((request, told) => told.responded(arrived(request, '"direct"')))
    const live = Layer.provide(Limited.layer, [Auth.none(Limited), Layer.succeed(HttpClient.HttpClient, client)])
    return Effect.provide(test(journal), live)
  }

  it.effect("ends when its turn comes", () =>
    whileLimited((journal) =>
      Effect.gen(function* () {
        yield* limited
        const next = yield* Effect.forkChild(limited)
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual(journal.begun, 1)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(next), "direct")
        assert.strictEqual(journal.begun, 2)
      })
    )
  )

  it.effect("gives its place up when it is interrupted at once", () =>
    whileLimited((journal) =>
      Effect.gen(function* () {
        yield* limited
        const given = yield* Effect.forkChild(limited, { startImmediately: true })
        yield* Fiber.interrupt(given)
        const next = yield* Effect.forkChild(limited)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* Fiber.join(next), "direct")
        assert.strictEqual(journal.begun, 2)
      })
    )
  )
})

describe("a body that has come with its response", () => {
  it.effect("is not taken when it is too large, nor on a fibre with a bound of its own", () =>
    Effect.gen(function* () {
      const response = arrived(HttpClientRequest.get("https://provider.example"), "12345")
      const taken = Effect.sync(() => Exchange.arrivedBody(response, 5)?.byteLength)
      assert.strictEqual(yield* taken, 5)
      const bounded = Effect.provideService(taken, HttpIncomingMessage.MaxBodySize, ByteSize.bytes(5))
      assert.strictEqual(yield* bounded, undefined)
      assert.strictEqual(yield* Effect.sync(() => Exchange.arrivedBody(response, 4)), undefined)
    })
  )

  it.effect("of a client without a direct way is not known", () =>
    Effect.sync(() => {
      const response = responseTo(HttpClientRequest.get("https://provider.example"), "12345")
      assert.isUndefined(Exchange.arrivedBody(response, 5))
    })
  )
})

describe("an answer of Schema.Unknown", () => {
  class Raw extends Integration.Service<Raw>()("test/Raw", {
    baseUrl: "https://provider.example",
    endpoints: [Endpoint.get("read", "/read", { success: Schema.Unknown })],
    policy: Policy.none
  }) {}

  const answeredWith = (text: string) => {
    const { client } = direct((request, told) => told.responded(arrived(request, text)))
    return Effect.flatMap(Raw, (raw) => raw.read()).pipe(
      Effect.provide(Raw.layer.pipe(Layer.provide([Auth.none(Raw), Layer.succeed(HttpClient.HttpClient, client)])))
    )
  }

  it.effect("is its JSON as it comes", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* answeredWith('{"a":[1,{"b":null}],"c":"\u00fc"}'), { a: [1, { b: null }], c: "ü" })
    })
  )

  it.effect("that is no JSON does not decode", () =>
    Effect.map(Effect.flip(answeredWith("<html>")), (error) =>
      assert.deepInclude(error, { _tag: "DecodeFailure", issue: "invalid JSON at position 0 (line 1, column 1)" })
    )
  )
})
