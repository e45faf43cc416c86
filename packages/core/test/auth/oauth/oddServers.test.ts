/** Servers that other rules than the specifications' apply to: Microsoft, Azure AD B2C, LinkedIn, and other names of members. */
import { AuthorizationCode, OAuth, OAuthDiscovery, OAuthQuirks, type OAuthServer, Token } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { createHash, createHmac, generateKeyPairSync, sign } from "node:crypto"
import { answering, clientId, clientOver, formOf, issuer } from "./answering.ts"

const microsoft = "https://login.microsoftonline.com"
const tenant = "9188040d-6c67-4c5b-b112-36a304b66dad"

describe("a description that names another issuer", () => {
  const describing = (said: string) =>
    answering(() =>
      Response.json({
        issuer: said,
        authorization_endpoint: `${microsoft}/common/oauth2/v2.0/authorize`,
        token_endpoint: `${microsoft}/common/oauth2/v2.0/token`,
        jwks_uri: `${microsoft}/common/discovery/v2.0/keys`
      })
    )

  const discover = (said: string, options: Partial<OAuthDiscovery.Options> = {}) =>
    Effect.gen(function* () {
      const { client, requests } = describing(said)
      const found = yield* OAuthDiscovery.make({
        integration: "test/Calendar",
        issuer: `${microsoft}/common/v2.0`,
        ...options
      }).pipe(Effect.provideService(HttpClient.HttpClient, client))
      return { server: yield* found, asked: requests.map(({ url }) => url) }
    })

  it.effect("is taken where it is the one that was expected: Microsoft's tenants, a policy of Azure AD B2C", () =>
    Effect.gen(function* () {
      const template = `${microsoft}/{tenantid}/v2.0`
      const { asked, server } = yield* discover(template, { describedIssuer: template })
      assert.strictEqual(server.issuer, template)
      assert.deepStrictEqual(asked, [`${microsoft}/common/v2.0/.well-known/openid-configuration`])
      const b2c = `${microsoft}/${tenant}/v2.0/`
      assert.strictEqual((yield* discover(b2c, { describedIssuer: b2c })).server.issuer, b2c)
    })
  )

  it.effect("is refused otherwise, whatever was expected", () =>
    Effect.gen(function* () {
      for (const options of [{}, { describedIssuer: `${microsoft}/{tenantid}/v2.0` }]) {
        const refused = yield* Effect.flip(discover(`${microsoft}/${tenant}/v2.0`, options))
        assert.include(refused.message, "it is of another issuer")
      }
    })
  )
})

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
const keys = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k", alg: "ES256", use: "sig" }] }

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

const signed = (claims: Readonly<Record<string, unknown>>): string => {
  const content = `${part({ alg: "ES256", kid: "k" })}.${part({ aud: clientId, sub: "u", iat: 0, exp: 3600, ...claims })}`
  const signature = sign("sha256", Buffer.from(content), { key: privateKey, dsaEncoding: "ieee-p1363" })
  return `${content}.${signature.toString("base64url")}`
}

/** A login at a server that gives this ID token; what it was asked, and what came of it. */
const login = (idToken: (nonce: string | undefined) => string, server: Partial<OAuthServer.Options>) =>
  Effect.gen(function* () {
    const known: { nonce?: string | undefined } = {}
    const { client, requests } = answering((request) =>
      request.url.endsWith("/keys")
        ? Response.json(keys)
        : Response.json({ access_token: "t0k3n", token_type: "Bearer", id_token: idToken(known.nonce) })
    )
    const oauth = yield* clientOver(client, {
      server: { jwksUri: `${issuer}/keys`, idTokenAlgorithms: ["ES256"], ...server }
    })
    const begun = yield* AuthorizationCode.begin(oauth, {
      redirectUri: "https://app.example/callback",
      scope: "openid"
    })
    known.nonce = begun.nonce
    const outcome = yield* Effect.result(
      AuthorizationCode.finish(oauth, begun, `https://app.example/callback?code=c0d3&state=${begun.state}`)
    )
    const asked = requests.find(({ url }) => url.endsWith("/token"))
    return { outcome, url: new URL(begun.url), asked: asked === undefined ? new URLSearchParams() : formOf(asked) }
  }).pipe(Effect.scoped)

describe("an ID token of one of many tenants", () => {
  const template = `${issuer}/{tenantid}/v2.0`

  it.effect("is of the tenant that it says it is of", () =>
    Effect.gen(function* () {
      const at = (iss: string, tid: unknown) => login((nonce) => signed({ iss, tid, nonce }), { issuer: template })
      assert.strictEqual((yield* at(`${issuer}/${tenant}/v2.0`, tenant)).outcome._tag, "Success")
      for (const [iss, tid] of [
        [`${issuer}/another/v2.0`, tenant],
        [`${issuer}/${tenant}/v2.0`, undefined],
        [template, "{tenantid}"],
        [`${issuer}/a/../b/v2.0`, "a/../b"]
      ] as const) {
        assert.strictEqual((yield* at(iss, tid)).outcome._tag, "Failure", JSON.stringify([iss, tid]))
      }
    })
  )
})

describe("a login at LinkedIn", () => {
  it.effect("goes without nonce and PKCE, and its ID token is verified", () =>
    Effect.gen(function* () {
      const { asked, outcome, url } = yield* login(() => signed({ iss: issuer }), { quirks: OAuthQuirks.linkedin })
      assert.strictEqual(outcome._tag, "Success")
      assert.isFalse(asked.has("code_verifier"))
      for (const name of ["nonce", "code_challenge", "code_challenge_method"])
        assert.isFalse(url.searchParams.has(name))
      const forged = yield* login(() => `${signed({ iss: issuer }).slice(0, -8)}AAAAAAAA`, {
        quirks: OAuthQuirks.linkedin
      })
      assert.strictEqual(forged.outcome._tag, "Failure")
    })
  )

  it.effect("has both everywhere else", () =>
    Effect.gen(function* () {
      const { asked, outcome, url } = yield* login((nonce) => signed({ iss: issuer, nonce }), {})
      assert.strictEqual(outcome._tag, "Success")
      assert.isTrue(asked.has("code_verifier"))
      for (const name of ["nonce", "code_challenge"]) assert.isTrue(url.searchParams.has(name))
    })
  )
})

describe("an ID token of the code flow", () => {
  const hashOf = (accessToken: string) =>
    createHash("sha256").update(accessToken).digest().subarray(0, 16).toString("base64url")

  it.effect("belongs to the access token that it came with, where it says so (OpenID Connect Core §3.1.3.6)", () =>
    Effect.gen(function* () {
      for (const [accessToken, expected] of [
        ["t0k3n", "Success"],
        ["another", "Failure"]
      ] as const) {
        const { outcome } = yield* login((nonce) => signed({ iss: issuer, nonce, at_hash: hashOf(accessToken) }), {})
        assert.strictEqual(outcome._tag, expected)
      }
    })
  )
})

describe("the URL of a login", () => {
  it.effect("writes a space as %20, and keeps the query that the endpoint has", () =>
    Effect.gen(function* () {
      const { client } = answering(() => Response.json({}))
      const server = { authorizationEndpoint: `${issuer}/authorize?policy=B2C_1_in&x=a+b` }
      const oauth = yield* clientOver(client, { server })
      const { url } = yield* AuthorizationCode.begin(oauth, {
        redirectUri: "https://app.example/callback",
        scope: ["read mail", "a+b"],
        loginHint: "jo+x@example.com \ud800"
      })
      assert.match(url, /\?policy=B2C_1_in&x=a\+b&response_type=code/)
      assert.match(url, /scope=read%20mail%20a%2Bb/)
      assert.match(url, /login_hint=jo%2Bx%40example\.com%20%EF%BF%BD/)
    }).pipe(Effect.scoped)
  )
})

describe("a revocation", () => {
  it.effect("of a token that is revoked already is no error, however it is said", () =>
    Effect.gen(function* () {
      for (const error of ["invalid_token", "invalid_grant", "token_revoked"]) {
        const { client } = answering(() => Response.json({ error }, { status: 400 }))
        yield* OAuth.revoke(yield* clientOver(client), Redacted.make("t0k3n"))
      }
      const { client } = answering(() => Response.json({ error: "invalid_client" }, { status: 401 }))
      const refused = yield* Effect.flip(OAuth.revoke(yield* clientOver(client), Redacted.make("t0k3n")))
      assert.strictEqual(refused.reason._tag, "InvalidClient")
    }).pipe(Effect.scoped)
  )
})

describe("an ID token with an HMAC", () => {
  it.effect("is never accepted unverified, whatever the server says it signs with", () =>
    Effect.gen(function* () {
      const hmac = (nonce: string | undefined) => {
        const claims = { iss: issuer, aud: clientId, sub: "u", iat: 0, exp: 3600, nonce }
        const content = `${part({ alg: "HS256" })}.${part(claims)}`
        return `${content}.${createHmac("sha256", "any key").update(content).digest("base64url")}`
      }
      for (const jwksUri of [undefined, `${issuer}/keys`]) {
        const { outcome } = yield* login(hmac, { jwksUri, idTokenAlgorithms: ["HS256", "ES256"] })
        assert.strictEqual(outcome._tag, "Failure")
      }
    })
  )
})

describe("an answer with members of other names", () => {
  const tokenOf = (body: unknown, quirks: Partial<OAuthQuirks.OAuthQuirks>) =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_700_000_000_000)
      const { client } = answering(() => Response.json(body))
      const oauth = yield* clientOver(client, { quirks: OAuthQuirks.make(quirks) })
      return yield* OAuth.clientCredentials(oauth).obtain ?? Effect.die("no grant")
    }).pipe(Effect.scoped)

  it.effect("in camelCase is read by a quirk, its secrets too", () =>
    Effect.gen(function* () {
      const body = { accessToken: "t0k3n", tokenType: "Bearer", refreshToken: "r3fr3sh", expiresIn: 60, accountId: "7" }
      const token = yield* tokenOf(body, { memberNames: "camelCase" })
      assert.deepStrictEqual(
        [token.accessToken, token.refreshToken].map((secret) => secret && Redacted.value(secret)),
        ["t0k3n", "r3fr3sh"]
      )
      assert.strictEqual(token.expiresAt, 1_700_000_060_000)
      assert.deepStrictEqual([token.extra, token.secrets], [{ accountId: "7" }, undefined])
    })
  )

  it.effect("may say when the token ends in the place of how long it lasts", () =>
    Effect.gen(function* () {
      const good = { access_token: "t0k3n", token_type: "Bearer" }
      for (const [absoluteExpiry, expires_at] of [
        ["seconds", 1_700_000_090],
        ["seconds", "1700000090"],
        ["milliseconds", 1_700_000_090_000],
        ["date", "2023-11-14T22:14:50Z"]
      ] as const) {
        const token = yield* tokenOf({ ...good, expires_at }, { absoluteExpiry })
        assert.strictEqual(token.expiresAt, 1_700_000_090_000, absoluteExpiry)
        assert.isTrue(Token.isToken(token))
      }
      const said = yield* tokenOf({ ...good, expires_in: 5, expires_at: 1 }, { absoluteExpiry: "seconds" })
      assert.strictEqual(said.expiresAt, 1_700_000_005_000)
      assert.isUndefined((yield* tokenOf({ ...good, expires_at: "soon" }, { absoluteExpiry: "date" })).expiresAt)
    })
  )
})
