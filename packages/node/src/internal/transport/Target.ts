import * as Result from "effect/Result"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Url from "effect/http/Url"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"

/** Where a request goes: `https://api.example` and `/v1/charges?limit=2`. */
export interface Target {
  readonly origin: string
  readonly path: string
}

/** The target of a request; undefined when its URL is none, or not one of HTTP. */
export const of = (request: HttpClientRequest.HttpClientRequest): Target | undefined =>
  plain(request) ?? parsed(request)

/** The target of a URL that has been parsed; undefined when it is not one of HTTP. */
export const fromUrl = (url: URL): Target | undefined =>
  url.protocol === "http:" || url.protocol === "https:"
    ? { origin: url.origin, path: url.pathname + url.search }
    : undefined

const parsed = (request: HttpClientRequest.HttpClientRequest): Target | undefined => {
  const url = Url.make(request.url, request.urlParams, Option.getOrUndefined(request.hash))
  return Result.isSuccess(url) ? fromUrl(url.success) : undefined
}

/** What a URL parser leaves as it is: no character to be escaped, no segment that begins with a dot. */
const plainPath = /^(?:\/(?!\.|%2e)[\w\-.~!$&'()*+,;=:@%]*)+$/i
const plainPathAndQuery = /^(?:\/(?!\.|%2e)[\w\-.~!$&'()*+,;=:@%]*)+(?:\?[\w\-.~!$&()*+,;=:@%/?]+)?$/i

/** Parsing a URL costs more than all else that is done here, and of most URLs only the origin needs it. */
const plain = (request: HttpClientRequest.HttpClientRequest): Target | undefined => {
  const { url, urlParams } = request
  const known = knownOrigin(url)
  if (known === undefined) return undefined
  const path = url.slice(known.text.length)
  if (urlParams.params.length === 0) {
    return plainPathAndQuery.test(path) ? { origin: known.origin, path } : undefined
  }
  return plainPath.test(path) ? { origin: known.origin, path: `${path}?${UrlParams.toString(urlParams)}` } : undefined
}

/** How an origin is written in URLs, and what it is. */
interface Origin {
  readonly text: string
  readonly origin: string
}

const origins = new Map<string, Origin>()
const mostOrigins = 256
let latest: Origin | undefined

const knownOrigin = (url: string): Origin | undefined => {
  if (latest !== undefined && url.startsWith("/", latest.text.length) && url.startsWith(latest.text)) return latest
  const end = url.indexOf("/", "https://".length)
  if (end === -1) return undefined
  const text = url.slice(0, end)
  const known = origins.get(text) ?? readOrigin(text)
  if (known !== undefined) latest = known
  return known
}

const readOrigin = (text: string): Origin | undefined => {
  const url = /^https?:\/\/[^/\\?#@\s]+$/i.test(text) ? URL.parse(text) : null
  if (url === null) return undefined
  if (origins.size >= mostOrigins) origins.clear()
  const origin = { text, origin: url.origin }
  origins.set(text, origin)
  return origin
}
