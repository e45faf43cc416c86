/** What each grant asks with, and what becomes of the answer. */
import { type AuthError, AuthorizationCode, OAuth, Token } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Schedule } from "effect"
import { TestClock } from "effect/testing"
import { answering, clientId, clientOver, endpoints, formOf, issuer, type Reply } from "./answering.ts"

const good = { access_token: "t0k3n", token_type: "Bearer", expires_in: 3_600 }

/** What was asked in one question, and its outcome. */
const asking = <A, E>(
  question: (client: Effect.Success<ReturnType<typeof clientOver>>) => Effect.Effect<A, E>,
  reply: Reply = () => Response.json(good)
) =>
  Effect.gen(function* () {
    const { client: http, requests } = answering(reply)
    const outcome = yield* question(yield* clientOver(http))
    return { outcome, asked: requests.map((request) => ({ url: request.url, form: Array.from(formOf(request)) })) }
  }).pipe(Effect.scoped)

const obtained = (grant: { readonly obtain?: Effect.Effect<Token.Token, AuthError.AuthError> }) =>
  grant.obtain ?? assert.fail("the grant obtains nothing")

const secret = (text: string) => Redacted.make(text)

const held = Token.make({ accessToken: secret("0ld"), refreshToken: secret("r3fr3sh"), obtainedAt: 0 })

describe("client credentials", () => {
  it.effect("ask for scopes, for places and for parties", () =>
    Effect.gen(function* () {
      const { asked } = yield* asking((client) =>
        obtained(
          OAuth.clientCredentials(client, {
            scope: ["read", "write"],
            resource: ["https://a.example", "https://b.example"],
            audience: "calendar",
            parameters: { tenant: "acme", grant_type: "password", scope: "admin" }
          })
        )
      )
      assert.deepStrictEqual(asked, [
        {
          url: endpoints.tokenEndpoint,
          form: [
            ["grant_type", "client_credentials"],
            ["scope", "read write"],
            ["resource", "https://a.example"],
            ["resource", "https://b.example"],
            ["audience", "calendar"],
            ["tenant", "acme"]
          ]
        }
      ])
    })
  )

  it.effect("bring a token that ends when the server says so, however far that is", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(1_000_000)
      const { outcome } = yield* asking((client) => obtained(OAuth.clientCredentials(client)))
      assert.deepStrictEqual([outcome.obtainedAt, outcome.expiresAt], [1_000_000, 4_600_000])
      for (const expires_in of [2 ** 31, 2 ** 53, 1e300]) {
        const far = yield* asking(
          (client) => obtained(OAuth.clientCredentials(client)),
          () => Response.json({ ...good, expires_in })
        )
        assert.isTrue(Number.isSafeInteger(far.outcome.expiresAt))
      }
    })
  )
})

describe("a refresh", () => {
  it.effect("sends the refresh token, and keeps it where no new one comes", () =>
    Effect.gen(function* () {
      const kept = yield* asking((client) => OAuth.refresh(client, held))
      assert.deepStrictEqual(kept.asked[0]?.form, [
        ["grant_type", "refresh_token"],
        ["refresh_token", "r3fr3sh"]
      ])
      assert.strictEqual(Redacted.value(kept.outcome.refreshToken!), "r3fr3sh")
      const replaced = yield* asking(
        (client) => OAuth.refresh(client, held),
        () => Response.json({ ...good, refresh_token: "n3xt" })
      )
      assert.strictEqual(Redacted.value(replaced.outcome.refreshToken!), "n3xt")
    })
  )

  it.effect("needs a refresh token, and says so without asking", () =>
    Effect.gen(function* () {
      const { asked, outcome } = yield* asking((client) =>
        Effect.flip(OAuth.refresh(client, { ...held, refreshToken: undefined }))
      )
      assert.strictEqual(outcome.reason._tag, "ReauthorizationRequired")
      assert.deepStrictEqual(asked, [])
    })
  )

  it.effect("is not asked again when it may have been heard, and client credentials are", () =>
    Effect.gen(function* () {
      const { client: http, requests } = answering((_, number) =>
        number % 2 === 1 ? new Response("busy", { status: 503 }) : Response.json(good)
      )
      const retrying = yield* clientOver(http, { policy: { retry: Schedule.recurs(2) } })
      assert.strictEqual((yield* Effect.flip(OAuth.refresh(retrying, held))).reason._tag, "EndpointUnavailable")
      assert.strictEqual(requests.length, 1)
      requests.length = 0
      yield* obtained(OAuth.clientCredentials(retrying))
      assert.strictEqual(requests.length, 2)
    }).pipe(Effect.scoped)
  )
})

describe("an assertion that stands for a grant", () => {
  it.effect("is made anew for each token", () =>
    Effect.gen(function* () {
      let made = 0
      const assertion = Effect.sync(() => secret(`4ss3rt10n-${(made += 1)}`))
      const { asked } = yield* asking((client) => {
        const grant = OAuth.jwtBearer(client, assertion, { scope: "read" })
        return Effect.andThen(obtained(grant), obtained(grant))
      })
      assert.deepStrictEqual(
        asked.map(({ form }) => form),
        [1, 2].map((number) => [
          ["grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
          ["assertion", `4ss3rt10n-${number}`],
          ["scope", "read"]
        ])
      )
    })
  )
})

describe("a token exchange", () => {
  it.effect("names the subject, the actor and what is wanted", () =>
    Effect.gen(function* () {
      const { asked, outcome } = yield* asking(
        (client) =>
          obtained(
            OAuth.tokenExchange(client, {
              subject: Effect.succeed({ token: secret("subj3ct"), type: "jwt" }),
              actor: Effect.succeed({ token: secret("4ct0r"), type: "urn:example:badge" }),
              requestedType: "access_token",
              audience: "ledger"
            })
          ),
        () => Response.json({ ...good, issued_token_type: "urn:ietf:params:oauth:token-type:access_token" })
      )
      assert.deepStrictEqual(asked[0]?.form, [
        ["grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"],
        ["subject_token", "subj3ct"],
        ["subject_token_type", "urn:ietf:params:oauth:token-type:jwt"],
        ["actor_token", "4ct0r"],
        ["actor_token_type", "urn:example:badge"],
        ["requested_token_type", "urn:ietf:params:oauth:token-type:access_token"],
        ["audience", "ledger"]
      ])
      assert.strictEqual(outcome.extra["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token")
    })
  )
})

describe("an introspection", () => {
  it.effect("tells what the server says of a token, its times in milliseconds", () =>
    Effect.gen(function* () {
      const { asked, outcome } = yield* asking(
        (client) => OAuth.introspect(client, secret("t0k3n"), "access_token"),
        () =>
          Response.json({ active: true, scope: "read write", client_id: "c", sub: "alice", exp: 1_700_000_000, x: 1 })
      )
      assert.deepStrictEqual(asked, [
        {
          url: endpoints.introspectionEndpoint,
          form: [
            ["token", "t0k3n"],
            ["token_type_hint", "access_token"]
          ]
        }
      ])
      const { claims, ...said } = outcome
      assert.deepStrictEqual(said, {
        active: true,
        scope: ["read", "write"],
        clientId: "c",
        subject: "alice",
        tokenType: undefined,
        expiresAt: 1_700_000_000_000
      })
      assert.strictEqual(claims["x"], 1)
    })
  )

  it.effect("is no answer when it does not say whether the token holds", () =>
    Effect.gen(function* () {
      for (const body of [{}, { active: "true" }, { active: null }, { active: true, exp: "soon" }]) {
        const { outcome } = yield* asking(
          (client) => Effect.flip(OAuth.introspect(client, secret("t0k3n"))),
          () => Response.json(body)
        )
        assert.strictEqual(outcome.reason._tag, "MalformedAnswer")
      }
    })
  )
})

describe("a revocation", () => {
  it.effect("is of the refresh token where there is one, and needs no body in the answer", () =>
    Effect.gen(function* () {
      const { asked } = yield* asking(
        (client) =>
          Effect.andThen(OAuth.revoke(client, held), OAuth.revoke(client, { ...held, refreshToken: undefined })),
        () => new Response(null, { status: 200 })
      )
      assert.deepStrictEqual(
        asked.map(({ form }) => form),
        [
          [
            ["token", "r3fr3sh"],
            ["token_type_hint", "refresh_token"]
          ],
          [
            ["token", "0ld"],
            ["token_type_hint", "access_token"]
          ]
        ]
      )
    })
  )

  it.effect("that the server does not do is a refusal", () =>
    Effect.gen(function* () {
      const { outcome } = yield* asking(
        (client) => Effect.flip(OAuth.revoke(client, held)),
        () => Response.json({ error: "unsupported_token_type" }, { status: 400 })
      )
      assert.deepInclude(outcome.reason, { _tag: "OtherRefusal", code: "unsupported_token_type" })
    })
  )
})

describe("an endpoint that the server does not have", () => {
  it.effect("is named, and nothing is asked", () =>
    Effect.gen(function* () {
      const { client: http, requests } = answering(() => Response.json(good))
      const client = yield* clientOver(http, {
        server: { tokenEndpoint: undefined, revocationEndpoint: undefined, authorizationEndpoint: undefined }
      })
      const redirectUri = "https://app.example/callback"
      const errors = [
        yield* Effect.flip(obtained(OAuth.clientCredentials(client))),
        yield* Effect.flip(OAuth.revoke(client, held)),
        yield* Effect.flip(AuthorizationCode.begin(client, { redirectUri }))
      ]
      assert.deepStrictEqual(
        errors.map(({ message }) => message),
        ["token", "revocation", "authorization"].map(
          (name) => `test/Calendar: the authorization server gave no valid answer: it has no ${name} endpoint`
        )
      )
      assert.strictEqual(requests.length, 0)
    }).pipe(Effect.scoped)
  )
})

describe("a login", () => {
  it.effect("asks in the words of the specifications, with a challenge that no two share", () =>
    Effect.gen(function* () {
      const { outcome } = yield* asking((client) =>
        AuthorizationCode.begin(client, {
          redirectUri: "https://app.example/callback",
          scope: ["openid", "read"],
          resource: "https://api.example",
          prompt: "login",
          loginHint: "ada@example.com",
          maxAge: "1 hour",
          parameters: { ui_locales: "de", state: "mine", code_challenge_method: "plain" }
        })
      )
      const { origin, pathname, searchParams } = new URL(outcome.url)
      assert.strictEqual(origin + pathname, endpoints.authorizationEndpoint)
      assert.deepStrictEqual(Object.fromEntries(searchParams), {
        response_type: "code",
        client_id: clientId,
        redirect_uri: "https://app.example/callback",
        state: outcome.state,
        code_challenge: AuthorizationCode.challengeOf(Redacted.value(outcome.codeVerifier)),
        code_challenge_method: "S256",
        nonce: outcome.nonce!,
        max_age: "3600",
        prompt: "login",
        login_hint: "ada@example.com",
        scope: "openid read",
        resource: "https://api.example",
        ui_locales: "de"
      })
      const { outcome: other } = yield* asking((client) =>
        AuthorizationCode.begin(client, { redirectUri: "https://app.example/callback" })
      )
      assert.notStrictEqual(other.state, outcome.state)
      assert.notStrictEqual(Redacted.value(other.codeVerifier), Redacted.value(outcome.codeVerifier))
      assert.isUndefined(other.nonce)
    })
  )

  it.effect("keeps the query of the endpoint", () =>
    Effect.gen(function* () {
      const { client: http } = answering(() => Response.json(good))
      const client = yield* clientOver(http, { server: { authorizationEndpoint: `${issuer}/authorize?flow=b2c` } })
      const { url } = yield* AuthorizationCode.begin(client, { redirectUri: "https://app.example/callback" })
      assert.strictEqual(new URL(url).searchParams.get("flow"), "b2c")
    }).pipe(Effect.scoped)
  )

  it.effect("can be kept as text until the person is back", () =>
    Effect.gen(function* () {
      const { asked, outcome } = yield* asking((client) =>
        Effect.gen(function* () {
          const begun = yield* AuthorizationCode.begin(client, {
            redirectUri: "https://app.example/callback",
            resource: "https://api.example"
          })
          const kept = yield* AuthorizationCode.toText(begun)
          assert.isFalse(JSON.stringify(begun).includes(Redacted.value(begun.codeVerifier)))
          const found = yield* AuthorizationCode.fromText(kept)
          const callback = `https://app.example/callback?code=c0de&state=${begun.state}`
          yield* AuthorizationCode.finish(client, found, callback)
          return begun
        })
      )
      assert.deepStrictEqual(asked[0]?.form, [
        ["grant_type", "authorization_code"],
        ["code", "c0de"],
        ["redirect_uri", "https://app.example/callback"],
        ["code_verifier", Redacted.value(outcome.codeVerifier)],
        ["resource", "https://api.example"]
      ])
    })
  )

  it.effect("is finished once, in time, at the server and for the client that it began with", () =>
    Effect.gen(function* () {
      const { client: http, requests } = answering(() => Response.json(good))
      const client = yield* clientOver(http)
      const begun = yield* AuthorizationCode.begin(client, { redirectUri: "https://app.example/callback" })
      const callback = new URLSearchParams({ code: "c0de", state: begun.state })
      const another = yield* clientOver(http, { server: { issuer: "https://evil.example" } })
      const why = (error: AuthError.AuthError) => (error.reason._tag === "InvalidCallback" ? error.reason.why : "")
      assert.strictEqual(why(yield* Effect.flip(AuthorizationCode.finish(another, begun, callback))), "issuer")
      const foreign = { ...begun, clientId: "an0th3r" }
      assert.strictEqual(why(yield* Effect.flip(AuthorizationCode.finish(client, foreign, callback))), "issuer")
      assert.strictEqual(requests.length, 0)
      yield* AuthorizationCode.finish(client, begun, callback)
      assert.strictEqual(why(yield* Effect.flip(AuthorizationCode.finish(client, begun, callback))), "state")
      const late = yield* AuthorizationCode.begin(client, { redirectUri: "https://app.example/callback" })
      yield* TestClock.adjust("10 minutes")
      const tooLate = new URLSearchParams({ code: "c0de", state: late.state })
      assert.strictEqual(why(yield* Effect.flip(AuthorizationCode.finish(client, late, tooLate))), "expired")
      assert.strictEqual(requests.length, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("can be finished again when the token endpoint was down", () =>
    Effect.gen(function* () {
      const { client: http } = answering((_, number) =>
        number === 1 ? new Response("busy", { status: 503 }) : Response.json(good)
      )
      const client = yield* clientOver(http)
      const begun = yield* AuthorizationCode.begin(client, { redirectUri: "https://app.example/callback" })
      const callback = new URLSearchParams({ code: "c0de", state: begun.state })
      const down = yield* Effect.flip(AuthorizationCode.finish(client, begun, callback))
      assert.strictEqual(down.reason._tag, "EndpointUnavailable")
      assert.isDefined(yield* AuthorizationCode.finish(client, begun, callback))
    }).pipe(Effect.scoped)
  )

  it.effect("that asked for an ID token does not end without one", () =>
    Effect.gen(function* () {
      const { outcome } = yield* asking((client) =>
        Effect.gen(function* () {
          const begun = yield* AuthorizationCode.begin(client, {
            redirectUri: "https://app.example/callback",
            scope: "openid"
          })
          const callback = new URLSearchParams({ code: "c0de", state: begun.state })
          return yield* Effect.flip(AuthorizationCode.finish(client, begun, callback))
        })
      )
      assert.deepInclude(outcome.reason, { _tag: "InvalidToken", why: "missing" })
    })
  )

  it.effect("begins nowhere that is no absolute URL", () =>
    Effect.gen(function* () {
      const { client: http } = answering(() => Response.json(good))
      const client = yield* clientOver(http)
      for (const redirectUri of ["/callback", "", "https://app.example/#done"]) {
        assert.throws(() => AuthorizationCode.begin(client, { redirectUri }), /authorizationCode.redirectUri is/)
      }
    }).pipe(Effect.scoped)
  )
})
