/**
 * GitHub's REST API over the gathered resources: pages with Link headers, rate headers, and GitHub's refusals.
 *
 * A pure function of the request and the quota; the server around it is in `main.ts`.
 */
import { createHash, randomUUID } from "node:crypto"
import type { Resource, Resources } from "./Resources.ts"
import { pathById } from "./Resources.ts"

/** What of a request matters. Header names are in lower case. */
export interface Request {
  readonly method: string
  readonly url: URL
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
}

export interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string }
  readonly body: string
}

/** The requests that one token may make in an hour. */
export class Quota {
  readonly limit = 5_000
  private used = 0

  /** Counts one request and tells the rate headers after it. */
  spend(now: number): Answer["headers"] {
    this.used += 1
    return this.headers(this.limit - this.used, Math.ceil(now / 3_600_000) * 3_600)
  }

  /** The rate headers of a token that has nothing left until `reset`, in seconds since 1970. */
  exhausted(reset: number): Answer["headers"] {
    return this.headers(0, reset)
  }

  private headers(remaining: number, reset: number): Answer["headers"] {
    return {
      "x-ratelimit-limit": String(this.limit),
      "x-ratelimit-remaining": String(remaining),
      "x-ratelimit-used": String(this.limit - remaining),
      "x-ratelimit-reset": String(reset),
      "x-ratelimit-resource": "core"
    }
  }
}

export interface Options {
  readonly resources: Resources
  readonly token: string
  readonly quota: Quota
}

/** Answers a request as GitHub would on a good day. */
export const answer = (options: Options, request: Request, now: number): Answer => {
  if (request.headers["user-agent"] === undefined) return withoutUserAgent
  if (request.headers["authorization"] !== `Bearer ${options.token}`) return refusal(401, "Bad credentials")
  if (request.method !== "GET") return refusal(404, "Not Found")
  const found = find(options.resources, request.url)
  return withRateHeaders(notModified(request, found), options.quota.spend(now))
}

/** Out of quota until `reset`, in seconds since 1970. */
export const primaryLimit = (quota: Quota, reset: number): Answer =>
  withRateHeaders(refusal(403, "API rate limit exceeded for user ID 1."), quota.exhausted(reset))

/** Too much at once, whatever the quota says: come back in `retryAfter` seconds. */
export const secondaryLimit = (quota: Quota, retryAfter: number, now: number): Answer => {
  const refused = refusal(
    403,
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
  )
  return withRateHeaders(refused, { ...quota.spend(now), "retry-after": String(retryAfter) })
}

/** GitHub's own trouble. */
export const unavailable = (): Answer => refusal(503, "No server is currently available to service your request.")

const refusal = (status: number, message: string): Answer =>
  json(status, { message, documentation_url: "https://docs.github.com/rest", status: String(status) })

const withoutUserAgent: Answer = {
  status: 403,
  headers: { "content-type": "text/html", "x-github-request-id": "0" },
  body: "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."
}

const find = ({ lists, objects }: Resources, url: URL): Answer => {
  const path = decodeURIComponent(url.pathname)
  const object = objects.get(path)
  if (object !== undefined) return json(200, object)
  const list = lists.get(path)
  return list === undefined ? refusal(404, "Not Found") : page(selected(list, url), url, objects)
}

const selected = (list: ReadonlyArray<Resource>, url: URL) => {
  if (!url.pathname.endsWith("/issues")) return list
  const state = url.searchParams.get("state") ?? "open"
  const since = url.searchParams.get("since") ?? ""
  return list.filter((issue) => (state === "all" || issue["state"] === state) && String(issue["updated_at"]) >= since)
}

const page = (list: ReadonlyArray<Resource>, url: URL, objects: Resources["objects"]): Answer => {
  const size = Math.min(positive(url.searchParams.get("per_page"), 30), 100)
  const number = positive(url.searchParams.get("page"), 1)
  const last = Math.max(Math.ceil(list.length / size), 1)
  const answered = json(200, list.slice((number - 1) * size, number * size))
  const link = linkHeader(canonical(url, objects), number, last)
  return link === "" ? answered : { ...answered, headers: { ...answered.headers, link } }
}

const positive = (text: string | null, otherwise: number) => {
  const number = Number(text ?? otherwise)
  return Number.isInteger(number) && number > 0 ? number : otherwise
}

/** GitHub's links name the repository by its id. */
const canonical = (url: URL, objects: Resources["objects"]) => {
  const [, root, owner, name, ...rest] = url.pathname.split("/")
  const repository = root === "repos" ? objects.get(`/repos/${owner}/${name}`) : undefined
  if (repository === undefined) return url
  const named = new URL(url)
  named.pathname = [pathById(repository), ...rest].join("/")
  return named
}

const linkHeader = (url: URL, number: number, last: number) => {
  const relations = {
    ...(number > 1 ? { prev: Math.min(number - 1, last) } : {}),
    ...(number < last ? { next: number + 1, last } : {}),
    ...(number > 1 ? { first: 1 } : {})
  }
  return Object.entries(relations)
    .map(([relation, target]) => `<${atPage(url, target)}>; rel="${relation}"`)
    .join(", ")
}

const atPage = (url: URL, number: number) => {
  const target = new URL(url)
  target.searchParams.set("page", String(number))
  return target.href
}

const json = (status: number, value: unknown): Answer => {
  const body = JSON.stringify(value)
  return {
    status,
    headers: {
      "content-type": "application/json; charset=utf-8",
      "x-github-media-type": "github.v3; format=json",
      "x-github-request-id": requestId(),
      ...(status === 200 ? { etag: `W/"${createHash("sha256").update(body).digest("hex")}"` } : {})
    },
    body
  }
}

const requestId = () => randomUUID().toUpperCase().replace(/-/g, ":")

const notModified = (request: Request, found: Answer): Answer =>
  found.status === 200 && request.headers["if-none-match"] === found.headers["etag"]
    ? { ...found, status: 304, body: "" }
    : found

const withRateHeaders = (answered: Answer, rate: Answer["headers"]): Answer => ({
  ...answered,
  headers: { ...answered.headers, ...rate }
})
