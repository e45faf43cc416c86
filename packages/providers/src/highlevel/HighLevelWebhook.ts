/**
 * How HighLevel signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with {@link publicKey}. {@link rsaScheme} is for deliveries of before July 2026, with
 * {@link rsaPublicKey}.
 *
 * **Details**
 *
 * `X-GHL-Signature` is the base64 ed25519 signature of the body, under one key of HighLevel's that it publishes. Before, it was
 * `X-WH-Signature`, an RSA-SHA256 signature of the body. Id and type are the body's `webhookId` and `type`, such as
 * `ContactCreate`, and are signed.
 *
 * **Gotchas**
 *
 * The key signs the deliveries of every app and customer: compare `appId`, `companyId` and `locationId` with your own before you act. A
 * replay is recognised by its id only; deliveries without `webhookId` go by the hash of the body. HighLevel announces new keys by
 * e-mail: give both while a key changes. It is not documented whether, and for how long, a delivery is sent again.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { HighLevelWebhook } from "@causeway/providers/highlevel"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * // The first key pair of RFC 8032, section 7.1.
 * const publicKey = Redacted.make("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
 * const privateKey = Redacted.make("private:nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")
 *
 * const body = new TextEncoder().encode(`{"type":"ContactCreate","webhookId":"abc123xyz","id":"1"}`)
 * const url = "https://example.com/webhooks/highlevel"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(HighLevelWebhook.scheme, { body, secret: privateKey, timestamp: now })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [publicKey], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(HighLevelWebhook.scheme, input)), {
 *   id: "abc123xyz",
 *   type: "ContactCreate",
 *   timestamp: undefined,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The ed25519 key that HighLevel publishes, with which it signs every delivery.
 *
 * @see https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide
 * @since 0.1.0
 * @category keys
 */
export const publicKey = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg=
-----END PUBLIC KEY-----`

/**
 * The RSA key that HighLevel publishes, with which it signed every delivery before July 2026.
 *
 * @see https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide
 * @since 0.1.0
 * @category keys
 */
export const rsaPublicKey = `-----BEGIN PUBLIC KEY-----
MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAokvo/r9tVgcfZ5DysOSC
Frm602qYV0MaAiNnX9O8KxMbiyRKWeL9JpCpVpt4XHIcBOK4u3cLSqJGOLaPuXw6
dO0t6Q/ZVdAV5Phz+ZtzPL16iCGeK9po6D6JHBpbi989mmzMryUnQJezlYJ3DVfB
csedpinheNnyYeFXolrJvcsjDtfAeRx5ByHQmTnSdFUzuAnC9/GepgLT9SM4nCpv
uxmZMxrJt5Rw+VUaQ9B8JSvbMPpez4peKaJPZHBbU3OdeCVx5klVXXZQGNHOs8gF
3kvoV5rTnXV0IknLBXlcKKAQLZcY/Q9rG6Ifi9c+5vqlvHPCUJFT5XUGG5RKgOKU
J062fRtN+rLYZUV+BjafxQauvC8wSWeYja63VSUruvmNj8xkx2zE/Juc+yjLjTXp
IocmaiFeAO6fUtNjDeFVkhf5LNb59vECyrHD2SQIrhgXpO4Q3dVNA5rw576PwTzN
h/AMfHKIjE4xQA1SZuYJmNnmVZLIZBlQAF9Ntd03rfadZ+yDiOXCCs9FkHibELhC
HULgCsnuDJHcrGNd5/Ddm5hxGQ0ASitgHeMZ0kcIOwKDOzOU53lDza6/Y09T7sYJ
PQe7z0cvj7aE4B+Ax1ZoZGPzpJlZtGXCsu9aTEGEnKzmsFqwcSsnw3JB31IGKAyk
T1hhTiaCeIY/OwwwNUY2yvcCAwEAAQ==
-----END PUBLIC KEY-----`

/**
 * HighLevel's scheme, as its documentation describes it.
 *
 * @see https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "highlevel",
  signature: SignatureScheme.singleHeader("X-GHL-Signature", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.ed25519({ encoding: "base64", publicPrefix: "", privatePrefix: "private:" })],
  eventId: SignatureScheme.body("webhookId"),
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"] },
  docs: {
    url: "https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide",
    checked: "documentation"
  }
})

/**
 * The scheme of deliveries of before July 2026, as HighLevel's documentation describes it.
 *
 * @see https://marketplace.gohighlevel.com/docs/webhook/WebhookIntegrationGuide
 * @since 0.1.0
 * @category schemes
 */
export const rsaScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...scheme,
  id: "highlevel-rsa",
  signature: SignatureScheme.singleHeader("X-WH-Signature", { encoding: "base64" }),
  keys: [SignatureScheme.rsa()]
})
