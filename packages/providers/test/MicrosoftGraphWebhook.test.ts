import { WebhookVerifier } from "@causeway/core/webhook"
import { MicrosoftGraphWebhook } from "@causeway/providers/microsoft-graph"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"

const state = "a state of ours"

const notification = (clientState: string | undefined, index: number) => ({
  subscriptionId: "7f105c7d-2dc5-4530-97cd-4e7ae6534c07",
  changeType: "updated",
  resource: `Users/1/Messages/${index}`,
  ...(clientState !== undefined && { clientState })
})

const verdictOf = (states: ReadonlyArray<string | undefined>): string => {
  const verified = WebhookVerifier.verify(MicrosoftGraphWebhook.scheme, {
    method: "POST",
    url: "https://example.com/graph",
    headers: [["content-type", "application/json; charset=utf-8"]],
    body: new TextEncoder().encode(JSON.stringify({ value: states.map(notification) })),
    secrets: [Redacted.make(state)],
    now: 0
  })
  return Result.match(verified, { onFailure: ({ reason }) => reason._tag, onSuccess: ({ type }) => type ?? "no type" })
}

const many = (count: number): ReadonlyArray<string> => Array.from({ length: count }, () => state)

describe("a delivery of Microsoft Graph's", () => {
  it("may have many notifications", () => {
    expect(verdictOf(many(1))).toBe("updated")
    expect(verdictOf(many(33))).toBe("updated")
    expect(verdictOf(many(4096))).toBe("updated")
  })

  it("is refused when one of many notifications has another state or none, wherever it stands", () => {
    for (const place of [0, 500, 999]) {
      expect(verdictOf(many(1000).with(place, "another state of others"))).toBe("SignatureMismatch")
      expect(verdictOf([...many(place), undefined, ...many(999 - place)])).toBe("MalformedBody")
    }
  })

  it("is refused when it has more notifications than any body of the usual size", () =>
    expect(verdictOf(many(4097))).toBe("TooManySignatures"))
})
