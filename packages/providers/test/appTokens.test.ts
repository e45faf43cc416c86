/** The tokens of Google, Slack and Shopify, against loopback servers, with the providers' own packages as oracles. */
import {
  AuthError,
  type Credentials,
  Secret,
  SecretSource,
  Token,
  TokenLease,
  Tokens,
  TokenStore
} from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { GoogleAuth } from "@causeway/providers/google"
import { ShopifyAuth } from "@causeway/providers/shopify"
import { SlackAuth } from "@causeway/providers/slack"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema, type Scope, Stream } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { JWT } from "google-auth-library"
import { decodeJwt, decodeProtectedHeader } from "jose"
import { inspect } from "node:util"
import { ApiVersion, RequestedTokenType, shopifyApi } from "@shopify/shopify-api"
// oxlint-disable-next-line import/no-unassigned-import -- the adapter installs itself
import "@shopify/shopify-api/adapters/node"
import { createHmac, generateKeyPairSync } from "node:crypto"
import { type Answer, provider, type Received } from "./loopback.ts"

/** The network, where every host is the server of the test. */
const network = (url: string) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(
      HttpClient.HttpClient,
      HttpClient.mapRequest((request) => {
        const { host, pathname, search } = new URL(request.url)
        return HttpClientRequest.setHeader(
          HttpClientRequest.setUrl(request, url + pathname + search),
          "x-for-host",
          host
        )
      })
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

const fetchTo =
  (url: string) =>
  (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { host, pathname, search } = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(init?.headers)
    headers.set("x-for-host", host)
    return fetch(url + pathname + search, { ...init, headers })
  }

class Api extends Integration.Service<Api>()("test/Api", {
  baseUrl: "https://api.example",
  endpoints: [
    Endpoint.get("read", "/read", {
      success: Schema.Struct({ ok: Schema.Boolean, error: Schema.optionalKey(Schema.String) })
    })
  ],
  policy: Policy.none
}) {}

const read = Effect.flatMap(Api, (api) => api.read())
const stores = Layer.merge(TokenStore.layerMemory, TokenLease.layerMemory)

const live = (fact: string, program: () => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live(fact, () => Effect.scoped(program()))

const formOf = ({ body, headers }: Received): Readonly<Record<string, string>> =>
  headers["content-type"]?.startsWith("application/json") === true
    ? // What is sent as JSON here is a record of texts.
      (JSON.parse(body) as Record<string, string>)
    : Object.fromEntries(new URLSearchParams(body))

const authorizationOf = ({ headers }: Received) => headers.authorization ?? headers["x-shopify-access-token"]

// -----------------------------------------------------------------------------------------------------------------
// Google

describe("a service account of Google", () => {
  const { privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" }
  })
  const file = {
    type: "service_account",
    client_email: "robot@project.iam.gserviceaccount.com",
    private_key: privateKey,
    private_key_id: "k1",
    token_uri: "https://evil.example/token"
  }
  const key = Effect.succeed(Redacted.make(JSON.stringify(file)))
  const issued: Answer = { status: 200, body: { access_token: "ya29.t0k3n", token_type: "Bearer", expires_in: 3_599 } }
  const answering = (token: Answer) => (request: Received) =>
    request.path === "/token" ? token : { status: 200, body: { ok: true } }
  const asking = (url: string, options: Partial<GoogleAuth.Options> = {}, own = key) =>
    Api.layer.pipe(
      Layer.provide(GoogleAuth.serviceAccount(Api, { scope: ["scope-a", "scope-b"], ...options }, own)),
      Layer.provide([stores, network(url)])
    )

  for (const subject of [undefined, "ann@acme.example"]) {
    live(`asks as google-auth-library does${subject === undefined ? "" : ", also on behalf of a person"}`, () =>
      Effect.gen(function* () {
        const { received, url } = yield* provider(answering(issued))
        yield* Effect.provide(Effect.replicateEffect(read, 2), asking(url, subject === undefined ? {} : { subject }))
        assert.deepStrictEqual(
          received.map(({ path }) => path),
          ["/token", "/read", "/read"]
        )
        assert.strictEqual(authorizationOf(received[1]!), "Bearer ya29.t0k3n")
        const oracle = new JWT({
          email: file.client_email,
          key: privateKey,
          scopes: ["scope-a", "scope-b"],
          ...(subject !== undefined && { subject }),
          transporterOptions: { fetchImplementation: fetchTo(url) }
        })
        yield* Effect.promise(() => oracle.authorize())
        const [ours, theirs] = [received[0]!, received[3]!]
        assert.deepStrictEqual([ours.method, ours.path], [theirs.method, theirs.path])
        assert.strictEqual(ours.headers["x-for-host"], "oauth2.googleapis.com")
        assert.strictEqual(theirs.headers["x-for-host"], "oauth2.googleapis.com")
        const [mine, google] = [formOf(ours), formOf(theirs)]
        assert.deepStrictEqual(Object.keys(mine).toSorted(), Object.keys(google).toSorted())
        assert.strictEqual(mine["grant_type"], google["grant_type"])
        const claims = (assertion = "") => {
          const { exp = 0, iat = 0, ...said } = decodeJwt(assertion)
          return { ...JSON.parse(JSON.stringify(said)), seconds: exp - iat }
        }
        assert.deepStrictEqual(claims(mine["assertion"]), claims(google["assertion"]))
        assert.strictEqual(decodeProtectedHeader(mine["assertion"] ?? "").alg, "RS256")
      })
    )
  }

  const refusals: ReadonlyArray<[string, AuthError.Reason["_tag"]]> = [
    ["invalid_grant", "InvalidGrant"],
    ["invalid_scope", "InvalidScope"],
    ["unauthorized_client", "UnauthorizedClient"],
    ["admin_policy_enforced", "OtherRefusal"]
  ]
  for (const [code, tag] of refusals) {
    live(`is told why it was refused: ${code}`, () =>
      Effect.gen(function* () {
        const { url } = yield* provider(answering({ status: 400, body: { error: code, error_description: "because" } }))
        const error = yield* Effect.flip(Effect.provide(read, asking(url)))
        assert.strictEqual(AuthError.of(error)?.reason._tag, tag)
      })
    )
  }

  for (const [what, text] of [
    ["is no JSON", "pl4nted"],
    ["is of another kind", JSON.stringify({ ...file, type: "authorized_user" })],
    ["has no private key", JSON.stringify({ ...file, private_key: "pl4nted" })]
  ] as const) {
    live(`whose file ${what} is told before anything is sent, and not shown`, () =>
      Effect.gen(function* () {
        const { received, url } = yield* provider(answering(issued))
        const error = yield* Effect.flip(Effect.provide(read, asking(url, {}, Effect.succeed(Redacted.make(text)))))
        assert.strictEqual(AuthError.of(error)?.reason._tag, "SecretUnavailable")
        assert.notInclude([error.message, inspect(error, { depth: 9 }), JSON.stringify(error)].join(), "pl4nted")
        assert.strictEqual(received.length, 0)
      })
    )
  }

  live("whose key is a secret by its name is looked up for each token, so that a rotated one is taken", () =>
    Effect.gen(function* () {
      const { received, url } = yield* provider(answering(issued))
      const secrets = { google: JSON.stringify(file) }
      const source = Layer.succeed(SecretSource.SecretSource, {
        lookUp: (name) =>
          Effect.sync(() => ({ current: Redacted.make(name === "google" ? secrets.google : ""), previous: undefined })),
        changes: () => Stream.never
      })
      const credentials = GoogleAuth.serviceAccount(Api, { scope: "a" }, Secret.named("google"))
      yield* Effect.gen(function* () {
        yield* read
        secrets.google = JSON.stringify({ ...file, private_key_id: "k2" })
        const tokens = yield* Tokens.of(Api)
        yield* tokens.refused(yield* tokens.token)
      }).pipe(
        Effect.provide(Api.layer.pipe(Layer.provideMerge(credentials), Layer.provide([stores, source, network(url)])))
      )
      const kids = received
        .filter(({ path }) => path === "/token")
        .map((request) => decodeProtectedHeader(formOf(request)["assertion"] ?? "").kid)
      assert.deepStrictEqual(kids, ["k1", "k2"])
    })
  )

  it("asks for no token without a scope", () =>
    assert.throws(() => GoogleAuth.serviceAccount(Api, { scope: [] }, key), "googleAuth.scope"))
})

// -----------------------------------------------------------------------------------------------------------------
// Slack

describe("a token of Slack that is rotated", () => {
  const first = (now: number) =>
    Token.make({
      accessToken: Redacted.make("xoxe.xoxb-1"),
      refreshToken: Redacted.make("xoxe-1-first"),
      obtainedAt: now,
      expiresAt: now + 43_200_000
    })
  const rotated: Answer = {
    status: 200,
    body: {
      ok: true,
      access_token: "xoxe.xoxb-2",
      refresh_token: "xoxe-1-second",
      token_type: "bot",
      expires_in: 43_200,
      scope: "chat:write,users:read"
    }
  }
  const slack = (token: Answer, refused: string) => (request: Received) => {
    if (request.path === "/api/oauth.v2.access") return token
    return {
      status: 200,
      body: request.headers.authorization === "Bearer xoxe.xoxb-1" ? { ok: false, error: refused } : { ok: true }
    }
  }
  const asking = (url: string) =>
    Layer.merge(Api.layer, Layer.empty).pipe(
      Layer.provideMerge(SlackAuth.rotating(Api, { clientId: "4b39e9" }, Effect.succeed(Redacted.make("s3cret")))),
      Layer.provide([stores, network(url)])
    )
  const called = Effect.gen(function* () {
    const tokens = yield* Tokens.of(Api)
    yield* tokens.set(first(Date.now()))
    const answer = yield* SlackAuth.renewing(Api)(read)
    return { answer, token: yield* tokens.token }
  })

  live("is renewed when Slack says that it has ended, with 200, and the call is made once more", () =>
    Effect.gen(function* () {
      const { received, url } = yield* provider(slack(rotated, "token_expired"))
      const { answer, token } = yield* Effect.provide(called, asking(url))
      assert.isTrue(answer.ok)
      assert.deepStrictEqual(
        received.map(({ path }) => path),
        ["/read", "/api/oauth.v2.access", "/read"]
      )
      assert.strictEqual(received[1]?.headers["x-for-host"], "slack.com")
      assert.deepStrictEqual(formOf(received[1]!), {
        client_id: "4b39e9",
        client_secret: "s3cret",
        grant_type: "refresh_token",
        refresh_token: "xoxe-1-first"
      })
      assert.strictEqual(Redacted.value(token.refreshToken!), "xoxe-1-second")
      assert.deepStrictEqual(token.scope, ["chat:write", "users:read"])
    })
  )

  live("is not renewed for what a token cannot help", () =>
    Effect.gen(function* () {
      const { received, url } = yield* provider(slack(rotated, "channel_not_found"))
      const error = yield* Effect.flip(Effect.provide(called, asking(url)))
      assert.deepInclude(error, { _tag: "SlackRefused", error: "channel_not_found", category: "rejected" })
      assert.deepStrictEqual(
        received.map(({ path }) => path),
        ["/read"]
      )
    })
  )

  live("that Slack will not renew, with 200 as well, leaves the refusal as it was", () =>
    Effect.gen(function* () {
      const refusal: Answer = { status: 200, body: { ok: false, error: "invalid_refresh_token" } }
      const { url } = yield* provider(slack(refusal, "token_expired"))
      const error = yield* Effect.flip(Effect.provide(called, asking(url)))
      assert.deepInclude(error, { _tag: "SlackRefused", error: "token_expired", category: "unauthorized" })
    })
  )
})

describe("an answer of Slack's with ok: false", () => {
  for (const [error, category] of [
    ["ratelimited", "throttled"],
    ["internal_error", "transient"],
    ["invalid_auth", "unauthorized"],
    ["invalid_arguments", "invalid"],
    ["a_new_word", "rejected"]
  ] as const) {
    it.effect(`${error} is ${category}`, () =>
      Effect.gen(function* () {
        const refused = yield* Effect.flip(SlackAuth.checked(Effect.succeed({ ok: false, error })))
        assert.deepInclude(refused, { error, category })
      })
    )
  }

  it.effect("is told where it has no word at all", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(SlackAuth.checked(Effect.succeed({ ok: false })))
      assert.strictEqual(refused.message, "Slack returned the error unknown")
    })
  )
})

// -----------------------------------------------------------------------------------------------------------------
// Shopify

describe("a token for a shop", () => {
  const shop = "acme.myshopify.com"
  const secret = "shpss_s3cret"
  const issued: Answer = {
    status: 200,
    body: { access_token: "shpat_t0k3n", scope: "read_products,write_orders", expires_in: 86_399 }
  }
  const answering = (request: Received) =>
    request.path.endsWith("/access_token") ? issued : { status: 200, body: { ok: true } }
  const clientSecret = Effect.succeed(Redacted.make(secret))
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")
  const now = Math.floor(Date.now() / 1_000)
  const unsigned = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ iss: `https://${shop}/admin`, dest: `https://${shop}`, aud: "4c6ad9c0", sub: "1", exp: now + 60, nbf: now - 5, iat: now - 5, jti: "j", sid: "s" })}`
  const sessionToken = `${unsigned}.${createHmac("sha256", secret).update(unsigned).digest("base64url")}`

  const called = (
    url: string,
    credentials: Layer.Layer<
      Credentials.Credentials<Api>,
      never,
      TokenStore.TokenStore | TokenLease.TokenLease | HttpClient.HttpClient
    >
  ) =>
    Effect.provide(
      Effect.replicateEffect(read, 2),
      Api.layer.pipe(Layer.provide(credentials), Layer.provide([stores, network(url)]))
    )

  const oracle = (url: string) => {
    const api = shopifyApi({
      apiKey: "4c6ad9c0",
      apiSecretKey: secret,
      apiVersion: ApiVersion.October25,
      hostName: "app.example",
      isEmbeddedApp: true,
      isTesting: true,
      logger: { log: () => Promise.resolve() }
    })
    return { api, url }
  }

  const cases = [
    {
      name: "by client credentials",
      ours: () => ShopifyAuth.clientCredentials(Api, { shop, clientId: "4c6ad9c0" }, clientSecret),
      theirs: ({ api }: ReturnType<typeof oracle>) => api.auth.clientCredentials({ shop })
    },
    {
      name: "by a session token, for the shop",
      ours: () =>
        ShopifyAuth.tokenExchange(
          Api,
          { shop, clientId: "4c6ad9c0", sessionToken: Effect.succeed(Redacted.make(sessionToken)) },
          clientSecret
        ),
      theirs: ({ api }: ReturnType<typeof oracle>) =>
        api.auth.tokenExchange({ shop, sessionToken, requestedTokenType: RequestedTokenType.OfflineAccessToken })
    },
    {
      name: "by a session token, for the person",
      ours: () =>
        ShopifyAuth.tokenExchange(
          Api,
          {
            shop,
            clientId: "4c6ad9c0",
            requested: "online",
            sessionToken: Effect.succeed(Redacted.make(sessionToken))
          },
          clientSecret
        ),
      theirs: ({ api }: ReturnType<typeof oracle>) =>
        api.auth.tokenExchange({ shop, sessionToken, requestedTokenType: RequestedTokenType.OnlineAccessToken })
    }
  ]

  for (const { name, ours, theirs } of cases) {
    live(`${name} is asked for once, as @shopify/shopify-api asks, and goes into its own header`, () =>
      Effect.gen(function* () {
        const { received, url } = yield* provider(answering)
        yield* called(url, ours())
        assert.deepStrictEqual(
          received.map(({ path }) => path),
          ["/admin/oauth/access_token", "/read", "/read"]
        )
        assert.strictEqual(received[0]?.headers["x-for-host"], shop)
        assert.deepStrictEqual(
          [received[1]?.headers["x-shopify-access-token"], received[1]?.headers.authorization],
          ["shpat_t0k3n", undefined]
        )
        const global = globalThis.fetch
        yield* Effect.promise(async () => {
          const { setAbstractFetchFunc } = await import("@shopify/shopify-api/runtime")
          // The package's own fetch, whose types are those of node-fetch.
          setAbstractFetchFunc(fetchTo(url) as never)
          try {
            await theirs(oracle(url))
          } finally {
            setAbstractFetchFunc(global as never)
          }
        })
        assert.strictEqual(received[3]?.path, "/admin/oauth/access_token")
        assert.deepStrictEqual(formOf(received[0]!), formOf(received[3]!))
      })
    )
  }

  live("that does not end is sent in its own header", () =>
    Effect.gen(function* () {
      const { received, url } = yield* provider(answering)
      yield* called(url, ShopifyAuth.accessToken(Api, Effect.succeed(Redacted.make("shpat_custom"))))
      assert.strictEqual(received[0]?.headers["x-shopify-access-token"], "shpat_custom")
    })
  )

  for (const name of [
    "evil.example",
    "acme.myshopify.com.evil.example",
    "acme.myshopify.com/x",
    "evil.example#.myshopify.com",
    "ACME.myshopify.com",
    "",
    "-a.myshopify.com"
  ]) {
    it(`is not asked for at ${JSON.stringify(name)}`, () =>
      assert.throws(
        () => ShopifyAuth.clientCredentials(Api, { shop: name, clientId: "a" }, clientSecret),
        "shopifyAuth.shop"
      ))
  }
})
