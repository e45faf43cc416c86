/** What the options of the inbox, of the receiver and of their parts accept. */
import { Effect, Redacted } from "effect"
import * as OptionCheck from "../../policy/OptionCheck.ts"
import type * as Inbox from "../Inbox.ts"
import type { Options as MemoryOptions } from "../InboxStoreMemory.ts"
import type { Options as KeysOptions } from "../WebhookKeys.ts"
import type * as WebhookReceiver from "../WebhookReceiver.ts"

const { anyText, callback, duration, flag, integer, list, nullable, oneOf, positiveDuration, record, required, text } =
  OptionCheck

const scheme = OptionCheck.satisfies(
  "a SignatureScheme",
  (value) =>
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "keys" in value &&
    Array.isArray(value.keys) &&
    "delivery" in value
)

const retention = record<Inbox.Retention>({
  handled: nullable(duration),
  discarded: nullable(duration),
  kept: nullable(duration),
  dead: nullable(duration),
  newest: integer(0),
  rememberIds: duration,
  every: positiveDuration
})

type HandlerOptions = Inbox.Options<Inbox.Schemas, Inbox.Handlers<Inbox.Schemas>, unknown>

/** The options of the workers of a source. */
export const checkHandlers = record<HandlerOptions>({
  source: required(text),
  scheme,
  events: required(OptionCheck.dictionary(OptionCheck.schema)),
  handle: required(OptionCheck.dictionary(callback)),
  otherwise: OptionCheck.either((value) => typeof value === "function", callback, oneOf("keep")),
  parse: callback,
  retry: OptionCheck.schedule,
  maxAttempts: integer(1),
  maxRetryAfter: duration,
  key: callback,
  ordered: flag,
  maxPerKey: integer(1),
  whenDead: oneOf("goOn", "stand"),
  concurrency: integer(1),
  timeout: positiveDuration,
  lease: positiveDuration,
  pollInterval: positiveDuration,
  transactional: flag,
  retention: nullable(retention)
})

export const checkHealthOptions = record<{ readonly sources?: ReadonlyArray<string> | undefined }>({
  sources: list(text)
})

export const checkMemory = record<MemoryOptions>({ capacity: integer(1) })

export const checkKeys = record<KeysOptions>({
  capacity: integer(1),
  timeToLive: positiveDuration,
  failureTimeToLive: positiveDuration,
  timeout: positiveDuration,
  maxSize: integer(1),
  maxInFlight: integer(1),
  maxWaiting: integer(0),
  waitTimeout: duration,
  allowPrivateNetworks: flag,
  jwkRequest: callback
})

const isSecret = (value: unknown): boolean => Redacted.isRedacted(value) && typeof Redacted.value(value) === "string"

const secrets = OptionCheck.secret(
  "a Redacted text, an array of them, an Effect of them, or a function of the tenant",
  (value) =>
    isSecret(value) ||
    (Array.isArray(value) && value.every(isSecret)) ||
    Effect.isEffect(value) ||
    typeof value === "function"
)

const sourceShape: OptionCheck.Shape<WebhookReceiver.Source<unknown, unknown>> = {
  scheme: required(scheme),
  secrets: required(secrets),
  publicUrl: text,
  publicOrigin: text,
  contentTypes: list(text),
  acknowledgement: record<WebhookReceiver.Acknowledgement>({
    status: integer(200),
    body: anyText,
    contentType: text
  }),
  verifyTokens: secrets,
  acceptSecret: callback,
  keys: OptionCheck.effect,
  confirmSubscriptions: flag,
  maxBodySize: integer(1),
  splitBatches: flag,
  respond: callback,
  answerWithin: positiveDuration
}

const commonShape: OptionCheck.Shape<WebhookReceiver.Common<unknown>> = {
  path: text,
  maxBodySize: integer(1),
  bodyTimeout: positiveDuration,
  secretsTimeout: positiveDuration,
  storeTimeout: positiveDuration,
  onEvent: callback,
  onOutcome: callback
}

const oneSource = record<WebhookReceiver.OneSource<unknown, unknown, unknown>>({
  ...sourceShape,
  ...commonShape,
  source: required(text)
})

const manySources = record<WebhookReceiver.ManySources<unknown, unknown, unknown>>({
  ...commonShape,
  sources: required(OptionCheck.dictionary(record<WebhookReceiver.Source<unknown, unknown>>(sourceShape)))
})

/** The options of a receiver, of one source or of many. */
export const checkReceiver = OptionCheck.either(
  (options) => typeof options === "object" && options !== null && "sources" in options,
  manySources,
  oneSource
)
