import { WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { type Oracle, oracles, text } from "./oracles.ts"
import { type Headers, now, tagOf } from "./refusals.ts"

interface Documented {
  readonly id: keyof typeof schemes
  readonly secret: string
  readonly url?: string
  readonly headers?: Headers
  readonly body: string
}

const hello = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"

/** Deliveries that stand in the documentation of the providers, with their signatures. */
const documented: ReadonlyArray<Documented> = [
  {
    id: "jira",
    secret: "It's a Secret to Everybody",
    headers: [["X-Hub-Signature", hello]],
    body: "Hello World!"
  },
  {
    id: "bitbucket",
    secret: "It's a Secret to Everybody",
    headers: [["X-Hub-Signature", hello]],
    body: "Hello World!"
  },
  {
    id: "adyen-payments",
    secret: "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
    body: JSON.stringify({
      notificationItems: [
        {
          NotificationRequestItem: {
            additionalData: { hmacSignature: "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=" },
            amount: { value: 1130, currency: "EUR" },
            pspReference: "7914073381342284",
            eventCode: "AUTHORISATION",
            merchantAccountCode: "TestMerchant",
            merchantReference: "TestPayment-1407325143704",
            success: "true"
          }
        }
      ]
    })
  },
  {
    id: "twilio",
    secret: "12345",
    url: "https://mycompany.com/myapp.php?foo=1&bar=2",
    headers: [["X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="]],
    body: new URLSearchParams({
      CallSid: "CA1234567890ABCDE",
      Caller: "+14158675309",
      Digits: "1234",
      From: "+14158675309",
      To: "+18005551212"
    }).toString()
  }
]

it.each(documented)("the delivery in the documentation of $id is accepted, and no other", (one) => {
  const verdict = (body: string) =>
    tagOf(
      WebhookVerifier.verify(schemes[one.id], {
        method: "POST",
        url: one.url ?? "https://example.com/webhooks",
        headers: one.headers ?? [],
        body: text(body),
        secrets: [Redacted.make(one.secret)],
        now: 1_764_000_000_000
      })
    )
  expect(verdict(one.body)).toBe("accepted")
  expect(verdict(one.body.replace("1234", "1235").replace("World", "world").replace("1130", "1131"))).toBe(
    "SignatureMismatch"
  )
})

interface DocumentedEvent {
  readonly scheme: keyof typeof schemes
  readonly body: object
  readonly id: string | undefined
  readonly type: string
}

/** The id of the deliveries that have one in a header. */
const deliveryId = "msg_1"

/** Events in the form that the documentation of the providers shows, with what tells them apart there. */
const events: ReadonlyArray<DocumentedEvent> = [
  {
    scheme: "anthropic",
    body: {
      type: "event",
      id: "event_01",
      created_at: "2026-03-18T14:05:22Z",
      data: { type: "session.status_idled", id: "session_01", organization_id: "org_1", workspace_id: "wrkspc_1" }
    },
    id: deliveryId,
    type: "session.status_idled"
  },
  {
    scheme: "brex",
    body: { event_type: "TRANSFER_PROCESSED", transfer_id: "dptx_1", payment_type: "ACH", company_id: "cuacc_1" },
    id: deliveryId,
    type: "TRANSFER_PROCESSED"
  },
  {
    scheme: "cal-com",
    body: { triggerEvent: "BOOKING_CREATED", createdAt: "2023-05-24T09:30:00.538Z", payload: { type: "60min" } },
    id: undefined,
    type: "BOOKING_CREATED"
  },
  {
    scheme: "creem",
    body: { id: "evt_1", eventType: "checkout.completed", created_at: 1_728_734_325_927, object: { id: "ch_1" } },
    id: "evt_1",
    type: "checkout.completed"
  },
  {
    scheme: "elevenlabs",
    body: { type: "post_call_transcription", event_timestamp: 1_739_537_297, data: { conversation_id: "abc" } },
    id: undefined,
    type: "post_call_transcription"
  },
  {
    scheme: "loops",
    body: { eventName: "contact.created", eventTime: 1_734_425_918, webhookSchemaVersion: "1.0.0" },
    id: deliveryId,
    type: "contact.created"
  },
  {
    scheme: "vercel",
    body: { id: "evt_1", type: "deployment.created", createdAt: 1_764_000_000_000, payload: {}, region: "fra1" },
    id: "evt_1",
    type: "deployment.created"
  },
  {
    scheme: "discord-events",
    body: {
      version: 1,
      application_id: "1234560123453231555",
      type: 1,
      event: { type: "APPLICATION_AUTHORIZED", timestamp: "2024-10-18T14:42:53.064834", data: {} }
    },
    id: undefined,
    type: "APPLICATION_AUTHORIZED"
  }
]

const oracleOf = (id: string): Oracle => oracles[id] ?? expect.fail(`${id} has no oracle`)

it.each(events)("the id and the type of an event of $scheme are where its documentation has them", (one) => {
  const oracle = oracleOf(one.scheme)
  const sent = {
    body: text(JSON.stringify(one.body)),
    method: "POST",
    url: "https://example.com/webhooks",
    id: deliveryId,
    millis: now
  }
  const headers = oracle.sign(sent, oracle.secret)
  const verified = WebhookVerifier.verify(schemes[one.scheme], {
    ...sent,
    headers,
    secrets: [Redacted.make(oracle.secret)],
    now
  })
  expect(Result.getOrThrow(verified)).toMatchObject({ id: one.id, type: one.type })
})
