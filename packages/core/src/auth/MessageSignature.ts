/**
 * HTTP Message Signatures: requests that prove who sent them, and that nobody changed what was signed.
 *
 * **When to use**
 *
 * For a provider that asks for RFC 9421, such as payment and open-banking APIs, and between services of your own.
 * {@link layer} signs every attempt of an integration; {@link verify} judges a request or a response that came in.
 *
 * **Details**
 *
 * A profile says which parts of a message are covered. Each attempt is signed at its own time, with a nonce of its own. The
 * body is covered through `content-digest`, which is computed where the request has none; a request without a body goes
 * without it. `verify` is a pure function of message, keys and time. A key is used with one algorithm, whatever a signature
 * says.
 *
 * **Gotchas**
 *
 * What is not covered can be changed by anyone on the way: cover at least `@method`, `@target-uri` and `content-digest`.
 * A nonce keeps nobody from sending a message twice by itself: {@link verify} returns it, and whoever receives must remember
 * it for as long as `maxAge`. A streamed body has no digest before it is sent: give it a `Content-Digest` of your own.
 *
 * **Example** (A signed request, and who receives it)
 *
 * ```ts
 * import { Redacted, Result } from "effect"
 * import { HttpClientRequest } from "effect/http"
 * import { MessageSignature } from "@causeway/core/auth"
 * import assert from "node:assert/strict"
 *
 * const secret = Redacted.make("a secret that both of them know")
 * const profile = MessageSignature.make({
 *   algorithm: "hmac-sha256",
 *   keyId: "2026-11",
 *   components: ["@method", "@target-uri", "content-digest"]
 * })
 * const request = HttpClientRequest.post("https://api.example/orders").pipe(HttpClientRequest.bodyText("two of them"))
 * const signed = Result.getOrThrow(MessageSignature.sign(profile, request, { key: secret, now: 1_764_000_000_000 }))
 *
 * const received = MessageSignature.verify(
 *   { method: "POST", url: "https://api.example/orders", headers: signed.headers, body: "two of them" },
 *   {
 *     keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", keyId: "2026-11", key: secret })],
 *     required: ["@method", "@target-uri", "content-digest"],
 *     now: 1_764_000_001_000
 *   }
 * )
 * assert.equal(Result.getOrThrow(received).keyId, "2026-11")
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421
 * @since 0.1.0
 */
import { type Duration, Effect, Layer, Redacted, Result } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import { type KeyObject, randomBytes } from "node:crypto"
import * as InvalidOption from "../policy/InvalidOption.ts"
import type { Scheme } from "./Auth.ts"
import { InvalidSignature, type UnsignableRequest } from "./AuthError.ts"
import * as Credentials from "./Credentials.ts"
import {
  type Algorithm,
  algorithms,
  isAlgorithm,
  type KeyFormat,
  KeyRing,
  type Read,
  readSigningKey,
  readVerifyingKey,
  type SecretEncoding
} from "./internal/message/algorithms.ts"
import { type Component, components, fieldTypes, identifier, percentEncoded } from "./internal/message/components.ts"
import type { DigestAlgorithm } from "./internal/message/contentDigest.ts"
import * as Digest from "./internal/message/contentDigest.ts"
import { type Profile, signRequest } from "./internal/message/signing.ts"
import type { FieldType } from "./internal/message/structuredFields.ts"
import * as Verifying from "./internal/message/verifying.ts"
import * as Reading from "./internal/secret/Reading.ts"
import { attempt } from "./internal/signing/outgoing.ts"
import type * as Signing from "./internal/signing/SecretSigner.ts"
import { SecretSigner } from "./internal/signing/SecretSigner.ts"
import type * as Secret from "./Secret.ts"
import * as Check from "./internal/signatureChecks.ts"
import { checkSecret, checkTarget } from "./internal/optionChecks.ts"

export type { Algorithm, Component, DigestAlgorithm, FieldType, SecretEncoding }

/**
 * What is covered: a name such as `@method` or `content-type`, or one with parameters, from {@link field},
 * {@link queryParam} or {@link ofRequest}.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421#section-2
 * @since 0.1.0
 * @category models
 */
export type ComponentInput = string | Component

/**
 * The options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** How it is signed; the key must fit. */
  readonly algorithm: Algorithm
  /** By which the receiver finds the key. Default: it is not named. */
  readonly keyId?: string
  /** What is covered, in this order. `date` and `content-digest` are added to a request that has none. */
  readonly components: ReadonlyArray<ComponentInput>
  /** The name of the signature among others. Default: `sig1`. */
  readonly label?: string
  /** What the signature is for, as an application says it. Default: none. */
  readonly tag?: string
  /** After how long it ends by itself, in whole seconds. Default: the receiver decides. */
  readonly expiresIn?: Duration.Input
  /** Whether each signature has a nonce of 16 random bytes. Default: true. */
  readonly nonce?: boolean
  /** Whether the algorithm is named beside the key; a receiver must not rely on it. Default: false. */
  readonly nameAlgorithm?: boolean
  /** The hash of `content-digest`. Default: `sha-256`. */
  readonly digest?: DigestAlgorithm
  /** How the text of an HMAC secret becomes bytes. Default: `utf8`. */
  readonly secretEncoding?: SecretEncoding
  /** The types of structured fields that are covered with `sf` and that no standard names. Default: none. */
  readonly fieldTypes?: Readonly<Record<string, FieldType>>
}

/**
 * How messages are signed.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageSignature extends Profile {}

/**
 * Makes a profile. An option that makes no sense throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): MessageSignature => {
  Check.checkMessage("messageSignature", options)
  const format = formatOf("messageSignature", options)
  return {
    algorithm: format.algorithm,
    keyId: options.keyId === undefined ? undefined : ascii("messageSignature.keyId", options.keyId),
    components: components("messageSignature.components", options.components),
    label: labelOf(options.label ?? "sig1"),
    tag: options.tag === undefined ? undefined : ascii("messageSignature.tag", options.tag),
    expiresSeconds:
      options.expiresIn === undefined ? undefined : secondsOf("messageSignature.expiresIn", options.expiresIn),
    hasNonce: options.nonce ?? true,
    namesAlgorithm: options.nameAlgorithm ?? false,
    digest: options.digest ?? "sha-256",
    typeOf: typesOf(options.fieldTypes),
    keys: new KeyRing(format)
  }
}

/**
 * A header field with parameters. `sf`: as a structured field is written strictly. `key`: only this member of a dictionary.
 * `bs`: as bytes, for a field whose lines cannot be joined, such as `set-cookie`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421#section-2.1
 * @since 0.1.0
 * @category components
 */
export const field = (
  name: string,
  how: { readonly sf?: boolean; readonly key?: string; readonly bs?: boolean }
): Component => {
  Check.checkField("messageSignature.field", how)
  return {
    name: InvalidOption.httpToken("messageSignature.field.name", name).toLowerCase(),
    parameters: {
      ...(how.sf === true && { sf: true as const }),
      ...(how.key !== undefined && { key: ascii("messageSignature.field.key", how.key) }),
      ...(how.bs === true && { bs: true as const })
    }
  }
}

/**
 * One parameter of the query. A request that has it twice, or not at all, is not signed: cover `@query` there.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421#section-2.2.8
 * @since 0.1.0
 * @category components
 */
export const queryParam = (name: string): Component => ({
  name: "@query-param",
  parameters: { name: percentEncoded(InvalidOption.nonEmpty("messageSignature.queryParam", name)) }
})

/**
 * A part of the request that a response answers, for the signature of that response.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421#section-2.4
 * @since 0.1.0
 * @category components
 */
export const ofRequest = (component: ComponentInput): Component => {
  Check.checkComponent("messageSignature.component", component)
  const { name, parameters } = typeof component === "string" ? { name: component, parameters: {} } : component
  return { name, parameters: { ...parameters, req: true } }
}

/**
 * The Layer that signs every attempt of an integration, with a PEM of a private key, or with a shared secret for
 * `hmac-sha256`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  options: Options,
  key: S
): Scheme<Self, S> => {
  checkTarget("messageSignature.integration", integration)
  checkSecret("messageSignature.key", key)
  const profile = make(options)
  const name = Credentials.integrationOf(integration)
  const format = formatOf("messageSignature", options)
  const reading = Reading.open(key, {
    integration: name,
    what: "signing key",
    problemOf: (text) => problemOf(readSigningKey(text, format))
  })
  return Layer.effect(
    integration.credentials,
    Effect.map(reading, (reading) => new SecretSigner(name, schemeOf(profile), reading))
  )
}

const schemeOf = (profile: MessageSignature): Signing.Scheme<KeyObject> => ({
  called: "signing key",
  keyOf: (key) => profile.keys.of(key),
  sign: (request, key, millis) => signRequest(request, profile, key, { millis, nonce: newNonce(profile) })
})

const newNonce = ({ hasNonce }: MessageSignature): string | undefined =>
  hasNonce ? randomBytes(16).toString("base64url") : undefined

/**
 * Signs one request at this time, in milliseconds since the epoch. A key that does not fit throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category signing
 */
export const sign = (
  profile: MessageSignature,
  request: HttpClientRequest,
  given: { readonly key: Redacted.Redacted<string>; readonly now: number; readonly nonce?: string }
): Result.Result<HttpClientRequest, UnsignableRequest> => {
  const key = keyOrThrow("messageSignature.key", profile.keys.of(given.key))
  const nonce = given.nonce === undefined ? undefined : ascii("messageSignature.nonce", given.nonce)
  return attempt(() => signRequest(request, profile, key, { millis: given.now, nonce }).request)
}

/**
 * The value of a `Content-Digest` of this body.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9530#section-2
 * @since 0.1.0
 * @category signing
 */
export const contentDigest = (body: string | Uint8Array, algorithm: DigestAlgorithm = "sha-256"): string => {
  Check.checkDigest("contentDigest.algorithm", algorithm)
  return Digest.contentDigest(algorithm, body)
}

/**
 * A key that verifies, and the only algorithm it is used with.
 *
 * @since 0.1.0
 * @category models
 */
export interface VerifyingKey extends Verifying.KnownKey {}

/**
 * Makes a key that verifies: a PEM of a public key, or a shared secret for `hmac-sha256`. One that does not fit throws
 * `InvalidOption`. Without a `keyId` it is tried for signatures that name any key, or none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const verifyingKey = (options: {
  readonly algorithm: Algorithm
  readonly keyId?: string
  readonly key: string | Redacted.Redacted<string>
  readonly secretEncoding?: SecretEncoding
}): VerifyingKey => {
  Check.checkKey("verifyingKey", options)
  const format = formatOf("verifyingKey", options)
  const text = typeof options.key === "string" ? options.key : Redacted.value(options.key)
  return {
    algorithm: format.algorithm,
    keyId: options.keyId,
    keyObject: keyOrThrow("verifyingKey.key", readVerifyingKey(text, format))
  }
}

/**
 * The fields of a message: pairs, each a line, or a record. A field of several lines has one pair for each, or a list.
 *
 * @since 0.1.0
 * @category models
 */
export type Headers =
  | ReadonlyArray<readonly [name: string, value: string]>
  | Readonly<Record<string, string | ReadonlyArray<string> | undefined>>

/**
 * A request as it came in. `url` is the one that the sender called, host and all.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: string | Uint8Array
}

/**
 * A response, and the request that it answers where parts of that are covered.
 *
 * @since 0.1.0
 * @category models
 */
export interface Response {
  readonly status: number
  readonly headers: Headers
  readonly body: string | Uint8Array
  readonly request?: Omit<Request, "body">
}

/**
 * What {@link verify} asks of a signature.
 *
 * @since 0.1.0
 * @category options
 */
export interface VerifyOptions {
  /** The keys that are known, or a function that finds them by what a signature says of itself. */
  readonly keys: ReadonlyArray<VerifyingKey> | ((claims: Verified) => ReadonlyArray<VerifyingKey>)
  /** What must be covered; the same list is looked at once. `content-digest` is asked for only where there is a body. */
  readonly required: ReadonlyArray<ComponentInput>
  /** The time, in milliseconds since the epoch. */
  readonly now: number
  /** How old a signature may be. Default: 5 minutes. */
  readonly maxAge?: Duration.Input
  /** How far the two clocks may be apart. Default: 30 seconds. */
  readonly tolerance?: Duration.Input
  /** Only the signature of this name. Default: any. */
  readonly label?: string
  /** Only signatures that are for this. Default: any. */
  readonly tag?: string
  /** As in {@link Options}. */
  readonly fieldTypes?: Readonly<Record<string, FieldType>>
}

/**
 * What a signature that holds says. Times are seconds since the epoch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Verified extends Verifying.Claims {}

/**
 * Judges the signatures of a message, at most eight: what the first says that holds, or why none does.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9421#section-3.2
 * @since 0.1.0
 * @category verification
 */
export const verify = (
  message: Request | Response,
  options: VerifyOptions
): Result.Result<Verified, InvalidSignature> => {
  const demands = demandsOf(options)
  const parts = "method" in message ? requestParts(message, options) : responseParts(message, options)
  if (parts instanceof InvalidSignature) return Result.fail(parts)
  const outcome = Verifying.firstThatHolds(parts, message.body, demands)
  return outcome instanceof InvalidSignature ? Result.fail(outcome) : Result.succeed(outcome)
}

/**
 * How a component is named in a `Signature-Input`, such as `"@query-param";name="Pet"`.
 *
 * @since 0.1.0
 * @category getters
 */
export const nameOf = (component: ComponentInput): string =>
  identifier(typeof component === "string" ? { name: component, parameters: {} } : component)

const demandsOf = (options: VerifyOptions): Verifying.Demands => {
  Check.checkVerify("verify", options)
  const { keys } = options
  return {
    keysFor:
      typeof keys === "function"
        ? keys
        : ({ keyId }) => keys.filter((key) => key.keyId === undefined || key.keyId === keyId),
    required: requiredOf(options.required),
    label: options.label,
    tag: options.tag,
    maxAgeSeconds:
      options.maxAge === undefined ? 300 : InvalidOption.positiveMillis("verify.maxAge", options.maxAge) / 1_000,
    toleranceSeconds:
      options.tolerance === undefined ? 30 : InvalidOption.finiteMillis("verify.tolerance", options.tolerance) / 1_000,
    nowSeconds: Math.floor(options.now / 1_000)
  }
}

/** A list that is used over and over is looked at once. */
const requirements = new WeakMap<ReadonlyArray<ComponentInput>, ReadonlyMap<string, Component>>()

const requiredOf = (required: ReadonlyArray<ComponentInput>): ReadonlyMap<string, Component> => {
  const known = requirements.get(required)
  if (known !== undefined) return known
  const made = new Map(components("verify.required", required).map((each) => [identifier(each), each]))
  requirements.set(required, made)
  return made
}

type Parts = Parameters<typeof Verifying.firstThatHolds>[0]

const requestParts = (
  { headers, method, url }: Omit<Request, "body">,
  { fieldTypes }: VerifyOptions
): Parts | InvalidSignature => {
  const parsed = URL.parse(url)
  if (parsed === null) return new InvalidSignature({ why: "component", issue: "the URL of the request is none" })
  return {
    method,
    url: parsed,
    status: undefined,
    fieldLines: linesOf(headers),
    typeOf: typesOf(fieldTypes),
    request: undefined
  }
}

const responseParts = ({ headers, request, status }: Response, options: VerifyOptions): Parts | InvalidSignature => {
  const asked = request === undefined ? undefined : requestParts(request, options)
  if (asked instanceof InvalidSignature) return asked
  return {
    method: undefined,
    url: undefined,
    status,
    fieldLines: linesOf(headers),
    typeOf: typesOf(options.fieldTypes),
    request: asked
  }
}

const linesOf = (headers: Headers): ((name: string) => ReadonlyArray<string>) => {
  const pairs: ReadonlyArray<readonly [string, string | ReadonlyArray<string> | undefined]> = isPairs(headers)
    ? headers
    : Object.entries(headers)
  return (name) => pairs.flatMap(([key, value]) => (key.toLowerCase() === name && value !== undefined ? value : []))
}

const isPairs = (headers: Headers): headers is ReadonlyArray<readonly [string, string]> => Array.isArray(headers)

const typesOf =
  (own: Readonly<Record<string, FieldType>> = {}): ((name: string) => FieldType | undefined) =>
  (name) =>
    Object.hasOwn(own, name) ? own[name] : Object.hasOwn(fieldTypes, name) ? fieldTypes[name] : undefined

const formatOf = (
  of: string,
  { algorithm, secretEncoding = "utf8" }: { readonly algorithm: string; readonly secretEncoding?: SecretEncoding }
): KeyFormat => {
  if (isAlgorithm(algorithm)) return { algorithm, secretEncoding }
  throw new InvalidOption.InvalidOption({
    option: `${of}.algorithm`,
    actual: JSON.stringify(algorithm),
    accepts: `one of ${algorithms.join(", ")}`
  })
}

const problemOf = (read: Read): string | undefined => (typeof read === "string" ? read : undefined)

const keyOrThrow = (option: string, read: Read): KeyObject => {
  if (typeof read !== "string") return read
  throw new InvalidOption.InvalidOption({
    option,
    actual: `one that ${read}`,
    accepts: "a key that fits its algorithm"
  })
}

const labelOf = (label: string): string => {
  if (/^[a-z*][a-z0-9_.*-]*$/.test(label)) return label
  throw new InvalidOption.InvalidOption({
    option: "messageSignature.label",
    actual: JSON.stringify(label),
    accepts: "lower-case letters, digits, and _ - . *, beginning with a letter"
  })
}

const ascii = (option: string, value: string): string => {
  if (/^[\x20-\x7e]+$/.test(value)) return value
  throw new InvalidOption.InvalidOption({ option, actual: JSON.stringify(value), accepts: "a text of visible ASCII" })
}

const secondsOf = (option: string, duration: Duration.Input): number => {
  const seconds = Math.floor(InvalidOption.positiveMillis(option, duration) / 1_000)
  if (seconds >= 1) return seconds
  throw new InvalidOption.InvalidOption({ option, actual: "less than a second", accepts: "at least 1 second" })
}
