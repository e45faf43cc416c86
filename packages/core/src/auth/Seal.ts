/**
 * Seals what is stored: unreadable without a key, and bound to what it belongs to.
 *
 * **When to use**
 *
 * Provide it to every `TokenStore` that writes tokens down. A store in memory needs none.
 *
 * **Details**
 *
 * AES-256-GCM with a new nonce each time. Keys have names: the first seals, all of them open, so that a key is replaced by
 * putting a new one in front, sealing anew what is stored (`TokenStore.reseal`), and then leaving the old one out. The
 * integration and the tenant are part of what is authenticated: a row that was moved to another tenant does not open.
 *
 * **Gotchas**
 *
 * Without its key a sealed token is lost. A key should seal at most some billions of texts; a name stands for one key for
 * ever, never give it to another.
 *
 * **Example** (A key from the environment)
 *
 * ```ts
 * import { Config, Effect, Redacted, Result } from "effect"
 * import { Seal } from "@causeway/core/auth"
 *
 * // CAUSEWAY_KEYS="2026-11:<32 bytes in base64>,2026-02:<the key before>"
 * const live = Seal.layerConfig(Config.Redacted("CAUSEWAY_KEYS"))
 *
 * const seal = Seal.make([Seal.generateKey("2026-11")])
 * const sealed = seal.seal("s3cret", ["calendar", "acme"])
 * console.assert(!sealed.includes("s3cret"))
 * console.assert(Result.getOrThrow(seal.open(sealed, ["calendar", "acme"])) === "s3cret")
 * console.assert(Result.isFailure(seal.open(sealed, ["calendar", "another tenant"])))
 * ```
 *
 * @since 0.1.0
 */
import { type Config, Context, Effect, Layer, type Redacted, Result } from "effect"
import * as cipher from "../policy/internal/cipher.ts"
import * as cipherKeys from "../policy/internal/cipherKeys.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import { SealBroken } from "./AuthError.ts"

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
 * Seals texts and opens them.
 *
 * @since 0.1.0
 * @category services
 */
export class Seal extends Context.Service<
  Seal,
  {
    /** The name of the key that seals. */
    readonly keyId: string
    /** Seals a text for what it belongs to. */
    readonly seal: (text: string, belongsTo: ReadonlyArray<string>) => string
    /** Opens a text that was sealed for the same. */
    readonly open: (sealed: string, belongsTo: ReadonlyArray<string>) => Result.Result<string, SealBroken>
  }
>()("causeway/auth/Seal") {}

/**
 * Makes a seal: the first key seals, all of them open. Throws `InvalidOption` for a key that is none, without showing it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (keys: readonly [Key, ...ReadonlyArray<Key>]): Seal["Service"] => {
  const { all, first } = cipherKeys.ringOf(keys)
  return {
    keyId: first.id,
    seal: (text, belongsTo) => cipher.seal(first, text, belongsTo),
    open: (sealed, belongsTo) => open(all, sealed, belongsTo)
  }
}

/**
 * A seal of these keys: the first seals, all of them open.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (keys: readonly [Key, ...ReadonlyArray<Key>]): Layer.Layer<Seal> => {
  const seal = make(keys)
  return Layer.succeed(Seal, Seal.of(seal))
}

/**
 * A seal of the keys in one secret text, such as `2026-11:<base64>,2026-02:<base64>`: the first seals, all of them open.
 * Fails with `InvalidOption` for a text that holds no such keys, without showing it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  keys: Config.Config<Redacted.Redacted<string>>
): Layer.Layer<Seal, Config.ConfigError | InvalidOption.InvalidOption> => {
  cipherKeys.checkConfig("seal.keys", keys)
  return Layer.effect(
    Seal,
    Effect.flatMap(keys, (text) => Effect.map(parseKeys(text), (parsed) => Seal.of(parsed)))
  )
}

/**
 * Makes a new random key.
 *
 * @since 0.1.0
 * @category constructors
 */
export const generateKey = (id: string): Key => cipherKeys.generate(id)

const parseKeys = (text: Redacted.Redacted<string>): Effect.Effect<Seal["Service"], InvalidOption.InvalidOption> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(make(cipherKeys.keysIn(text)))
    } catch (error) {
      return error instanceof InvalidOption.InvalidOption ? Effect.fail(error) : Effect.die(error)
    }
  })

const open = (
  keys: ReadonlyMap<string, cipher.CipherKey>,
  sealed: string,
  belongsTo: ReadonlyArray<string>
): Result.Result<string, SealBroken> => {
  const keyId = cipher.keyIdOf(sealed)
  const key = keyId === undefined ? undefined : keys.get(keyId)
  if (key === undefined)
    return Result.fail(new SealBroken({ keyId, why: keyId === undefined ? "altered" : "unknown key" }))
  const text = cipher.open(key, sealed, belongsTo)
  return text === undefined ? Result.fail(new SealBroken({ keyId, why: "altered" })) : Result.succeed(text)
}
