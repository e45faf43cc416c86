import { WebhookReceiver } from "@causeway/core/webhook"
import type { IncomingMessage } from "node:http"

/** What Express and others add to a request. */
interface Framed extends IncomingMessage {
  readonly originalUrl?: unknown
  readonly params?: unknown
  readonly body?: unknown
  readonly rawBody?: unknown
}

export const headOf = (request: IncomingMessage): WebhookReceiver.Head => {
  const { originalUrl, params }: Framed = request
  const path = typeof originalUrl === "string" ? originalUrl : (request.url ?? "/")
  return {
    method: request.method ?? "",
    url: path,
    origin: `${"encrypted" in request.socket ? "https" : "http"}://${authorityOf(request)}`,
    headers: WebhookReceiver.headersOf(request.rawHeaders),
    params: readParams(params)
  }
}

/** HTTP/2 has `:authority` in place of `host`. */
const authorityOf = ({ headers }: IncomingMessage): string => {
  const authority = headers[":authority"]
  return headers.host ?? (typeof authority === "string" ? authority : "localhost")
}

/** What a framework's router has read from the path, where that names a source or a tenant. */
const readParams = (params: unknown): WebhookReceiver.Head["params"] => {
  if (typeof params !== "object" || params === null) return undefined
  const { source, tenant }: { readonly source?: unknown; readonly tenant?: unknown } = params
  const found = {
    source: typeof source === "string" ? source : undefined,
    tenant: typeof tenant === "string" ? tenant : undefined
  }
  return found.source === undefined && found.tenant === undefined ? undefined : found
}

/** The raw bytes, where a framework has read and kept them. */
export const keptBody = (request: IncomingMessage): Buffer | undefined => {
  const { body, rawBody }: Framed = request
  if (Buffer.isBuffer(rawBody)) return rawBody
  return Buffer.isBuffer(body) ? body : undefined
}

/** Whether somebody has begun to read the body. */
export const isRead = (request: IncomingMessage): boolean => request.readableDidRead || request.readableEnded
