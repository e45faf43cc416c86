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

/**
 * A request that got no response, or a response that could not be read. `sent` is false only when it is certain that
 * nothing reached the provider.
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
}

/** Codes of the system and of undici that mean: no connection, so nothing was sent. */
const connectCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UND_ERR_CLOSED",
  "UND_ERR_DESTROYED",
  "UND_ERR_PRX_CONN",
  "UND_ERR_PRX_TLS"
])

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
  // Only who knows of this key has it, and then it is what is said here.
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
  // Only who knows of this key has it, and then it is what is said here.
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
 * Under this key a response whose content codings were decoded has the response as it was received.
 *
 * @since 0.1.0
 * @category models
 */
export const ReceivedTypeId = "~causeway/policy/Exchange/Received"

/**
 * The response as it was received: its body still in the content codings that `content-encoding` names. A `Content-Digest`
 * is verified over these bytes. It is the same response where nothing was decoded, and where the client decodes without
 * saying so, as `fetch` does. A body that is larger than the client keeps can be read once, in one of the two forms.
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
  // A client that traces gives responses that hold the transport's own under this name.
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
  const code = codeOf(cause)
  const detail = code ?? nameOf(cause) ?? tag
  switch (tag) {
    case "InvalidUrlError":
    case "EncodeError":
      return { _tag: "Broken", reason: "InvalidUrl", code, detail, sent: false }
    case "TransportError": {
      const connecting = code !== undefined && connectCodes.has(code)
      return { _tag: "Broken", reason: connecting ? "Connect" : "Send", code, detail, sent: !connecting }
    }
    default:
      return { _tag: "Broken", reason: "Body", code, detail, sent: true }
  }
}

const codeOf = (cause: unknown, depth = 0): string | undefined => {
  if (typeof cause !== "object" || cause === null || depth > 4) return undefined
  if ("code" in cause && typeof cause.code === "string" && /^[A-Z][A-Z0-9_]*$/.test(cause.code)) return cause.code
  if ("errors" in cause && Array.isArray(cause.errors)) return codeOf(cause.errors[0], depth + 1)
  return "cause" in cause ? codeOf(cause.cause, depth + 1) : undefined
}

const nameOf = (cause: unknown): string | undefined => (cause instanceof Error ? cause.name : undefined)

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
  const chunks: Array<Uint8Array> = []
  let missing = maxBytes
  return bytes(response).pipe(
    Stream.takeUntil((chunk) => {
      chunks.push(chunk.subarray(0, missing))
      missing -= Math.min(missing, chunk.byteLength)
      return missing === 0
    }),
    Stream.runDrain,
    Effect.timeout(within),
    Effect.ignore,
    Effect.map(() => decodeText(chunks))
  )
}

/**
 * Lets go of a body that nobody wants: at most 64 KiB are read, for at most a second, so that the connection can be
 * used again; the rest is cancelled.
 *
 * @since 0.1.0
 * @category bodies
 */
export const discard = (response: HttpClientResponse): Effect.Effect<void> =>
  Effect.asVoid(excerpt(response, 64 * 1024, "1 second"))

const decodeText = (chunks: ReadonlyArray<Uint8Array>): string => {
  const decoder = new TextDecoder()
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode()
}

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
