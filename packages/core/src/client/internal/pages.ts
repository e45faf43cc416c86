/** Goes from one page to the next: the driver of all styles of pagination. */
import { Duration, Effect, Option, Result, Stream } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as CallError from "../../policy/CallError.ts"
import type * as Engine from "../../policy/Engine.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import type { Arrived, Next, Pagination } from "../Pagination.ts"
import type { Input } from "./CompiledEndpoint.ts"
import * as RequestEncoder from "./RequestEncoder.ts"

/** An endpoint as pages are fetched from it. */
export interface Pageable {
  readonly site: Engine.CallSite
  readonly request: (input: Input) => Effect.Effect<HttpClientRequest.HttpClientRequest, unknown>
  readonly send: (
    request: HttpClientRequest.HttpClientRequest,
    input: Input,
    options: CallOptions
  ) => Effect.Effect<unknown, unknown>
}

interface PageState {
  readonly request: HttpClientRequest.HttpClientRequest
  readonly query: Readonly<Record<string, unknown>>
  readonly index: number
}

/** What comes after a page: the next one, or an error. */
type Turn = PageState | CallError.DecodeFailure

export const paginated = (endpoint: Pageable, pagination: Pagination<unknown, unknown>) => {
  const pages = (input: Input = {}, options: CallOptions = {}): Stream.Stream<unknown, unknown> =>
    Stream.unwrap(
      Effect.map(endpoint.request(input), (request) => {
        const first: PageState = { request, query: queryOf(input), index: 0 }
        const seen = new Seen(first)
        return Stream.paginate<Turn, unknown, unknown>(first, (turn) =>
          turn instanceof CallError.DecodeFailure
            ? Effect.fail(turn)
            : Effect.map(fetchPage(endpoint, input, options, turn), (page) => advance(endpoint, pagination, page, seen))
        )
      })
    )
  return {
    pages,
    items: (input?: Input, options?: CallOptions) =>
      Stream.flatMap(pages(input, options), (page) => Stream.fromIterable(pagination.items(page)))
  }
}

// A query is encoded from a struct: the caller gave a record, or nothing.
const queryOf = (input: Input) => (input.query ?? {}) as Readonly<Record<string, unknown>>

const fetchPage = (endpoint: Pageable, input: Input, options: CallOptions, state: PageState) =>
  Effect.map(
    endpoint.send(state.request, { ...input, responseMode: "decoded-and-response" }, options),
    // This response mode gives a pair.
    (pair) => ({ pair: pair as readonly [unknown, HttpClientResponse], state })
  )

/** The page that has come is given in any case: what is wrong with the way to the next one is told after it. */
const advance = (
  endpoint: Pageable,
  pagination: Pagination<unknown, unknown>,
  fetched: { readonly pair: readonly [unknown, HttpClientResponse]; readonly state: PageState },
  seen: Seen
): readonly [ReadonlyArray<unknown>, Option.Option<Turn>] => {
  const [page, response] = fetched.pair
  const arrived: Arrived<unknown> = {
    page,
    count: pagination.items(page).length,
    link: response.headers["link"],
    index: fetched.state.index,
    query: fetched.state.query
  }
  const next = Result.flatMap(nextState(fetched.state, pagination.next(arrived)), (state) => seen.check(state))
  return [
    [page],
    Result.isFailure(next)
      ? Option.some(wrongPage(endpoint, response, next.failure))
      : Option.fromUndefinedOr(next.success)
  ]
}

const nextState = (state: PageState, next: Next): Result.Result<PageState | undefined, string> => {
  if (next === undefined) return Result.succeed(undefined)
  const index = state.index + 1
  if (next._tag === "Query") {
    const request = RequestEncoder.setQuery(state.request, next.name, String(next.value))
    return Result.succeed({ request, query: { ...state.query, [next.name]: next.value }, index })
  }
  const url = URL.canParse(next.url, state.request.url) ? new URL(next.url, state.request.url) : undefined
  if (url === undefined) return Result.fail("the Link header holds no URL")
  if (url.origin !== new URL(state.request.url).origin) return Result.fail("the Link header points to another origin")
  return Result.succeed({
    request: HttpClientRequest.setUrl(withoutQuery(state.request), url),
    query: state.query,
    index
  })
}

const withoutQuery = (request: HttpClientRequest.HttpClientRequest): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.modify(request, { urlParams: [] })

const wrongPage = (endpoint: Pageable, response: HttpClientResponse, issue: string): CallError.DecodeFailure =>
  new CallError.DecodeFailure({
    ...endpoint.site,
    attempts: 1,
    elapsed: Duration.zero,
    requestId: Exchange.requestId(response.headers),
    category: "invalid",
    status: response.status,
    issue
  })

/** The pages asked for, the newest thousand of them: a longer circle than that is no accident. */
class Seen {
  readonly #keys = new Set<string>()

  constructor(first: PageState) {
    this.check(first)
  }

  check(state: PageState | undefined): Result.Result<PageState | undefined, string> {
    if (state === undefined) return Result.succeed(undefined)
    const key = JSON.stringify([state.request.url, state.request.urlParams.params])
    if (this.#keys.has(key)) return Result.fail("the next page is one that was seen before")
    this.#keys.add(key)
    const [oldest] = this.#keys
    if (this.#keys.size > 1_000 && oldest !== undefined) this.#keys.delete(oldest)
    return Result.succeed(state)
  }
}
