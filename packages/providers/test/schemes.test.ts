import { SignatureScheme } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"

describe("the schemes", () => {
  it("are at least sixty, found by their ids", () => {
    for (const [id, scheme] of Object.entries(schemes)) expect(scheme.id).toBe(id)
    expect(Object.keys(schemes).length).toBeGreaterThanOrEqual(60)
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
