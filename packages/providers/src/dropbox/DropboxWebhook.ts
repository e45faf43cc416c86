/**
 * How Dropbox signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the secret of the app.
 *
 * **Details**
 *
 * `X-Dropbox-Signature` is the hexadecimal HMAC of the body. Before its first event Dropbox sends a GET and expects
 * `challenge` back. Dropbox waits 10 seconds for the answer.
 *
 * **Gotchas**
 *
 * A delivery only names the accounts in which something changed, in the same bytes each time: fetch the changes from the
 * API. It has no id, no type and no time. An inbox drops a delivery only while an equal one waits to be handled. A failed
 * delivery is retried for about 10 minutes.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { DropboxWebhook } from "@causeway/providers/dropbox"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"list_folder":{"accounts":["dbid:1"]}}`)
 * const secret = Redacted.make("dropbox_test_secret")
 * const url = "https://example.com/webhooks/dropbox"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(DropboxWebhook.scheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(DropboxWebhook.scheme, input)), {
 *   id: undefined,
 *   type: undefined,
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://www.dropbox.com/developers/reference/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Dropbox's scheme, as its documentation describes it.
 *
 * @see https://www.dropbox.com/developers/reference/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "dropbox",
  signature: SignatureScheme.singleHeader("X-Dropbox-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  handshake: SignatureScheme.openEcho({ method: "GET", challenge: SignatureScheme.query("challenge") }),
  identity: SignatureScheme.notification,
  delivery: {
    contentTypes: ["application/json"],
    retriedFor: "10 minutes",
    resigns: false,
    answerWithin: "10 seconds"
  },
  docs: { url: "https://www.dropbox.com/developers/reference/webhooks", checked: "documentation" }
})
