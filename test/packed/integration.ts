/**
 * What a user's package may hold: an integration whose declarations are emitted. `scripts/pack.ts` compiles it against the
 * tarballs, because every type in it must have a name that can be imported from them.
 */
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Transport } from "@causeway/node"
import { GitHub } from "@causeway/providers"
import { Config, Effect, Layer, Schedule, Schema } from "effect"

export class Charge extends Schema.Class<Charge>("Charge")({ id: Schema.String, amount: Schema.Int }) {}

export const getCharge = Endpoint.get("getCharge", "/charges/:id", {
  params: { id: Schema.String },
  success: Charge,
  policy: { retry: Schedule.exponential("200 millis"), timeout: "2 seconds" }
})

export class Payments extends Integration.Service<Payments>()("app/Payments", {
  baseUrl: "https://api.pay.example/v1",
  endpoints: [getCharge],
  policy: { rateLimit: { limit: 25, window: "1 second" } }
}) {}

export const charge = Effect.fn("charge")(function* (id: string) {
  const payments = yield* Payments
  return yield* payments.getCharge({ params: { id } })
})

export const layer = Payments.layer.pipe(
  Layer.provide([Auth.bearer(Payments, Config.Redacted("PAY_TOKEN")), Transport.layer])
)

export const github = GitHub
