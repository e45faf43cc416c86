/**
 * How Adyen signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link platformScheme} to a receiver of webhooks of Adyen for Platforms or of its management API, with the HMAC key
 * of the webhook; {@link paymentsScheme} to a receiver of standard webhooks, those of payments.
 *
 * **Details**
 *
 * `HmacSignature` is the base64 HMAC of the body, with the bytes that the key spells in hexadecimal of either case. The type
 * is the body's `type`, such as `balancePlatform.transfer.created`. Standard webhooks hold items, each with an HMAC of eight
 * of its fields in `additionalData.hmacSignature`; all must be right. Each item is an event: its type is `eventCode`, such as
 * `AUTHORISATION`, its id is `pspReference`, `eventCode` and `success` together, and its body is the element of
 * `notificationItems`. Adyen waits 10 seconds for the answer.
 *
 * **Gotchas**
 *
 * There is no timestamp of the delivery. A webhook of Adyen for Platforms has no id either: an inbox deduplicates it by the
 * SHA-256 of its body. In a standard webhook the other fields, such as `reason` and `eventDate`, are not signed: `unsigned`
 * has `body`. Adyen retries for 30 days: give the scheme to the inbox too, which then remembers ids for 60. A standard
 * webhook may be configured to use forms or SOAP; this scheme reads JSON.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { AdyenWebhook } from "@causeway/providers/adyen"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"type":"balancePlatform.transfer.created","data":{}}`)
 * const secret = Redacted.make("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056".toLowerCase())
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(WebhookSigner.sign(AdyenWebhook.platformScheme, { body, secret, timestamp: now }))
 *
 * const input = { method: "POST", url: "https://example.com/adyen", headers, body, secrets: [secret], now }
 * const verified = WebhookVerifier.verify(AdyenWebhook.platformScheme, input)
 *
 * assert.equal(Result.getOrThrow(verified).type, "balancePlatform.transfer.created")
 * ```
 *
 * @see https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Adyen for Platforms and of the management API, checked against the verdicts of the `@adyen/api-library`
 * package.
 *
 * @see https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
 * @since 0.1.0
 * @category schemes
 */
export const platformScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "adyen-platform",
  signature: SignatureScheme.singleHeader("HmacSignature", { encoding: "base64" }),
  signedContent: "{body}",
  keys: [SignatureScheme.mac({ hash: "sha256", encoding: "hex-any-case" })],
  eventType: [SignatureScheme.body("type")],
  delivery: { contentTypes: ["application/json"], retriedFor: "30 days", answerWithin: "10 seconds" },
  docs: {
    url: "https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures",
    checked: "package"
  }
})

/**
 * The scheme of standard webhooks, those of payments, checked against the verdicts of the `@adyen/api-library` package.
 *
 * @see https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
 * @since 0.1.0
 * @category schemes
 */
export const paymentsScheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...platformScheme,
  id: "adyen-payments",
  signature: SignatureScheme.inItems({
    list: ["notificationItems"],
    item: ["NotificationRequestItem"],
    signature: ["additionalData", "hmacSignature"],
    encoding: "base64"
  }),
  signedContent: [
    "{item:pspReference}",
    "{item:originalReference?}",
    "{item:merchantAccountCode}",
    // The only field that may hold a colon, so that it stays clear where it ends.
    "{item:merchantReference?*}",
    "{item:amount.value}",
    "{item:amount.currency}",
    "{item:eventCode}",
    "{item:success}"
  ].join(":"),
  eventType: [SignatureScheme.body("notificationItems", "0", "NotificationRequestItem", "eventCode")],
  batch: {
    lists: [
      SignatureScheme.items({
        list: "notificationItems",
        // A later outcome of the same payment, such as an authorisation that succeeds after all, is another event.
        id: ["pspReference", "eventCode", "success"].map((name) => `NotificationRequestItem.${name}`).join("+"),
        type: "NotificationRequestItem.eventCode"
      })
    ]
  },
  delivery: {
    contentTypes: ["application/json"],
    acknowledgement: { body: "[accepted]" },
    retriedFor: "30 days",
    answerWithin: "10 seconds"
  }
})
