/**
 * How Plaid signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, without a secret: the keys are Plaid's.
 *
 * **Details**
 *
 * `Plaid-Verification` is a token (ES256) whose claim `request_body_sha256` is the hexadecimal hash of the body;
 * issued 5 minutes ago or ahead at most. Its `kid` names one of Plaid's public keys. The type is the body's
 * `webhook_type` and `webhook_code`, such as `TRANSACTIONS.SYNC_UPDATES_AVAILABLE`, because several products share codes.
 *
 * **Gotchas**
 *
 * The key is asked for with POST and your account's credentials, one `kid` at a time: fetch it and pass it in
 * `keys`. There is no id, and `SYNC_UPDATES_AVAILABLE` and others repeat the same bytes: a notification is dropped only
 * while the one before waits to be handled, and is a new event afterwards. Several products have the same code, such as
 * `DEFAULT_UPDATE`: `webhook_type` names the product. Plaid repeats a notification for up to 24 hours; it is not
 * documented whether it signs it again, so that one may be refused as too old. The key of a sandbox is at
 * `sandbox.plaid.com`.
 *
 * **Example** (The key that a delivery asks for)
 *
 * ```ts
 * import { WebhookVerifier } from "@causeway/core/webhook"
 * import { PlaidWebhook } from "@causeway/providers/plaid"
 * import { Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")
 * const token = `${encode({ alg: "ES256", kid: "key-1" })}.${encode({ iat: 1_764_000_000 })}.c2ln`
 * const body = new TextEncoder().encode(
 *   `{"webhook_type":"TRANSACTIONS","webhook_code":"SYNC_UPDATES_AVAILABLE"}`
 * )
 * const headers: ReadonlyArray<readonly [string, string]> = [["Plaid-Verification", token]]
 * const input = { method: "POST", url: "https://example.com/webhooks/plaid", headers, body }
 *
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.keysNeeded(PlaidWebhook.scheme, input)), [
 *   { _tag: "Jwk", url: "https://production.plaid.com/webhook_verification_key/get", kid: "key-1" }
 * ])
 * ```
 *
 * @see https://plaid.com/docs/api/webhooks/webhook-verification/
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Plaid's scheme, as its documentation describes it.
 *
 * @see https://plaid.com/docs/api/webhooks/webhook-verification/
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "plaid",
  signature: SignatureScheme.jwt("Plaid-Verification"),
  signedContent: "{token}",
  keys: [
    SignatureScheme.jwk({ algorithms: ["ES256"], url: "https://production.plaid.com/webhook_verification_key/get" })
  ],
  timestamp: { at: SignatureScheme.claim("iat"), unit: "seconds", tolerance: "5 minutes" },
  eventType: [SignatureScheme.joined(SignatureScheme.body("webhook_type"), SignatureScheme.body("webhook_code"))],
  identity: SignatureScheme.notification,
  bindings: [
    SignatureScheme.hashOf("{body}", {
      at: SignatureScheme.claim("request_body_sha256"),
      hash: "sha256",
      encoding: "hex"
    })
  ],
  delivery: { contentTypes: ["application/json"], answerWithin: "10 seconds", retriedFor: "1 day" },
  docs: { url: "https://plaid.com/docs/api/webhooks/webhook-verification/", checked: "documentation" }
})
