/**
 * How ConnectWise PSA signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the `signing_key` of your instance's callbacks.
 *
 * **Details**
 *
 * `X-Content-Signature` is the base64 HMAC of the body, under the SHA-256 hash of the signing key. The id is the
 * body's `MessageId`, the type its `Type` and `Action`, such as `ticket.updated`; both are signed.
 *
 * **Gotchas**
 *
 * Each delivery names where its key is, in `Metadata.key_url`. Fetch it once from your own instance and configure it:
 * a receiver that fetches whatever a delivery names takes the deliveries of any other customer of ConnectWise for
 * genuine. There is no timestamp, so a replay is recognised by its id only. It is not documented whether, and for how
 * long, a delivery is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { ConnectWisePsaWebhook } from "@causeway/providers/connectwise-psa"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"MessageId":"5d3b1a0e","Type":"ticket","Action":"updated"}`)
 * const secret = Redacted.make("connectwise_test_secret")
 * const url = "https://example.com/webhooks/connectwise-psa"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(ConnectWisePsaWebhook.scheme, { body, secret, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(ConnectWisePsaWebhook.scheme, input)), {
 *   id: "5d3b1a0e",
 *   type: "ticket.updated",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.connectwise.com/Products/ConnectWise_PSA/Developer_Guide
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * ConnectWise PSA's scheme, as Nango's integration verifies it.
 *
 * @see https://developer.connectwise.com/Products/ConnectWise_PSA/Developer_Guide
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "connectwise-psa",
  signature: SignatureScheme.singleHeader("X-Content-Signature", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", derivation: "sha256" })],
  eventId: SignatureScheme.body("MessageId"),
  eventType: [
    SignatureScheme.joined(SignatureScheme.body("Type"), SignatureScheme.body("Action")),
    SignatureScheme.body("Type")
  ],
  delivery: { contentTypes: ["application/json"] },
  docs: { url: "https://developer.connectwise.com/Products/ConnectWise_PSA/Developer_Guide", checked: "source" }
})
