import { Cause, type Context, Duration, Effect, Exit, Option, type Redacted, Result, type Tracer } from "effect"
import * as AtOnce from "../../../policy/internal/AtOnce.ts"
import { timeLimited } from "../../../policy/internal/engine/timeLimit.ts"
import * as Attempt from "../../Attempt.ts"
import * as Handshake from "../../Handshake.ts"
import type { Arrival } from "../../Inbox.ts"
import type { Put } from "../../InboxStore.ts"
import type { Refusal } from "../../SignatureScheme.ts"
import { Reason, WebhookError } from "../../WebhookError.ts"
import type { Service as Keys } from "../../WebhookKeys.ts"
import type * as WebhookVerifier from "../../WebhookVerifier.ts"
import * as DeliveryHeaders from "../deliveryHeaders.ts"
import { byBody } from "../identity.ts"
import * as Judging from "../judging.ts"
import * as Answers from "./answers.ts"
import * as Events from "./events.ts"
import * as Heads from "./head.ts"
import type { Hooks } from "./options.ts"
import {
  type Answer,
  type Answering,
  effectOf,
  type Ending,
  type Head,
  type Outcome,
  type Reception,
  type Rejection,
  type Where
} from "./reception.ts"
import * as Responses from "./responses.ts"
import { type Source, urlOf } from "./source.ts"
import * as Telemetry from "./telemetry.ts"
import * as TenantIds from "./tenantIds.ts"

export type EventTaker<R> = NonNullable<Hooks<R>["onEvent"]>

/** What is done with all events of a delivery that holds several. */
export type ItemsTaker<R> = (
  arrivals: ReadonlyArray<Arrival>,
  verified: WebhookVerifier.Verified
) => Effect.Effect<ReadonlyArray<Put | void>, unknown, R>

/** The answers that deliveries were given. */
export interface AnswerStore<R> {
  readonly find: (key: number) => Effect.Effect<Option.Option<Answer>, unknown, R>
  readonly keep: (key: number, answer: Answer) => Effect.Effect<void, unknown, R>
}

/** What all sources of a receiver have in common. */
export interface Shop<R> {
  readonly secretsTimeoutMillis: number
  readonly storeTimeoutMillis: number
  readonly onEvent: EventTaker<R>
  readonly onItems: ItemsTaker<R>
  readonly answers: AnswerStore<R>
  /** Of requests to no source. */
  readonly refusals: Telemetry.RefusalLog
  readonly onOutcome: ((outcome: Outcome) => Effect.Effect<unknown>) | undefined
}

/** A request while it is answered. */
interface Run {
  readonly at: Telemetry.Surroundings
  readonly span: Tracer.Span | undefined
  readonly begun: bigint
}

type Values = ReadonlyArray<Redacted.Redacted<string>>

/** How a request is answered, and what is told of it. */
abstract class Concluding<R> {
  protected readonly shop: Shop<R>
  protected readonly where: Where
  protected abstract readonly metrics: Telemetry.SourceMetrics
  protected abstract readonly accepts: { readonly methods: string; readonly types: string }
  protected abstract readonly refusal: Refusal | undefined
  protected abstract readonly refusals: Telemetry.RefusalLog

  constructor(shop: Shop<R>, where: Where) {
    this.shop = shop
    this.where = where
  }

  reject(rejection: Rejection): Effect.Effect<Answer, never, R> {
    return Effect.contextWith((context: Context.Context<R>) => effectOf(this.rejectIn(context, rejection)))
  }

  rejectIn(context: Context.Context<never>, rejection: Rejection): Answering<R> {
    return this.runIn(context, (run) =>
      this.refuse(run, rejection, Answers.rejected(rejection, this.accepts), rejection)
    )
  }

  protected runIn<E>(
    context: Context.Context<never>,
    evaluate: (run: Run) => Effect.Effect<Answer, E, R>
  ): Answering<R> {
    const at = Telemetry.surroundingsOf(context)
    const begun = at.clock.monotonicTimeNanosUnsafe()
    return at.isTraced
      ? Telemetry.withSpan(this.where, (span) => effectOf(this.secure({ at, span, begun }, evaluate)))
      : this.secure({ at, span: undefined, begun }, evaluate)
  }

  /** Whatever goes wrong has an answer. */
  protected secure<E>(run: Run, evaluate: (run: Run) => Effect.Effect<Answer, E, R>): Answering<R> {
    const answered = thrown(() => evaluate(run))
    const exit = AtOnce.exitOf(answered)
    if (exit !== undefined && Exit.isSuccess(exit)) return exit.value
    return Effect.catchCause(answered, (cause) => this.fail(run, cause))
  }

  protected refuse(
    run: Run,
    reason: Extract<Ending, { readonly _tag: "Refused" }>["reason"],
    answer: Answer,
    detail: string
  ): Effect.Effect<Answer> {
    return this.conclude(run, { _tag: "Refused", reason }, Answers.worded(answer, this.refusal), detail)
  }

  protected fail(run: Run, cause: Cause.Cause<unknown>): Effect.Effect<Answer> {
    const error = Attempt.describeCause(cause)
    const answer = Answers.worded(Answers.plain(503), this.refusal)
    return this.conclude(run, { _tag: "Failed", error }, answer, error.message)
  }

  protected conclude(run: Run, ending: Ending, answer: Answer, detail = ""): Effect.Effect<Answer> {
    const { at, begun, span } = run
    this.metrics.record(ending, Number(at.clock.monotonicTimeNanosUnsafe() - begun) / 1e6, at.context)
    const omitted = Telemetry.lineFor(at, ending, this.refusals)
    if (span === undefined && this.shop.onOutcome === undefined && omitted === undefined) return Effect.succeed(answer)
    const outcome = { ...this.where, status: answer.status, ...ending }
    const line = omitted === undefined ? Effect.void : Telemetry.logOf(outcome, detail, omitted)
    return AtOnce.map(this.#tell(span, outcome, line), () => answer)
  }

  #tell(span: Tracer.Span | undefined, outcome: Outcome, line: Effect.Effect<void>): Effect.Effect<void> {
    const { onOutcome } = this.shop
    Telemetry.tellOutcome(span, outcome)
    if (onOutcome === undefined) return line
    const told = Effect.suspend(() => onOutcome(outcome))
    return Effect.andThen(line, Effect.ignoreCause(told, { log: "Warn" }))
  }
}

const thrown = <E, R>(evaluate: () => Effect.Effect<Answer, E, R>): Effect.Effect<Answer, E, R> => {
  try {
    return evaluate()
  } catch (defect) {
    return Effect.die(defect)
  }
}

const nowhere = new Telemetry.SourceMetrics("")

/** A request to a place where no source is. */
export class LostRequest<R> extends Concluding<R> implements Reception<R> {
  readonly rejection = "NotFound"
  readonly hasBody = false
  readonly maxBodySize = 1024 * 1024
  protected readonly metrics = nowhere
  protected readonly refusals: Telemetry.RefusalLog
  protected readonly accepts = { methods: "", types: "" }
  protected readonly refusal = undefined

  constructor(shop: Shop<R>) {
    super(shop, { source: "", tenant: undefined })
    this.refusals = shop.refusals
  }

  receive(): Effect.Effect<Answer, never, R> {
    return this.reject(this.rejection)
  }

  receiveIn(context: Context.Context<never>): Answering<R> {
    return this.rejectIn(context, this.rejection)
  }
}

/** A request to a source. */
export class SourceRequest<E, R> extends Concluding<R> implements Reception<R> {
  readonly rejection: Rejection | undefined
  readonly hasBody: boolean
  readonly maxBodySize: number
  protected readonly metrics: Telemetry.SourceMetrics
  protected readonly refusals: Telemetry.RefusalLog
  protected readonly accepts: Source<E, R>["accepts"]
  protected readonly refusal: Refusal | undefined
  readonly #source: Source<E, R>
  readonly #head: Head
  readonly #isEvent: boolean

  constructor(shop: Shop<R>, source: Source<E, R>, head: Head, tenant: string | undefined) {
    super(shop, { source: source.name, tenant })
    this.#source = source
    this.#head = head
    this.metrics = source.metrics
    this.refusals = source.refusals
    this.accepts = source.accepts
    this.refusal = source.scheme.delivery.refusal
    this.rejection = Heads.check(head, source.rules)
    this.maxBodySize = source.rules.maxBodySize
    this.#isEvent = source.rules.eventMethods.has(head.method)
    this.hasBody = head.method === "POST" || (this.#isEvent && head.method !== "GET")
  }

  receive(body: Uint8Array): Effect.Effect<Answer, never, R> {
    return Effect.contextWith((context: Context.Context<R>) => effectOf(this.receiveIn(context, body)))
  }

  receiveIn(context: Context.Context<never>, body: Uint8Array): Answering<R> {
    if (body.byteLength > this.#source.rules.maxBodySize) return this.rejectIn(context, "BodyTooLarge")
    const { atOnce, urlOf: signedUrl } = this.#source
    const { headers, method } = this.#head
    const delivery = { method, url: signedUrl(this.#head), headers, body }
    if (atOnce !== undefined && this.#isEvent)
      return this.runIn(context, (run) => this.#judge(run, delivery, atOnce, undefined))
    return this.runIn(context, (run) =>
      AtOnce.flatMap(this.#openAnswer(run, body), (answer) =>
        answer === undefined ? this.#receiveSigned(run, delivery) : Effect.succeed(answer)
      )
    )
  }

  /** The answer to a challenge without a signature. */
  #openAnswer(run: Run, body: Uint8Array): Effect.Effect<Answer | undefined, unknown, R> {
    const { opens } = this.#source
    const hasOpen = opens.has("OpenEcho") || opens.has("OpenPing") || opens.has("OpenProof") || this.#takesSecrets
    if (!hasOpen) return this.#unchallenged(run)
    return AtOnce.flatMap(this.#openInput(body), (input) => {
      const reply = Option.getOrUndefined(Handshake.before(this.#source.scheme, input))
      return reply === undefined ? this.#unchallenged(run) : this.#answerOpen(run, reply)
    })
  }

  get #takesSecrets(): boolean {
    return this.#source.opens.has("SecretOffer") && this.#source.options.acceptSecret !== undefined
  }

  /** A request without a body can be nothing but a challenge, or a probe. */
  #unchallenged(run: Run): Effect.Effect<Answer | undefined> {
    if (this.hasBody) return Effect.undefined
    if (this.#isEvent && !this.#source.probes.has(this.#head.method)) return Effect.undefined
    return this.#source.probes.has(this.#head.method)
      ? this.conclude(run, { _tag: "Answered" }, Answers.empty)
      : this.refuse(run, "NoChallenge", Answers.plain(400), "NoChallenge")
  }

  #openInput(body: Uint8Array): Effect.Effect<Handshake.OpenInput, unknown, R> {
    const { opens, padded, secrets, verifyTokens } = this.#source
    const { headers, method } = this.#head
    const input = { method, url: urlOf(this.#head), headers, body, acceptsSecret: this.#takesSecrets }
    const own = opens.has("OpenProof") ? this.#look(secrets.read(this.where.tenant)) : none
    const tokens = opens.has("OpenEcho") ? this.#look(verifyTokens.read(this.where.tenant)) : none
    return AtOnce.flatMap(own, (found) =>
      AtOnce.map(tokens, (known = []) => ({ ...input, secrets: padded(found), verifyTokens: known }))
    )
  }

  #look<A>(lookup: Effect.Effect<A, E, R>): Effect.Effect<A, E | Cause.TimeoutError, R> {
    return AtOnce.exitOf(lookup) ?? bounded(lookup, this.shop.secretsTimeoutMillis)
  }

  #answerOpen(run: Run, reply: Handshake.Reply): Effect.Effect<Answer | undefined, unknown, R> {
    const { acceptSecret } = this.#source.options
    if (reply.secretToStore !== undefined && acceptSecret !== undefined) {
      const offer = { ...this.where, secret: reply.secretToStore }
      return Effect.flatMap(
        bounded(
          Effect.suspend(() => acceptSecret(offer)),
          this.shop.storeTimeoutMillis
        ),
        (isTaken) => (isTaken ? this.conclude(run, { _tag: "Answered" }, Answers.toAnswer(reply)) : Effect.undefined)
      )
    }
    if (reply.status === 403) return this.refuse(run, "WrongVerifyToken", Answers.plain(403), "WrongVerifyToken")
    if (reply.status === 400) return this.refuse(run, "NoChallenge", Answers.plain(400), "NoChallenge")
    return this.conclude(run, { _tag: "Answered" }, Answers.toAnswer(reply))
  }

  #receiveSigned(run: Run, delivery: Delivery): Effect.Effect<Answer, unknown, R> {
    const { secrets } = this.#source
    return AtOnce.flatMap(this.#look(secrets.read(this.where.tenant)), (own) =>
      this.#source.needsKeys ? this.#fetchKeys(run, delivery, own) : this.#judge(run, delivery, own, undefined)
    )
  }

  #fetchKeys(run: Run, delivery: Delivery, own: Values | undefined): Effect.Effect<Answer, unknown, R> {
    const { options, scheme, secrets } = this.#source
    // All tenants are treated alike: that one has such a secret must not show.
    if (!secrets.isPerTenant && !Judging.isAddressedToAny(scheme, delivery, own ?? [])) {
      const error = new WebhookError({ scheme: scheme.id, reason: notAddressed(own ?? []) })
      return this.#refuseError(run, error)
    }
    return Effect.flatMap(options.keys ?? noKeys, (keys) =>
      Effect.matchEffect(keys.fetch(scheme, delivery), {
        onFailure: (error) => this.#refuseError(run, error),
        onSuccess: (found) => this.#judge(run, delivery, own, found)
      })
    )
  }

  #judge(
    run: Run,
    delivery: Delivery,
    own: Values | undefined,
    keys: WebhookVerifier.FetchedKeys | undefined
  ): Effect.Effect<Answer, unknown, R> {
    const { padded, scheme } = this.#source
    const { body, headers, method, url } = delivery
    const now = run.at.clock.currentTimeMillisUnsafe()
    const verified = Judging.verifyAndRead(scheme, { method, url, headers, body, secrets: padded(own), now, keys })
    if (own === undefined) return this.#refuseTenant(run, verified)
    return Result.isSuccess(verified)
      ? this.#receiveVerified(run, verified.success, own, body)
      : this.#refuseError(run, verified.failure)
  }

  #refuseError(run: Run, error: WebhookError): Effect.Effect<Answer, WebhookError> {
    if (error.category !== "unauthorized") return Effect.fail(error)
    return this.refuse(run, error.reason._tag, Answers.plain(this.#statusOf(error)), error.message)
  }

  #statusOf(error: WebhookError): number {
    return this.refusal?.status ?? Answers.errorStatus(error)
  }

  /** As a wrong signature is refused; a key of the provider's own may even have signed. */
  #refuseTenant(run: Run, verified: Result.Result<unknown, WebhookError>): Effect.Effect<Answer> {
    const status = Result.isFailure(verified) ? this.#statusOf(verified.failure) : (this.refusal?.status ?? 401)
    return this.refuse(run, "UnknownTenant", Answers.plain(status), "UnknownTenant")
  }

  #receiveVerified(
    run: Run,
    verified: WebhookVerifier.Verified,
    secrets: Values,
    body: Uint8Array
  ): Effect.Effect<Answer, unknown, R> {
    const { opens, options, scheme } = this.#source
    if (opens.size === 0) return this.#accept(run, verified, body)
    const { headers } = this.#head
    const input = { headers, body, secrets, signedBy: verified.signedBy }
    const reply = Option.getOrUndefined(Handshake.after(scheme, input))
    if (reply === undefined) return this.#accept(run, verified, body)
    if (reply.urlToFetch === undefined) return this.conclude(run, { _tag: "Answered" }, Answers.toAnswer(reply))
    return options.keys === undefined || options.confirmSubscriptions === false
      ? this.#accept(run, verified, body)
      : this.#confirm(run, options.keys, reply, reply.urlToFetch)
  }

  #confirm(
    run: Run,
    keys: Effect.Effect<Keys, E, R>,
    reply: Handshake.Reply,
    url: string
  ): Effect.Effect<Answer, unknown, R> {
    return Effect.flatMap(keys, (service) => service.confirm(this.#source.scheme, url)).pipe(
      Effect.andThen(Effect.suspend(() => this.conclude(run, { _tag: "Answered" }, Answers.toAnswer(reply))))
    )
  }

  #accept(run: Run, verified: WebhookVerifier.Verified, body: Uint8Array): Effect.Effect<Answer, unknown, R> {
    const { isPlain, scheme } = this.#source
    if (isPlain && this.#head.method === "POST") {
      const recognition = { ...byBody, name: verified.id }
      return this.#take(run, verified, { type: verified.type, body, contentType: undefined, recognition })
    }
    const taken = Events.read(scheme, { ...this.#head, url: this.#source.urlOf(this.#head), body }, verified)
    if (Result.isFailure(taken)) return this.#refuseError(run, taken.failure)
    return taken.success._tag === "Items"
      ? this.#takeItems(run, verified, body, taken.success.items)
      : this.#take(run, verified, taken.success.event)
  }

  #arrivalOf(run: Run, { body, contentType, recognition, type }: Events.Event): Arrival {
    return {
      source: this.where.source,
      id: TenantIds.join(this.where.tenant, recognition.name, body),
      type,
      headers: contentType === undefined ? this.#head.headers : withContentType(this.#head.headers, contentType),
      body,
      traceparent: Telemetry.traceparent(run.span),
      ...(recognition.varies && { bodyVaries: true }),
      ...(recognition.isNotification && { isNotification: true })
    }
  }

  #take(run: Run, verified: WebhookVerifier.Verified, event: Events.Event): Effect.Effect<Answer, unknown, R> {
    const { onEvent, storeTimeoutMillis } = this.shop
    const { unsigned } = verified
    const arrival = this.#arrivalOf(run, event)
    const { id, type } = arrival
    const taken = onEvent(arrival, verified)
    return AtOnce.flatMap(AtOnce.exitOf(taken) ?? bounded(taken, storeTimeoutMillis), (put) => {
      const tag = put?._tag ?? "Accepted"
      const ending: Ending = { _tag: tag, id, type, unsigned }
      if (this.#source.options.respond === undefined) {
        return this.conclude(run, ending, this.#acknowledge(tag))
      }
      return Effect.flatMap(this.#respond(run, put ?? undefined, arrival, verified), (answer) =>
        this.conclude(run, ending, this.#echoing(answer))
      )
    })
  }

  #acknowledge(tag: Put["_tag"] | "Accepted"): Answer {
    const { duplicate, stored } = this.#source
    return this.#echoing(tag === "Duplicate" ? duplicate : stored)
  }

  /** The answer with the header of the delivery that the provider wants to have back. */
  #echoing(answer: Answer): Answer {
    const { echo } = this.#source
    const [value] = echo === undefined ? [] : DeliveryHeaders.all(this.#head.headers, echo)
    return echo === undefined || value === undefined
      ? answer
      : { ...answer, headers: { ...answer.headers, [echo.toLowerCase()]: value } }
  }

  /** The computed answer, the one that was given before, or in the end the acknowledgement. */
  #respond(
    run: Run,
    put: Put | undefined,
    arrival: Arrival,
    verified: WebhookVerifier.Verified
  ): Effect.Effect<Answer, unknown, R> {
    const { answerWithinMillis, options, stored } = this.#source
    const { answers } = this.shop
    if (put?._tag === "Duplicate")
      return Effect.map(
        answers.find(put.key),
        Option.getOrElse(() => stored)
      )
    const spent = Number(run.at.clock.monotonicTimeNanosUnsafe() - run.begun) / 1e6
    const computed = Effect.suspend(() => options.respond?.(arrival, verified) ?? Effect.succeed({})).pipe(
      Effect.map(Responses.toAnswer),
      Effect.timeoutOrElse({
        duration: Math.max(answerWithinMillis - spent, 0),
        orElse: () => Effect.fail(lateBy(answerWithinMillis))
      }),
      Effect.catchCause((cause) => Effect.as(logUnanswered(this.where, cause), stored))
    )
    return put === undefined
      ? computed
      : Effect.tap(computed, (answer) => Effect.ignoreCause(answers.keep(put.key, answer), { log: "Warn" }))
  }

  #takeItems(
    run: Run,
    verified: WebhookVerifier.Verified,
    body: Uint8Array,
    events: ReadonlyArray<Events.Event>
  ): Effect.Effect<Answer, unknown, R> {
    if (events.length === 0) return this.conclude(run, { _tag: "Answered" }, this.#acknowledge("Stored"))
    const arrivals = events.map((event) => ({
      ...this.#arrivalOf(run, event),
      delivery: event.path && { body, path: event.path }
    }))
    const taken = bounded(this.shop.onItems(arrivals, verified), this.shop.storeTimeoutMillis)
    return AtOnce.flatMap(taken, (puts) => {
      const tag = tagOf(puts)
      const ending = { _tag: tag, id: undefined, type: undefined, unsigned: verified.unsigned, items: events.length }
      return this.conclude(run, ending, this.#acknowledge(tag))
    })
  }
}

const withContentType = (headers: Head["headers"], contentType: string): Head["headers"] => [
  ...headers.filter(([name]) => name.toLowerCase() !== "content-type"),
  ["content-type", contentType]
]

const logUnanswered = ({ source, tenant }: Where, cause: Cause.Cause<unknown>): Effect.Effect<void> => {
  const { message, tag } = Attempt.describeCause(cause)
  return Effect.logWarning(`A webhook got its acknowledgement, because no answer was computed: ${message}`).pipe(
    Effect.annotateLogs({ source, ...(tenant !== undefined && { tenant }), error: tag })
  )
}

/** What became of a delivery whose events became these: what is the least expected tells the most. */
const tagOf = (puts: ReadonlyArray<Put | void>): Put["_tag"] | "Accepted" => {
  const tags = new Set(puts.map((put) => put?._tag ?? "Accepted"))
  return (["Conflicting", "Stored", "Accepted"] as const).find((tag) => tags.has(tag)) ?? "Duplicate"
}

type Delivery = Pick<WebhookVerifier.VerifyInput, "method" | "url" | "headers" | "body">

const notAddressed = (own: Values): Reason => Reason.SignatureMismatch({ signatures: 1, secrets: own.length })

const noKeys = Effect.die("a source that needs keys is made with them")

const none: Effect.Effect<Values | undefined> = Effect.undefined

/** As `Effect.timeout`, for what happens with each event: all who wait share a timer. */
const bounded = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  millis: number
): Effect.Effect<A, E | Cause.TimeoutError, R> => timeLimited(effect, millis, () => Effect.fail(lateBy(millis)))

const lateBy = (millis: number): Cause.TimeoutError =>
  new Cause.TimeoutError(`Operation timed out after '${Duration.format(Duration.millis(millis))}'`)
