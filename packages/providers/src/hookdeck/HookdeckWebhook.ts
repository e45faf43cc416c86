/**
 * How Hookdeck signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the signing secret of the project, behind its event gateway.
 *
 * **Details**
 *
 * `x-hookdeck-signature` is the base64 HMAC of the body. While the secret is rotated, `x-hookdeck-signature-2`
 * carries one made with the other secret. The id is `x-hookdeck-eventid`.
 *
 * **Gotchas**
 *
 * The id is in a header that the signature does not cover. The body, and so the type, is what the original provider
 * sent, and so is the method, which may be a GET; its own signature was checked by the gateway, if at all. An event is
 * sent again as the connection says, up to 50 times within a week, and by hand as often as someone likes. The headers have
 * these names unless a project sets another prefix.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { HookdeckWebhook } from "@causeway/providers/hookdeck"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"any":"event"}`)
 * const secret = Redacted.make("hookdeck_test_secret")
 * const url = "https://example.com/webhooks/hookdeck"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(HookdeckWebhook.scheme, { body, secret, timestamp: now, id: "evt_1" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(HookdeckWebhook.scheme, input)), {
 *   id: "evt_1",
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id"]
 * })
 * ```
 *
 * @see https://hookdeck.com/docs/authentication
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Hookdeck's scheme, as its documentation describes it.
 *
 * @see https://hookdeck.com/docs/authentication
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "hookdeck",
  signature: SignatureScheme.singleHeader(["x-hookdeck-signature", "x-hookdeck-signature-2"], { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  eventId: SignatureScheme.header("x-hookdeck-eventid"),
  delivery: {
    methods: ["POST", "PUT", "PATCH", "DELETE", "GET"],
    answerWithin: "60 seconds",
    retriedFor: "7 days",
    resigns: true
  },
  docs: { url: "https://hookdeck.com/docs/authentication", checked: "documentation" }
})
