/** Signed deliveries in the bytes of HTTP/1.1. */
import { type SignatureScheme, WebhookSigner } from "@causeway/core/webhook"
import { Redacted, Result } from "effect"

export const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

/** A JSON body of about this many bytes, with an id of its own. */
const bodyOf = (size: number, id: string): Buffer => {
  const start = `{"id":"${id}","type":"thing.happened","note":"`
  return Buffer.from(`${start}${"x".repeat(Math.max(size - start.length - 2, 0))}"}`)
}

export const delivery = (scheme: SignatureScheme.SignatureScheme, size: number, id: string): Buffer => {
  const body = bodyOf(size, id)
  const signed = WebhookSigner.sign(scheme, {
    body,
    secret: Redacted.make(secret),
    timestamp: Date.now(),
    id,
    type: "thing.happened"
  })
  const headers = Result.getOrThrow(signed).map((pair) => pair.join(": "))
  const head = [
    "POST /hooks HTTP/1.1",
    "Host: 127.0.0.1",
    "User-Agent: Sender/1.0",
    "Accept: */*",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    ...headers
  ]
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body])
}
