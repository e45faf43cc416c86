import { SignatureScheme } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"

describe("the schemes", () => {
  it("are found by their ids", () => {
    for (const [id, scheme] of Object.entries(schemes)) expect(scheme.id).toBe(id)
    expect(Object.keys(schemes)).toEqual(
      expect.arrayContaining(["github", "stripe", "slack", "shopify", "standard-webhooks"])
    )
  })

  it("are plain data, which survives being written and read", () => {
    for (const scheme of Object.values(schemes)) {
      expect(SignatureScheme.make(JSON.parse(JSON.stringify(scheme)))).toEqual(scheme)
    }
  })

  it("are each checked against a package", () => {
    for (const scheme of Object.values(schemes)) expect(scheme.docs.checked).toBe("package")
  })
})
