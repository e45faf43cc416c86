/**
 * Seals what the inbox stores: headers and bodies are unreadable on the disk, in a backup and in a dump without a key.
 *
 * **When to use**
 *
 * Provide it to the store of an inbox whose events hold what must not be read from the database, such as personal data.
 *
 * **Details**
 *
 * AES-256-GCM with a new nonce each time; the source and the id of the event are part of what is authenticated, so that
 * a body that was moved to another event does not open. Keys have names: the first seals, all of them open. To replace
 * one, put a new one in front, call `Inbox.reseal`, and leave the old one out. Events that were stored before there was
 * a seal stay readable, and `reseal` seals them too.
 *
 * An event whose key is missing is not lost: each attempt at it fails with `SealBroken`, it is tried again as its schedule
 * says, and can be replayed when the key is back.
 *
 * **Gotchas**
 *
 * Source, id, type, lane, times, errors and the SHA-256 of the body stay readable: they are what duplicates and events
 * are found by. Without its key a sealed event is lost.
 *
 * **Example** (A sealed inbox)
 *
 * ```ts
 * import { Inbox, InboxSeal } from "@causeway/core/webhook"
 * import { Sqlite } from "@causeway/node"
 * import { Effect, Layer, Option } from "effect"
 * import { SqlClient } from "effect/sql"
 *
 * const program = Effect.gen(function* () {
 *   const inbox = yield* Inbox.Inbox
 *   const body = new TextEncoder().encode('{"email":"ada@example.com"}')
 *   const put = yield* inbox.store({ source: "crm", id: "1", type: "signup", headers: [], body })
 *   const event = Option.getOrThrow(yield* inbox.get(put.key))
 *   const sql = yield* SqlClient.SqlClient
 *   const [row] = yield* sql<{ body: Uint8Array }>`SELECT body FROM causeway_events`
 *   return [event.body, row?.body].map((bytes) => new TextDecoder().decode(bytes).includes("ada@example.com"))
 * })
 *
 * // In an application: InboxSeal.layerConfig(Config.Redacted("INBOX_KEYS"))
 * const layer = Layer.provideMerge(Inbox.layerSql, [
 *   InboxSeal.layer([InboxSeal.generateKey("2026-11")]),
 *   Sqlite.layerMemory
 * ])
 * const [read, onDisk] = await Effect.runPromise(program.pipe(Effect.provide(layer)))
 * console.assert(read === true && onDisk === false)
 * ```
 *
 * @since 0.1.0
 */
import { type Config, Context, Data, Effect, Layer, type Redacted, Result } from "effect"
import * as cipher from "../policy/internal/cipher.ts"
import * as cipherKeys from "../policy/internal/cipherKeys.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"

/**
 * A key: 32 bytes in base64 or base64url, and its name of letters, digits, `-` and `_`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Key {
  readonly id: string
  readonly secret: Redacted.Redacted<string>
}

/**
 * A sealed event can't be opened: its key is not among ours, or it was altered.
 *
 * @since 0.1.0
 * @category errors
 */
export class SealBroken extends Data.TaggedError("SealBroken")<{
  readonly keyId: string
  readonly why: "unknown key" | "altered"
}> {
  override get message(): string {
    return this.why === "altered"
      ? `The event does not open with the key "${this.keyId}": it was altered, or belongs to another event`
      : `The event is sealed with the key "${this.keyId}", which is not among the keys of the inbox`
  }
}

/**
 * Seals bytes for what they belong to, and opens them.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The name of the key that seals. */
  readonly keyId: string
  readonly seal: (bytes: Uint8Array, belongsTo: ReadonlyArray<string>) => Uint8Array
  readonly open: (
    keyId: string,
    sealed: Uint8Array,
    belongsTo: ReadonlyArray<string>
  ) => Result.Result<Uint8Array, SealBroken>
}

/**
 * The seal of the stores that are built with it. Default: none, and events are stored as they came.
 *
 * @since 0.1.0
 * @category services
 */
export const InboxSeal: Context.Reference<Service | undefined> = Context.Reference<Service | undefined>(
  "causeway/webhook/InboxSeal",
  { defaultValue: () => undefined }
)

/**
 * Makes a seal: the first key seals, all of them open. Throws `InvalidOption` for a key that is none, without showing it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (keys: readonly [Key, ...ReadonlyArray<Key>]): Service => {
  const { all, first } = cipherKeys.ringOf(keys)
  return {
    keyId: first.id,
    seal: (bytes, belongsTo) => cipher.sealBytes(first, bytes, belongsTo),
    open: (keyId, sealed, belongsTo) => {
      const key = all.get(keyId)
      if (key === undefined) return Result.fail(new SealBroken({ keyId, why: "unknown key" }))
      const opened = cipher.openBytes(key, sealed, belongsTo)
      return opened === undefined ? Result.fail(new SealBroken({ keyId, why: "altered" })) : Result.succeed(opened)
    }
  }
}

/**
 * A seal of these keys: the first seals, all of them open.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (keys: readonly [Key, ...ReadonlyArray<Key>]): Layer.Layer<never> =>
  Layer.succeed(InboxSeal, make(keys))

/**
 * A seal of the keys in one secret text, such as `2026-11:<base64>,2026-02:<base64>`: the first seals, all of them open.
 * Fails with `InvalidOption` for a text that holds no such keys, without showing it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  keys: Config.Config<Redacted.Redacted<string>>
): Layer.Layer<never, Config.ConfigError | InvalidOption.InvalidOption> => {
  cipherKeys.checkConfig("seal.keys", keys)
  return Layer.effect(
    InboxSeal,
    Effect.flatMap(keys, (text) =>
      Effect.suspend(() => {
        try {
          return Effect.succeed(make(cipherKeys.keysIn(text)))
        } catch (error) {
          return error instanceof InvalidOption.InvalidOption ? Effect.fail(error) : Effect.die(error)
        }
      })
    )
  )
}

/**
 * Makes a new random key.
 *
 * @since 0.1.0
 * @category constructors
 */
export const generateKey = (id: string): Key => cipherKeys.generate(id)
