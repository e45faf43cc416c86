/**
 * The route that receives webhooks: it reads, verifies, stores and answers, and leaves the handling to the inbox.
 *
 * **When to use**
 *
 * Merge one {@link route} per provider into an `HttpRouter`. For another server, give {@link handle} the request as plain
 * data.
 *
 * **Details**
 *
 * | answer | when |
 * |---|---|
 * | 202 `stored` | new, or an id that was seen before with another body (kept aside) |
 * | 200 `duplicate` | seen before |
 * | the handshake's | a verified challenge of the provider |
 * | 400, 401 | the signature is missing or malformed; is wrong or too old |
 * | 405, 408, 413, 415 | not a POST; the body took too long; is too large; is compressed |
 * | 503 with `Retry-After` | it could not be stored, or our own secrets are wrong: the provider shall send it again |
 *
 * The body of an answer names a category only. The reason goes to the log and to `onOutcome`, neither of which shows a
 * secret, a signature or a body.
 *
 * **Gotchas**
 *
 * - The raw bytes are read: nothing in front of the route may consume the body.
 * - Schemes that sign the URL need `publicUrl`: behind a proxy the server does not see what the provider called.
 * - The deadline for the body begins when the headers are there; the server's own limits guard the time before.
 *
 * **Example** (A request that is not signed)
 *
 * ```ts
 * import { Inbox, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
 * import { Effect, Redacted } from "effect"
 *
 * const receive = WebhookReceiver.handle({
 *   source: "acme",
 *   scheme: SignatureScheme.standardWebhooks,
 *   secrets: Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * })
 *
 * const body = new TextEncoder().encode("{}")
 * const program = receive({ method: "POST", url: "https://example.com/hooks", headers: [], body })
 * const answer = await Effect.runPromise(program.pipe(Effect.provide(Inbox.layerMemory)))
 * console.assert(answer.status === 400)
 * ```
 *
 * @since 0.1.0
 */
import { Clock, Context, Effect, Layer, Option, Redacted, Result, Stream } from "effect"
import type { Cause, Duration } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import type { HttpServerRequest } from "effect/http"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Attempt from "./Attempt.ts"
import * as Handshake from "./Handshake.ts"
import { Inbox } from "./Inbox.ts"
import type { Arrival } from "./Inbox.ts"
import type { Put } from "./InboxStore.ts"
import type { SignatureScheme } from "./SignatureScheme.ts"
import type { WebhookError } from "./WebhookError.ts"
import type { Header } from "./WebhookEvent.ts"
import * as WebhookVerifier from "./WebhookVerifier.ts"

/**
 * The secrets that verify: one, or the current and the previous ones, as they are or from an Effect such as a `Config`.
 * An Effect runs when the layer is built, so that a missing secret fails at once, and again for each request, so that a
 * rotated one is seen.
 *
 * @since 0.1.0
 * @category models
 */
export type Secrets<E, R> = SecretValues | Effect.Effect<SecretValues, E, R>

/**
 * One secret, or several that are accepted side by side.
 *
 * @since 0.1.0
 * @category models
 */
export type SecretValues = Redacted.Redacted<string> | ReadonlyArray<Redacted.Redacted<string>>

/**
 * How a request ended; `onOutcome` gets one for each.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = { readonly source: string; readonly status: number } & (
  | {
      /** What the inbox did with a verified event; `Accepted` when `onEvent` took it instead. */
      readonly _tag: Put["_tag"] | "Accepted"
      readonly id: string | undefined
      readonly type: string | undefined
      /** What the signature does not cover. */
      readonly unsigned: ReadonlyArray<WebhookVerifier.Part>
    }
  /** A challenge of the provider was answered. */
  | { readonly _tag: "Answered" }
  /** `reason` is the tag of the `WebhookError`'s reason, or of a {@link Rejection}. */
  | { readonly _tag: "Refused"; readonly reason: WebhookError["reason"]["_tag"] | Rejection }
  /** It could not be stored, or our secrets are wrong. */
  | { readonly _tag: "Failed"; readonly error: Attempt.RecordedError }
)

/**
 * Why a request was refused before its signature was looked at.
 *
 * @since 0.1.0
 * @category models
 */
export type Rejection =
  | "MethodNotAllowed"
  | "UnsupportedContentEncoding"
  | "BodyTooLarge"
  | "BodyTimeout"
  | "BodyUnreadable"

/**
 * Options of {@link handle} and {@link route}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options<E, R, R2> {
  /** The name under which the inbox keeps the events, such as `"github"`. */
  readonly source: string
  readonly scheme: SignatureScheme
  readonly secrets: Secrets<E, R>
  /** The URL as the provider calls it, for schemes that sign it. Default: the URL of the request. */
  readonly publicUrl?: string | undefined
  /** In bytes. Default: 1 MiB. */
  readonly maxBodySize?: number | undefined
  /** How long the body may take. Default: 10 seconds. */
  readonly bodyTimeout?: Duration.Input | undefined
  /** How long storing may take. Default: 10 seconds. */
  readonly storeTimeout?: Duration.Input | undefined
  /** What to do with a verified event. A failure is answered with 503. Default: stores it in the `Inbox`. */
  readonly onEvent?:
    | ((arrival: Arrival, verified: WebhookVerifier.Verified) => Effect.Effect<Put | void, unknown, R2>)
    | undefined
  /** Sees how each request ended, before it is answered. */
  readonly onOutcome?: ((outcome: Outcome) => Effect.Effect<unknown>) | undefined
}

/**
 * A request as plain data. Header names may be in any case, and repeated ones must be there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly method: string
  readonly url: string
  readonly headers: ReadonlyArray<Header>
  readonly body: Uint8Array
}

/**
 * The answer to a request as plain data.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Receives a request whose body was read, for any server. It never fails. Throws `InvalidOption` for options that make
 * no sense.
 *
 * @since 0.1.0
 * @category receiving
 */
export const handle = <E = never, R = never, R2 = Inbox>(
  options: Options<E, R, R2>
): ((request: Request) => Effect.Effect<Answer, never, R | R2>) => {
  const receiver = makeReceiver(options)
  return (request) => {
    const rejection = receiver.checkHead(request.method, request.headers) ?? receiver.checkSize(request.body.byteLength)
    return rejection === undefined ? receiver.receive(request) : receiver.reject(rejection)
  }
}

/**
 * The route, as a Layer to merge into a router. It fails to build when the secrets can't be had or don't fit the scheme.
 *
 * @since 0.1.0
 * @category layers
 */
export const route = <E = never, R = never, R2 = Inbox>(
  options: Options<E, R, R2> & { readonly path: HttpRouter.PathInput }
): Layer.Layer<never, E | WebhookError, HttpRouter.HttpRouter | R | R2> => {
  const receiver = makeReceiver(options)
  return Layer.effectDiscard(
    Effect.gen(function* () {
      yield* receiver.checkSecrets
      const router = yield* HttpRouter.HttpRouter
      const context = yield* Effect.context<R | R2>()
      yield* router.add("*", options.path, (request) =>
        receiveStreamed(receiver, request).pipe(
          Effect.map(toResponse),
          Effect.updateContext((own: Context.Context<never>) => Context.merge(context, own))
        )
      )
    })
  )
}

interface Receiver<E, R> {
  readonly maxBodySize: number
  readonly bodyTimeoutMillis: number
  readonly publicUrl: string | undefined
  readonly checkSecrets: Effect.Effect<void, E | WebhookError, R>
  readonly checkHead: (method: string, headers: ReadonlyArray<Header>) => Rejection | undefined
  readonly checkSize: (size: number) => Rejection | undefined
  readonly receive: (request: Request) => Effect.Effect<Answer, never, R>
  readonly reject: (rejection: Rejection) => Effect.Effect<Answer>
}

const makeReceiver = <E, R, R2>(options: Options<E, R, R2>): Receiver<E, R | R2> => {
  const { onOutcome, scheme, source } = options
  const maxBodySize = InvalidOption.integer("maxBodySize", options.maxBodySize ?? 1024 * 1024, 1)
  const storeTimeoutMillis = InvalidOption.positiveMillis("storeTimeout", options.storeTimeout ?? "10 seconds")
  const secrets = readSecrets(options.secrets)
  // Without `onEvent`, R2 is its default: the inbox.
  const onEvent = options.onEvent ?? (storeInInbox as unknown as NonNullable<typeof options.onEvent>)

  const conclude = (outcome: Outcome, answer: Answer): Effect.Effect<Answer> =>
    onOutcome === undefined
      ? Effect.succeed(answer)
      : Effect.suspend(() => onOutcome(outcome)).pipe(Effect.ignoreCause({ log: "Warn" }), Effect.as(answer))

  const refuse = (reason: WebhookError["reason"]["_tag"] | Rejection, status: number, message: string) =>
    Effect.logWarning(`A webhook was refused: ${message}`).pipe(
      Effect.annotateLogs({ source, reason, status }),
      Effect.andThen(conclude({ _tag: "Refused", source, status, reason }, plain(status)))
    )

  const failed = (cause: Cause.Cause<unknown>) => {
    const error = Attempt.describeCause(cause)
    return Effect.logError(`A webhook could not be received: ${error.message}`).pipe(
      Effect.annotateLogs({ source, error: error.tag }),
      Effect.andThen(conclude({ _tag: "Failed", source, status: 503, error }, plain(503)))
    )
  }

  const reject = (rejection: Rejection) => refuse(rejection, rejectionStatus[rejection], rejection)

  const accept = (request: Request, verified: WebhookVerifier.Verified) => {
    const { id, type, unsigned } = verified
    const arrival = { source, id, type, headers: request.headers, body: request.body }
    return Effect.suspend(() => onEvent(arrival, verified)).pipe(
      Effect.timeout(storeTimeoutMillis),
      Effect.flatMap((put) => {
        const tag = put?._tag ?? "Accepted"
        const status = tag === "Duplicate" ? 200 : 202
        return conclude({ _tag: tag, source, status, id, type, unsigned }, plain(status))
      })
    )
  }

  const receiveVerified = (request: Request, verified: WebhookVerifier.Verified) =>
    Option.match(Handshake.handshake(scheme, request), {
      onNone: () => accept(request, verified),
      onSome: (answer) => conclude({ _tag: "Answered", source, status: answer.status }, toAnswer(answer))
    })

  return {
    maxBodySize,
    bodyTimeoutMillis: InvalidOption.positiveMillis("bodyTimeout", options.bodyTimeout ?? "10 seconds"),
    publicUrl: options.publicUrl,
    checkSecrets: Effect.flatMap(secrets, (values) => Effect.fromResult(WebhookVerifier.checkSecrets(scheme, values))),
    checkHead,
    checkSize: (size) => (size > maxBodySize ? "BodyTooLarge" : undefined),
    reject,
    receive: (request) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const values = yield* secrets
        const url = options.publicUrl ?? request.url
        const verified = WebhookVerifier.verify(scheme, { ...request, url, secrets: values, now })
        if (Result.isSuccess(verified)) return yield* receiveVerified(request, verified.success)
        const error = verified.failure
        if (error.category === "invalid") return yield* Effect.fail(error)
        return yield* refuse(error.reason._tag, errorStatus(error), error.message)
      }).pipe(Effect.catchCause(failed))
  }
}

const readSecrets = <E, R>(secrets: Secrets<E, R>): Effect.Effect<ReadonlyArray<Redacted.Redacted<string>>, E, R> => {
  const values = Effect.isEffect(secrets) ? secrets : Effect.succeed(secrets)
  return Effect.map(values, (value) => (Redacted.isRedacted(value) ? [value] : value))
}

const storeInInbox = (arrival: Arrival) => Effect.flatMap(Inbox, (inbox) => inbox.store(arrival))

const checkHead = (method: string, headers: ReadonlyArray<Header>): Rejection | undefined => {
  if (method.toUpperCase() !== "POST") return "MethodNotAllowed"
  const encodings = valuesOf(headers, "content-encoding")
  return encodings.every((encoding) => encoding === "" || encoding === "identity")
    ? undefined
    : "UnsupportedContentEncoding"
}

const valuesOf = (headers: ReadonlyArray<Header>, wanted: string): ReadonlyArray<string> =>
  headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value.trim().toLowerCase())

const rejectionStatus: Readonly<Record<Rejection, number>> = {
  MethodNotAllowed: 405,
  UnsupportedContentEncoding: 415,
  BodyTooLarge: 413,
  BodyTimeout: 408,
  BodyUnreadable: 400
}

const notAuthentic: ReadonlySet<WebhookError["reason"]["_tag"]> = new Set([
  "SignatureMismatch",
  "TimestampTooOld",
  "TimestampInFuture"
])

const errorStatus = (error: WebhookError): number => (notAuthentic.has(error.reason._tag) ? 401 : 400)

const texts: Readonly<Record<number, string>> = {
  200: "duplicate",
  202: "stored",
  400: "bad request",
  401: "unauthorized",
  405: "method not allowed",
  408: "request timeout",
  413: "body too large",
  415: "unsupported content encoding",
  503: "try again later"
}

const extraHeaders: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  405: { allow: "POST" },
  415: { "accept-encoding": "identity" },
  503: { "retry-after": "30" }
}

const plain = (status: number): Answer => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8", ...extraHeaders[status] },
  body: texts[status] ?? ""
})

const toAnswer = ({ body, contentType, status }: Handshake.Answer): Answer => ({
  status,
  headers: { "content-type": contentType },
  body
})

const toResponse = ({ body, headers, status }: Answer): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(body, { status, headers, contentType: headers["content-type"] })

const receiveStreamed = <E, R>(
  receiver: Receiver<E, R>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Answer, never, R> => {
  const { method, originalUrl: url } = request
  const headers = headersOf(request)
  const rejection = receiver.checkHead(method, headers) ?? receiver.checkSize(declaredLength(request))
  if (rejection !== undefined) return receiver.reject(rejection)
  return readBody(receiver, request).pipe(
    Effect.matchEffect({
      onFailure: (found) => receiver.reject(found),
      onSuccess: (body) => receiver.receive({ method, url, headers, body })
    })
  )
}

const declaredLength = (request: HttpServerRequest.HttpServerRequest): number =>
  Number(request.headers["content-length"] ?? 0)

const readBody = <E, R>(
  receiver: Receiver<E, R>,
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<Uint8Array, Rejection> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  return Stream.runForEach(
    Stream.mapError(request.stream, (): Rejection => "BodyUnreadable"),
    (chunk) => {
      size += chunk.byteLength
      chunks.push(chunk)
      const rejection = receiver.checkSize(size)
      return rejection === undefined ? Effect.void : Effect.fail(rejection)
    }
  ).pipe(
    Effect.timeoutOrElse({ duration: receiver.bodyTimeoutMillis, orElse: () => Effect.fail<Rejection>("BodyTimeout") }),
    Effect.map(() => concatenate(chunks, size))
  )
}

const concatenate = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}

// `request.headers` joins repeated headers or keeps one of them; only the server's own list shows that there were two.
const headersOf = (request: HttpServerRequest.HttpServerRequest): ReadonlyArray<Header> => {
  const raw = "rawHeaders" in request.source ? request.source.rawHeaders : undefined
  return Array.isArray(raw) ? pairs(raw) : Object.entries(request.headers)
}

const pairs = (raw: ReadonlyArray<unknown>): ReadonlyArray<Header> =>
  Array.from({ length: Math.floor(raw.length / 2) }, (_, index): Header => [
    String(raw[2 * index]),
    String(raw[2 * index + 1])
  ])
    // HTTP/2 lists its pseudo-headers too.
    .filter(([name]) => !name.startsWith(":"))
