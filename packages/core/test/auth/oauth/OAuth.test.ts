/** Every grant that the certified server has, against that server. */
import {
  AuthorizationCode,
  ClientAuthentication,
  DeviceAuthorization,
  OAuth,
  OAuthClient,
  OAuthServer
} from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { clientSecret, oidcServer, type OidcServer, redirectUri } from "./oidcServer.ts"
import { Person } from "./person.ts"

const secret = Effect.succeed(Redacted.make(clientSecret))

const serverOf = ({ issuer }: OidcServer) =>
  OAuthServer.make({
    issuer,
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    deviceAuthorizationEndpoint: `${issuer}/device/auth`,
    introspectionEndpoint: `${issuer}/token/introspection`,
    revocationEndpoint: `${issuer}/token/revocation`,
    pushedAuthorizationRequestEndpoint: `${issuer}/request`,
    jwksUri: `${issuer}/jwks`,
    namesItselfInCallbacks: true
  })

const clientOf = (
  server: OidcServer,
  clientId: string,
  authentication: ClientAuthentication.ClientAuthentication<typeof secret>
) => OAuthClient.make({ integration: "test/Calendar", server: serverOf(server), clientId, authentication })

describe("OAuth", () => {
  it.live("client credentials bring a token, by each way to prove who we are", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const ways = {
        "by-basic": ClientAuthentication.basic(secret),
        "by-post": ClientAuthentication.post(secret),
        "by-secret-jwt": ClientAuthentication.secretJwt(secret)
      }
      for (const [id, way] of Object.entries(ways)) {
        const client = yield* clientOf(server, id, way)
        const token = yield* OAuth.clientCredentials(client, { scope: "calendar.read" }).obtain!
        assert.strictEqual(token.tokenType, "Bearer")
        assert.strictEqual(token.expiresAt! - token.obtainedAt, 600_000)
        const seen = yield* OAuth.introspect(client, token)
        assert.deepStrictEqual([seen.active, seen.clientId, seen.scope], [true, id, ["calendar.read"]])
      }
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("a person logs in by a code, the token is renewed and revoked", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const client = yield* clientOf(server, "by-none", ClientAuthentication.none)
      const begun = yield* AuthorizationCode.begin(client, {
        redirectUri,
        scope: "openid offline_access calendar.read",
        prompt: "consent"
      })
      const callback = yield* Effect.promise(() => new Person().open(begun.url, redirectUri))
      const token = yield* AuthorizationCode.finish(client, begun, callback)
      assert.strictEqual(OAuth.idTokenClaims(token)?.["sub"], "alice")
      const next = yield* OAuth.refresh(client, token)
      assert.notStrictEqual(Redacted.value(next.refreshToken!), Redacted.value(token.refreshToken!))
      yield* OAuth.revoke(client, next)
      const refused = yield* Effect.flip(OAuth.refresh(client, next))
      assert.strictEqual(refused.reason._tag, "InvalidGrant")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("a login whose request is pushed shows nothing of it in the URL", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const client = yield* clientOf(server, "by-basic", ClientAuthentication.basic(secret))
      const begun = yield* AuthorizationCode.begin(client, { redirectUri, scope: "openid", push: true })
      assert.deepStrictEqual(Array.from(new URL(begun.url).searchParams.keys()).toSorted(), [
        "client_id",
        "request_uri"
      ])
      const callback = yield* Effect.promise(() => new Person().open(begun.url, redirectUri))
      const token = yield* AuthorizationCode.finish(client, begun, callback)
      assert.strictEqual(OAuth.idTokenClaims(token)?.["nonce"], begun.nonce)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("a person enters a code on another device", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const client = yield* clientOf(server, "by-none", ClientAuthentication.none)
      const begun = yield* DeviceAuthorization.begin(client, { scope: "openid offline_access" })
      const page = yield* Effect.promise(() => new Person().open(begun.verificationUriComplete!, "nowhere"))
      assert.include(page, "Sign-in Success")
      const token = yield* DeviceAuthorization.poll(client, { ...begun, intervalMillis: 1 })
      assert.strictEqual(OAuth.idTokenClaims(token)?.["sub"], "alice")
      assert.isDefined(token.refreshToken)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})
