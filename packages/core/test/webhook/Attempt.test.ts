import { Attempt } from "@causeway/core/webhook"
import { describe, expect, it } from "vitest"

describe("what is recorded of a message", () => {
  it.each([
    "Bearer planted.planted",
    "whsec_plantedplanted",
    "sk_live_plantedplanted",
    "ghp_plantedplanted",
    "xoxb-plantedplanted",
    "https://user:planted@example.com/",
    "https://example.com/?access_token=planted",
    '{"client_secret":"planted"}'
  ])("holds no secret of the shape %s", (secret) => {
    const recorded = Attempt.redact(`it failed with ${secret}`)
    expect(recorded).toContain("it failed with")
    expect(recorded).not.toContain("planted")
  })

  it("keeps words that only look a little like one", () => {
    const message = "when_the_transaction skip_the_whole-transaction: no such column pk_id"
    expect(Attempt.redact(message)).toBe(message)
  })

  it("does not end in half a secret", () => {
    const recorded = Attempt.redact(`${"x".repeat(490)} whsec_${"planted".repeat(20)}`)
    expect(recorded).not.toContain("planted")
    expect(recorded.length).toBeLessThanOrEqual(500)
  })
})
