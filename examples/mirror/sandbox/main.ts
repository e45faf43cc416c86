/**
 * The sandbox: GitHub's part of the demonstration, in a process of its own, on a free port of 127.0.0.1.
 *
 * `node sandbox/main.ts [--seed N] [--no-faults] [--plant-imbalance]` prints one line of JSON with its URL, and lives
 * as long as its standard input is open. The token that it accepts is read from `SANDBOX_TOKEN`.
 *
 * Beside GitHub's paths it has two of its own: `POST /_sandbox/deliver` with `{ "url", "secret" }` sends the webhooks,
 * and `GET /_sandbox/ledger` tells what was done so far.
 */
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import { parseArgs } from "node:util"
import * as Deliveries from "./Deliveries.ts"
import * as Faults from "./Faults.ts"
import * as Ledger from "./Ledger.ts"
import * as Payloads from "./Payloads.ts"
import * as Resources from "./Resources.ts"
import * as Rest from "./Rest.ts"
import * as Seed from "./Seed.ts"

const { values: flags } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    "no-faults": { type: "boolean", default: false },
    "plant-imbalance": { type: "boolean", default: false }
  }
})

const seed = Number(flags.seed)
const chance = Seed.draws(seed)
const payloads = Payloads.load()
const faults = flags["no-faults"] ? Faults.none() : Faults.draw(chance)
const resources = Resources.gather(payloads)
const ledger = Ledger.make(seed, faults.begun, resources.lists)
const quota = new Rest.Quota()
const github = { resources, token: process.env["SANDBOX_TOKEN"] ?? "", quota }

const server = http.createServer((request, response) => {
  const url = new URL(request.url ?? "/", `http://${request.headers.host}`)
  if (url.pathname.startsWith("/_sandbox/")) return void control(url, request, response)
  ledger.rest.requests += 1
  meetFate(faults.next(Date.now()), { method: request.method ?? "GET", url, headers: request.headers }, response)
})

/** Longer than a run, so that no idle connection is closed just when the client picks it up. */
server.keepAliveTimeout = 120_000

const meetFate = (fate: Faults.Fate, request: Rest.Request, response: http.ServerResponse): void => {
  const now = Date.now()
  switch (fate._tag) {
    case "Answered":
      return write(response, Rest.answer(github, request, now))
    case "Unavailable":
      return write(response, Rest.unavailable())
    case "Reset":
      return void response.socket?.resetAndDestroy()
    case "Slow":
      return void setTimeout(() => write(response, Rest.answer(github, request, now)), Faults.slowMillis).unref()
    case "Truncated":
      return truncate(response, Rest.answer(github, request, now))
    case "PrimaryLimit":
      return write(response, Rest.primaryLimit(quota, fate.until / 1_000))
    case "SecondaryLimit":
      return write(response, Rest.secondaryLimit(quota, Math.ceil((fate.until - now) / 1_000), now))
  }
}

const write = (response: http.ServerResponse, { body, headers, status }: Rest.Answer): void => {
  if (response.destroyed) return
  Ledger.countStatus(ledger.rest.byStatus, status)
  response.writeHead(status, headers).end(body)
}

/** Promises the whole body, sends half of it, and hangs up. */
const truncate = (response: http.ServerResponse, { body, headers, status }: Rest.Answer): void => {
  Ledger.countStatus(ledger.rest.byStatus, status)
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) })
  response.write(body.slice(0, body.length / 2), () => response.destroy())
}

const control = async (url: URL, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
  if (request.method === "GET" && url.pathname === "/_sandbox/ledger") return writeJson(response, 200, told())
  if (request.method !== "POST" || url.pathname !== "/_sandbox/deliver") return writeJson(response, 404, {})
  if (ledger.deliveries.state !== "idle") return writeJson(response, 409, { message: "already sending" })
  const { secret, url: target } = await readTarget(request)
  void Deliveries.send(Deliveries.plan(payloads, secret, chance), target, ledger)
  writeJson(response, 202, {})
}

const readTarget = async (request: http.IncomingMessage): Promise<Deliveries.Target> => {
  const chunks = await request.toArray()
  // Only the demonstration asks, and it asks with these two fields.
  return JSON.parse(Buffer.concat(chunks).toString()) as Deliveries.Target
}

/** The ledger as it is told: with a planted imbalance it claims one event more than were sent. */
const told = (): Ledger.Ledger => {
  ledger.rest.faultsLeft = faults.left()
  if (!flags["plant-imbalance"]) return ledger
  return { ...ledger, deliveries: { ...ledger.deliveries, events: ledger.deliveries.events + 1 } }
}

const writeJson = (response: http.ServerResponse, status: number, value: unknown): void =>
  void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value))

server.listen(0, "127.0.0.1", () => {
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, seed }))
})

// Ctrl-C reaches every process of the terminal; this one leaves when its parent has closed its standard input.
process.on("SIGINT", () => {})
process.stdin.resume()
process.stdin.on("end", () => process.exit(0))
process.stdin.on("error", () => process.exit(0))
