/**
 * How Braintree signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the pair of API keys as `public:private`.
 *
 * **Details**
 *
 * The form's `bt_signature` holds pairs `public|signature`, with the hexadecimal HMAC-SHA1 of `bt_payload` under the
 * SHA-1 of the private key. `bt_payload` is XML in base64; the type is its `kind`, such as
 * `subscription_charged_successfully`. Before its first event Braintree sends a GET whose `bt_challenge` is to be signed.
 *
 * **Gotchas**
 *
 * There is no id: an inbox identifies an event by the whole text of `bt_payload`, which has a time in seconds. That is the time of the
 * event, so no age is checked. A notification is retried every hour until it is answered with 2xx, for a day; in the
 * sandbox for 3 hours.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { BraintreeWebhook } from "@causeway/providers/braintree"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`bt_payload=PG5vdGlmaWNhdGlvbj48a2luZD5jaGVjazwva2luZD48L25vdGlmaWNhdGlvbj4%3D`)
 * const secret = Redacted.make("public_key:private_key")
 * const url = "https://example.com/webhooks/braintree"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(BraintreeWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(BraintreeWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "check",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["body"]
 * })
 * ```
 *
 * @see https://developer.paypal.com/braintree/docs/guides/webhooks/parse/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Braintree's scheme, checked against the verdicts of the `braintree` package.
 *
 * @see https://developer.paypal.com/braintree/docs/guides/webhooks/parse/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "braintree",
  signature: SignatureScheme.inField(SignatureScheme.form("bt_signature"), {
    encoding: "hex",
    separator: "&",
    assignment: "|"
  }),
  signedContent: ["{form:bt_payload}", "{form:bt_payload}\n"],
  keys: [SignatureScheme.mac({ hash: "sha1", derivation: "sha1", idSeparator: ":" })],
  eventType: [SignatureScheme.formXml("bt_payload", "kind")],
  // Not the body, because a form may list its fields in another order.
  identity: SignatureScheme.byFields(SignatureScheme.form("bt_payload"), { varies: true }),
  handshake: SignatureScheme.openProof({ method: "GET", challenge: SignatureScheme.query("bt_challenge") }),
  delivery: { contentTypes: ["application/x-www-form-urlencoded"], retriedFor: "1 day" },
  docs: { url: "https://developer.paypal.com/braintree/docs/guides/webhooks/parse/", checked: "package" }
})
