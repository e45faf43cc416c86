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

export const broken = (request: HttpClientRequest, cause: unknown) =>
  new Failure({ reason: new TransportError({ request, cause }) })

export const unreadable = (request: HttpClientRequest, response: HttpClientResponse, failure: BodyFailure) =>
  new Failure({ reason: new DecodeError({ request, response, ...failure }) })
