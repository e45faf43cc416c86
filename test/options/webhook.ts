/** The constructors of the webhook room: inbox, receiver, keys and sender. */
import {
  Inbox,
  InboxSeal,
  InboxStoreMemory,
  SignatureScheme,
  WebhookKeys,
  WebhookReceiver,
  WebhookSender
} from "@causeway/core/webhook"
import { Config, Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { HttpClientRequest } from "effect/http"
import * as accepted from "./accepted.ts"
import type { Row } from "./walk.ts"

const secret = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

const handlers = {
  source: "app",
  scheme: SignatureScheme.standardWebhooks,
  events: { ping: Schema.Struct({}) },
  handle: { ping: () => Effect.void },
  otherwise: "keep",
  parse: () => ({}),
  retry: Schedule.recurs(3),
  maxAttempts: 5,
  maxRetryAfter: 500,
  key: () => "lane",
  ordered: true,
  maxPerKey: 2,
  whenDead: "stand",
  concurrency: 5,
  timeout: 500,
  lease: 500,
  pollInterval: 500,
  transactional: true,
  retention: {
    handled: "30 days",
    discarded: "30 days",
    kept: "30 days",
    dead: "30 days",
    newest: 50,
    rememberIds: "60 days",
    every: "10 minutes"
  }
}

const days = accepted.both(accepted.duration, { values: ["null"], why: "null keeps them for ever" })

const inbox: ReadonlyArray<Row> = [
  ...[Inbox.run, Inbox.layerHandlers].map((make) => ({
    name: `webhook/Inbox.${make.name}`,
    options: handlers,
    make: make as Row["make"],
    accepts: {
      source: accepted.text,
      otherwise: { values: ["a function"] as const, why: "a handler for all other events" },
      maxRetryAfter: accepted.durationInNumbers,
      timeout: accepted.durationInNumbers,
      lease: accepted.durationInNumbers,
      pollInterval: accepted.durationInNumbers,
      retention: accepted.both(accepted.allOptional, { values: ["null"], why: "null keeps everything" }),
      "retention.handled": days,
      "retention.discarded": days,
      "retention.kept": days,
      "retention.dead": days,
      "retention.rememberIds": accepted.duration,
      "retention.every": accepted.duration
    },
    open: ["events", "handle"],
    whole: ["scheme"]
  })),
  {
    name: "webhook/Inbox.checkHealth",
    options: { sources: ["app"] },
    make: Inbox.checkHealth,
    accepts: { "": accepted.allOptional, sources: accepted.anyList, "sources.0": accepted.text }
  },
  ...[InboxStoreMemory.make, InboxStoreMemory.layer].map((make) => ({
    name: `webhook/InboxStoreMemory.${make.name}`,
    options: { capacity: 5 },
    make: make as Row["make"],
    accepts: { "": accepted.allOptional }
  })),
  ...[InboxSeal.make, InboxSeal.layer].map((make) => ({
    name: `webhook/InboxSeal.${make.name}`,
    options: { keys: [InboxSeal.generateKey("one")] },
    isPositional: true,
    make: ({ keys }: { keys: readonly [InboxSeal.Key] }) => make(keys)
  })),
  {
    name: "webhook/InboxSeal.layerConfig",
    options: { keys: Config.Redacted("KEYS") },
    isPositional: true,
    make: ({ keys }: { keys: Config.Config<Redacted.Redacted<string>> }) => InboxSeal.layerConfig(keys),
    whole: ["keys"]
  },
  {
    name: "webhook/InboxSeal.generateKey",
    options: { id: "one" },
    isPositional: true,
    make: ({ id }: { id: string }) => InboxSeal.generateKey(id)
  }
]

const source = {
  scheme: SignatureScheme.standardWebhooks,
  secrets: secret,
  publicUrl: "https://hooks.example.com/app",
  contentTypes: ["application/json"],
  acknowledgement: { status: 202, body: "ok", contentType: "text/plain" },
  verifyTokens: secret,
  acceptSecret: () => Effect.succeed(true),
  keys: Effect.succeed({ fetch: () => Effect.succeed({}), confirm: () => Effect.void }),
  confirmSubscriptions: true,
  maxBodySize: 500,
  splitBatches: false,
  respond: () => undefined,
  answerWithin: 500
}

const common = {
  maxBodySize: 500,
  bodyTimeout: 500,
  secretsTimeout: 500,
  storeTimeout: "1 second",
  onEvent: () => Effect.void,
  onOutcome: () => Effect.void
}

const noSecret = { values: ["an empty array"], why: "a source whose secret is offered later has none yet" } as const

const secretsAccept = {
  values: ["a function", ...noSecret.values],
  why: `secrets of each tenant, by a function; ${noSecret.why}`
} as const

const sourceAccepts = (prefix: string) => ({
  [`${prefix}secrets`]: noSecret,
  [`${prefix}verifyTokens`]: secretsAccept,
  [`${prefix}contentTypes`]: accepted.anyList,
  [`${prefix}answerWithin`]: accepted.durationInNumbers,
  [`${prefix}acknowledgement`]: accepted.allOptional,
  [`${prefix}acknowledgement.body`]: accepted.anyText,
  [`${prefix}acknowledgement.contentType`]: accepted.text
})

const commonAccepts = {
  bodyTimeout: accepted.durationInNumbers,
  secretsTimeout: accepted.durationInNumbers,
  storeTimeout: accepted.duration
}

const oneSource: Omit<Row, "name" | "make"> = {
  options: { source: "app", path: "/app", ...source, ...common },
  accepts: { source: accepted.text, ...sourceAccepts(""), ...commonAccepts },
  whole: ["scheme", "keys"]
}

const receiver: ReadonlyArray<Row> = [
  { name: "webhook/WebhookReceiver.make", make: WebhookReceiver.make as Row["make"], ...oneSource },
  {
    name: "webhook/WebhookReceiver.make (sources)",
    omits: ["sources.app.publicOrigin", "sources.other.publicOrigin"],
    make: WebhookReceiver.make as Row["make"],
    options: { path: "/hooks/:source", ...common, sources: { app: source, other: source } },
    accepts: { ...sourceAccepts("sources.app."), ...sourceAccepts("sources.other."), ...commonAccepts },
    open: ["sources"],
    whole: ["sources.app.scheme", "sources.app.keys", "sources.other.scheme", "sources.other.keys"]
  },
  { name: "webhook/WebhookReceiver.handle", make: WebhookReceiver.handle as Row["make"], ...oneSource },
  { name: "webhook/WebhookReceiver.route", make: WebhookReceiver.route as Row["make"], ...oneSource },
  {
    name: "webhook/WebhookReceiver.toWebHandler",
    make: (options: never) => WebhookReceiver.toWebHandler(options, Layer.empty),
    ...oneSource
  },
  {
    name: "webhook/WebhookKeys.layer",
    options: {
      capacity: 5,
      timeToLive: 500,
      failureTimeToLive: 500,
      timeout: 500,
      maxSize: 500,
      maxInFlight: 5,
      maxWaiting: 5,
      waitTimeout: 500,
      allowPrivateNetworks: true,
      jwkRequest: (url: string) => HttpClientRequest.get(url)
    },
    make: WebhookKeys.layer,
    accepts: {
      "": accepted.allOptional,
      timeToLive: accepted.durationInNumbers,
      failureTimeToLive: accepted.durationInNumbers,
      timeout: accepted.durationInNumbers,
      waitTimeout: accepted.durationInNumbers
    }
  },
  ...[WebhookSender.make, WebhookSender.layer].map((make) => ({
    name: `webhook/WebhookSender.${make.name}`,
    options: { timeout: 500 },
    make: make as Row["make"],
    accepts: {
      "": accepted.allOptional,
      timeout: accepted.both(accepted.durationInNumbers, accepted.nothing)
    }
  }))
]

export const rows: ReadonlyArray<Row> = [...inbox, ...receiver]
