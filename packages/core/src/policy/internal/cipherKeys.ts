import { Redacted } from "effect"
import { randomBytes } from "node:crypto"
import * as InvalidOption from "../InvalidOption.ts"
import { type CipherKey, keyOf } from "./cipher.ts"
import * as OptionCheck from "../OptionCheck.ts"

/** A key: 32 bytes in base64 or base64url, and its name of letters, digits, `-` and `_`. */
export interface NamedKey {
  readonly id: string
  readonly secret: Redacted.Redacted<string>
}

/** The first seals, all of them open. */
export interface KeyRing {
  readonly first: CipherKey
  readonly all: ReadonlyMap<string, CipherKey>
}

/** Makes a ring, or throws `InvalidOption` for a key that is none, without showing it. */
export const ringOf = (keys: readonly [NamedKey, ...ReadonlyArray<NamedKey>]): KeyRing => {
  checkKeys("seal.keys", keys)
  const [head, ...others] = keys
  const first = toCipherKey(head)
  const all = new Map([first, ...others.map(toCipherKey)].map((key) => [key.id, key]))
  if (all.size < keys.length) throw invalid("keys", "two keys of one name", "keys with different names")
  return { first, all }
}

/** The keys in one text, such as `2026-11:<base64>,2026-02:<base64>`. */
export const keysIn = (text: Redacted.Redacted<string>): readonly [NamedKey, ...ReadonlyArray<NamedKey>] => {
  const [first = noKey, ...others] = Redacted.value(text).trim().split(",").map(parseKey)
  return [first, ...others]
}

/** A new random key. */
export const generate = (id: string): NamedKey => {
  validName("seal.key.id", id)
  return { id, secret: Redacted.make(randomBytes(32).toString("base64")) }
}

const noKey: NamedKey = { id: "", secret: Redacted.make("") }

const parseKey = (text: string): NamedKey => {
  const [id = "", secret = ""] = text.trim().split(":", 2)
  return { id, secret: Redacted.make(secret) }
}

const toCipherKey = ({ id, secret }: NamedKey): CipherKey => {
  if (!isName(id)) {
    // What stands where a name should may be the secret itself.
    throw invalid("key.id", `a text of ${id.length} characters`, "up to 64 letters, digits, - and _")
  }
  const text = Redacted.value(secret).trim()
  const bytes = /^[\w+/-]+={0,2}$/.test(text) ? Buffer.from(text, "base64") : Buffer.alloc(0)
  const key = keyOf(id, bytes)
  if (key === undefined) throw invalid(`key ${id}`, `${bytes.byteLength} bytes`, "32 bytes in base64 or base64url")
  return key
}

/** What stands where a name should may be the secret itself: it is not shown. */
const name = OptionCheck.secret("up to 64 letters, digits, - and _", (id) => typeof id === "string")

const validName = OptionCheck.secret("up to 64 letters, digits, - and _", (id) => typeof id === "string" && isName(id))

const isName = (id: string): boolean => /^[\w-]{1,64}$/.test(id)

const checkKeys = OptionCheck.list(
  OptionCheck.record<NamedKey>({
    id: OptionCheck.required(name),
    secret: OptionCheck.required(OptionCheck.redacted)
  }),
  1
)

const invalid = (option: string, actual: string, accepts: string) =>
  new InvalidOption.InvalidOption({ option: `seal.${option}`, actual, accepts })
