/**
 * How Amazon SNS signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the ARN of the topic in the place of a secret.
 *
 * **Details**
 *
 * The body's `Signature` (RSA, SHA-1 or SHA-256 by `SignatureVersion`) covers its listed fields. The certificate is
 * at `SigningCertURL`, and only on Amazon's own hosts. A delivery may be an hour old and 5 minutes ahead. The id is
 * `MessageId`, the type `Type`. A `SubscriptionConfirmation` is confirmed by fetching its `SubscribeURL`, which must
 * be Amazon's too. `Timestamp` is the time of publication, and stays the same over retries, which may take an hour: a
 * receiver with an inbox accepts deliveries that are up to 65 minutes old.
 *
 * **Gotchas**
 *
 * Amazon signs the deliveries of all its customers with the same certificate: the ARN is what tells your topic from
 * another one. Raw message delivery has no signature. Every message has the type `Notification`: what happened is in
 * `Message`, which is often JSON in a string. Deliveries are `text/plain` unless the subscription sets another type.
 *
 * **Example** (The certificate that a delivery asks for)
 *
 * ```ts
 * import { WebhookVerifier } from "@causeway/core/webhook"
 * import { AwsSnsWebhook } from "@causeway/providers/aws-sns"
 * import { Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(
 *   `{"Type":"Notification","MessageId":"1","TopicArn":"arn:aws:sns:eu-west-1:1:orders","Message":"hi","Timestamp":"2025-11-24T16:00:00.000Z","SignatureVersion":"2","Signature":"c2ln","SigningCertURL":"https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"}`
 * )
 * const headers: ReadonlyArray<readonly [string, string]> = []
 * const input = { method: "POST", url: "https://example.com/webhooks/aws-sns", headers, body }
 *
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.keysNeeded(AwsSnsWebhook.scheme, input)), [
 *   { _tag: "Certificate", url: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem" }
 * ])
 * ```
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * Amazon SNS's scheme, checked against the verdicts of the `sns-validator` package.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "aws-sns",
  signature: SignatureScheme.inField(SignatureScheme.body("Signature"), { encoding: "base64" }),
  signedContent: SignatureScheme.listedFields({
    by: SignatureScheme.body("Type"),
    names: {
      Notification: ["Message*", "MessageId", "Subject?", "Timestamp", "TopicArn", "Type"],
      SubscriptionConfirmation: ["Message*", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
      UnsubscribeConfirmation: ["Message*", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    }
  }),
  keys: [
    SignatureScheme.certificate({
      url: SignatureScheme.body("SigningCertURL"),
      hosts: ["sns.{region}.amazonaws.com", "sns.{region}.amazonaws.com.cn"],
      path: { prefix: "/SimpleNotificationService-", suffix: ".pem" },
      hash: { field: SignatureScheme.body("SignatureVersion"), values: { "1": "sha1", "2": "sha256" } },
      audience: SignatureScheme.body("TopicArn")
    })
  ],
  timestamp: {
    at: SignatureScheme.body("Timestamp"),
    unit: "rfc3339",
    tolerance: { past: "1 hour", future: "5 minutes" },
    // The hour of all retries, and time for the last one to arrive.
    retryTolerance: "65 minutes"
  },
  eventId: SignatureScheme.body("MessageId"),
  eventType: [SignatureScheme.body("Type")],
  handshake: SignatureScheme.signedConfirmation({
    when: { field: SignatureScheme.body("Type"), equals: "SubscriptionConfirmation" },
    url: SignatureScheme.body("SubscribeURL"),
    hosts: ["sns.{region}.amazonaws.com", "sns.{region}.amazonaws.com.cn"]
  }),
  delivery: { retriedFor: "1 hour", resigns: false },
  docs: { url: "https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html", checked: "package" }
})
