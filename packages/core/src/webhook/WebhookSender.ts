/**
 * Sends one event to one URL: signed anew at each attempt, retried by a `Schedule`, and kept when it is given up.
 *
 * **When to use**
 *
 * To pass an event on from inside a handler of the inbox, or from any place that can wait for the outcome.
 *
 * **Details**
 *
 * | default | |
 * |---|---|
 * | scheme | Standard Webhooks |
 * | retry | 1 second, doubling, with jitter; 5 attempts |
 * | timeout | 15 seconds an attempt |
 * | longest `Retry-After` that is waited for | 60 seconds |
 *
 * The id is drawn once and is the same at each attempt; timestamp and signature are fresh. Any 2xx is a delivery. 408,
 * 425, 429, 5xx, timeouts and broken connections are tried again, by the same engine that runs every call; everything
 * else (410, other 4xx, redirects, which are not followed) is final. What is given up becomes a dead letter in the
 * `InboxStore`, with its body and the history of its attempts.
 *
 * **Gotchas**
 *
 * - An event is in the store only after it was given up: a crash, or an interruption, while it is being sent loses it.
 * - Any URL is called: when a stranger chose it, it may point into your own network.
 * - A dead letter holds the URL, whose path or query may be a secret; lists and errors name the destination instead.
 *
 * **Example** (Nobody listens, and the event is kept)
 *
 * ```ts
 * import { InboxStoreMemory, WebhookSender } from "@causeway/core/webhook"
 * import { Effect, Layer, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const program = Effect.gen(function* () {
 *   const sender = yield* WebhookSender.WebhookSender
 *   const failed = yield* Effect.flip(
 *     sender.send({
 *       url: "http://127.0.0.1:1/hooks",
 *       event: { type: "invoice.paid", data: { id: "in_1" } },
 *       secret: Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 *     })
 *   )
 *   return [failed, yield* sender.deadLetters()] as const
 * })
 *
 * const layer = WebhookSender.layer({ retry: null }).pipe(
 *   Layer.provide([FetchHttpClient.layer, InboxStoreMemory.layer()])
 * )
 * const [failed, dead] = await Effect.runPromise(program.pipe(Effect.provide(layer)))
 * console.assert(failed._tag === "DeliveryFailed" && failed.attempts === 1 && dead.length === 1)
 * ```
 *
 * @see https://www.standardwebhooks.com
 * @since 0.1.0
 */
import { Clock, Context, Data, DateTime, Duration, Effect, Exit, Layer, Random, Result, Schedule, Schema } from "effect"
import type { Redacted } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import { createHash } from "node:crypto"
import * as CallError from "../policy/CallError.ts"
import * as Engine from "../policy/Engine.ts"
import * as Exchange from "../policy/Exchange.ts"
import * as Failure from "../policy/Failure.ts"
import * as Policy from "../policy/Policy.ts"
import * as Retry from "../policy/Retry.ts"
import * as Attempt from "./Attempt.ts"
import { InboxStore } from "./InboxStore.ts"
import type { InboxStoreError, Page, Service as Store } from "./InboxStore.ts"
import * as SignatureScheme from "./SignatureScheme.ts"
import { Reason, WebhookError } from "./WebhookError.ts"
import type { Summary, WebhookEvent } from "./WebhookEvent.ts"
import * as WebhookSigner from "./WebhookSigner.ts"

/**
 * How an event is signed: the secret, or several where the scheme has a list of signatures, and the scheme.
 *
 * @since 0.1.0
 * @category models
 */
export interface Signing {
  readonly secret: Redacted.Redacted<string> | ReadonlyArray<Redacted.Redacted<string>>
  /** Default: Standard Webhooks. */
  readonly scheme?: SignatureScheme.SignatureScheme | undefined
}

/**
 * An event as Standard Webhooks shapes it: `{ type, timestamp, data }`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Event {
  /** Default: `msg_` and 24 random letters and digits. */
  readonly id?: string | undefined
  readonly type: string
  /** When it happened, in epoch milliseconds. Default: now. */
  readonly timestamp?: number | undefined
  /** Anything that JSON can hold. */
  readonly data: unknown
}

/**
 * A body that is sent as it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawEvent {
  /** Default: `msg_` and 24 random letters and digits. */
  readonly id?: string | undefined
  readonly type?: string | undefined
  readonly body: Uint8Array
  /** Default: `application/json`. */
  readonly contentType?: string | undefined
}

/**
 * What to send, where to, and how to sign it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Message extends Signing {
  readonly url: string
  readonly event: Event | RawEvent
  /** The receiver's name in lists, errors and logs. Default: the URL's origin and a digest of the rest. */
  readonly destination?: string | undefined
}

/**
 * An event that was delivered. `attempts` counts the first one; `status` is the receiver's 2xx.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivered {
  readonly id: string
  readonly attempts: number
  readonly status: number
  readonly elapsed: Duration.Duration
}

/**
 * Why a delivery failed.
 *
 * @since 0.1.0
 * @category errors
 */
export type FailureReason = CallError.TransportFailure | CallError.UnexpectedStatus | Engine.PolicyError

/**
 * An event that was given up. `deadLetter` is its key in the store; it is missing when it could not be stored either.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeliveryFailed extends Data.TaggedError("DeliveryFailed")<{
  readonly id: string
  readonly destination: string
  readonly attempts: number
  readonly elapsed: Duration.Duration
  readonly reason: FailureReason
  readonly deadLetter: number | undefined
}> {
  override get message(): string {
    return `The event ${this.id} was given up: ${this.reason.message}`
  }
}

/**
 * There is no dead letter of an outgoing event with this key.
 *
 * @since 0.1.0
 * @category errors
 */
export class DeadLetterNotFound extends Data.TaggedError("DeadLetterNotFound")<{ readonly key: number }> {
  override get message(): string {
    return `There is no dead letter of an outgoing event with the key ${this.key}`
  }
}

/**
 * What the sender does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Sends an event. Fails with `WebhookError` when it can't be signed, or the URL or the data make no sense. */
  readonly send: (message: Message) => Effect.Effect<Delivered, DeliveryFailed | WebhookError>
  /** Lists the events that were given up, without their bodies. */
  readonly deadLetters: (
    page?: Pick<Page, "limit" | "after"> & { readonly destination?: string | undefined }
  ) => Effect.Effect<ReadonlyArray<Summary>, InboxStoreError>
  /** Sends a dead letter again, under its old id; it stays one when it fails again. */
  readonly replay: (
    key: number,
    signing: Signing
  ) => Effect.Effect<Delivered, DeliveryFailed | WebhookError | DeadLetterNotFound | InboxStoreError>
}

/**
 * The sender of webhooks.
 *
 * @since 0.1.0
 * @category services
 */
export class WebhookSender extends Context.Service<WebhookSender, Service>()("causeway/webhook/WebhookSender") {}

/**
 * Makes a sender. `policy` overrides the defaults slot by slot; `null` switches a slot off. Breaker and rate limit are
 * kept per destination. Throws `InvalidOption` for options that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (policy: Policy.Policy = {}): Effect.Effect<Service, never, HttpClient.HttpClient | InboxStore> => {
  const compiled = compiledOf(policy)
  return Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const store = yield* InboxStore
    const state = Engine.makeState()
    const engineFor = (destination: string) =>
      Engine.make({
        call: { integration: "webhooks", endpoint: "send", method: "POST", url: destination },
        policy: compiled,
        state,
        keyOf: () => destination
      })
    return makeService(store, (letter, history) => attemptAll(client, engineFor(letter.destination), letter, history))
  })
}

/**
 * A sender over the `HttpClient`, with its dead letters in the store.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (policy?: Policy.Policy): Layer.Layer<WebhookSender, never, HttpClient.HttpClient | InboxStore> =>
  Layer.effect(WebhookSender, make(policy))

const compiledOf = (policy: Policy.Policy) => {
  // A merge would take what is no record for an empty one.
  Policy.compile(policy)
  return Policy.compile(Policy.merge(defaultPolicy, policy))
}

const defaultPolicy: Policy.Policy = {
  timeout: "15 seconds",
  retry: Retry.make({ schedule: Schedule.exponential("1 second").pipe(Schedule.jittered), attempts: 5 })
}

/** An event that is ready to be signed and sent. */
interface Letter {
  readonly id: string
  readonly type: string | undefined
  readonly body: Uint8Array
  readonly contentType: string
  readonly url: string
  readonly destination: string
  readonly secret: Signing["secret"]
  readonly scheme: SignatureScheme.SignatureScheme
}

/** Makes the attempts, writes them down in `history`, and returns the status of the one that succeeded. */
type Deliver = (letter: Letter, history: Array<Attempt.Attempt>) => Effect.Effect<number, FailureReason | WebhookError>

const makeService = (store: Store, deliver: Deliver): Service => {
  const bury = (letter: Letter, history: ReadonlyArray<Attempt.Attempt>) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      return yield* store.bury({
        source: letter.destination,
        id: letter.id,
        type: letter.type,
        headers: [["content-type", letter.contentType]],
        body: letter.body,
        digest: sha256(letter.body),
        now,
        target: letter.url,
        history
      })
    }).pipe(
      Effect.catch((error) => {
        const names = { id: letter.id, destination: letter.destination }
        return Effect.as(Effect.logError(error.message, error.cause).pipe(Effect.annotateLogs(names)), undefined)
      })
    )

  const sendLetter = (letter: Letter, onDelivered: (history: ReadonlyArray<Attempt.Attempt>) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      const history: Array<Attempt.Attempt> = []
      const startedAt = yield* Clock.currentTimeMillis
      const result = yield* Effect.result(deliver(letter, history))
      const elapsed = Duration.millis((yield* Clock.currentTimeMillis) - startedAt)
      const { destination, id } = letter
      const attempts = history.length
      if (Result.isSuccess(result)) {
        yield* onDelivered(history)
        return { id, attempts, status: result.success, elapsed }
      }
      const reason = result.failure
      if (reason._tag === "WebhookError") return yield* reason
      const deadLetter = yield* bury(letter, history)
      return yield* new DeliveryFailed({ id, destination, attempts, elapsed, reason, deadLetter })
    })

  return {
    send: (message) => Effect.flatMap(compose(message), (letter) => sendLetter(letter, () => Effect.void)),
    deadLetters: ({ after, destination, limit } = {}) =>
      store.list({ direction: "out", status: "dead", source: destination, after, limit }),
    replay: (key, signing) =>
      Effect.gen(function* () {
        const event = yield* store.get(key)
        if (event?.direction !== "out" || event.status !== "dead") return yield* new DeadLetterNotFound({ key })
        return yield* sendLetter(reopen(event, signing), (history) =>
          Effect.ignore(store.exhume(key, history), { log: "Warn" })
        )
      })
  }
}

const compose = (message: Message): Effect.Effect<Letter, WebhookError> =>
  Effect.gen(function* () {
    const scheme = message.scheme ?? SignatureScheme.standardWebhooks
    const url = yield* parseUrl(scheme, message.url)
    const { event } = message
    return {
      id: event.id ?? (yield* drawId),
      type: event.type,
      body: "body" in event ? event.body : yield* encode(scheme, event),
      contentType: ("body" in event ? event.contentType : undefined) ?? "application/json",
      url: url.href,
      destination: message.destination ?? nameOf(url),
      secret: message.secret,
      scheme
    }
  })

const reopen = (event: WebhookEvent, { scheme, secret }: Signing): Letter => ({
  id: event.id,
  type: event.type,
  body: event.body,
  contentType: event.headers.find(([name]) => name === "content-type")?.[1] ?? "application/json",
  url: event.target ?? "",
  destination: event.source,
  secret,
  scheme: scheme ?? SignatureScheme.standardWebhooks
})

const invalid = (scheme: SignatureScheme.SignatureScheme, option: string, expected: string): WebhookError =>
  new WebhookError({ scheme: scheme.id, reason: Reason.InvalidInput({ option, expected }) })

const parseUrl = (scheme: SignatureScheme.SignatureScheme, text: string): Effect.Effect<URL, WebhookError> => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol)
    ? Effect.succeed(url)
    : Effect.fail(invalid(scheme, "url", "an absolute http or https URL"))
}

/** Paths and queries of webhook URLs are often secrets, so that a digest must tell two of one origin apart. */
const nameOf = (url: URL): string => `${url.origin}#${sha256(new TextEncoder().encode(url.href)).slice(0, 12)}`

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex")

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

const drawId = Effect.map(
  Effect.replicateEffect(Random.nextIntBetween(0, letters.length, { halfOpen: true }), 24),
  (indices) => `msg_${indices.map((index) => letters.charAt(index)).join("")}`
)

const encode = (scheme: SignatureScheme.SignatureScheme, event: Event): Effect.Effect<Uint8Array, WebhookError> =>
  Effect.gen(function* () {
    const timestamp = DateTime.formatIso(DateTime.makeUnsafe(event.timestamp ?? (yield* Clock.currentTimeMillis)))
    const text = yield* encodeJson({ type: event.type, timestamp, data: event.data })
    return new TextEncoder().encode(text)
  }).pipe(Effect.mapError(() => invalid(scheme, "event.data", "JSON")))

const encodeJson = Schema.encodeUnknownEffect(Schema.fromJsonString(Schema.Json))

const attemptAll = (
  client: HttpClient.HttpClient,
  engine: Engine.Engine,
  letter: Letter,
  history: Array<Attempt.Attempt>
): Effect.Effect<number, FailureReason | WebhookError> =>
  Engine.run(engine, {
    // Receivers deduplicate by the id, which stays.
    idempotent: true,
    replayable: true,
    request: letter.destination,
    options: {},
    attempt: (attempt) => recordIn(history, attempt.number, attemptOnce(client, letter, attempt))
  })

type AttemptFailure = Engine.AttemptFailure<FailureReason | WebhookError>

const recordIn = (
  history: Array<Attempt.Attempt>,
  number: number,
  attempt: Effect.Effect<number, AttemptFailure>
): Effect.Effect<number, AttemptFailure> =>
  Effect.flatMap(Clock.currentTimeMillis, (startedAt) =>
    Effect.onExit(attempt, (exit) =>
      Effect.map(Clock.currentTimeMillis, (endedAt) => {
        history.push({ number, startedAt, endedAt, ...outcomeOf(exit) })
      })
    )
  )

const outcomeOf = (exit: Exit.Exit<number, AttemptFailure>): Pick<Attempt.Attempt, "outcome" | "error"> => {
  if (Exit.isSuccess(exit)) return { outcome: "handled", error: undefined }
  // The engine interrupts an attempt that takes too long; when the caller does, nobody reads this.
  if (Exit.hasInterrupts(exit)) return { outcome: "failed", error: { tag: "Timeout", message: "It took too long" } }
  const failure = Exit.findErrorOption(exit)
  const error = failure._tag === "Some" ? failure.value.error : undefined
  return { outcome: "failed", error: Attempt.describeError(error, "Defect") }
}

const attemptOnce = (
  client: HttpClient.HttpClient,
  letter: Letter,
  attempt: Engine.Attempt
): Effect.Effect<number, AttemptFailure> =>
  Effect.gen(function* () {
    const request = yield* Effect.mapError(sign(letter), unsigned)
    const response = yield* Effect.mapError(Exchange.send(client, request), (broken) => unreached(broken, attempt))
    // The verdict is in the head; a receiver that dawdles over the rest must not turn a delivery into a timeout.
    yield* Effect.timeoutOption(Exchange.discard(response), "1 second")
    const { headers, status } = response
    const verdict = Failure.classify({ status, headers, now: yield* Clock.currentTimeMillis })
    if (verdict.category === "success") return status
    return yield* Effect.fail(answered(status, { ...verdict, category: verdict.category }, headers, attempt))
  })

const sign = (letter: Letter): Effect.Effect<HttpClientRequest.HttpClientRequest, WebhookError> =>
  Effect.gen(function* () {
    const timestamp = yield* Clock.currentTimeMillis
    const { body, id, scheme, secret, type, url } = letter
    const headers = yield* Effect.fromResult(
      WebhookSigner.sign(scheme, { body, id, type, url, method: "POST", secret, timestamp })
    )
    return HttpClientRequest.post(url).pipe(
      HttpClientRequest.bodyUint8Array(body, letter.contentType),
      HttpClientRequest.setHeaders(headers)
    )
  })

const unsigned = (error: WebhookError): AttemptFailure => ({
  error,
  category: "invalid",
  retryAfter: undefined,
  sent: false,
  declared: true
})

const unreached = (broken: Exchange.Broken, attempt: Engine.Attempt): AttemptFailure => {
  const { category, code, detail, reason, sent } = broken
  const error = new CallError.TransportFailure({ ...attempt.info(), category, reason, code, detail })
  return { error, category, retryAfter: undefined, sent, declared: false, isUncounted: Exchange.isUncounted(broken) }
}

const answered = (
  status: number,
  { category, retryAfter }: { readonly category: Failure.Category; readonly retryAfter: Duration.Duration | undefined },
  headers: Readonly<Record<string, string | undefined>>,
  attempt: Engine.Attempt
): AttemptFailure => {
  const info = attempt.info(Exchange.requestId(headers))
  const error = new CallError.UnexpectedStatus({
    ...info,
    category,
    status,
    body: "",
    retryAfter,
    contentType: undefined,
    issue: undefined
  })
  return { error, category, retryAfter, sent: true, declared: false, status, requestId: info.requestId }
}
