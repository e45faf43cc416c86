/** Express, Stripe's `constructEvent`, and a job in BullMQ, found again by the id of the event. */
import { Queue } from "bullmq"
import express from "express"
import { createClient } from "redis"
import { Stripe } from "stripe"
import { secret } from "./deliveries.ts"
import { announce } from "./program.ts"

const [port = ""] = process.argv.slice(2)
const connection = createClient({ socket: { host: "127.0.0.1", port: Number(port) } })
await connection.connect()
const queue = new Queue("hooks", { connection })

const app = express()

app.post("/hooks", express.raw({ type: "application/json" }), async (request, response) => {
  try {
    const signature = String(request.headers["stripe-signature"])
    const event = Stripe.webhooks.constructEvent(request.body, signature, secret, 86_400)
    await queue.add(event.type, event, { jobId: event.id })
    response.status(200).type("text/plain").send("stored")
  } catch {
    response.status(401).type("text/plain").send("unauthorized")
  }
})

const server = app.listen(0, "127.0.0.1", () => announce(server))
