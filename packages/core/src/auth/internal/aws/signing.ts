import { Redacted } from "effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as UrlParams from "effect/http/UrlParams"
import type { KeyObject } from "node:crypto"
import { bodyOf, refuse, sendable, urlOf } from "../signing/outgoing.ts"
import {
  type CanonicalHeaders,
  canonicalHeaders,
  canonicalPath,
  canonicalQuery,
  canonicalRequest,
  encodedPairs,
  joined,
  type Pairs,
  type PathRules
} from "./canonical.ts"
import { chunksWithTrailer, signedChunks, signedLength, trailedLength, trailerName } from "./chunks.ts"
import { algorithm, hashOfNothing, hmac, type Scope, scopeAt, sha256, stringToSign } from "./scope.ts"
import type { SigningKeys } from "./SigningKeys.ts"

type Request = HttpClientRequest.HttpClientRequest

/** What identifies us to the service. */
export interface KeyPair {
  readonly accessKeyId: string
  readonly secretAccessKey: Redacted.Redacted<string>
  readonly sessionToken: Redacted.Redacted<string> | undefined
}

export type Payload = "signed" | "unsigned" | "chunked" | "unsignedChunked"

/** For what requests are signed. */
export interface Target {
  readonly region: string
  readonly service: string
  readonly payloadOf: (request: Request) => Payload
  readonly paths: PathRules
  readonly unsignedHeaders: ReadonlySet<string>
  readonly keys: SigningKeys
}

/** A signed request, and its signature, which is nobody else's business. */
export interface Signed {
  readonly request: Request
  readonly signature: Redacted.Redacted<string>
}

/** Headers that a proxy or a client may change on the way. */
const neverSigned: ReadonlySet<string> = new Set([
  "authorization",
  "cache-control",
  "connection",
  "expect",
  "from",
  "keep-alive",
  "max-forwards",
  "pragma",
  "referer",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "user-agent",
  "x-amzn-trace-id",
  "traceparent",
  "tracestate",
  "b3"
])

/** Signs in headers. */
export const signHeaders = (given: Request, target: Target, pair: KeyPair, millis: number): Signed => {
  const url = urlOf(given)
  const query = encodedPairs(url.searchParams)
  const scope = scopeAt(millis, target.region, target.service)
  const payload = effectivePayload(given, target)
  const request = HttpClientRequest.setHeaders(withPlainQuery(withChunkHeaders(given, payload), url, query), {
    "x-amz-date": scope.time,
    "x-amz-content-sha256": hashOf(given, payload),
    ...(pair.sessionToken !== undefined && { "x-amz-security-token": Redacted.value(pair.sessionToken) })
  })
  const headers = canonicalHeaders(headersOf(request, url, target))
  const key = target.keys.of(Redacted.value(pair.secretAccessKey), scope.day, target.region, target.service)
  const signature = signatureOf(request, url, query, headers, target, scope, key)
  const authorization = `${algorithm} Credential=${pair.accessKeyId}/${scope.text}, SignedHeaders=${headers.signed}, Signature=${signature}`
  return {
    request: inChunks(
      HttpClientRequest.setHeader(request, "authorization", authorization),
      payload,
      scope,
      key,
      signature
    ),
    signature: Redacted.make(signature)
  }
}

/** Signs in the query, for somebody else to send. */
export const signUrl = (
  given: Request,
  target: Target,
  pair: KeyPair,
  millis: number,
  expiresSeconds: number
): string => {
  const url = urlOf(given)
  const scope = scopeAt(millis, target.region, target.service)
  const payloadHash = target.paths.decodeFirst ? "UNSIGNED-PAYLOAD" : hashOf(given, "signed")
  const all = headersOf(given, url, target)
  const isOfAmazon = (name: string) => name.startsWith("x-amz-")
  const headers = canonicalHeaders(filtered(all, (name) => !isOfAmazon(name)))
  const query = encodedPairs([
    ...url.searchParams,
    ...Object.entries(filtered(all, isOfAmazon)),
    ["X-Amz-Algorithm", algorithm],
    ["X-Amz-Credential", `${pair.accessKeyId}/${scope.text}`],
    ["X-Amz-Date", scope.time],
    ["X-Amz-Expires", String(expiresSeconds)],
    ...(pair.sessionToken === undefined ? [] : [["X-Amz-Security-Token", Redacted.value(pair.sessionToken)] as const]),
    ["X-Amz-SignedHeaders", headers.signed]
  ])
  const key = target.keys.of(Redacted.value(pair.secretAccessKey), scope.day, target.region, target.service)
  const path = canonicalPath(url.pathname, target.paths)
  const canonical = { method: given.method, path, query: canonicalQuery(query), headers, payloadHash }
  const signature = hmac(key, stringToSign(scope, canonicalRequest(canonical)))
  return `${url.origin}${url.pathname}?${joined(query)}&X-Amz-Signature=${signature}`
}

const signatureOf = (
  request: Request,
  url: URL,
  query: Pairs,
  headers: CanonicalHeaders,
  target: Target,
  scope: Scope,
  key: KeyObject
): string =>
  hmac(
    key,
    stringToSign(
      scope,
      canonicalRequest({
        method: request.method,
        path: canonicalPath(url.pathname, target.paths),
        query: canonicalQuery(query),
        headers,
        payloadHash: request.headers["x-amz-content-sha256"] ?? hashOfNothing
      })
    )
  )

/** What a form would encode otherwise is sent as it is signed: a space is `%20`. */
const withPlainQuery = (request: Request, url: URL, query: Pairs): Request => {
  const plain = joined(query)
  if (url.search === (plain === "" ? "" : `?${plain}`)) return request
  const { body, hash, headers, method } = request
  const sent = `${url.origin}${url.pathname}${plain === "" ? "" : `?${plain}`}`
  return HttpClientRequest.makeWith(method, sent, UrlParams.empty, hash, headers, body)
}

const headersOf = (request: Request, url: URL, target: Target): Record<string, string> => {
  const signed: Record<string, string> = { host: url.host }
  for (const [name, value] of Object.entries(request.headers)) {
    if (isSigned(name, target)) signed[name] = sendable(name, value)
  }
  return signed
}

const isSigned = (name: string, { unsignedHeaders }: Target): boolean =>
  !neverSigned.has(name) && !unsignedHeaders.has(name) && !/^(?:proxy|sec)-/.test(name)

const filtered = (
  headers: Readonly<Record<string, string>>,
  keeps: (name: string) => boolean
): Record<string, string> => Object.fromEntries(Object.entries(headers).filter(([name]) => keeps(name)))

/** Only what is streamed is sent in chunks. */
const effectivePayload = (request: Request, target: Target): Payload => {
  const payload = target.payloadOf(request)
  const isChunked = payload === "chunked" || payload === "unsignedChunked"
  return isChunked && request.body._tag !== "Stream" ? "signed" : payload
}

const hashes = {
  unsigned: "UNSIGNED-PAYLOAD",
  chunked: "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
  unsignedChunked: "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
} as const

const hashOf = (request: Request, payload: Payload): string => {
  if (payload !== "signed") return hashes[payload]
  const body = bodyOf(request, 'set payload to "chunked" or "unsigned"')
  return body === "" ? hashOfNothing : sha256(body)
}

const withChunkHeaders = (request: Request, payload: Payload): Request => {
  if (payload !== "chunked" && payload !== "unsignedChunked") return request
  const bytes = lengthOf(request)
  const encoding = request.headers["content-encoding"]
  const length = payload === "chunked" ? signedLength(bytes) : trailedLength(bytes)
  return HttpClientRequest.setHeaders(request, {
    "content-encoding": encoding === undefined ? "aws-chunked" : `aws-chunked,${encoding}`,
    "content-length": String(length),
    "x-amz-decoded-content-length": String(bytes),
    ...(payload === "unsignedChunked" && { "x-amz-trailer": trailerName })
  })
}

const lengthOf = ({ body, headers }: Request): number => {
  const known = body._tag === "Stream" ? body.contentLength : undefined
  const length = known ?? Number(headers["content-length"] ?? Number.NaN)
  return Number.isSafeInteger(length) && length >= 0
    ? length
    : refuse("body", "is a stream of unknown length: give its contentLength, which chunks need")
}

const inChunks = (request: Request, payload: Payload, scope: Scope, key: KeyObject, seed: string): Request => {
  const { body } = request
  if (body._tag !== "Stream" || (payload !== "chunked" && payload !== "unsignedChunked")) return request
  const stream = payload === "chunked" ? signedChunks(body.stream, scope, key, seed) : chunksWithTrailer(body.stream)
  return HttpClientRequest.setBody(
    request,
    HttpBody.stream(stream, body.contentType, Number(request.headers["content-length"]))
  )
}
