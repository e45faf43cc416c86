import { Context, Effect, Result, Stream } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as Url from "effect/http/Url"
import type * as Credentials from "../../auth/Credentials.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import { byDistance } from "../../policy/internal/nearest.ts"
import * as Redact from "../../policy/Redact.ts"
import { definition } from "../Endpoint.ts"
import type * as FailureRule from "../FailureRule.ts"
import { type Answer, type Asked, attachJournal, type JournalAttempt, type JournalCall, type Reply } from "../Reply.ts"
import type { Input } from "./codec.ts"
import type { Method } from "./CompiledEndpoint.ts"
import { lookup, nest, pathOf, type Placed } from "./Placed.ts"

type Names = ReadonlyArray<string | RegExp>

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
    baseUrl: "http://mock.invalid",
    client,
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
  Effect.withFiber((fiber) => {
    const call = fiber.getRef(CurrentCall)
    const names = Redact.redactedNames(fiber)
    const href = Result.getOrUndefined(Url.make(request.url, request.urlParams, undefined))?.href ?? request.url
    const [url, headers] = [Redact.url(href, names), Redact.headers(request.headers, names)]
    const write = (outcome: number | string) =>
      Effect.sync(() => {
        const number = (call?.attempts.length ?? 0) + 1
        call?.attempts.push({ number, method: request.method, url, headers, outcome })
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

const nearest = (name: string, candidates: ReadonlyArray<string>): string =>
  candidates.length === 0
    ? "It has no replies at all."
    : `The nearest of its replies: ${byDistance(name, candidates).slice(0, 3).join(", ")}.`

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
  const open = (input: Input | undefined, names: Names): Call => {
    const call: Call = { endpoint, tenant, request: withoutSecrets(input, names), attempts: [], failure: undefined }
    calls.push(call)
    return call
  }
  const wrapped = (input?: Input, options?: CallOptions) =>
    Effect.withFiber((fiber) => {
      const call = open(input, Redact.redactedNames(fiber))
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
      Stream.unwrap(
        Effect.withFiber((fiber) =>
          Effect.succeed(
            Stream.provideService(stream(input, options), CurrentCall, open(input, Redact.redactedNames(fiber)))
          )
        )
      )
  return Object.assign(wrapped, { items: inOneCall(items), pages: inOneCall(pages) })
}

/** A journal is printed when a test fails: what a caller gave as a credential is not in it. */
const withoutSecrets = (input: Input | undefined, names: Names): unknown =>
  input === undefined
    ? undefined
    : {
        ...input,
        ...(isRecord(input.headers) && { headers: Redact.headers(input.headers, names) }),
        ...(isRecord(input.query) && { query: Redact.query(input.query, names) })
      }

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

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
