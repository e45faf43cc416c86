import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Redacted, Schedule, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import { TestClock } from "effect/testing"
import { Auth, Credentials } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, BreakerStore, Bulkhead, CallError, CallObserver, Policy, Retry } from "@causeway/core/policy"

class Down extends Schema.TaggedError<Down>()("Down", { message: Schema.String }) {}

interface Sent {
  readonly status: number
  readonly body?: BodyInit | null
  readonly headers?: Record<string, string>
}

const html = { "content-type": "text/html; charset=utf-8" }
const json = { "content-type": "application/json" }

/** What a proxy, a load balancer or a broken server sends in the place of a declared body. */
const otherBodies: Readonly<Record<string, Omit<Sent, "status">>> = {
  "an HTML page": { body: "<html><title>503</title></html>", headers: html },
  "no body": { body: null },
  "an empty body of JSON": { body: "", headers: json },
  "half a JSON": { body: '{"message":"do', headers: json },
  "another JSON": { body: '{"error":{"code":1}}', headers: json },
  "a list": { body: "[]", headers: json },
  "plain text": { body: "upstream connect error", headers: { "content-type": "text/plain" } },
  "bytes that are no UTF-8": { body: new Uint8Array([0xff, 0xfe, 0xfd]), headers: json },
  "more than the integration decodes": { body: JSON.stringify({ message: "x".repeat(5_000) }), headers: json }
}

const answering = (...answers: ReadonlyArray<Sent>) => {
  const arrivals: Array<number> = []
  const client = HttpClient.make((request) =>
    Effect.map(
      Effect.clockWith((clock) => clock.currentTimeMillis),
      (now) => {
        const {
          body = null,
          headers = {},
          status
        } = answers[Math.min(arrivals.length, answers.length - 1)] ?? {
          status: 204
        }
        arrivals.push(now)
        return HttpClientResponse.fromWeb(request, new Response(body, { status, headers }))
      }
    )
  )
  return { arrivals, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const policy = {
  ...Policy.none,
  retry: Retry.make({ attempts: 3, schedule: Schedule.spaced("1 second") }),
  circuitBreaker: Breaker.consecutive({ failures: 3 })
} as const

const Read = Schema.Struct({ id: Schema.String })

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.get("range", "/range", { success: Read, errors: { "5xx": Down, "4xx": Down } }),
    Endpoint.get("exact", "/exact", {
      success: Read,
      errors: { 401: Down, 404: Down, 429: Down, 500: Down, 503: Down }
    }),
    Endpoint.get("rest", "/rest", { success: Read, errors: { default: Down } })
  ],
  maxBodyBytes: 1_000,
  policy
}) {}

const api = HttpApi.make("api").add(
  HttpApiGroup.make("things", { topLevel: true }).add(
    HttpApiEndpoint.get("read", "/read", {
      success: Read,
      error: [
        Down.pipe(HttpApiSchema.status(503)),
        Schema.Struct({ reason: Schema.String }).pipe(HttpApiSchema.status(429))
      ]
    })
  )
)

class FromApi extends Integration.Service<FromApi>()(
  "test/FromApi",
  Integration.fromHttpApi(api, { baseUrl: "https://provider.example", maxBodyBytes: 1_000, policy })
) {}

const hurried = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(program)
    for (let turn = 0; turn < 60 && fiber.pollUnsafe() === undefined; turn += 1) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

const live = (layer: Layer.Layer<HttpClient.HttpClient>, breakers = BreakerStore.makeMemory()) =>
  Layer.mergeAll(
    Provider.layer.pipe(Layer.provide(Auth.none(Provider))),
    FromApi.layer.pipe(Layer.provide(Auth.none(FromApi)))
  ).pipe(Layer.provide([layer, Layer.succeed(BreakerStore.BreakerStore, breakers)]))

type CallOf = Effect.Effect<unknown, object, Provider | FromApi>

const calls: Readonly<Record<"an exact status" | "a range" | "default" | "an HttpApi", CallOf>> = {
  "an exact status": Effect.flatMap(Provider, (one) => one.exact()),
  "a range": Effect.flatMap(Provider, (one) => one.range()),
  default: Effect.flatMap(Provider, (one) => one.rest()),
  "an HttpApi": Effect.flatMap(FromApi, (one) => one.read())
}

describe("a declared error whose body does not match its schema", () => {
  for (const [kind, body] of Object.entries(otherBodies)) {
    for (const [declared, call] of Object.entries(calls)) {
      // https://github.com/linode/linodego/issues/273, https://github.com/resend/resend-node/issues/347
      it.effect(`is retried and counted, and ends as UnexpectedStatus: ${kind}, declared by ${declared}`, () => {
        const { arrivals, layer } = answering({ status: 503, ...body })
        const changes: Array<string> = []
        const observed = CallObserver.layer((event) => {
          if (event._tag === "CircuitChanged") changes.push(event.transition.to)
        })
        return Effect.gen(function* () {
          const error = yield* hurried(Effect.flip(call))
          assert.strictEqual(arrivals.length, 3)
          assert.deepStrictEqual(changes, ["open"])
          assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 503, category: "transient", attempts: 3 })
          if (!CallError.is(error) || error._tag !== "UnexpectedStatus") return assert.fail("another error")
          assert.isString(error.issue)
          assert.strictEqual(error.contentType, body.headers?.["content-type"])
          const text = typeof body.body === "string" ? body.body : ""
          if (text.length < 1_000) assert.include(error.body, text)
        }).pipe(Effect.provide(Layer.mergeAll(live(layer), observed)))
      })
    }
  }

  it.effect("waits as long as Retry-After asks", () => {
    const { arrivals, layer } = answering(
      { status: 503, body: "<html>", headers: { ...html, "retry-after": "7" } },
      { status: 429, body: "slow down", headers: { "retry-after": "3" } },
      { status: 200, body: '{"id":"a"}', headers: json }
    )
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* hurried(calls.default), { id: "a" })
      assert.deepStrictEqual(arrivals, [0, 7_000, 10_000])
    }).pipe(Effect.provide(live(layer)))
  })

  it.effect("is RateLimited where the provider asks for a longer wait than the policy allows", () => {
    const { arrivals, layer } = answering({ status: 429, body: "slow", headers: { "retry-after": "3600" } })
    return Effect.gen(function* () {
      const error = yield* hurried(Effect.flip(calls["a range"]))
      assert.deepInclude(error, { _tag: "RateLimited", source: "remote", status: 429 })
      assert.strictEqual(arrivals.length, 1)
    }).pipe(Effect.provide(live(layer)))
  })

  it.effect("a rejected one is not retried, and opens no circuit", () => {
    const { arrivals, layer } = answering({ status: 404, body: "<html>", headers: html })
    const breakers = BreakerStore.makeMemory()
    return Effect.gen(function* () {
      for (let call = 0; call < 5; call += 1) {
        const error = yield* hurried(Effect.flip(calls["an exact status"]))
        assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 404, category: "rejected" })
      }
      assert.strictEqual(arrivals.length, 5)
    }).pipe(Effect.provide(live(layer, breakers)))
  })

  it.effect("a 401 renews the credentials", () => {
    const { arrivals, layer } = answering(
      { status: 401, body: "<html>", headers: html },
      { status: 200, body: '{"id":"a"}', headers: json }
    )
    let token = "old"
    const credentials = Layer.succeed(
      Provider.credentials,
      Credentials.make({
        authorize: (request) => Effect.succeed({ request, secrets: [Redacted.make(token)] }),
        renew: Effect.sync(() => {
          token = "new"
          return true
        })
      })
    )
    return Effect.gen(function* () {
      const provider = yield* Provider
      assert.deepStrictEqual(yield* hurried(provider.exact()), { id: "a" })
      assert.strictEqual(token, "new")
      assert.strictEqual(arrivals.length, 2)
    }).pipe(Effect.provide(Provider.layer.pipe(Layer.provide([credentials, layer]))))
  })

  it.effect("a 401 that is not mended is Unauthorized", () => {
    const { layer } = answering({ status: 401, body: "", headers: {} })
    return Effect.gen(function* () {
      const error = yield* hurried(Effect.flip(calls["an exact status"]))
      assert.deepInclude(error, { _tag: "Unauthorized", status: 401 })
    }).pipe(Effect.provide(live(layer)))
  })

  it.effect("whose body never ends is abandoned after 5 s, and retried", () => {
    const silent = () => new ReadableStream<Uint8Array>({ start: (body) => body.enqueue(new Uint8Array([0x7b])) })
    const arrivals: Array<number> = []
    const client = HttpClient.make((request) =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          arrivals.push(clock.currentTimeMillisUnsafe())
          const answer =
            arrivals.length === 1
              ? new Response(silent(), { status: 503, headers: json })
              : new Response('{"id":"a"}', { status: 200, headers: json })
          return HttpClientResponse.fromWeb(request, answer)
        })
      )
    )
    return Effect.gen(function* () {
      assert.deepStrictEqual(yield* hurried(calls["a range"]), { id: "a" })
      assert.deepStrictEqual(arrivals, [0, 6_000])
    }).pipe(Effect.provide(live(Layer.succeed(HttpClient.HttpClient, client))))
  })
})

describe("a declared error whose body matches its schema", () => {
  it.effect("is retried as its status says, and is the error of the call", () => {
    const { arrivals, layer } = answering({ status: 503, body: '{"message":"closed"}', headers: json })
    return Effect.gen(function* () {
      const error = yield* hurried(Effect.flip(calls["a range"]))
      assert.instanceOf(error, Down)
      assert.strictEqual(error.message, "closed")
      assert.strictEqual(arrivals.length, 3)
      assert.deepInclude(CallError.infoOf(error), { status: 503, category: "transient", attempts: 3 })
    }).pipe(Effect.provide(live(layer)))
  })
})

describe("the body of an error that is not declared", () => {
  it.effect("is read only for the attempt that ends the call", () => {
    const read: Array<number> = []
    let arrived = 0
    const client = HttpClient.make((request) =>
      Effect.sync(() => {
        arrived += 1
        const number = arrived
        // Without a buffer, nothing is pulled before somebody reads.
        const body = new ReadableStream<Uint8Array>(
          {
            pull: (body) => {
              read.push(number)
              body.enqueue(new TextEncoder().encode("x".repeat(70_000)))
            }
          },
          { highWaterMark: 0 }
        )
        return HttpClientResponse.fromWeb(request, new Response(body, { status: 503 }))
      })
    )
    class Bare extends Integration.Service<Bare>()("test/Bare", {
      baseUrl: "https://provider.example",
      endpoints: [Endpoint.get("read", "/read", { success: Read })],
      policy: { ...Policy.none, retry: Retry.make({ attempts: 3, schedule: Schedule.spaced("10 seconds") }) }
    }) {}
    return Effect.gen(function* () {
      const bare = yield* Bare
      const error = yield* hurried(Effect.flip(bare.read()))
      assert.strictEqual(error._tag === "UnexpectedStatus" && error.body.length, 8 * 1024)
      // The others are discarded in the background: at most 64 KiB of each.
      assert.deepStrictEqual(read, [1, 2, 3])
    }).pipe(
      Effect.provide(Bare.layer.pipe(Layer.provide([Auth.none(Bare), Layer.succeed(HttpClient.HttpClient, client)])))
    )
  })

  /** Answers 503, and counts the bodies that are neither read to their end nor discarded. */
  const unavailable = (body: "whole" | "stalls") => {
    const seen = { arrived: 0, open: 0, mostOpen: 0 }
    const client = HttpClient.make((request, _, signal) =>
      Effect.sync(() => {
        seen.arrived += 1
        seen.open += 1
        seen.mostOpen = Math.max(seen.mostOpen, seen.open)
        let isOpen = true
        const end = () => {
          if (isOpen) seen.open -= 1
          isOpen = false
        }
        signal.addEventListener("abort", end)
        const stream = new ReadableStream<Uint8Array>(
          {
            pull: (controller) => {
              if (body === "stalls") return new Promise(() => {})
              controller.enqueue(new TextEncoder().encode("down for maintenance"))
              end()
              return controller.close()
            },
            cancel: end
          },
          { highWaterMark: 0 }
        )
        return HttpClientResponse.fromWeb(request, new Response(stream, { status: 503 }))
      })
    )
    return { seen, layer: Layer.succeed(HttpClient.HttpClient, client) }
  }

  const alone = Bulkhead.make({ maxInFlight: 1, maxWaiting: 10 })

  for (const body of ["whole", "stalls"] as const) {
    it.effect(`that ${body === "whole" ? "comes whole" : "stalls"} counts as in flight until it is discarded`, () => {
      const { layer, seen } = unavailable(body)
      class One extends Integration.Service<One>()("test/One", {
        baseUrl: "https://provider.example",
        endpoints: [Endpoint.get("read", "/read", { success: Read })],
        policy: {
          ...Policy.none,
          bulkhead: alone,
          retry: Retry.make({ attempts: 3, schedule: Schedule.spaced("10 millis") })
        }
      }) {}
      return Effect.gen(function* () {
        const one = yield* One
        const both = Effect.all([Effect.flip(one.read()), Effect.flip(one.read())], { concurrency: 2 })
        for (const error of yield* hurried(both)) assert.strictEqual(error._tag, "UnexpectedStatus")
        assert.strictEqual(seen.arrived, 6)
        assert.strictEqual(seen.mostOpen, 1)
      }).pipe(Effect.provide(One.layer.pipe(Layer.provide([Auth.none(One), layer]))))
    })
  }

  it.effect("is in the error of a call that its schedule ends before its attempts do", () => {
    const { layer, seen } = unavailable("whole")
    class Once extends Integration.Service<Once>()("test/Once", {
      baseUrl: "https://provider.example",
      endpoints: [Endpoint.get("read", "/read", { success: Read })],
      policy: { ...Policy.none, bulkhead: alone, retry: Retry.make({ attempts: 5, schedule: Schedule.recurs(0) }) }
    }) {}
    return Effect.gen(function* () {
      const error = yield* Effect.flip((yield* Once).read())
      assert.deepInclude(error, { _tag: "UnexpectedStatus", body: "down for maintenance" })
      assert.strictEqual(seen.arrived, 1)
    }).pipe(Effect.provide(Once.layer.pipe(Layer.provide([Auth.none(Once), layer]))))
  })

  it.effect("never keeps a call beyond its deadline", () => {
    const body = () =>
      new ReadableStream<Uint8Array>({ start: (body) => body.enqueue(new TextEncoder().encode("slow")) })
    const client = HttpClient.make((request) =>
      Effect.sync(() => HttpClientResponse.fromWeb(request, new Response(body(), { status: 500 })))
    )
    class Bare extends Integration.Service<Bare>()("test/Bare", {
      baseUrl: "https://provider.example",
      endpoints: [Endpoint.get("read", "/read", { success: Read })],
      policy: { ...Policy.none, deadline: "2 seconds" }
    }) {}
    return Effect.gen(function* () {
      const bare = yield* Bare
      const fiber = yield* Effect.forkChild(Effect.flip(bare.read()))
      yield* TestClock.adjust(Duration.seconds(2))
      assert.deepInclude(fiber.pollUnsafe(), { _tag: "Success" })
      assert.deepInclude(yield* Fiber.join(fiber), { _tag: "UnexpectedStatus", status: 500 })
    }).pipe(
      Effect.provide(Bare.layer.pipe(Layer.provide([Auth.none(Bare), Layer.succeed(HttpClient.HttpClient, client)])))
    )
  })
})
