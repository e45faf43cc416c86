/**
 * Requests signed with an HMAC over a template: the way of most providers that sign at all.
 *
 * **When to use**
 *
 * For a provider that asks for something like `HMAC-SHA256(secret, timestamp + method + path + body)` in a header, and
 * between services of your own that are to use the record of their webhooks for requests too.
 *
 * **Details**
 *
 * The record has the words of a webhook's `SignatureScheme`: where the signature is, what is signed, which key, where the
 * time and the id are. {@link fromScheme} takes such a scheme as it is. Each attempt is signed at its own time, with an id
 * of its own.
 *
 * | slot | stands for |
 * |---|---|
 * | `{body}`, `{sha256}` | the bytes of the body, and their SHA-256 in lower-case hexadecimal |
 * | `{timestamp}`, `{id}` | the time and the id of this attempt, as they are sent |
 * | `{method}`, `{url}`, `{host}` | the upper-case method, the URL as it is sent, its host and port |
 * | `{path}` | the URL's path and query |
 * | `{pathname}`, `{query}` | one of the two by itself, the query without `?` |
 * | `{keyId}` | the id of the key |
 * | `{header:Name}` | a header, which must be there unless `?` follows |
 *
 * **Gotchas**
 *
 * Between parts that may be of any length put something that none of them contains, such as a line break: otherwise two
 * requests may have the same signature. A streamed body cannot be signed.
 *
 * **Example** (An exchange that signs time, method, path and body)
 *
 * ```ts
 * import { Config, Layer, Schema } from "effect"
 * import { HmacSignature } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Exchange extends Integration.Service<Exchange>()("app/Exchange", {
 *   baseUrl: "https://api.exchange.example",
 *   endpoints: [Endpoint.get("accounts", "/accounts", { success: Schema.Unknown })]
 * }) {}
 *
 * const live = Exchange.layer.pipe(
 *   Layer.provide(
 *     HmacSignature.layer(
 *       Exchange,
 *       {
 *         signature: HmacSignature.singleHeader("X-Signature", { encoding: "hex" }),
 *         signedContent: "{timestamp}{method}{path}{body}",
 *         keys: [HmacSignature.mac({ hash: "sha256", encoding: "base64" })],
 *         timestamp: { at: HmacSignature.header("X-Timestamp"), unit: "seconds" },
 *         keyId: { at: HmacSignature.header("X-Key"), value: "key-1" }
 *       },
 *       Config.Redacted("EXCHANGE_SECRET")
 *     )
 *   )
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @since 0.1.0
 */
import { Effect, Layer, type Redacted, type Result } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import { randomUUID } from "node:crypto"
import * as InvalidOption from "../policy/InvalidOption.ts"
import type { Scheme } from "./Auth.ts"
import type { UnsignableRequest } from "./AuthError.ts"
import * as Credentials from "./Credentials.ts"
import { type Key, type MacKey, MacKeys, readKey } from "./internal/hmac/macKey.ts"
import {
  type Encoding,
  type HeaderField,
  type HeaderList,
  type InField,
  type ListItem,
  type Profile,
  type Signature,
  signRequest,
  type SingleHeader,
  type Timestamp,
  type TimestampUnit
} from "./internal/hmac/signing.ts"
import { hasSlot, parseTemplate, type Slot } from "./internal/hmac/template.ts"
import * as Reading from "./internal/secret/Reading.ts"
import { attempt } from "./internal/signing/outgoing.ts"
import type * as Signing from "./internal/signing/SecretSigner.ts"
import { SecretSigner } from "./internal/signing/SecretSigner.ts"
import type * as Secret from "./Secret.ts"
import * as Check from "./internal/signatureChecks.ts"
import { checkSecret, checkTarget } from "./internal/optionChecks.ts"
import { isMade } from "../policy/internal/made.ts"

export type {
  Encoding,
  HeaderField,
  HeaderList,
  InField,
  ListItem,
  MacKey,
  Signature,
  SingleHeader,
  Timestamp,
  TimestampUnit
}

/**
 * The record of a provider's signatures.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Where the signature is, and how it is written. */
  readonly signature: Signature
  /** The template of what is signed. */
  readonly signedContent: string
  /** How the secret becomes a key; the first one signs. */
  readonly keys: ReadonlyArray<MacKey>
  /** Where the time of signing is. Default: none is sent. */
  readonly timestamp?: Timestamp | undefined
  /** The header of an id that is another one at each attempt. Default: none is sent. */
  readonly eventId?: HeaderField | undefined
  /** The id of the key, and the header that it is sent in. Default: none, or that of a secret such as `id:secret`. */
  readonly keyId?: { readonly at?: HeaderField | undefined; readonly value: string } | undefined
}

/**
 * How requests are signed.
 *
 * @since 0.1.0
 * @category models
 */
export interface HmacSignature extends Profile {}

/**
 * Makes a signer of a record. One that makes no sense throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): HmacSignature => {
  Check.checkHmac("hmacSignature", options)
  const { eventId, keyId, keys, signature, timestamp } = options
  const content = parseTemplate(options.signedContent)
  const template = JSON.stringify(options.signedContent)
  const has = (...slots: ReadonlyArray<Slot>) => hasSlot(content, ...slots)
  if (!has("body", "sha256", "url", "path", "pathname", "query")) {
    reject("signedContent", template, "a template with a part of the request, such as {path} or {body}")
  }
  if (timestamp !== undefined && !has("timestamp")) {
    reject("signedContent", template, "a template with {timestamp}, which anyone could change otherwise")
  }
  if (has("timestamp") && timestamp === undefined) reject("timestamp", "missing", "given, because it is signed")
  if (has("id") && eventId === undefined) reject("eventId", "missing", "given, because it is signed")
  const [key] = keys
  if (key === undefined) return reject("keys", "empty", "a list of at least one key")
  if (has("keyId") && keyId === undefined && key.idSeparator === undefined) {
    reject("keyId", "missing", "given, because it is signed")
  }
  if (signature._tag === "HeaderList" && key.label === undefined) {
    reject("keys.label", "missing", "given, for a signature among others")
  }
  if (timestamp?.at._tag === "ListItem" && signature._tag !== "HeaderList") {
    reject("timestamp.at", "an item of a list", "a header, where the signature is in none")
  }
  return {
    signature,
    content,
    key,
    keys: new MacKeys(key),
    timestamp,
    eventId,
    keyId:
      keyId === undefined
        ? undefined
        : { at: keyId.at, value: InvalidOption.nonEmpty("hmacSignature.keyId", keyId.value) }
  }
}

/**
 * What of a webhook's `SignatureScheme` is looked at.
 *
 * @since 0.1.0
 * @category models
 */
export interface SchemeLike {
  readonly signature: { readonly _tag: string }
  readonly signedContent: { readonly template: string }
  readonly keys: ReadonlyArray<{ readonly _tag: string }>
  readonly timestamp: { readonly at: { readonly _tag: string }; readonly unit: TimestampUnit } | undefined
  readonly eventId: { readonly _tag: string } | undefined
}

/**
 * A webhook's scheme, for requests: whoever verifies that webhook accepts them. A scheme that is no HMAC in a header or a
 * query throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromScheme = (scheme: SchemeLike): HmacSignature => make(optionsOf(scheme))

const optionsOf = ({ eventId, keys, signature, signedContent, timestamp }: SchemeLike): Options => ({
  signature: isSignature(signature) ? signature : reject("signature", signature._tag, "one in a header or the query"),
  signedContent: signedContent.template,
  keys: keys.filter(isMac),
  timestamp: timestamp === undefined ? undefined : { at: timeField(timestamp.at), unit: timestamp.unit },
  eventId: eventId !== undefined && isHeader(eventId) ? eventId : undefined
})

// The words are the same in both rooms: what has the tag has the fields.
const isMac = (key: { readonly _tag: string }): key is MacKey => key._tag === "Mac"
const isHeader = (field: { readonly _tag: string }): field is HeaderField => field._tag === "Header"
const isListItem = (field: { readonly _tag: string }): field is ListItem => field._tag === "ListItem"
const isSignature = (signature: { readonly _tag: string; readonly encoding?: string }): signature is Signature =>
  (signature._tag === "SingleHeader" || signature._tag === "HeaderList" || isInQuery(signature)) &&
  signature.encoding !== "utf8"

const isInQuery = (signature: { readonly _tag: string; readonly field?: { readonly _tag: string } }): boolean =>
  signature._tag === "InField" && signature.field?._tag === "Query"

const timeField = (at: { readonly _tag: string }): HeaderField | ListItem =>
  isHeader(at) || isListItem(at) ? at : reject("timestamp.at", at._tag, "a header, or an item of a list in one")

/**
 * One signature as the whole value of a header.
 *
 * @since 0.1.0
 * @category constructors
 */
export const singleHeader = (
  name: string,
  options: { readonly encoding: Encoding; readonly prefix?: string }
): SingleHeader => {
  Check.checkSingleHeader("hmacSignature.signature", options)
  return {
    _tag: "SingleHeader",
    names: [InvalidOption.httpToken("hmacSignature.signature.name", name)],
    prefix: options.prefix ?? "",
    encoding: options.encoding
  }
}

/**
 * Labelled items in one header, such as `t=1764000000,v1=5257a8…`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const headerList = (
  name: string,
  options: { readonly separator: string; readonly assignment: string; readonly encoding: Encoding }
): HeaderList => {
  Check.checkHeaderList("hmacSignature.signature", options)
  return { _tag: "HeaderList", name: InvalidOption.httpToken("hmacSignature.signature.name", name), ...options }
}

/**
 * A signature in a parameter of the query, behind all others.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inField = (
  field: { readonly _tag: "Query"; readonly name: string },
  options: { readonly encoding: Encoding; readonly prefix?: string }
): InField => {
  Check.checkQuery("hmacSignature.signature.field", field)
  Check.checkSingleHeader("hmacSignature.signature", options)
  return { _tag: "InField", field, prefix: options.prefix ?? "", encoding: options.encoding }
}

/**
 * A parameter of the query.
 *
 * @since 0.1.0
 * @category constructors
 */
export const query = (name: string): InField["field"] => ({
  _tag: "Query",
  name: InvalidOption.nonEmpty("hmacSignature.query", name)
})

/**
 * A header.
 *
 * @since 0.1.0
 * @category constructors
 */
export const header = (name: string): HeaderField => ({
  _tag: "Header",
  name: InvalidOption.httpToken("hmacSignature.header", name)
})

/**
 * An item of the list that the signature is in.
 *
 * @since 0.1.0
 * @category constructors
 */
export const listItem = (label: string): ListItem => ({
  _tag: "ListItem",
  label: InvalidOption.httpToken("hmacSignature.listItem", label)
})

/**
 * A shared secret for an HMAC. Defaults: the UTF-8 bytes of the whole text, of any length but zero.
 *
 * @since 0.1.0
 * @category constructors
 */
export const mac = (options: Partial<Omit<MacKey, "_tag">> & Pick<MacKey, "hash">): MacKey => {
  Check.checkMac("hmacSignature.keys", options)
  return {
    _tag: "Mac",
    encoding: "utf8",
    prefix: "",
    minBytes: 1,
    maxBytes: 4_096,
    derivation: undefined,
    idSeparator: undefined,
    label: undefined,
    ...options
  }
}

/**
 * The Layer that signs every attempt of an integration.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  signature: Options | HmacSignature,
  secret: S
): Scheme<Self, S> => {
  checkTarget("hmacSignature.integration", integration)
  checkSecret("hmacSignature.secret", secret)
  const profile = isMade("content", signature) ? (signature as HmacSignature) : make(signature as Options)
  const name = Credentials.integrationOf(integration)
  const reading = Reading.open(secret, {
    integration: name,
    what: "secret",
    problemOf: (text) => problemOf(readKey(text, profile.key))
  })
  return Layer.effect(
    integration.credentials,
    Effect.map(reading, (reading) => new SecretSigner(name, schemeOf(profile), reading))
  )
}

const schemeOf = (profile: HmacSignature): Signing.Scheme<Key> => ({
  called: "secret",
  keyOf: (secret) => profile.keys.of(secret),
  sign: (request, key, millis) => signRequest(request, profile, key, { millis, id: randomUUID() })
})

/**
 * Signs one request at this time, in milliseconds since the epoch, under this id. A secret of another form throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category signing
 */
export const sign = (
  profile: HmacSignature,
  request: HttpClientRequest,
  given: { readonly secret: Redacted.Redacted<string>; readonly now: number; readonly id?: string }
): Result.Result<HttpClientRequest, UnsignableRequest> => {
  const key = profile.keys.of(given.secret)
  if (typeof key === "string") return reject("secret", `one that ${key}`, "a secret of the form that the record says")
  return attempt(() => signRequest(request, profile, key, { millis: given.now, id: given.id ?? "" }).request)
}

const problemOf = (read: ReturnType<typeof readKey>): string | undefined =>
  typeof read === "string" ? read : undefined

function reject(option: string, actual: string, accepts: string): never {
  throw new InvalidOption.InvalidOption({ option: `hmacSignature.${option}`, actual, accepts })
}
