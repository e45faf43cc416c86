import { AuthError, TokenLease, TokenStore } from "@causeway/core/auth"
import { GitHub, GitHubAuth } from "@causeway/providers/github"
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer, Redacted, type Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { createAppAuth, type StrategyOptions } from "@octokit/auth-app"
import { importSPKI, jwtVerify } from "jose"
import { generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import { type Answer, provider, type Received } from "./loopback.ts"

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2_048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" }
})

const octocat = { id: 1, login: "octocat", type: "User", html_url: "https://github.com/octocat" }
const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString()
const issued = (token = "ghs_1nst4ll"): Answer => ({
  status: 201,
  body: { token, expires_at: inAnHour(), permissions: { issues: "read" }, repository_selection: "selected" }
})

const isForToken = ({ path }: Received) => path.endsWith("/access_tokens")

const asking = (url: string, options: Partial<GitHubAuth.InstallationOptions> = {}, key = privateKey) =>
  GitHub.layer.pipe(
    Layer.provide(
      GitHubAuth.installation(
        { appId: "Iv23li8fs", installationId: 42, ...options },
        Effect.succeed(Redacted.make(key))
      )
    ),
    Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory, FetchHttpClient.layer]),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ GITHUB_API_URL: url })))
  )

const getOctocat = Effect.flatMap(GitHub, (github) => github.getUser({ params: { username: "octocat" } }))

const live = (fact: string, program: () => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live(fact, () => Effect.scoped(program()))

const claimsOf = (request: Received | undefined) =>
  Effect.promise(async () => {
    const jwt = /^bearer (.+)$/i.exec(request?.headers.authorization ?? "")?.[1] ?? ""
    const { payload, protectedHeader } = await jwtVerify(jwt, await importSPKI(publicKey, "RS256"))
    return { protectedHeader, payload }
  })

describe("a GitHub App", () => {
  live("asks for the token of its installation once, and uses it", () =>
    Effect.gen(function* () {
      const { received, url } = yield* provider((request) =>
        isForToken(request) ? issued() : { status: 200, body: octocat }
      )
      yield* Effect.replicateEffect(getOctocat, 3).pipe(Effect.provide(asking(url, { userAgent: "mirror/1.0" })))
      assert.deepStrictEqual(
        received.map(({ method, path }) => `${method} ${path}`),
        ["POST /app/installations/42/access_tokens", ...Array(3).fill("GET /users/octocat")]
      )
      assert.include(received[1]?.headers, { authorization: "Bearer ghs_1nst4ll", "user-agent": "mirror/1.0" })
    })
  )

  live("renews a token that GitHub refuses, and makes the call once more", () =>
    Effect.gen(function* () {
      const { received, url } = yield* provider((request, count) => {
        if (isForToken(request)) return issued(`ghs_${count}`)
        return request.headers.authorization === "Bearer ghs_1"
          ? { status: 401, body: {} }
          : { status: 200, body: octocat }
      })
      yield* getOctocat.pipe(Effect.provide(asking(url)))
      assert.deepStrictEqual(
        received.map(({ headers, path }) => (path.endsWith("tokens") ? "token" : headers.authorization)),
        ["token", "Bearer ghs_1", "token", "Bearer ghs_3"]
      )
    })
  )

  const wishes: ReadonlyArray<Partial<GitHubAuth.InstallationOptions>> = [
    {},
    { repositories: ["hello-world"] },
    { repositoryIds: [1, 2], permissions: { issues: "read", contents: "write" } }
  ]
  for (const wish of wishes) {
    live(`asks as @octokit/auth-app does: ${JSON.stringify(wish)}`, () =>
      Effect.gen(function* () {
        const { received, url } = yield* provider((request) =>
          isForToken(request) ? issued() : { status: 200, body: octocat }
        )
        yield* getOctocat.pipe(Effect.provide(asking(url, wish)))
        yield* Effect.promise(() => octokitAsks(url, wish))
        const [ours, , theirs] = received
        assert.deepStrictEqual([ours?.method, ours?.path], [theirs?.method, theirs?.path])
        assert.deepStrictEqual(JSON.parse(ours?.body ?? ""), JSON.parse(theirs?.body ?? ""))
        const [mine, octokit] = yield* Effect.all([claimsOf(ours), claimsOf(theirs)])
        assert.deepStrictEqual(mine.protectedHeader, octokit.protectedHeader)
        assert.deepStrictEqual(Object.keys(mine.payload).toSorted(), Object.keys(octokit.payload).toSorted())
        assert.strictEqual(mine.payload.iss, octokit.payload.iss)
        assert.strictEqual(mine.payload.exp! - mine.payload.iat!, octokit.payload.exp! - octokit.payload.iat!)
        assert.closeTo(mine.payload.iat!, octokit.payload.iat!, 5)
      })
    )
  }
})

/** What octokit asks a server for, whose request function only sends what it is given. */
const octokitAsks = async (
  url: string,
  { permissions, repositories, repositoryIds }: Partial<GitHubAuth.InstallationOptions>
) => {
  const request = async (route: string, parameters: Readonly<Record<string, unknown>>) => {
    const [method = "", template = ""] = route.split(" ")
    const { headers, installation_id: id, mediaType: _, ...body } = parameters
    const path = template.replace("{installation_id}", String(id))
    // Octokit gives its headers as a record of texts.
    const all = { ...(headers as Record<string, string>), "content-type": "application/json" }
    const response = await fetch(url + path, { method, headers: all, body: JSON.stringify(body) })
    return { data: await response.json() }
  }
  const auth = createAppAuth({
    appId: "Iv23li8fs",
    privateKey,
    // It is called for this one route, and gives what is read of its answer.
    request: request as unknown as NonNullable<StrategyOptions["request"]>
  })
  return auth({
    type: "installation",
    installationId: 42,
    ...(repositories !== undefined && { repositoryNames: [...repositories] }),
    ...(repositoryIds !== undefined && { repositoryIds: [...repositoryIds] }),
    ...(permissions !== undefined && { permissions: { ...permissions } })
  })
}

describe("what GitHub says no to is told by its reason", () => {
  const cases: ReadonlyArray<[string, Answer, AuthError.Reason["_tag"], string]> = [
    [
      "an installation that is not there",
      { status: 404, body: { message: "Not Found" } },
      "ReauthorizationRequired",
      "unauthorized"
    ],
    ["permissions that were not granted", { status: 422, body: { message: "not granted" } }, "InvalidScope", "invalid"],
    [
      "an installation that is suspended",
      { status: 403, body: { message: "suspended" } },
      "AccessDenied",
      "unauthorized"
    ],
    [
      "a JWT of another key",
      { status: 401, body: { message: "A JSON web token could not be decoded" } },
      "InvalidClient",
      "unauthorized"
    ],
    ["an endpoint that answers nonsense", { status: 201, body: { t: 1 } }, "EndpointUnavailable", "transient"]
  ]
  for (const [what, answer, tag, category] of cases) {
    live(`${what} is ${tag}`, () =>
      Effect.gen(function* () {
        const { url } = yield* provider(() => answer)
        const error = yield* Effect.flip(getOctocat.pipe(Effect.provide(asking(url))))
        assert.strictEqual(error._tag, "Unauthorized")
        assert.strictEqual(AuthError.of(error)?.category, category)
        assert.strictEqual(AuthError.of(error)?.reason._tag, tag)
      })
    )
  }

  live("too many requests are waited for as long as GitHub says, which is too long here", () =>
    Effect.gen(function* () {
      const headers = { "x-ratelimit-remaining": "0", "retry-after": "3600" }
      const { received, url } = yield* provider(() => ({ status: 403, headers, body: {} }))
      const error = yield* Effect.flip(getOctocat.pipe(Effect.provide(asking(url))))
      assert.strictEqual(error._tag, "RateLimited")
      assert.strictEqual(received.length, 1)
    })
  )

  live("a private key that is none is told before anything is sent, and not shown", () =>
    Effect.gen(function* () {
      const { received, url } = yield* provider(() => issued())
      const error = yield* Effect.flip(getOctocat.pipe(Effect.provide(asking(url, {}, "pl4nted-key"))))
      assert.strictEqual(AuthError.of(error)?.reason._tag, "SecretUnavailable")
      assert.notInclude([error.message, inspect(error, { depth: 9 }), JSON.stringify(error)].join(), "pl4nted")
      assert.strictEqual(received.length, 0)
    })
  )

  it("an installation without a number, or an app without a name, throws", () => {
    const key = Effect.succeed(Redacted.make(privateKey))
    assert.throws(() => GitHubAuth.installation({ appId: "a", installationId: 0 }, key), "installationId")
    assert.throws(() => GitHubAuth.installation({ appId: "", installationId: 1 }, key), "appId")
  })
})
