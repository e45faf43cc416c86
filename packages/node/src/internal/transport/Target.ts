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

/** Parsing a URL costs more than all else that is done here, and most URLs need none beyond their origin. */
const plain = (request: HttpClientRequest.HttpClientRequest): Target | undefined => {
  const { url, urlParams } = request
  const end = url.indexOf("/", 8)
  if (end === -1) return undefined
  const path = url.slice(end)
  const hasParams = urlParams.params.length > 0
  if (!(hasParams ? plainPath : plainPathAndQuery).test(path)) return undefined
  const origin = originOf(url.slice(0, end))
  if (origin === undefined) return undefined
  return { origin, path: hasParams ? `${path}?${UrlParams.toString(urlParams)}` : path }
}

const origins = new Map<string, string>()
const mostOrigins = 256

const originOf = (text: string): string | undefined => {
  const known = origins.get(text)
  if (known !== undefined) return known
  const origin = parseOrigin(text)
  if (origin === undefined) return undefined
  if (origins.size >= mostOrigins) origins.clear()
  origins.set(text, origin)
  return origin
}

const parseOrigin = (text: string): string | undefined => {
  const url = /^https?:\/\/[^/\\?#@\s]+$/i.test(text) ? URL.parse(text) : null
  return url === null ? undefined : url.origin
}
