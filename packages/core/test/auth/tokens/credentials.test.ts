import { AuthError, type Credentials, type Grant, Token, TokenLease, TokenStore, Tokens } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Layer, Redacted, type Scope, Schema } from "effect"
import { FetchHttpClient, HttpClientRequest } from "effect/http"
import { refreshing, tokenFrom, unavailable } from "./grants.ts"
import { RotatingProvider } from "./rotatingProvider.ts"
import { tokenServer } from "./tokenServer.ts"

const providerAt = (baseUrl: string) => {
  class Provider extends Integration.Service<Provider>()("test/Calendar", {
    baseUrl,
    endpoints: [Endpoint.get("read", "/read", { success: Schema.String })],
    policy: Policy.none
  }) {}
  return Provider
}

const owner = { integration: "test/Calendar", tenant: "default" }

const places = Layer.merge(TokenStore.layerMemory, TokenLease.layerMemory)

/** A provider over loopback, an integration of it, and a session that a login has begun. */
const connected = (given: { readonly grant?: Grant.Grant } = {}) =>
  Effect.gen(function* () {
    const provider = new RotatingProvider()
    const server = yield* tokenServer(provider)
    const Provider = providerAt(server.url)
    const credentials = Tokens.layer(Provider, given.grant ?? refreshing(provider), { jitter: 0 })
    const context = yield* Layer.build(
      Provider.layer.pipe(
        Layer.provideMerge(credentials),
        Layer.provideMerge(places),
        Layer.provide(FetchHttpClient.layer)
      )
    )
    const tokens = yield* Effect.provideContext(Tokens.of(Provider), context)
    yield* tokens.set(tokenFrom(provider.begin(), yield* Clock.currentTimeMillis))
    const service = yield* Effect.provideContext(Provider, context)
    return { provider, server, service, tokens }
  })

const live = <A, E>(fact: string, body: Effect.Effect<A, E, Scope.Scope>) => it.live(fact, () => Effect.scoped(body))

const all = <A, E>(count: number, effect: Effect.Effect<A, E>) =>
  Effect.all(
    Array.from({ length: count }, () => effect),
    { concurrency: "unbounded" }
  )

describe("an integration whose credentials are tokens", () => {
  live(
    "sends the token",
    Effect.gen(function* () {
      const { server, service } = yield* connected()
      assert.strictEqual(yield* service.read(), "ok")
      assert.deepStrictEqual(server.authorizations, ["Bearer access-1"])
    })
  )

  live(
    "renews a token that was refused, once, and makes the call once again",
    Effect.gen(function* () {
      const { provider, server, service } = yield* connected()
      provider.refuseAccess()
      assert.strictEqual(yield* service.read(), "ok")
      assert.deepStrictEqual(server.authorizations, ["Bearer access-1", "Bearer access-2"])
      assert.strictEqual(provider.requests, 1)
    })
  )

  live(
    "makes one renewal of a storm of refusals, and serves every call",
    Effect.gen(function* () {
      const { provider, server, service } = yield* connected()
      provider.refuseAccess()
      assert.deepStrictEqual(new Set(yield* all(50, service.read())), new Set(["ok"]))
      assert.strictEqual(provider.requests, 1)
      assert.isAtMost(server.authorizations.length, 100)
      assert.isFalse(provider.revoked)
    })
  )

  live(
    "fails with Unauthorized after one repetition where the new token is refused too",
    Effect.gen(function* () {
      const { provider, server, service } = yield* connected()
      provider.accepts = () => false
      const error = yield* Effect.flip(service.read())
      assert.strictEqual(error._tag, "Unauthorized")
      assert.strictEqual(server.authorizations.length, 2)
      yield* Effect.flip(service.read())
      yield* Effect.flip(service.read())
      assert.strictEqual(provider.requests, 1)
    })
  )

  live(
    "says that access must be granted anew, and where, when the session has ended",
    Effect.gen(function* () {
      const { provider, service } = yield* connected()
      provider.end()
      yield* Effect.flip(service.read())
      const error = yield* Effect.flip(service.read())
      assert.strictEqual(error._tag, "Unauthorized")
      const { reason } = AuthError.of(error) ?? assert.fail("no AuthError behind it")
      assert.strictEqual(
        reason._tag === "ReauthorizationRequired" ? reason.url : "",
        "https://calendar.example/connect"
      )
    })
  )

  live(
    "sends nothing when no token can be had, and says what its category is",
    Effect.gen(function* () {
      const { server, service, tokens } = yield* connected({ grant: { obtain: Effect.fail(unavailable("3 seconds")) } })
      yield* tokens.forget
      const error = yield* Effect.flip(service.read())
      assert.deepStrictEqual([error._tag, error.category], ["Unauthorized", "transient"])
      assert.lengthOf(server.authorizations, 0)
    })
  )
})

const tokenOf = (accessToken: string, tokenType = "Bearer") =>
  Token.make({ accessToken: Redacted.make(accessToken), tokenType, obtainedAt: 0 })

const request = HttpClientRequest.get("https://calendar.example/read")

const headersOf = (stamp: Tokens.Stamp, token: Token.Token) =>
  Effect.map(stamp(request, token), (authorized) => Object.entries(authorized.request.headers))

/** Tokens that are what the test says, and remember what was refused. */
const given = (token: Effect.Effect<Token.Token, AuthError.AuthError>) => {
  const refused: Array<Token.Token> = []
  const tokens: Tokens.Tokens = {
    token,
    refused: (each) => Effect.sync(() => refused.push(each) > 0),
    set: () => Effect.void,
    forget: Effect.succeed(undefined)
  }
  return { refused, tokens }
}

const unauthorized: Credentials.Answer = { status: 401, headers: {} }

describe("a stamp", () => {
  it.effect("puts a bearer token in the Authorization header, however its type is written", () =>
    Effect.gen(function* () {
      for (const type of ["Bearer", "bearer", "BEARER"]) {
        assert.deepStrictEqual(yield* headersOf(Tokens.byType, tokenOf("t0k3n", type)), [
          ["authorization", "Bearer t0k3n"]
        ])
      }
      assert.deepStrictEqual(yield* headersOf(Tokens.bearer, tokenOf("t0k3n", "bot")), [
        ["authorization", "Bearer t0k3n"]
      ])
    })
  )

  it.effect("puts a token in another header", () =>
    Effect.gen(function* () {
      const stamp = Tokens.header("X-Shopify-Access-Token")
      assert.deepStrictEqual(yield* headersOf(stamp, tokenOf("t0k3n")), [["x-shopify-access-token", "t0k3n"]])
      assert.throws(() => Tokens.header("no header"), "tokens.header")
    })
  )

  it.effect("does not send a token of a type that it does not know as a bearer token", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(headersOf(Tokens.byType, tokenOf("t0k3n", "DPoP")))
      assert.include(error.reason, '"DPoP"')
      assert.notInclude(error.reason, "t0k3n")
    })
  )

  it.effect("sends no token that a header cannot carry, and does not show it", () =>
    Effect.gen(function* () {
      for (const secret of ["", "with\nbreak", "with space", "ü", "tab\t"]) {
        for (const stamp of [Tokens.byType, Tokens.bearer, Tokens.header("x-token")]) {
          const error = yield* Effect.flip(headersOf(stamp, tokenOf(secret)))
          assert.strictEqual(error.reason, "the token is empty, or holds what no header can carry")
        }
      }
    })
  )

  it.effect("names the token among the secrets of its request", () =>
    Effect.gen(function* () {
      for (const stamp of [Tokens.byType, Tokens.bearer, Tokens.header("x-token")]) {
        const { secrets } = yield* stamp(request, tokenOf("t0k3n"))
        assert.deepStrictEqual(secrets.map(Redacted.value), ["t0k3n"])
      }
    })
  )

  it.effect("that has an answer of its own to a refusal is asked before the token is renewed", () =>
    Effect.gen(function* () {
      let nonces = 1
      const stamp: Tokens.Stamp = (stamping, token) =>
        Effect.succeed({
          request: stamping,
          secrets: [token.accessToken],
          renew: () => Effect.sync(() => nonces-- > 0)
        })
      const { refused, tokens } = given(Effect.succeed(tokenOf("t0k3n", "DPoP")))
      const { renew } = yield* Tokens.credentials(tokens, stamp).authorize(request)
      assert.isTrue(yield* renew?.(unauthorized) ?? Effect.succeed(false))
      assert.lengthOf(refused, 0)
      assert.isTrue(yield* renew?.(unauthorized) ?? Effect.succeed(false))
      assert.lengthOf(refused, 1)
    })
  )
})

describe("credentials of tokens", () => {
  it.effect("tell which very token was refused", () =>
    Effect.gen(function* () {
      const sequence = [tokenOf("one"), tokenOf("two")] as const
      let turn = 0
      const { refused, tokens } = given(Effect.sync(() => sequence[turn++ % 2] ?? sequence[0]))
      const credentials = Tokens.credentials(tokens)
      const first = yield* credentials.authorize(request)
      const second = yield* credentials.authorize(request)
      yield* first.renew?.(unauthorized) ?? Effect.void
      yield* second.renew?.(unauthorized) ?? Effect.void
      yield* credentials.renew
      assert.deepStrictEqual(
        refused.map((token) => Redacted.value(token.accessToken)),
        ["one", "two", "two"]
      )
    })
  )

  it.effect("burn no renewal for a scope that is missing, which no other token has", () =>
    Effect.gen(function* () {
      const { refused, tokens } = given(Effect.succeed(tokenOf("one")))
      const { renew } = yield* Tokens.credentials(tokens).authorize(request)
      for (const challenge of [
        'Bearer realm="x", error="insufficient_scope", scope="admin"',
        "Bearer error=insufficient_scope"
      ]) {
        const answer = { status: 401, headers: { "www-authenticate": challenge } }
        assert.isFalse(yield* renew?.(answer) ?? Effect.succeed(true))
      }
      assert.lengthOf(refused, 0)
      yield* renew?.({ status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } }) ?? Effect.void
      assert.lengthOf(refused, 1)
    })
  )

  it.effect("that cannot be had keep the AuthError behind them", () =>
    Effect.gen(function* () {
      const cause = unavailable("1 second")
      const credentials = Tokens.credentials(given(Effect.fail(cause)).tokens)
      const error = yield* Effect.flip(credentials.authorize(request))
      assert.strictEqual(error.cause, cause)
      assert.isFalse(yield* credentials.renew)
    })
  )

  it.effect("are made from an Effect that makes the grant", () =>
    Effect.gen(function* () {
      const Provider = providerAt("https://calendar.example")
      const grant = Effect.succeed<Grant.Grant>({ obtain: Effect.succeed(tokenOf("made")) })
      const layer = Tokens.layer(Provider, grant, { tenant: "acme", stamp: Tokens.header("x-token") })
      const program = Effect.gen(function* () {
        const { authorize } = yield* Provider.credentials
        const { request: sent } = yield* authorize(request)
        const store = yield* TokenStore.TokenStore
        return [sent.headers["x-token"], yield* store.get({ ...owner, tenant: "acme" })] as const
      })
      const [header, stored] = yield* Effect.provide(program, layer.pipe(Layer.provideMerge(places)))
      assert.strictEqual(header, "made")
      assert.isDefined(stored)
    })
  )
})
