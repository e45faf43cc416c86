/**
 * The subscriber: someone who wants to know of the mirror's changes, in a process of its own, on a free port.
 *
 * It checks each webhook with the `standardwebhooks` package, takes an event once however often it comes, and now and
 * then is too busy to answer, so that the sender has to try again. `node subscriber/main.ts` prints one line of JSON
 * with its URL, and lives as long as its standard input is open. The secret is read from `SUBSCRIBER_SECRET`;
 * `GET /_subscriber/ledger` tells what came.
 */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { Webhook } from "standardwebhooks"
import * as Ledger from "./Ledger.ts"

const webhook = new Webhook(process.env["SUBSCRIBER_SECRET"] ?? "")
const busyEvery = 12

const ledger = Ledger.make()
const taken = new Set<string>()

const server = http.createServer(async (request, response) => {
  if (request.method === "GET") return void response.end(JSON.stringify(ledger))
  const body = Buffer.concat(await request.toArray())
  response.writeHead(take(request.headers, body)).end()
})

const take = (headers: http.IncomingHttpHeaders, body: Buffer): number => {
  ledger.requests += 1
  if (ledger.requests % busyEvery === 0) return count("busy", 503)
  if (!isGenuine(headers, body)) return count("refused", 401)
  const id = String(headers["webhook-id"])
  if (taken.has(id)) return count("duplicates", 204)
  taken.add(id)
  return count("events", 204)
}

const count = (what: Exclude<keyof Ledger.Ledger, "requests">, status: number): number => {
  ledger[what] += 1
  return status
}

const isGenuine = (headers: http.IncomingHttpHeaders, body: Buffer): boolean => {
  try {
    webhook.verify(body, {
      "webhook-id": String(headers["webhook-id"]),
      "webhook-timestamp": String(headers["webhook-timestamp"]),
      "webhook-signature": String(headers["webhook-signature"])
    })
    return true
  } catch {
    return false
  }
}

server.keepAliveTimeout = 120_000
server.listen(0, "127.0.0.1", () => {
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }))
})

// Ctrl-C reaches every process of the terminal; this one leaves when its parent has closed its standard input.
process.on("SIGINT", () => {})
process.stdin.resume()
process.stdin.on("end", () => process.exit(0))
process.stdin.on("error", () => process.exit(0))
