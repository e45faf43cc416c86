/** Every grant that the certified server has, against that server. */
import {
  AuthorizationCode,
  ClientAuthentication,
  DeviceAuthorization,
  Dpop,
  DpopProof,
  JwtKey,
  OAuth,
  OAuthClient,
  OAuthDiscovery,
  OAuthServer,
  TokenLease,
  TokenStore,
  Tokens
} from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { FetchHttpClient } from "effect/http"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { clients, clientSecret, oidcServer, type OidcServer, redirectUri } from "./oidcServer.ts"
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

/** The callback of a person who logs in at this URL and agrees. */
const loggedIn = (url: string) => Effect.promise(() => new Person().open(url, redirectUri))

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
      const callback = yield* loggedIn(begun.url)
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
      const callback = yield* loggedIn(begun.url)
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

  it.live("an assertion signed with a private key proves who we are", () =>
    Effect.gen(function* () {
      const key = yield* JwtKey.generate("ES256", { kid: "2026-11" })
      const server = yield* oidcServer({ clients: clients({ ...key.publicJwk, kid: "2026-11" }) })
      const secret = Effect.succeed(JwtKey.toSecret(key))
      const signing = { algorithm: "ES256", keyId: "2026-11" } as const
      const client = yield* clientOf(server, "by-key", ClientAuthentication.privateKeyJwt(secret, signing))
      const token = yield* OAuth.clientCredentials(client).obtain!
      assert.isTrue((yield* OAuth.introspect(client, token)).active)
      yield* OAuth.revoke(client, token)
      assert.isFalse((yield* OAuth.introspect(client, token)).active)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("a server that describes itself needs nothing but its name", () =>
    Effect.gen(function* () {
      const { issuer } = yield* oidcServer()
      const integration = "test/Calendar"
      const server = yield* OAuthDiscovery.make({ integration, issuer })
      const client = yield* OAuthClient.make({
        integration,
        server,
        clientId: "by-post",
        authentication: ClientAuthentication.post(secret)
      })
      const begun = yield* AuthorizationCode.begin(client, { redirectUri, scope: ["openid"], maxAge: "1 hour" })
      const callback = yield* loggedIn(begun.url)
      assert.strictEqual(new URL(callback).searchParams.get("iss"), issuer)
      const token = yield* AuthorizationCode.finish(client, begun, callback)
      assert.isNumber(OAuth.idTokenClaims(token)?.["auth_time"])
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("a person who refuses the device is told apart from one who takes too long", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer({ ttl: { DeviceCode: 1 } })
      const client = yield* clientOf(server, "by-none", ClientAuthentication.none)
      const begun = yield* DeviceAuthorization.begin(client)
      const late = yield* Effect.flip(DeviceAuthorization.poll(client, { ...begun, intervalMillis: 200 }))
      assert.strictEqual(late.reason._tag, "ExpiredToken")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("a code is good once, and its second use ends what came of the first", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const client = yield* clientOf(server, "by-none", ClientAuthentication.none)
      const another = yield* clientOf(server, "by-none", ClientAuthentication.none)
      const begun = yield* AuthorizationCode.begin(client, {
        redirectUri,
        scope: "openid offline_access",
        prompt: "consent"
      })
      const callback = yield* loggedIn(begun.url)
      const token = yield* AuthorizationCode.finish(client, begun, callback)
      const again = yield* Effect.flip(AuthorizationCode.finish(client, begun, callback))
      assert.strictEqual(again.reason._tag, "InvalidCallback")
      yield* OAuth.refresh(client, token)
      const elsewhere = yield* Effect.flip(AuthorizationCode.finish(another, begun, callback))
      assert.strictEqual(elsewhere.reason._tag, "InvalidGrant")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("a code is of no use without the verifier that its login began with", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const client = yield* clientOf(server, "by-none", ClientAuthentication.none)
      const [mine, theirs] = [
        yield* AuthorizationCode.begin(client, { redirectUri, scope: "openid" }),
        yield* AuthorizationCode.begin(client, { redirectUri, scope: "openid" })
      ]
      const callback = new URL(yield* loggedIn(theirs.url))
      callback.searchParams.set("state", mine.state)
      const injected = yield* Effect.flip(AuthorizationCode.finish(client, mine, callback))
      assert.strictEqual(injected.reason._tag, "InvalidGrant")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("a login whose challenge was taken out on the way is refused by the server", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer({ pkce: { required: () => false } })
      const client = yield* clientOf(server, "by-none", ClientAuthentication.none)
      const begun = yield* AuthorizationCode.begin(client, { redirectUri, scope: "openid" })
      const downgraded = new URL(begun.url)
      downgraded.searchParams.delete("code_challenge")
      downgraded.searchParams.delete("code_challenge_method")
      const callback = yield* loggedIn(downgraded.href)
      const refused = yield* Effect.flip(AuthorizationCode.finish(client, begun, callback))
      assert.strictEqual(refused.reason._tag, "InvalidGrant")
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("an ID token of another login is refused for its nonce", () =>
    Effect.gen(function* () {
      const server = yield* oidcServer()
      const client = yield* clientOf(server, "by-none", ClientAuthentication.none)
      const begun = yield* AuthorizationCode.begin(client, { redirectUri, scope: "openid" })
      const callback = yield* loggedIn(begun.url)
      const refused = yield* Effect.flip(
        AuthorizationCode.finish(client, { ...begun, nonce: "0f4n0th3rl0g1n" }, callback)
      )
      assert.deepInclude(refused.reason, { _tag: "InvalidCallback", why: "nonce" })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.live("tokens are bound to a key, with the nonces that the server wants at each place", () =>
    Effect.gen(function* () {
      const nonces = { nonceSecret: Buffer.alloc(32, 7), requireNonce: () => true }
      const server = yield* oidcServer({ features: { dPoP: { enabled: true, ...nonces } } })
      const dpop = Dpop.make(yield* DpopProof.generate())
      const client = yield* OAuthClient.make({
        integration: "test/Userinfo",
        server: serverOf(server),
        clientId: "by-none",
        authentication: ClientAuthentication.none,
        dpop
      })
      const begun = yield* AuthorizationCode.begin(client, {
        redirectUri,
        scope: "openid offline_access",
        prompt: "consent"
      })
      const callback = yield* loggedIn(begun.url)
      const token = yield* AuthorizationCode.finish(client, begun, callback)
      assert.strictEqual(token.tokenType, "DPoP")

      class Userinfo extends Integration.Service<Userinfo>()("test/Userinfo", {
        baseUrl: server.issuer,
        endpoints: [Endpoint.get("me", "/me", { success: Schema.Struct({ sub: Schema.String }) })],
        policy: Policy.none
      }) {}
      const live = Userinfo.layer.pipe(
        Layer.provideMerge(Tokens.layer(Userinfo, OAuth.refreshing(client), { stamp: Dpop.stamp(dpop) })),
        Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory])
      )
      const subjects = yield* Effect.gen(function* () {
        const tokens = yield* Tokens.of(Userinfo)
        yield* tokens.set(token)
        const userinfo = yield* Userinfo
        const first = yield* userinfo.me()
        // One that the server does not know is refreshed, which takes a proof of the same key.
        yield* tokens.set({ ...token, accessToken: Redacted.make("f0rg0tt3n") })
        return [first.sub, (yield* userinfo.me()).sub]
      }).pipe(Effect.provide(live))
      assert.deepStrictEqual(subjects, ["alice", "alice"])
      const stolen = yield* Effect.promise(() =>
        fetch(`${server.issuer}/me`, { headers: { authorization: `DPoP ${Redacted.value(token.accessToken)}` } })
      )
      assert.notStrictEqual(stolen.status, 200)
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})
