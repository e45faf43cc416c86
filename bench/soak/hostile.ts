/**
 * Attacks a receiver as strangers on the internet would, in all ways at once, while honest providers deliver:
 * `node bench/soak/hostile.ts [--minutes 10] [--seconds 15] [--patience 3000]`. Ends with 1 when the heap of the receiver has grown, or an honest
 * delivery was not answered in time.
 */
import { SignatureScheme, WebhookSigner } from "@causeway/core/webhook"
import { Result } from "effect"
import { fork } from "node:child_process"
import { sign } from "node:crypto"
import { once } from "node:events"
import { Agent, request as requestHttp } from "node:http"
import { connect, type Socket } from "node:net"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { certificateKey } from "../../packages/providers/test/certificate.ts"
import { median } from "../measure.ts"
import { certificateUrl, secret, topic } from "./hostileSecrets.ts"

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seconds: { type: "string" },
    /** The longest that an honest provider waits here, in milliseconds; the strictest wait 3 seconds. */
    patience: { type: "string", default: "3000" }
  }
})
const seconds = values.seconds === undefined ? Number(values.minutes) * 60 : Number(values.seconds)
if (!(seconds >= 5)) throw new Error("--minutes or --seconds must come to at least 5 seconds")

const patience = Number(values.patience)
if (!(patience > 0)) throw new Error("--patience must be a number of milliseconds above 0")
const looks = 20

const child = fork(fileURLToPath(new URL("receiver.ts", import.meta.url)), { execArgv: ["--expose-gc"] })
// The receiver says its ports once.
const [{ port, stalledPort }] = (await once(child, "message")) as [
  { readonly port: number; readonly stalledPort: number }
]

const say = (line: string) => process.stdout.write(`${line}\n`)
const sleep = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis))
const began = performance.now()
const isOver = () => performance.now() - began > seconds * 1000
const until = async (millis: number, attack: () => Promise<unknown> | void) => {
  while (!isOver()) {
    await attack()
    await sleep(millis)
  }
}

/** Honest providers and strangers use separate connections. */
const honestAgent = new Agent({ keepAlive: true, maxSockets: 32 })
const strangeAgent = new Agent({ keepAlive: true, maxSockets: 256 })

interface Sent {
  readonly path: string
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: Uint8Array
}

/** The status of the response, or 0 without a response. */
const post = ({ body, headers, path }: Sent, agent = strangeAgent, to = port): Promise<number> =>
  new Promise((resolve) => {
    const request = requestHttp(
      { host: "127.0.0.1", port: to, path, method: "POST", headers: Object.fromEntries(headers), agent },
      (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0))
      }
    )
    request.on("error", () => resolve(0))
    request.end(body)
  })

let events = 0

const signed = (size: number): Sent => {
  const id = `msg_${(events += 1)}`
  const body = new TextEncoder().encode(JSON.stringify({ type: "invoice.paid", padding: "x".repeat(size) }))
  const options = { id, body, secret, timestamp: Date.now() }
  const headers = Result.getOrThrow(WebhookSigner.sign(SignatureScheme.standardWebhooks, options))
  return { path: "/hooks/acme", headers, body }
}

const snsMessage = (url: string, arn: string): Sent => {
  const fields = {
    Message: "hello",
    MessageId: `m_${(events += 1)}`,
    Timestamp: new Date().toISOString(),
    TopicArn: arn,
    Type: "Notification"
  }
  const content = Object.entries(fields)
    .map(([name, value]) => `${name}\n${value}\n`)
    .join("")
  const Signature = sign("sha256", Buffer.from(content), certificateKey).toString("base64")
  const body = JSON.stringify({ ...fields, SignatureVersion: "2", Signature, SigningCertURL: url })
  return { path: "/hooks/orders", headers: [["content-type", "text/plain"]], body: Buffer.from(body) }
}

// -----------------------------------------------------------------------------------------------------------------
// honest deliveries

const honest = { answered: 0, refused: 0, late: 0, slowest: 0 }

const deliver = async (sent: Sent) => {
  const at = performance.now()
  const status = await post(sent, honestAgent)
  const millis = performance.now() - at
  honest.slowest = Math.max(honest.slowest, millis)
  if (status === 200) honest.answered += 1
  else honest.refused += 1
  if (millis > patience) honest.late += 1
}

const honestProviders = [
  until(50, () => deliver(signed(1000))),
  until(100, () => deliver(snsMessage(certificateUrl, topic)))
]

// -----------------------------------------------------------------------------------------------------------------
// strangers

const raw = (to: number, text: string): Socket => {
  const socket = connect(to, "127.0.0.1")
  socket.on("error", () => {})
  socket.resume()
  socket.write(Buffer.from(text, "latin1"))
  return socket
}

const ended = (socket: Socket): Promise<unknown> =>
  socket.destroyed ? Promise.resolve() : once(socket, "close").catch(() => undefined)

const crumbs = Buffer.from("1\r\na\r\n".repeat(2_000))

/** Bodies in chunks of one byte that never end. */
const inCrumbs = async () => {
  const socket = raw(port, "POST /hooks/acme HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
  while (!socket.destroyed && !isOver()) {
    if (!socket.write(crumbs)) await Promise.race([once(socket, "drain"), ended(socket)]).catch(() => undefined)
    await sleep(100)
  }
  socket.destroy()
}

/** Heads that are slow to check, pipelined. */
const oddHeads = async () => {
  const head = `POST /hooks/acme HTTP/1.1\r\nHost: a\r\nContent-Encoding: ${"\xa0".repeat(7_000)}!\r\nContent-Length: 2\r\n\r\n{}`
  const socket = raw(port, head.repeat(20))
  await Promise.race([ended(socket), sleep(500)])
  socket.destroy()
}

/** Connections without a request, with half a head and with half a body. */
const halves = async () => {
  const starts = [
    "",
    "POST /hooks/acme HTTP/1.1\r\nHost: a\r\n",
    "POST /hooks/acme HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc"
  ]
  const sockets = starts.map((text) => raw(port, text))
  await sleep(3000)
  for (const socket of sockets) socket.destroy()
}

let invented = 0

/** Certificates that are nowhere, for the topic that is allowed. */
const certificates = () => {
  const url = `https://sns.us-east-1.amazonaws.com/SimpleNotificationService-${(invented += 1)}.pem`
  void post(snsMessage(url, topic))
}

const forged = () => post({ ...signed(100), body: Buffer.from(`{"type":"invoice.paid","forged":${(invented += 1)}}`) })

/** Genuine deliveries of 256 KiB to a receiver whose database does not answer. */
const toStalled = () => {
  void post({ ...signed(256 * 1024), path: "/" }, strangeAgent, stalledPort)
}

const attacks = [
  ...Array.from({ length: 10 }, () => until(10, inCrumbs)),
  until(100, oddHeads),
  ...Array.from({ length: 5 }, () => until(10, halves)),
  until(5, certificates),
  until(2, forged),
  until(50, toStalled)
]

// -----------------------------------------------------------------------------------------------------------------
// the heap

const heaps: Array<number> = []

const look = async () => {
  child.send("heap")
  // The receiver answers each question so.
  const [{ heap, rss }] = (await once(child, "message")) as [{ readonly heap: number; readonly rss: number }]
  heaps.push(heap)
  const elapsed = ((performance.now() - began) / 1000).toFixed(0)
  const { answered, late, refused, slowest } = honest
  say(
    `${elapsed.padStart(5)} s  heap and buffers ${heap.toFixed(1).padStart(6)} MB  rss ${rss.toFixed(0)} MB  honest: ${answered} answered, ${refused} not, ${late} late, slowest ${slowest.toFixed(0)} ms`
  )
}

await Promise.all([...honestProviders, ...attacks, until((seconds * 1000) / looks, look)])
honestAgent.destroy()
strangeAgent.destroy()
child.disconnect()

/** The first looks see code being compiled: the third fifth is compared with the last one. */
const fifth = Math.floor(heaps.length / 5)
const before = median(heaps.slice(fifth * 2, fifth * 3))
const after = median(heaps.slice(-fifth))
const isFlat = after <= before * 1.2 + 16
const isServed = honest.answered > 0 && honest.refused === 0 && honest.late === 0
say(
  `${isFlat ? "flat" : "GROWN"}: ${before.toFixed(1)} MB in the middle, ${after.toFixed(1)} MB at the end; ${isServed ? "served" : "FAILED"}: ${honest.answered} honest deliveries answered, ${honest.refused} refused, ${honest.late} later than ${patience} ms, the slowest in ${honest.slowest.toFixed(0)} ms`
)
process.exit(isFlat && isServed ? 0 : 1)
