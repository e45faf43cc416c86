/**
 * One request over an `HttpClient` and its response: what broke, whether anything was sent, and what is done with a
 * body that nobody decodes.
 *
 * **When to use**
 *
 * Inside an attempt, by whoever makes one. Integrations and the webhook sender do.
 *
 * **Details**
 *
 * Redirects are not followed, whatever the client: the answer is the redirect. The client's own span is switched off,
 * because it would hold the URL with its query; the call has its own. A body that is not decoded is read up to a bound
 * of bytes and time and then cancelled, so that no connection waits for it. A client may have a {@link Direct} way, which
 * an integration prefers: it asks nothing of the context.
 *
 * **Gotchas**
 *
 * An error of the client holds the whole request, credentials included: it goes no further than {@link Broken}.
 *
 * **Example** (Nothing listens)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
 * import { Exchange } from "@causeway/core/policy"
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* HttpClient.HttpClient
 *   const broken = yield* Effect.flip(Exchange.send(client, HttpClientRequest.get("http://127.0.0.1:1/")))
 *   console.assert(broken.reason === "Connect" || broken.reason === "Send")
 * })
 *
 * Effect.runPromise(Effect.provide(program, FetchHttpClient.layer))
 * ```
 *
 * @since 0.1.0
 */
import { Context, type Duration, Effect, Fiber, Inspectable, Stream } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as BoundedBody from "../crypto/BoundedBody.ts"
import type * as Failure from "./Failure.ts"
import * as transportCodes from "./internal/transportCodes.ts"
import * as InvalidOption from "./InvalidOption.ts"

/**
 * A request that got no response, or a response that could not be read.
 *
 * - `sent` is false only when it is certain that nothing reached the provider.
 * - `category`: `transient` where another attempt may do better, `rejected` if no retry can succeed, such as a bad
 *   certificate or an unknown host, `invalid` for a request that can't be sent and a body that can't be read.
 * - `origin` is `local` for a lack of this process or machine, such as file descriptors or local ports: it says nothing
 *   about the provider and counts in no circuit breaker.
 * - `cause` is the error of the request's body stream, if the stream failed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Broken {
  readonly _tag: "Broken"
  readonly reason: "InvalidUrl" | "Connect" | "Send" | "Body"
  readonly code: string | undefined
  readonly detail: string
  readonly sent: boolean
  readonly category: Failure.Category
  readonly origin: "local" | "remote"
  readonly cause?: unknown
}

/**
 * Whether a broken request says nothing about the provider's health: a lack of local resources, a bad certificate, an unknown
 * host. No strategy counts it.
 *
 * @since 0.1.0
 * @category getters
 */
export const isUncounted = ({ category, origin }: Broken): boolean => origin === "local" || category === "rejected"

/**
 * The key of {@link Progress} in the reason of an `HttpClientError`.
 *
 * @since 0.1.0
 * @category models
 */
export const ProgressTypeId = "~causeway/policy/Exchange/Progress"

/**
 * How far a failed request came. The transport for Node reports it; for other clients, the codes of their errors decide.
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  /** Whether writing the request had begun. */
  readonly sent: boolean
  /** Whether the stream of the request's body failed; its error is the `cause`. */
  readonly isPayload: boolean
}

/**
 * Sends a request; fails with {@link Broken} when no response comes back.
 *
 * @since 0.1.0
 * @category sending
 */
export const send = <R>(
  client: HttpClient.HttpClient.With<HttpClientError, R>,
  request: HttpClientRequest
): Effect.Effect<HttpClientResponse, Broken, R> =>
  Effect.mapError(Effect.updateContext(client.execute(request), quietly<R>), brokenBy)

/**
 * Under this key a client has its {@link Direct} way, and a response its body as far as it has come.
 *
 * @since 0.1.0
 * @category models
 */
export const DirectTypeId = "~causeway/policy/Exchange/Direct"

/**
 * A way of sending that looks at nothing but the request: no span, no scope, no redirect is followed. A client that has
 * one, as the transport for Node does, costs an integration a good deal less.
 *
 * @since 0.1.0
 * @category models
 */
export interface Direct {
  /** Whether this request may go that way; the others go by `execute`. */
  readonly accepts: (request: HttpClientRequest) => boolean
  /**
   * Sends, and gives what aborts; `told` hears once of an end, later than this returns and never after an abort. The body
   * of a response is let go of when whoever reads it is interrupted.
   */
  readonly begin: (request: HttpClientRequest, told: Told) => () => void
}

/**
 * Who is told what became of a request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Told {
  readonly responded: (response: HttpClientResponse) => void
  readonly broke: (error: HttpClientError) => void
}

/**
 * The direct way of a client, if it has one.
 *
 * @since 0.1.0
 * @category getters
 */
export const directOf = (client: object): Direct | undefined =>
  // Only clients that import this key set it, with this type.
  DirectTypeId in client ? (client[DirectTypeId] as Direct) : undefined

/**
 * The body of a response, where all of it has come already and it is no larger than `mostBytes`; undefined on a fibre that
 * has a `MaxBodySize` of its own, which `response.arrayBuffer` and the others keep to.
 *
 * @since 0.1.0
 * @category bodies
 */
export const arrivedBody = (response: HttpClientResponse, mostBytes: number): Uint8Array | undefined => {
  const fiber = DirectTypeId in response ? Fiber.getCurrent() : undefined
  if (fiber === undefined || fiber.getRef(HttpIncomingMessage.MaxBodySize) !== undefined) return undefined
  // Only clients that import this key set it, with this type.
  return (response as unknown as Arriving)[DirectTypeId](mostBytes)
}

/**
 * A response of a {@link Direct} client: it gives its body, when all of it has come and it is no larger than `most`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Arriving {
  readonly [DirectTypeId]: (most: number) => Uint8Array | undefined
}

/**
 * The key of the undecoded response in a response whose content codings were decoded.
 *
 * @since 0.1.0
 * @category models
 */
export const ReceivedTypeId = "~causeway/policy/Exchange/Received"

/**
 * The response as it was received: its body still in the content codings that `content-encoding` names. A `Content-Digest`
 * is verified over these bytes. It is the same response if nothing was decoded, or if the client does not report
 * decoding, as with `fetch`. A body that is larger than the client's buffer can be read once, in one of the two forms.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9530#name-the-content-digest-field
 * @since 0.1.0
 * @category getters
 */
export const asReceived = (response: HttpClientResponse): HttpClientResponse =>
  decodedOf(response)?.[ReceivedTypeId]() ?? response

const decodedOf = (response: object): Decoded | undefined => {
  // Only a response that has this key is of that kind.
  if (ReceivedTypeId in response) return response as Decoded
  // A tracing client wraps the transport's response and stores it under this name.
  const { original } = "original" in response ? response : { original: undefined }
  return typeof original === "object" && original !== null ? decodedOf(original) : undefined
}

/**
 * A response whose content codings may have been decoded.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decoded {
  readonly [ReceivedTypeId]: () => HttpClientResponse
}

const quieted = new WeakMap<Context.Context<never>, Context.Context<never>>()

/** Made once for each context: the calls of a program have few. */
const quietly = <R>(context: Context.Context<R>): Context.Context<R> => {
  const known = quieted.get(context)
  // What is kept for a context has all that the context has.
  if (known !== undefined) return known as Context.Context<R>
  const made = withoutTraceAndRedirects(context)
  quieted.set(context, made)
  return made
}

const withoutTraceAndRedirects = <R>(context: Context.Context<R>): Context.Context<R> =>
  Context.merge(
    context,
    Context.make(HttpClient.TracerDisabledWhen, () => true).pipe(
      Context.add(FetchHttpClient.RequestInit, {
        ...Context.getOrUndefined(context, FetchHttpClient.RequestInit),
        redirect: "manual"
      })
    )
  )

/**
 * What an error of an `HttpClient` means, without the request and response that it holds.
 *
 * @since 0.1.0
 * @category errors
 */
export const brokenBy = (error: HttpClientError): Broken => {
  const { cause, _tag: tag } = error.reason
  switch (tag) {
    case "InvalidUrlError":
    case "EncodeError":
      return { ...described(cause, tag), reason: "InvalidUrl", sent: false, category: "invalid", origin: "local" }
    case "TransportError":
      return unanswered(cause, tag, progressOf(error.reason))
    default:
      return unreadable(cause, tag)
  }
}

const described = (cause: unknown, tag: string) => {
  const code = codeOf(cause)
  return { _tag: "Broken" as const, code, detail: code ?? nameOf(cause) ?? tag }
}

const unanswered = (cause: unknown, tag: string, progress: Progress | undefined): Broken => {
  if (progress?.isPayload === true) return unproduced(cause, progress.sent)
  const what = described(cause, tag)
  const verdict = transportCodes.verdictOf(codedOf(cause))
  const isConnecting =
    progress === undefined ? verdict.isConnecting : !progress.sent || transportCodes.isCertificateRefusal(what.code)
  return {
    ...what,
    reason: isConnecting ? "Connect" : "Send",
    sent: !isConnecting,
    // Codes of connecting do not apply to an established connection.
    category: verdict.isConnecting && !isConnecting ? "transient" : verdict.category,
    origin: verdict.origin
  }
}

/** The caller's stream failed while it was being sent: no retry helps, and the provider is not involved. */
const unproduced = (cause: unknown, sent: boolean): Broken => {
  const { code, detail } = described(cause, tagOf(cause) ?? typeof cause)
  const shown = code ?? tagOf(cause) ?? detail
  return {
    _tag: "Broken",
    reason: "Send",
    code,
    detail: `the stream of the request body failed (${shown})`,
    sent,
    category: "invalid",
    origin: "local",
    cause
  }
}

/** Without a cause, the body was read in a way that it does not allow: too large, not JSON, read before. */
const unreadable = (cause: unknown, tag: string): Broken => ({
  ...described(cause, tag),
  reason: "Body",
  sent: true,
  category: cause === undefined ? "invalid" : "transient",
  origin: transportCodes.verdictOf(codedOf(cause)).origin
})

const progressOf = (reason: object): Progress | undefined =>
  // Only clients that import this key set it, with this type.
  ProgressTypeId in reason ? (reason[ProgressTypeId] as Progress) : undefined

/** The first error with a code, from the outside in: clients wrap errors of the system. */
const codedOf = (cause: unknown, depth = 0): object | undefined => {
  if (typeof cause !== "object" || cause === null || depth > 4) return undefined
  if ("code" in cause && typeof cause.code === "string" && /^[A-Z][A-Z0-9_/]*$/.test(cause.code)) return cause
  if ("errors" in cause && Array.isArray(cause.errors)) return codedOf(cause.errors[0], depth + 1)
  return "cause" in cause ? codedOf(cause.cause, depth + 1) : undefined
}

const codeOf = (cause: unknown): string | undefined => {
  const coded = codedOf(cause)
  return coded !== undefined && "code" in coded ? String(coded.code) : undefined
}

const nameOf = (cause: unknown): string | undefined => (cause instanceof Error ? cause.name : undefined)

const tagOf = (cause: unknown): string | undefined =>
  typeof cause === "object" && cause !== null && "_tag" in cause && typeof cause._tag === "string"
    ? cause._tag
    : undefined

/**
 * The same response as the answer to another request: one without credentials, for whoever looks at it.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withRequest = (response: HttpClientResponse, request: HttpClientRequest): HttpClientResponse => {
  const toJSON = () => ({ ...Object(response.toJSON()), request: request.toJSON() })
  // What is not overridden here is the response's own.
  return Object.create(response, {
    request: { value: request },
    toJSON: { value: toJSON },
    [Inspectable.NodeInspectSymbol]: { value: toJSON }
  }) as HttpClientResponse
}

/**
 * The bytes of a body; no body at all is an empty one.
 *
 * @since 0.1.0
 * @category bodies
 */
export const bytes = (response: HttpClientResponse): Stream.Stream<Uint8Array, Broken> =>
  Stream.catch(response.stream, (error) =>
    error.reason._tag === "EmptyBodyError" ? Stream.empty : Stream.fail(brokenBy(error))
  )

/**
 * Reads at most `maxBytes` of a body as text, for at most as long as `within` says (default: 5 seconds), and cancels the
 * rest; a body that breaks gives what had come.
 *
 * @since 0.1.0
 * @category bodies
 */
export const excerpt = (
  response: HttpClientResponse,
  maxBytes: number,
  within: Duration.Input = "5 seconds"
): Effect.Effect<string> => {
  InvalidOption.integer("excerpt.maxBytes", maxBytes, 0)
  const millis = InvalidOption.positiveMillis("excerpt.within", within)
  return Effect.suspend(() => excerptOf(response, maxBytes, millis))
}

const excerptOf = (response: HttpClientResponse, maxBytes: number, within: Duration.Input): Effect.Effect<string> => {
  const body = BoundedBody.make(maxBytes)
  return bytes(response).pipe(
    Stream.takeUntil((chunk) => {
      body.append(chunk.subarray(0, body.remainingBytes))
      return body.remainingBytes === 0
    }),
    Stream.runDrain,
    Effect.timeout(within),
    Effect.ignore,
    Effect.map(() => new TextDecoder().decode(body.bytes()))
  )
}

/**
 * Lets go of a body that nobody wants: at most 64 KiB are read, for at most a second, so that the connection can be
 * used again; the rest is cancelled.
 *
 * @since 0.1.0
 * @category bodies
 */
export const discard = (response: HttpClientResponse): Effect.Effect<void> => Effect.asVoid(discarded(response))

/**
 * The same as `discard`; succeeds with what was read, as text.
 *
 * @since 0.1.0
 * @category bodies
 */
export const discarded = (response: HttpClientResponse): Effect.Effect<string> =>
  excerpt(response, 64 * 1024, "1 second")

const requestIdHeaders = [
  "x-request-id",
  "x-github-request-id",
  "request-id",
  "x-amzn-requestid",
  "x-amz-request-id",
  "x-correlation-id",
  "x-ms-request-id",
  "x-shopify-request-id",
  "x-slack-req-id",
  "openai-request-id",
  "cf-ray",
  "x-vercel-id",
  "x-trace-id"
]

/**
 * The provider's own name for a request, from the first header that has one; at most 200 visible characters of it.
 *
 * @since 0.1.0
 * @category getters
 */
export const requestId = (headers: Readonly<Record<string, string | undefined>>): string | undefined => {
  for (const name of requestIdHeaders) {
    const visible = headers[name]?.replace(/[^\x21-\x7e]/g, "").slice(0, 200)
    if (visible !== undefined && visible !== "") return visible
  }
  return undefined
}
