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

const store = async (body: Buffer, signature: string): Promise<void> => {
  const event = Stripe.webhooks.constructEvent(body, signature, secret, 86_400)
  await queue.add(event.type, event, { jobId: event.id })
}

app.post("/hooks", express.raw({ type: "application/json" }), (request, response) => {
  store(request.body, String(request.headers["stripe-signature"])).then(
    () => response.status(200).type("text/plain").send("stored"),
    () => response.status(401).type("text/plain").send("unauthorized")
  )
})

const server = app.listen(0, "127.0.0.1", () => announce(server))
