import { Effect, Result } from "effect"
import { SealBroken, type Service as Seal } from "../InboxSeal.ts"
import { InboxStoreError, UnreadableEvent } from "../InboxStore.ts"
import type { Claim, KeptAnswer, NewEvent, Service as Store, SharedBody, Undecided } from "../InboxStore.ts"
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
  /** Bodies of deliveries that are not sealed with this key, those whose id is larger than `after`. */
  readonly deliveriesSealedOtherwise: (
    keyId: string,
    after: string,
    limit: number
  ) => Effect.Effect<ReadonlyArray<SharedBody>, InboxStoreError>
  /** Replaces the body of a delivery by what it is sealed as; `false` when another one has done it. */
  readonly rewriteDelivery: (before: SharedBody, after: SharedBody) => Effect.Effect<boolean, InboxStoreError>
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

  const { deliveriesSealedOtherwise, rewrite, rewriteDelivery, sealedOtherwise, ...rest } = store
  return {
    ...rest,
    put: (events) => store.put(seal === undefined ? events : sealPlaces(seal, events).map(sealed)),
    placeOf: (key) =>
      Effect.flatMap(store.placeOf(key), (place) =>
        place === undefined
          ? Effect.undefined
          : opening(Result.map(openDelivery(seal, place.delivery), (delivery) => ({ ...place, delivery })))
      ),
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
      Effect.flatMap(store.get(key), (event) => (event === undefined ? Effect.undefined : opening(opened(event)))),
    reseal:
      seal === undefined
        ? Effect.succeed(0)
        : resealAll(
            (after) => sealedOtherwise(seal.keyId, after ?? 0, resealedAtOnce),
            ({ key }: WebhookEvent) => key,
            (event) => resealEvent(seal, event, opened(event), rewrite)
          ).pipe(
            Effect.tap(() =>
              resealAll(
                (after) => deliveriesSealedOtherwise(seal.keyId, after ?? "", resealedAtOnce),
                ({ id }: SharedBody) => id,
                (body) => resealDelivery(seal, body, rewriteDelivery)
              )
            )
          )
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

const deliveryOwner = (id: string) => ["causeway/inbox/delivery", id]

const closeDelivery = (seal: Seal, { bytes, id }: SharedBody): SharedBody => ({
  id,
  bytes: seal.seal(bytes, deliveryOwner(id)),
  sealedBy: seal.keyId
})

const openDelivery = (seal: Seal | undefined, body: SharedBody): Result.Result<SharedBody, Unopened> => {
  const { bytes, id, sealedBy } = body
  if (sealedBy === undefined) return Result.succeed(body)
  if (seal === undefined) return Result.fail(new SealBroken({ keyId: sealedBy, why: "unknown key" }))
  return safely<Result.Result<SharedBody, Unopened>>(
    () => Result.map(seal.open(sealedBy, bytes, deliveryOwner(id)), (opened) => ({ id, bytes: opened })),
    Result.fail(sealThrew)
  )
}

/** A body that events share is sealed once, and is shared afterwards too. */
const sealPlaces = (seal: Seal, events: ReadonlyArray<NewEvent>): ReadonlyArray<NewEvent> => {
  const sealed = new Map<SharedBody, SharedBody>()
  return events.map((event) => {
    if (event.place === undefined) return event
    const { delivery, path } = event.place
    const closed = sealed.get(delivery) ?? closeDelivery(seal, delivery)
    sealed.set(delivery, closed)
    return { ...event, place: { delivery: closed, path } }
  })
}

const opening = <A>(result: Result.Result<A, Unopened>): Effect.Effect<A, InboxStoreError> =>
  Effect.mapError(Effect.fromResult(result), (cause) => new InboxStoreError({ operation: "open an event", cause }))

/** How many are in memory at a time. */
const resealedAtOnce = 10

/** Goes through all once, in their order; returns how many were sealed. One that does not open stays as it is. */
const resealAll = <A, Position, E>(
  pageAfter: (after: Position | undefined) => Effect.Effect<ReadonlyArray<A>, E>,
  positionOf: (record: A) => Position,
  reseal: (record: A) => Effect.Effect<boolean, E>
): Effect.Effect<number, E> =>
  Effect.gen(function* () {
    let done = 0
    let after: Position | undefined
    for (;;) {
      const page = yield* pageAfter(after)
      const last = page.at(-1)
      if (last === undefined) return done
      for (const record of page) if (yield* reseal(record)) done += 1
      after = positionOf(last)
    }
  })

const resealEvent = (
  seal: Seal,
  event: WebhookEvent,
  opened: Result.Result<WebhookEvent, Unopened>,
  rewrite: RawStore["rewrite"]
) => {
  const result =
    event.unreadable === undefined ? opened : Result.fail(new UnreadableEvent({ detail: event.unreadable }))
  if (Result.isSuccess(result)) return rewrite(event, close(seal, result.success))
  const { id, key, source } = event
  return leftAlone(result.failure, { source, id, key })
}

const resealDelivery = (seal: Seal, body: SharedBody, rewrite: RawStore["rewriteDelivery"]) => {
  const opened = openDelivery(seal, body)
  return Result.isSuccess(opened)
    ? rewrite(body, closeDelivery(seal, opened.success))
    : leftAlone(opened.failure, { delivery: body.id })
}

const leftAlone = ({ message }: Unopened, about: Readonly<Record<string, unknown>>) =>
  Effect.logWarning(message).pipe(Effect.annotateLogs(about), Effect.as(false))
