/** The floor: `node:http` and an HMAC with a cached key, nothing else; or the body parsed as well, for its id and type. */
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"
import { secret } from "./deliveries.ts"
import { announce } from "./program.ts"

const key = createSecretKey(Buffer.from(secret))
const parses = process.argv[2] === "parse"
const answers = { stored: "stored", refused: "unauthorized" }

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk))
  request.on("end", () => {
    const bytes = Buffer.concat(chunks)
    const made = createHmac("sha256", key).update(bytes).digest()
    const claimed = Buffer.from(String(request.headers["x-hub-signature-256"]).slice("sha256=".length), "hex")
    const isSigned = claimed.length === made.length && timingSafeEqual(made, claimed)
    const event: unknown = isSigned && parses ? JSON.parse(bytes.toString()) : {}
    const body = isSigned && event !== null ? answers.stored : answers.refused
    const headers = { "content-type": "text/plain; charset=utf-8", "content-length": body.length }
    response.writeHead(isSigned ? 200 : 401, headers)
    response.end(body)
  })
})

server.listen(0, "127.0.0.1", () => announce(server))
