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
 * | `signature` | a header ({@link singleHeader}, {@link numberedHeaders}), a list in a header ({@link headerList}), a field ({@link inField}, {@link inItems}), a token ({@link jwt}) | required |
 * | `signedContent` | a template of slots and text ({@link Slot}), or listed fields ({@link listedFields}) | required |
 * | `keys` | what a secret looks like and what it computes ({@link mac}, {@link ed25519}, {@link digest}, …) | required |
 * | `bindings` | parts of the request, or their hashes, in a place that is signed ({@link hashOf}, {@link textOf}) | none |
 * | `timestamp` | where, in which unit, and how far from now it may be | none, tolerance 5 minutes both ways |
 * | `eventId`, `eventType` | a header, a path in the body, a claim ({@link header}, {@link body}, {@link formJson}, {@link formXml}, {@link claim}, {@link joined}) | none |
 * | `identity` | what makes two deliveries the same event ({@link byFields}, {@link byBody}, {@link byBodyWithout}, {@link notification}) | `eventId`, else the body |
 * | `batch` | how a delivery of several events is split ({@link items}) | one delivery is one event |
 * | `handshake` | challenges to answer ({@link signedEcho}, {@link openEcho}, …) | none |
 * | `delivery` | media types, size, probes, the answers that are wanted, how long an event is sent again | any, 1 MiB, none, any, unknown |
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
import { describe, finiteMillis, integer, InvalidOption, positiveMillis } from "../policy/InvalidOption.ts"
import * as Check from "./internal/schemeChecks.ts"

// -----------------------------------------------------------------------------------------------------------------
// the record

/**
 * How a provider signs and delivers: everything that verifying, signing and answering need, and nothing else.
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
  /** The forms of the URL that may be signed where the content has `{url}`. */
  readonly urlForms: ReadonlyArray<UrlForm>
  /** Names under which a header may come instead, by the name that the scheme has for it. */
  readonly headerAliases: Readonly<Record<string, string>>
  /** The forms a secret may have; a secret is of the first form whose prefix it carries. */
  readonly keys: ReadonlyArray<KeyForm>
  readonly timestamp: Timestamp | undefined
  /** Where the provider's id of an event is. */
  readonly eventId: EventField | undefined
  /** What makes two deliveries the same event, where that is not the id or the body; {@link identitiesOf} says it always. */
  readonly identity: ReadonlyArray<Identity> | undefined
  /** How a delivery that holds several events is split; `undefined` where each holds one. */
  readonly batch: Batch | undefined
  /** Where the event type may be; the first field that is there counts. */
  readonly eventType: ReadonlyArray<EventField>
  /** Parts of the request, or their hashes, in a place that the signature covers. */
  readonly bindings: ReadonlyArray<Binding>
  readonly handshake: Handshake | ReadonlyArray<Handshake> | undefined
  readonly delivery: Delivery
  readonly docs: Docs
}

/**
 * What makes two deliveries the same event.
 *
 * @since 0.1.0
 * @category models
 */
export type Identity = FieldsIdentity | BodyIdentity | NotificationIdentity

/**
 * An id, or several fields that are one together.
 *
 * @since 0.1.0
 * @category models
 */
export interface FieldsIdentity {
  readonly _tag: "Fields"
  readonly fields: ReadonlyArray<EventField>
  /** Whether an event has one id, or each of its deliveries to different endpoints has its own. */
  readonly per: "event" | "delivery"
  /** Whether the body of a repeated delivery differs, for instance by a counter. */
  readonly varies: boolean
}

/**
 * A body that no two events share, together with fields beside it, such as a header with the type.
 *
 * @since 0.1.0
 * @category models
 */
export interface BodyIdentity {
  readonly _tag: "Body"
  readonly with: ReadonlyArray<EventField>
  /** The paths in a JSON body to what differs when a delivery is repeated, such as a counter. */
  readonly without: ReadonlyArray<ReadonlyArray<string>>
}

/**
 * No id: the provider says that something has changed, in the same bytes each time. One is dropped only while another with
 * the same bytes waits to be handled, which announces the same.
 *
 * @since 0.1.0
 * @category models
 */
export interface NotificationIdentity {
  readonly _tag: "Notification"
}

/**
 * How a delivery that holds several events is split. Each item is an event with its own id, type, lane and retries. A
 * delivery without items is none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Batch {
  /** Where the items are; those of all lists are events. A delivery that has none of the lists is one event. */
  readonly lists: ReadonlyArray<BatchList>
  /** The most items of a delivery. */
  readonly maxItems: number
  /** The field of a form body that holds the JSON with the lists; `undefined` where that is the body. */
  readonly formField: string | undefined
}

/**
 * A list of events in a JSON body.
 *
 * @since 0.1.0
 * @category models
 */
export interface BatchList {
  /** The keys that lead to the list, `*` for each item of a list on the way; empty where the body is the list. */
  readonly list: ReadonlyArray<string>
  /** The paths within an item that are its id together; of several, the first that is there. Without one, its bytes. */
  readonly id: ReadonlyArray<ReadonlyArray<ReadonlyArray<string>>>
  /** The paths within an item where its type may be; the parts of one are joined by `.`. */
  readonly type: ReadonlyArray<ReadonlyArray<ReadonlyArray<string>>>
  /** Whether an item differs when it is repeated, for instance by a counter. */
  readonly varies: boolean
  /** Whether an item without an id announces a change only, as {@link NotificationIdentity}. */
  readonly notifies: boolean
  /** What tells equal items of two deliveries apart, where items have no id: with it, their place in the delivery counts. */
  readonly with: EventField | undefined
}

/**
 * A form of the URL that a provider may have signed, because its servers or a proxy wrote it another way.
 *
 * | form | the URL |
 * |---|---|
 * | `given` | as the request or the receiver's options have it |
 * | `port` | with its port, a default one too |
 * | `no port` | without its port |
 * | `encoded query` | with its query as `node:querystring` writes it |
 * | `decoded query` | with the escapes of `:/?@!$'()*,;` in its query undone |
 *
 * @since 0.1.0
 * @category models
 */
export type UrlForm = "given" | "port" | "no port" | "encoded query" | "decoded query"

/**
 * Where the signatures are, and how they are written.
 *
 * @since 0.1.0
 * @category models
 */
export type Signature = SingleHeader | HeaderList | InField | InItems | Jwt

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
  /** Between signatures without labels; `undefined` where a header holds one. */
  readonly separator: string | undefined
  /**
   * Whether a header may be there several times, each with a signature, as after a rotation. A proxy may have joined them
   * with commas.
   */
  readonly isRepeated: boolean
}

/**
 * The signature as a field of the body, of a form or of the query. With a separator the field holds several, each behind
 * the id of its key where there is an assignment, as in `id|signature&id|signature`.
 *
 * @since 0.1.0
 * @category models
 */
export interface InField {
  readonly _tag: "InField"
  readonly field: EventField
  readonly prefix: string
  readonly encoding: Encoding
  readonly separator: string | undefined
  /** Between the id of a key and its signature. */
  readonly assignment: string | undefined
}

/**
 * A JSON body that is a list of items, each with a signature of its own, all of which must be right. At most 4096 items.
 *
 * @since 0.1.0
 * @category models
 */
export interface InItems {
  readonly _tag: "InItems"
  /** The keys that lead to the list. */
  readonly list: ReadonlyArray<string>
  /** The keys that lead from an element of the list to the item. */
  readonly item: ReadonlyArray<string>
  /** The keys that lead from the item to its signature. */
  readonly signature: ReadonlyArray<string>
  readonly encoding: Encoding
}

/**
 * A JSON Web Token in a header, whose claims say what it covers. `exp` and `nbf` are held to, with the leeway; a token
 * without `exp` is refused, unless the scheme has a timestamp or says that its tokens do not expire.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7519
 * @since 0.1.0
 * @category models
 */
export interface Jwt {
  readonly _tag: "Jwt"
  readonly name: string
  /** Text before the token, such as `Bearer `. */
  readonly prefix: string
  /** Whether the token may also be without it. */
  readonly isPrefixOptional: boolean
  /** What the claim `iss` must be; `undefined` for anything, or for the id of the key where secrets have one. */
  readonly issuer: string | undefined
  /** What other claims must be. */
  readonly claims: Readonly<Record<string, string | boolean>>
  /** How far `exp` may be behind our clock, and `nbf` ahead of it, in milliseconds. */
  readonly leewayMillis: number
  /** Whether a token must have `exp`. Where it need not, a replay is recognised by its id only. */
  readonly needsExpiry: boolean
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
 * How the bytes of a signature are written: lower-case hexadecimal, padded base64, unpadded base64url, or, for a token that
 * is sent as it is, not encoded at all.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoding = "hex" | "base64" | "base64url" | "utf8"

/**
 * What is signed: the template as it was written, and its parts.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedContent {
  readonly template: string
  readonly parts: ReadonlyArray<ContentPart>
  /** Other contents that the provider may have signed instead. One whose fields are not there is left out. */
  readonly alternatives: ReadonlyArray<SignedContent>
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
  | FieldPart
  | { readonly _tag: "NamedHeaders"; readonly listedIn: string }
  | ListedPart

/**
 * A field of the delivery: `{header:Name}`, `{body:a.b}`, `{form:field}`, `{form:field:a.b}`, or `{item:a.b}` within each
 * item of {@link inItems}. It must be there, unless `?` follows; and it must not contain the text that follows it in the
 * template, unless `*` follows, because it would not be clear where it ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface FieldPart {
  readonly _tag: "Field"
  readonly field: EventField | ItemField
  readonly isOptional: boolean
  readonly isFree: boolean
}

/**
 * A path within an item of {@link inItems}.
 *
 * @since 0.1.0
 * @category models
 */
export interface ItemField {
  readonly _tag: "Item"
  readonly path: ReadonlyArray<string>
}

/**
 * Top-level fields of a JSON body as `name`, line break, value, line break; which ones depends on the value of a field.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListedPart {
  readonly _tag: "Listed"
  readonly by: EventField
  /** The names in their order; a name with `?` may be missing, one with `*` may have line breaks in its value. */
  readonly names: Readonly<Record<string, ReadonlyArray<string>>>
}

/**
 * What a template can refer to.
 *
 * | slot | stands for |
 * |---|---|
 * | `{body}` | the raw bytes |
 * | `{timestamp}`, `{id}` | the text of the scheme's timestamp, and of the event's id in its header |
 * | `{method}`, `{url}` | the upper-case method, and the public URL that the provider called |
 * | `{bareUrl}` | the URL without its query |
 * | `{path}` | the URL's path and query |
 * | `{secret}` | the secret, for {@link digest} and for the audience of a {@link certificate} |
 * | `{crc32}` | the CRC-32 of the body in decimal, which anyone can keep while changing the body |
 * | `{form}`, `{uniqueForm}` | the fields of a form body, `name` and `value` without anything between, sorted; the latter without repeated pairs |
 * | `{sortedUrl}` | the URL with its query sorted, `?` always in front of a form, and `.` between query and form |
 * | `{request}` | method, path and sorted query, joined by `&`, as Atlassian Connect hashes them |
 * | `{token}` | the signed part of a {@link jwt} |
 *
 * Beside the slots, `{headers:Name}` stands for the headers that the header `Name` lists, as `name:value` joined by `;`, and a
 * {@link FieldPart} for one field.
 *
 * @since 0.1.0
 * @category models
 */
export type Slot =
  | "body"
  | "timestamp"
  | "id"
  | "method"
  | "url"
  | "bareUrl"
  | "path"
  | "secret"
  | "crc32"
  | "form"
  | "uniqueForm"
  | "sortedUrl"
  | "request"
  | "token"

/**
 * A hash of a part of the request, or that part itself, in a place that the signature covers: a claim, or a parameter of a
 * signed URL.
 *
 * @since 0.1.0
 * @category models
 */
export interface Binding {
  readonly at: ClaimField | QueryField
  readonly content: SignedContent
  /** `undefined` where the place has the text itself. */
  readonly hash: Hash | undefined
  readonly encoding: "hex" | "base64" | "base64url"
  /** Whether a delivery may go without it, and leave that part unsigned. */
  readonly isOptional: boolean
  /** Whether a delivery without a body may go without it. */
  readonly mayBeAbsentWithoutBody: boolean
}

/**
 * The form of a secret, and what is computed with it.
 *
 * @since 0.1.0
 * @category models
 */
export type KeyForm =
  | MacKey
  | Ed25519Key
  | EcdsaKey
  | RsaKey
  | DigestKey
  | TokenKey
  | CertificateKey
  | JwtSecret
  | JwtKey
  | JwkKey

/**
 * A shared secret for an HMAC.
 *
 * @since 0.1.0
 * @category models
 */
export interface MacKey {
  readonly _tag: "Mac"
  readonly hash: Hash
  /**
   * How the text of the secret, after its prefix, becomes the bytes of the key. `utf8-nfkd` is UTF-8 after the Unicode
   * normalization NFKD, which changes accented letters only.
   */
  readonly encoding: "utf8" | "utf8-nfkd" | "hex" | "hex-any-case" | "base64"
  /** Text that the secret starts with and that is no part of the key, such as `whsec_`. */
  readonly prefix: string
  /** Whether a secret may go without the prefix. */
  readonly isPrefixOptional: boolean
  /** Bounds of the key's length in bytes. */
  readonly minBytes: number
  readonly maxBytes: number
  /** The least length of a key that signs; a key that only verifies may have been made by a less strict provider. */
  readonly minBytesToSign: number
  /** A hash of those bytes that is the key in their place. */
  readonly derivation: Hash | undefined
  /** What ends the id of the key, for secrets of the form `id:secret`. */
  readonly idSeparator: string | undefined
  /** Another way in which the same text may be meant: what either key has signed is taken. The first one signs. */
  readonly alternative: MacAlternative | undefined
  /** The label of its signatures in a {@link HeaderList}. */
  readonly label: string | undefined
}

/**
 * How the text of a secret is read where it may be meant in two ways.
 *
 * @since 0.1.0
 * @category models
 */
export type MacAlternative = Pick<MacKey, "encoding" | "prefix">

/**
 * An ECDSA key on P-256, SHA-256, with signatures in DER. The public half verifies, as SPKI, the private half signs, as
 * PKCS #8: each in PEM, or its DER in base64.
 *
 * @since 0.1.0
 * @category models
 */
export interface EcdsaKey {
  readonly _tag: "Ecdsa"
  /** The label of its signatures in a {@link HeaderList}. */
  readonly label: string | undefined
}

/**
 * An RSA key of at least 2048 bits, with PKCS #1 v1.5 signatures. The public half verifies, as SPKI, the private half
 * signs, as PKCS #8: each in PEM, or its DER in base64.
 *
 * @since 0.1.0
 * @category models
 */
export interface RsaKey {
  readonly _tag: "Rsa"
  readonly hash: Hash
  /** The label of its signatures in a {@link HeaderList}. */
  readonly label: string | undefined
}

/**
 * A shared secret within a plain hash, where the template has `{secret}`.
 *
 * @since 0.1.0
 * @category models
 */
export interface DigestKey {
  readonly _tag: "Digest"
  readonly hash: Hash
  /** The label of its signatures in a {@link HeaderList}. */
  readonly label: string | undefined
}

/**
 * A shared secret that is sent as it is: anyone who sees one delivery can forge others.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokenKey {
  readonly _tag: "Token"
  /** The label of the token in a {@link HeaderList}. */
  readonly label: string | undefined
}

/**
 * An RSA key in a certificate, whose URL is in the delivery. A secret is no secret here: it is what the delivery must name,
 * such as the topic or the webhook's id, because the certificate signs the deliveries of every customer.
 *
 * @since 0.1.0
 * @category models
 */
export interface CertificateKey {
  readonly _tag: "Certificate"
  /** Where the delivery says where the certificate is. */
  readonly url: EventField
  /** The hosts it may be at; `{region}` as a label stands for the name of an AWS region. */
  readonly hosts: ReadonlyArray<string>
  /** What the path of the URL must begin and end with. */
  readonly path: { readonly prefix: string; readonly suffix: string }
  /** The hash, or where the delivery names it, and what each name means. */
  readonly hash: Hash | { readonly field: EventField; readonly values: Readonly<Record<string, Hash>> }
  /** The field that must equal the secret; `undefined` where the template has `{secret}`. */
  readonly audience: EventField | undefined
  readonly label: undefined
}

/**
 * A shared secret for the HMAC of a {@link Jwt}.
 *
 * @since 0.1.0
 * @category models
 */
export interface JwtSecret {
  readonly _tag: "JwtSecret"
  readonly algorithms: ReadonlyArray<JwtMacAlgorithm>
  readonly minBytes: number
  /** What ends the id of the key, for secrets of the form `id:secret`; the claim `iss` must be that id. */
  readonly idSeparator: string | undefined
  readonly label: undefined
}

/**
 * A key pair of a {@link Jwt} whose public half the provider shows to its user: it verifies, as SPKI, the private half signs,
 * as PKCS #8; each in PEM or as base64 of its DER. An RSA key has at least 2048 bits.
 *
 * @since 0.1.0
 * @category models
 */
export interface JwtKey {
  readonly _tag: "JwtKey"
  readonly algorithm: JwkAlgorithm
  readonly label: undefined
}

/**
 * A public key of the provider's, by the `kid` of a {@link Jwt}. It needs no secret, unless it signs for others too: then
 * the place of a secret is taken by what the claim `aud` must be or have, such as the base URL of an app.
 *
 * @since 0.1.0
 * @category models
 */
export interface JwkKey {
  readonly _tag: "Jwk"
  readonly algorithms: ReadonlyArray<JwkAlgorithm>
  /** Where the keys are; with `{kid}` in its path, where each of them is. */
  readonly url: string
  /** Whether a token must be addressed to one of the secrets, in its claim `aud`. */
  readonly needsAudience: boolean
  /** The claims that a secret names after the audience, with a space before each, where that alone is not enough. */
  readonly audienceWith: ReadonlyArray<string>
  readonly label: undefined
}

/**
 * The algorithms of a {@link JwtSecret}.
 *
 * @since 0.1.0
 * @category models
 */
export type JwtMacAlgorithm = "HS256" | "HS384" | "HS512"

/**
 * The algorithms of a {@link JwkKey} or a {@link JwtKey}.
 *
 * @since 0.1.0
 * @category models
 */
export type JwkAlgorithm = "ES256" | "RS256"

/**
 * An ed25519 key pair: the public half verifies, the private half signs. A form without a prefix for the public half also
 * takes it as SPKI in PEM, as some providers publish it.
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
 * The hash functions of an HMAC, a hash or an RSA signature.
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
  /**
   * The largest age where deliveries are deduplicated by what is signed, in milliseconds: of a provider that repeats an
   * event with its first timestamp. `undefined` where the age is the same.
   */
  readonly retryToleranceMillis: number | undefined
}

/**
 * How a timestamp is written: a whole number since the epoch, a date and time with an offset, or the date of HTTP.
 *
 * @see https://www.rfc-editor.org/rfc/rfc3339
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
 * @since 0.1.0
 * @category models
 */
export type TimestampUnit = "seconds" | "milliseconds" | "rfc3339" | "http-date"

/**
 * Where a timestamp may be. A timestamp in the body is read after the signature was accepted, unless the signed content
 * has it.
 *
 * @since 0.1.0
 * @category models
 */
export type TimestampField = HeaderField | ListItem | BodyField | FormJsonField | FormField | ClaimField

/**
 * Where an event's id or type may be.
 *
 * @since 0.1.0
 * @category models
 */
export type EventField =
  | HeaderField
  | BodyField
  | FormJsonField
  | FormXmlField
  | FormField
  | QueryField
  | ClaimField
  | PresentField
  | JoinedField

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
 * The text of an element in XML that is the value of a field of a form body, in base64. The path begins below the root.
 *
 * @since 0.1.0
 * @category models
 */
export interface FormXmlField {
  readonly _tag: "FormXml"
  readonly field: string
  readonly path: ReadonlyArray<string>
}

/**
 * A field of a form body.
 *
 * @since 0.1.0
 * @category models
 */
export interface FormField {
  readonly _tag: "Form"
  readonly field: string
}

/**
 * A parameter in the query of the URL.
 *
 * @since 0.1.0
 * @category models
 */
export interface QueryField {
  readonly _tag: "Query"
  readonly name: string
}

/**
 * A text that is meant where something is there, such as `message` where the body has a member of that name.
 *
 * @since 0.1.0
 * @category models
 */
export interface PresentField {
  readonly _tag: "Present"
  readonly path: ReadonlyArray<string>
  readonly value: string
}

/**
 * Several fields that are one text together, joined by `.`; it is there where all of them are.
 *
 * @since 0.1.0
 * @category models
 */
export interface JoinedField {
  readonly _tag: "Joined"
  readonly fields: ReadonlyArray<EventField>
}

/**
 * A claim of the {@link Jwt} that signs the delivery.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClaimField {
  readonly _tag: "Claim"
  readonly name: string
}

/**
 * How a challenge is answered.
 *
 * @since 0.1.0
 * @category models
 */
export type Handshake =
  | SignedEcho
  | SignedReply
  | SignedProof
  | SignedConfirmation
  | OpenEcho
  | OpenPing
  | OpenProof
  | SecretOffer

/**
 * What tells a challenge from an event: a field, and the value it has there; and perhaps a field that only events have.
 *
 * @since 0.1.0
 * @category models
 */
export interface When {
  readonly field: EventField
  readonly equals: string
  /** A field that a challenge has not. Default: none. */
  readonly absent?: EventField
}

/**
 * A signed request that wants a fixed answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedReply {
  readonly _tag: "SignedReply"
  readonly when: When
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * A signed request that wants a text back, together with its HMAC in hexadecimal under the secret that signed.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedProof {
  readonly _tag: "SignedProof"
  readonly when: When
  readonly challenge: EventField
  /** The keys of the answer's JSON object. */
  readonly jsonKeys: { readonly challenge: string; readonly proof: string }
}

/**
 * A signed request that wants a URL to be fetched, at one of the hosts, in which `{region}` as a label stands for the name
 * of an AWS region.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedConfirmation {
  readonly _tag: "SignedConfirmation"
  readonly when: When
  readonly url: EventField
  readonly hosts: ReadonlyArray<string>
}

/**
 * A request without a signature that wants one of its fields back, as text or as the only key of a JSON object.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenEcho {
  readonly _tag: "OpenEcho"
  readonly method: "GET" | "POST"
  readonly when: When | undefined
  readonly challenge: HeaderField | QueryField | BodyField
  /** Where the request has a token that we chose; `undefined` when anyone may ask. */
  readonly verifyToken: QueryField | undefined
  readonly jsonKey: string | undefined
}

/**
 * A request without a signature that only tells that the webhook was made: a POST whose body is the name, `=` and a number,
 * and nothing else.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenPing {
  readonly _tag: "OpenPing"
  readonly name: string
}

/**
 * A request without a signature that wants its challenge signed: `id|signature`, with the id of the key. Challenges are
 * short lower-case hexadecimal, so that nobody can have a delivery signed this way.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenProof {
  readonly _tag: "OpenProof"
  readonly method: "GET" | "POST"
  readonly challenge: QueryField
}

/**
 * The first request to a new endpoint, which brings the secret of all that follow.
 *
 * @since 0.1.0
 * @category models
 */
export interface SecretOffer {
  readonly _tag: "SecretOffer"
  readonly secret: HeaderField | BodyField
  /** Whether the answer repeats the header. */
  readonly echoes: boolean
}

/**
 * A signed request that wants one of its fields back, as text or as the only key of a JSON object.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedEcho {
  readonly _tag: "SignedEcho"
  /** The request is a challenge when this field has this value. */
  readonly when: When
  readonly echo: EventField
  /** The key of the answer's JSON object; `undefined` answers plain text. */
  readonly jsonKey: string | undefined
}

/**
 * What deliveries are like beside their signature, and what they are to be answered with. A receiver goes by it, an inbox
 * too: it remembers the ids of a source for longer than its provider sends an event again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  /** The media types that deliveries come in, in lower case; `undefined` for any. */
  readonly contentTypes: ReadonlyArray<string> | undefined
  /** The methods by which events come. A GET has its event in the query. */
  readonly methods: ReadonlyArray<EventMethod>
  /** The methods of requests that only ask whether the endpoint is there. */
  readonly probes: ReadonlyArray<Probe>
  /** The answer to an event; `undefined` where any 2xx is right. */
  readonly acknowledgement: Acknowledgement | undefined
  /** What is said to a delivery that is not taken; `undefined` where anything may be. */
  readonly refusal: Refusal | undefined
  /**
   * How long after the first delivery of an event it may be sent again, in milliseconds: by the provider itself, or on
   * request where it limits that. Zero where it never is, `undefined` where the provider does not say.
   */
  readonly retriedForMillis: number | undefined
  /** Whether the provider signs each attempt with a new timestamp; `undefined` where that is not known. */
  readonly resigns: boolean | undefined
  /** The largest body that the provider sends, in bytes; `undefined` where it does not say. */
  readonly maxBytes: number | undefined
  /** How long the provider waits for an answer, in milliseconds; `undefined` where it does not say. */
  readonly answerWithinMillis: number | undefined
  /** The form field that holds the JSON of an event, where a delivery comes as a form. */
  readonly payloadField: string | undefined
}

/**
 * A method of a request that carries an event.
 *
 * @since 0.1.0
 * @category models
 */
export type EventMethod = "POST" | "GET" | "PUT" | "PATCH" | "DELETE"

/**
 * A method of a request that carries no event: it is answered, and nothing is stored.
 *
 * @since 0.1.0
 * @category models
 */
export type Probe = "HEAD" | "GET"

/**
 * The answer to a verified event that a provider wants.
 *
 * @since 0.1.0
 * @category models
 */
export interface Acknowledgement {
  /** From 200 to 299; 204 has no body. */
  readonly status: number
  readonly contentType: string
  readonly body: string
  /** A header of the delivery that the answer repeats, whatever else is answered; `undefined` for none. */
  readonly echo: string | undefined
}

/**
 * What a provider wants to read where its delivery is not taken.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refusal {
  readonly contentType: string
  readonly body: string
  /** The status for each signature that is missing, malformed or wrong; `undefined` where the receiver may choose. */
  readonly status: number | undefined
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
  /** Lower-case letters, digits, dashes and dots. */
  readonly id: string
  readonly signature: Signature
  /** Such as `{timestamp}.{body}`; with several, any of them. A scheme given back is taken as it is. */
  readonly signedContent: string | ReadonlyArray<string> | SignedContent
  /** Any of these may be signed where the content has `{url}`. Default: `given`. */
  readonly urlForms?: ReadonlyArray<UrlForm> | undefined
  /** Such as `{ "svix-id": "webhook-id" }`, for headers that come under other names. Default: none. */
  readonly headerAliases?: Readonly<Record<string, string>> | undefined
  readonly keys: ReadonlyArray<KeyForm>
  readonly timestamp?: TimestampOptions | Timestamp | undefined
  readonly eventId?: EventField | undefined
  readonly eventType?: ReadonlyArray<EventField>
  /** Default: `eventId`, where there is one; else the body. */
  readonly identity?: Identity | ReadonlyArray<Identity> | undefined
  readonly batch?: BatchOptions | Batch | undefined
  readonly bindings?: ReadonlyArray<Binding>
  readonly handshake?: Handshake | ReadonlyArray<Handshake> | undefined
  readonly delivery?: DeliveryOptions | Delivery | undefined
  readonly docs: Docs
}

/**
 * The options of what a scheme's deliveries are like.
 *
 * @since 0.1.0
 * @category options
 */
export interface DeliveryOptions {
  /** The media types that deliveries come in, such as `application/json`. Default: any. */
  readonly contentTypes?: ReadonlyArray<string> | undefined
  /** The methods by which events come. Default: POST. */
  readonly methods?: ReadonlyArray<EventMethod> | undefined
  /** The methods of requests that only ask whether the endpoint is there. Default: none. */
  readonly probes?: ReadonlyArray<Probe> | undefined
  /** The answer to an event. Defaults: any 2xx; where there is one, status 200, no body, plain text. */
  readonly acknowledgement?: Partial<Acknowledgement> | undefined
  /** What is said to a delivery that is not taken. Defaults: a word for the status; where there is one, no body, plain text. */
  readonly refusal?: Partial<Refusal> | undefined
  /** How long after its first delivery an event may be sent again. Default: unknown. */
  readonly retriedFor?: Duration.Input | undefined
  /** Whether each attempt is signed with a new timestamp. Default: unknown. */
  readonly resigns?: boolean | undefined
  /** The largest body that the provider sends, in bytes. Default: unknown. */
  readonly maxBytes?: number | undefined
  /** How long the provider waits for an answer. Default: unknown. */
  readonly answerWithin?: Duration.Input | undefined
  /** The form field that holds the JSON of an event, such as `payload`. Default: none. */
  readonly payloadField?: string | undefined
}

/**
 * The options of a scheme's batches.
 *
 * @since 0.1.0
 * @category options
 */
export interface BatchOptions {
  readonly lists: ReadonlyArray<BatchList>
  /** The most items of a delivery. Default: 1000. */
  readonly maxItems?: number | undefined
  /** The field of a form body that holds the JSON with the lists. Default: the body is that JSON. */
  readonly formField?: string | undefined
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
  /**
   * How old a delivery may be in a receiver that deduplicates, for a provider that repeats events with their first
   * timestamp: as long as it repeats them. Needs an identity that is signed. Default: no longer than the tolerance.
   */
  readonly retryTolerance?: Duration.Input | undefined
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
  Check.checkScheme(options)
  const scheme: SignatureScheme = {
    id: checkId(options.id),
    signature: options.signature,
    signedContent: parseTemplate(options.signedContent),
    urlForms: options.urlForms ?? ["given"],
    headerAliases: options.headerAliases ?? {},
    keys: options.keys,
    timestamp: options.timestamp && makeTimestamp(options.timestamp),
    eventId: options.eventId,
    eventType: options.eventType ?? [],
    identity: options.identity === undefined ? undefined : listOf(options.identity),
    batch: options.batch && makeBatch(options.batch),
    bindings: options.bindings ?? [],
    handshake: options.handshake,
    delivery: makeDelivery(options.delivery ?? {}),
    docs: options.docs
  }
  checkKeys(scheme)
  checkTimestamp(scheme)
  checkSlots(scheme)
  checkRetryTolerance(scheme)
  return scheme
}

/**
 * A signature as the whole value of a header, after an optional prefix. Default: each header is there once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const singleHeader = (
  names: string | ReadonlyArray<string>,
  options: {
    readonly encoding: Encoding
    readonly prefix?: string
    readonly separator?: string
    readonly isRepeated?: boolean
  }
): SingleHeader => {
  Check.checkHeaderNames(names)
  Check.checkSingleHeader(options)
  return {
    _tag: "SingleHeader",
    names: checkHeaders("signature.names", typeof names === "string" ? [names] : names),
    prefix: options.prefix ?? "",
    encoding: options.encoding,
    separator: options.separator === undefined ? undefined : checkPunctuation("signature.separator", options.separator),
    isRepeated: options.isRepeated ?? false
  }
}

/**
 * A signature in each of the headers `<name>1` to `<name><count>`, of which any suffices. Of those that are there at most 32
 * may be.
 *
 * @since 0.1.0
 * @category constructors
 */
export const numberedHeaders = (
  name: string,
  options: { readonly encoding: Encoding; readonly count: number; readonly prefix?: string }
): SingleHeader => {
  Check.checkNumberedHeaders(options)
  const { count, ...common } = options
  return singleHeader(
    Array.from({ length: count }, (_, index) => `${checkHeader("signature.name", name)}${index + 1}`),
    common
  )
}

/**
 * A signature in a field of the body, the form or the query, or several of them behind the ids of their keys.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inField = (
  field: EventField,
  options: {
    readonly encoding: Encoding
    readonly prefix?: string
    readonly separator?: string
    readonly assignment?: string
  }
): InField => {
  Check.checkField(field)
  Check.checkInField(options)
  return {
    _tag: "InField",
    field,
    prefix: options.prefix ?? "",
    encoding: options.encoding,
    separator: options.separator,
    assignment: options.assignment
  }
}

/**
 * A signature in each item of a list in the JSON body. The template names fields of the item as `{item:a.b}`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const inItems = (options: Omit<InItems, "_tag">): InItems => {
  Check.checkInItems(options)
  return { _tag: "InItems", ...options }
}

/**
 * A JSON Web Token in a header. Defaults: no prefix, any issuer, a leeway of 5 seconds, `exp` is needed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const jwt = (
  name: string,
  options: {
    readonly prefix?: string
    readonly isPrefixOptional?: boolean
    readonly issuer?: string
    readonly claims?: Jwt["claims"]
    readonly leeway?: Duration.Input
    readonly needsExpiry?: boolean
  } = {}
): Jwt => {
  Check.checkJwt(options)
  return {
    _tag: "Jwt",
    name: checkHeader("signature.name", name),
    prefix: options.prefix ?? "",
    isPrefixOptional: options.isPrefixOptional ?? false,
    issuer: options.issuer,
    claims: options.claims ?? {},
    leewayMillis: positiveMillis("SignatureScheme.signature.leeway", options.leeway ?? "5 seconds"),
    needsExpiry: options.needsExpiry ?? true
  }
}

/**
 * Labelled signatures in one header, at most 32 of them.
 *
 * @since 0.1.0
 * @category constructors
 */
export const headerList = (
  name: string,
  options: { readonly separator: string; readonly assignment: string; readonly encoding: Encoding }
): HeaderList => {
  Check.checkHeaderList(options)
  return {
    _tag: "HeaderList",
    name: checkHeader("signature.name", name),
    separator: checkPunctuation("signature.separator", options.separator),
    assignment: checkPunctuation("signature.assignment", options.assignment),
    encoding: options.encoding
  }
}

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
  readonly isPrefixOptional?: boolean
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly minBytesToSign?: number
  readonly derivation?: Hash
  readonly idSeparator?: string
  readonly alternative?: MacAlternative
  readonly label?: string
}): MacKey => {
  Check.checkMac(options)
  const minBytes = options.minBytes ?? 1
  const maxBytes = options.maxBytes ?? 4096
  if (maxBytes < minBytes) {
    reject("keys.maxBytes", String(maxBytes), `a whole number of at least minBytes (${minBytes})`)
  }
  return {
    _tag: "Mac",
    hash: options.hash,
    encoding: options.encoding ?? "utf8",
    prefix: options.prefix ?? "",
    isPrefixOptional: options.isPrefixOptional ?? false,
    minBytes,
    maxBytes,
    minBytesToSign: integer("SignatureScheme.keys.minBytesToSign", options.minBytesToSign ?? minBytes, minBytes),
    derivation: options.derivation,
    idSeparator: options.idSeparator,
    alternative: options.alternative,
    label: options.label
  }
}

/**
 * An ECDSA key on P-256 whose signatures are in DER.
 *
 * @since 0.1.0
 * @category constructors
 */
export const ecdsa = (options: { readonly label?: string } = {}): EcdsaKey => {
  Check.checkLabel(options)
  return { _tag: "Ecdsa", label: options.label }
}

/**
 * An RSA key of at least 2048 bits. Default: SHA-256.
 *
 * @since 0.1.0
 * @category constructors
 */
export const rsa = (options: { readonly hash?: Hash; readonly label?: string } = {}): RsaKey => {
  Check.checkRsa(options)
  return {
    _tag: "Rsa",
    hash: options.hash ?? "sha256",
    label: options.label
  }
}

/**
 * A shared secret within a plain hash.
 *
 * @since 0.1.0
 * @category constructors
 */
export const digest = (options: { readonly hash: Hash; readonly label?: string }): DigestKey => {
  Check.checkDigest(options)
  return {
    _tag: "Digest",
    hash: options.hash,
    label: options.label
  }
}

/**
 * A shared secret that is sent as it is. The signed content is empty.
 *
 * @since 0.1.0
 * @category constructors
 */
export const token = (options: { readonly label?: string } = {}): TokenKey => {
  Check.checkLabel(options)
  return { _tag: "Token", label: options.label }
}

/**
 * An RSA key in a certificate that is fetched from one of the hosts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const certificate = (options: {
  readonly url: EventField
  readonly hosts: readonly [string, ...Array<string>]
  readonly path?: { readonly prefix?: string; readonly suffix?: string }
  readonly hash: CertificateKey["hash"]
  readonly audience?: EventField
}): CertificateKey => {
  Check.checkCertificate(options)
  return {
    _tag: "Certificate",
    url: options.url,
    hosts: options.hosts.map((host) => checkHost("keys.hosts", host)),
    path: { prefix: options.path?.prefix ?? "/", suffix: options.path?.suffix ?? "" },
    hash: options.hash,
    audience: options.audience,
    label: undefined
  }
}

/**
 * A shared secret of a token. Default: of any length but zero, without an id.
 *
 * @since 0.1.0
 * @category constructors
 */
export const jwtSecret = (options: {
  readonly algorithms: readonly [JwtMacAlgorithm, ...Array<JwtMacAlgorithm>]
  readonly minBytes?: number
  readonly idSeparator?: string
}): JwtSecret => {
  Check.checkJwtSecret(options)
  return {
    _tag: "JwtSecret",
    algorithms: options.algorithms,
    minBytes: options.minBytes ?? 1,
    idSeparator: options.idSeparator,
    label: undefined
  }
}

/**
 * A public key of the provider's, found by the `kid` of a token among those at a URL, or in PEM at its own URL, which
 * has `{kid}` in its path. Default: for any audience. With `audienceWith: ["email"]` a secret is the audience, a space and the
 * claim `email`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const jwk = (options: {
  readonly algorithms: readonly [JwkAlgorithm, ...Array<JwkAlgorithm>]
  readonly url: string
  readonly needsAudience?: boolean
  readonly audienceWith?: ReadonlyArray<string>
}): JwkKey => {
  Check.checkJwk(options)
  return {
    _tag: "Jwk",
    algorithms: options.algorithms,
    url: checkHttps("keys.url", options.url),
    needsAudience: options.needsAudience ?? options.audienceWith !== undefined,
    audienceWith: options.audienceWith ?? [],
    label: undefined
  }
}

/**
 * A key pair of a token, whose public half is the secret that verifies.
 *
 * @since 0.1.0
 * @category constructors
 */
export const jwtKey = (options: { readonly algorithm: JwkAlgorithm }): JwtKey => {
  Check.checkJwtKey(options)
  return {
    _tag: "JwtKey",
    algorithm: options.algorithm,
    label: undefined
  }
}

/**
 * A hash of a part of the request in a claim, or in a parameter of a signed URL. Default: it must be there.
 *
 * @since 0.1.0
 * @category constructors
 */
export const hashOf = (
  template: string,
  options: {
    readonly at: ClaimField | QueryField
    readonly hash: Hash
    readonly encoding: Binding["encoding"]
    readonly isOptional?: boolean
    readonly mayBeAbsentWithoutBody?: boolean
  }
): Binding => {
  Check.checkTemplate(template)
  Check.checkHashOf(options)
  return {
    at: options.at,
    content: parseTemplate(template),
    hash: options.hash,
    encoding: options.encoding,
    isOptional: options.isOptional ?? false,
    mayBeAbsentWithoutBody: options.mayBeAbsentWithoutBody ?? false
  }
}

/**
 * A part of the request as it is in a claim, such as the URL that was called. Default: it must be there.
 *
 * @since 0.1.0
 * @category constructors
 */
export const textOf = (
  template: string,
  options: { readonly at: ClaimField; readonly isOptional?: boolean }
): Binding => {
  Check.checkTemplate(template)
  Check.checkTextOf(options)
  return {
    at: options.at,
    content: parseTemplate(template),
    hash: undefined,
    encoding: "base64url",
    isOptional: options.isOptional ?? false,
    mayBeAbsentWithoutBody: false
  }
}

/**
 * Top-level fields of a JSON body as the signed content, by the value of a field: each as its name, a line break, its value
 * and a line break.
 *
 * @since 0.1.0
 * @category constructors
 */
export const listedFields = (options: Omit<ListedPart, "_tag">): SignedContent => {
  Check.checkListed(options)
  return {
    template: "{listed}",
    parts: [{ _tag: "Listed", ...options }],
    alternatives: []
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
}): Ed25519Key => {
  Check.checkEd25519(options)
  return options.publicPrefix === options.privatePrefix
    ? reject("keys.privatePrefix", quote(options.privatePrefix), "a text that differs from publicPrefix")
    : { _tag: "Ed25519", ...options, label: options.label }
}

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
export const body = (...path: readonly [string, ...Array<string>]): BodyField => {
  Check.checkPath(path)
  return { _tag: "Body", path }
}

/**
 * A path in the JSON that a form body holds in one of its fields as the place of an id or a type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const formJson = (field: string, ...path: readonly [string, ...Array<string>]): FormJsonField => {
  Check.checkFieldName(field)
  Check.checkPath(path)
  return {
    _tag: "FormJson",
    field,
    path
  }
}

/**
 * An element in the XML that a form body holds in one of its fields, in base64, as the place of a type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const formXml = (field: string, ...path: readonly [string, ...Array<string>]): FormXmlField => {
  Check.checkFieldName(field)
  Check.checkPath(path)
  return {
    _tag: "FormXml",
    field,
    path
  }
}

/**
 * A field of a form body as the place of a signature, an id or a type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const form = (field: string): FormField => {
  Check.checkFieldName(field)
  return { _tag: "Form", field }
}

/**
 * A parameter of the URL's query as the place of a signature, an id or a type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const query = (name: string): QueryField => {
  Check.checkName(name)
  return { _tag: "Query", name }
}

/**
 * The name of a member of a JSON body as the type of an event, where that member is there, whatever it is.
 *
 * @since 0.1.0
 * @category constructors
 */
export const present = (value: string, ...path: ReadonlyArray<string>): PresentField => {
  Check.checkFieldName(value)
  Check.checkPath(path.length === 0 ? [value] : path)
  return {
    _tag: "Present",
    path: path.length === 0 ? [value] : path,
    value
  }
}

/**
 * Several fields together as the place of a type, such as `TRANSACTIONS.SYNC_UPDATES_AVAILABLE`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const joined = (...fields: readonly [EventField, EventField, ...Array<EventField>]): JoinedField => {
  Check.checkFields(fields)
  return {
    _tag: "Joined",
    fields
  }
}

/**
 * A claim of the token as the place of a timestamp, an id or a type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const claim = (name: string): ClaimField => {
  Check.checkName(name)
  return { _tag: "Claim", name }
}

/**
 * An id as the identity of events, or several fields that are one together. Default: one for each event, and repeated
 * deliveries with the same body.
 *
 * @since 0.1.0
 * @category constructors
 */
export const byFields = (
  fields: EventField | readonly [EventField, ...Array<EventField>],
  options: { readonly per?: FieldsIdentity["per"]; readonly varies?: boolean } = {}
): FieldsIdentity => {
  Check.checkFields(fields)
  Check.checkByFields(options)
  return {
    _tag: "Fields",
    fields: "_tag" in fields ? [fields] : fields,
    per: options.per ?? "event",
    varies: options.varies ?? false
  }
}

/**
 * The body as the identity of events, together with fields beside it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const byBody = (...fields: ReadonlyArray<EventField>): BodyIdentity => {
  for (const field of fields) Check.checkField(field)
  return {
    _tag: "Body",
    with: fields,
    without: []
  }
}

/**
 * The JSON of the body as the identity of events, without the values at these paths, such as `retries` or `meta.attempt`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const byBodyWithout = (...paths: readonly [string, ...Array<string>]): BodyIdentity => {
  Check.checkPaths(paths)
  return {
    _tag: "Body",
    with: [],
    without: paths.map(pathOf)
  }
}

/**
 * Deliveries that only announce a change, in the same bytes each time.
 *
 * @since 0.1.0
 * @category constructors
 */
export const notification: NotificationIdentity = { _tag: "Notification" }

/**
 * A list of events in a JSON body. Paths are keys joined by dots, `*` for each item of a list on the way; `id` and `type` list
 * alternatives, of which the first that is there counts, and `+` joins paths that are one together. Defaults: the body itself,
 * the bytes of the item, no type.
 *
 * @since 0.1.0
 * @category constructors
 */
export const items = (
  options: {
    /** Such as `events` or `entry.*.changes`. */
    readonly list?: string
    /** Such as `eventId`, `id+status` or `messages.*.id`. */
    readonly id?: string | ReadonlyArray<string>
    /** Such as `event` or `resource_type+action`. */
    readonly type?: string | ReadonlyArray<string>
    readonly varies?: boolean
    readonly notifies?: boolean
    /** A path in the body, such as `time_ms`, or the field that has the id of the delivery. */
    readonly with?: string | EventField
  } = {}
): BatchList => {
  Check.checkItems(options)
  return {
    list: pathOf(options.list ?? ""),
    id: [options.id ?? []].flat().map(joinedPaths),
    type: [options.type ?? []].flat().map(joinedPaths),
    varies: options.varies ?? false,
    notifies: options.notifies ?? false,
    with: typeof options.with === "string" ? { _tag: "Body", path: pathOf(options.with) } : options.with
  }
}

const pathOf = (text: string): ReadonlyArray<string> => (text === "" ? [] : text.split("."))

const joinedPaths = (text: string): ReadonlyArray<ReadonlyArray<string>> => text.split("+").map(pathOf)

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
}): SignedEcho => {
  Check.checkSignedEcho(options)
  return { _tag: "SignedEcho", when: options.when, echo: options.echo, jsonKey: options.jsonKey }
}

/**
 * A challenge in a signed request that is answered with a fixed text. Defaults: status 200, plain text.
 *
 * @since 0.1.0
 * @category constructors
 */
export const signedReply = (options: {
  readonly when: When
  readonly body: string
  readonly status?: number
  readonly contentType?: string
}): SignedReply => {
  Check.checkSignedReply(options)
  return {
    _tag: "SignedReply",
    when: options.when,
    status: options.status ?? 200,
    contentType: options.contentType ?? "text/plain; charset=utf-8",
    body: options.body
  }
}

/**
 * A challenge in a signed request that is answered with its HMAC.
 *
 * @since 0.1.0
 * @category constructors
 */
export const signedProof = (options: Omit<SignedProof, "_tag">): SignedProof => {
  Check.checkSignedProof(options)
  return { _tag: "SignedProof", ...options }
}

/**
 * A signed request that is confirmed by fetching a URL of the provider's.
 *
 * @since 0.1.0
 * @category constructors
 */
export const signedConfirmation = (options: {
  readonly when: When
  readonly url: EventField
  readonly hosts: readonly [string, ...Array<string>]
}): SignedConfirmation => {
  Check.checkSignedConfirmation(options)
  return {
    _tag: "SignedConfirmation",
    when: options.when,
    url: options.url,
    hosts: options.hosts.map((host) => checkHost("handshake.hosts", host))
  }
}

/**
 * A challenge in a request without a signature that is sent back. Default: to anyone, as plain text.
 *
 * @since 0.1.0
 * @category constructors
 */
export const openEcho = (options: {
  readonly method: "GET" | "POST"
  readonly challenge: HeaderField | QueryField | BodyField
  readonly when?: When
  readonly verifyToken?: QueryField
  readonly jsonKey?: string
}): OpenEcho => {
  Check.checkOpenEcho(options)
  return {
    _tag: "OpenEcho",
    method: options.method,
    when: options.when,
    challenge: options.challenge,
    verifyToken: options.verifyToken,
    jsonKey: options.jsonKey
  }
}

/**
 * A request without a signature that only tells that the webhook was made, such as `webhook_id=12`. It is answered with 200
 * and nothing is stored.
 *
 * @since 0.1.0
 * @category constructors
 */
export const openPing = (name: string): OpenPing => ({ _tag: "OpenPing", name: checkPing("handshake.name", name) })

/**
 * A challenge in a request without a signature that is sent back signed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const openProof = (options: Omit<OpenProof, "_tag">): OpenProof => {
  Check.checkOpenProof(options)
  return { _tag: "OpenProof", ...options }
}

/**
 * A secret that the provider chooses, and sends with its first request. Default: the answer does not repeat it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const secretOffer = (
  secret: HeaderField | BodyField,
  options: { readonly echoes?: boolean } = {}
): SecretOffer => {
  Check.checkSecretField(secret)
  Check.checkSecretOffer(options)
  return { _tag: "SecretOffer", secret, echoes: options.echoes ?? false }
}

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
} = dual(2, (scheme: SignatureScheme, tolerance: Tolerance): SignatureScheme => {
  Check.checkTolerance(tolerance)
  return scheme.timestamp === undefined
    ? reject("tolerance", "a tolerance", `a scheme with a timestamp, which ${scheme.id} has not`)
    : { ...scheme, timestamp: { ...scheme.timestamp, toleranceMillis: toleranceMillis(tolerance) } }
})

/**
 * What makes two deliveries of a scheme the same event: the first of these whose fields are all there. The last one always
 * applies.
 *
 * @since 0.1.0
 * @category getters
 */
export const identitiesOf = ({
  eventId,
  identity = eventId === undefined ? [] : [byFields(eventId)]
}: Pick<SignatureScheme, "eventId" | "identity">): ReadonlyArray<Identity> =>
  identity.length === 0 || identity.at(-1)?._tag === "Fields" ? [...identity, byBody()] : identity

/**
 * Whether the signed content has this slot, so that the signature covers it.
 *
 * @since 0.1.0
 * @category predicates
 */
export const covers = (scheme: SignatureScheme, slot: Slot): boolean => hasSlot(scheme.signedContent, slot)

const hasSlot = ({ parts }: SignedContent, slot: Slot): boolean =>
  parts.some((part) => part._tag === "Slot" && part.slot === slot)

// -----------------------------------------------------------------------------------------------------------------
// checks

const slots: ReadonlyArray<string> = [
  "body",
  "timestamp",
  "id",
  "method",
  "url",
  "bareUrl",
  "path",
  "secret",
  "crc32",
  "form",
  "uniqueForm",
  "sortedUrl",
  "request",
  "token"
] satisfies ReadonlyArray<Slot>

const isSlot = (name: string): name is Slot => slots.includes(name)

const partList = `${slots.map((slot) => `{${slot}}`).join(", ")}, {header:…}, {headers:…}, {body:…}, {form:…}, {item:…}`

const defaultTolerance = Duration.minutes(5)

const quote = (text: string): string => JSON.stringify(text)

const reject = (option: string, actual: string, accepts: string): never => {
  throw new InvalidOption({ option: `SignatureScheme.${option}`, actual, accepts })
}

const checkText =
  (pattern: RegExp, accepts: string) =>
  (option: string, text: string): string =>
    typeof text === "string" && pattern.test(text) ? text : reject(option, describe(text), accepts)

const checkHeader = checkText(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "a header name")

const checkLabel = checkText(/^[A-Za-z0-9_-]+$/, "letters, digits, dashes and underscores")

const checkPunctuation = checkText(/^[,;= ]+$/, "made of commas, semicolons, equals signs and spaces")

const checkSchemeId = checkText(
  /^[a-z0-9]+([-.][a-z0-9]+)*$/,
  "lower-case letters and digits, joined by dashes or dots"
)

const checkHost = checkText(
  /^(?:[a-z0-9-]+|\{region\})(?:\.(?:[a-z0-9-]+|\{region\}))+$/,
  "a host name in lower case, in which a label may be {region}"
)

const checkHttps = checkText(/^https:\/\/[^/]/, "a URL that begins with https://")

const checkMediaType = checkText(
  /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/,
  "a media type in lower case, such as application/json"
)

const checkPing = checkText(/^[\w-]{1,32}$/, "1 to 32 letters, digits, underscores and dashes")

const checkId = (id: string): string => checkSchemeId("id", id)

const checkHeaders = (option: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.length === 0
    ? reject(option, "an empty list", "at least one header name")
    : names.map((name) => checkHeader(option, name))

const parseTemplate = (template: Options["signedContent"]): SignedContent => {
  if (typeof template === "string") return parseText(template, [])
  if (!isList(template)) return template
  const [first = "", ...others] = template
  return parseText(
    first,
    others.map((other) => parseText(other, []))
  )
}

const isList = (template: ReadonlyArray<string> | SignedContent): template is ReadonlyArray<string> =>
  Array.isArray(template)

const parseText = (template: string, alternatives: ReadonlyArray<SignedContent>): SignedContent => ({
  template,
  parts: template
    .split(/(\{[^{}]*\})/)
    .filter(Boolean)
    .map(parsePart),
  alternatives
})

const parsePart = (text: string): ContentPart => {
  if (!/[{}]/.test(text)) return { _tag: "Text", text }
  const name = text.slice(1, -1)
  return isSlot(name) ? { _tag: "Slot", slot: name } : parseFieldPart(name, text)
}

const parseFieldPart = (name: string, text: string): ContentPart => {
  const [, kind = "", argument = "", flags = ""] = /^(\w+):([^*?]+)([*?]*)$/.exec(name) ?? []
  if (kind === "headers") return { _tag: "NamedHeaders", listedIn: checkHeader("signedContent", argument) }
  const field = parseField(kind, argument) ?? reject("signedContent", quote(text), `text and ${partList}`)
  return { _tag: "Field", field, isOptional: flags.includes("?"), isFree: flags.includes("*") }
}

const parseField = (kind: string, argument: string): EventField | ItemField | undefined => {
  const [field = "", inner] = argument.split(":")
  switch (kind) {
    case "header":
      return header(argument)
    case "body":
      return { _tag: "Body", path: argument.split(".") }
    case "form":
      return inner === undefined ? form(field) : { _tag: "FormJson", field, path: inner.split(".") }
    case "item":
      return { _tag: "Item", path: argument.split(".") }
    default:
      return undefined
  }
}

const makeTimestamp = (options: TimestampOptions | Timestamp): Timestamp =>
  "toleranceMillis" in options
    ? options
    : {
        at: options.at,
        unit: options.unit,
        toleranceMillis: toleranceMillis(options.tolerance ?? defaultTolerance),
        retryToleranceMillis:
          options.retryTolerance === undefined
            ? undefined
            : positiveMillis("SignatureScheme.timestamp.retryTolerance", options.retryTolerance)
      }

const listOf = (identity: Identity | ReadonlyArray<Identity>): ReadonlyArray<Identity> =>
  "_tag" in identity ? [identity] : identity

const makeBatch = ({ formField, lists, maxItems = 1000 }: BatchOptions | Batch): Batch =>
  lists.length > 0
    ? { lists, maxItems: integer("SignatureScheme.batch.maxItems", maxItems, 1), formField }
    : reject("batch.lists", "an empty list", "at least one list")

/** Who captured a delivery could send it again for as long as it is taken: it must be known for as long, by what is signed. */
const checkRetryTolerance = (scheme: SignatureScheme): void => {
  const { delivery, timestamp } = scheme
  const retryTolerance = timestamp?.retryToleranceMillis
  if (timestamp === undefined || retryTolerance === undefined) return
  if (retryTolerance < Math.max(timestamp.toleranceMillis.past, delivery.retriedForMillis ?? 0)) {
    reject(
      "timestamp.retryTolerance",
      Duration.format(Duration.millis(retryTolerance)),
      "at least as long as the tolerance, and as the provider sends an event again"
    )
  }
  if (!reachableIdentities(scheme).every((each) => isSignedIdentity(scheme, each))) {
    reject("timestamp.retryTolerance", "with an identity that is not signed", "given only with one that is")
  }
}

/** The identities up to the first that every delivery has, because its fields are required by the signed content. */
const reachableIdentities = (scheme: SignatureScheme): ReadonlyArray<Identity> => {
  const identities = identitiesOf(scheme)
  const isRequired = (field: EventField) =>
    scheme.signedContent.parts.some((part) => names(part, field) && !(part._tag === "Field" && part.isOptional))
  const last = identities.findIndex((each) => each._tag === "Fields" && each.fields.every(isRequired))
  return last === -1 ? identities : identities.slice(0, last + 1)
}

const isSignedIdentity = (scheme: SignatureScheme, identity: Identity): boolean => {
  switch (identity._tag) {
    case "Fields":
      return identity.fields.some((field) => isSignedField(scheme, field))
    case "Body":
      return covers(scheme, "body") || scheme.bindings.some(({ content }) => hasSlot(content, "body"))
    case "Notification":
      return false
  }
}

const isSignedField = (scheme: SignatureScheme, field: EventField): boolean => {
  const { parts } = scheme.signedContent
  if (field._tag === "Header")
    return scheme.eventId?._tag === "Header" && covers(scheme, "id") && field.name === scheme.eventId.name
  if (field._tag === "Claim") return true
  if (field._tag === "Joined") return field.fields.every((each) => isSignedField(scheme, each))
  return parts.some((part) => names(part, field)) || (field._tag !== "Query" && covers(scheme, "body"))
}

/** Whether a part of the signed content is this field in every delivery. */
const names = (part: ContentPart, field: EventField): boolean => {
  if (part._tag === "Listed") return Object.values(part.names).every((list) => isListed(list, field))
  return part._tag === "Field" && JSON.stringify(part.field) === JSON.stringify(field)
}

const isListed = (list: ReadonlyArray<string>, field: EventField): boolean =>
  field._tag === "Body" && field.path.length === 1 && list.some((name) => name.replace("*", "") === field.path[0])

const toleranceMillis = (tolerance: Tolerance): Timestamp["toleranceMillis"] => {
  const { past, future } = isDirected(tolerance) ? tolerance : { past: tolerance, future: tolerance }
  return {
    past: positiveMillis("SignatureScheme.tolerance.past", past),
    future: positiveMillis("SignatureScheme.tolerance.future", future)
  }
}

const isDirected = (tolerance: Tolerance): tolerance is Extract<Tolerance, { readonly past: Duration.Input }> =>
  typeof tolerance === "object" && tolerance !== null && "past" in tolerance

/** One of both fields is enough, because a scheme that was written as JSON has lost what is undefined. */
const isDelivery = (options: DeliveryOptions | Delivery): options is Delivery =>
  "retriedForMillis" in options || "answerWithinMillis" in options

const makeDelivery = (options: DeliveryOptions | Delivery): Delivery =>
  isDelivery(options)
    ? options
    : {
        contentTypes: options.contentTypes?.map((type) => checkMediaType("delivery.contentTypes", type)),
        methods: options.methods ?? ["POST"],
        probes: options.probes ?? [],
        acknowledgement: options.acknowledgement && makeAcknowledgement(options.acknowledgement),
        refusal: options.refusal && makeRefusal(options.refusal),
        retriedForMillis:
          options.retriedFor === undefined
            ? undefined
            : finiteMillis("SignatureScheme.delivery.retriedFor", options.retriedFor),
        resigns: options.resigns,
        maxBytes:
          options.maxBytes === undefined
            ? undefined
            : integer("SignatureScheme.delivery.maxBytes", options.maxBytes, 1),
        answerWithinMillis:
          options.answerWithin === undefined
            ? undefined
            : positiveMillis("SignatureScheme.delivery.answerWithin", options.answerWithin),
        payloadField: options.payloadField
      }

const plainText = "text/plain; charset=utf-8"

const makeRefusal = ({ body: text = "", contentType = plainText, status }: Partial<Refusal>): Refusal =>
  status === undefined || (Number.isInteger(status) && status >= 400 && status <= 499)
    ? { contentType, body: text, status }
    : reject("delivery.refusal.status", String(status), "a status from 400 to 499")

const makeAcknowledgement = ({
  body: text = "",
  contentType = plainText,
  echo,
  status = 200
}: Partial<Acknowledgement>): Acknowledgement =>
  Number.isInteger(status) && status >= 200 && status <= 299
    ? { status, contentType, body: text, echo: echo && checkHeader("delivery.acknowledgement.echo", echo) }
    : reject("delivery.acknowledgement.status", String(status), "a status from 200 to 299")

const checkKeys = ({ keys, signature }: SignatureScheme): void => {
  if (keys.length === 0) reject("keys", "an empty list", "at least one key form")
  const labels = keys.flatMap((key) => key.label ?? [])
  if (signature._tag !== "HeaderList" && (keys.length > 1 || labels.length > 0)) {
    reject(
      "keys",
      `${keys.length} key form(s), ${labels.length} label(s)`,
      "one key form without a label, unless the signatures are a list in a header"
    )
  }
  if (signature._tag === "HeaderList" && new Set(labels).size !== keys.length) {
    reject("keys", `the labels ${quote(labels.join(", "))}`, "a label of its own for each key form in a list")
  }
  labels.forEach((label) => checkLabel("keys.label", label))
  keys.forEach((key) => checkPlace(key, signature))
}

const tokenKeys: ReadonlySet<string> = new Set<KeyForm["_tag"]>(["JwtSecret", "JwtKey", "Jwk"])

const checkPlace = (key: KeyForm, signature: Signature): void => {
  if (tokenKeys.has(key._tag) !== (signature._tag === "Jwt")) {
    reject("keys", key._tag, "jwtSecret, jwtKey or jwk for the signature jwt, and for no other")
  }
  if (signature._tag !== "Jwt" && signature.encoding === "utf8" && key._tag !== "Token") {
    reject("signature.encoding", "utf8", "hex, base64 or base64url for anything but a token")
  }
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
  if (!signsAnything(scheme)) reject("signedContent", template, "a template with {body}, or with fields of the body")
  if (covers(scheme, "id") && scheme.eventId?._tag !== "Header") {
    reject("signedContent", template, "{id} only with an eventId in a header")
  }
  if (covers(scheme, "timestamp") && (scheme.timestamp === undefined || isCoveredAnyway(scheme, scheme.timestamp))) {
    reject(
      "signedContent",
      template,
      "{timestamp} only with a timestamp in a header, or beside a body that is not signed"
    )
  }
  checkFamily(scheme, template)
}

const isCoveredAnyway = (scheme: SignatureScheme, { at }: Timestamp): boolean =>
  at._tag === "Claim" || (at._tag !== "Header" && at._tag !== "ListItem" && covers(scheme, "body"))

/** A signature of the URL covers no body at all, and `unsigned` says so. */
const ofBody: ReadonlySet<string> = new Set<Slot>(["body", "bareUrl", "crc32", "form", "uniqueForm", "token"])

const signsAnything = ({ keys, signedContent }: SignatureScheme): boolean =>
  keys.some(({ _tag }) => _tag === "Token") ||
  signedContent.parts.some(
    (part) =>
      (part._tag === "Slot" && ofBody.has(part.slot)) ||
      part._tag === "Listed" ||
      (part._tag === "Field" && part.field._tag !== "Header")
  )

const checkFamily = (scheme: SignatureScheme, template: string): void => {
  const { bindings, keys, signature, signedContent, timestamp } = scheme
  const has = (tag: KeyForm["_tag"]) => keys.some(({ _tag }) => _tag === tag)
  if (has("Token") && signedContent.parts.length > 0) reject("signedContent", template, "empty for a token")
  if (covers(scheme, "token") !== (signature._tag === "Jwt")) {
    reject("signedContent", template, "{token} for the signature jwt, and for no other")
  }
  if (has("Digest") && !covers(scheme, "secret")) reject("signedContent", template, "a template with {secret}")
  if (signature._tag === "InField" && signature.assignment !== undefined && !keys.some(hasId)) {
    reject("signature.assignment", quote(signature.assignment), "used with keys that have an idSeparator")
  }
  if (covers(scheme, "secret") && !has("Digest") && !has("Certificate")) {
    reject("signedContent", template, "{secret} only for the keys digest and certificate")
  }
  const hasAudience = keys.some((key) => key._tag !== "Certificate" || key.audience !== undefined)
  if (!hasAudience && !covers(scheme, "secret"))
    reject("keys.audience", "missing", "a field, or {secret} in the template")
  if (signature._tag !== "Jwt" && [timestamp?.at, ...bindings.map(({ at }) => at)].some(isClaim)) {
    reject("timestamp.at", "a claim", "a claim only for the signature jwt")
  }
}

const hasId = (key: KeyForm): boolean => key._tag === "Mac" && key.idSeparator !== undefined

const isClaim = (field: TimestampField | QueryField | undefined): boolean => field?._tag === "Claim"

// -----------------------------------------------------------------------------------------------------------------
// the scheme that belongs to no provider

/**
 * Standard Webhooks: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature`. The secrets: `whsec_` and 24 to 64
 * bytes in base64 for `v1`, or 16 and more where they only verify; `whpk_` and `whsk_` with an ed25519 key in base64 for `v1a`.
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
    mac({
      hash: "sha256",
      encoding: "base64",
      prefix: "whsec_",
      minBytes: 16,
      minBytesToSign: 24,
      maxBytes: 64,
      label: "v1"
    }),
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
