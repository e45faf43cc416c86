/** Strategies that an application adds: their place, their permits, their errors, their state. */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Data, Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { expectTypeOf } from "vitest"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Admission, Breaker, type CallError, Hedge, Policy, PolicyClient } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

class QuotaUsedUp extends Data.TaggedError("QuotaUsedUp")<{ readonly used: number }> {}

class TurnedOff extends Data.TaggedError("TurnedOff")<{}> {}

const url = "https://provider.example/items"

const answering = (...answers: ReadonlyArray<number | Effect.Effect<never>>) => {
  let calls = 0
  return HttpClient.make((request) =>
    Effect.suspend(() => {
      const answer = answers[Math.min(calls, answers.length - 1)] ?? 200
      calls += 1
      return typeof answer === "number"
        ? Effect.succeed(HttpClientResponse.fromWeb(request, new Response("", { status: answer })))
        : answer
    })
  )
}

/** A strategy that notes what happens to it. */
const noting = (
  name: string,
  notes: Array<string>,
  options: { readonly before?: Admission.Place; readonly acquire?: Admission.Admission["acquire"] } = {}
) =>
  Admission.strategy({
    name,
    ...(options.before !== undefined && { before: options.before }),
    make: () => {
      const permit: Admission.Permit = {
        ...Admission.permit,
        release: ({ attempted, category }) =>
          Effect.sync(() => void notes.push(`${name} release ${attempted ? (category ?? "uncounted") : "unused"}`)),
        confirm: () => {
          notes.push(`${name} confirm`)
          return permit
        }
      }
      return {
        acquire: (call) => {
          notes.push(`${name} acquire`)
          return options.acquire?.(call) ?? permit
        }
      }
    }
  }) as Admission.Strategy<QuotaUsedUp> // what `reject` below gives

const reject = () => Admission.reject(new QuotaUsedUp({ used: 1 }))

describe("a strategy that an application adds", () => {
  it.effect("stands before the slot that it names, and innermost when it names none", () => {
    const notes: Array<string> = []
    const strategies = [
      noting("last", notes),
      noting("inner", notes, { before: "bulkhead" }),
      noting("outer", notes, { before: "circuitBreaker" })
    ]
    const policy = { strategies, circuitBreaker: Breaker.consecutive({ failures: 1 }), bulkhead: { maxInFlight: 1 } }
    const client = answering(503).pipe(PolicyClient.withPolicy(policy))
    return Effect.gen(function* () {
      yield* Effect.exit(client.get(url))
      assert.deepStrictEqual(notes.splice(0), [
        "outer acquire",
        "inner acquire",
        "last acquire",
        "outer release transient",
        "inner release transient",
        "last release transient"
      ])
      assert.strictEqual((yield* Effect.flip(client.get(url)))._tag, "CircuitOpen")
      assert.deepStrictEqual(notes, ["outer acquire", "outer release unused"])
    })
  })

  it("is described at its place", () => {
    const killSwitch = Admission.strategy({
      name: "killSwitch",
      before: "circuitBreaker",
      describe: "rejects while the provider is turned off",
      make: () => ({ acquire: () => Admission.permit })
    })
    const lines = Policy.describe({
      strategies: [killSwitch],
      retry: Schedule.recurs(1),
      circuitBreaker: Breaker.consecutive()
    }).split("\n")
    assert.deepStrictEqual(
      lines.map((line) => line.split(/\s+/)[0]),
      ["retry", "killSwitch", "circuitBreaker"]
    )
    assert.strictEqual(lines[1], "killSwitch     rejects while the provider is turned off")
  })

  it.effect("is called for each attempt, retries and hedges included", () => {
    const notes: Array<string> = []
    const policy = {
      strategies: [noting("own", notes)],
      retry: Schedule.recurs(1),
      hedge: Hedge.after("1 second", { ratio: 1 })
    }
    const client = answering(503, Effect.never, 200).pipe(PolicyClient.withPolicy(policy))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(client.get(url))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      assert.strictEqual(notes.filter((note) => note === "own acquire").length, 3)
      assert.sameMembers(
        notes.filter((note) => note.includes("release")),
        ["own release transient", "own release success", "own release uncounted"]
      )
    })
  })

  it.effect("ends the call with its rejection, which no retry follows", () => {
    const notes: Array<string> = []
    const policy = { retry: Schedule.recurs(3), strategies: [noting("own", notes, { acquire: reject })] }
    const client = answering(200).pipe(PolicyClient.withPolicy(policy))
    return Effect.gen(function* () {
      const error = yield* Effect.flip(client.get(url))
      assert.strictEqual(error._tag, "QuotaUsedUp")
      assert.deepStrictEqual(notes, ["own acquire"])
    })
  })
})

describe("a permit is released exactly once", () => {
  const ends = [
    ["of a success", answering(200), "own release success"],
    ["of a failure", answering(404), "own release rejected"],
    ["of a defect", HttpClient.make(() => Effect.die("a bug")), "own release uncounted"]
  ] as const
  for (const [end, client, note] of ends) {
    it.effect(`at the end ${end}`, () => {
      const notes: Array<string> = []
      return Effect.gen(function* () {
        yield* Effect.exit(client.pipe(PolicyClient.withPolicy({ strategies: [noting("own", notes)] })).get(url))
        assert.deepStrictEqual(notes, ["own acquire", note])
      })
    })
  }

  it.effect("when its call is interrupted", () => {
    const notes: Array<string> = []
    const client = answering(Effect.never).pipe(PolicyClient.withPolicy({ strategies: [noting("own", notes)] }))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(client.get(url), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(notes, ["own acquire", "own release uncounted"])
    })
  })

  const later = [
    ["rejects", reject],
    ["rejects after a wait", () => Effect.delay(Effect.sync(reject), "1 second")],
    ["throws", () => assert.fail("a bug")],
    ["dies after a wait", () => Effect.delay(Effect.die("a bug"), "1 second")]
  ] as const
  for (const [what, acquire] of later) {
    it.effect(`as unused when a later strategy ${what}`, () => {
      const notes: Array<string> = []
      const strategies = [noting("first", notes), noting("second", notes, { acquire })]
      const client = answering(200).pipe(PolicyClient.withPolicy({ strategies }))
      return Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(Effect.exit(client.get(url)))
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Failure")
        assert.deepStrictEqual(notes, ["first acquire", "second acquire", "first release unused"])
      })
    })
  }

  it.effect("as unused when its call is interrupted while a later strategy waits", () => {
    const notes: Array<string> = []
    const strategies = [noting("first", notes), noting("second", notes, { acquire: () => Effect.never })]
    const client = answering(200).pipe(PolicyClient.withPolicy({ strategies }))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(client.get(url), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(notes, ["first acquire", "second acquire", "first release unused"])
    })
  })

  it.effect("also when the release of an earlier one throws or dies", () => {
    const notes: Array<string> = []
    const dying = noting("dying", notes, {
      acquire: () => ({ ...Admission.permit, release: () => Effect.die("a bug") })
    })
    const throwing = noting("throwing", notes, {
      acquire: () => ({ ...Admission.permit, release: () => assert.fail("a bug") })
    })
    const client = answering(200).pipe(PolicyClient.withPolicy({ strategies: [dying, throwing, noting("own", notes)] }))
    return Effect.gen(function* () {
      const exit = yield* Effect.exit(client.get(url))
      assert.isTrue(exit._tag === "Failure" && Cause.hasDies(exit.cause))
      assert.strictEqual(notes.at(-1), "own release success")
    })
  })
})

describe("a strategy that waits", () => {
  const waiting = (notes: Array<string>) =>
    noting("waiting", notes, {
      acquire: () =>
        Effect.delay(Effect.succeed<Admission.Decision>({ ...Admission.permit, waited: true }), "5 seconds")
    })

  it.effect("has the earlier permits confirmed, once for each wait", () => {
    const notes: Array<string> = []
    const strategies = [noting("first", notes), waiting(notes)]
    const client = answering(200).pipe(PolicyClient.withPolicy({ strategies }))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(client.get(url))
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(fiber)
      assert.deepStrictEqual(notes, ["first acquire", "waiting acquire", "first confirm", "first release success"])
    })
  })

  it.effect("ends the call with the rejection of a confirmation", () => {
    const notes: Array<string> = []
    const first = noting("first", notes, { acquire: () => ({ ...Admission.permit, confirm: reject }) })
    const client = answering(200).pipe(PolicyClient.withPolicy({ strategies: [first, waiting(notes)] }))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(client.get(url)))
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "QuotaUsedUp")
    })
  })

  it.effect("releases all permits when a confirmation dies", () => {
    const notes: Array<string> = []
    const dying = noting("dying", notes, {
      acquire: () => ({ ...Admission.permit, confirm: () => assert.fail("a bug") })
    })
    const strategies = [noting("first", notes), dying, noting("third", notes), waiting(notes)]
    const client = answering(200).pipe(PolicyClient.withPolicy({ strategies }))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.exit(client.get(url)))
      yield* TestClock.adjust("5 seconds")
      const exit = yield* Fiber.join(fiber)
      assert.isTrue(exit._tag === "Failure" && Cause.hasDies(exit.cause))
      assert.sameMembers(
        notes.filter((note) => note.includes("release")),
        ["first release unused", "third release unused"]
      )
    })
  })

  it.effect("waits no longer than the deadline of the call, which then fails with Timeout and no attempt", () => {
    const notes: Array<string> = []
    const strategies = [noting("first", notes), noting("endless", notes, { acquire: () => Effect.never })]
    const client = answering(200).pipe(PolicyClient.withPolicy({ strategies, deadline: "3 seconds" }))
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.flip(client.get(url)))
      yield* TestClock.adjust("3 seconds")
      const error = yield* Fiber.join(fiber)
      assert.isTrue(error._tag === "Timeout" && error.scope === "deadline" && error.attempts === 0)
      assert.deepStrictEqual(notes, ["first acquire", "endless acquire", "first release unused"])
    })
  })
})

let isOff = false
let made = 0

const killSwitch = Admission.strategy({
  name: "killSwitch",
  make: () => {
    made += 1
    return { acquire: () => (isOff ? Admission.reject(new TurnedOff()) : Admission.permit) }
  }
})

const quota = Admission.strategy({
  name: "quota",
  make: () => {
    let used = 0
    return {
      acquire: () => {
        used += 1
        return used > 1 ? Admission.reject(new QuotaUsedUp({ used })) : Admission.permit
      }
    }
  }
})

class Provider extends Integration.Service<Provider>()("test/Admission", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.get("plain", "/plain", { success: Schema.String }),
    Endpoint.get("switched", "/switched", { success: Schema.String, policy: { strategies: [killSwitch] } }),
    Endpoint.get("free", "/free", { success: Schema.String, policy: { strategies: null } })
  ],
  policy: { ...Policy.none, strategies: [quota] }
}) {}

/** The errors of a method that are not those of every call. */
type OwnErrors<Method> = Method extends (...args: never) => Effect.Effect<unknown, infer E>
  ? Exclude<E, CallError.CallError>
  : never

describe("the error of a strategy", () => {
  const ok = Mock.ok("ok")
  const mock = Provider.layerMock({ plain: ok, switched: ok, free: ok })

  it.effect("is in the type of the methods under it, and in no other", () =>
    Effect.gen(function* () {
      const { free, plain, switched } = yield* Provider
      expectTypeOf<OwnErrors<typeof plain>>().toEqualTypeOf<QuotaUsedUp>()
      expectTypeOf<OwnErrors<typeof switched>>().toEqualTypeOf<TurnedOff>()
      expectTypeOf<OwnErrors<typeof free>>().toEqualTypeOf<never>()
      isOff = true
      const error = yield* Effect.ensuring(
        Effect.flip(switched()),
        Effect.sync(() => (isOff = false))
      )
      assert.strictEqual(error._tag, "TurnedOff")
      yield* plain()
      assert.strictEqual((yield* Effect.flip(plain()))._tag, "QuotaUsedUp")
      assert.strictEqual(yield* free(), "ok")
    }).pipe(Effect.provide(mock))
  )

  it.effect("can be turned off by layerPolicy", () =>
    Effect.gen(function* () {
      const { plain } = yield* Provider
      yield* plain()
      assert.strictEqual(yield* plain(), "ok")
    }).pipe(Effect.provide(Layer.provide(mock, Provider.layerPolicy({ strategies: null }))))
  )

  it("is among the declared ones in layerPolicy too: a strategy with another error does not compile", () => {
    Provider.layerPolicy({ strategies: [quota] })
    assert.isTrue(Layer.isLayer(Provider.layerPolicy({}, { switched: { strategies: [killSwitch] } })))
    // @ts-expect-error: the methods do not declare TurnedOff
    Provider.layerPolicy({ strategies: [killSwitch] })
    // @ts-expect-error: the method does not declare QuotaUsedUp
    Provider.layerPolicy({}, { switched: { strategies: [quota] } })
  })

  it.effect("has its state created once for each built Layer", () =>
    Effect.gen(function* () {
      const before = made
      for (let turn = 0; turn < 2; turn += 1) {
        yield* Effect.provide(
          Effect.gen(function* () {
            const { plain, switched } = yield* Provider
            yield* switched()
            yield* switched()
            yield* plain()
          }),
          Layer.fresh(mock)
        )
      }
      assert.strictEqual(made - before, 2)
    })
  )

  it.effect("has a state for each tenant", () => {
    const live = Provider.layerTenants(() => Auth.none(Provider)).pipe(
      Layer.provide(
        Layer.succeed(
          HttpClient.HttpClient,
          HttpClient.make((request) => Effect.succeed(HttpClientResponse.fromWeb(request, Response.json("ok"))))
        )
      )
    )
    const call = (tenant: string) => Effect.flatMap(Provider.forTenant(tenant), ({ plain }) => plain())
    return Effect.gen(function* () {
      yield* call("a")
      yield* call("b")
      assert.strictEqual((yield* Effect.flip(call("a")))._tag, "QuotaUsedUp")
    }).pipe(Effect.provide(live))
  })
})
