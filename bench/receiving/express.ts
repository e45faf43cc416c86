/** What Stripe's documentation shows: Express, its raw body, and `constructEvent`. */
import express from "express"
import { Stripe } from "stripe"
import { secret } from "./deliveries.ts"
import { announce } from "./program.ts"

const app = express()

app.post("/hooks", express.raw({ type: "application/json" }), (request, response) => {
  try {
    Stripe.webhooks.constructEvent(request.body, String(request.headers["stripe-signature"]), secret, 86_400)
    response.status(200).type("text/plain").send("stored")
  } catch {
    response.status(401).type("text/plain").send("unauthorized")
  }
})

const server = app.listen(0, "127.0.0.1", () => announce(server))
