/**
 * Receives webhooks: reads, verifies, stores and answers, and leaves the handling to the inbox.
 *
 * **When to use**
 *
 * Merge a {@link route} into an `HttpRouter`; or make a {@link toWebHandler} for a server or an edge worker that speaks the
 * Fetch standard; or, for `node:http` and Express, a `WebhookListener` of `@causeway/node`. For any other server, give
 * {@link handle} the request as plain data. One receiver has one source, or many under one path, with the same secrets for
 * all or those of a tenant.
 *
 * **Details**
 *
 * | answer | when |
 * |---|---|
 * | 200 `stored`, or the `acknowledgement` | new, or an id that was seen before with another body (kept aside) |
 * | 200 `duplicate`, or the `acknowledgement` | seen before |
 * | 200 without a body | a probe that the scheme names, such as a HEAD |
 * | the handshake's | a challenge of the provider: unsigned where its scheme has such, signed ones once they are verified |
 * | 400, 401 | the signature is missing or malformed; is wrong or too old, or its tenant is unknown |
 * | 403 | a challenge shows a wrong verify token |
 * | 404 | the path names no source |
 * | 405, 408, 413, 415 | another method; the body took too long, or is too large; is compressed, or of another type |
 * | 503 with `Retry-After` | it could not be stored, or our own secrets are wrong: the provider shall send it again |
 *
 * The body of an answer names a category only, or is the `refusal` of the scheme. The reason goes to the log and to
 * `onOutcome`, neither of which shows a secret, a signature or a body.
 *
 * Under a path with `:tenant`, `secrets` is a function. An unknown tenant is verified with secrets that nobody has, as many
 * as a known one's are filled up to: the answer and the work are those of a wrong signature. The id of its events is the
 * tenant, `/` and the provider's id ({@link tenantOf} takes it apart), so that a duplicate is one of the same tenant.
 *
 * Where a tracer is provided, a delivery is a span `receive <source>`, whose context the inbox keeps with the event. The
 * metrics are `causeway_webhooks_received` (source, outcome), `causeway_webhooks_refused` (source, reason) and
 * `causeway_webhook_answer_duration` (source), in milliseconds from the last byte of the request.
 *
 * **Gotchas**
 *
 * - The raw bytes are read: nothing in front of the receiver may consume the body.
 * - Schemes that sign the URL need `publicUrl` or `publicOrigin`: behind a proxy the server does not see what was called.
 * - The deadline for the body begins when the headers are there; the server's own limits guard the time before.
 * - A `Request` of the Fetch standard joins repeated headers, so that only the other entrances see that there were two.
 * - The function that finds a tenant's secrets takes its own time: what it asks should be as fast for unknown tenants, and
 *   it should give the same `Redacted` again, with which its key is kept.
 *
 * **Example** (Two sources under one path, and a request that is not signed)
 *
 * ```ts
 * import { Inbox, SignatureScheme, WebhookReceiver } from "@causeway/core/webhook"
 * import { Effect, Redacted } from "effect"
 *
 * const secrets = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const scheme = SignatureScheme.standardWebhooks
 *
 * const receive = WebhookReceiver.handle({
 *   path: "/hooks/:source",
 *   sources: { acme: { scheme, secrets }, umbrella: { scheme, secrets } }
 * })
 *
 * const body = new TextEncoder().encode("{}")
 * const program = receive({ method: "POST", url: "https://example.com/hooks/acme", headers: [], body })
 * const answer = await Effect.runPromise(program.pipe(Effect.provide(Inbox.layerMemory)))
 * console.assert(answer.status === 400)
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer, ManagedRuntime } from "effect"
import type { Duration, Redacted } from "effect"
import { HttpRouter } from "effect/http"
import type { Arrival, Inbox } from "./Inbox.ts"
import type { Put } from "./InboxStore.ts"
import type * as Described from "./internal/receiving/options.ts"
import * as Machine from "./internal/receiving/machine.ts"
import type * as Kept from "./internal/receiving/reception.ts"
import * as NodeRequest from "./internal/receiving/nodeRequest.ts"
import * as Bodies from "./internal/receiving/Reading.ts"
import * as Router from "./internal/receiving/router.ts"
import type * as Secret from "./internal/receiving/secrets.ts"
import * as TenantIds from "./internal/receiving/tenantIds.ts"
import * as Web from "./internal/receiving/web.ts"
import type { SignatureScheme } from "./SignatureScheme.ts"
import type { WebhookError } from "./WebhookError.ts"
import type { Header } from "./WebhookEvent.ts"
import type { Service as Keys } from "./WebhookKeys.ts"
import type { Verified } from "./WebhookVerifier.ts"
import { checkReceiver } from "./internal/optionChecks.ts"

/**
 * One secret, or several that are accepted side by side.
 *
 * @since 0.1.0
 * @category models
 */
export type SecretValues = Secret.SecretValues

/**
 * The secrets that verify: one, or the current and the previous ones, as they are or from an Effect such as a `Config`.
 * An Effect runs when the layer is built, so that a missing secret fails at once, and again for each request, so that a
 * rotated one is seen. Under a path with `:tenant` it is a function, which says `undefined` of a tenant it does not know.
 *
 * @since 0.1.0
 * @category models
 */
export type Secrets<E = never, R = never> = Secret.Secrets<E, R>

/**
 * How a request ended; `onOutcome` gets one for each.
 *
 * - `Stored`, `Duplicate`, `Conflicting`: what the inbox did with a verified event; `Accepted` when `onEvent` took it
 *   instead. `unsigned` is what the signature does not cover.
 * - `Answered`: a challenge of the provider was answered.
 * - `Refused`: `reason` is the tag of the `WebhookError`'s reason, or a {@link Rejection}.
 * - `Failed`: it could not be stored, or our secrets are wrong.
 *
 * `source` is empty where the path names none.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome = Kept.Outcome

/**
 * Why a request was refused for another reason than its signature.
 *
 * @since 0.1.0
 * @category models
 */
export type Rejection = Kept.Rejection

/**
 * One source: who sends, and how that is verified.
 *
 * @since 0.1.0
 * @category options
 */
export interface Source<E = never, R = never> extends Described.Source<E, R> {
  readonly scheme: SignatureScheme
  readonly secrets: Secrets<E, R>
  /**
   * The whole URL as the provider calls it, for schemes that sign it. Without a query, that of the request is added. Default:
   * the URL of the request.
   */
  readonly publicUrl?: string | undefined
  /**
   * The origin that the provider calls, before the path and the query of the request; with the prefix of the path that a
   * proxy removes, such as `https://example.com/api`.
   */
  readonly publicOrigin?: string | undefined
  /**
   * The media types that are taken, such as `application/json`, which covers those that end in `+json`; a delivery must
   * name one of them. Default: those of the scheme, of a delivery that names any, or any.
   */
  readonly contentTypes?: ReadonlyArray<string> | undefined
  /** In bytes. Default: that of the receiver, else the largest body that the provider sends, and at least 1 MiB. */
  readonly maxBodySize?: number | undefined
  /**
   * Whether a delivery that holds several events is stored as that many events, where the scheme says how. Default: `true`.
   */
  readonly splitBatches?: boolean | undefined
  /**
   * Computes the answer to an event that was stored, such as the message of a Discord command, TwiML, or the actions of an Okta
   * hook. The answer is kept with the event: a repeated delivery gets the same one. When it fails, or takes longer than
   * `answerWithin`, the acknowledgement is sent. Default: the acknowledgement.
   */
  readonly respond?: ((arrival: Arrival, verified: Verified) => Effect.Effect<Response, unknown, R>) | undefined
  /**
   * How long after a delivery came it is answered at the latest, where `respond` computes the answer. Default: 500 milliseconds
   * less than the provider waits, or 2.5 seconds where it does not say.
   */
  readonly answerWithin?: Duration.Input | undefined
  /** The answer to a verified event. Default: that of the scheme, or 200 `stored` or `duplicate`. */
  readonly acknowledgement?: Acknowledgement | undefined
  /** The tokens that we gave to the provider to show with an unsigned challenge. Default: none. */
  readonly verifyTokens?: Secrets<E, R> | undefined
  /**
   * Stores the secret that a provider offers with its first request, or says `false` when none is awaited. Default: none
   * is. Anyone could offer one: say `true` only between asking for a subscription and the first offer.
   */
  readonly acceptSecret?: ((offer: Offer) => Effect.Effect<boolean, E, R>) | undefined
  /** `WebhookKeys.WebhookKeys`, for schemes that verify with keys of the provider's. */
  readonly keys?: Effect.Effect<Keys, E, R> | undefined
  /**
   * Whether the URL that confirms a subscription is fetched, with `keys`, before it is answered; otherwise the request
   * is stored as an event. The secrets name the topics that are allowed. Default: `true`.
   */
  readonly confirmSubscriptions?: boolean | undefined
}

/**
 * A computed answer to an event. Defaults: status 200, no body, JSON.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response extends Described.Response {
  /** From 200 to 599; 204 and 304 have no body. */
  readonly status?: number | undefined
  readonly body?: string | undefined
  readonly contentType?: string | undefined
}

/**
 * The answer to a verified event. Defaults: status 200, `stored` or `duplicate`, plain text.
 *
 * @since 0.1.0
 * @category options
 */
export interface Acknowledgement extends Described.Acknowledgement {
  /** From 200 to 299; 204 has no body. */
  readonly status?: number | undefined
  readonly body?: string | undefined
  readonly contentType?: string | undefined
}

/**
 * A secret that a provider offers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Offer extends Described.Offer {
  readonly source: string
  readonly tenant: string | undefined
  readonly secret: Redacted.Redacted<string>
}

/**
 * What all sources of a receiver have in common.
 *
 * @since 0.1.0
 * @category options
 */
export interface Common<R2 = Inbox> extends Described.Limits, Described.Hooks<R2> {
  /**
   * Where the receiver is: a path, in which `:source` stands for the name of one of many and `:tenant` for a tenant.
   * Default, where there is neither: any.
   */
  readonly path?: HttpRouter.PathInput | undefined
  /** Of all sources, in bytes. Default: see {@link Source}. */
  readonly maxBodySize?: number | undefined
  /** How long the body may take. Default: 10 seconds. */
  readonly bodyTimeout?: Duration.Input | undefined
  /** How long finding the secrets may take. Default: 5 seconds. */
  readonly secretsTimeout?: Duration.Input | undefined
  /** How long storing may take. Default: 10 seconds. */
  readonly storeTimeout?: Duration.Input | undefined
  /** What to do with a verified event. A failure is answered with 503. Default: stores it in the `Inbox`. */
  readonly onEvent?: ((arrival: Arrival, verified: Verified) => Effect.Effect<Put | void, unknown, R2>) | undefined
  /** Sees how each request ended, before it is answered. */
  readonly onOutcome?: ((outcome: Outcome) => Effect.Effect<unknown>) | undefined
}

/**
 * A receiver of one source.
 *
 * @since 0.1.0
 * @category options
 */
export interface OneSource<E = never, R = never, R2 = Inbox> extends Source<E, R>, Common<R2> {
  /** The name under which the inbox keeps the events, such as `"github"`. */
  readonly source: string
}

/**
 * A receiver of many sources.
 *
 * @since 0.1.0
 * @category options
 */
export interface ManySources<E = never, R = never, R2 = Inbox> extends Common<R2> {
  /** The sources by the names that stand in the path, and under which the inbox keeps their events. */
  readonly sources: Readonly<Record<string, Source<E, R>>>
}

/**
 * Options of a receiver: one {@link OneSource} or {@link ManySources}.
 *
 * @since 0.1.0
 * @category options
 */
export type Options<E = never, R = never, R2 = Inbox> = OneSource<E, R, R2> | ManySources<E, R, R2>

/**
 * Any {@link Options}.
 *
 * @since 0.1.0
 * @category options
 */
export type AnyOptions = Options<unknown, unknown, unknown>

/**
 * Lets no other options pass than there are.
 *
 * @since 0.1.0
 * @category options
 */
export type Known<O> = {
  readonly [Name in Exclude<keyof O, keyof OneSource | keyof ManySources>]: never
}

/**
 * With what finding the secrets of a receiver fails, given its options.
 *
 * @since 0.1.0
 * @category models
 */
export type ErrorOf<O> = Effect.Error<Asked<SourceOf<O>>>

/**
 * The services that a receiver needs, given its options: those of its sources, and of `onEvent` or the inbox.
 *
 * @since 0.1.0
 * @category models
 */
export type ServicesOf<O> =
  | Effect.Services<Asked<SourceOf<O>>>
  | Effect.Services<Responded<SourceOf<O>>>
  | (O extends { readonly onEvent: (...args: never) => infer Taken } ? Effect.Services<Taken> : Inbox)

type SourceOf<O> = O extends { readonly sources: infer Sources } ? Sources[keyof Sources] : O

type Asked<S> = S extends unknown ? Result<S[keyof S & ("secrets" | "verifyTokens" | "acceptSecret" | "keys")]> : never

type Responded<S> = S extends unknown ? Result<S[keyof S & "respond"]> : never

type Result<A> = A extends (...args: never) => infer B ? Extract<B, AnyEffect> : Extract<A, AnyEffect>

type AnyEffect = Effect.Effect<unknown, unknown, unknown>

/**
 * A request before its body is read. Header names may be in any case, and repeated ones must be there.
 *
 * @since 0.1.0
 * @category models
 */
export interface Head extends Kept.Head {}

/**
 * A request as plain data.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request extends Head {
  readonly body: Uint8Array
}

/**
 * The answer to a request as plain data.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer extends Kept.Answer {}

/**
 * One request, from its head to its answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reception<R> extends Kept.Reception<R> {}

/**
 * An answer, or what will give one.
 *
 * @since 0.1.0
 * @category models
 */
export type Answering<R> = Kept.Answering<R>

/**
 * What receives, for who writes an entrance of another server. Open a {@link Reception} with the head of a request; where
 * it has a `rejection`, answer with that and leave the body alone; else read the body, no more of it than `maxBodySize`
 * and no longer than `bodyTimeoutMillis`, and let it be received.
 *
 * @since 0.1.0
 * @category models
 */
export interface Receiver<E, R> extends Machine.Machine<E, R> {
  readonly maxBodySize: number
  readonly bodyTimeoutMillis: number
  /** Fails when the secrets can't be had or don't fit their scheme; those of tenants are not looked at. */
  readonly checkSecrets: Effect.Effect<void, E | WebhookError, R>
  readonly open: (head: Head) => Reception<R>
}

/**
 * What a body is read from by {@link readBody}: a request of `node:http`, or what is like one.
 *
 * @since 0.1.0
 * @category models
 */
export interface BodySource extends Bodies.BodySource {}

/**
 * How {@link readBody} reads a body, and what it calls, once, when it has it or can't have it.
 *
 * @since 0.1.0
 * @category options
 */
export interface BodyReader extends Bodies.Reader {}

/**
 * A body that is being read.
 *
 * @since 0.1.0
 * @category models
 */
export interface BodyReading extends Bodies.BodyReading {}

/**
 * Reads the body of a request of `node:http` under a cap and a deadline, for who writes an entrance of a server that has
 * such requests. What comes after a refusal is let pass, up to 16 times the cap and for as long again, so that the client
 * gets its answer and the connection can be used again; then the connection is closed.
 *
 * @since 0.1.0
 * @category receiving
 */
export const readBody = (source: BodySource, reader: BodyReader): BodyReading => new Bodies.Reading(source, reader)

/**
 * The headers of a {@link Head}, from the flat list of names and values in the `rawHeaders` of `node:http`.
 *
 * @since 0.1.0
 * @category receiving
 */
export const headersOf = (rawHeaders: ReadonlyArray<string>): ReadonlyArray<Header> => NodeRequest.pairs(rawHeaders)

/**
 * Makes a receiver. Throws `InvalidOption` for options that make no sense.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const O extends AnyOptions>(options: O & Known<O>): Receiver<ErrorOf<O>, ServicesOf<O>> => {
  checkReceiver("", options)
  // What can fail, and what is needed, is what the types of the options say.
  return Machine.make(settingsOf(options)) as Receiver<ErrorOf<O>, ServicesOf<O>>
}

const settingsOf = (options: AnyOptions): Described.Settings<unknown, unknown, unknown> => ({
  ...options,
  path: options.path,
  sources: "sources" in options ? options.sources : { [options.source]: options }
})

/**
 * Receives a request whose body was read, for any server. It never fails. Throws `InvalidOption` for options that make
 * no sense.
 *
 * @since 0.1.0
 * @category receiving
 */
export const handle = <const O extends AnyOptions>(
  options: O & Known<O>
): ((request: Request) => Effect.Effect<Answer, never, ServicesOf<O>>) => {
  const receiver = make<O>(options)
  return (request) => {
    const reception = receiver.open(request)
    const { rejection } = reception
    return rejection === undefined ? reception.receive(request.body) : reception.reject(rejection)
  }
}

/**
 * The route, as a Layer to merge into a router. It fails to build when the secrets can't be had or don't fit the scheme.
 *
 * @since 0.1.0
 * @category layers
 */
export const route = <const O extends AnyOptions>(
  options: O & Known<O> & { readonly path: HttpRouter.PathInput }
): Layer.Layer<never, ErrorOf<O> | WebhookError, HttpRouter.HttpRouter | ServicesOf<O>> => {
  const receiver = make<O>(options)
  return Layer.effectDiscard(
    Effect.gen(function* () {
      yield* receiver.checkSecrets
      const router = yield* HttpRouter.HttpRouter
      const context = yield* Effect.context<ServicesOf<O>>()
      yield* router.add("*", options.path, (request) => Router.answer(receiver, context, request))
    })
  )
}

/**
 * A function from `Request` to `Response`, for servers and edge workers that speak the Fetch standard. What it needs is
 * built at the first request, which fails when the secrets can't be had or don't fit, as all later ones do; `dispose` lets
 * go of it. Throws `InvalidOption` for options that make no sense.
 *
 * @since 0.1.0
 * @category receiving
 */
export const toWebHandler = <const O extends AnyOptions, E>(
  options: O & Known<O>,
  layer: Layer.Layer<ServicesOf<O>, E>
): WebHandler => {
  const receiver = make<O>(options)
  const checked = Layer.effectDiscard(receiver.checkSecrets).pipe(Layer.provideMerge(layer))
  const runtime = ManagedRuntime.make(checked)
  return {
    handler: (request) => runtime.runPromise(Web.answer(receiver, request)),
    dispose: () => runtime.dispose()
  }
}

/**
 * A handler of the Fetch standard.
 *
 * @since 0.1.0
 * @category models
 */
export interface WebHandler {
  readonly handler: (request: globalThis.Request) => Promise<globalThis.Response>
  readonly dispose: () => Promise<void>
}

/**
 * The tenant of an event, and the id that the provider gave it, given the id under which it is stored; `undefined` where
 * that was not made by a receiver with tenants.
 *
 * @since 0.1.0
 * @category tenants
 */
export const tenantOf = (storedId: string): { readonly tenant: string; readonly id: string } | undefined =>
  TenantIds.split(storedId)
