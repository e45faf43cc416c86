/**
 * Plays deliveries that providers really send through a receiver, signed by the independent oracles: each one twice, as its
 * provider repeats it, and followed by another event of the same kind.
 */
import { Inbox, type SignatureScheme, type WebhookKeys, WebhookReceiver } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Logger, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { globSync, readFileSync } from "node:fs"
import { requestOracles } from "./requestOracles.ts"
import { secretOf, sign } from "./sampleSigners.ts"

interface Change {
  readonly headers?: Readonly<Record<string, string>>
  /** By dotted paths. */
  readonly body?: Readonly<Record<string, unknown>>
  /** Whether the provider signs the repeated delivery again. */
  readonly resigned?: boolean | "unknown"
}

interface Stamp {
  readonly at: "body" | "header"
  readonly path?: ReadonlyArray<string>
  readonly name?: string
  readonly unit: string
}

interface Sample {
  readonly name: string
  readonly source: string
  readonly method?: string
  readonly target?: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  readonly stamps?: ReadonlyArray<Stamp>
  readonly events: ReadonlyArray<{ readonly id: string | null; readonly type: string | null }>
  readonly retry?: Change | "none"
  readonly next?: Change
}

interface Samples {
  readonly scheme: string
  readonly samples: ReadonlyArray<Sample>
}

const folder = new URL("samples/", import.meta.url)

const all = globSync("*.json", { cwd: folder.pathname })
  .toSorted()
  // The files have this shape.
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")) as Samples)

const origin = "https://hooks.example.com"
// When the certificate of the tests is valid.
const now = 1_800_000_000_000

// A sample names a scheme of the catalogue.
const schemeOf = (id: string) => (schemes as Readonly<Record<string, SignatureScheme.SignatureScheme>>)[id]

const set = (json: unknown, path: ReadonlyArray<string>, value: unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(json))
    return json.map((item: unknown, index) => (String(index) === key ? set(item, rest, value) : item))
  const record = (typeof json === "object" && json !== null ? json : {}) as Readonly<Record<string, unknown>>
  return { ...record, [key]: set(record[key], rest, value) }
}

const units: Readonly<Record<string, (millis: number) => string | number>> = {
  seconds: (millis) => Math.floor(millis / 1000),
  milliseconds: (millis) => millis,
  rfc3339: (millis) => new Date(millis).toISOString(),
  iso: (millis) => new Date(millis).toISOString(),
  "http-date": (millis) => new Date(millis).toUTCString()
}

/** Changes the fields of a form, the JSON of a body, or the JSON within a form that has nothing else. */
const changed = (body: unknown, changes: Readonly<Record<string, unknown>> = {}): unknown => {
  if (Object.keys(changes).length === 0) return body
  if (typeof body !== "string") {
    return Object.entries(changes).reduce((json, [path, value]) => set(json, path.split("."), value), body)
  }
  if (/^\s*[{[]/.test(body)) return JSON.stringify(changed(JSON.parse(body), changes))
  const form = new URLSearchParams(body)
  for (const [name, value] of Object.entries(changes)) {
    const [field = "", ...path] = name.split(".")
    const inner = form.get(field)
    if (path.length === 0 || inner === null) form.set(name, String(value))
    else form.set(field, JSON.stringify(set(JSON.parse(inner), path, value)))
  }
  return form.toString()
}

const deliveryOf = (scheme: string, sample: Sample, change: Change, millis: number): WebhookReceiver.Request => {
  const headers = new Map(Object.entries({ ...sample.headers, ...change.headers }))
  let content = changed(sample.body, change.body)
  for (const { at, name = "", path = [], unit } of sample.stamps ?? []) {
    const value = units[unit]?.(millis)
    if (at === "header") headers.set(name, String(value))
    else content = changed(content, { [path.join(".")]: value })
  }
  const text =
    content === null || content === undefined ? "" : typeof content === "string" ? content : JSON.stringify(content)
  const idHeader = schemeOf(scheme)?.eventId
  const named =
    idHeader?._tag === "Header"
      ? [...headers].find(([name]) => name.toLowerCase() === idHeader.name.toLowerCase())
      : undefined
  const sent = {
    method: sample.method ?? "POST",
    url: origin + (sample.target ?? `/webhooks/${scheme}`),
    headers: [...headers],
    body: Buffer.from(text),
    id: named?.[1] ?? sample.events[0]?.id ?? "msg_1",
    millis
  }
  const signed = sign(scheme, sent) ?? assert.fail(`no oracle signs ${scheme}`)
  return { ...signed, url: signed.url.slice(origin.length) }
}

const open = (id: string, scheme: SignatureScheme.SignatureScheme) => {
  const outcomes: Array<WebhookReceiver.Outcome> = []
  const found = requestOracles[id]?.keys ?? {}
  const keys: WebhookKeys.Service = { fetch: () => Effect.succeed(found), confirm: () => Effect.void }
  const receive = WebhookReceiver.handle({
    source: "acme",
    scheme,
    secrets: Redacted.make(secretOf(id) ?? ""),
    keys: Effect.succeed(keys),
    publicOrigin: origin,
    onOutcome: (outcome) => Effect.sync(() => outcomes.push(outcome))
  })
  return {
    last: () => outcomes.at(-1)?._tag,
    receive: (request: WebhookReceiver.Request) =>
      Effect.map(receive(request), ({ status }) =>
        assert.isTrue(status >= 200 && status < 300, `${status} ${JSON.stringify(outcomes.at(-1))}`)
      )
  }
}

/** Handshakes are played elsewhere. */
const isPlayed = ({ events, name }: Sample): boolean => events.length > 0 || /empty|no events/i.test(name)

const play = (id: string, sample: Sample, scheme: SignatureScheme.SignatureScheme) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const inbox = yield* Inbox.Inbox
    const { last, receive } = open(id, scheme)
    const first = deliveryOf(id, sample, {}, now)
    yield* receive(first)
    const events = yield* inbox.list()
    assert.deepStrictEqual(
      events.map(({ type }) => type ?? null),
      sample.events.map(({ type }) => type),
      "types"
    )
    for (const [index, { id: expected }] of sample.events.entries()) {
      const event = yield* Effect.map(inbox.get(events[index]?.key ?? 0), Option.getOrThrow)
      if (expected !== null) assert.isTrue(event.id === expected || event.id.includes(expected), `id ${event.id}`)
    }
    if (sample.events.length === 0) return
    yield* receive(first)
    assert.strictEqual(last(), "Duplicate", "the same bytes again")
    yield* repeat(id, sample, first, scheme, { last, receive })
    if (sample.next === undefined) return
    const count = (yield* inbox.list()).length
    for (const { key } of yield* inbox.list()) yield* inbox.discard(key)
    yield* TestClock.adjust("1 minute")
    yield* receive(deliveryOf(id, sample, sample.next, now + 60_000))
    assert.isAbove((yield* inbox.list()).length, count, "another event of the same kind is stored")
  }).pipe(Effect.provide(Inbox.layerMemory), Effect.provide(Logger.layer([])))

type Opened = ReturnType<typeof open>

/** As the provider repeats it: signed again, or the same bytes for as long as it tries. */
const repeat = (
  id: string,
  sample: Sample,
  first: WebhookReceiver.Request,
  scheme: SignatureScheme.SignatureScheme,
  { last, receive }: Opened
) =>
  Effect.gen(function* () {
    const { retry } = sample
    if (retry === undefined || retry === "none") return
    const isKept = retry.resigned === false
    const wait = isKept ? Math.min(scheme.delivery.retriedForMillis ?? 60_000, 86_400_000) : 60_000
    if (isKept && scheme.timestamp !== undefined && scheme.timestamp.retryToleranceMillis === undefined) return
    yield* TestClock.adjust(Duration.millis(wait))
    yield* receive(
      isKept && retry.body === undefined ? first : deliveryOf(id, sample, retry, isKept ? now : now + wait)
    )
    assert.strictEqual(last(), "Duplicate", "as the provider repeats it")
    yield* TestClock.setTime(now)
  })

describe.each(all)("$scheme", ({ samples, scheme: id }) => {
  const scheme = schemeOf(id)
  it("is a scheme of the catalogue", () => assert.isDefined(scheme))
  for (const sample of samples.filter(isPlayed)) {
    it.effect(`${sample.name} is received as its provider sends and repeats it`, () =>
      scheme === undefined ? Effect.void : play(id, sample, scheme)
    )
  }
})
