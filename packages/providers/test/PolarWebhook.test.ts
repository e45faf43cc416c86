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

const judge = (signature: string, ...secrets: ReadonlyArray<Redacted.Redacted<string>>) => {
  const headers = [
    ["webhook-id", "msg_1"],
    ["webhook-timestamp", String(now / 1000)],
    ["webhook-signature", signature]
  ] as const
  const verified = WebhookVerifier.verify(PolarWebhook.scheme, {
    method: "POST",
    url: "https://example.com/hooks/polar",
    headers,
    body: text(body),
    secrets,
    now
  })
  return Result.isSuccess(verified) ? verified.success.signedBy : verified.failure.reason._tag
}

const signedWith = (key: string) => new Webhook(key).sign("msg_1", new Date(now), body)

const whole = (secret: Redacted.Redacted<string>) => Buffer.from(Redacted.value(secret)).toString("base64")

it("the key of a newer secret is the base64 in it, or its whole text", () => {
  expect(judge(signedWith(Redacted.value(newer)), newer)).toBe(0)
  expect(judge(signedWith(whole(newer)), newer)).toBe(0)
})

it("the key of an older secret is its whole text", () => {
  expect(judge(signedWith(whole(older)), older)).toBe(0)
  expect(judge(signedWith(whole(older)), newer)).toBe("SignatureMismatch")
})

it("which of two secrets signed is told, whichever way it was read", () => {
  expect(judge(signedWith(Redacted.value(newer)), older, newer)).toBe(1)
  expect(judge(signedWith(whole(newer)), older, newer)).toBe(1)
  expect(judge(signedWith(whole(older)), older, newer)).toBe(0)
})

it("a secret in whose place there is another one of the same kind has signed nothing", () => {
  const other = Redacted.make(`whsec_${Buffer.alloc(32, 7).toString("base64")}`)
  expect(judge(signedWith(Redacted.value(newer)), other, older)).toBe("SignatureMismatch")
})

it("what is signed is what Polar's server signs with the whole text", () => {
  const input = { body: text(body), secret: older, timestamp: now, id: "msg_1" }
  const headers = Result.getOrThrow(WebhookSigner.sign(PolarWebhook.scheme, input))
  expect(headers).toContainEqual(["webhook-signature", signedWith(whole(older))])
})
