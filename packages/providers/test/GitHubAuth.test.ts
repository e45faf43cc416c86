import { GitHub, GitHubAuth } from "@causeway/providers/github"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted } from "effect"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "effect/http"

const octocat = { id: 1, login: "octocat", type: "User", html_url: "https://github.com/octocat" }

/** Answers everything with a user, and remembers what was asked. */
const remembering = (asked: Array<HttpClientRequest.HttpClientRequest>) =>
  Layer.succeed(
    HttpClient.HttpClient,
    HttpClient.make((request) =>
      Effect.sync(() => {
        asked.push(request)
        return HttpClientResponse.fromWeb(request, Response.json(octocat))
      })
    )
  )

const getOctocat = Effect.flatMap(GitHub, (github) => github.getUser({ params: { username: "octocat" } }))

const environment = (variables: Readonly<Record<string, string>>) =>
  ConfigProvider.layer(ConfigProvider.fromUnknown(variables))

const ask = <E>(
  credentials: Layer.Layer<Layer.Success<ReturnType<typeof GitHubAuth.anonymous>>, E>,
  variables: Readonly<Record<string, string>> = {},
  calls = 1
) =>
  Effect.gen(function* () {
    const asked: Array<HttpClientRequest.HttpClientRequest> = []
    const layer = GitHub.layer.pipe(
      Layer.provide([credentials, remembering(asked)]),
      Layer.provide(environment(variables))
    )
    yield* Effect.provide(Effect.replicateEffect(getOctocat, calls), layer)
    return asked
  })

describe("a request to GitHub", () => {
  it.effect("carries the token of the environment, and introduces itself", () =>
    Effect.gen(function* () {
      const [request] = yield* ask(GitHubAuth.layer, { GITHUB_TOKEN: "ghp_abc" })
      assert.strictEqual(request?.url, "https://api.github.com/users/octocat")
      assert.include(request?.headers, {
        authorization: "Bearer ghp_abc",
        accept: "application/vnd.github+json",
        "user-agent": "causeway",
        "x-github-api-version": "2022-11-28"
      })
    })
  )

  it.effect("carries the application's name when it is given one", () =>
    Effect.gen(function* () {
      const [request] = yield* ask(GitHubAuth.anonymous({ userAgent: "mirror/1.0" }))
      assert.strictEqual(request?.headers["user-agent"], "mirror/1.0")
    })
  )

  it.effect("carries no authorization when it is anonymous", () =>
    Effect.gen(function* () {
      const [request] = yield* ask(GitHubAuth.anonymous())
      assert.isUndefined(request?.headers["authorization"])
    })
  )

  it.effect("carries a fresh token each time when the token is an Effect", () =>
    Effect.gen(function* () {
      let drawn = 0
      const token = Effect.sync(() => Redacted.make(`token ${++drawn}`))
      const asked = yield* ask(GitHubAuth.token(token), {}, 2)
      assert.deepStrictEqual(
        asked.map(({ headers }) => headers["authorization"]),
        ["Bearer token 1", "Bearer token 2"]
      )
    })
  )

  it.effect("goes where GITHUB_API_URL says", () =>
    Effect.gen(function* () {
      const [request] = yield* ask(GitHubAuth.anonymous(), { GITHUB_API_URL: "https://github.acme.example/api/v3" })
      assert.strictEqual(request?.url, "https://github.acme.example/api/v3/users/octocat")
    })
  )
})

describe("the Layer of GitHub is not built", () => {
  it.effect("without the token that it was told to read", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask(GitHubAuth.layer))
      assert.include(String(error), "GITHUB_TOKEN")
    })
  )

  it.effect("when GITHUB_API_URL is no URL", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(ask(GitHubAuth.anonymous(), { GITHUB_API_URL: "api.github.com" }))
      assert.include(String(error), "http")
    })
  )
})
