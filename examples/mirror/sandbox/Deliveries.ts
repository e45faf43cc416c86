/**
 * Webhooks as GitHub sends them: every payload, some of them twice, and a few that a receiver must refuse.
 */
import { createHmac } from "node:crypto"
import * as http from "node:http"
import type { Flaw, Ledger } from "./Ledger.ts"
import { countStatus } from "./Ledger.ts"
import type { Payload } from "./Payloads.ts"
import type { Draw } from "./Seed.ts"
import { between, shuffled } from "./Seed.ts"

/** Where the deliveries go, and the secret that both sides know. */
export interface Target {
  readonly url: string
  readonly secret: string
}

/** One delivery, ready to be sent. */
export interface Delivery {
  readonly kind: "event" | "duplicate" | Flaw
  readonly headers: http.OutgoingHttpHeaders
  readonly body: Buffer
}

/** One in so many events is sent twice. */
const duplicateEvery = 8
const inFlight = 8
const attemptsAtMost = 4
const answerMillis = 10_000
/** The padded body of the delivery that is too large, in bytes: more than the 25 MB that GitHub sends at most. */
const oversizedBytes = 26 * 1024 * 1024

/** All deliveries in the order of their sending. */
export const plan = (payloads: ReadonlyArray<Payload>, secret: string, chance: Draw): ReadonlyArray<Delivery> => {
  const events = shuffled(chance, payloads).map((payload) => signed(payload, secret, chance))
  const duplicates = events.filter((_, at) => at % duplicateEvery === 0).map(twice)
  return scattered(events, [...duplicates, ...flawed(payloads, secret, chance)], chance)
}

const signed = (payload: Payload, secret: string, chance: Draw): Delivery => {
  const body = Buffer.from(JSON.stringify(payload.body))
  return { kind: "event", headers: { ...headersOf(payload.event, chance), ...signatures(secret, body) }, body }
}

const twice = (delivery: Delivery): Delivery => ({ ...delivery, kind: "duplicate" })

/** One delivery of each flaw. */
const flawed = (payloads: ReadonlyArray<Payload>, secret: string, chance: Draw): ReadonlyArray<Delivery> => {
  const spoil = [forged, unsigned, tampered, (delivery: Delivery) => oversized(delivery, secret)]
  return shuffled(chance, payloads).flatMap((payload, at) => spoil[at]?.(signed(payload, secret, chance)) ?? [])
}

const forged = ({ body, headers }: Delivery): Delivery => ({
  kind: "forged",
  headers: { ...headers, ...signatures("a guess at the secret", body) },
  body
})

const unsigned = ({ body, headers }: Delivery): Delivery => {
  const { "X-Hub-Signature": _sha1, "X-Hub-Signature-256": _sha256, ...rest } = headers
  return { kind: "unsigned", headers: rest, body }
}

const tampered = ({ body, headers }: Delivery): Delivery => ({
  kind: "tampered",
  headers,
  body: Buffer.concat([Buffer.from(`{"tampered":true,`), body.subarray(1)])
})

/** White space is all that is added: the signature is right and the JSON is good, there is only too much of it. */
const oversized = ({ body, headers }: Delivery, secret: string): Delivery => {
  const padded = Buffer.concat([body, Buffer.alloc(oversizedBytes - body.length, " ")])
  return { kind: "oversized", headers: { ...headers, ...signatures(secret, padded) }, body: padded }
}

const headersOf = (event: string, chance: Draw): http.OutgoingHttpHeaders => ({
  Accept: "*/*",
  "Content-Type": "application/json",
  "User-Agent": "GitHub-Hookshot/044aadd",
  "X-GitHub-Delivery": guid(chance),
  "X-GitHub-Event": event,
  "X-GitHub-Hook-ID": "109948940",
  "X-GitHub-Hook-Installation-Target-ID": "186853002",
  "X-GitHub-Hook-Installation-Target-Type": "repository"
})

const guid = (chance: Draw) =>
  "xxxxxxxx-xxxx-11ef-xxxx-xxxxxxxxxxxx".replace(/x/g, () => between(chance, 0, 15).toString(16))

const signatures = (secret: string, body: Buffer) => ({
  "X-Hub-Signature": `sha1=${createHmac("sha1", secret).update(body).digest("hex")}`,
  "X-Hub-Signature-256": `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`
})

/** Puts each of the others at some place; a duplicate comes after its event. */
const scattered = (deliveries: ReadonlyArray<Delivery>, others: ReadonlyArray<Delivery>, chance: Draw) => {
  const all = [...deliveries]
  for (const other of others) {
    const after = Math.max(all.findIndex(({ headers }) => sameGuid(headers, other.headers)) + 1, 0)
    all.splice(between(chance, after, all.length), 0, other)
  }
  return all
}

const sameGuid = (left: http.OutgoingHttpHeaders, right: http.OutgoingHttpHeaders) =>
  left["X-GitHub-Delivery"] === right["X-GitHub-Delivery"]

/** Sends everything, a few at a time, and tells the ledger. */
export const send = async (deliveries: ReadonlyArray<Delivery>, url: string, ledger: Ledger): Promise<void> => {
  const waiting = deliveries.values()
  const worker = async () => {
    for (const delivery of waiting) await deliver(delivery, url, ledger)
  }
  ledger.deliveries.state = "sending"
  await Promise.all(Array.from({ length: inFlight }, worker))
  ledger.deliveries.state = "done"
}

const deliver = async (delivery: Delivery, url: string, ledger: Ledger): Promise<void> => {
  const { deliveries } = ledger
  if (delivery.kind === "event") deliveries.events += 1
  else if (delivery.kind === "duplicate") deliveries.duplicates += 1
  else return deliverFlawed(delivery.kind, delivery, url, ledger)
  const started = performance.now()
  const acknowledged = await untilAcknowledged(delivery, url, ledger)
  if (acknowledged) deliveries.millis.push(performance.now() - started)
  else deliveries.lost += 1
}

const deliverFlawed = async (flaw: Flaw, delivery: Delivery, url: string, { deliveries }: Ledger): Promise<void> => {
  deliveries.flawed[flaw] += 1
  const status = await post(url, delivery)
  if (status !== undefined) countStatus(deliveries.byStatus, status)
}

const untilAcknowledged = async (delivery: Delivery, url: string, { deliveries }: Ledger): Promise<boolean> => {
  for (let attempt = 1; attempt <= attemptsAtMost; attempt++) {
    if (attempt > 1) await pause(100 * 2 ** attempt)
    deliveries.attempts += 1
    deliveries.retries += attempt === 1 ? 0 : 1
    const status = await post(url, delivery)
    if (status !== undefined) countStatus(deliveries.byStatus, status)
    if (status !== undefined && status < 300) return (deliveries.acknowledged += 1) > 0
  }
  return false
}

const pause = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis))

/** Posts once, on a connection of its own; `undefined` when no answer came. */
const post = (url: string, { body, headers }: Delivery): Promise<number | undefined> =>
  new Promise((resolve) => {
    const request = http.request(url, {
      method: "POST",
      agent: false,
      headers: { ...headers, "Content-Length": body.length },
      timeout: answerMillis
    })
    request.on("response", (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on("timeout", () => request.destroy())
    request.on("error", () => resolve(undefined))
    request.end(body)
  })
