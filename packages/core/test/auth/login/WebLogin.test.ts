import { NodeHttpServer } from "@effect/platform-node"
import {
  type AuthError,
  ClientAuthentication,
  OAuth,
  OAuthClient,
  OAuthDiscovery,
  OAuthServer,
  Seal,
  type Token,
  TokenLease,
  Tokens,
  TokenStore,
  WebLogin
} from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Redacted, type Scope } from "effect"
import {
  FetchHttpClient,
  HttpClient,
  type HttpClientRequest,
  HttpClientResponse,
  HttpRouter,
  HttpServer,
  HttpServerRequest,
  HttpServerResponse
} from "effect/http"
import { TestClock } from "effect/testing"
import { exportJWK, generateKeyPair, SignJWT } from "jose"
import { createServer } from "node:http"
import { oidcServer } from "../oauth/oidcServer.ts"
import { Person } from "../oauth/person.ts"

// -----------------------------------------------------------------------------------------------------------------
// against oidc-provider, over the loopback

const seal = Seal.layer([Seal.generateKey("test")])
const stores = Layer.merge(TokenStore.layerMemory, TokenLease.layerMemory)
const quiet = Logger.layer([])

/** An application whose user is who its cookie says, and who is looked up in a shared store. */
const application = Effect.gen(function* () {
  const server = yield* oidcServer()
  const found = yield* OAuthDiscovery.make({ integration: "test/Calendar", issuer: server.issuer })
  const client = yield* OAuthClient.make({
    integration: "test/Calendar",
    server: found,
    clientId: "by-none",
    authentication: ClientAuthentication.none
  })
  const store = yield* TokenStore.TokenStore
  const lease = yield* TokenLease.TokenLease
  const tokensOf = (tenant: string) =>
    Effect.scoped(
      Tokens.make({ integration: "test/Calendar", tenant }, OAuth.refreshing(client)).pipe(
        Effect.provideService(TokenStore.TokenStore, store),
        Effect.provideService(TokenLease.TokenLease, lease)
      )
    )
  const http = yield* Layer.build(NodeHttpServer.layerServer(() => createServer(), { port: 0, host: "127.0.0.1" }))
  const { address } = yield* Effect.provide(HttpServer.HttpServer, http)
  const origin = HttpServer.formatAddress(address)
  const routes = Layer.merge(
    WebLogin.routes({
      client,
      origin,
      callbackPath: "/callback",
      authorization: { scope: "openid offline_access calendar.read", prompt: "consent" },
      returnTo: ["/account", "/app/*"],
      tenant: ({ cookies }) => Effect.succeed(cookies["user"] ?? "nobody"),
      tokens: tokensOf
    }),
    HttpRouter.add(
      "GET",
      "/app/start",
      HttpServerResponse.setCookieUnsafe(HttpServerResponse.text("hello"), "user", "ann")
    )
  )
  yield* Layer.build(
    HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provide([Layer.succeedContext(http), seal])
    )
  )
  const stored = (tenant: string): Effect.Effect<Token.Token | undefined, AuthError.AuthError> =>
    Effect.map(store.get({ integration: "test/Calendar", tenant }), (row) => row?.token)
  return { origin, server, stored }
}).pipe(Effect.provide([stores, FetchHttpClient.layer]))

const browser = (program: Effect.Effect<void, unknown, Scope.Scope>) =>
  Effect.scoped(program).pipe(Effect.provide(quiet))

describe("a person who logs in at oidc-provider", () => {
  it.live("comes back to where they came from, and their token is stored for their tenant", () =>
    browser(
      Effect.gen(function* () {
        const { origin, stored } = yield* application
        const ann = new Person()
        yield* Effect.promise(() => ann.open(`${origin}/app/start`, "nowhere"))
        const end = yield* Effect.promise(() =>
          ann.open(`${origin}/login?returnTo=${encodeURIComponent("/app/deep?a=1#part")}`, `${origin}/app`)
        )
        assert.strictEqual(end, `${origin}/app/deep?a=1#part`)
        const token = yield* stored("ann")
        assert.strictEqual(token?.tokenType, "Bearer")
        assert.isDefined(token?.refreshToken)
        assert.isUndefined(yield* stored("nobody"))
      })
    )
  )

  it.live("comes back once: the same answer is refused the second time, and its code is not sent again", () =>
    browser(
      Effect.gen(function* () {
        const { origin, server } = yield* application
        const begun = yield* Effect.promise(() => fetch(`${origin}/login`, { redirect: "manual" }))
        const cookie = begun.headers
          .getSetCookie()
          .map((each) => each.split(";")[0])
          .join("; ")
        const callback = yield* Effect.promise(() =>
          new Person().open(begun.headers.get("location") ?? "", `${origin}/callback`)
        )
        const come = () => Effect.promise(() => fetch(callback, { redirect: "manual", headers: { cookie } }))
        const first = yield* come()
        assert.deepStrictEqual([first.status, first.headers.get("location")], [303, `${origin}/account`])
        assert.match(
          first.headers.getSetCookie().join(),
          /causeway-login-[0-9a-f]+=;.*(?:Max-Age=0|Expires=Thu, 01 Jan 1970)/
        )
        const second = yield* come()
        assert.deepStrictEqual(
          [second.status, yield* Effect.promise(() => second.text())],
          [400, "The login was refused (state).\n"]
        )
        assert.strictEqual(server.asked.get("authorization_code"), 1)
      })
    )
  )

  it.live("in one browser cannot be given the code of a login in another", () =>
    browser(
      Effect.gen(function* () {
        const { origin, stored } = yield* application
        const begin = () =>
          Effect.promise(async () => {
            const begun = await fetch(`${origin}/login`, { redirect: "manual" })
            const cookie = begun.headers
              .getSetCookie()
              .map((each) => each.split(";")[0])
              .join("; ")
            const callback = await new Person().open(begun.headers.get("location") ?? "", `${origin}/callback`)
            return { cookie, callback: new URL(callback) }
          })
        const victim = yield* begin()
        const attacker = yield* begin()
        // The whole answer of the attacker's, and then their code with the state of the victim.
        const page = (url: URL) =>
          Effect.promise(async () =>
            (await fetch(url, { redirect: "manual", headers: { cookie: victim.cookie } })).text()
          )
        assert.include(yield* page(attacker.callback), "(session)")
        victim.callback.searchParams.set("code", attacker.callback.searchParams.get("code") ?? "")
        assert.include(yield* page(victim.callback), "(InvalidGrant)")
        assert.isUndefined(yield* stored("nobody"))
      })
    )
  )

  it.live("cannot be made to log in without PKCE", () =>
    browser(
      Effect.gen(function* () {
        const { origin, stored } = yield* application
        const begun = yield* Effect.promise(() => fetch(`${origin}/login`, { redirect: "manual" }))
        const cookie = begun.headers
          .getSetCookie()
          .map((each) => each.split(";")[0])
          .join("; ")
        const url = new URL(begun.headers.get("location") ?? "")
        assert.strictEqual(url.searchParams.get("code_challenge_method"), "S256")
        url.searchParams.delete("code_challenge")
        url.searchParams.delete("code_challenge_method")
        const callback = yield* Effect.promise(() => new Person().open(url.href, `${origin}/callback`))
        assert.include(callback, "error=invalid_request")
        const page = yield* Effect.promise(() => fetch(callback, { headers: { cookie } }))
        assert.deepStrictEqual(
          [page.status, yield* Effect.promise(() => page.text())],
          [502, "The login was refused (InvalidRequest).\n"]
        )
        assert.isUndefined(yield* stored("nobody"))
      })
    )
  )
})

// -----------------------------------------------------------------------------------------------------------------
// attacks, in memory and on the test clock

type Answer = (request: HttpClientRequest.HttpClientRequest) => Response | Promise<Response>

const bearer: Answer = () => Response.json({ access_token: "t0k3n-of-the-login", token_type: "Bearer" })

interface Page {
  readonly status: number
  readonly location: URL | undefined
  readonly cookies: Readonly<Record<string, string>>
  readonly setCookie: ReadonlyArray<string>
  readonly body: string
}

const pairOf = (cookie: string): readonly [string, string] => {
  const [pair = ""] = cookie.split(";")
  const at = pair.indexOf("=")
  return [pair.slice(0, at), pair.slice(at + 1)]
}

const world = (
  answer: Answer = bearer,
  change: Partial<WebLogin.Options> & {
    readonly server?: Partial<OAuthServer.Options>
    readonly integration?: string
  } = {}
) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const stored = new Map<string, string>()
    const refused: Array<AuthError.AuthError> = []
    const network = HttpClient.make((request) =>
      Effect.promise(async () => {
        asked.push(request.url)
        return HttpClientResponse.fromWeb(request, await answer(request))
      })
    )
    const { integration = "test/Calendar", server, ...options } = change
    const client = yield* OAuthClient.make({
      integration,
      server: OAuthServer.make({
        issuer: "https://login.example",
        authorizationEndpoint: "https://login.example/authorize",
        tokenEndpoint: "https://login.example/token",
        jwksUri: "https://login.example/keys",
        namesItselfInCallbacks: true,
        ...server
      }),
      clientId: "c4us3w4y",
      authentication: ClientAuthentication.none
    }).pipe(Effect.provideService(HttpClient.HttpClient, network))
    const app = yield* HttpRouter.toHttpEffect(
      WebLogin.routes({
        client,
        origin: "https://app.example",
        returnTo: ["/account", "/app/*", "https://admin.example/*"],
        tenant: ({ cookies }) => Effect.succeed(cookies["user"] ?? "nobody"),
        tokens: (tenant) =>
          Effect.succeed({
            set: (token) => Effect.sync(() => void stored.set(tenant, Redacted.value(token.accessToken)))
          }),
        onRefused: (error) => {
          refused.push(error)
          const why = error.reason._tag === "InvalidCallback" ? error.reason.why : error.reason._tag
          return Effect.succeed(HttpServerResponse.text(why, { status: 400 }))
        },
        ...options
      }).pipe(Layer.provide(seal))
    )
    const visit = (url: string, cookies: Readonly<Record<string, string>> = {}) =>
      Effect.gen(function* () {
        const cookie = Object.entries(cookies)
          .map(([name, value]) => `${name}=${value}`)
          .join("; ")
        const request = HttpServerRequest.fromWeb(new Request(url, { headers: { cookie } }))
        const response = HttpServerResponse.toWeb(
          yield* Effect.scoped(app).pipe(
            Effect.provideService(HttpServerRequest.HttpServerRequest, request),
            Effect.orDie
          )
        )
        const setCookie = response.headers.getSetCookie()
        const location = response.headers.get("location")
        return {
          status: response.status,
          location: location === null ? undefined : new URL(location),
          cookies: Object.fromEntries(setCookie.map(pairOf)),
          setCookie,
          body: yield* Effect.promise(() => response.text())
        }
      })
    return { visit, asked, stored, refused }
  })

const at = "https://app.example"

/** What the server would send the person back with. */
/** With another character in the middle: the last ones of base64 may mean the same. */
const altered = (text: string): string => {
  const middle = Math.floor(text.length / 2)
  return `${text.slice(0, middle)}${text[middle] === "A" ? "B" : "A"}${text.slice(middle + 1)}`
}

const answerTo = (start: Page, change: Readonly<Record<string, string>> = {}) => {
  const parameters = new URLSearchParams({
    code: "c0d3",
    state: start.location?.searchParams.get("state") ?? "",
    iss: "https://login.example",
    ...change
  })
  return `${at}/login/callback?${parameters}`
}

const test = (fact: string, program: Effect.Effect<void, unknown, Scope.Scope>) =>
  it.effect(fact, () => Effect.scoped(program).pipe(Effect.provide(quiet)))

describe("a login", () => {
  test(
    "is in a cookie that only this host can have set, that no script reads and no other site sends, for ten minutes",
    Effect.gen(function* () {
      const { visit } = yield* world()
      const { setCookie, status } = yield* visit(`${at}/login`)
      assert.strictEqual(status, 302)
      assert.strictEqual(setCookie.length, 1)
      assert.match(setCookie[0] ?? "", /^__Host-causeway-login-[0-9a-f]{16}=v1\.test\./)
      const attributes = (setCookie[0] ?? "").split("; ").slice(1).toSorted()
      assert.deepStrictEqual(attributes, ["HttpOnly", "Max-Age=600", "Path=/", "SameSite=Lax", "Secure"])
      assert.isBelow((setCookie[0] ?? "").length, 1_500)
    })
  )

  test(
    "shows in its cookie neither verifier nor nonce nor tenant",
    Effect.gen(function* () {
      const { visit } = yield* world(bearer, { authorization: { scope: "openid" } })
      const { cookies, location } = yield* visit(`${at}/login`, { user: "ann-the-tenant" })
      const shown = Object.values(cookies)
        .flatMap((each) => [each, Buffer.from(each.split(".")[2] ?? "", "base64url").toString("latin1")])
        .join()
      for (const secret of [
        "ann-the-tenant",
        location?.searchParams.get("nonce"),
        location?.searchParams.get("state")
      ]) {
        assert.notInclude(shown, secret ?? "missing")
      }
    })
  )

  test(
    "ends where the person came from, on the list, or at its first entry",
    Effect.gen(function* () {
      const { stored, visit } = yield* world()
      const places: ReadonlyArray<[string, string]> = [
        ["", "https://app.example/account"],
        ["?returnTo=/account", "https://app.example/account"],
        ["?returnTo=/app/a/b%3Fc%3Dd%23e", "https://app.example/app/a/b?c=d#e"],
        ["?returnTo=https%3A%2F%2Fapp.example%2Fapp%2F", "https://app.example/app/"],
        ["?returnTo=https://admin.example/users", "https://admin.example/users"]
      ]
      for (const [query, expected] of places) {
        const start = yield* visit(`${at}/login${query}`, { user: "ann" })
        const end = yield* visit(answerTo(start), { user: "ann", ...start.cookies })
        assert.deepStrictEqual([end.status, end.location?.href], [303, expected])
      }
      assert.deepStrictEqual([...stored], [["ann", "t0k3n-of-the-login"]])
    })
  )

  test(
    "may be under way in several tabs at once",
    Effect.gen(function* () {
      const { visit } = yield* world()
      const first = yield* visit(`${at}/login`)
      const second = yield* visit(`${at}/login`, first.cookies)
      const all = { ...first.cookies, ...second.cookies }
      assert.strictEqual((yield* visit(answerTo(first), all)).status, 303)
      assert.strictEqual((yield* visit(answerTo(second), all)).status, 303)
    })
  )

  test(
    "of a browser that has begun many others ends those before it, so that its cookies stay few",
    Effect.gen(function* () {
      const { visit } = yield* world()
      let cookies: Readonly<Record<string, string>> = {}
      for (let login = 0; login < 40; login += 1) {
        const page = yield* visit(`${at}/login`, cookies)
        const all = { ...cookies, ...page.cookies }
        cookies = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""))
        assert.isAtMost(Object.keys(cookies).length, 8)
      }
    })
  )
})

describe("an open redirect is refused", () => {
  const places = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/app/..//evil.example",
    "/.//evil.example",
    "https:evil.example",
    "https://app.example@evil.example/app/",
    "https://app.example.evil.example/app/",
    "https://ann:pw@app.example/app/",
    "http://app.example/app/",
    "https://app.example:8443/app/",
    "javascript:alert(1)",
    "data:text/html,x",
    "/app/\t/x",
    "/\t/evil.example",
    "/accounts",
    "/app",
    "/application/x",
    "/app/../secret",
    "/app/%2e%2e/secret",
    "https://admin.example.evil/",
    "",
    "x".repeat(5_000)
  ]
  for (const place of places) {
    test(
      JSON.stringify(place.slice(0, 60)),
      Effect.gen(function* () {
        const { asked, refused, visit } = yield* world()
        const page = yield* visit(`${at}/login?returnTo=${encodeURIComponent(place)}`)
        assert.deepStrictEqual([page.status, page.body, page.location], [400, "returnTo", undefined])
        assert.deepStrictEqual([page.setCookie.length, asked.length, refused.length], [0, 0, 1])
      })
    )
  }

  test(
    "also where what was begun would not fit into a cookie",
    Effect.gen(function* () {
      const { asked, visit } = yield* world()
      const statuses: Array<number> = []
      for (const length of [100, 2_500, 3_500, 10_000]) {
        const { body, location, setCookie, status } = yield* visit(`${at}/login?returnTo=/app/${"x".repeat(length)}`)
        statuses.push(status)
        for (const cookie of setCookie) assert.isBelow(cookie.length, 4_097)
        if (status === 400) assert.deepStrictEqual([body, location, setCookie.length], ["returnTo", undefined, 0])
      }
      assert.deepStrictEqual([statuses[0], statuses.at(-1)], [302, 400])
      assert.deepStrictEqual(asked, [])
    })
  )

  test(
    "also where it is said twice, once well",
    Effect.gen(function* () {
      const { visit } = yield* world()
      const page = yield* visit(`${at}/login?returnTo=/account&returnTo=https://evil.example`)
      assert.deepStrictEqual([page.status, page.body], [400, "returnTo"])
    })
  )

  test(
    "and in the callback nothing but what was sealed says where to go",
    Effect.gen(function* () {
      const { visit } = yield* world()
      const start = yield* visit(`${at}/login`)
      const end = yield* visit(answerTo(start, { returnTo: "https://evil.example/" }), start.cookies)
      assert.strictEqual(end.location?.href, "https://app.example/account")
    })
  )
})

describe("a callback is refused, and nothing is asked or stored", () => {
  const cases: ReadonlyArray<
    [string, string, (start: Page, other: Page) => [string, Readonly<Record<string, string>>]]
  > = [
    [
      "without a state",
      "state",
      (start) => [`${at}/login/callback?code=c0d3&iss=https://login.example`, start.cookies]
    ],
    [
      "with two states",
      "state",
      (start, other) => [`${answerTo(start)}&state=${other.location?.searchParams.get("state")}`, start.cookies]
    ],
    ["in a browser that began no login", "session", (start) => [answerTo(start), {}]],
    ["with the state of another login", "session", (start, other) => [answerTo(other), start.cookies]],
    [
      "with the cookie of another login under its name",
      "state",
      (start, other) => [
        answerTo(start),
        Object.fromEntries(Object.keys(start.cookies).map((name) => [name, Object.values(other.cookies)[0] ?? ""]))
      ]
    ],
    [
      "with a cookie that was altered",
      "session",
      (start) => [
        answerTo(start),
        Object.fromEntries(Object.entries(start.cookies).map(([name, value]) => [name, altered(value)]))
      ]
    ],
    [
      "for another tenant than began it",
      "session",
      (start) => [answerTo(start), { ...start.cookies, user: "mallory" }]
    ],
    ["of another issuer", "issuer", (start) => [answerTo(start, { iss: "https://evil.example" }), start.cookies]],
    [
      "of an issuer that promised its name and does not say it",
      "issuer",
      (start) => [answerTo(start).replace(/&iss=[^&]*/, ""), start.cookies]
    ],
    ["of two issuers", "issuer", (start) => [`${answerTo(start)}&iss=https://evil.example`, start.cookies]],
    ["without a code", "code", (start) => [answerTo(start).replace("code=c0d3&", ""), start.cookies]],
    [
      "that says no",
      "AccessDenied",
      (start) => [answerTo(start, { error: "access_denied" }).replace("code=c0d3&", ""), start.cookies]
    ]
  ]
  for (const [what, why, attack] of cases) {
    test(
      what,
      Effect.gen(function* () {
        const { asked, refused, stored, visit } = yield* world()
        const start = yield* visit(`${at}/login`, { user: "nobody" })
        const other = yield* visit(`${at}/login`, { user: "nobody" })
        const [url, cookies] = attack(start, other)
        const page = yield* visit(url, cookies)
        assert.deepStrictEqual([page.status, page.body], [400, why])
        assert.deepStrictEqual([asked.length, stored.size, refused.length], [0, 0, 1])
      })
    )
  }

  test(
    "when it comes a second time",
    Effect.gen(function* () {
      const { asked, visit } = yield* world()
      const start = yield* visit(`${at}/login`)
      yield* visit(answerTo(start), start.cookies)
      assert.strictEqual((yield* visit(answerTo(start, { code: "an0ther" }), start.cookies)).body, "state")
      assert.strictEqual(asked.length, 1)
    })
  )

  test(
    "when it comes too late",
    Effect.gen(function* () {
      const { visit } = yield* world()
      const start = yield* visit(`${at}/login`)
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* visit(answerTo(start), start.cookies)).body, "expired")
    })
  )

  test(
    "when it comes to the callback of another integration",
    Effect.gen(function* () {
      const calendar = yield* world()
      const mail = yield* world(bearer, { integration: "test/Mail", server: { issuer: "https://mail.example" } })
      const start = yield* calendar.visit(`${at}/login`)
      assert.strictEqual((yield* mail.visit(answerTo(start), start.cookies)).body, "session")
      assert.strictEqual(mail.asked.length, 0)
    })
  )
})

describe("an ID token", () => {
  const issuing = (nonceOf: (count: number) => string | undefined) =>
    Effect.gen(function* () {
      const { privateKey, publicKey } = yield* Effect.promise(() => generateKeyPair("RS256"))
      const jwk = { ...(yield* Effect.promise(() => exportJWK(publicKey))), kid: "k", alg: "RS256", use: "sig" }
      let count = 0
      const answer: Answer = async ({ url }) => {
        if (url.endsWith("/keys")) return Response.json({ keys: [jwk] })
        const nonce = nonceOf(count++)
        const idToken = await new SignJWT(nonce === undefined ? {} : { nonce })
          .setProtectedHeader({ alg: "RS256", kid: "k" })
          .setIssuer("https://login.example")
          .setAudience("c4us3w4y")
          .setSubject("ann")
          .setIssuedAt(0)
          .setExpirationTime(600)
          .sign(privateKey)
        return Response.json({ access_token: "t0k3n", token_type: "Bearer", id_token: idToken })
      }
      return answer
    })

  test(
    "with the nonce of an earlier login is refused, and with its own taken",
    Effect.gen(function* () {
      const issued: { nonce?: string | undefined } = {}
      const { refused, visit } = yield* world(yield* issuing(() => issued.nonce), {
        authorization: { scope: "openid" },
        server: { idTokenAlgorithms: ["RS256"] }
      })
      const first = yield* visit(`${at}/login`)
      issued.nonce = first.location?.searchParams.get("nonce") ?? undefined
      assert.strictEqual((yield* visit(answerTo(first), first.cookies)).status, 303)
      const second = yield* visit(`${at}/login`)
      assert.strictEqual((yield* visit(answerTo(second), second.cookies)).status, 400)
      assert.deepStrictEqual(
        refused.map(({ reason }) => (reason._tag === "InvalidCallback" ? reason.why : reason._tag)),
        ["nonce"]
      )
    })
  )
})

describe("a person whose login was refused", () => {
  test(
    "is told the check and nothing that is secret, and no cache keeps it",
    Effect.gen(function* () {
      const { visit } = yield* world(
        () => Response.json({ error: "invalid_grant", error_description: "pl4nted c0d3" }, { status: 400 }),
        { onRefused: undefined as never }
      )
      const start = yield* visit(`${at}/login`)
      const page = yield* visit(answerTo(start), start.cookies)
      assert.deepStrictEqual([page.status, page.body], [400, "The login was refused (InvalidGrant).\n"])
    })
  )

  test(
    "may come again later when the server is not well",
    Effect.gen(function* () {
      const { stored, visit } = yield* world(
        () => new Response("down", { status: 503, headers: { "retry-after": "99" } }),
        {
          onRefused: undefined as never
        }
      )
      const start = yield* visit(`${at}/login`)
      const page = yield* visit(answerTo(start), start.cookies)
      assert.deepStrictEqual([page.status, stored.size], [503, 0])
    })
  )
})

describe("an option that makes no sense throws", () => {
  const options = {
    client: { integration: "test/Calendar" } as OAuthClient.OAuthClient,
    origin: at,
    tenant: () => Effect.succeed("nobody"),
    tokens: () => Effect.succeed({ set: () => Effect.void })
  }
  const cases: ReadonlyArray<[string, Partial<WebLogin.Options>]> = [
    ["an origin without TLS", { origin: "http://app.example" }],
    ["an origin with a path", { origin: "https://app.example/app" }],
    ["no place to end at", { returnTo: [] }],
    ["a place of another scheme", { returnTo: ["javascript:alert(1)"] }],
    ["a place without a slash", { returnTo: ["account"] }],
    ["a place that a browser reads as another host", { returnTo: ["//evil.example/*"] }],
    ["a star in the middle", { returnTo: ["/a/*/b"] }]
  ]
  for (const [what, change] of cases) {
    it(what, () => assert.throws(() => WebLogin.routes({ ...options, ...change }), InvalidOption.InvalidOption))
  }
})
