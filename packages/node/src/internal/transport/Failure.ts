/** Converts undici's errors to Effect's, with the progress of the request. */
import { Exchange } from "@causeway/core/policy"
import * as HttpClientError from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"

const { DecodeError, EncodeError, HttpClientError: Failure, InvalidUrlError, TransportError } = HttpClientError

/** Why a body could not be read: what undici said, or what was wrong with the reading. */
export interface BodyFailure {
  readonly cause?: unknown
  readonly description?: string
}

/** The error of a URL parser holds the URL, secrets in its query included: it goes no further. */
export const invalidUrl = (request: HttpClientRequest) =>
  new Failure({ reason: new InvalidUrlError({ request, description: "not a URL that begins with http: or https:" }) })

export const notSent = (request: HttpClientRequest, cause: unknown) =>
  new Failure({ reason: new EncodeError({ request, cause }) })

/** Without `progress`, the code of `cause` decides. */
export const broken = (request: HttpClientRequest, cause: unknown, progress: Exchange.Progress | undefined) => {
  const reason = new TransportError({ request, cause: byProxy(cause) ?? cause })
  if (progress !== undefined) Object.defineProperty(reason, Exchange.ProgressTypeId, { value: progress })
  return new Failure({ reason })
}

/** A proxy that answers instead of the server: undici reports it in its messages only. */
const byProxy = (cause: unknown): Error | undefined => {
  const message = cause instanceof Error ? cause.message : ""
  const status = /^Proxy (?:response|Authentication Required) \((\d{3})\)/.exec(message)?.[1]
  if (status === undefined) return undefined
  const code = Number(status) >= 500 || status === "429" ? "ERR_PROXY_UNAVAILABLE" : "ERR_PROXY_REJECTED"
  return Object.assign(new Error(`the proxy answered with the status ${status}`, { cause }), { code })
}

/** Whether the error is a proxy's answer, so that nothing reached the server. */
export const isByProxy = (cause: unknown): boolean => byProxy(cause) !== undefined

export const unreadable = (request: HttpClientRequest, response: HttpClientResponse, failure: BodyFailure) =>
  new Failure({ reason: new DecodeError({ request, response, ...failure }) })
