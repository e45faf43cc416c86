/**
 * How a provider signs its webhooks, as data: where the signature is, what it covers, and what key makes it.
 *
 * **When to use**
 *
 * Take a ready scheme from `@causeway/providers`, or describe a provider that is not there with {@link make}. Give it to
 * `WebhookVerifier.verify`, `WebhookSigner.sign`, a receiver or a sender: they all read the same record.
 *
 * **Details**
 *
 * | field | what it says | default |
 * |---|---|---|
 * | `signature` | one header ({@link singleHeader}), or a list in a header ({@link headerList}) | required |
 * | `signedContent` | a template of `{body}`, `{timestamp}`, `{id}`, `{method}`, `{url}` and text | required |
 * | `keys` | what a secret looks like and what it computes ({@link mac}, {@link ed25519}) | required |
 * | `timestamp` | where, in which unit, and how far from now it may be | none, tolerance 5 minutes both ways |
 * | `eventId`, `eventType` | a header or a path in the body ({@link header}, {@link body}, {@link formJson}) | none |
 * | `handshake` | a challenge to answer ({@link signedEcho}) | none |
 * | `docs` | the provider's page, and what the record was checked against | required |
 *
 * **Gotchas**
 *
 * A scheme without a timestamp cannot tell a replay from a first delivery: deduplicate by id. Hexadecimal signatures are
 * lower case, base64 is padded and canonical; anything else is refused.
 *
 * **Example** (A provider that signs its timestamp and body)
 *
 * ```ts
 * import { SignatureScheme } from "@causeway/core/webhook"
 * import assert from "node:assert/strict"
 *
 * const scheme = SignatureScheme.make({
 *   id: "acme",
 *   signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex", prefix: "v1=" }),
 *   signedContent: "{timestamp}.{body}",
 *   keys: [SignatureScheme.mac({ hash: "sha256" })],
 *   timestamp: { at: SignatureScheme.header("Acme-Timestamp"), unit: "seconds", tolerance: "2 minutes" },
 *   eventId: SignatureScheme.body("id"),
 *   eventType: [SignatureScheme.body("type")],
 *   docs: { url: "https://acme.example/docs/webhooks", checked: "documentation" }
 * })
 *
 * assert.deepEqual(scheme.timestamp?.toleranceMillis, { past: 120_000, future: 120_000 })
 * assert.throws(
 *   () => SignatureScheme.make({ ...scheme, signedContent: "{timestmap}.{body}" }),
 *   /signedContent.*timestmap.*\{timestamp\}/
 * )
 * ```
 *
 * @since 0.1.0
 */
import { Duration } from "effect"
import { dual } from "effect/Function"
import { InvalidOption, positiveMillis } from "../policy/InvalidOption.ts"

// -----------------------------------------------------------------------------------------------------------------
// the record

/**
 * How a provider signs: everything that verifying and signing need, and nothing else.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignatureScheme {
  /** Names the scheme in errors and stores, such as `github`. */
  readonly id: string
  readonly signature: Signature
  /** The bytes that are signed. */
  readonly signedContent: SignedContent
  /** The forms a secret may have; a secret is of the first form whose prefix it carries. */
  readonly keys: ReadonlyArray<KeyForm>
  readonly timestamp: Timestamp | undefined
  /** Where the id is by which repeated deliveries are recognised. */
  readonly eventId: EventField | undefined
  /** Where the event type may be; the first field that is there counts. */
  readonly eventType: ReadonlyArray<EventField>
  readonly handshake: Handshake | undefined
  readonly docs: Docs
}

/**
 * Where the signatures are, and how they are written.
 *
 * @since 0.1.0
 * @category models
 */
export type Signature = SingleHeader | HeaderList

/**
 * One signature as the whole value of a header. With several names, each header may carry one (a second header during a
 * rotation, for instance), and any of them suffices.
 *
 * @since 0.1.0
 * @category models
 */
export interface SingleHeader {
  readonly _tag: "SingleHeader"
  readonly names: ReadonlyArray<string>
  /** Text before the encoded signature, such as `sha256=`. */
  readonly prefix: string
  readonly encoding: Encoding
}

/**
 * Labelled items in one header, such as `t=1764000000,v1=5257a8…`: signatures under the labels of the scheme's keys, and
 * perhaps a timestamp. Items under other labels are ignored.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeaderList {
  readonly _tag: "HeaderList"
  readonly name: string
  /** Between items. */
  readonly separator: string
  /** Between the label and the value of an item. */
  readonly assignment: string
  readonly encoding: Encoding
}

/**
 * How the bytes of a signature are written: lower-case hexadecimal, padded base64, or unpadded base64url.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoding = "hex" | "base64" | "base64url"

/**
 * What is signed: the template as it was written, and its parts.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedContent {
  readonly template: string
  readonly parts: ReadonlyArray<ContentPart>
}

/**
 * Fixed text, or a slot that is filled from the delivery.
 *
 * @since 0.1.0
 * @category models
 */
export type ContentPart =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Slot"; readonly slot: Slot }

/**
 * What a template can refer to. `url` is the public URL that the provider called, `method` its upper-case method.
 *
 * @since 0.1.0
 * @category models
 */
export type Slot = "body" | "timestamp" | "id" | "method" | "url"

/**
 * The form of a secret, and what is computed with it.
 *
 * @since 0.1.0
 * @category models
 */
export type KeyForm = MacKey | Ed25519Key

/**
 * A shared secret for an HMAC.
 *
 * @since 0.1.0
 * @category models
 */
export interface MacKey {
  readonly _tag: "Mac"
  readonly hash: Hash
  /** How the text of the secret, after its prefix, becomes the bytes of the key. */
  readonly encoding: "utf8" | "hex" | "base64"
  /** Text that the secret starts with and that is no part of the key, such as `whsec_`. */
  readonly prefix: string
  /** Bounds of the key's length in bytes. */
  readonly minBytes: number
  readonly maxBytes: number
  /** The label of its signatures in a {@link HeaderList}. */
  readonly label: string | undefined
}

/**
 * An ed25519 key pair: the public half verifies, the private half signs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Ed25519Key {
  readonly _tag: "Ed25519"
  readonly encoding: "hex" | "base64"
  /** Text before the 32 bytes of the public key. */
  readonly publicPrefix: string
  /** Text before the private key: 32 bytes of seed, or the seed followed by the public key. */
  readonly privatePrefix: string
  /** The label of its signatures in a {@link HeaderList}. */
  readonly label: string | undefined
}

/**
 * The hash functions of an HMAC.
 *
 * @since 0.1.0
 * @category models
 */
export type Hash = "sha1" | "sha256" | "sha512"

/**
 * Where the time of signing is, and how far from now it may be.
 *
 * @since 0.1.0
 * @category models
 */
export interface Timestamp {
  readonly at: TimestampField
  readonly unit: TimestampUnit
  /** The largest age, and the largest lead over our clock, in milliseconds. */
  readonly toleranceMillis: { readonly past: number; readonly future: number }
}

/**
 * The unit of a timestamp since the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export type TimestampUnit = "seconds" | "milliseconds"

/**
 * Where a timestamp may be. A timestamp in the body is read after the signature was accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type TimestampField = HeaderField | ListItem | BodyField

/**
 * Where an event's id or type may be.
 *
 * @since 0.1.0
 * @category models
 */
export type EventField = HeaderField | BodyField | FormJsonField

/**
 * The value of a header.
 *
 * @since 0.1.0
 * @category models
 */
export interface HeaderField {
  readonly _tag: "Header"
  readonly name: string
}

/**
 * An item of the {@link HeaderList} that also holds the signatures.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListItem {
  readonly _tag: "ListItem"
  readonly label: string
}

/**
 * A text or a whole number in a JSON body, by the keys that lead to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface BodyField {
  readonly _tag: "Body"
  readonly path: ReadonlyArray<string>
}

/**
 * A text or a whole number in JSON that is the value of a field of a form body.
 *
 * @since 0.1.0
 * @category models
 */
export interface FormJsonField {
  readonly _tag: "FormJson"
  readonly field: string
  readonly path: ReadonlyArray<string>
}

/**
 * How a challenge is answered.
 *
 * @since 0.1.0
 * @category models
 */
export type Handshake = SignedEcho

/**
 * A signed request that wants one of its fields back, as text or as the only key of a JSON object.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedEcho {
  readonly _tag: "SignedEcho"
  /** The request is a challenge when this field has this value. */
  readonly when: { readonly field: EventField; readonly equals: string }
  readonly echo: EventField
  /** The key of the answer's JSON object; `undefined` answers plain text. */
  readonly jsonKey: string | undefined
}

/**
 * Where the scheme is described, and what the record was checked against: the provider's own package, a package of its
 * community, its documentation, other projects' sources, or nothing yet.
 *
 * @since 0.1.0
 * @category models
 */
export interface Docs {
  readonly url: string
  readonly checked: "package" | "community-package" | "documentation" | "source" | "unchecked"
}

// -----------------------------------------------------------------------------------------------------------------
// constructors

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** Lower-case letters, digits and dashes. */
  readonly id: string
  readonly signature: Signature
  /** Such as `{timestamp}.{body}`; a scheme given back is taken as it is. */
  readonly signedContent: string | SignedContent
  readonly keys: ReadonlyArray<KeyForm>
  readonly timestamp?: TimestampOptions | Timestamp | undefined
  readonly eventId?: EventField | undefined
  readonly eventType?: ReadonlyArray<EventField>
  readonly handshake?: Handshake | undefined
  readonly docs: Docs
}

/**
 * The options of a scheme's timestamp.
 *
 * @since 0.1.0
 * @category options
 */
export interface TimestampOptions {
  readonly at: TimestampField
  readonly unit: TimestampUnit
  /** How far from now the timestamp may be, both ways or each way. Default 5 minutes both ways. */
  readonly tolerance?: Tolerance
}

/**
 * The accepted distance of a timestamp from now: one for both directions, or one for each.
 *
 * @since 0.1.0
 * @category options
 */
export type Tolerance = Duration.Input | { readonly past: Duration.Input; readonly future: Duration.Input }

/**
 * Makes a scheme, or throws `InvalidOption` with the option's name, what it got and what it accepts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): SignatureScheme => {
  const scheme: SignatureScheme = {
    id: checkId(options.id),
    signature: options.signature,
    signedContent: parseTemplate(options.signedContent),
    keys: options.keys,
    timestamp: options.timestamp && makeTimestamp(options.timestamp),
    eventId: options.eventId,
    eventType: options.eventType ?? [],
    handshake: options.handshake,
    docs: options.docs
  }
  checkKeys(scheme)
  checkTimestamp(scheme)
  checkSlots(scheme)
  return scheme
}

/**
 * A signature as the whole value of a header, after an optional prefix.
 *
 * @since 0.1.0
 * @category constructors
 */
export const singleHeader = (
  names: string | ReadonlyArray<string>,
  options: { readonly encoding: Encoding; readonly prefix?: string }
): SingleHeader => ({
  _tag: "SingleHeader",
  names: checkHeaders("signature.names", typeof names === "string" ? [names] : names),
  prefix: options.prefix ?? "",
  encoding: options.encoding
})

/**
 * Labelled signatures in one header, at most 32 of them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const headerList = (
  name: string,
  options: { readonly separator: string; readonly assignment: string; readonly encoding: Encoding }
): HeaderList => ({
  _tag: "HeaderList",
  name: checkHeader("signature.name", name),
  separator: checkPunctuation("signature.separator", options.separator),
  assignment: checkPunctuation("signature.assignment", options.assignment),
  encoding: options.encoding
})

/**
 * A shared secret for an HMAC. Defaults: the UTF-8 bytes of the whole text, of any length but zero.
 *
 * @since 0.1.0
 * @category constructors
 */
export const mac = (options: {
  readonly hash: Hash
  readonly encoding?: MacKey["encoding"]
  readonly prefix?: string
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly label?: string
}): MacKey => {
  const minBytes = options.minBytes ?? 1
  const maxBytes = options.maxBytes ?? 4096
  if (!(Number.isSafeInteger(minBytes) && minBytes >= 1)) {
    reject("keys.minBytes", String(minBytes), "a whole number of at least 1")
  }
  if (!(Number.isSafeInteger(maxBytes) && maxBytes >= minBytes)) {
    reject("keys.maxBytes", String(maxBytes), `a whole number of at least minBytes (${minBytes})`)
  }
  return {
    _tag: "Mac",
    hash: options.hash,
    encoding: options.encoding ?? "utf8",
    prefix: options.prefix ?? "",
    minBytes,
    maxBytes,
    label: options.label
  }
}

/**
 * An ed25519 key pair whose halves are told apart by their prefixes.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ed25519 = (options: {
  readonly encoding: Ed25519Key["encoding"]
  readonly publicPrefix: string
  readonly privatePrefix: string
  readonly label?: string
}): Ed25519Key =>
  options.publicPrefix === options.privatePrefix
    ? reject("keys.privatePrefix", quote(options.privatePrefix), "a text that differs from publicPrefix")
    : { _tag: "Ed25519", ...options, label: options.label }

/**
 * A header as the place of a timestamp, an id or a type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const header = (name: string): HeaderField => ({ _tag: "Header", name: checkHeader("header", name) })

/**
 * An item of the signature's own header as the place of a timestamp.
 *
 * @since 0.1.0
 * @category constructors
 */
export const listItem = (label: string): ListItem => ({ _tag: "ListItem", label: checkLabel("listItem", label) })

/**
 * A path in the JSON body as the place of a timestamp, an id or a type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const body = (...path: readonly [string, ...Array<string>]): BodyField => ({ _tag: "Body", path })

/**
 * A path in the JSON that a form body holds in one of its fields as the place of an id or a type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const formJson = (field: string, ...path: readonly [string, ...Array<string>]): FormJsonField => ({
  _tag: "FormJson",
  field,
  path
})

/**
 * A challenge in a signed request that is answered with one of the request's fields.
 *
 * @since 0.1.0
 * @category constructors
 */
export const signedEcho = (options: {
  readonly when: SignedEcho["when"]
  readonly echo: EventField
  readonly jsonKey?: string
}): SignedEcho => ({ _tag: "SignedEcho", when: options.when, echo: options.echo, jsonKey: options.jsonKey })

// -----------------------------------------------------------------------------------------------------------------
// combinators

/**
 * The same scheme with another tolerance, for slow queues or stricter rules.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withTolerance: {
  (tolerance: Tolerance): (scheme: SignatureScheme) => SignatureScheme
  (scheme: SignatureScheme, tolerance: Tolerance): SignatureScheme
} = dual(2, (scheme: SignatureScheme, tolerance: Tolerance): SignatureScheme =>
  scheme.timestamp === undefined
    ? reject("tolerance", "a tolerance", `a scheme with a timestamp, which ${scheme.id} has not`)
    : { ...scheme, timestamp: { ...scheme.timestamp, toleranceMillis: toleranceMillis(tolerance) } }
)

/**
 * Whether the signed content has this slot, so that the signature covers it.
 *
 * @since 0.1.0
 * @category predicates
 */
export const covers = (scheme: SignatureScheme, slot: Slot): boolean =>
  scheme.signedContent.parts.some((part) => part._tag === "Slot" && part.slot === slot)

// -----------------------------------------------------------------------------------------------------------------
// checks

const slots: ReadonlyArray<string> = ["body", "timestamp", "id", "method", "url"] satisfies ReadonlyArray<Slot>

const isSlot = (name: string): name is Slot => slots.includes(name)

const slotList = slots.map((slot) => `{${slot}}`).join(", ")

const defaultTolerance = Duration.minutes(5)

const quote = (text: string): string => JSON.stringify(text)

const reject = (option: string, actual: string, accepts: string): never => {
  throw new InvalidOption({ option: `SignatureScheme.${option}`, actual, accepts })
}

const checkText =
  (pattern: RegExp, accepts: string) =>
  (option: string, text: string): string =>
    pattern.test(text) ? text : reject(option, quote(text), accepts)

const checkHeader = checkText(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "a header name")

const checkLabel = checkText(/^[A-Za-z0-9_-]+$/, "letters, digits, dashes and underscores")

const checkPunctuation = checkText(/^[,;= ]+$/, "made of commas, semicolons, equals signs and spaces")

const checkSchemeId = checkText(/^[a-z0-9]+(-[a-z0-9]+)*$/, "lower-case letters and digits, joined by dashes")

const checkId = (id: string): string => checkSchemeId("id", id)

const checkHeaders = (option: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.length === 0
    ? reject(option, "an empty list", "at least one header name")
    : names.map((name) => checkHeader(option, name))

const parseTemplate = (template: string | SignedContent): SignedContent =>
  typeof template === "string"
    ? {
        template,
        parts: template
          .split(/(\{[^{}]*\})/)
          .filter(Boolean)
          .map(parsePart)
      }
    : template

const parsePart = (text: string): ContentPart => {
  if (!/[{}]/.test(text)) return { _tag: "Text", text }
  const name = text.slice(1, -1)
  return isSlot(name) ? { _tag: "Slot", slot: name } : reject("signedContent", quote(text), `text and ${slotList}`)
}

const makeTimestamp = (options: TimestampOptions | Timestamp): Timestamp =>
  "toleranceMillis" in options
    ? options
    : { at: options.at, unit: options.unit, toleranceMillis: toleranceMillis(options.tolerance ?? defaultTolerance) }

const toleranceMillis = (tolerance: Tolerance): Timestamp["toleranceMillis"] => {
  const { past, future } = isDirected(tolerance) ? tolerance : { past: tolerance, future: tolerance }
  return {
    past: positiveMillis("SignatureScheme.tolerance.past", past),
    future: positiveMillis("SignatureScheme.tolerance.future", future)
  }
}

const isDirected = (tolerance: Tolerance): tolerance is Extract<Tolerance, { readonly past: Duration.Input }> =>
  typeof tolerance === "object" && tolerance !== null && "past" in tolerance

const checkKeys = ({ keys, signature }: SignatureScheme): void => {
  if (keys.length === 0) reject("keys", "an empty list", "at least one key form")
  const labels = keys.flatMap((key) => key.label ?? [])
  if (signature._tag === "SingleHeader" && (keys.length > 1 || labels.length > 0)) {
    reject(
      "keys",
      `${keys.length} key form(s), ${labels.length} label(s)`,
      "one key form without a label in a single header"
    )
  }
  if (signature._tag === "HeaderList" && new Set(labels).size !== keys.length) {
    reject("keys", `the labels ${quote(labels.join(", "))}`, "a label of its own for each key form in a list")
  }
  labels.forEach((label) => checkLabel("keys.label", label))
}

const checkTimestamp = ({ timestamp, signature, keys }: SignatureScheme): void => {
  if (timestamp?.at._tag !== "ListItem") return
  const { label } = timestamp.at
  if (signature._tag !== "HeaderList")
    reject("timestamp.at", `the list item ${quote(label)}`, "a header or a body path")
  if (keys.some((key) => key.label === label)) reject("timestamp.at", quote(label), "a label that is not a signature's")
}

const checkSlots = (scheme: SignatureScheme): void => {
  const template = quote(scheme.signedContent.template)
  if (!covers(scheme, "body")) reject("signedContent", template, "a template with {body}")
  if (covers(scheme, "id") && scheme.eventId?._tag !== "Header") {
    reject("signedContent", template, "{id} only with an eventId in a header")
  }
  if (covers(scheme, "timestamp") && (scheme.timestamp === undefined || scheme.timestamp.at._tag === "Body")) {
    reject("signedContent", template, "{timestamp} only with a timestamp in a header")
  }
}

// -----------------------------------------------------------------------------------------------------------------
// the scheme that belongs to no provider

/**
 * Standard Webhooks: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature`. The secrets: `whsec_` and 24 to 64
 * bytes in base64 for `v1`; `whpk_` and `whsk_` with an ed25519 key in base64 for `v1a`.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @since 0.1.0
 * @category schemes
 */
export const standardWebhooks: SignatureScheme = make({
  id: "standard-webhooks",
  signature: headerList("webhook-signature", { separator: " ", assignment: ",", encoding: "base64" }),
  signedContent: "{id}.{timestamp}.{body}",
  keys: [
    mac({ hash: "sha256", encoding: "base64", prefix: "whsec_", minBytes: 24, maxBytes: 64, label: "v1" }),
    ed25519({ encoding: "base64", publicPrefix: "whpk_", privatePrefix: "whsk_", label: "v1a" })
  ],
  timestamp: { at: header("webhook-timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: header("webhook-id"),
  eventType: [body("type")],
  docs: {
    url: "https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md",
    checked: "package"
  }
})
