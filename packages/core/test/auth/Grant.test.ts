import { Grant } from "@causeway/core/auth"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"

describe("Grant", () => {
  it("a grant without any way to a token is refused where it is made", () => {
    expect(() => Grant.make({})).toThrow("grant is without a way to get a token, but must be one with obtain")
  })

  it("an address that no person can open is refused where it is made", () => {
    expect(() => Grant.make({ reauthorizeUrl: "/connect" })).toThrow('grant.reauthorizeUrl is "/connect"')
    expect(() => Grant.make({ reauthorizeUrl: "javascript:alert(1)" })).toThrow("absolute URL of http or https")
  })

  it("a grant that can only refresh, or only name where a person begins, is one", () => {
    const refresh = () => Effect.never
    expect(Grant.make({ refresh }).refresh).toBe(refresh)
    expect(Grant.make({ reauthorizeUrl: "https://app.example/connect" }).obtain).toBeUndefined()
  })
})
