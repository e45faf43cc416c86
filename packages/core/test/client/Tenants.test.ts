import { assert, describe, it } from "@effect/vitest"
import {
  Context,
  Data,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Metric,
  Redacted,
  Ref,
  Schedule,
  Schema,
  Scope,
  Stream,
  Tracer
} from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse, UrlParams } from "effect/http"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { Auth, AuthError, Secret, SecretSource } from "@causeway/core/auth"
import { Endpoint, Integration, Pagination, Tenants } from "@causeway/core/client"
import {
  Breaker,
  BreakerStore,
  Cache,
  CallObserver,
  Coalesce,
  InvalidOption,
  RateLimitStore,
  Telemetry,
  Policy
} from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { recordedSpans } from "../recordedSpans.ts"

const endpoints = [
  Endpoint.get("whoami", "/whoami", { success: Schema.String }),
  Endpoint.get("own", "/own", { success: Schema.String, policy: { rateLimit: { limit: 5, window: "1 minute" } } }),
  Endpoint.get("list", "/list", {
    query: { page: Schema.optional(Schema.Int) },
    success: Schema.Array(Schema.Int),
    pagination: Pagination.pageNumber({ query: "page", items: (page: ReadonlyArray<number>) => page })
  })
] as const

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example",
  endpoints,
  policy: {
    ...Policy.none,
    rateLimit: { limit: 2, window: "1 hour", maxWaiting: 0 },
    circuitBreaker: Breaker.consecutive({ failures: 1, openDuration: "1 minute" })
  }
}) {}

/** No policy but what a test is about. */
class Plain extends Integration.Service<Plain>()("test/Plain", {
  baseUrl: "https://plain.example",
  endpoints,
  policy: Policy.none
}) {}

type Answer = (request: HttpClientRequest.HttpClientRequest, key: string) => Effect.Effect<Response>

/** A provider that says whose key it got. */
const providerAnswering = (
  answer: Answer = (_, key) => Effect.succeed(Response.json(key))
): { readonly keys: Array<string>; readonly layer: Layer.Layer<HttpClient.HttpClient> } => {
  const keys: Array<string> = []
  const client = HttpClient.make((request) => {
    const key = request.headers["authorization"]?.replace("Bearer ", "") ?? "nobody"
    keys.push(key)
    return Effect.map(answer(request, key), (response) => HttpClientResponse.fromWeb(request, response))
  })
  return { keys, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const keyOf = (tenant: string) => Effect.succeed(Redacted.make(`key-of-${tenant}`))

const tenantsOf = (options?: Tenants.Options) =>
  Plain.layerTenants((tenant) => Auth.bearer(Plain, keyOf(tenant)), options)

/** Credentials whose Layer tells when it is built and released. */
const told = (events: Array<string>) => (tenant: string) =>
  Layer.effectDiscard(
    Effect.acquireRelease(
      Effect.sync(() => events.push(`built ${tenant}`)),
      () => Effect.sync(() => events.push(`released ${tenant}`))
    )
  ).pipe(Layer.provideMerge(Auth.bearer(Plain, keyOf(tenant))))

const call = (tenant: string) => Effect.flatMap(Plain.forTenant(tenant), (plain) => plain.whoami())

const held = Effect.flatMap(Plain.tenants, ({ size }) => size)

describe("a tenant", () => {
  it.effect("is called for with its own credentials, however many call at once", () =>
    Effect.gen(function* () {
      const { layer } = providerAnswering((_, key) => Effect.as(Effect.yieldNow, Response.json(key)))
      const names = Array.from({ length: 300 }, (_, index) => `t${index % 100}`)
      const answers = yield* Effect.forEach(names, call, { concurrency: "unbounded" }).pipe(
        Effect.provide(tenantsOf().pipe(Layer.provide(layer)))
      )
      assert.deepStrictEqual(
        answers,
        names.map((name) => `key-of-${name}`)
      )
    })
  )

  it.effect("is built once, however many ask for it at first", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const { layer } = providerAnswering()
      const live = Plain.layerTenants((tenant) =>
        Layer.mergeAll(Layer.effectDiscard(Effect.sleep("1 second")), told(events)(tenant))
      )
      yield* Effect.gen(function* () {
        const fibers = yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.forkChild(call("acme")))
        yield* TestClock.adjust("1 second")
        yield* Fiber.joinAll(fibers)
        assert.strictEqual(yield* held, 1)
      }).pipe(Effect.provide(live.pipe(Layer.provide(layer))))
      assert.deepStrictEqual(events, ["built acme", "released acme"])
    })
  )

  it.effect("is given to those who wait for it when who asked first is interrupted", () =>
    Effect.gen(function* () {
      const { layer } = providerAnswering()
      const live = Plain.layerTenants((tenant) =>
        Layer.mergeAll(Layer.effectDiscard(Effect.sleep("1 second")), Auth.bearer(Plain, keyOf(tenant)))
      )
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(call("acme"))
        const second = yield* Effect.forkChild(call("acme"))
        yield* TestClock.adjust("500 millis")
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust("500 millis")
        assert.strictEqual(yield* Fiber.join(second), "key-of-acme")
      }).pipe(Effect.provide(live.pipe(Layer.provide(layer))))
    })
  )

  it.effect("is built of what the Layer was given, never of what is around who asks first", () =>
    Effect.gen(function* () {
      class Vault extends Context.Service<Vault, { readonly name: string }>()("Vault") {}
      const { layer } = providerAnswering()
      const live = Plain.layerTenants((tenant) =>
        Auth.bearer(
          Plain,
          Effect.map(Vault, ({ name }) => Redacted.make(`${name}-${tenant}`))
        )
      ).pipe(Layer.provide([layer, Layer.succeed(Vault, { name: "ours" })]))
      const answer = yield* call("acme").pipe(
        Effect.provideService(Vault, { name: "of-another-request" }),
        Effect.provide(live)
      )
      assert.strictEqual(answer, "ours-acme")
    })
  )

  for (const [what, tenant] of [
    ["empty", ""],
    ["blank", " \t "],
    ["a line break", "acme\n"],
    ["half a character", "acme\ud800"],
    ["endless", "a".repeat(257)]
  ] as const) {
    it.effect(`whose id is ${what} is unknown, and nothing is built for it`, () =>
      Effect.gen(function* () {
        const built: Array<string> = []
        const live = Plain.layerTenants((tenant) => {
          built.push(tenant)
          return Auth.none(Plain)
        })
        const [error, size] = yield* Effect.all([Effect.flip(Plain.forTenant(tenant)), held]).pipe(
          Effect.provide(live.pipe(Layer.provide(providerAnswering().layer)))
        )
        assert.deepInclude(error, { _tag: "UnknownTenant", integration: "test/Plain", tenant, category: "invalid" })
        assert.strictEqual(size, 0)
        assert.deepStrictEqual(built, [])
        assert.isBelow(error.message.length, 200)
      })
    )
  }

  it.effect("that nobody knows is unknown, whether the Layer is left out or fails so", () =>
    Effect.gen(function* () {
      const live = Plain.layerTenants((tenant) =>
        tenant === "acme"
          ? undefined
          : Layer.effect(
              Plain.credentials,
              Effect.fail(new Tenants.UnknownTenant({ integration: "test/Plain", tenant, why: "it has left" }))
            )
      ).pipe(Layer.provide(providerAnswering().layer))
      yield* Effect.gen(function* () {
        assert.strictEqual(
          (yield* Effect.flip(Plain.forTenant("acme"))).message,
          'test/Plain has no tenant "acme": nobody knows it'
        )
        assert.strictEqual(
          (yield* Effect.flip(Plain.forTenant("gone"))).message,
          'test/Plain has no tenant "gone": it has left'
        )
        assert.strictEqual(yield* held, 0)
      }).pipe(Effect.provide(live))
    })
  )

  it.effect("whose secret is missing is unavailable, says so by name, and is asked for anew the next time", () =>
    Effect.gen(function* () {
      const { rotate, source } = yield* SecretSource.makeMemory({ "pay-other": "hunter2" })
      const live = Plain.layerTenants((tenant) => Auth.bearer(Plain, Secret.named(`pay-${tenant}`))).pipe(
        Layer.provide([providerAnswering().layer, Layer.succeed(SecretSource.SecretSource, source)])
      )
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(Plain.forTenant("acme"))
        assert.deepInclude(error, { _tag: "TenantUnavailable", tenant: "acme", category: "unauthorized" })
        assert.instanceOf(AuthError.of(error), AuthError.AuthError)
        assert.include(error.message, '"pay-acme" is not there')
        yield* rotate("pay-acme", "t0k3n")
        assert.strictEqual(yield* call("acme"), "t0k3n")
      }).pipe(Effect.provide(live))
    })
  )

  it.effect("whose Layer fails with an error of one's own is unavailable by its tag, which is all that is told", () =>
    Effect.gen(function* () {
      class VaultSealed extends Data.TaggedError("VaultSealed")<{ readonly hint: string }> {}
      const live = Plain.layerTenants(() =>
        Layer.effect(Plain.credentials, Effect.fail(new VaultSealed({ hint: "the root key is hunter2" })))
      ).pipe(Layer.provide(providerAnswering().layer))
      const error = yield* Effect.flip(Effect.provide(Plain.forTenant("acme"), live))
      assert.deepInclude(error, { _tag: "TenantUnavailable", why: "VaultSealed" })
      assert.notInclude([String(error), inspect(error, { depth: 9 }), JSON.stringify(error)].join(), "hunter2")
    })
  )
})

describe("what a tenant uses up", () => {
  const failing = providerAnswering((_, key) =>
    Effect.succeed(key === "key-of-bad" ? new Response(null, { status: 503 }) : Response.json(key))
  )
  const calling = (tenant: string) => Effect.flatMap(Provider.forTenant(tenant), (provider) => provider.whoami())
  const live = Provider.layerTenants((tenant) => Auth.bearer(Provider, keyOf(tenant)))

  it.effect("opens its own circuit and no other's", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(calling("bad")))._tag, "UnexpectedStatus")
      assert.strictEqual((yield* Effect.flip(calling("bad")))._tag, "CircuitOpen")
      assert.strictEqual(yield* calling("good"), "key-of-good")
    }).pipe(Effect.provide(live.pipe(Layer.provide(failing.layer))))
  )

  it.effect("is its own quota and no other's, and stays used up when the tenant is released", () =>
    Effect.gen(function* () {
      yield* calling("one")
      yield* calling("one")
      assert.strictEqual((yield* Effect.flip(calling("one")))._tag, "RateLimited")
      assert.strictEqual(yield* calling("two"), "key-of-two")
      yield* TestClock.adjust("12 minutes")
      assert.strictEqual(yield* Effect.flatMap(Provider.tenants, ({ size }) => size), 0)
      assert.strictEqual((yield* Effect.flip(calling("one")))._tag, "RateLimited")
    }).pipe(Effect.provide(live.pipe(Layer.provide(failing.layer))))
  )

  it.effect("is kept under its own keys in a store that others share", () =>
    Effect.gen(function* () {
      const keys = new Set<string>()
      const limits = RateLimitStore.makeMemory()
      const breakers = BreakerStore.makeMemory()
      const watching = Layer.mergeAll(
        Layer.succeed(RateLimitStore.RateLimitStore, {
          ...limits,
          reserve: (request) => (keys.add(`limit ${request.key}`), limits.reserve(request))
        }),
        Layer.succeed(BreakerStore.BreakerStore, {
          ...breakers,
          admit: (key, breaker, now) => (keys.add(`circuit ${key}`), breakers.admit(key, breaker, now))
        })
      )
      yield* Effect.gen(function* () {
        for (const tenant of ["acme", "a/own", "{acme}", "ü?tenant=b"]) {
          const provider = yield* Provider.forTenant(tenant)
          yield* provider.whoami()
          yield* provider.own()
        }
      }).pipe(
        Effect.provide(Provider.layerTenants(() => Auth.none(Provider)).pipe(Layer.provide([failing.layer, watching])))
      )
      assert.deepStrictEqual(
        Array.from(keys).toSorted(),
        ["%7Bacme%7D", "%C3%BC%3Ftenant%3Db", "a%2Fown", "acme"]
          .flatMap((tenant) => [
            `circuit test/Provider?tenant=${tenant}`,
            `limit test/Provider?tenant=${tenant}`,
            `limit test/Provider?tenant=${tenant}/own`
          ])
          .toSorted()
      )
    })
  )

  it.effect("is under its own keys also where the policy has a key function", () =>
    Effect.gen(function* () {
      class Keyed extends Integration.Service<Keyed>()("test/Keyed", {
        baseUrl: "https://keyed.example",
        endpoints: [Endpoint.get("whoami", "/whoami", { success: Schema.String })],
        policy: { ...Policy.none, rateLimit: { limit: 1, window: "1 hour", maxWaiting: 0, key: () => "everything" } }
      }) {}
      const asking = (tenant: string) => Effect.flatMap(Keyed.forTenant(tenant), (keyed) => keyed.whoami())
      yield* Effect.gen(function* () {
        yield* asking("one")
        yield* asking("two")
        assert.strictEqual((yield* Effect.flip(asking("one")))._tag, "RateLimited")
      }).pipe(Effect.provide(Keyed.layerTenants(() => Auth.none(Keyed)).pipe(Layer.provide(failing.layer))))
    })
  )

  it.effect("may be tuned for one tenant alone, by a policy in its Layer", () =>
    Effect.gen(function* () {
      const plans = Provider.layerTenants((tenant) => {
        const credentials = Auth.bearer(Provider, keyOf(tenant))
        const limit = tenant === "large" ? 4 : 1
        return Layer.merge(credentials, Provider.layerPolicy({ rateLimit: { limit, window: "1 hour", maxWaiting: 0 } }))
      })
      const times = (tenant: string) =>
        Effect.map(
          Effect.all(Array.from({ length: 5 }, () => Effect.exit(calling(tenant)))),
          (exits) => exits.filter(Exit.isSuccess).length
        )
      const counts = yield* Effect.all([times("large"), times("small")]).pipe(
        Effect.provide(plans.pipe(Layer.provide(failing.layer)))
      )
      assert.deepStrictEqual(counts, [4, 1])
    })
  )

  it.effect("dies of a policy that makes no sense when it is asked for, and leaves nothing behind", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const policies = Provider.makePolicyRef()
      yield* Ref.set(policies, { integration: { rateLimit: { limit: 0, window: "1 hour" } } })
      const nonsense = Provider.layerTenants((tenant) =>
        Layer.mergeAll(
          Auth.bearer(Provider, keyOf(tenant)),
          Provider.layerPolicyRef(policies),
          Layer.effectDiscard(Effect.addFinalizer(() => Effect.sync(() => events.push(`released ${tenant}`))))
        )
      )
      yield* Effect.gen(function* () {
        const exit = yield* Effect.exit(Provider.forTenant("acme"))
        assert.include(inspect(exit, { depth: 9 }), "rateLimit.limit")
        assert.deepStrictEqual(events, ["released acme"])
      }).pipe(Effect.provide(nonsense.pipe(Layer.provide(failing.layer))))
    })
  )
})

describe("what a tenant was answered", () => {
  it.effect("is kept from the others, though they have the same credentials", () =>
    Effect.gen(function* () {
      let asked = 0
      const { layer } = providerAnswering(() =>
        Effect.as(
          Effect.sleep("1 second"),
          Response.json(`answer ${(asked += 1)}`, { headers: { "cache-control": "max-age=60" } })
        )
      )
      class Cached extends Integration.Service<Cached>()("test/Cached", {
        baseUrl: "https://cached.example",
        endpoints: [Endpoint.get("read", "/read", { success: Schema.String })],
        policy: { ...Policy.none, cache: Cache.make(), coalesce: Coalesce.make() }
      }) {}
      const same = Cached.layerTenants(() => Auth.bearer(Cached, Effect.succeed(Redacted.make("of-the-platform"))))
      const asking = (tenant: string) => Effect.flatMap(Cached.forTenant(tenant), (cached) => cached.read())
      const answers = yield* Effect.gen(function* () {
        const tenants = ["one", "two", "one", "two"]
        const together = yield* Effect.forkChild(Effect.forEach(tenants, asking, { concurrency: "unbounded" }))
        yield* TestClock.adjust("1 second")
        return [...(yield* Fiber.join(together)), yield* asking("one"), yield* asking("two")]
      }).pipe(Effect.provide(same.pipe(Layer.provide(layer))))
      assert.strictEqual(asked, 2)
      assert.deepStrictEqual([answers[0], answers[1]].toSorted(), ["answer 1", "answer 2"])
      assert.deepStrictEqual(answers.slice(2), [answers[0], answers[1], answers[0], answers[1]])
    })
  )
})

describe("a tenant that is idle", () => {
  const { layer } = providerAnswering()

  it.effect("is released after its time, and built again for who still has its service", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      yield* Effect.gen(function* () {
        const plain = yield* Plain.forTenant("acme")
        yield* plain.whoami()
        yield* TestClock.adjust("10 minutes")
        assert.deepStrictEqual(events, ["built acme"])
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(events, ["built acme", "released acme"])
        assert.strictEqual(yield* held, 0)
        assert.strictEqual(yield* plain.whoami(), "key-of-acme")
        assert.strictEqual(events.length, 3)
      }).pipe(Effect.provide(Plain.layerTenants(told(events)).pipe(Layer.provide(layer))))
    })
  )

  it.effect("stays for as long as it is asked for, and its calls do not keep others", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      yield* Effect.gen(function* () {
        yield* call("rare")
        for (let minute = 0; minute < 30; minute += 1) {
          yield* call("busy")
          yield* TestClock.adjust("1 minute")
        }
        assert.deepStrictEqual(events, ["built rare", "built busy", "released rare"])
      }).pipe(Effect.provide(Plain.layerTenants(told(events)).pipe(Layer.provide(layer))))
    })
  )

  it.effect("is not while a call is in flight, and is once that is interrupted", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const hanging = providerAnswering(() => Effect.never)
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(call("acme"))
        yield* TestClock.adjust("1 hour")
        assert.deepStrictEqual(events, ["built acme"])
        yield* Fiber.interrupt(fiber)
        yield* TestClock.adjust("11 minutes")
        assert.deepStrictEqual(events, ["built acme", "released acme"])
      }).pipe(Effect.provide(Plain.layerTenants(told(events)).pipe(Layer.provide(hanging.layer))))
    })
  )

  it.effect("is not while its pages are read", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const pages = providerAnswering((request) => {
        const page = Number(new URLSearchParams(UrlParams.toString(request.urlParams)).get("page") ?? 1)
        return Effect.succeed(Response.json(page < 3 ? [page] : []))
      })
      const items = yield* Effect.gen(function* () {
        const plain = yield* Plain.forTenant("acme")
        const slowly = Stream.mapEffect(plain.list.items({ query: { page: 1 } }), (item) =>
          Effect.as(Effect.sleep("1 hour"), item)
        )
        const fiber = yield* Effect.forkChild(Stream.runCollect(slowly))
        yield* TestClock.adjust("90 minutes")
        assert.deepStrictEqual(events, ["built acme"])
        yield* TestClock.adjust("1 hour")
        const items = yield* Fiber.join(fiber)
        yield* TestClock.adjust("11 minutes")
        assert.deepStrictEqual(events, ["built acme", "released acme"])
        return items
      }).pipe(Effect.provide(Plain.layerTenants(told(events)).pipe(Layer.provide(pages.layer))))
      assert.deepStrictEqual(Array.from(items), [1, 2])
    })
  )

  it.effect("is one of ten thousand that are all released", () =>
    Effect.gen(function* () {
      const names = Array.from({ length: 10_000 }, (_, index) => `t${index}`)
      yield* Effect.forEach(names, Plain.forTenant, { concurrency: "unbounded", discard: true })
      yield* Effect.forEach(names.slice(0, 100), call, { concurrency: "unbounded", discard: true })
      assert.strictEqual(yield* held, 10_000)
      yield* TestClock.adjust("11 minutes")
      // So many go one after the other, and a busy machine lets others in between.
      yield* Effect.repeat(Effect.andThen(Effect.yieldNow, held), { until: (count) => count === 0 })
    }).pipe(Effect.provide(tenantsOf().pipe(Layer.provide(layer))))
  )

  it.effect("is released with all the others when the Layer is", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const scope = yield* Scope.make()
      const context = yield* Scope.provide(
        Layer.build(Plain.layerTenants(told(events)).pipe(Layer.provide(layer))),
        scope
      )
      yield* Effect.provide(Effect.all([call("one"), call("two")]), context)
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(events.toSorted(), ["built one", "built two", "released one", "released two"])
    })
  )
})

describe("a tenant that is let go of", () => {
  it.effect("has its credentials made anew, and its calls in flight end as they began", () =>
    Effect.gen(function* () {
      const events: Array<string> = []
      const gate = yield* Deferred.make<void>()
      let version = 1
      const { layer } = providerAnswering((_, key) =>
        Effect.as(key.endsWith("1") ? Deferred.await(gate) : Effect.void, Response.json(key))
      )
      const live = Plain.layerTenants((tenant) => {
        const key = Redacted.make(`${tenant}-${version}`)
        const name = `${tenant}-${version}`
        return Layer.merge(
          Auth.bearer(Plain, Effect.succeed(key)),
          Layer.effectDiscard(Effect.addFinalizer(() => Effect.sync(() => events.push(`released ${name}`))))
        )
      }).pipe(Layer.provide(layer))
      yield* Effect.gen(function* () {
        const plain = yield* Plain.forTenant("acme")
        const before = yield* Effect.forkChild(plain.whoami(), { startImmediately: true })
        version = 2
        yield* Effect.flatMap(Plain.tenants, ({ release }) => release("acme"))
        assert.strictEqual(yield* plain.whoami(), "acme-2")
        assert.deepStrictEqual(events, [])
        yield* Deferred.succeed(gate, undefined)
        assert.strictEqual(yield* Fiber.join(before), "acme-1")
        assert.deepStrictEqual(events, ["released acme-1"])
      }).pipe(Effect.provide(live))
    })
  )

  it.effect("while it is built is built once more, with the credentials of now", () =>
    Effect.gen(function* () {
      let version = 1
      const { layer } = providerAnswering()
      const live = Plain.layerTenants((tenant) => {
        const key = Redacted.make(`${tenant}-${version}`)
        return Layer.merge(Auth.bearer(Plain, Effect.succeed(key)), Layer.effectDiscard(Effect.sleep("1 second")))
      }).pipe(Layer.provide(layer))
      yield* Effect.gen(function* () {
        const fiber = yield* Effect.forkChild(call("acme"), { startImmediately: true })
        version = 2
        yield* Effect.flatMap(Plain.tenants, ({ release }) => release("acme"))
        yield* TestClock.adjust("1 second")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(fiber), "acme-2")
      }).pipe(Effect.provide(live))
    })
  )

  it.effect("and no longer known makes the calls of a service handed out before Unauthorized", () =>
    Effect.gen(function* () {
      let known = true
      const live = Plain.layerTenants((tenant) => (known ? Auth.bearer(Plain, keyOf(tenant)) : undefined)).pipe(
        Layer.provide(providerAnswering().layer)
      )
      yield* Effect.gen(function* () {
        const plain = yield* Plain.forTenant("acme")
        known = false
        yield* Effect.flatMap(Plain.tenants, ({ release }) => release("acme"))
        const error = yield* Effect.flip(plain.whoami())
        assert.deepInclude(error, { _tag: "Unauthorized", status: undefined, attempts: 0, tenant: "acme" })
        const streamed = yield* Effect.flip(Stream.runCollect(plain.list.items({ query: {} })))
        assert.deepInclude(streamed, { _tag: "Unauthorized", endpoint: "list", tenant: "acme" })
      }).pipe(Effect.provide(live))
    })
  )
})

describe("a tenant's name", () => {
  const failing = providerAnswering(() => Effect.succeed(new Response(null, { status: 503 })))
  const live = Provider.layerTenants((tenant) => Auth.bearer(Provider, keyOf(tenant))).pipe(
    Layer.provide(failing.layer)
  )
  const failingCall = Effect.flatMap(Provider.forTenant("acme"), (provider) => Effect.flip(provider.whoami()))

  it.effect("is a fact of its errors, and not of their messages", () =>
    Effect.gen(function* () {
      const error = yield* failingCall
      assert.deepInclude(error, { _tag: "UnexpectedStatus", tenant: "acme" })
      const open = yield* failingCall
      assert.deepInclude(open, { _tag: "CircuitOpen", tenant: "acme" })
      assert.notInclude(error.message + open.message, "acme")
    }).pipe(Effect.provide(live))
  )

  it.effect("is an attribute of its calls' spans and a fact of its events", () =>
    Effect.gen(function* () {
      const { spans, tracer } = recordedSpans()
      const events: Array<CallObserver.CallEvent> = []
      yield* failingCall.pipe(
        Effect.provide(live),
        Effect.provideService(Tracer.Tracer, tracer),
        Effect.provide(CallObserver.layer((event) => void events.push(event)))
      )
      const calls = spans.filter(({ name }) => name === "test/Provider.whoami")
      assert.deepStrictEqual(
        calls.map(({ attributes }) => attributes.get("causeway.tenant")),
        ["acme"]
      )
      assert.isAbove(events.length, 3)
      assert.isTrue(events.every(({ tenant }) => tenant === "acme"))
    })
  )

  it.effect("is in no label of a metric", () =>
    Effect.gen(function* () {
      yield* failingCall
      yield* failingCall
      const dump = yield* Metric.dump
      assert.include(dump, "causeway_calls")
      assert.notInclude(dump, "acme")
    }).pipe(
      Effect.provide(live),
      Effect.provide(Telemetry.layerMetrics),
      Effect.provideService(Metric.MetricRegistry, new Map())
    )
  )
})

describe("a mock", () => {
  it.effect("answers for every tenant, each with limits of its own, in one journal", () =>
    Effect.gen(function* () {
      const provider = (tenant: string) => Provider.forTenant(tenant)
      const one = yield* provider("one")
      const two = yield* provider("two")
      yield* one.whoami()
      yield* one.whoami()
      assert.strictEqual((yield* Effect.flip(one.whoami()))._tag, "RateLimited")
      assert.strictEqual(yield* two.whoami(), "anyone")
      yield* (yield* Provider).whoami()
      const { calls } = yield* Mock.journal(Provider)
      assert.deepStrictEqual(
        calls.map(({ failure, tenant }) => [tenant, failure]),
        [
          ["one", undefined],
          ["one", undefined],
          ["one", "RateLimited"],
          ["two", undefined],
          [undefined, undefined]
        ]
      )
      assert.strictEqual((yield* Effect.flip(provider("")))._tag, "UnknownTenant")
    }).pipe(Effect.provide(Provider.layerMock({ whoami: Mock.ok("anyone") })))
  )

  it.effect("that is a stub stands for every tenant", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* call("acme"), "stubbed")
      assert.strictEqual((yield* Effect.flip(Plain.forTenant("")))._tag, "UnknownTenant")
    }).pipe(Effect.provide(Plain.layerStub({ whoami: () => Effect.succeed("stubbed") })))
  )
})

describe("tenants", () => {
  it.effect("and the integration by itself do not mix", () =>
    Effect.gen(function* () {
      const { keys, layer } = providerAnswering()
      yield* Effect.gen(function* () {
        yield* (yield* Plain).whoami()
        yield* call("acme")
      }).pipe(
        Effect.provide([
          Plain.layer.pipe(Layer.provide(Auth.bearer(Plain, keyOf("ourselves")))).pipe(Layer.provide(layer)),
          tenantsOf().pipe(Layer.provide(layer))
        ])
      )
      assert.deepStrictEqual(keys, ["key-of-ourselves", "key-of-acme"])
    })
  )

  it("with options that make no sense are refused where they are written", () => {
    const thrown = (options: Tenants.Options) => () => tenantsOf(options)
    assert.throws(thrown({ idleTimeToLive: 0 }), InvalidOption.InvalidOption)
    assert.throws(thrown({ maxKeys: 0 }), InvalidOption.InvalidOption)
  })

  it.effect("retry on budgets of their own", () =>
    Effect.gen(function* () {
      class Retried extends Integration.Service<Retried>()("test/Retried", {
        baseUrl: "https://retried.example",
        endpoints: [Endpoint.get("read", "/read", { success: Schema.String })],
        policy: { ...Policy.none, retry: Schedule.recurs(2), retryBudget: { minimum: 0, capacity: 1, ratio: 1 } }
      }) {}
      let isUp = true
      const { keys, layer } = providerAnswering((_, key) =>
        Effect.sync(() => (isUp ? Response.json(key) : new Response(null, { status: 503 })))
      )
      const live = Retried.layerTenants((tenant) => Auth.bearer(Retried, keyOf(tenant)))
      const reading = (tenant: string) =>
        Effect.flatMap(Retried.forTenant(tenant), (retried) => Effect.exit(retried.read()))
      yield* Effect.gen(function* () {
        yield* reading("thrifty")
        isUp = false
        keys.length = 0
        yield* reading("poor")
        yield* reading("thrifty")
      }).pipe(Effect.provide(live.pipe(Layer.provide(layer))))
      assert.deepStrictEqual(keys, ["key-of-poor", "key-of-thrifty", "key-of-thrifty"])
    })
  )
})
