/**
 * How Discord signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the public key of the application, at its interactions endpoint, and
 * {@link eventsScheme} at its webhook events URL.
 *
 * **Details**
 *
 * `X-Signature-Ed25519` is the ed25519 signature, in hexadecimal, of the timestamp in `X-Signature-Timestamp`
 * followed by the body; 5 minutes old or ahead at most. Id and type are an interaction's `id` and number. The type of
 * an event is its name, such as `APPLICATION_AUTHORIZED`; it has no id, and an inbox deduplicates it by the SHA-256 of its
 * body, which has a time in microseconds. Pings are answered once their signature was accepted: an interaction's of type 1
 * with `{"type":1}`, an event's of type 0 with 204. Discord waits 3 seconds for an answer. An interaction is answered with
 * `{"type":5}`, which defers its response: the user sees that it is being worked on, until the response is sent to the API
 * with the token of the interaction. Each signature that is missing, malformed or wrong is answered with 401.
 *
 * **Gotchas**
 *
 * A public key cannot sign: to play Discord in a test, give the signer `private:` and the 32 bytes of a private key
 * in hexadecimal. Discord itself sends wrong signatures from time to time and stops calling an endpoint that accepts
 * one. Autocompletion, type 4, can't be deferred: its choices are the answer. An event is retried for up to 10 minutes; it
 * is not documented whether each attempt has a new timestamp. No retries of interactions are documented.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { DiscordWebhook } from "@causeway/providers/discord"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"846462639134605312","application_id":"1","type":2}`)
 * const secret = Redacted.make("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
 * const signingKey = Redacted.make("private:9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
 * const url = "https://example.com/webhooks/discord"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(DiscordWebhook.scheme, { body, secret: signingKey, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(DiscordWebhook.scheme, input)), {
 *   id: "846462639134605312",
 *   type: "2",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://discord.com/developers/docs/interactions/overview
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Discord's scheme, checked against the verdicts of the `discord-interactions` package.
 *
 * @see https://discord.com/developers/docs/interactions/overview
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "discord",
  signature: SignatureScheme.singleHeader("X-Signature-Ed25519", { encoding: "hex" }),
  signedContent: "{timestamp}{body}",
  keys: [SignatureScheme.ed25519({ encoding: "hex", publicPrefix: "", privatePrefix: "private:" })],
  timestamp: { at: SignatureScheme.header("X-Signature-Timestamp"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("type")],
  handshake: SignatureScheme.signedReply({
    when: { field: SignatureScheme.body("type"), equals: "1" },
    contentType: "application/json",
    body: `{"type":1}`
  }),
  delivery: {
    contentTypes: ["application/json"],
    acknowledgement: { contentType: "application/json", body: `{"type":5}` },
    refusal: { status: 401 },
    answerWithin: "3 seconds"
  },
  docs: { url: "https://discord.com/developers/docs/interactions/overview", checked: "package" }
})

/**
 * The scheme of Discord's webhook events, which differ from interactions in their pings and in where their type is.
 *
 * @see https://discord.com/developers/docs/events/webhook-events
 * @since 0.1.0
 * @category schemes
 */
export const eventsScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "discord-events",
  eventId: undefined,
  eventType: [SignatureScheme.body("event", "type")],
  handshake: SignatureScheme.signedReply({
    when: { field: SignatureScheme.body("type"), equals: "0" },
    status: 204,
    body: ""
  }),
  delivery: {
    contentTypes: ["application/json"],
    acknowledgement: { status: 204 },
    refusal: { status: 401 },
    retriedFor: "10 minutes",
    answerWithin: "3 seconds"
  },
  docs: { url: "https://discord.com/developers/docs/events/webhook-events", checked: "package" }
})
