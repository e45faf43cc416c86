/**
 * How Supabase signs its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of Auth hooks, with the secret of the hook as it is shown: `v1,whsec_` and the
 * key in base64.
 *
 * **Details**
 *
 * Supabase Auth signs as Standard Webhooks do: `webhook-id`, `webhook-timestamp` and a list in `webhook-signature`
 * over `{id}.{timestamp}.{body}`, 5 minutes old or ahead at most. The type is the name of the hook, such as
 * `before-user-created` or `send-email`: from `metadata.name`, or by what the body has.
 *
 * **Gotchas**
 *
 * A user waits for the answer, 5 seconds at most, and its JSON says what happens: the handler of a hook that decides
 * must answer itself. Each attempt has its own id and timestamp, so that an inbox identifies an event by its body; of equal
 * bodies the second is taken for the first. Only 429 and 503 with `retry-after` are tried again, up to twice. Several
 * signatures are separated by a comma and a space.
 *
 * **Example** (A delivery, signed and verified)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { SupabaseWebhook } from "@causeway/providers/supabase"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`{"metadata":{"name":"before-user-created"},"user":{"id":"ff7fc9ae"}}`)
 * const secret = Redacted.make("v1,whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
 * const url = "https://example.com/webhooks/supabase"
 * const now = 1_764_000_000_000
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(SupabaseWebhook.scheme, { body, secret, timestamp: now, id: "msg_2b3c" })
 * )
 *
 * const input = { method: "POST", url, headers, body, secrets: [secret], now }
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.verify(SupabaseWebhook.scheme, input)), {
 *   id: "msg_2b3c",
 *   type: "before-user-created",
 *   timestamp: now,
 *   signedBy: 0,
 *   unsigned: []
 * })
 * ```
 *
 * @see https://supabase.com/docs/guides/auth/auth-hooks
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/**
 * The scheme of Auth hooks, as Supabase's documentation and source have it.
 *
 * @see https://supabase.com/docs/guides/auth/auth-hooks
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...SignatureScheme.standardWebhooks,
  id: "supabase",
  signature: SignatureScheme.headerList("webhook-signature", { separator: ", ", assignment: ",", encoding: "base64" }),
  keys: [
    SignatureScheme.mac({
      hash: "sha256",
      encoding: "base64",
      prefix: "v1,whsec_",
      minBytes: 16,
      minBytesToSign: 24,
      maxBytes: 64,
      label: "v1"
    })
  ],
  eventType: [
    SignatureScheme.body("metadata", "name"),
    SignatureScheme.present("send-email", "email_data"),
    SignatureScheme.present("send-sms", "sms"),
    SignatureScheme.present("customize-access-token", "claims"),
    SignatureScheme.present("mfa-verification", "factor_id"),
    SignatureScheme.present("password-verification", "valid")
  ],
  identity: SignatureScheme.byBody(),
  delivery: {
    contentTypes: ["application/json"],
    acknowledgement: { contentType: "application/json", body: "{}" },
    refusal: { contentType: "application/json" },
    retriedFor: "5 seconds",
    resigns: true,
    answerWithin: "5 seconds"
  },
  docs: { url: "https://supabase.com/docs/guides/auth/auth-hooks", checked: "documentation" }
})
