/**
 * How Vonage signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signature secret of the account.
 *
 * **Details**
 *
 * `Authorization` is a bearer token (HS256) whose claim `payload_hash` is the hexadecimal hash of the body; issued 5
 * minutes ago or ahead at most. The id is the claim `jti`, which names the token: an event is known by its body, or by the
 * query of a GET. The type is the `status` of a call or of a message that was sent, and the `message_type` of one that
 * came in. Calls ask for an NCCO, which a handler computes.
 *
 * **Gotchas**
 *
 * Vonage's own package checks the token, but not the hash of the body. Deliveries by GET have no hash, and their query
 * is not covered by the token. An inbound message that is not taken is sent again for a day.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { VonageWebhook } from "@causeway/providers/vonage"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"message_uuid":"1"}`)
 * const secret = Redacted.make("vonage_test_secret")
 * const url = "https://example.com/webhooks/vonage"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(VonageWebhook.scheme, {
 *     body,
 *     secret,
 *     timestamp: now,
 *     claims: { jti: "7c3f" },
 *     url
 *   })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(VonageWebhook.scheme, input)), {
 *   id: "7c3f",
 *   type: undefined,
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://developer.vonage.com/en/getting-started/concepts/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Vonage's scheme, checked against the verdicts of the `@vonage/jwt` package.
 *
 * @see https://developer.vonage.com/en/getting-started/concepts/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "vonage",
  signature: SignatureScheme.jwt("Authorization", { prefix: "Bearer " }),
  signedContent: "{token}",
  keys: [SignatureScheme.jwtSecret({ algorithms: ["HS256"] })],
  timestamp: { at: SignatureScheme.claim("iat"), unit: "seconds", tolerance: "5 minutes" },
  eventId: SignatureScheme.claim("jti"),
  eventType: [SignatureScheme.body("status"), SignatureScheme.body("message_type")],
  identity: SignatureScheme.byBody(),
  bindings: [
    SignatureScheme.hashOf("{body}", {
      at: SignatureScheme.claim("payload_hash"),
      hash: "sha256",
      encoding: "hex",
      mayBeAbsentWithoutBody: true
    })
  ],
  delivery: { methods: ["POST", "GET"], retriedFor: "1 day" },
  docs: { url: "https://developer.vonage.com/en/getting-started/concepts/webhooks", checked: "package" }
})
