import { Attempt } from "@causeway/core/webhook"
import { Cause } from "effect"
import { describe, expect, it } from "vitest"
import { hostileErrors } from "./hostileErrors.ts"

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

describe("what is recorded of an error", () => {
  it.each(Object.entries(hostileErrors))("is a short tag and text for an error %s", (_, make) => {
    for (const cause of [Cause.fail(make()), Cause.die(make()), Cause.fail(new Attempt.Permanent({ error: make() }))]) {
      const { message, tag } = Attempt.describeCause(cause)
      expect(tag).toMatch(/^.{1,100}$/s)
      expect(message).toMatch(/^.{0,500}$/s)
      expect(message).not.toContain("planted")
    }
  })

  it("is a fallback tag and a statement when the error throws as it is read", () => {
    const error = Object.defineProperty(new Error(), "message", {
      get: () => {
        throw new Error("no")
      }
    })
    expect(Attempt.describeError(error, "Error")).toEqual({
      tag: "Error",
      message: "The error has no description: reading it throws"
    })
  })
})
