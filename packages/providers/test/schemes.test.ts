import { SignatureScheme } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"
import { judges } from "./packages/judges.ts"
import { recordings } from "./packages/recordings.ts"

/** The providers that the catalogue promises. */
const promised = `stripe github slack shopify twilio sendgrid standard-webhooks svix clerk resend openai anthropic
  replicate polar dodopayments square zoom discord telnyx line hubspot-v1 hubspot-v2 hubspot-v3 paddle workos linear notion
  elevenlabs sanity contentful cloudinary razorpay gocardless onfido coinbase-commerce pusher creem trigger.dev
  adyen-platform adyen-payments braintree dropbox-sign aws-sns livekit messagebird vonage atlassian-connect plivo twitch
  meta-whatsapp telegram gitlab vercel calendly cal-com sentry pagerduty typeform docusign jira bitbucket intercom zendesk
  xero asana okta paypal plaid mailgun airtable dropbox lemon-squeezy mux`.split(/\s+/)

/** What a test of its own holds against a package. */
const ofOwnTests = ["aws-sns", "sendgrid", "shopify", "shopify-events"]

describe("the schemes", () => {
  it("are at least sixty, found by their ids", () => {
    for (const [id, scheme] of Object.entries(schemes)) expect(scheme.id).toBe(id)
    expect(Object.keys(schemes).length).toBeGreaterThanOrEqual(60)
  })

  it("hold everything that the catalogue promises", () =>
    expect(promised.filter((id) => !Object.hasOwn(schemes, id))).toEqual([]))

  it("are said to be checked against a package exactly where one is asked", () => {
    const said = (checked: SignatureScheme.Docs["checked"]) =>
      Object.values<SignatureScheme.SignatureScheme>(schemes).flatMap(({ docs, id }) =>
        docs.checked === checked ? [id] : []
      )
    const judged = (by: "provider" | "community") => judges.flatMap((judge) => (judge.by === by ? [judge.id] : []))
    expect(said("package").toSorted()).toEqual(
      [...judged("provider"), ...Object.keys(recordings), ...ofOwnTests].toSorted()
    )
    expect(said("community-package").toSorted()).toEqual(judged("community").toSorted())
  })

  it("are plain data, which survives being written and read", () => {
    for (const scheme of Object.values(schemes)) {
      expect(SignatureScheme.make(JSON.parse(JSON.stringify(scheme)))).toEqual(scheme)
    }
  })

  it("name a page of the provider's", () => {
    for (const scheme of Object.values(schemes)) expect(scheme.docs.url).toMatch(/^https:\/\/[a-z0-9.-]+\//)
  })
})
