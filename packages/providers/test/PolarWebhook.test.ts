import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { PolarWebhook } from "@causeway/providers/polar"
import { expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { Webhook } from "standardwebhooks"
import { text } from "./oracles.ts"

const now = 1_800_000_000_000

/** As Polar makes them: 43 letters and digits until 8 September 2026, 32 bytes in base64 since. */
const older = Redacted.make("whsec_ovyN6cPrTv56AApvzCaJno08SSmGJmgbWilb33N2JuK")
const newer = Redacted.make("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwW7V8x3r9kpo=")

const body = `{"type":"order.paid","data":{"id":"ord_1"}}`

const judge = (scheme: typeof PolarWebhook.scheme, secret: Redacted.Redacted<string>, signature: string) => {
  const headers = [
    ["webhook-id", "msg_1"],
    ["webhook-timestamp", String(now / 1000)],
    ["webhook-signature", signature]
  ] as const
  const verified = WebhookVerifier.verify(scheme, {
    method: "POST",
    url: "https://example.com/hooks/polar",
    headers,
    body: text(body),
    secrets: [secret],
    now
  })
  return Result.isSuccess(verified) ? "accepted" : verified.failure.reason._tag
}

const signedWith = (key: string) => new Webhook(key).sign("msg_1", new Date(now), body)

it("a newer secret is one of Standard Webhooks, and not of the legacy scheme", () => {
  const signature = signedWith(Redacted.value(newer))
  expect(judge(PolarWebhook.scheme, newer, signature)).toBe("accepted")
  expect(judge(PolarWebhook.legacyScheme, newer, signature)).toBe("SignatureMismatch")
})

it("the whole of an older secret is the key, which the newer scheme refuses", () => {
  const signature = signedWith(Buffer.from(Redacted.value(older)).toString("base64"))
  expect(judge(PolarWebhook.legacyScheme, older, signature)).toBe("accepted")
  expect(judge(PolarWebhook.scheme, older, signature)).toBe("InvalidSecret")
  const checked = WebhookVerifier.checkSecrets(PolarWebhook.scheme, [older])
  expect(Result.getOrThrow(Result.flip(checked)).reason._tag).toBe("InvalidSecret")
})

it("what is signed by the legacy scheme is what Polar's server signs", () => {
  const headers = Result.getOrThrow(
    WebhookSigner.sign(PolarWebhook.legacyScheme, { body: text(body), secret: older, timestamp: now, id: "msg_1" })
  )
  expect(headers).toContainEqual([
    "webhook-signature",
    signedWith(Buffer.from(Redacted.value(older)).toString("base64"))
  ])
})
