/**
 * 3. A provider like Stripe: nested forms, idempotency keys, a declined card as a typed error, lists in pages.
 *
 * `npm run example 03-stripe`. The provider is on this machine.
 */
import { NodeRuntime } from "@effect/platform-node"
import { Config, ConfigProvider, Console, Effect, Layer, Schedule, Schema, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { Auth, Secret } from "@causeway/core/auth"
import { CallError, Endpoint, FormStyle, Integration, Pagination } from "@causeway/core/client"
import { Retry } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import * as Provider from "./providers/Stripe.ts"

class Subscription extends Schema.Class<Subscription>("Subscription")({
  id: Schema.String,
  prices: Schema.Array(Schema.String),
  metadata: Schema.Record(Schema.String, Schema.String)
}) {}

const Subscriptions = Schema.Struct({ has_more: Schema.Boolean, data: Schema.Array(Subscription) })

const errorBody = {
  error: Schema.Struct({
    type: Schema.String,
    code: Schema.optional(Schema.String),
    decline_code: Schema.optional(Schema.String)
  })
}
class CardError extends Schema.TaggedError<CardError>()("CardError", errorBody) {}
class Conflict extends Schema.TaggedError<Conflict>()("Conflict", errorBody) {}

// Stripe numbers the elements of an array, and does not escape brackets.
const style = FormStyle.make({ arrays: "indices", brackets: "literal", spaces: "percent", empty: "omit" })

const createSubscription = Endpoint.post("createSubscription", "/v1/subscriptions", {
  payload: Schema.Struct({
    customer: Schema.String,
    items: Schema.Array(Schema.Struct({ price: Schema.String, quantity: Schema.optional(Schema.Int) })),
    metadata: Schema.optional(Schema.Record(Schema.String, Schema.String))
  }).pipe(HttpApiSchema.asFormUrlEncoded()),
  formStyle: style,
  success: Subscription,
  errors: { 402: CardError, 409: Conflict },
  policy: {
    // The key makes creating a charge safe to repeat; a lock held by another request is retried.
    retry: Retry.make({
      schedule: Schedule.exponential("20 millis").pipe(Schedule.jittered),
      attempts: 4,
      idempotencyKeyHeader: "Idempotency-Key",
      when: Retry.whenError(Conflict, ({ error }) => error.code === "lock_timeout")
    })
  }
})

const listSubscriptions = Endpoint.get("listSubscriptions", "/v1/subscriptions", {
  query: { limit: Schema.optional(Schema.Int), starting_after: Schema.optional(Schema.String) },
  success: Subscriptions,
  pagination: Pagination.cursor(Subscriptions, {
    query: "starting_after",
    hasMore: (page) => page.has_more,
    next: (page) => page.data.at(-1)?.id,
    items: (page) => page.data
  })
})

class Stripe extends Integration.Service<Stripe>()("example/Stripe", {
  baseUrl: Config.String("STRIPE_URL"),
  headers: { "Stripe-Version": "2026-01-28" },
  endpoints: [createSubscription, listSubscriptions],
  policy: { rateLimit: { limit: 100, window: "1 second" } }
}) {}

const program = Effect.gen(function* () {
  const stripe = yield* Stripe
  const created = yield* stripe.createSubscription({
    payload: {
      customer: "cus_1",
      items: [{ price: "price_1", quantity: 2 }, { price: "price_2" }],
      metadata: { order: "17" }
    }
  })
  yield* Console.log(`${created.id}: ${created.prices.join(" and ")}, order ${created.metadata["order"]}`)
  console.assert(created.prices.length === 2)

  const declined = yield* stripe.createSubscription({ payload: { customer: "cus_poor", items: [] } }).pipe(
    Effect.as("charged"),
    Effect.catchTag("CardError", (declined) =>
      Effect.succeed(`${declined.error.decline_code}, at attempt ${CallError.infoOf(declined)?.attempts}`)
    )
  )
  yield* Console.log(declined)
  console.assert(declined === "insufficient_funds, at attempt 1")

  const all = yield* stripe.listSubscriptions.items({ query: { limit: 2 } }).pipe(Stream.runCollect)
  yield* Console.log(all.map(({ id }) => id).join(", "))
  console.assert(all.length === 4)
})

const live = Layer.unwrap(
  Effect.map(Provider.start(), (url) =>
    Stripe.layer.pipe(
      Layer.provide([Auth.bearer(Stripe, Secret.config("STRIPE_KEY")), Transport.layer]),
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ STRIPE_URL: url, STRIPE_KEY: "sk_test_1" })))
    )
  )
)

program.pipe(Effect.provide(live), NodeRuntime.runMain)
