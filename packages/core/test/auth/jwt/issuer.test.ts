/** The certified `oidc-provider` as a real issuer: its ID tokens and access tokens, verified with what is at its jwks_uri. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { FetchHttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { createHash, randomBytes } from "node:crypto"
import { DpopProof, IdToken, Jwks, JwtVerifier } from "@causeway/core/auth"
import { clientSecret, oidcServer, redirectUri, signingKey } from "../oauth/oidcServer.ts"
import { Person } from "../oauth/person.ts"

const audience = "https://api.example"
const clientId = "by-post"

const first = signingKey("first")
const second = signingKey("second")

/** Access tokens are JWTs for one API, bound to a key where a proof comes with the request. */
const issuer = (keys: ReadonlyArray<object>) =>
  oidcServer({
    jwks: { keys },
    features: {
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "calendar.read",
          audience,
          accessTokenFormat: "jwt",
          accessTokenTTL: 600,
          jwt: { sign: { alg: "RS256" } }
        })
      }
    }
  })

type Tokens = Readonly<Record<"access_token" | "id_token" | "token_type", string>>

const post = (url: string, fields: Readonly<Record<string, string>>, headers: Readonly<Record<string, string>> = {}) =>
  Effect.promise(async (): Promise<Tokens> => {
    const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields })
    const response = await fetch(url, { method: "POST", body, headers })
    assert.strictEqual(response.status, 200)
    // The server answers with the tokens of RFC 6749.
    return (await response.json()) as Tokens
  })

const login = (issuer: string, nonce: string) =>
  Effect.gen(function* () {
    const verifier = randomBytes(32).toString("base64url")
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: "code",
      redirect_uri: redirectUri,
      scope: "openid",
      nonce,
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
      max_age: "600"
    })
    const callback = yield* Effect.promise(() => new Person().open(`${issuer}/auth?${query.toString()}`, redirectUri))
    return yield* post(`${issuer}/token`, {
      grant_type: "authorization_code",
      code: new URL(callback).searchParams.get("code") ?? "",
      redirect_uri: redirectUri,
      code_verifier: verifier,
      resource: audience
    })
  })

const machineToken = (issuer: string) =>
  post(`${issuer}/token`, { grant_type: "client_credentials", resource: audience })

const now = Effect.sync(() => Date.now())

const setUp = (keys: ReadonlyArray<object>) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(yield* now)
    const server = yield* issuer(keys)
    const discovered = yield* Effect.promise(async () =>
      (await fetch(`${server.issuer}/.well-known/openid-configuration`)).json()
    )
    const jwks = yield* Jwks.make((discovered as { readonly jwks_uri: string }).jwks_uri, {
      allowInsecureRequests: true,
      timeToLive: "1 minute"
    })
    const idTokens = IdToken.make({ keys: jwks, issuer: server.issuer, clientId })
    const api = { keys: jwks, algorithms: ["RS256"], issuer: server.issuer, audience, typ: "at+jwt" } as const
    return { server, idTokens, accessTokens: JwtVerifier.make({ ...api, cache: 10 }) }
  })

describe("the tokens of oidc-provider", () => {
  it.effect("are what they are for, and neither is the other", () =>
    Effect.gen(function* () {
      const { accessTokens, idTokens, server } = yield* setUp([first])
      const { access_token, id_token } = yield* login(server.issuer, "n-1")
      const identity = yield* idTokens.verify(id_token, { nonce: "n-1", maxAge: "10 minutes" })
      assert.strictEqual(identity.claims.sub, "alice")
      const access = yield* accessTokens.verify(access_token)
      assert.deepStrictEqual([access.claims.sub, access.claims["client_id"]], ["alice", clientId])
      const swapped = [
        yield* Effect.flip(idTokens.verify(access_token, { nonce: "n-1" })),
        yield* Effect.flip(accessTokens.verify(id_token))
      ]
      for (const { reason } of swapped) assert.include(reason, { _tag: "InvalidToken", why: "type" })
      const replayed = yield* Effect.flip(idTokens.verify(id_token, { nonce: "n-2" }))
      assert.include(replayed.reason, { why: "nonce" })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.effect("hold through a rotation of its keys in the middle, those of the old key until it is gone", () =>
    Effect.gen(function* () {
      const { accessTokens, server } = yield* setUp([first])
      const old = yield* machineToken(server.issuer)
      assert.strictEqual((yield* accessTokens.verify(old.access_token)).header.kid, "first")

      yield* Effect.promise(() => server.restart({ jwks: { keys: [second, first] } }))
      yield* TestClock.adjust("31 seconds")
      const next = yield* machineToken(server.issuer)
      assert.strictEqual((yield* accessTokens.verify(next.access_token)).header.kid, "second")
      assert.strictEqual((yield* accessTokens.verify(old.access_token)).header.kid, "first")

      yield* Effect.promise(() => server.restart({ jwks: { keys: [second] } }))
      yield* TestClock.adjust("1 minute")
      yield* accessTokens.verify(next.access_token)
      const gone = yield* Effect.flip(accessTokens.verify(old.access_token))
      assert.include(gone.reason, { _tag: "InvalidToken", why: "key" })
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )

  it.effect("are bound to our key by our proof, and come back with its thumbprint", () =>
    Effect.gen(function* () {
      const { accessTokens, server } = yield* setUp([first])
      for (const alg of ["ES256", "EdDSA"] as const) {
        const key = yield* DpopProof.generate(alg)
        const url = `${server.issuer}/token`
        const proof = Redacted.value(yield* DpopProof.make(key, { method: "POST", url }))
        const fields = { grant_type: "client_credentials", resource: audience }
        const tokens = yield* post(url, fields, { DPoP: proof })
        assert.strictEqual(tokens.token_type, "DPoP")
        const { claims } = yield* accessTokens.verify(tokens.access_token)
        assert.deepStrictEqual(claims["cnf"], { jkt: key.jkt })
      }
    }).pipe(Effect.provide(FetchHttpClient.layer))
  )
})
