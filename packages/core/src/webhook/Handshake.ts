/**
 * Answers the challenges by which a provider makes sure that an endpoint is there and knows the secret.
 *
 * **When to use**
 *
 * Call {@link before} for each request, and {@link after} for each delivery whose signature was accepted; send what they
 * return instead of storing the delivery. A `WebhookReceiver` does so by itself.
 *
 * **Details**
 *
 * A challenge is data on the scheme: which field tells it from an event, which field to send back, and in what form.
 * Slack's `url_verification` is one. GitHub's `ping` is none: it is an ordinary event and needs no particular answer.
 *
 * | described by | comes | who does it |
 * |---|---|---|
 * | `openEcho` | before | Meta, Dropbox, Okta, Microsoft Graph |
 * | `openProof` | before | Braintree |
 * | `secretOffer` | before, and only while a secret is awaited | Asana, Notion |
 * | `signedEcho` | after | Slack, Twitch |
 * | `signedReply` | after | Discord, Xero |
 * | `signedProof` | after | Zoom |
 * | `signedConfirmation` | after | Amazon SNS |
 *
 * What is sent back as plain text is at most 1024 letters, digits, spaces and `._~:+/=@,;%|-`; in JSON, at most 256
 * characters.
 *
 * **Gotchas**
 *
 * None of this verifies. Calling {@link after} for a request whose signature was not accepted would answer whatever a
 * stranger sends. A `secretToStore` belongs to the one endpoint that waited for it, and `urlToFetch` is to be fetched
 * without following redirects.
 *
 * **Example** (Slack's challenge)
 *
 * ```ts
 * import { Handshake, SignatureScheme } from "@causeway/core/webhook"
 * import { Option } from "effect"
 * import assert from "node:assert/strict"
 *
 * const scheme = SignatureScheme.make({
 *   id: "acme",
 *   signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex" }),
 *   signedContent: "{body}",
 *   keys: [SignatureScheme.mac({ hash: "sha256" })],
 *   handshake: SignatureScheme.signedEcho({
 *     when: { field: SignatureScheme.body("type"), equals: "url_verification" },
 *     echo: SignatureScheme.body("challenge"),
 *     jsonKey: "challenge"
 *   }),
 *   docs: { url: "https://acme.example/docs", checked: "documentation" }
 * })
 *
 * const answer = Handshake.handshake(scheme, {
 *   headers: [],
 *   body: new TextEncoder().encode(`{"type":"url_verification","challenge":"3eZbrw1a"}`)
 * })
 *
 * assert.deepEqual(Option.getOrThrow(answer), {
 *   status: 200,
 *   contentType: "application/json",
 *   body: `{"challenge":"3eZbrw1a"}`
 * })
 * ```
 *
 * @since 0.1.0
 */
import { Option, Redacted, Result } from "effect"
import { createHash, timingSafeEqual } from "node:crypto"
import { Delivery } from "./internal/delivery.ts"
import * as Encodings from "./internal/encodings.ts"
import * as EventFields from "./internal/eventFields.ts"
import { isTrustedUrl } from "./internal/providerKeys.ts"
import { attempt } from "./internal/refusal.ts"
import * as Signatures from "./internal/signatures.ts"
import * as SigningKeys from "./internal/signingKeys.ts"
import type {
  EventField,
  Handshake as Described,
  OpenEcho,
  OpenPing,
  OpenProof,
  SecretOffer,
  SignatureScheme,
  SignedConfirmation,
  SignedEcho,
  SignedProof,
  SignedReply,
  When
} from "./SignatureScheme.ts"
import type { VerifyInput } from "./WebhookVerifier.ts"

/**
 * The response to a challenge.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/**
 * The response to a challenge, and what is to be done beside it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reply extends Answer {
  /** To be sent beside the content type. */
  readonly headers: Readonly<Record<string, string>>
  /** To be stored, and to verify all that follows. */
  readonly secretToStore: Redacted.Redacted<string> | undefined
  /** To be fetched, without redirects: `WebhookKeys.confirm` does it. */
  readonly urlToFetch: string | undefined
}

/**
 * A request that may be a challenge without a signature.
 *
 * @since 0.1.0
 * @category models
 */
export interface OpenInput extends Pick<VerifyInput, "method" | "url" | "headers" | "body"> {
  /** The secrets of the scheme, for challenges that are to be signed. */
  readonly secrets?: VerifyInput["secrets"]
  /** The tokens that we gave to the provider to show with its challenge. */
  readonly verifyTokens?: VerifyInput["secrets"]
  /**
   * Whether this endpoint waits for its secret. Default: no, because anybody could replace the secret of an endpoint that
   * accepts a new one at any time.
   */
  readonly acceptsSecret?: boolean
}

/**
 * A request whose signature was accepted.
 *
 * @since 0.1.0
 * @category models
 */
export interface SignedInput extends Pick<VerifyInput, "headers" | "body"> {
  readonly secrets?: VerifyInput["secrets"]
  /** The index of the secret that signed. Default 0. */
  readonly signedBy?: number
}

/**
 * The answer to a verified delivery that is a challenge, or `None` when it is an event. Knows the challenges that need no
 * secret and nothing to be fetched; {@link after} knows them all.
 *
 * @since 0.1.0
 * @category handshakes
 */
export const handshake = (
  scheme: SignatureScheme,
  input: Pick<VerifyInput, "headers" | "body">
): Option.Option<Answer> =>
  Option.flatMap(
    after(scheme, { headers: input.headers, body: input.body }),
    ({ body, contentType, status, urlToFetch }) =>
      urlToFetch === undefined ? Option.some({ status, contentType, body }) : Option.none()
  )

/**
 * The answer to a request that comes before any signature is looked at, or `None` when its signature is to be verified.
 * Status 403 answers a challenge with a wrong token.
 *
 * @since 0.1.0
 * @category handshakes
 */
export const before = (scheme: SignatureScheme, input: OpenInput): Option.Option<Reply> =>
  firstAnswer(scheme, new Delivery(input), (described, read) => {
    switch (described._tag) {
      case "OpenEcho":
        return openEcho(described, input, read)
      case "OpenPing":
        return openPing(described, input)
      case "OpenProof":
        return openProof(described, scheme, input, read)
      case "SecretOffer":
        return input.acceptsSecret === true ? offered(described, read) : undefined
      default:
        return undefined
    }
  })

/**
 * The answer to a delivery whose signature was accepted, or `None` when it is an event.
 *
 * @since 0.1.0
 * @category handshakes
 */
export const after = (scheme: SignatureScheme, input: SignedInput): Option.Option<Reply> =>
  firstAnswer(scheme, new Delivery({ method: "POST", url: "", ...input }), (described, read) => {
    switch (described._tag) {
      case "SignedEcho":
        return signedEcho(described, read)
      case "SignedReply":
        return signedReply(described, read)
      case "SignedProof":
        return signedProof(described, scheme, input, read)
      case "SignedConfirmation":
        return confirmation(described, read)
      default:
        return undefined
    }
  })

type Read = (field: EventField) => string | undefined

const firstAnswer = (
  scheme: SignatureScheme,
  delivery: Delivery,
  answerOf: (described: Described, read: Read) => Reply | undefined
): Option.Option<Reply> => {
  const read: Read = (field) => quietly(scheme, () => EventFields.textOf(field, delivery))
  for (const described of listed(scheme.handshake)) {
    const answer = answerOf(described, read)
    if (answer !== undefined) return Option.some(answer)
  }
  return Option.none()
}

const listed = (described: SignatureScheme["handshake"]): ReadonlyArray<Described> =>
  described === undefined ? [] : "_tag" in described ? [described] : described

/** What is refused is no challenge. */
const quietly = <A>({ id }: SignatureScheme, compute: () => A): A | undefined =>
  Result.getOrUndefined(attempt(id, compute))

const isMeant = ({ absent, equals, field }: When, read: Read): boolean =>
  read(field) === equals && (absent === undefined || read(absent) === undefined)

const reply = (answer: Partial<Reply>): Reply => ({
  status: 200,
  contentType: "text/plain; charset=utf-8",
  body: "",
  headers: { "x-content-type-options": "nosniff" },
  secretToStore: undefined,
  urlToFetch: undefined,
  ...answer
})

/** What is safe to send back as text: no markup, no quotes, no line breaks. */
const reflectable = /^[A-Za-z0-9 ._~:+/=@,;%|-]{1,1024}$/

/** What is safe to send back in JSON. */
const plainText = /^\P{Cc}{1,256}$/u

const echo = (jsonKey: string | undefined, challenge: string): Reply | undefined => {
  if (jsonKey === undefined) return reflectable.test(challenge) ? reply({ body: challenge }) : undefined
  return plainText.test(challenge) ? json({ [jsonKey]: challenge }) : undefined
}

const json = (value: Readonly<Record<string, string>>): Reply =>
  reply({ contentType: "application/json", body: JSON.stringify(value) })

const signedEcho = ({ echo: field, jsonKey, when }: SignedEcho, read: Read): Reply | undefined => {
  const challenge = isMeant(when, read) ? read(field) : undefined
  return challenge === undefined || !plainText.test(challenge) ? undefined : echo(jsonKey, challenge)
}

const signedReply = ({ body, contentType, status, when }: SignedReply, read: Read): Reply | undefined =>
  isMeant(when, read) ? reply({ status, contentType, body }) : undefined

const signedProof = (
  { challenge: field, jsonKeys, when }: SignedProof,
  scheme: SignatureScheme,
  { secrets = [], signedBy = 0 }: SignedInput,
  read: Read
): Reply | undefined => {
  const challenge = isMeant(when, read) ? read(field) : undefined
  if (challenge === undefined || !plainText.test(challenge)) return undefined
  const proof = proofOf(scheme, secrets.slice(signedBy, signedBy + 1), challenge)
  return proof && json({ [jsonKeys.challenge]: challenge, [jsonKeys.proof]: proof.hex })
}

const proofOf = (scheme: SignatureScheme, secrets: VerifyInput["secrets"], challenge: string) =>
  quietly(scheme, () => {
    const [key] = SigningKeys.forSigning(scheme.keys, secrets)
    return key && { id: key.id, hex: Signatures.signatureOf(key, [challenge]).toString("hex") }
  })

const confirmation = ({ hosts, url: field, when }: SignedConfirmation, read: Read): Reply | undefined => {
  const text = isMeant(when, read) ? read(field) : undefined
  const url = text !== undefined && text.length <= 2048 ? URL.parse(text) : null
  return url !== null && isTrustedUrl(hosts, url) ? reply({ urlToFetch: url.href }) : undefined
}

const openEcho = (
  { challenge: field, jsonKey, method, verifyToken, when }: OpenEcho,
  input: OpenInput,
  read: Read
): Reply | undefined => {
  const challenge = input.method === method && (when === undefined || isMeant(when, read)) ? read(field) : undefined
  if (challenge === undefined) return undefined
  if (verifyToken !== undefined && !isKnown(read(verifyToken) ?? "", input.verifyTokens ?? [])) return forbidden
  return echo(jsonKey, challenge) ?? refused
}

const forbidden = reply({ status: 403, body: "forbidden" })

const refused = reply({ status: 400, body: "bad request" })

const isKnown = (token: string, known: VerifyInput["secrets"]): boolean =>
  known.filter((each) => timingSafeEqual(hashed(token), hashed(Redacted.value(each)))).length > 0

/** Equal lengths, so that the comparison does not tell how long the token is. */
const hashed = (text: string): Buffer => createHash("sha256").update(text).digest()

const openPing = ({ name }: OpenPing, { body, method }: OpenInput): Reply | undefined => {
  if (method !== "POST" || body.byteLength > 64) return undefined
  const [found, id = "", ...more] = (Encodings.decodeText(body) ?? "").split("=")
  return found === name && /^\d{1,20}$/.test(id) && more.length === 0 ? reply({}) : undefined
}

const openProof = (
  { challenge: field, method }: OpenProof,
  scheme: SignatureScheme,
  { method: actual, secrets = [] }: OpenInput,
  read: Read
): Reply | undefined => {
  const challenge = actual === method ? read(field) : undefined
  if (challenge === undefined) return undefined
  const proof = /^[0-9a-f]{20,32}$/.test(challenge) ? proofOf(scheme, secrets.slice(0, 1), challenge) : undefined
  return proof === undefined ? refused : reply({ body: `${proof.id ?? ""}|${proof.hex}` })
}

const offered = ({ echoes, secret: field }: SecretOffer, read: Read): Reply | undefined => {
  const secret = read(field)
  if (secret === undefined || !EventFields.visibleAscii.test(secret)) return undefined
  const repeated = echoes && field._tag === "Header" ? { [field.name]: secret } : {}
  return reply({
    headers: { "x-content-type-options": "nosniff", ...repeated },
    secretToStore: Redacted.make(secret, { label: "webhook secret" })
  })
}
