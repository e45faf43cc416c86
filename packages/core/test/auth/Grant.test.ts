import { AuthError, Grant, Secret, SecretSource } from "@causeway/core/auth"
import { CallError } from "@causeway/core/policy"
import { Config, ConfigProvider, Duration, Effect, Layer, Redacted } from "effect"
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

describe("a secret that a grant needs", () => {
  const source = SecretSource.layerMemory({ key: "sk_live_pl4nted" })
  const provided = Layer.merge(
    source,
    ConfigProvider.layer(ConfigProvider.fromUnknown({ KEY: "from the environment" }))
  )

  it.each([
    ["from Config", Config.Redacted("KEY"), "from the environment"],
    ["from an Effect", Effect.succeed(Redacted.make("from an effect")), "from an effect"],
    ["by its name", Secret.named("key"), "sk_live_pl4nted"]
  ])("comes %s", async (_, input, expected) => {
    const secret = await Effect.runPromise(Effect.provide(Grant.secretOf(input, "the key"), provided))
    expect(Redacted.value(secret)).toBe(expected)
  })

  it.each([
    ["is not there", Config.Redacted("NONE"), "the key could not be read"],
    ["cannot be read", Effect.fail(new Error("pl4nted")), "the key could not be read"],
    [
      "is of another form than its name asks for",
      Secret.named("key", { startsWith: "sk_test_" }),
      "the key does not begin with"
    ]
  ])("that %s is told in words that do not show it", async (_, input, says) => {
    const problem = await Effect.runPromise(
      Effect.flip(
        Effect.provide(Grant.secretOf<Secret.Input>(input, "the key"), provided)
      ) as Effect.Effect<AuthError.Reason>
    )
    const error = new AuthError.AuthError({ integration: "test", reason: problem })
    expect(error.message).toContain(says)
    expect(`${error.message}${JSON.stringify(error)}`).not.toContain("pl4nted")
  })
})

describe("the error of a grant whose endpoint is one of an integration", () => {
  const info = {
    integration: "github/app",
    endpoint: "createInstallationToken",
    method: "POST",
    url: "/token",
    attempts: 3,
    elapsed: Duration.millis(5),
    requestId: undefined
  } as const

  it("is worth another attempt, no sooner than the call said", () => {
    const call = new CallError.RateLimited({
      ...info,
      category: "throttled",
      source: "remote",
      retryAfter: Duration.seconds(9),
      limit: undefined,
      status: 429
    })
    const error = Grant.failureOf("github", "the token endpoint", call)
    expect(error.category).toBe("transient")
    expect(error.retryAfter).toEqual(Duration.seconds(9))
    expect(error.message).toBe("github: the token endpoint did not answer as it should (RateLimited)")
  })

  it("is the one behind a call that had no credentials", () => {
    const cause = new AuthError.AuthError({
      integration: "github",
      reason: new AuthError.SecretUnavailable({ what: "the key", issue: "is empty" })
    })
    const call = new CallError.Unauthorized({
      ...info,
      category: "unauthorized",
      status: undefined,
      reason: "no key",
      cause
    })
    expect(Grant.failureOf("github", "the token endpoint", call)).toBe(cause)
  })
})
