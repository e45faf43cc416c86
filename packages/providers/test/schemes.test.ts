import { SignatureScheme } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"

/** The providers that the catalogue promises. */
const promised = `stripe github slack shopify twilio sendgrid standard-webhooks svix clerk resend openai anthropic
  replicate polar dodopayments square zoom discord telnyx line hubspot-v1 hubspot-v2 hubspot-v3 paddle workos linear notion
  elevenlabs sanity contentful cloudinary razorpay gocardless onfido coinbase-commerce pusher creem trigger.dev
  adyen-platform adyen-payments braintree dropbox-sign aws-sns livekit messagebird vonage atlassian-connect plivo twitch
  meta-whatsapp telegram gitlab vercel calendly cal-com sentry pagerduty typeform docusign jira bitbucket intercom zendesk
  xero asana okta paypal plaid mailgun airtable dropbox lemon-squeezy mux`.split(/\s+/)

describe("the schemes", () => {
  it("are at least sixty, found by their ids", () => {
    for (const [id, scheme] of Object.entries(schemes)) expect(scheme.id).toBe(id)
    expect(Object.keys(schemes).length).toBeGreaterThanOrEqual(60)
  })

  it("hold everything that the catalogue promises", () =>
    expect(promised.filter((id) => !Object.hasOwn(schemes, id))).toEqual([]))

  it("are plain data, which survives being written and read", () => {
    for (const scheme of Object.values(schemes)) {
      expect(SignatureScheme.make(JSON.parse(JSON.stringify(scheme)))).toEqual(scheme)
    }
  })

  it("name a page of the provider's", () => {
    for (const scheme of Object.values(schemes)) expect(scheme.docs.url).toMatch(/^https:\/\/[a-z0-9.-]+\//)
  })
})
