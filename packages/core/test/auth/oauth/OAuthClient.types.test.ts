/** What a client can fail with and needs follows from where its secret comes from. */
import {
  type AuthError,
  ClientAuthentication,
  OAuthClient,
  OAuthServer,
  Secret,
  type SecretSource
} from "@causeway/core/auth"
import { Config, Effect, Redacted, type Scope } from "effect"
import type { HttpClient } from "effect/http"
import { describe, expectTypeOf, it } from "vitest"

const rest = {
  integration: "test/Calendar",
  server: OAuthServer.make({ tokenEndpoint: "https://login.calendar.example/token" }),
  clientId: "c4us3w4y"
}

type Needed = HttpClient.HttpClient | Scope.Scope

type Made<E, R> = Effect.Effect<OAuthClient.OAuthClient, E, R | Needed>

describe("a client", () => {
  it("without a secret cannot fail, and needs what sends", () => {
    const made = OAuthClient.make({ ...rest, authentication: ClientAuthentication.none })
    expectTypeOf(made).toEqualTypeOf<Made<never, never>>()
  })

  it("with a secret from Config may find none", () => {
    const made = OAuthClient.make({ ...rest, authentication: ClientAuthentication.basic(Config.Redacted("SECRET")) })
    expectTypeOf(made).toEqualTypeOf<Made<Config.ConfigError, never>>()
  })

  it("with a secret by its name needs where secrets are", () => {
    const authentication = ClientAuthentication.privateKeyJwt(Secret.named("KEY"), { algorithm: "ES256" })
    const made = OAuthClient.make({ ...rest, authentication })
    expectTypeOf(made).toEqualTypeOf<Made<AuthError.AuthError, SecretSource.SecretSource>>()
  })

  it("with a secret that an Effect gives is made without asking for it", () => {
    const secret = Effect.succeed(Redacted.make("s3cr3t"))
    const made = OAuthClient.make({ ...rest, authentication: ClientAuthentication.post(secret) })
    expectTypeOf(made).toEqualTypeOf<Made<never, never>>()
  })

  it("signs with no algorithm that is not known", () => {
    // @ts-expect-error "none" is no algorithm
    expectTypeOf(() => ClientAuthentication.privateKeyJwt(Secret.named("KEY"), { algorithm: "none" })).toBeFunction()
  })
})
