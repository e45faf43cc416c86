import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Layer, Logger, Redacted, References, Schema } from "effect"
import { FetchHttpClient, HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import {
  HttpApi,
  HttpApiBuilder,
  HttpApiEndpoint,
  HttpApiGroup,
  HttpApiMiddleware,
  HttpApiSecurity,
  OpenApi
} from "effect/http-api"
import { TestClock } from "effect/testing"
import { BearerAuth, Jwks, Jwt, JwtKey, JwtVerifier } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import { secretText } from "./keys.ts"
import { keyServer } from "./keyServer.ts"
import { serving } from "./serving.ts"

const issuer = "https://as.example"
const audience = "https://api.example"

class Caller extends Context.Service<Caller, { readonly sub: string }>()("test/Caller") {}

const rules = { issuer, audience, claims: Schema.Struct({ sub: Schema.String }) } as const

const verifier = Effect.map(JwtKey.verifying(secretText, { alg: "HS256" }), (keys) =>
  JwtVerifier.make({ ...rules, keys, algorithms: ["HS256"] })
)

const tokenWith = (claims: Readonly<Record<string, Schema.Json>> = {}) =>
  Effect.gen(function* () {
    const key = yield* JwtKey.signing(secretText, { alg: "HS256" })
    const token = yield* Jwt.sign(key, { iss: issuer, aud: audience, sub: "ada", lifetime: "5 minutes", claims })
    return Redacted.value(token)
  })

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const me = HttpRouter.add(
  "GET",
  "/me",
  Effect.map(Caller, ({ sub }) => HttpServerResponse.text(sub))
)

const routed = (options?: BearerAuth.Options) =>
  serving(
    me.pipe(
      Layer.provide(
        HttpRouter.middleware<{ provides: Caller }>()(
          Effect.map(verifier, (verifier) => BearerAuth.middleware(Caller, verifier, options))
        ).layer
      )
    )
  )

describe("a router behind the middleware", () => {
  it.effect("lets in who brings a token that holds, and handlers know who it is", () =>
    Effect.gen(function* () {
      const get = yield* routed()
      const token = yield* tokenWith()
      assert.deepInclude(yield* get("/me", bearer(token)), { status: 200, body: "ada", challenge: null })
      assert.deepInclude(yield* get("/me", { authorization: `bEaReR  ${token}` }), { status: 200, body: "ada" })
    })
  )

  it.effect("answers with a challenge alone who brings none, or another kind of credentials", () =>
    Effect.gen(function* () {
      const get = yield* routed({ realm: "orders" })
      const token = yield* tokenWith()
      for (const headers of [
        {},
        { authorization: "Basic YTpi" },
        { authorization: "Bearer" },
        { authorization: token }
      ]) {
        assert.deepStrictEqual(yield* get("/me", headers), {
          status: 401,
          body: "",
          challenge: 'Bearer realm="orders"',
          retryAfter: null
        })
      }
    })
  )

  it.effect("does not look for a token anywhere but in the header", () =>
    Effect.gen(function* () {
      const get = yield* routed()
      const token = yield* tokenWith()
      const answer = yield* get(`/me?access_token=${token}`, { cookie: `access_token=${token}` })
      assert.deepInclude(answer, { status: 401, challenge: "Bearer" })
    })
  )

  it.effect("tells who brings one that does not hold no more than that, or that it has expired", () =>
    Effect.gen(function* () {
      const get = yield* routed()
      const token = yield* tokenWith()
      const [header = "", payload = ""] = token.split(".")
      for (const bad of [`${header}.${payload}.AAAA`, "nonsense", `${token}, ${token}`]) {
        assert.deepInclude(yield* get("/me", bearer(bad)), {
          status: 401,
          challenge: 'Bearer error="invalid_token", error_description="the token does not hold here"'
        })
      }
      yield* TestClock.adjust("6 minutes")
      assert.deepInclude(yield* get("/me", bearer(token)), {
        status: 401,
        challenge: 'Bearer error="invalid_token", error_description="the token has expired"'
      })
    })
  )

  it.effect("asks for all scopes, in each of the ways that tokens have them", () =>
    Effect.gen(function* () {
      const get = yield* routed({ scope: "read write" })
      for (const claims of [{ scope: "write read admin" }, { scp: ["read", "write"] }, { scp: "read write" }]) {
        assert.strictEqual((yield* get("/me", bearer(yield* tokenWith(claims)))).status, 200)
      }
      for (const claims of [{}, { scope: "read" }, { scope: "readwrite" }, { scope: 7 }, { scp: [] }]) {
        assert.deepInclude(yield* get("/me", bearer(yield* tokenWith(claims))), {
          status: 403,
          challenge:
            'Bearer error="insufficient_scope", ' +
            'error_description="the token does not have the scope that this asks for", scope="read write"'
        })
      }
    })
  )

  for (const [name, cnf] of Object.entries({
    "the thumbprint of a key": { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" },
    "the thumbprint of a certificate": { "x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2" },
    "a key": { jwk: { kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } },
    "an encrypted key": { jwe: "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkExMjhDQkMtSFMyNTYifQ.a.b.c.d" },
    "the id of a key": { kid: "dfd1aa97-6d8d-4575-a0fe-34b96de2bfad" },
    "the URL of a key": { jku: "https://keys.example/jwks", kid: "1" },
    "an unregistered confirmation method": { "future#S512": "x" },
    "a thumbprint that is no text": { jkt: 7 },
    "no thumbprint": { jkt: null },
    "no member": {},
    "a text": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    "a list": [{ jkt: "x" }],
    nothing: null,
    "a number": 0,
    "an empty text": "",
    no: false
  })) {
    it.effect(`refuses a token as a bearer token whose confirmation (cnf) is ${name}`, () =>
      Effect.gen(function* () {
        const get = yield* routed()
        const { challenge, status } = yield* get("/me", bearer(yield* tokenWith({ cnf })))
        assert.strictEqual(status, 401)
        assert.include(challenge, 'error="invalid_token"')
        assert.include(challenge, "bound to a key")
      })
    )
  }

  it.effect("answers 503 while the keys of the issuer cannot be had, and lets the token in afterwards", () =>
    Effect.gen(function* () {
      const keys = yield* keyServer
      keys.answer((_request, response) => response.writeHead(503, { "retry-after": "7" }).end())
      const signing = yield* JwtKey.generate("ES256", { kid: "k" })
      const remote = Jwks.make(keys.url, { allowInsecureRequests: true, policy: { retry: null } })
      const routes = HttpRouter.middleware<{ provides: Caller }>()(
        Effect.map(Effect.provide(remote, FetchHttpClient.layer), (keys) =>
          BearerAuth.middleware(Caller, JwtVerifier.make({ ...rules, keys, algorithms: ["ES256"] }))
        )
      )
      const get = yield* serving(me.pipe(Layer.provide(routes.layer)))
      const token = Redacted.value(
        yield* Jwt.sign(signing, { iss: issuer, aud: audience, sub: "ada", lifetime: "5 minutes" })
      )
      assert.deepInclude(yield* get("/me", bearer(token)), { status: 503, challenge: null, retryAfter: "7" })
      keys.give({ ...signing.publicJwk, kid: "k" })
      yield* TestClock.adjust("7 seconds")
      assert.deepInclude(yield* get("/me", bearer(token)), { status: 200, body: "ada" })
    })
  )

  it.effect("logs why, and nothing of the token", () => {
    const lines: Array<string> = []
    const logger = Logger.make(({ message }) => void lines.push(String(message)))
    return Effect.gen(function* () {
      const get = yield* routed()
      const token = yield* tokenWith({ planted: "planted-claim" })
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* get("/me", bearer(token))).status, 401)
      assert.lengthOf(lines, 1)
      assert.include(lines[0], "the token does not hold (expired)")
      for (const secret of ["planted", ...token.split(".")]) assert.notInclude(lines.join("\n"), secret)
    }).pipe(Effect.provide(Logger.layer([logger])), Effect.provideService(References.MinimumLogLevel, "Debug"))
  })
})

class Authenticated extends HttpApiMiddleware.Service<Authenticated, { provides: Caller }>()("test/Authenticated", {
  security: { bearer: HttpApiSecurity.bearer },
  error: BearerAuth.errors
}) {}

const api = HttpApi.make("api")
  .add(
    HttpApiGroup.make("orders")
      .add(HttpApiEndpoint.get("whose", "/whose", { success: Schema.String }))
      .add(
        HttpApiEndpoint.get("mine", "/mine", { success: Schema.String }).annotate(
          BearerAuth.RequiredScope,
          "orders:read"
        )
      )
      .middleware(Authenticated)
  )
  .add(HttpApiGroup.make("open").add(HttpApiEndpoint.get("health", "/health", { success: Schema.String })))

const whoseOrders = Effect.map(Caller, ({ sub }) => `orders of ${sub}`)

const apiRoutes = (options?: BearerAuth.Options) =>
  HttpApiBuilder.layer(api).pipe(
    Layer.provide([
      HttpApiBuilder.group(api, "orders", (group) =>
        group.handle("whose", () => whoseOrders).handle("mine", () => whoseOrders)
      ),
      HttpApiBuilder.group(api, "open", (group) => group.handle("health", () => Effect.succeed("well")))
    ]),
    Layer.provide(BearerAuth.layer(Authenticated, Caller, verifier, options)),
    Layer.provide(HttpServer.layerServices)
  )

describe("an HttpApi behind the middleware", () => {
  it.effect("lets in who brings a token that holds, and handlers know who it is", () =>
    Effect.gen(function* () {
      const get = yield* serving(apiRoutes())
      assert.deepInclude(yield* get("/whose", bearer(yield* tokenWith())), { status: 200, body: '"orders of ada"' })
      assert.deepInclude(yield* get("/health"), { status: 200, challenge: null })
    })
  )

  it.effect("challenges whoever does not", () =>
    Effect.gen(function* () {
      const get = yield* serving(apiRoutes({ realm: "orders" }))
      assert.deepInclude(yield* get("/whose"), { status: 401, body: "", challenge: 'Bearer realm="orders"' })
      const { challenge, status } = yield* get("/whose", bearer("nonsense"))
      assert.strictEqual(status, 401)
      assert.include(challenge, 'Bearer realm="orders", error="invalid_token"')
    })
  )

  it.effect("asks for the scopes of an endpoint beside those of all", () =>
    Effect.gen(function* () {
      const get = yield* serving(apiRoutes({ scope: "api" }))
      const token = yield* tokenWith({ scope: "api" })
      assert.strictEqual((yield* get("/whose", bearer(token))).status, 200)
      const { challenge, status } = yield* get("/mine", bearer(token))
      assert.strictEqual(status, 403)
      assert.include(challenge, 'error="insufficient_scope"')
      assert.include(challenge, 'scope="api orders:read"')
      const both = yield* tokenWith({ scope: "orders:read api" })
      assert.strictEqual((yield* get("/mine", bearer(both))).status, 200)
    })
  )

  it("is described with its scheme and its answers", () => {
    const { components, paths } = OpenApi.fromApi(api)
    assert.deepInclude(components.securitySchemes, { bearer: { type: "http", scheme: "Bearer" } })
    const responses = Object.keys(paths["/whose"]?.get?.responses ?? {})
    assert.includeMembers(responses, ["200", "401", "403", "503"])
  })
})

describe("an option that no header can carry is refused where the middleware is made", () => {
  for (const [option, options] of [
    ["bearerAuth.realm", { realm: 'a"b' }],
    ["bearerAuth.realm", { realm: "a\r\nb" }],
    ["bearerAuth.realm", { realm: "" }],
    ["bearerAuth.scope", { scope: "read  write" }],
    ["bearerAuth.scope", { scope: ['re"ad'] }],
    ["bearerAuth.scope[0]", { scope: [""] }]
  ] as const) {
    it.effect(`${option} of ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        const made = yield* verifier
        const make = () => BearerAuth.middleware(Caller, made, options)
        const error = yield* Effect.flip(Effect.try({ try: make, catch: (error) => error }))
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.strictEqual(error.option, option)
      })
    )
  }
})
