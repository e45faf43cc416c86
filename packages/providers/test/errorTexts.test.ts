/** What the errors of providers keep of the texts that a server sends: no secret, and no line that it could forge. */
import { Auth, TokenLease, TokenStore } from "@causeway/core/auth"
import { GitHub, GitHubApi, GitHubAuth } from "@causeway/providers/github"
import { GoogleAuth } from "@causeway/providers/google"
import { SlackApi, SlackAuth } from "@causeway/providers/slack"
import { assert, describe, it } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Exit, Layer, Redacted, Schema } from "effect"
import { FetchHttpClient, HttpClient, HttpClientRequest } from "effect/http"
import { generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import { provider, type Received } from "./loopback.ts"

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2_048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
})

const printed = (exit: Exit.Exit<unknown, unknown>): string =>
  [
    inspect(exit, { depth: 15, showHidden: true }),
    JSON.stringify(exit),
    Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""
  ].join("\n")

const messageOf = (exit: Exit.Exit<unknown, unknown>): string => {
  const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  return error instanceof Error ? error.message : ""
}

const checkThat = (exit: Exit.Exit<unknown, unknown>, secret: string): void => {
  assert.isAtLeast(secret.length, 40)
  assert.include(messageOf(exit), "<redacted>")
  // A part of it would do as well, where a server cuts what it repeats.
  for (const part of [secret, secret.slice(0, 40), secret.slice(-40)]) assert.notInclude(printed(exit), part)
  assert.notMatch(messageOf(exit), /[\n\r\u2028]/)
}

const bearerOf = ({ headers }: Received): string => (headers.authorization ?? "").replace(/^bearer /i, "")

describe("a server that repeats what it got, with a line break", () => {
  const google = (url: string) =>
    Layer.provide(GoogleAuth.GoogleTokens.layer, Auth.none(GoogleAuth.GoogleTokens)).pipe(
      Layer.provide(
        Layer.effect(
          HttpClient.HttpClient,
          Effect.map(
            HttpClient.HttpClient,
            HttpClient.mapRequest((request) => HttpClientRequest.setUrl(request, `${url}/token`))
          )
        )
      ),
      Layer.provide(FetchHttpClient.layer)
    )

  for (const [name, around] of [
    ["whole", (assertion: string) => assertion],
    ["without its end", (assertion: string) => assertion.slice(0, -100)]
  ] as const) {
    it.effect(`leaks no assertion into the error of a Google service account (${name})`, () =>
      Effect.gen(function* () {
        let assertion = ""
        const { url } = yield* provider(({ body }) => {
          assertion = new URLSearchParams(body).get("assertion") ?? ""
          const description = `Invalid JWT: assertion was\nERROR forged ${around(assertion)}`
          return { status: 400, body: { error: `invalid_grant\n${around(assertion)}`, error_description: description } }
        })
        const key = JSON.stringify({ type: "service_account", client_email: "a@b.example", private_key: privateKey })
        const grant = GoogleAuth.serviceAccountGrant("test/G", { scope: "s" }, Effect.succeed(Redacted.make(key)))
        const exit = yield* Effect.exit(
          Effect.flatMap(grant, ({ obtain = Effect.die("no way to a token") }) => obtain).pipe(
            Effect.provide(google(url))
          )
        )
        checkThat(exit, assertion)
      })
    )
  }

  it.effect("leaks no assertion into the error of Google's own endpoint", () =>
    Effect.gen(function* () {
      let assertion = ""
      const { url } = yield* provider(({ body }) => {
        assertion = new URLSearchParams(body).get("assertion") ?? ""
        return { status: 400, body: { error: "invalid_grant", error_description: `was\n${assertion}` } }
      })
      const sent = `eyJhbGciOiJSUzI1NiJ9.${"eyJpc3MiOiJhIn0".repeat(4)}.c2lnbmF0dXJl`
      const payload = { grant_type: "x", assertion: Redacted.make(sent) }
      const exchange = Effect.flatMap(GoogleAuth.GoogleTokens, (tokens) => tokens.exchange({ payload }))
      const exit = yield* Effect.exit(Effect.provide(exchange, google(url)))
      assert.strictEqual(assertion, sent)
      assert.notInclude(printed(exit), sent)
      assert.notInclude(printed(exit), "was\n")
    })
  )

  for (const status of [404, 422]) {
    it.effect(`leaks no JWT of a GitHub App into the error of a ${status}`, () =>
      Effect.gen(function* () {
        let jwt = ""
        const { url } = yield* provider((request) => {
          jwt = bearerOf(request)
          return { status, body: { message: `no app for\nERROR forged ${jwt}` } }
        })
        const layers = GitHubAuth.GitHubApp.layer.pipe(
          Layer.provide(GitHubAuth.appJwt("1", Effect.succeed(Redacted.make(privateKey)))),
          Layer.provide(FetchHttpClient.layer),
          Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ GITHUB_API_URL: url })))
        )
        const asking = { params: { installation_id: 1 }, payload: {} }
        const own = yield* Effect.exit(
          Effect.provide(
            Effect.flatMap(GitHubAuth.GitHubApp, (app) => app.createInstallationToken(asking)),
            layers
          )
        )
        checkThat(own, jwt)
        const grant = GitHubAuth.installationGrant({ appId: "1", installationId: 1 })
        const exit = yield* Effect.exit(
          Effect.flatMap(grant, ({ obtain = Effect.die("no way to a token") }) => obtain).pipe(Effect.provide(layers))
        )
        assert.notInclude(printed(exit), jwt.slice(0, 40))
        assert.notMatch(messageOf(exit), /[\n\r]/)
      })
    )
  }

  it.effect("leaks no token into the error of a call to GitHub", () =>
    Effect.gen(function* () {
      const token = "ghs_1234567890abcdefghijklmnopqrstuvwxyzABCD"
      const { url } = yield* provider((request) => ({
        status: 404,
        body: { message: `none\nfor ${bearerOf(request)}` }
      }))
      const layers = GitHub.layer.pipe(
        Layer.provide(GitHubAuth.token(Effect.succeed(Redacted.make(token)))),
        Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory, FetchHttpClient.layer]),
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ GITHUB_API_URL: url })))
      )
      const call = Effect.flatMap(GitHub, (github) => github.getUser({ params: { username: "octocat" } }))
      checkThat(yield* Effect.exit(Effect.provide(call, layers)), token)
    })
  )
})

const hostile = "a\nERROR forged xoxb-1234567890-abcdefghijklmnop"

describe("the errors that an API declares", () => {
  const decoded = {
    "GitHubApi.NotFound": Schema.decodeUnknownSync(GitHubApi.NotFound)({ _tag: "NotFound", message: hostile }),
    "GitHubApi.Gone": Schema.decodeUnknownSync(GitHubApi.Gone)({ _tag: "Gone", message: hostile }),
    "SlackApi.SlackError": Schema.decodeUnknownSync(SlackApi.SlackError)({
      _tag: "SlackError",
      ok: false,
      error: hostile,
      needed: hostile
    })
  }
  for (const [name, error] of Object.entries(decoded)) {
    it(`keep one line without secrets: ${name}`, () => {
      assert.include(error.message, "<redacted>")
      assert.notInclude(error.message, "\n")
      assert.notInclude(JSON.stringify(error), "xoxb-1234567890")
    })
  }

  it.effect("keep one line without secrets: SlackRefused", () =>
    Effect.gen(function* () {
      const refused = yield* Effect.flip(SlackAuth.checked(Effect.succeed({ ok: false, error: hostile })))
      assert.strictEqual(refused.error, "a ERROR forged <redacted>")
    })
  )
})
