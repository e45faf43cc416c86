/**
 * How Tailscale signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret that Tailscale shows once, when the webhook endpoint is made.
 *
 * **Details**
 *
 * `Tailscale-Webhook-Signature: t=…,v1=…` holds the seconds since the epoch. Signed is `{timestamp}.{body}`; 5 minutes
 * old or ahead at most. The body is a list: each item is an event with its type, such as `nodeCreated`.
 *
 * **Gotchas**
 *
 * Events have no id: one is known by its bytes, which hold its time. A delivery that fails is sent again every hour,
 * for a day at most.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { TailscaleWebhook } from "@causeway/providers/tailscale"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`[{"version":1,"type":"nodeCreated","tailnet":"example.com"}]`)
 * const secret = Redacted.make("tailscale_test_secret")
 * const url = "https://example.com/webhooks/tailscale"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(TailscaleWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(TailscaleWebhook.scheme, input)), {
 *   id: undefined,
 *   type: "nodeCreated",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://tailscale.com/kb/1213/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Tailscale's scheme, as its documentation and its own example have it.
 *
 * @see https://tailscale.com/kb/1213/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "tailscale",
  signature: SignatureScheme.headerList("Tailscale-Webhook-Signature", {
    separator: ",",
    assignment: "=",
    encoding: "hex"
  }),
  signedContent: "{timestamp}.{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
  timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds", tolerance: "5 minutes" },
  eventType: [SignatureScheme.body("0", "type")],
  batch: { lists: [SignatureScheme.items({ type: "type" })] },
  delivery: { contentTypes: ["application/json"], retriedFor: "1 day" },
  docs: { url: "https://tailscale.com/kb/1213/webhooks", checked: "documentation" }
})
