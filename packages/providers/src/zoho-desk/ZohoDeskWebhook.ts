/**
 * How Zoho Desk authenticates its webhooks.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver, with the ids of the webhook and of your organization as `webhookId:123
 * orgId:456`. {@link schemeAt} is for other data centres. The keys are Zoho's.
 *
 * **Details**
 *
 * `X-ZDesk-JWT` is a token (RS256) for that webhook (`aud`) of that organization (`iss`). The body is a list of
 * events, and each is stored by itself; its type is `eventType`, such as `Ticket_Add`. A new webhook is first asked
 * with GET whether it is there, and then sent an empty body.
 *
 * **Gotchas**
 *
 * The body is not signed: anyone who sees one delivery can forge others. Events have no id: an inbox identifies them by their bytes. The
 * answer must be 200 within 5 seconds, and 410 ends the subscription. Zoho does not publish whether it sends a failed
 * delivery again.
 *
 * **Example** (The key that a delivery asks for)
 *
 * ```ts
 * import { WebhookVerifier } from "@causeway/core/webhook"
 * import { ZohoDeskWebhook } from "@causeway/providers/zoho-desk"
 * import { Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")
 * const claims = { iss: "orgId:456", aud: "webhookId:123" }
 * const token = `${encode({ alg: "RS256", kid: "key-1" })}.${encode(claims)}.c2ln`
 * const headers: ReadonlyArray<readonly [string, string]> = [["X-ZDesk-JWT", token]]
 * const body = new TextEncoder().encode(`[{"eventType":"Ticket_Add","orgId":"456","payload":{"id":"1"}}]`)
 * const input = { method: "POST", url: "https://example.com/webhooks/zoho-desk", headers, body }
 *
 * assert.deepEqual(Result.getOrThrow(WebhookVerifier.keysNeeded(ZohoDeskWebhook.scheme, input)), [
 *   { _tag: "Jwk", url: "https://desk.zoho.com/.well-known/jwks.json", kid: "key-1" }
 * ])
 * ```
 *
 * @see https://desk.zoho.com/support/WebhookDocument.do
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"
import { OptionCheck } from "@causeway/core/policy"

/**
 * The scheme of an organization in another data centre, such as `desk.zoho.eu`, which has its own keys.
 *
 * @see https://desk.zoho.com/support/WebhookDocument.do
 * @since 0.1.0
 * @category schemes
 */
export const schemeAt = (host: string): SignatureScheme.SignatureScheme => {
  checkHost("zohoDesk.host", host)
  return SignatureScheme.make({
    id: "zoho-desk",
    signature: SignatureScheme.jwt("X-ZDesk-JWT", { needsExpiry: false }),
    signedContent: "{token}",
    keys: [
      SignatureScheme.jwk({
        algorithms: ["RS256"],
        url: `https://${host}/.well-known/jwks.json`,
        audienceWith: ["iss"]
      })
    ],
    eventType: [SignatureScheme.body("0", "eventType")],
    batch: { lists: [SignatureScheme.items({ type: "eventType" })] },
    delivery: {
      contentTypes: ["application/json"],
      probes: ["GET", "HEAD"],
      acknowledgement: {},
      answerWithin: "5 seconds"
    },
    docs: { url: "https://desk.zoho.com/support/WebhookDocument.do", checked: "source" }
  })
}

const checkHost = OptionCheck.matching("a host such as desk.zoho.eu", /^[a-z0-9-]+(?:\.[a-z0-9-]+)+$/)

/**
 * Zoho Desk's scheme in the United States, as the code of others reads it.
 *
 * @see https://desk.zoho.com/support/WebhookDocument.do
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = schemeAt("desk.zoho.com")
