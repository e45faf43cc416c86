import { WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { expect, it } from "@effect/vitest"
import { Redacted } from "effect"
import { text } from "./oracles.ts"
import { type Headers, tagOf } from "./refusals.ts"

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
