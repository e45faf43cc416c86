import { Option, Schema } from "effect"
import * as CacheControl from "../../CacheControl.ts"
import type { Entry } from "./entry.ts"

const Stored = Schema.Struct({
  method: Schema.String,
  status: Schema.Int,
  headers: Schema.Record(Schema.String, Schema.String),
  body: Schema.Uint8ArrayFromBase64,
  varying: Schema.Array(Schema.Tuple([Schema.String, Schema.NullOr(Schema.String)])),
  storedAt: Schema.Finite,
  initialAgeMillis: Schema.Finite,
  lifetimeMillis: Schema.Finite,
  keepUntil: Schema.Finite
})

const StoredText = Schema.fromJsonString(Stored)
const StoredTexts = Schema.fromJsonString(Schema.Array(Stored))

const encodeOne = Schema.encodeSync(StoredText)
const decodeOne = Schema.decodeUnknownOption(StoredText)
const encodeMany = Schema.encodeSync(StoredTexts)
const decodeMany = Schema.decodeUnknownOption(StoredTexts)

const withDirectives = (stored: typeof Stored.Type): Entry => ({
  ...stored,
  directives: CacheControl.parse(stored.headers["cache-control"])
})

/** An entry as a text; its directives are read again from its headers. */
export const toText = (entry: Entry): string => encodeOne(entry)

/** The entry in a text; undefined for what is none, such as one of another version. */
export const fromText = (text: string): Entry | undefined =>
  Option.getOrUndefined(Option.map(decodeOne(text), withDirectives))

export const toTexts = (entries: ReadonlyArray<Entry>): string => encodeMany(entries)

export const fromTexts = (text: string): ReadonlyArray<Entry> =>
  Option.getOrElse(decodeMany(text), () => []).map(withDirectives)
