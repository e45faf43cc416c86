import { assert, describe, expect, expectTypeOf, it } from "@effect/vitest"
import { Effect, Schedule, Schema } from "effect"
import type { HttpClient } from "effect/http"
import { HttpApi, HttpApiEndpoint, HttpApiGroup } from "effect/http-api"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, Policy, PolicyClient } from "@causeway/core/policy"

type TagsOf<E> = E extends { readonly _tag: infer Tag } ? Tag : never
type Always = "Unauthorized" | "TransportFailure" | "UnexpectedStatus" | "DecodeFailure"
type Standard = "Timeout" | "RateLimited" | "CircuitOpen" | "BulkheadFull"
type CallTags<E> = TagsOf<Effect.Error<E>>

const baseUrl = "https://api.example"
const plain = Endpoint.get("plain", "/plain", { success: Schema.String })
const alone = Endpoint.get("alone", "/alone", { success: Schema.String, policy: Policy.none })
const quick = Endpoint.get("quick", "/quick", {
  success: Schema.String,
  policy: { circuitBreaker: null, bulkhead: null }
})
const endpoints = [plain, alone, quick] as const
const api = HttpApi.make("api").add(
  HttpApiGroup.make("things")
    .add(HttpApiEndpoint.get("plain", "/plain", { success: Schema.String }))
    .add(HttpApiEndpoint.get("quick", "/quick", { success: Schema.String }))
)

describe("an integration's policy is merged over Policy.standard", () => {
  it("an integration without a policy has the errors of the standard one", () => {
    class Bare extends Integration.Service<Bare>()("test/Bare", { baseUrl, endpoints }) {}
    const plainOfBare = Effect.flatMap(Bare, (client) => client.plain())
    expectTypeOf<CallTags<typeof plainOfBare>>().toEqualTypeOf<Always | Standard>()
    const aloneOfBare = Effect.flatMap(Bare, (client) => client.alone())
    expectTypeOf<CallTags<typeof aloneOfBare>>().toEqualTypeOf<Always>()
    const quickOfBare = Effect.flatMap(Bare, (client) => client.quick())
    expectTypeOf<CallTags<typeof quickOfBare>>().toEqualTypeOf<Always | "Timeout" | "RateLimited">()
  })

  it("null turns off a slot of the standard policy, and its error is gone from the type", () => {
    class Some extends Integration.Service<Some>()("test/Some", {
      baseUrl,
      endpoints,
      policy: { circuitBreaker: null, retry: null, deadline: null }
    }) {}
    const plainOfSome = Effect.flatMap(Some, (client) => client.plain())
    expectTypeOf<CallTags<typeof plainOfSome>>().toEqualTypeOf<Always | "Timeout" | "BulkheadFull">()
  })

  it("Policy.none turns all slots off, and others may stand beside it", () => {
    class None extends Integration.Service<None>()("test/None", { baseUrl, endpoints, policy: Policy.none }) {}
    const plainOfNone = Effect.flatMap(None, (client) => client.plain())
    expectTypeOf<CallTags<typeof plainOfNone>>().toEqualTypeOf<Always>()
    class One extends Integration.Service<One>()("test/One", {
      baseUrl,
      endpoints,
      policy: { ...Policy.none, timeout: "1 second" }
    }) {}
    const plainOfOne = Effect.flatMap(One, (client) => client.plain())
    expectTypeOf<CallTags<typeof plainOfOne>>().toEqualTypeOf<Always | "Timeout">()
  })

  it("the methods of an HttpApi follow the same rule, by group and endpoint", () => {
    class Generated extends Integration.Service<Generated>()(
      "test/Generated",
      Integration.fromHttpApi(api, { baseUrl, policies: { things: { quick: { bulkhead: null } } } })
    ) {}
    const plainOfGenerated = Effect.flatMap(Generated, (client) => client.things.plain())
    expectTypeOf<CallTags<typeof plainOfGenerated>>().toEqualTypeOf<Always | Standard>()
    const quickOfGenerated = Effect.flatMap(Generated, (client) => client.things.quick())
    expectTypeOf<CallTags<typeof quickOfGenerated>>().toEqualTypeOf<
      Always | "Timeout" | "RateLimited" | "CircuitOpen"
    >()
  })

  it("the methods of a tenant have the errors of the class, and a stub may fail with them", () => {
    class Bare extends Integration.Service<Bare>()("test/BareTenants", { baseUrl, endpoints }) {}
    const call = Effect.flatMap(Bare.forTenant("a"), (bare) => bare.plain())
    expectTypeOf<Exclude<TagsOf<Effect.Error<typeof call>>, "TenantUnknown" | "TenantUnavailable">>().toExtend<
      Always | Standard | TagsOf<Effect.Error<ReturnType<typeof Bare.forTenant>>>
    >()
    type Stub = NonNullable<Parameters<typeof Bare.layerStub>[0]["plain"]>
    expectTypeOf<CallTags<ReturnType<Stub>>>().toEqualTypeOf<Always | Standard>()
  })

  it("layerPolicy retunes the slots of the standard policy that are on, and no others", () => {
    class Bare extends Integration.Service<Bare>()("test/BareTuned", {
      baseUrl,
      endpoints,
      policy: { bulkhead: null }
    }) {}
    Bare.layerPolicy({ timeout: "1 second", circuitBreaker: null }, { quick: { retry: null } })
    // @ts-expect-error: the class turned the bulkhead off, so that no type has its error
    Bare.layerPolicy({ bulkhead: { maxInFlight: 1 } })
    // @ts-expect-error: the endpoint turned the breaker off
    Bare.layerPolicy({}, { quick: { circuitBreaker: Breaker.consecutive() } })
  })

  it("merging ignores a slot that is undefined, as the types do", () => {
    // Without exactOptionalPropertyTypes, such a record is a Policy.
    const inner = { timeout: undefined, retry: null } as unknown as {
      readonly timeout?: "1 second"
      readonly retry: null
    }
    assert.strictEqual(Policy.merge(Policy.standard, inner).timeout, "10 seconds")
    assert.isNull(Policy.merge(Policy.standard, inner).retry)
  })

  it("PolicyClient.withPolicy has the slots that it is given, and no defaults", () => {
    const wrapped = PolicyClient.withPolicy({ circuitBreaker: Breaker.consecutive() })
    const client = (plainClient: HttpClient.HttpClient.With<never>) => wrapped(plainClient)
    type Client = ReturnType<typeof client>
    expectTypeOf<
      TagsOf<Client extends HttpClient.HttpClient.With<infer E> ? E : never>
    >().toEqualTypeOf<"CircuitOpen">()
  })
})

describe("the errors of a policy", () => {
  it("are all that a policy can add when its type is only Policy", () => {
    const wide: Policy.Policy = { timeout: "1 second" }
    class Wide extends Integration.Service<Wide>()("test/Wide", { baseUrl, endpoints, policy: wide }) {}
    const plainOfWide = Effect.flatMap(Wide, (client) => client.plain())
    expectTypeOf<CallTags<typeof plainOfWide>>().toEqualTypeOf<Always | Standard>()
    expectTypeOf<TagsOf<Policy.Errors<Policy.Policy>>>().toEqualTypeOf<Standard>()
    const own = Endpoint.get("own", "/own", { policy: wide })
    class Narrow extends Integration.Service<Narrow>()("test/Narrow", {
      baseUrl,
      endpoints: [own],
      policy: Policy.none
    }) {}
    const ownOfNarrow = Effect.flatMap(Narrow, (client) => client.own())
    expectTypeOf<CallTags<typeof ownOfNarrow>>().toEqualTypeOf<Always | Standard>()
  })

  it("stay exact where satisfies checks the record", () => {
    const exact = { ...Policy.none, retry: Schedule.recurs(1) } satisfies Policy.Policy
    class Exact extends Integration.Service<Exact>()("test/Exact", { baseUrl, endpoints, policy: exact }) {}
    const plainOfExact = Effect.flatMap(Exact, (client) => client.plain())
    expectTypeOf<CallTags<typeof plainOfExact>>().toEqualTypeOf<Always | "RateLimited">()
  })

  it("are those of each member where the record is one of several", () => {
    type Either = { readonly timeout: "1 second" } | { readonly retry: null; readonly circuitBreaker: Breaker.Breaker }
    expectTypeOf<TagsOf<Policy.Errors<Either>>>().toEqualTypeOf<"Timeout" | "CircuitOpen">()
    expectTypeOf<
      TagsOf<Policy.Errors<{ readonly timeout: "1 second" }, { timeout: null } | {}>>
    >().toEqualTypeOf<"Timeout">()
  })

  it("are added by a slot that may be on", () => {
    type MayBe = { readonly timeout: "1 second" | null; readonly circuitBreaker: Breaker.Breaker | null | undefined }
    expectTypeOf<TagsOf<Policy.Errors<MayBe>>>().toEqualTypeOf<"Timeout" | "CircuitOpen">()
    expectTypeOf<
      TagsOf<Policy.Errors<{ readonly timeout: "1 second" }, { readonly timeout?: null }>>
    >().toEqualTypeOf<"Timeout">()
    expectTypeOf<Policy.Errors<{ readonly timeout: "1 second" }, { readonly timeout: null }>>().toEqualTypeOf<never>()
    // oxlint-disable-next-line typescript/no-explicit-any -- what nothing is said of may be on
    expectTypeOf<TagsOf<Policy.Errors<any>>>().toEqualTypeOf<Standard>()
  })
})

describe("a slot that is misspelled does not compile", () => {
  const misspelled = { timeout: "1 second", circuitBraker: Breaker.consecutive() } as const

  it("in an integration, as a literal and as a constant", () => {
    const literal = () =>
      Integration.Service<never>()("test/Literal", {
        baseUrl,
        endpoints,
        // @ts-expect-error: circuitBreaker is meant
        policy: { timeout: "1 second", circuitBraker: Breaker.consecutive() }
      })
    const constant = () =>
      Integration.Service<never>()("test/Constant", {
        baseUrl,
        endpoints,
        // @ts-expect-error: circuitBreaker is meant
        policy: misspelled
      })
    expect(literal).toThrow("circuitBreaker")
    expect(constant).toThrow("circuitBreaker")
  })

  it("in an endpoint", () => {
    // @ts-expect-error: retry is meant
    expect(() => Endpoint.get("a", "/a", { policy: { timeout: "1 second", rety: Schedule.recurs(3) } })).toThrow(
      "retry"
    )
    // @ts-expect-error: circuitBreaker is meant
    expect(() => Endpoint.post("a", "/a", { policy: misspelled })).toThrow("circuitBreaker")
  })

  it("beside an HttpApi, and neither does a group or an endpoint that is not there", () => {
    // @ts-expect-error: circuitBreaker is meant
    Integration.fromHttpApi(api, { baseUrl, policy: misspelled })
    // @ts-expect-error: circuitBreaker is meant
    Integration.fromHttpApi(api, { baseUrl, policies: { things: { plain: misspelled } } })
    // @ts-expect-error: the group is called things
    Integration.fromHttpApi(api, { baseUrl, policies: { thing: { plain: { timeout: null } } } })
    // @ts-expect-error: there is no such endpoint
    Integration.fromHttpApi(api, { baseUrl, policies: { things: { plan: { timeout: null } } } })
  })

  it("but a function of a policy beside an HttpApi is given its types", () => {
    const key = { limit: 1, window: "1 second" } as const
    Integration.fromHttpApi(api, {
      baseUrl,
      policy: { rateLimit: { ...key, key: ({ endpoint }) => endpoint.toUpperCase() } },
      policies: { things: { plain: { rateLimit: { ...key, key: ({ endpoint }) => endpoint.toUpperCase() } } } }
    })
  })

  it("in an override, and in a client's policy", () => {
    class Bare extends Integration.Service<Bare>()("test/Overridden", { baseUrl, endpoints }) {}
    const override = { timeout: null, timeot: null } as const
    // @ts-expect-error: timeout is meant
    expect(() => Bare.layerPolicy({ timeot: null })).toThrow("timeout")
    // @ts-expect-error: timeout is meant
    expect(() => Bare.layerPolicy(override)).toThrow("timeout")
    // @ts-expect-error: retry is meant
    expect(() => PolicyClient.withPolicy({ timeout: "1 second", rety: Schedule.recurs(3) })).toThrow("retry")
    // @ts-expect-error: circuitBreaker is meant
    expect(() => PolicyClient.withPolicy(misspelled)).toThrow("circuitBreaker")
  })
})
