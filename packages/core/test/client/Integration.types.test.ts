import { expectTypeOf, it } from "@effect/vitest"
import { Config, Effect, Layer, Schedule, Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiSchema } from "effect/http-api"
import type { HttpClient, HttpClientResponse } from "effect/http"
import { Auth } from "@causeway/core/auth"
import { type CallError, Endpoint, Integration } from "@causeway/core/client"
import { Breaker, Policy } from "@causeway/core/policy"

class Charge extends Schema.Class<Charge>("Charge")({ id: Schema.String, amount: Schema.Int }) {}
class ChargeNotFound extends Schema.TaggedError<ChargeNotFound>()("ChargeNotFound", { message: Schema.String }) {}

const getCharge = Endpoint.get("getCharge", "/charges/:id", {
  params: { id: Schema.String },
  success: Charge,
  errors: { 404: ChargeNotFound },
  policy: { retry: Schedule.exponential("200 millis"), timeout: "2 seconds" }
})
const createCharge = Endpoint.post("createCharge", "/charges", {
  payload: { amount: Schema.Int },
  success: Charge,
  errors: { "4xx": Schema.Struct({ reason: Schema.String }) }
})
const ping = Endpoint.get("ping", "/ping", { success: Schema.String, policy: { circuitBreaker: null } })
const bare = Endpoint.get("bare", "/bare", { policy: { circuitBreaker: null, rateLimit: null } })

class Payments extends Integration.Service<Payments>()("app/Payments", {
  baseUrl: "https://api.pay.example/v1",
  endpoints: [getCharge, createCharge, ping, bare],
  policy: {
    ...Policy.none,
    rateLimit: { limit: 25, window: "1 second" },
    circuitBreaker: Breaker.failureRate({ threshold: 0.5 })
  }
}) {}

class Other extends Integration.Service<Other>()("app/Other", {
  baseUrl: Config.String("OTHER_URL"),
  endpoints: [bare],
  policy: Policy.none
}) {}

type Tags<X> =
  X extends Effect.Effect<infer _A, infer E, infer _R> ? (E extends { readonly _tag: infer T } ? T : E) : never
type Always = "Unauthorized" | "TransportFailure" | "UnexpectedStatus" | "DecodeFailure"

const api = HttpApi.make("payments")
  .add(
    HttpApiGroup.make("charges")
      .add(
        HttpApiEndpoint.get("get", "/charges/:id", {
          params: { id: Schema.String },
          success: Charge,
          error: ChargeNotFound.pipe(HttpApiSchema.status(404))
        })
      )
      .add(
        HttpApiEndpoint.post("create", "/charges", { payload: Schema.Struct({ amount: Schema.Int }), success: Charge })
      )
  )
  .add(
    HttpApiGroup.make("system", { topLevel: true }).add(
      HttpApiEndpoint.get("health", "/health", { success: Schema.String })
    )
  )

class Generated extends Integration.Service<Generated>()(
  "app/Generated",
  Integration.fromHttpApi(api, {
    baseUrl: "https://api.pay.example",
    policy: { ...Policy.none, timeout: "1 second", circuitBreaker: Breaker.consecutive() },
    policies: {
      charges: { get: { retry: Schedule.recurs(2), circuitBreaker: null } },
      system: { health: { timeout: null } }
    }
  })
) {}

it("a method fails with its declared errors and those of its policies, nothing else", () => {
  const call = Effect.flatMap(Payments, (payments) => payments.getCharge({ params: { id: "ch_1" } }))
  expectTypeOf<Tags<typeof call>>().toEqualTypeOf<
    Always | "ChargeNotFound" | "RateLimited" | "CircuitOpen" | "Timeout"
  >()
  const create = Effect.flatMap(Payments, (payments) => payments.createCharge({ payload: { amount: 1 } }))
  expectTypeOf<Tags<typeof create>>().toEqualTypeOf<
    Always | "EncodeFailure" | "RateLimited" | "CircuitOpen" | { readonly reason: string }
  >()
})

it("a slot switched off with null adds nothing", () => {
  const call = Effect.flatMap(Payments, (payments) => payments.ping())
  expectTypeOf<Tags<typeof call>>().toEqualTypeOf<Always | "RateLimited">()
  const none = Effect.flatMap(Payments, (payments) => payments.bare())
  expectTypeOf<Tags<typeof none>>().toEqualTypeOf<Always>()
  const noPolicy = Effect.flatMap(Other, (other) => other.bare({}))
  expectTypeOf<Tags<typeof noPolicy>>().toEqualTypeOf<Always>()
})

it("an HttpApi's methods are as exact, by group and endpoint", () => {
  const get = Effect.flatMap(Generated, (client) => client.charges.get({ params: { id: "ch_1" } }))
  expectTypeOf<Tags<typeof get>>().toEqualTypeOf<Always | "ChargeNotFound" | "Timeout" | "RateLimited">()
  const create = Effect.flatMap(Generated, (client) => client.charges.create({ payload: { amount: 1 } }))
  expectTypeOf<Tags<typeof create>>().toEqualTypeOf<Always | "EncodeFailure" | "Timeout" | "CircuitOpen">()
  const health = Effect.flatMap(Generated, (client) => client.health())
  expectTypeOf<Tags<typeof health>>().toEqualTypeOf<Always | "CircuitOpen">()
})

it("a deadline given to one call adds Timeout to that call", () => {
  const call = Effect.flatMap(Payments, (payments) => payments.ping({}, { deadline: "1 second" }))
  expectTypeOf<Tags<typeof call>>().toEqualTypeOf<Always | "RateLimited" | "Timeout">()
})

it("the response mode decides what a method gives", () => {
  const both = Effect.flatMap(Payments, (payments) =>
    payments.getCharge({ params: { id: "ch_1" }, responseMode: "decoded-and-response" })
  )
  expectTypeOf<Effect.Success<typeof both>>().toEqualTypeOf<[Charge, HttpClientResponse.HttpClientResponse]>()
  const raw = Effect.flatMap(Payments, (payments) => payments.ping({ responseMode: "response-only" }))
  expectTypeOf<Effect.Success<typeof raw>>().toEqualTypeOf<HttpClientResponse.HttpClientResponse>()
  expectTypeOf<Tags<typeof raw>>().toEqualTypeOf<"Unauthorized" | "TransportFailure" | "RateLimited">()
})

it("a layer needs an HttpClient and the credentials of its own integration", () => {
  const live = Payments.layer.pipe(Layer.provide(Auth.bearer(Payments, Config.Redacted("PAY_TOKEN"))))
  expectTypeOf(live).toEqualTypeOf<Layer.Layer<Payments, Config.ConfigError, HttpClient.HttpClient>>()
  const wrong = Payments.layer.pipe(Layer.provide(Auth.bearer(Other, Config.Redacted("PAY_TOKEN"))))
  expectTypeOf(wrong).not.toEqualTypeOf<Layer.Layer<Payments, Config.ConfigError, HttpClient.HttpClient>>()
  // @ts-expect-error: without its credentials the Layer is not complete
  const missing: Layer.Layer<Payments, never, HttpClient.HttpClient> = Payments.layer
  return [missing]
})

it("a baseUrl from Config adds ConfigError to the layer, a literal one does not", () => {
  expectTypeOf<Layer.Error<typeof Other.layer>>().toEqualTypeOf<Config.ConfigError>()
  expectTypeOf<Layer.Error<typeof Payments.layer>>().toEqualTypeOf<never>()
})

it("layerPolicy takes the slots that the class declares, and no others", () => {
  Payments.layerPolicy({ rateLimit: { limit: 5, window: "1 second" }, circuitBreaker: null })
  Payments.layerPolicy({}, { getCharge: { retry: null, circuitBreaker: null } })
  // @ts-expect-error: the class declares no timeout
  Payments.layerPolicy({ timeout: "1 second" })
  // @ts-expect-error: the endpoint declares no retry, and neither does the class
  Payments.layerPolicy({}, { createCharge: { retry: null } })
})

it("a request that does not fit its schemas does not compile", () => {
  Effect.flatMap(Payments, (payments) =>
    // @ts-expect-error: the id is a string
    payments.getCharge({ params: { id: 1 } })
  )
  Effect.flatMap(Payments, (payments) =>
    // @ts-expect-error: the params are missing
    payments.getCharge({})
  )
})

it("a declared error can be caught by its tag, and is gone from the type then", () => {
  const call = Effect.flatMap(Payments, (payments) => payments.getCharge({ params: { id: "ch_1" } })).pipe(
    Effect.catchTag("ChargeNotFound", (error) => Effect.succeed(error.message))
  )
  expectTypeOf<Extract<Tags<typeof call>, "ChargeNotFound">>().toEqualTypeOf<never>()
  expectTypeOf<CallError.CallError["_tag"]>().toEqualTypeOf<
    Always | "RateLimited" | "CircuitOpen" | "BulkheadFull" | "Timeout" | "EncodeFailure"
  >()
})
