import { Effect, Result } from "effect"
import { SealBroken, type Service as Seal } from "../InboxSeal.ts"
import { InboxStoreError, UnreadableEvent } from "../InboxStore.ts"
import type { Claim, KeptAnswer, NewEvent, Service as Store, Undecided } from "../InboxStore.ts"
import { type Header, WebhookEvent } from "../WebhookEvent.ts"
import { safely } from "./safely.ts"

/** A store that keeps what it is given, and can write it anew. */
export interface RawStore extends Omit<Store, "reseal"> {
  /** Events that are not sealed with this key, those whose key is larger than `after`. */
  readonly sealedOtherwise: (
    keyId: string,
    after: number,
    limit: number
  ) => Effect.Effect<ReadonlyArray<WebhookEvent>, InboxStoreError>
  /** Writes the content of an event anew; `false` when another one has done it. */
  readonly rewrite: (event: WebhookEvent, content: Sealed) => Effect.Effect<boolean, InboxStoreError>
}

/** The content of an event, sealed. */
export interface Sealed {
  readonly headers: ReadonlyArray<Header>
  readonly body: Uint8Array
  readonly sealedBy: string
}

/** Seals what goes into a store and opens what comes out of it; without a seal, what is sealed can't be opened. */
export const sealedStore = (store: RawStore, seal: Seal | undefined): Store => {
  const sealed = <Event extends NewEvent>(event: Event): Event =>
    seal === undefined ? event : { ...event, ...close(seal, event) }

  // A row that can't be read is given as it is: what is left of it is for a person.
  const opened = (event: WebhookEvent): Result.Result<WebhookEvent, Unopened> =>
    event.sealedBy === undefined || event.unreadable !== undefined
      ? Result.succeed(event)
      : safely<Result.Result<WebhookEvent, Unopened>>(
          () => open(seal, event, event.sealedBy ?? ""),
          Result.fail(sealThrew)
        )

  const readable = <Held extends Claim | Undecided>(held: Held): Held => {
    if (held.unreadable !== undefined) return held
    const result = opened(held.event)
    return Result.isSuccess(result)
      ? { ...held, event: result.success }
      : { ...held, event: withContent(held.event, [], new Uint8Array()), unreadable: result.failure }
  }

  const { rewrite, sealedOtherwise, ...rest } = store
  return {
    ...rest,
    put: (events) => store.put(events.map(sealed)),
    keepAnswer: (key, answer) =>
      store.keepAnswer(
        key,
        seal === undefined ? answer : { bytes: seal.seal(answer.bytes, answerOwner(key)), sealedBy: seal.keyId }
      ),
    answerTo: (key) => Effect.map(store.answerTo(key), (answer) => answer && openAnswer(seal, key, answer)),
    bury: (event) => store.bury(sealed(event)),
    claim: (options) => Effect.map(store.claim(options), (claims) => claims.map(readable)),
    undecided: (source, limit) => Effect.map(store.undecided(source, limit), (events) => events.map(readable)),
    get: (key) =>
      Effect.flatMap(store.get(key), (event) =>
        event === undefined
          ? Effect.undefined
          : Effect.mapError(
              Effect.fromResult(opened(event)),
              (cause) => new InboxStoreError({ operation: "open an event", cause })
            )
      ),
    reseal:
      seal === undefined
        ? Effect.succeed(0)
        : Effect.suspend(() => resealFrom(seal, { opened, rewrite, sealedOtherwise }, { after: 0, before: 0 }))
  }
}

const answerOwner = (key: number) => ["causeway/inbox/answer", String(key)]

/** An answer that can't be decrypted is ignored: the delivery gets the default answer. */
const openAnswer = (seal: Seal | undefined, key: number, answer: KeptAnswer): KeptAnswer | undefined => {
  const { bytes, sealedBy } = answer
  if (sealedBy === undefined) return answer
  const opened = safely(() => seal && Result.getOrUndefined(seal.open(sealedBy, bytes, answerOwner(key))), undefined)
  return opened && { bytes: opened }
}

type Unopened = SealBroken | UnreadableEvent

const sealThrew = new UnreadableEvent({ detail: "opening its seal failed unexpectedly" })

const belongsTo = ({ id, source }: { readonly id: string; readonly source: string }) => ["causeway/inbox", source, id]

const close = (
  seal: Seal,
  event: { readonly id: string; readonly source: string } & Omit<Sealed, "sealedBy">
): Sealed => ({
  headers: [],
  body: seal.seal(pack(event.headers, event.body), belongsTo(event)),
  sealedBy: seal.keyId
})

const open = (seal: Seal | undefined, event: WebhookEvent, keyId: string): Result.Result<WebhookEvent, SealBroken> =>
  seal === undefined
    ? Result.fail(new SealBroken({ keyId, why: "unknown key" }))
    : Result.map(seal.open(keyId, event.body, belongsTo(event)), (bytes) => {
        const { body, headers } = unpack(bytes)
        return withContent(event, headers, body)
      })

const withContent = (event: WebhookEvent, headers: ReadonlyArray<Header>, body: Uint8Array) =>
  new WebhookEvent({ ...event, headers, body })

/** How long the headers are, the headers, the body. */
const pack = (headers: ReadonlyArray<Header>, body: Uint8Array): Uint8Array => {
  const text = Buffer.from(JSON.stringify(headers))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.byteLength)
  return Buffer.concat([length, text, body])
}

// What was authenticated is what pack has made.
const unpack = (bytes: Uint8Array): { readonly headers: ReadonlyArray<Header>; readonly body: Uint8Array } => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = 4 + buffer.readUInt32BE(0)
  const headers = JSON.parse(buffer.toString("utf8", 4, end)) as ReadonlyArray<Header>
  return { headers, body: new Uint8Array(buffer.subarray(end)) }
}

const resealedAtOnce = 100

type Parts = Pick<RawStore, "rewrite" | "sealedOtherwise"> & {
  readonly opened: (event: WebhookEvent) => Result.Result<WebhookEvent, Unopened>
}

/** Goes through all once; one that does not open stays as it is. */
const resealFrom = (
  seal: Seal,
  parts: Parts,
  { after, before }: { readonly after: number; readonly before: number }
): Effect.Effect<number, InboxStoreError> =>
  Effect.flatMap(parts.sealedOtherwise(seal.keyId, after, resealedAtOnce), (events) => {
    const last = events.at(-1)
    if (last === undefined) return Effect.succeed(before)
    return Effect.flatMap(
      Effect.forEach(events, (event) => resealOne(seal, parts, event)),
      (done) => resealFrom(seal, parts, { after: last.key, before: before + done.filter(Boolean).length })
    )
  })

const resealOne = (seal: Seal, { opened, rewrite }: Parts, event: WebhookEvent) => {
  const result =
    event.unreadable === undefined ? opened(event) : Result.fail(new UnreadableEvent({ detail: event.unreadable }))
  if (Result.isSuccess(result)) return rewrite(event, close(seal, result.success))
  const { id, key, source } = event
  return Effect.logWarning(result.failure.message).pipe(Effect.annotateLogs({ source, id, key }), Effect.as(false))
}
