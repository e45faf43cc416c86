import { Coalesce } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Data, Effect, Exit, Fiber, Latch } from "effect"
import { FetchHttpClient, HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "effect/http"
import { loopback } from "./loopback.ts"
import { randomFrom } from "./randomFrom.ts"

const url = "https://api.example/items"

/** Lets fibres that are due run until they wait again. */
const settle = Effect.repeat(Effect.yieldNow, { times: 20 })

class Refused extends Data.TaggedError("Refused")<{ readonly call: number }> {}

/** A call that counts how often it begins and is interrupted, and ends when its latch opens. */
const setUp = (options: Coalesce.Options = {}) => {
  const flights = Coalesce.makeFlights<number, Refused>(Coalesce.make(options))
  const latch = Latch.makeUnsafe()
  const counts = { begun: 0, interrupted: 0, failing: false }
  const call: Effect.Effect<number, Refused> = Effect.suspend(() => {
    counts.begun += 1
    const number = counts.begun
    const end = counts.failing ? Effect.fail(new Refused({ call: number })) : Effect.succeed(number)
    return Effect.onInterrupt(Effect.andThen(latch.await, end), () =>
      Effect.sync(() => {
        counts.interrupted += 1
      })
    )
  })
  const join = (key = "key") => Effect.forkChild(flights.share(key, call))
  return { flights, latch, counts, call, join }
}

describe("calls of one key in flight", () => {
  it.effect("100 fibres share one call", () =>
    Effect.gen(function* () {
      const { counts, flights, join, latch } = setUp()
      const fibers = yield* Effect.forEach(Array.from({ length: 100 }), () => join())
      yield* settle
      assert.strictEqual(flights.size, 1)
      yield* latch.open
      assert.deepStrictEqual(new Set(yield* Fiber.joinAll(fibers)), new Set([1]))
      assert.strictEqual(counts.begun, 1)
      assert.strictEqual(flights.size, 0)
    })
  )

  it.effect("calls of other keys are their own", () =>
    Effect.gen(function* () {
      const { counts, join, latch } = setUp()
      const fibers = yield* Effect.forEach(["a", "b", "a"], join)
      yield* settle
      yield* latch.open
      assert.deepStrictEqual(yield* Fiber.joinAll(fibers), [1, 2, 1])
      assert.strictEqual(counts.begun, 2)
    })
  )

  it.effect("a call without a key is its caller's own", () =>
    Effect.gen(function* () {
      const { call, counts, flights, latch } = setUp()
      yield* latch.open
      yield* Effect.all([flights.share(undefined, call), flights.share(undefined, call)], { concurrency: 2 })
      assert.strictEqual(counts.begun, 2)
    })
  )

  it.effect("interrupting the caller that came first leaves the others well", () =>
    Effect.gen(function* () {
      const { counts, join, latch } = setUp()
      const first = yield* join()
      yield* settle
      const others = yield* Effect.forEach([1, 2], () => join())
      yield* settle
      yield* Fiber.interrupt(first)
      yield* latch.open
      assert.deepStrictEqual(yield* Fiber.joinAll(others), [1, 1])
      assert.deepStrictEqual(counts, { begun: 1, interrupted: 0, failing: false })
    })
  )

  it.effect("the call is interrupted when the last caller leaves, and the next one begins anew", () =>
    Effect.gen(function* () {
      const { counts, flights, join, latch } = setUp()
      const fibers = yield* Effect.forEach([1, 2, 3], () => join())
      yield* settle
      for (const fiber of fibers) {
        assert.strictEqual(counts.interrupted, 0)
        yield* Fiber.interrupt(fiber)
      }
      assert.strictEqual(counts.interrupted, 1)
      assert.strictEqual(flights.size, 0)
      const next = yield* join()
      yield* latch.open
      assert.strictEqual(yield* Fiber.join(next), 2)
    })
  )

  it.effect("a caller that comes while the last one is leaving is not interrupted with it", () =>
    Effect.gen(function* () {
      const cleaning = Latch.makeUnsafe()
      const flights = Coalesce.makeFlights<string, never>(Coalesce.make())
      const slowToLeave = Effect.onInterrupt(Effect.never, () => cleaning.await)
      const first = yield* Effect.forkChild(flights.share("key", slowToLeave))
      yield* settle
      const leaving = yield* Effect.forkChild(Fiber.interrupt(first))
      yield* settle
      assert.strictEqual(yield* flights.share("key", Effect.succeed("anew")), "anew")
      yield* cleaning.open
      yield* Fiber.join(leaving)
    })
  )

  it.effect("a failure is shared, and not kept", () =>
    Effect.gen(function* () {
      const { counts, flights, call, join, latch } = setUp()
      counts.failing = true
      const fibers = yield* Effect.forEach([1, 2, 3], () => join())
      yield* settle
      yield* latch.open
      const exits = yield* Effect.forEach(fibers, Fiber.await)
      for (const exit of exits) assert.deepStrictEqual(exit, Exit.fail(new Refused({ call: 1 })))
      counts.failing = false
      assert.strictEqual(yield* flights.share("key", call), 2)
    })
  )

  it.effect("a defect is shared, and not kept", () =>
    Effect.gen(function* () {
      const flights = Coalesce.makeFlights<string, never>(Coalesce.make())
      const dying = Effect.andThen(Effect.yieldNow, Effect.die("broken"))
      const exits = yield* Effect.all(
        [1, 2].map(() => Effect.exit(flights.share("key", dying))),
        { concurrency: 2 }
      )
      for (const exit of exits) assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      assert.strictEqual(yield* flights.share("key", Effect.succeed("well")), "well")
    })
  )

  it.effect("a call that ends at once is not kept", () =>
    Effect.gen(function* () {
      const { counts, flights, call, latch } = setUp()
      yield* latch.open
      assert.deepStrictEqual(yield* Effect.all([flights.share("key", call), flights.share("key", call)]), [1, 2])
      assert.strictEqual(counts.begun, 2)
      assert.strictEqual(flights.size, 0)
    })
  )

  it.effect("a waiter that is told calls anew when it asks again", () =>
    Effect.gen(function* () {
      const { flights, call, latch } = setUp()
      const twice = Effect.flatMap(flights.share("key", call), () => flights.share("key", call))
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(twice))
      yield* settle
      yield* latch.open
      for (const number of yield* Fiber.joinAll(fibers)) assert.isAbove(number, 1)
    })
  )

  it.effect("beyond the most keys a call is its caller's own", () =>
    Effect.gen(function* () {
      const { counts, flights, join, latch } = setUp({ maxKeys: 2 })
      const fibers = yield* Effect.forEach(["a", "b", "c", "c", "a"], join)
      yield* settle
      assert.strictEqual(flights.size, 2)
      yield* latch.open
      yield* Fiber.joinAll(fibers)
      assert.strictEqual(counts.begun, 4)
    })
  )

  it.effect("the call runs with the services of the caller that came first", () =>
    Effect.gen(function* () {
      const Name = Context.Service<string>("test/Name")
      const flights = Coalesce.makeFlights<string, never>(Coalesce.make())
      const named = Effect.andThen(Effect.yieldNow, Name)
      const as = (name: string) => Effect.provideService(flights.share("key", named), Name, name)
      assert.deepStrictEqual(yield* Effect.all([as("first"), as("second")], { concurrency: 2 }), ["first", "first"])
    })
  )

  for (let seed = 1; seed <= 30; seed += 1) {
    it.effect(
      `whoever comes and goes, nothing runs that nobody waits for, and nobody waits for ever (seed ${seed})`,
      () =>
        Effect.gen(function* () {
          const random = randomFrom(seed)
          const flights = Coalesce.makeFlights<string, string>(Coalesce.make({ maxKeys: 1 + random(4) }))
          const running = new Map<string, number>()
          const call = (key: string) =>
            Effect.acquireUseRelease(
              Effect.sync(() => running.set(key, (running.get(key) ?? 0) + 1)),
              () =>
                Effect.andThen(
                  Effect.repeat(Effect.yieldNow, { times: random(10) }),
                  random(4) === 0 ? Effect.fail(key) : Effect.succeed(key)
                ),
              () => Effect.sync(() => running.set(key, (running.get(key) ?? 0) - 1))
            )
          const fibers: Array<Fiber.Fiber<string, string>> = []
          for (let step = 0; step < 150; step += 1) {
            const key = `${random(5)}`
            const victim = fibers[random(fibers.length)]
            if (random(3) === 0 && victim !== undefined) yield* Fiber.interrupt(victim)
            else fibers.push(yield* Effect.forkChild(flights.share(key, call(key))))
            yield* Effect.yieldNow
          }
          yield* Effect.forEach(fibers, Fiber.await)
          assert.strictEqual(flights.size, 0)
          assert.deepStrictEqual(
            [...running.values()].filter((count) => count !== 0),
            []
          )
        })
    )
  }
})

describe("the key of a call", () => {
  const request: Coalesce.Request = { method: "GET", url, headers: { accept: "a/b" }, partition: "us", body: undefined }
  const bytes = (text: string) => new TextEncoder().encode(text)
  const keyOf = (parts: Partial<Coalesce.Request> = {}, options: Coalesce.Options = {}) =>
    Coalesce.keyOf(Coalesce.make(options), { ...request, ...parts })

  const same: ReadonlyArray<readonly [fact: string, parts: Partial<Coalesce.Request>]> = [
    ["is the same for the same", {}],
    ["does not depend on headers that trace", { headers: { accept: "a/b", traceparent: "00-1", "x-request-id": "1" } }],
    ["does not depend on headers that are undefined", { headers: { accept: "a/b", x: undefined } }]
  ]
  for (const [fact, parts] of same) it(fact, () => assert.strictEqual(keyOf(parts), keyOf()))

  it("does not depend on the order of headers", () =>
    assert.strictEqual(keyOf({ headers: { a: "1", b: "2" } }), keyOf({ headers: { b: "2", a: "1" } })))

  const other: ReadonlyArray<readonly [fact: string, parts: Partial<Coalesce.Request>]> = [
    ["another URL", { url: `${url}?page=2` }],
    ["another partition", { partition: "them" }],
    ["another header", { headers: { accept: "a/c" } }],
    ["one header more", { headers: { accept: "a/b", x: "1" } }],
    ["another method", { method: "HEAD" }],
    ["a body", { body: bytes("a") }],
    ["an empty body", { body: bytes("") }]
  ]
  for (const [fact, parts] of other) it(`differs by ${fact}`, () => assert.notStrictEqual(keyOf(parts), keyOf()))

  it("differs by the body of a query", () => {
    const of = (body: string) => keyOf({ method: "QUERY", body: bytes(body) })
    assert.strictEqual(of("a"), of("a"))
    assert.notStrictEqual(of("a"), of("b"))
  })

  const none: ReadonlyArray<readonly [fact: string, parts: Partial<Coalesce.Request>]> = [
    ...["POST", "PUT", "PATCH", "DELETE"].map((method) => [`a ${method}`, { method }] as const),
    ["a body that is a stream", { body: null }],
    ["a body beyond 64 KiB", { body: new Uint8Array(64 * 1024 + 1) }],
    ["an upgrade", { headers: { upgrade: "websocket" } }]
  ]
  for (const [fact, parts] of none) it(`is none for ${fact}`, () => assert.isUndefined(keyOf(parts)))

  it("may be one's own, within a partition and a method", () => {
    const options: Coalesce.Options = { key: ({ url }) => url.split("?")[0] }
    assert.strictEqual(keyOf({ url: `${url}?a` }, options), keyOf({ url: `${url}?b` }, options))
    assert.notStrictEqual(keyOf({ partition: "them" }, options), keyOf({}, options))
    assert.isUndefined(keyOf({ method: "POST" }, options))
    assert.isUndefined(keyOf({}, { key: () => undefined }))
  })
})

describe("options that make no sense are refused by name", () => {
  it("coalesce.maxKeys", () => assert.throws(() => Coalesce.make({ maxKeys: 0 }), "coalesce.maxKeys"))
  it("coalesce.maxBodyBytes", () => assert.throws(() => Coalesce.make({ maxBodyBytes: -1 }), "coalesce.maxBodyBytes"))
})

describe("a client with coalescing", () => {
  /** A provider in memory that answers what it is told when its latch opens. */
  const provider = (answer: (request: HttpClientRequest.HttpClientRequest, call: number) => Response) => {
    const latch = Latch.makeUnsafe()
    const counts = { begun: 0 }
    const client = HttpClient.make((request) =>
      Effect.suspend(() => {
        counts.begun += 1
        const number = counts.begun
        return Effect.map(latch.await, () => HttpClientResponse.fromWeb(request, answer(request, number)))
      })
    )
    return { latch, counts, client }
  }

  const all = <A, E>(effects: ReadonlyArray<Effect.Effect<A, E>>, latch: Latch.Latch) =>
    Effect.gen(function* () {
      const fibers = yield* Effect.forEach(effects, (effect) => Effect.forkChild(effect))
      yield* settle
      yield* latch.open
      return yield* Fiber.joinAll(fibers)
    })

  const twice = <A>(value: A): ReadonlyArray<A> => [value, value]

  it.effect("gives each caller a response of its own, cookies included", () =>
    Effect.gen(function* () {
      const { client, counts, latch } = provider(() => {
        const response = new Response("body", { status: 203, headers: { "x-test": "1" } })
        response.headers.append("set-cookie", "a=1")
        response.headers.append("set-cookie", "b=2; Path=/")
        return response
      })
      const shared = client.pipe(Coalesce.withCoalescing(Coalesce.make()))
      for (const response of yield* all(twice(shared.get(url)), latch)) {
        assert.deepStrictEqual([response.status, response.headers["x-test"], yield* response.text], [203, "1", "body"])
        assert.deepStrictEqual(Object.keys(response.cookies.cookies), ["a", "b"])
      }
      assert.strictEqual(counts.begun, 1)
    })
  )

  it.effect("keeps callers with other credentials apart, and unsafe methods", () =>
    Effect.gen(function* () {
      const { client, counts, latch } = provider((request) => new Response(request.headers["authorization"] ?? "none"))
      const shared = client.pipe(Coalesce.withCoalescing(Coalesce.make()))
      const as = (authorization: string) => shared.get(url, { headers: { authorization } })
      const responses = yield* all([as("a"), as("b"), as("a"), shared.post(url), shared.post(url)], latch)
      const texts = yield* Effect.forEach(responses, (response) => response.text)
      assert.deepStrictEqual(texts, ["a", "b", "a", "none", "none"])
      assert.strictEqual(counts.begun, 4)
    })
  )

  it.effect("lets each caller ask for itself when the body is too large", () =>
    Effect.gen(function* () {
      const { client, counts, latch } = provider(() => new Response("0123456789"))
      const shared = client.pipe(Coalesce.withCoalescing(Coalesce.make({ maxBodyBytes: 5 })))
      const responses = yield* all(twice(shared.get(url)), latch)
      const texts = yield* Effect.forEach(responses, (response) => response.text)
      assert.deepStrictEqual(texts, ["0123456789", "0123456789"])
      assert.strictEqual(counts.begun, 3)
    })
  )

  it.effect("breaks the body for each caller where it broke", () =>
    Effect.gen(function* () {
      const { client, counts, latch } = provider(() => {
        const chunks = [new TextEncoder().encode("half")]
        return new Response(
          new ReadableStream({
            pull: (controller) => {
              const chunk = chunks.shift()
              if (chunk === undefined) controller.error(new Error("reset"))
              else controller.enqueue(chunk)
            }
          })
        )
      })
      const shared = client.pipe(Coalesce.withCoalescing(Coalesce.make()))
      for (const response of yield* all(twice(shared.get(url)), latch)) {
        assert.strictEqual((yield* Effect.flip(response.text)).reason._tag, "DecodeError")
      }
      assert.strictEqual(counts.begun, 1)
    })
  )

  it.effect("shares a failure with everybody, with the type it has", () =>
    Effect.gen(function* () {
      const latch = Latch.makeUnsafe()
      const down = HttpClient.make((request) => {
        const reason = new HttpClientError.TransportError({ request, description: "down" })
        return Effect.andThen(latch.await, Effect.fail(new HttpClientError.HttpClientError({ reason })))
      })
      const shared = down.pipe(Coalesce.withCoalescing(Coalesce.make()))
      const [one, other] = yield* all(twice(Effect.flip(shared.get(url))), latch)
      assert.strictEqual(one?.reason._tag, "TransportError")
      assert.strictEqual(one, other)
    })
  )

  it.live("over the wire, a hundred callers make one request", () =>
    Effect.gen(function* () {
      const arrived = Promise.withResolvers<() => void>()
      const server = yield* loopback((_, response) => arrived.resolve(() => response.end("body")))
      const client = (yield* HttpClient.HttpClient).pipe(Coalesce.withCoalescing(Coalesce.make()))
      const fibers = yield* Effect.forEach(Array.from({ length: 100 }), () =>
        Effect.forkChild(Effect.flatMap(client.get(server.url), (response) => response.text))
      )
      const answer = yield* Effect.promise(() => arrived.promise)
      answer()
      assert.deepStrictEqual(new Set(yield* Fiber.joinAll(fibers)), new Set(["body"]))
      assert.strictEqual(server.asked.length, 1)
    }).pipe(Effect.scoped, Effect.provide(FetchHttpClient.layer))
  )
})
