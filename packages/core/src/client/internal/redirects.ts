/** Decides which redirects are followed, and builds the next request by the rules of fetch. */
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { Redirects } from "../Endpoint.ts"
import type { Trust } from "./addresses.ts"

/** A request of a call, and those before it that were redirected. */
interface Hop {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly visited: ReadonlyArray<string>
}

/** The next request, or why the redirect is not followed; undefined for any other answer. */
export type Redirected =
  | { readonly _tag: "Followed"; readonly hop: Hop }
  | { readonly _tag: "Refused"; readonly why: string }
  | undefined

interface Redirect {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly response: HttpClientResponse
  readonly visited: ReadonlyArray<string>
  readonly mode: Redirects
  readonly trust: Trust
}

const mostRedirects = 10

const redirecting: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** @see https://fetch.spec.whatwg.org/#http-redirect-fetch */
export const redirectOf = (redirect: Redirect): Redirected => {
  const { mode, request, response, visited } = redirect
  if (mode === "none" || !redirecting.has(response.status)) return undefined
  const location = response.headers["location"]
  if (location === undefined) return undefined
  const from = hrefOf(request)
  if (!URL.canParse(location, from)) return refused("its `Location` is not a URL")
  const to = new URL(location, from)
  to.hash = ""
  const problem = problemOf(redirect, new URL(from), to)
  if (problem !== undefined) return refused(problem)
  const hop = { request: requestTo(to, response.status, request), visited: [...visited, keyOf(request.method, from)] }
  return hop.visited.includes(keyOf(hop.request.method, to.href))
    ? refused("it leads to a URL that was requested before")
    : { _tag: "Followed", hop }
}

const refused = (why: string): Redirected => ({ _tag: "Refused", why: `the redirect was not followed: ${why}` })

const keyOf = (method: string, url: string): string => `${method} ${url}`

/** With its query, and without its fragment. */
const hrefOf = (request: HttpClientRequest.HttpClientRequest): string => {
  const url = HttpClientRequest.toUrl(request)
  return url._tag === "Some" ? url.value.href : request.url
}

const problemOf = ({ mode, request, response, trust, visited }: Redirect, from: URL, to: URL): string | undefined => {
  const problem = trust.problemOf(to)
  if (problem !== undefined) return `its URL ${problem}`
  // An unlisted origin must not redirect to an origin that receives credentials.
  const isListed = mode === "listed-origins" && trust.includes(from.href) && trust.includes(to.href)
  if (from.origin !== to.origin && !isListed) return `it leads to another origin, ${to.origin.slice(0, 300)}`
  if (visited.length >= mostRedirects) return `there were ${mostRedirects} before it`
  const isResent = methodOf(response.status, request.method) === request.method
  return isResent && request.body._tag === "Stream" ? "its body is a stream, which can't be sent again" : undefined
}

/** POST becomes GET, as in browsers, unless the status requires the same request. */
const methodOf = (status: number, method: string): string => {
  const becomesGet = status === 303 ? method !== "HEAD" : (status === 301 || status === 302) && method === "POST"
  return becomesGet ? "GET" : method
}

/** The headers of a body go with it, and a condition belongs to the URL that it was made for. */
const bodyHeaders = /^(?:content-.*|transfer-encoding|expect|if-.*)$/

const requestTo = (
  to: URL,
  status: number,
  request: HttpClientRequest.HttpClientRequest
): HttpClientRequest.HttpClientRequest => {
  const moved = HttpClientRequest.setUrl(HttpClientRequest.setUrlParams(request, []), to.href)
  if (methodOf(status, request.method) === request.method) return moved
  const names = Object.keys(request.headers).filter((name) => bodyHeaders.test(name))
  const bare = names.reduce(HttpClientRequest.removeHeader, HttpClientRequest.setMethod(moved, "GET"))
  return HttpClientRequest.setBody(bare, HttpBody.empty)
}
