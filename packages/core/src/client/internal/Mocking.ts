import { Context, Effect, Result, Stream } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as Url from "effect/http/Url"
import type * as Credentials from "../../auth/Credentials.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import { definition } from "../Endpoint.ts"
import type * as FailureRule from "../FailureRule.ts"
import { type Answer, type Asked, attachJournal, type JournalAttempt, type JournalCall, type Reply } from "../Reply.ts"
import type { Input, Method } from "./Invocation.ts"
import { lookup, nest, pathOf, type Placed } from "./Placed.ts"

type Table<Value> = Readonly<Record<string, Value | Readonly<Record<string, Value>> | undefined>>

export type ReplyTable = Table<Reply<unknown, unknown>>

type Stub = (request: unknown, options?: CallOptions) => Effect.Effect<unknown, unknown>

export type StubTable = Table<Stub>

interface Call extends JournalCall {
  readonly attempts: Array<JournalAttempt>
  failure: string | undefined
}

const CurrentCall = Context.Reference<Call | undefined>("causeway/client/Mocking/CurrentCall", {
  defaultValue: () => undefined
})

const anonymous: Credentials.Service = {
  authorize: (request) => Effect.succeed({ request, secrets: [] }),
  renew: Effect.succeed(false)
}

/** The wiring of an integration whose network is a table of replies, and its journal. */
export const make = (
  id: string,
  placed: ReadonlyArray<Placed>,
  replies: ReplyTable,
  failures: ReadonlyArray<FailureRule.Any> = []
) => {
  const calls: Array<Call> = []
  const answers = new Map(placed.map((one) => [one.endpoint, lookup(one, replies)?.open()] as const))
  const answered = placed.filter((one) => answers.get(one.endpoint) !== undefined).map(pathOf)
  const nameOf = new Map(placed.map((one) => [one.endpoint, pathOf(one)] as const))
  const client = (endpoint: HttpApiEndpoint.Top) =>
    mockClient({ endpoint, failures }, answers.get(endpoint) ?? unanswered(id, nameOf.get(endpoint) ?? "", answered))
  return {
    wiring: { baseUrl: "http://mock.invalid", client },
    credentials: anonymous,
    journalled: (methods: Record<string, unknown>, tenant?: string) => journalled(placed, methods, { calls, tenant })
  }
}

const mockClient = (asked: Omit<Asked, "request">, answer: Answer): HttpClient.HttpClient =>
  HttpClient.makeWith(
    (request: Effect.Effect<HttpClientRequest>) =>
      Effect.flatMap(request, (request) => journal(request, answer({ ...asked, request }))),
    Effect.succeed
  )

const journal = (
  request: HttpClientRequest,
  answer: Effect.Effect<HttpClientResponse, HttpClientError>
): Effect.Effect<HttpClientResponse, HttpClientError> =>
  Effect.flatMap(CurrentCall, (call) => {
    const url = Result.getOrUndefined(Url.make(request.url, request.urlParams, undefined))?.href ?? request.url
    const write = (outcome: number | string) =>
      Effect.sync(() => {
        const number = (call?.attempts.length ?? 0) + 1
        call?.attempts.push({ number, method: request.method, url, headers: { ...request.headers }, outcome })
      })
    return answer.pipe(
      Effect.tap((response) => write(response.status)),
      Effect.tapError((error) => write(error.reason._tag)),
      Effect.onInterrupt(() => write("interrupted"))
    )
  })

const unanswered =
  (id: string, name: string, answered: ReadonlyArray<string>): Answer =>
  ({ request }) =>
    Effect.die(
      new Error(
        `${id}.${name} was asked for ${request.method} ${request.url}, but layerMock has no reply for it. ${nearest(name, answered)}`
      )
    )

const nearest = (name: string, candidates: ReadonlyArray<string>): string => {
  if (candidates.length === 0) return "It has no replies at all."
  const byDistance = candidates.toSorted((a, b) => distance(name, a) - distance(name, b))
  return `The nearest of its replies: ${byDistance.slice(0, 3).join(", ")}.`
}

/** Levenshtein's edit distance. */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, char] of Array.from(a).entries()) {
    const next = [i + 1]
    for (const [j, other] of Array.from(b).entries()) {
      const replaced = (row[j] ?? 0) + (char === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}

/** Where the calls of a tenant, or of nobody in particular, are written down. */
interface Journalling {
  readonly calls: Array<Call>
  readonly tenant: string | undefined
}

const journalled = (placed: ReadonlyArray<Placed>, methods: Record<string, unknown>, into: Journalling): object => {
  // They were made by nest, from the same places.
  const table = methods as Table<Method>
  const service = nest(placed, (one) => {
    const method = lookup({ ...one, group: one.atTop ? undefined : one.group }, table)
    return method === undefined ? undefined : withJournal(pathOf(one), method, into)
  })
  attachJournal(service, { calls: into.calls })
  return service
}

const withJournal = (endpoint: string, method: Method, { calls, tenant }: Journalling): Method => {
  const open = (request: unknown): Call => {
    const call: Call = { endpoint, tenant, request, attempts: [], failure: undefined }
    calls.push(call)
    return call
  }
  const wrapped = (input?: Input, options?: CallOptions) =>
    Effect.suspend(() => {
      const call = open(input)
      return method(input, options).pipe(
        Effect.tapError((error) => Effect.sync(() => (call.failure = tagOf(error)))),
        Effect.provideService(CurrentCall, call)
      )
    })
  const { items, pages } = method
  if (items === undefined || pages === undefined) return wrapped
  const inOneCall =
    (stream: NonNullable<Method["pages"]>) =>
    (input?: Input, options?: CallOptions): Stream.Stream<unknown, unknown> =>
      Stream.suspend(() => Stream.provideService(stream(input, options), CurrentCall, open(input)))
  return Object.assign(wrapped, { items: inOneCall(items), pages: inOneCall(pages) })
}

const tagOf = (error: unknown): string =>
  typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : "untagged"

/** The service replaced by stubs. */
export const stubbed = (id: string, placed: ReadonlyArray<Placed>, stubs: StubTable): object =>
  nest(placed, (one) => {
    const stub = lookup(one, stubs) ?? missing(id, pathOf(one))
    const { pagination } = definition(one.endpoint)
    if (pagination === undefined) return stub
    const pages = (request: unknown, options?: CallOptions) => Stream.fromEffect(stub(request, options))
    return Object.assign((request: unknown, options?: CallOptions) => stub(request, options), {
      pages,
      items: (request: unknown, options?: CallOptions) =>
        Stream.flatMap(pages(request, options), (page) => Stream.fromIterable(pagination.items(page)))
    })
  })

const missing =
  (id: string, name: string): Stub =>
  () =>
    Effect.die(new Error(`${id}.${name} was called, but layerStub has no stub for it.`))
