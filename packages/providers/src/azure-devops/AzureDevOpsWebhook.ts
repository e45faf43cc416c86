/**
 * How Azure DevOps authenticates its service hooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the user name and password of the subscription, as `user:password`.
 *
 * **Details**
 *
 * Nothing is signed: a service hook sends `Authorization: Basic …` with the user name and password that its
 * subscription holds, compared in constant time. The id is the body's `id`, the type its `eventType`, such as
 * `git.push`.
 *
 * **Gotchas**
 *
 * Anyone who sees one delivery can forge others, so that nothing but TLS protects them: `unsigned` names every part.
 * Azure DevOps sends the password to HTTPS endpoints only. Each subscription sends an event by itself, under the same
 * `id`: an inbox tells two subscriptions of one endpoint to the same event apart by `subscriptionId`. It is not
 * documented for how long an event is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AzureDevOpsWebhook } from "@causeway/providers/azure-devops"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"id":"03c164c2-8912-4d5e-8009-3707d5f83734","eventType":"git.push"}`)
 * const secret = Redacted.make("causeway:azure_test_secret")
 * const url = "https://example.com/webhooks/azure-devops"
 * const now = 1_764_000_000_000
 * const sent = Result.getOrThrow(
 *   WebhookSigner.signDelivery(AzureDevOpsWebhook.scheme, { body, secret, timestamp: now, url })
 * )
 *
 * const input = { ...sent, method: "POST", secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(AzureDevOpsWebhook.scheme, input)), {
 *   id: "03c164c2-8912-4d5e-8009-3707d5f83734",
 *   type: "git.push",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: ["id", "type", "body"]
 * })
 * ```
 *
 * @see https://learn.microsoft.com/en-us/azure/devops/service-hooks/services/webhooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Azure DevOps' service hooks, as their documentation describes it.
 *
 * @see https://learn.microsoft.com/en-us/azure/devops/service-hooks/services/webhooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "azure-devops",
  signature: SignatureScheme.singleHeader("Authorization", { encoding: "base64", prefix: "Basic " }),
  signedContent: "",
  keys: [SignatureScheme.token()],
  eventId: SignatureScheme.body("id"),
  eventType: [SignatureScheme.body("eventType")],
  identity: [
    SignatureScheme.byFields([SignatureScheme.body("id"), SignatureScheme.body("subscriptionId")], { per: "delivery" }),
    SignatureScheme.byFields(SignatureScheme.body("id"))
  ],
  delivery: { contentTypes: ["application/json"] },
  docs: {
    url: "https://learn.microsoft.com/en-us/azure/devops/service-hooks/services/webhooks",
    checked: "documentation"
  }
})
