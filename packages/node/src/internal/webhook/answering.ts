import type { WebhookReceiver } from "@causeway/core/webhook"
import type { OutgoingHttpHeaders, ServerResponse } from "node:http"

/** The headers of answers that are given again and again. */
const prepared = new WeakMap<WebhookReceiver.Answer, OutgoingHttpHeaders>()

const headersOf = (answer: WebhookReceiver.Answer): OutgoingHttpHeaders => {
  const known = prepared.get(answer)
  if (known !== undefined) return known
  const length = answer.status === 204 ? undefined : { "content-length": Buffer.byteLength(answer.body) }
  const made = { ...answer.headers, ...length }
  prepared.set(answer, made)
  return made
}

/** Answers, unless somebody else has or the client is gone. */
export const send = (response: ServerResponse, answer: WebhookReceiver.Answer): void => {
  if (response.headersSent || response.destroyed) return
  response.writeHead(answer.status, headersOf(answer))
  response.end(answer.body)
}
