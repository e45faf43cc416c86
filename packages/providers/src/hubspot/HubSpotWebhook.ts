/**
 * How HubSpot signs its webhooks and the requests of workflow actions.
 *
 * **When to use**
 *
 * Give {@link scheme} to a receiver of an app's webhooks, with the app's client secret. {@link schemeV1} and
 * {@link schemeV2} are for subscriptions and cards that still sign the old way.
 *
 * **Details**
 *
 * `X-HubSpot-Signature-v3` is the base64 HMAC of method, URL, body and timestamp, one right after the other, with the
 * milliseconds of `X-HubSpot-Request-Timestamp`; 5 minutes old or ahead at most. A delivery holds up to 100 events:
 * each is an event whose type is its `subscriptionType`, such as `contact.creation`. The older `X-HubSpot-Signature` is
 * the hexadecimal SHA-256 of secret and body (v1), or of secret, method, URL and body (v2).
 *
 * **Gotchas**
 *
 * HubSpot signs the URL with some of the escapes in its query undone (`%2F`, `%3A` and others): both forms are taken.
 * Behind a proxy, tell the receiver its public URL. `eventId` is not unique, as HubSpot says, and the test button
 * always sends 100: an event is identified by it, its subscription, portal, object and time together. The webhooks of
 * workflows are not lists: each is one event without a type, deduplicated by its body. Cards are fetched with GET. The
 * older versions have no timestamp, and are plain hashes: prefer the third. A delivery that fails is sent again up to ten times
 * within a day, with another `attemptNumber`: an inbox keeps the first body.
 *
 * **Example** (A signature that covers method and URL)
 *
 * ```ts
 * import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
 * import { HubSpotWebhook } from "@causeway/providers/hubspot"
 * import { Redacted, Result } from "effect"
 * import assert from "node:assert/strict"
 *
 * const body = new TextEncoder().encode(`[{"eventId":1,"subscriptionType":"contact.creation"}]`)
 * const secret = Redacted.make("hubspot_test_secret")
 * const [method, url, now] = ["POST", "https://example.com/webhooks/hubspot", 1_764_000_000_000] as const
 * const headers = Result.getOrThrow(
 *   WebhookSigner.sign(HubSpotWebhook.scheme, { body, secret, timestamp: now, method, url })
 * )
 *
 * const input = { method, url, headers, body, secrets: [secret], now }
 * const elsewhere = { ...input, url: "https://example.com/other" }
 *
 * assert.equal(Result.getOrThrow(WebhookVerifier.verify(HubSpotWebhook.scheme, input)).type, "contact.creation")
 * assert.ok(Result.isFailure(WebhookVerifier.verify(HubSpotWebhook.scheme, elsewhere)))
 * ```
 *
 * @see https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
 * @since 0.1.0
 */
import { SignatureScheme } from "@causeway/core/webhook"

/** The id of an event alone is not unique, as HubSpot says, and the test button always sends 100. */
const batch: SignatureScheme.BatchOptions = {
  lists: [
    SignatureScheme.items({
      id: [
        "eventId+subscriptionId+portalId+objectId+occurredAt",
        "eventId+subscriptionId+portalId+occurredAt",
        "eventId+occurredAt"
      ],
      type: "subscriptionType",
      varies: true
    })
  ],
  maxItems: 100
}

const delivery = {
  contentTypes: ["application/json"],
  answerWithin: "5 seconds",
  retriedFor: "1 day"
} as const satisfies SignatureScheme.DeliveryOptions

/**
 * The third version of HubSpot's scheme, checked against the recorded verdicts of the `@hubspot/api-client` package.
 *
 * @see https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
 * @since 0.1.0
 * @category schemes
 */
export const scheme: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "hubspot-v3",
  signature: SignatureScheme.singleHeader("X-HubSpot-Signature-v3", { encoding: "base64" }),
  signedContent: "{method}{url}{body}{timestamp}",
  keys: [SignatureScheme.mac({ hash: "sha256" })],
  timestamp: {
    at: SignatureScheme.header("X-HubSpot-Request-Timestamp"),
    unit: "milliseconds",
    tolerance: "5 minutes"
  },
  urlForms: ["given", "decoded query"],
  eventType: [SignatureScheme.body("0", "subscriptionType")],
  batch,
  // The signed body of an attempt has its number, and attempts older than 5 minutes are to be refused.
  delivery: { ...delivery, methods: ["POST", "GET"], resigns: true },
  docs: {
    url: "https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests",
    checked: "package"
  }
})

/**
 * The first version: a hash of secret and body, without a timestamp.
 *
 * @see https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
 * @since 0.1.0
 * @category schemes
 */
export const schemeV1: SignatureScheme.SignatureScheme = SignatureScheme.make({
  id: "hubspot-v1",
  signature: SignatureScheme.singleHeader("X-HubSpot-Signature", { encoding: "hex" }),
  signedContent: "{secret}{body}",
  keys: [SignatureScheme.digest({ hash: "sha256" })],
  eventType: [SignatureScheme.body("0", "subscriptionType")],
  batch,
  delivery,
  docs: scheme.docs
})

/**
 * The second version: a hash of secret, method, URL and body, without a timestamp.
 *
 * @see https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
 * @since 0.1.0
 * @category schemes
 */
export const schemeV2: SignatureScheme.SignatureScheme = SignatureScheme.make({
  ...schemeV1,
  id: "hubspot-v2",
  signedContent: "{secret}{method}{url}{body}",
  urlForms: scheme.urlForms,
  delivery: { ...delivery, methods: ["POST", "GET"] }
})
