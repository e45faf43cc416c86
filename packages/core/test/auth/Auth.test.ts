import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Context, Data, Effect, Layer, Redacted, Schedule, Schema } from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse, UrlParams } from "effect/http"
import { Auth, Credentials } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { InvalidOption, Policy } from "@causeway/core/policy"

const endpoints = [
  Endpoint.get("read", "/read", {
    success: Schema.String,
    policy: { retry: Schedule.recurs(2) }
  }),
  Endpoint.post("write", "/write", {
    payload: { name: Schema.String },
    headers: { cookie: Schema.optional(Schema.String) },
    success: Schema.String
  })
] as const

class Provider extends Integration.Service<Provider>()("test/Provider", {
  baseUrl: "https://provider.example",
  endpoints,
  policy: Policy.none
}) {}

class Other extends Integration.Service<Other>()("test/Other", {
  baseUrl: "https://other.example",
  endpoints,
  policy: Policy.none
}) {}

/** A network that answers with these statuses, then with 200, and remembers what was sent. */
const network = (...statuses: ReadonlyArray<number>) => {
  const sent: Array<HttpClientRequest.HttpClientRequest> = []
  const client = HttpClient.make((request) => {
    const status = statuses[sent.length] ?? 200
    sent.push(request)
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response('"ok"', { status })))
  })
  return { sent, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const secretOf = (value: string) => Effect.succeed(Redacted.make(value))

/** Gives these secrets, one at each reading, and the last one from then on. */
const rotating = (...values: ReadonlyArray<string>) => {
  let readings = 0
  return Effect.sync(() => Redacted.make(values[Math.min(readings++, values.length - 1)] ?? ""))
}

const calling = <A, E>(
  credentials: Layer.Layer<Credentials.Credentials<Provider>, Config.ConfigError>,
  use: (provider: Provider["Service"]) => Effect.Effect<A, E>,
  over = network()
) =>
  Effect.map(
    Effect.provide(Effect.flatMap(Provider, use), Provider.layer.pipe(Layer.provide([credentials, over.layer]))),
    (result) => ({ result, sent: over.sent })
  )

const queryOf = (request: HttpClientRequest.HttpClientRequest | undefined) =>
  request === undefined ? "" : UrlParams.toString(request.urlParams)

describe("a secret", () => {
  it.effect("goes to the header, the query or the cookie that is named", () =>
    Effect.gen(function* () {
      const inHeader = Auth.apiKey(Provider, { in: "header", name: "X-Key" }, secretOf("a/b+c="))
      assert.strictEqual((yield* calling(inHeader, (provider) => provider.read())).sent[0]?.headers["x-key"], "a/b+c=")
      const inQuery = Auth.apiKey(Provider, { in: "query", name: "key" }, secretOf("a/b+c="))
      assert.strictEqual(queryOf((yield* calling(inQuery, (provider) => provider.read())).sent[0]), "key=a%2Fb%2Bc%3D")
      const inCookie = Auth.apiKey(Provider, { in: "cookie", name: "sid" }, secretOf("a/b+c="))
      const { sent } = yield* calling(inCookie, (provider) =>
        provider.write({ payload: { name: "x" }, headers: { cookie: "theme=dark" } })
      )
      assert.strictEqual(sent[0]?.headers["cookie"], "theme=dark; sid=a/b+c=")
    })
  )

  it.effect("goes to the Authorization header as RFC 6750 and RFC 7617 say", () =>
    Effect.gen(function* () {
      const bearer = yield* calling(Auth.bearer(Provider, secretOf("t0ken")), (provider) => provider.read())
      assert.strictEqual(bearer.sent[0]?.headers["authorization"], "Bearer t0ken")
      // The examples of RFC 7617, sections 2 and 2.1.
      const aladdin = yield* calling(Auth.basic(Provider, "Aladdin", secretOf("open sesame")), (provider) =>
        provider.read()
      )
      assert.strictEqual(aladdin.sent[0]?.headers["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
      const pound = yield* calling(Auth.basic(Provider, "test", secretOf("123£")), (provider) => provider.read())
      assert.strictEqual(pound.sent[0]?.headers["authorization"], "Basic dGVzdDoxMjPCow==")
    })
  )

  it.effect("comes from Config, and its absence is told when the Layer is built", () =>
    Effect.gen(function* () {
      const credentials = Auth.bearer(Provider, Config.Redacted("TOKEN"))
      const given = ConfigProvider.layer(ConfigProvider.fromUnknown({ TOKEN: "from-config" }))
      const { sent } = yield* calling(Layer.provide(credentials, given), (provider) => provider.read())
      assert.strictEqual(sent[0]?.headers["authorization"], "Bearer from-config")
      const empty = ConfigProvider.layer(ConfigProvider.fromUnknown({}))
      const error = yield* Effect.flip(calling(Layer.provide(credentials, empty), (provider) => provider.read()))
      assert.strictEqual(error._tag, "ConfigError")
    })
  )

  it.effect("comes from an Effect with services of its own", () =>
    Effect.gen(function* () {
      class Vault extends Context.Service<Vault, { readonly read: Effect.Effect<Redacted.Redacted<string>> }>()(
        "Vault"
      ) {}
      const credentials = Auth.bearer(
        Provider,
        Effect.flatMap(Vault, (vault) => vault.read)
      ).pipe(Layer.provide(Layer.succeed(Vault, { read: secretOf("from-the-vault") })))
      const { sent } = yield* calling(credentials, (provider) => provider.read())
      assert.strictEqual(sent[0]?.headers["authorization"], "Bearer from-the-vault")
    })
  )

  for (const [what, value] of [
    ["empty", ""],
    ["blank", "  \t"],
    ["two lines", "hunter\nhunter"],
    ["a line with its end", "hunter2\r\n"],
    ["a header in disguise", "hunter2\r\nx-admin: yes"],
    ["beyond ASCII", "ключ"]
  ] as const) {
    it.effect(`that is ${what} is Unauthorized before anything is sent`, () =>
      Effect.gen(function* () {
        const { result, sent } = yield* calling(Auth.bearer(Provider, secretOf(value)), (provider) =>
          Effect.flip(provider.read())
        )
        assert.deepInclude(result, { _tag: "Unauthorized", status: undefined, category: "unauthorized", attempts: 1 })
        assert.include(result.message, "bearer token")
        assert.strictEqual(sent.length, 0)
        if (value.trim() !== "") assert.notInclude(result.message, value.slice(0, 3))
      })
    )
  }

  for (const value of ["a;b", "a,b", "a b", 'a"b', "a\\b", "ä"]) {
    it.effect(`that a cookie cannot carry (${value}) is Unauthorized, and a query carries it`, () =>
      Effect.gen(function* () {
        const inCookie = Auth.apiKey(Provider, { in: "cookie", name: "sid" }, secretOf(value))
        const refused = yield* calling(inCookie, (provider) => Effect.flip(provider.read()))
        assert.deepInclude(refused.result, { _tag: "Unauthorized", status: undefined })
        assert.strictEqual(refused.sent.length, 0)
        const inQuery = Auth.apiKey(Provider, { in: "query", name: "k" }, secretOf(value))
        const { sent } = yield* calling(inQuery, (provider) => provider.read())
        assert.strictEqual(new URLSearchParams(queryOf(sent[0])).get("k"), value)
      })
    )
  }

  it.effect("whose source fails is Unauthorized with the tag of that error alone", () =>
    Effect.gen(function* () {
      class VaultSealed extends Data.TaggedError("VaultSealed")<{ readonly hint: string }> {}
      const sealed = Auth.bearer(Provider, Effect.fail(new VaultSealed({ hint: "the root key is hunter2" })))
      const { result, sent } = yield* calling(sealed, (provider) => Effect.flip(provider.read()))
      assert.deepInclude(result, { _tag: "Unauthorized", attempts: 1 })
      assert.include(result.message, "VaultSealed")
      assert.notInclude(JSON.stringify(result) + result.message, "hunter2")
      assert.strictEqual(sent.length, 0)
      const thrown = Auth.bearer(Provider, Effect.fail(new TypeError("hunter2 is no key")))
      const other = yield* calling(thrown, (provider) => Effect.flip(provider.read()))
      assert.include(other.result.message, "TypeError")
      assert.notInclude(other.result.message, "hunter2")
    })
  )
})

describe("a 401", () => {
  it.effect("is repeated once when the source has a new secret by then", () =>
    Effect.gen(function* () {
      const credentials = Auth.bearer(Provider, rotating("old", "new"))
      const { result, sent } = yield* calling(credentials, (provider) => provider.read(), network(401))
      assert.strictEqual(result, "ok")
      assert.deepStrictEqual(
        sent.map((request) => request.headers["authorization"]),
        ["Bearer old", "Bearer new"]
      )
    })
  )

  it.effect("is repeated for an unsafe method too: the provider has done nothing", () =>
    Effect.gen(function* () {
      const credentials = Auth.bearer(Provider, rotating("old", "new"))
      const { sent } = yield* calling(
        credentials,
        (provider) => provider.write({ payload: { name: "a" }, headers: {} }),
        network(401)
      )
      assert.strictEqual(sent.length, 2)
    })
  )

  it.effect("is repeated once only, however often the secret changes", () =>
    Effect.gen(function* () {
      const credentials = Auth.bearer(Provider, rotating("a", "b", "c", "d", "e"))
      const { result, sent } = yield* calling(
        credentials,
        (provider) => Effect.flip(provider.read()),
        network(401, 401, 401, 401)
      )
      assert.deepInclude(result, { _tag: "Unauthorized", status: 401, attempts: 2 })
      assert.strictEqual(sent.length, 2)
    })
  )

  it.effect("is not repeated when the secret is still the same", () =>
    Effect.gen(function* () {
      for (const credentials of [
        Auth.bearer(Provider, secretOf("same")),
        Auth.basic(Provider, "user", secretOf("same")),
        Auth.apiKey(Provider, { in: "query", name: "key" }, secretOf("same")),
        Auth.none(Provider)
      ]) {
        const { result, sent } = yield* calling(credentials, (provider) => Effect.flip(provider.read()), network(401))
        assert.deepInclude(result, { _tag: "Unauthorized", status: 401, attempts: 1 })
        assert.strictEqual(sent.length, 1)
      }
    })
  )

  it.effect("is repeated for a raw response too", () =>
    Effect.gen(function* () {
      const credentials = Auth.bearer(Provider, rotating("old", "new"))
      const renewed = yield* calling(
        credentials,
        (provider) => provider.read({ responseMode: "response-only" }),
        network(401)
      )
      assert.strictEqual(renewed.result.status, 200)
      const refused = yield* calling(
        Auth.bearer(Provider, secretOf("same")),
        (provider) => provider.read({ responseMode: "response-only" }),
        network(401)
      )
      assert.strictEqual(refused.result.status, 401)
    })
  )
})

describe("credentials", () => {
  it.effect("of two integrations never mix", () =>
    Effect.gen(function* () {
      const { layer, sent } = network()
      const live = Layer.mergeAll(Provider.layer, Other.layer).pipe(
        Layer.provide([
          Auth.bearer(Provider, secretOf("for-provider")),
          Auth.apiKey(Other, { in: "header", name: "x-key" }, secretOf("for-other")),
          layer
        ])
      )
      yield* Effect.gen(function* () {
        yield* (yield* Provider).read()
        yield* (yield* Other).read()
      }).pipe(Effect.provide(live))
      assert.deepStrictEqual(
        sent.map(({ headers, url }) => [new URL(url).host, headers["authorization"], headers["x-key"]]),
        [
          ["provider.example", "Bearer for-provider", undefined],
          ["other.example", undefined, "for-other"]
        ]
      )
    })
  )

  it.effect("can be of one's own", () =>
    Effect.gen(function* () {
      const signed = Layer.succeed(
        Provider.credentials,
        Credentials.make({
          authorize: (request) =>
            request.method === "GET"
              ? Effect.succeed({ request, secrets: [] })
              : Effect.fail(new Credentials.CredentialsUnavailable({ reason: "this key may only read" })),
          renew: Effect.succeed(false)
        })
      )
      assert.strictEqual((yield* calling(signed, (provider) => provider.read())).result, "ok")
      const { result } = yield* calling(signed, (provider) =>
        Effect.flip(provider.write({ payload: { name: "a" }, headers: {} }))
      )
      assert.deepInclude(result, { _tag: "Unauthorized", reason: "this key may only read" })
    })
  )

  it.effect("that make no sense are refused where they are written", () =>
    Effect.sync(() => {
      const secret = secretOf("x")
      const wrong: ReadonlyArray<readonly [string, () => unknown]> = [
        ["apiKey.name", () => Auth.apiKey(Provider, { in: "header", name: "x key" }, secret)],
        ["apiKey.name", () => Auth.apiKey(Provider, { in: "header", name: "" }, secret)],
        ["apiKey.name", () => Auth.apiKey(Provider, { in: "cookie", name: "a=b" }, secret)],
        ["apiKey.name", () => Auth.apiKey(Provider, { in: "query", name: "" }, secret)],
        ["basic.username", () => Auth.basic(Provider, "us:er", secret)],
        ["basic.username", () => Auth.basic(Provider, "user\n", secret)]
      ]
      for (const [option, make] of wrong) {
        let thrown: unknown
        try {
          make()
        } catch (error) {
          thrown = error
        }
        assert.instanceOf(thrown, InvalidOption.InvalidOption)
        assert.include(String(thrown), option)
        assert.notInclude(String(thrown), "us:er")
      }
    })
  )
})
