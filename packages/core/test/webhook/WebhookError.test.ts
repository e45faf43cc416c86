import { WebhookError } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

const { Reason } = WebhookError

const failed = (reason: WebhookError.Reason) => new WebhookError.WebhookError({ scheme: "acme", reason })

describe("a webhook error", () => {
  it("says which scheme, which header and what was expected", () => {
    const reason = Reason.MalformedSignature({ header: "X-Signature", expected: "64 lower-case hexadecimal digits" })
    expect(failed(reason).message).toBe("acme: the header X-Signature must hold 64 lower-case hexadecimal digits")
  })

  it("gives ages in seconds", () =>
    expect(failed(Reason.TimestampTooOld({ ageMillis: 301_000, toleranceMillis: 300_000 })).message).toBe(
      "acme: signed 301.000 s ago, more than the 300.000 s allowed: a replay, or a wrong clock"
    ))

  it("tells our own mistakes from the sender's", () => {
    expect(failed(Reason.SignatureMismatch({ signatures: 1, secrets: 1 })).category).toBe("unauthorized")
    expect(failed(Reason.MalformedBody({ field: "at", expected: "seconds" })).category).toBe("unauthorized")
    expect(failed(Reason.MissingSecret()).category).toBe("invalid")
    expect(failed(Reason.InvalidSecret({ index: 0, expected: "a key" })).category).toBe("invalid")
    expect(failed(Reason.InvalidInput({ option: "id", expected: "given" })).category).toBe("invalid")
  })

  it("is handled by its reason", () => {
    const refused = Effect.fail(failed(Reason.MissingHeader({ header: "X-Signature" })))
    const handled = refused.pipe(
      Effect.catchReason("WebhookError", "MissingHeader", ({ header }) => Effect.succeed(`no ${header}`))
    )
    expect(Effect.runSync(handled)).toBe("no X-Signature")
  })
})
