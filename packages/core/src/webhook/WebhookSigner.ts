/**
 * Signs an event as a provider would, from the same record that verifies it.
 *
 * **When to use**
 *
 * Use {@link sign} to send webhooks of your own, and to play a provider in tests. A `WebhookSender` calls it at each
 * attempt, with a fresh timestamp and the same id.
 *
 * **Details**
 *
 * The result is the headers to send beside the body: signature, timestamp, id and type, as far as the scheme has them in
 * headers. During a rotation, a scheme with a list of signatures takes several secrets and signs with each of them.
 *
 * **Gotchas**
 *
 * Send exactly the bytes that were signed. An id or a type that the scheme has in the body is not put there: that is up to
 * who makes the body.
 *
 * **Example** (Signing, and verifying what was signed)
 *
 * ```ts
 * import { SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const scheme = SignatureScheme.make({
 *   id: "acme",
 *   signature: SignatureScheme.headerList("Acme-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
 *   signedContent: "{timestamp}.{body}",
 *   keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
 *   timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds" },
 *   docs: { url: "https://acme.example/docs", checked: "documentation" }
 * })
 * const body = new TextEncoder().encode(`{"type":"order.paid"}`)
 * const secret = Redacted.make("correct horse battery staple")
 * const now = 1_764_000_000_000
 *
 * const headers = Result.getOrThrow(WebhookSigner.sign(scheme, { body, secret, timestamp: now }))
 * const verified = WebhookVerifier.verify(scheme, { method: "POST", url: "", headers, body, secrets: [secret], now })
 *
 * assert.equal(Result.getOrThrow(verified).timestamp, now)
 * ```
 *
 * @since 0.1.0
 */
import { Array, type Redacted, type Result } from "effect"
import * as Bindings from "./internal/bindings.ts"
import { maxSignatures } from "./internal/candidates.ts"
import { Delivery } from "./internal/delivery.ts"
import * as Encodings from "./internal/encodings.ts"
import * as EventFields from "./internal/eventFields.ts"
import * as JsonWebToken from "./internal/jsonWebToken.ts"
import * as Placement from "./internal/placement.ts"
import * as ProviderKeys from "./internal/providerKeys.ts"
import { attempt, refuse } from "./internal/refusal.ts"
import * as Signatures from "./internal/signatures.ts"
import * as SignedContent from "./internal/signedContent.ts"
import * as SigningKeys from "./internal/signingKeys.ts"
import * as Timestamps from "./internal/timestamps.ts"
import {
  covers,
  type EventField,
  type Jwt,
  type Signature,
  type SignatureScheme,
  type Slot,
  type TimestampField
} from "./SignatureScheme.ts"
import { Reason, type WebhookError } from "./WebhookError.ts"

/**
 * An event to be signed.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignOptions {
  /** The body as it will be sent. */
  readonly body: Uint8Array
  /** One secret, or several where the scheme has a list of signatures. */
  readonly secret: Redacted.Redacted<string> | ReadonlyArray<Redacted.Redacted<string>>
  /** When it is signed, epoch milliseconds; cut to the scheme's unit. */
  readonly timestamp: number
  /** Required where the signature covers it. */
  readonly id?: string | undefined
  readonly type?: string | undefined
  /** Upper case; required where the signature covers it. */
  readonly method?: string | undefined
  /** The URL it will be sent to; required where the signature covers it. */
  readonly url?: string | undefined
  /** Other headers that the signature covers, such as a nonce; they are among those to send. */
  readonly headers?: ReadonlyArray<SignedHeader> | undefined
  /** Claims of a token, beside those that the scheme asks for. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined
  /** The `kid` of a token. */
  readonly keyId?: string | undefined
  /** What the receiver's secret is where a certificate signs, such as the webhook's id; `secret` is the private key. */
  readonly audience?: string | undefined
}

/**
 * A delivery to send: some schemes put the signature into the body or the URL.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedDelivery {
  readonly url: string
  readonly headers: ReadonlyArray<SignedHeader>
  readonly body: Uint8Array
}

/**
 * A header to send.
 *
 * @since 0.1.0
 * @category models
 */
export type SignedHeader = readonly [name: string, value: string]

/**
 * Signs an event: the headers to send with it, or a {@link WebhookError} with `MissingSecret`, `InvalidSecret` or
 * `InvalidInput`. Schemes that sign within the body or the URL need {@link signDelivery}.
 *
 * @since 0.1.0
 * @category signing
 */
export const sign = (
  scheme: SignatureScheme,
  options: SignOptions
): Result.Result<ReadonlyArray<SignedHeader>, WebhookError> =>
  attempt(scheme.id, () => {
    const { body, headers, url } = makeDelivery(scheme, options)
    return body === options.body && url === (options.url ?? "")
      ? headers
      : invalid("scheme", "one that signs in headers; use signDelivery, which changes the body or the URL")
  })

/**
 * Signs an event under any scheme: the URL, headers and body to send. A body that gets the signature into it is written
 * anew, as JSON or as a form. Fails as {@link sign} does, and with `MalformedBody` where the body lacks what is signed.
 *
 * @since 0.1.0
 * @category signing
 */
export const signDelivery = (
  scheme: SignatureScheme,
  options: SignOptions
): Result.Result<SignedDelivery, WebhookError> => attempt(scheme.id, () => makeDelivery(scheme, options))

const makeDelivery = (scheme: SignatureScheme, options: SignOptions): SignedDelivery => {
  const keys = SigningKeys.forSigning(scheme.keys, Array.ensure(options.secret))
  checkSecretCount(scheme, keys.length)
  checkHeaderText("type", options.type)
  const id = readId(scheme, options.id)
  const stamp = formatTimestamp(scheme, options.timestamp)
  const headers = [
    ...(options.headers ?? []),
    ...fieldHeader(scheme.eventId, options.id),
    ...fieldHeader(scheme.eventType[0], options.type),
    ...fieldHeader(scheme.timestamp?.at, stamp)
  ]
  const unsigned = { method: readMethod(scheme, options), url: readUrl(scheme, options), headers, body: options.body }
  const delivery = new Delivery(withUrlHash(scheme, unsigned, id))
  const source = sourceOf(scheme, delivery, id, stamp)
  if (scheme.signature._tag === "Jwt") addToken(scheme, scheme.signature, source, keys, options)
  return place(scheme, source, keys, options)
}

const checkSecretCount = ({ signature }: SignatureScheme, count: number): void => {
  const isList = signature._tag === "HeaderList" || ("separator" in signature && signature.separator !== undefined)
  const limit = isList ? maxSignatures : 1
  if (count > limit) invalid("secret", `at most ${limit} secret(s)`)
}

const checkHeaderText = (option: string, value: string | undefined): void => {
  if (value !== undefined && !EventFields.visibleAscii.test(value)) invalid(option, EventFields.visibleAsciiExpected)
}

const readId = (scheme: SignatureScheme, id: string | undefined): string => {
  checkHeaderText("id", id)
  if (!covers(scheme, "id")) return ""
  const expected = EventFields.whatSignedIdMustBe(scheme, id ?? "")
  return expected === undefined ? (id ?? "") : invalid("id", expected)
}

const formatTimestamp = ({ timestamp }: SignatureScheme, millis: number): string => {
  if (!(millis >= 0 && millis <= 8.64e15)) invalid("timestamp", "epoch milliseconds")
  return timestamp === undefined ? "" : Timestamps.format(timestamp, millis)
}

/** Whether the signature, or a hash inside of it, covers one of the slots. */
const coversAny = ({ bindings, signedContent }: SignatureScheme, slots: ReadonlyArray<Slot>): boolean =>
  [signedContent, ...bindings.map(({ content }) => content)].some(({ parts }) =>
    parts.some((part) => part._tag === "Slot" && slots.includes(part.slot))
  )

const readMethod = (scheme: SignatureScheme, { method = "" }: SignOptions): string =>
  method === "" && coversAny(scheme, ["method", "request"])
    ? invalid("method", "given, because the signature covers it")
    : method

const readUrl = (scheme: SignatureScheme, { url = "" }: SignOptions): string =>
  url === "" && coversAny(scheme, ["url", "path", "sortedUrl", "request"])
    ? invalid("url", "given, because the signature covers it")
    : url

const fieldHeader = (
  field: EventField | TimestampField | undefined,
  value: string | undefined
): ReadonlyArray<SignedHeader> => (field?._tag === "Header" && value !== undefined ? [[field.name, value]] : [])

type Unsigned = ConstructorParameters<typeof Delivery>[0]

/** Puts the hash of a JSON body into the query, where the scheme takes one instead of a form. */
const withUrlHash = ({ bindings }: SignatureScheme, request: Unsigned, id: string): Unsigned => {
  const binding = bindings.find(({ at }) => at._tag === "Query")
  const delivery = new Delivery(request)
  if (binding === undefined || delivery.json() === undefined) return request
  const source = { delivery, id, url: delivery.url, item: undefined, isFormHashed: true, timestamp: "" }
  return { ...request, url: Placement.inQuery(request.url, binding.at.name, Bindings.compute(binding, source)) }
}

const sourceOf = (scheme: SignatureScheme, delivery: Delivery, id: string, stamp: string): SignedContent.Source => ({
  delivery,
  id,
  timestamp: signedStamp(scheme, delivery) ?? stamp,
  item: undefined,
  url: delivery.url,
  isFormHashed: scheme.bindings.some(({ at }) => at._tag === "Query" && EventFields.textOf(at, delivery) !== undefined)
})

/** The timestamp that the body brings along, where the signature covers no other part of the body. */
const signedStamp = (scheme: SignatureScheme, delivery: Delivery): string | undefined => {
  const { timestamp } = scheme
  if (timestamp === undefined || !covers(scheme, "timestamp")) return undefined
  const { at } = timestamp
  return at._tag === "Header" || at._tag === "ListItem" ? undefined : Timestamps.inBody(timestamp, at, delivery).text
}

const addToken = (
  scheme: SignatureScheme,
  signature: Jwt,
  source: SignedContent.Source,
  keys: ReadonlyArray<SigningKeys.SigningKey>,
  options: SignOptions
): void => {
  const algorithm = algorithmOf(keys[0])
  const audience = ProviderKeys.audienceClaims(keys[0]?.form, options.audience)
  const claims = { ...claimsOf(scheme, signature, source, keys[0]?.id, options), ...audience, ...options.claims }
  const head = { alg: algorithm, typ: "JWT", ...(options.keyId === undefined ? {} : { kid: options.keyId }) }
  const signed = `${JsonWebToken.encodeObject(head)}.${JsonWebToken.encodeObject(claims)}`
  source.delivery.token = { algorithm, kid: options.keyId, claims, signed, signature: "" }
}

const algorithmOf = (key: SigningKeys.SigningKey | undefined): string => {
  const form = key?.form
  if (form?._tag === "JwtKey") return form.algorithm
  return form?._tag === "JwtSecret" || form?._tag === "Jwk" ? (form.algorithms[0] ?? "") : ""
}

const lifetimeSeconds = 60

const claimsOf = (
  { bindings, eventId, timestamp }: SignatureScheme,
  signature: Jwt,
  source: SignedContent.Source,
  keyId: string | undefined,
  { id, timestamp: millis }: SignOptions
): Readonly<Record<string, unknown>> => {
  const seconds = Math.floor(millis / 1000)
  const hashes = bindings.map((binding) => [binding.at.name, Bindings.compute(binding, source)] as const)
  const issuer = keyId ?? signature.issuer
  return {
    ...(issuer === undefined ? {} : { iss: issuer }),
    ...signature.claims,
    ...(eventId?._tag === "Claim" && id !== undefined ? { [eventId.name]: id } : {}),
    ...(timestamp?.at._tag === "Claim" ? { [timestamp.at.name]: Number(source.timestamp) } : {}),
    ...(signature.needsExpiry ? { nbf: seconds, exp: seconds + lifetimeSeconds } : {}),
    ...Object.fromEntries(hashes)
  }
}

const signWith = (
  { signedContent }: SignatureScheme,
  source: SignedContent.Source,
  key: SigningKeys.SigningKey,
  audience: string | undefined
): Buffer => {
  const { form } = key
  if (form._tag === "Certificate" && audience === undefined && SignedContent.usesSecret(signedContent)) {
    invalid("audience", "given, because the signature covers it")
  }
  const content = SignedContent.assemble(signedContent, source, audience ?? key.text)
  const hash = form._tag === "Certificate" ? ProviderKeys.hashOf(form, source.delivery) : undefined
  return Signatures.signatureOf({ ...key, hash, algorithm: algorithmOf(key) }, content)
}

const place = (
  scheme: SignatureScheme,
  source: SignedContent.Source,
  keys: ReadonlyArray<SigningKeys.SigningKey>,
  { audience }: SignOptions
): SignedDelivery => {
  const { signature } = scheme
  const { body, headers, url } = source.delivery
  if (signature._tag === "InItems") {
    const [key] = keys
    const textOf = (item: unknown) =>
      key === undefined ? "" : encode(signature, signWith(scheme, { ...source, item }, key, audience))
    return { url, headers, body: Placement.inItems(signature, source.delivery, textOf) }
  }
  const texts = keys.map((key) => encode(signature, signWith(scheme, source, key, audience)))
  if (signature._tag !== "InField") {
    return { url, headers: [...headers, signatureHeader(scheme, signature, source, keys, texts)], body }
  }
  return Placement.inField(source.delivery, signature.field, fieldText(signature, keys, texts))
}

const encode = (signature: Signature, bytes: Buffer): string =>
  Encodings.encode(signature._tag === "Jwt" ? "base64url" : signature.encoding, bytes)

type InHeader = Exclude<Signature, { readonly _tag: "InField" | "InItems" }>

const signatureHeader = (
  { timestamp }: SignatureScheme,
  signature: InHeader,
  source: SignedContent.Source,
  keys: ReadonlyArray<SigningKeys.SigningKey>,
  texts: ReadonlyArray<string>
): SignedHeader => {
  if (signature._tag === "Jwt") {
    return [signature.name, `${signature.prefix}${source.delivery.token?.signed}.${texts.join("")}`]
  }
  if (signature._tag === "SingleHeader") {
    return [signature.names[0] ?? "", texts.map((text) => signature.prefix + text).join(signature.separator ?? "")]
  }
  const item = (label: string | undefined, text: string) => `${label}${signature.assignment}${text}`
  const stampItem = timestamp?.at._tag === "ListItem" ? [item(timestamp.at.label, source.timestamp)] : []
  const signatureItems = texts.map((text, index) => item(keys[index]?.form.label, text))
  return [signature.name, [...stampItem, ...signatureItems].join(signature.separator)]
}

const fieldText = (
  { assignment, prefix, separator }: Extract<Signature, { readonly _tag: "InField" }>,
  keys: ReadonlyArray<SigningKeys.SigningKey>,
  texts: ReadonlyArray<string>
): string =>
  texts
    .map((text, index) => (assignment === undefined ? "" : `${keys[index]?.id}${assignment}`) + prefix + text)
    .join(separator ?? "")

const invalid = (option: string, expected: string): never => refuse(Reason.InvalidInput({ option, expected }))
