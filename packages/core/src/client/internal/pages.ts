/** Reads a list page by page: the Streams of a method whose endpoint is paginated. */
import { Duration, Effect, Option, Stream } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as UrlParams from "effect/http/UrlParams"
import * as CallError from "../../policy/CallError.ts"
import type { CallSite } from "../../policy/Engine.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import type { Arrived, Next, Pagination } from "../Pagination.ts"
import { declaredNames } from "./checkPagination.ts"
import * as RequestEncoder from "./RequestEncoder.ts"

type Input = RequestEncoder.Input

type Request = HttpClientRequest.HttpClientRequest

/** Fetches a page. */
export interface Pageable {
  readonly site: CallSite
  readonly request: (input: Input) => Effect.Effect<Request, unknown>
  /** Sends with `responseMode: "decoded-and-response"`, which answers with a page and its response. */
  readonly send: (
    request: Request,
    input: Input & { readonly responseMode: "decoded-and-response" },
    options: CallOptions
  ) => Effect.Effect<unknown, unknown>
  /** Whether a page at `from` may lead to a URL of another origin, with the credentials. Default: it may not. */
  readonly mayFollow?: (url: URL, from: string) => boolean
}

/** A request for a page, and its input. */
interface PageRequest {
  readonly request: Request
  readonly input: Input
  readonly index: number
  readonly before: number
}

/** The continuation of a page: the next request, or the reason why it can't be requested. */
type Turn = Effect.Effect<PageRequest, unknown>

interface Driver {
  readonly pageable: Pageable
  readonly pagination: Pagination<unknown, unknown>
  readonly options: CallOptions
  readonly queryNames: ReadonlySet<string> | undefined
}

/** The Streams of pages and items. Each reading begins at the first page. */
export const paginated = (
  pageable: Pageable,
  endpoint: HttpApiEndpoint.Top,
  pagination: Pagination<unknown, unknown>
) => {
  const queryNames = declaredNames(endpoint.query)?.decoded
  const pages = (input: Input = {}, options: CallOptions = {}): Stream.Stream<unknown, unknown> =>
    Stream.suspend(() => {
      const driver: Driver = { pageable, pagination, options, queryNames }
      const requested = new Requested()
      const first: Turn = Effect.map(pageable.request(input), (request) => ({ request, input, index: 0, before: 0 }))
      return Stream.paginate<Turn, unknown, unknown>(first, (turn) =>
        Effect.flatMap(turn, (page) => fetchPage(driver, page, requested))
      )
    })
  return {
    pages,
    items: (input?: Input, options?: CallOptions) =>
      Stream.flatMap(pages(input, options), (page) => Stream.fromIterable(pagination.items(page)))
  }
}

/** The received page is always emitted: a problem with the next one fails the stream after it. */
const fetchPage = (
  driver: Driver,
  asked: PageRequest,
  requested: Requested
): Effect.Effect<readonly [ReadonlyArray<unknown>, Option.Option<Turn>], unknown> => {
  const { options, pageable, pagination } = driver
  requested.add(asked.request)
  const input = { ...asked.input, responseMode: "decoded-and-response" } as const
  return Effect.map(pageable.send(asked.request, input, options), (pair) => {
    // This response mode returns a pair.
    const [page, response] = pair as readonly [unknown, HttpClientResponse]
    const arrived = arrivedOf(driver, asked, page, response)
    const next = pagination.next(arrived)
    const fail = (issue: string) => Effect.fail(wrongPage(pageable.site, response, issue))
    const turn = next === undefined ? undefined : follow(driver, { asked, arrived, next, fail, requested })
    return [[page], Option.fromUndefinedOr(turn)]
  })
}

const arrivedOf = (
  { pagination, queryNames }: Driver,
  { before, index, input, request }: PageRequest,
  page: unknown,
  response: HttpClientResponse
): Arrived<unknown> => {
  const onTheWire = Array.from(request.urlParams.params).filter(([name]) => queryNames?.has(name) !== true)
  return {
    page,
    count: pagination.items(page).length,
    headers: response.headers,
    url: urlOf(request),
    index,
    before,
    // A query is encoded from a struct: the caller gave a record, or nothing.
    query: { ...Object.fromEntries(onTheWire), ...(input.query as object | undefined) },
    payload: input.payload
  }
}

const urlOf = (request: Request): string =>
  Option.match(HttpClientRequest.toUrl(request), { onNone: () => request.url, onSome: (url) => url.href })

interface Following {
  readonly asked: PageRequest
  readonly arrived: Arrived<unknown>
  readonly next: NonNullable<Next>
  readonly fail: (issue: string) => Effect.Effect<never, CallError.DecodeFailure>
  readonly requested: Requested
}

const follow = (driver: Driver, following: Following): Turn => {
  const { arrived, asked, fail, requested } = following
  const counted = { index: asked.index + 1, before: asked.before + arrived.count }
  return Effect.flatMap(changed(driver, following), ({ input, request }) =>
    requested.has(request)
      ? fail("the next page is one that was requested before")
      : Effect.succeed({ request, input, ...counted })
  )
}

type Changed = Effect.Effect<Pick<PageRequest, "request" | "input">, unknown>

const changed = (driver: Driver, { arrived, asked, fail, next }: Following): Changed => {
  const { input, request } = asked
  switch (next._tag) {
    case "Invalid":
      return fail(next.issue)
    case "Url":
      return atUrl(driver, asked, arrived.url, next.url, fail)
    case "Payload": {
      const payloads = spellings(next.value).map((value) => put(input.payload ?? {}, next.path, value))
      if (payloads.includes(undefined)) return fail(`the payload has no place for ${next.path.join(".")}`)
      const inputs = payloads.map((payload) => ({ ...input, payload }))
      return encoded(driver, request, inputs)
    }
    case "Query": {
      if (driver.queryNames?.has(next.name) !== true) {
        return Effect.succeed({ request: RequestEncoder.setQuery(request, next.name, String(next.value)), input })
      }
      const inputs = spellings(next.value).map((value) => ({
        ...input,
        query: put(input.query ?? {}, [next.name], value)
      }))
      return encoded(driver, request, inputs)
    }
  }
}

/** The first input that encodes; if none does, the failure is that of the first. */
const encoded = ({ pageable }: Driver, before: Request, [first, ...others]: ReadonlyArray<Input>): Changed => {
  const one = (input: Input): Changed =>
    Effect.map(pageable.request(input), (request) => ({ request: inOrderOf(before, request), input }))
  return others.reduce(
    (changed, input) => Effect.catch(changed, (error) => Effect.mapError(one(input), () => error)),
    one(first ?? {})
  )
}

/** The parameters stay where they were, and a new one comes last. */
const inOrderOf = (before: Request, request: Request): Request => {
  const places = new Map(before.urlParams.params.map(([name], index) => [name, index] as const).toReversed())
  const placeOf = ([name]: readonly [string, unknown]) => places.get(name) ?? Infinity
  const params = request.urlParams.params.toSorted((one, other) => {
    const [here, there] = [placeOf(one), placeOf(other)]
    return here === there ? 0 : here - there
  })
  return HttpClientRequest.setUrlParams(request, UrlParams.make(params))
}

/** A cursor may be a number in a page and a text in the query, or the other way round. */
const spellings = (value: unknown): ReadonlyArray<unknown> => {
  if (typeof value === "number") return [value, String(value)]
  return typeof value === "string" && value.trim() !== "" && Number.isFinite(Number(value))
    ? [value, Number(value)]
    : [value]
}

/** A copy, also of an instance of a class, with a value at a path; undefined where something else is in the way. */
const put = (target: unknown, [name, ...rest]: ReadonlyArray<string>, value: unknown): unknown => {
  if (name === undefined) return value
  if (typeof target !== "object" || target === null || Array.isArray(target)) return undefined
  // An object has properties of any name, or none.
  const within = (target as Readonly<Record<string, unknown>>)[name] ?? {}
  const inner = rest.length === 0 ? value : put(within, rest, value)
  const copy = Object.assign(Object.create(Object.getPrototypeOf(target)), target)
  return inner === undefined ? undefined : Object.defineProperty(copy, name, { ...plain, value: inner })
}

/** Also for a property called `__proto__`. */
const plain = { configurable: true, enumerable: true, writable: true }

const atUrl = (
  { pageable }: Driver,
  { input, request }: PageRequest,
  base: string,
  next: string,
  fail: Following["fail"]
): Changed => {
  const url = URL.canParse(next, base) ? new URL(next, base) : undefined
  if (url === undefined) return fail("the next page is not at a URL")
  const isAllowed = url.origin === new URL(base).origin || pageable.mayFollow?.(url, base) === true
  if (!isAllowed || url.origin === "null") return fail("the next page is at another origin")
  return Effect.succeed({ request: HttpClientRequest.setUrl(request, url), input })
}

const wrongPage = (site: CallSite, response: HttpClientResponse, issue: string): CallError.DecodeFailure =>
  new CallError.DecodeFailure({
    ...site,
    attempts: 1,
    elapsed: Duration.zero,
    requestId: Exchange.requestId(response.headers),
    category: "invalid",
    status: response.status,
    issue
  })

/** The newest thousand requests: longer loops are not detected. */
class Requested {
  readonly #keys = new Set<string>()

  add(request: Request): void {
    this.#keys.add(keyOf(request))
    const [oldest] = this.#keys
    if (this.#keys.size > 1_000 && oldest !== undefined) this.#keys.delete(oldest)
  }

  has(request: Request): boolean {
    return this.#keys.has(keyOf(request))
  }
}

const keyOf = ({ body, url, urlParams }: Request): string =>
  JSON.stringify([url, urlParams.params, body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : null])
