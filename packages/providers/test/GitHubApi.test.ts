import { Mock } from "@causeway/core/testing"
import { GitHub, GitHubApi } from "@causeway/providers/github"
import { assert, describe, expect, it } from "@effect/vitest"
import { Duration, Effect, Exit, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { createRequire } from "node:module"

// its declarations describe a default export that the file, a plain JSON, does not have
const examples: ReadonlyArray<{ readonly name: string; readonly examples: ReadonlyArray<unknown> }> = createRequire(
  import.meta.url
)("@octokit/webhooks-examples")

const octocat = new GitHubApi.User({ id: 1, login: "octocat", type: "User", html_url: "https://github.com/octocat" })
const repository = { owner: "octocat", repo: "hello-world" }
const getOctocat = Effect.flatMap(GitHub, (github) => github.getUser({ params: { username: "octocat" } }))

describe("a response of GitHub is", () => {
  const category = (status: number, headers: Record<string, string> = {}, body?: unknown) =>
    GitHubApi.classify({ status, headers, now: 10_000, body: () => body })

  // hub4j/github-api#2009, apache/devlake#1322, octokit/plugin-throttling.js#437, app-sre/github-mirror#62
  for (const body of [
    {
      message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
      documentation_url:
        "https://docs.github.com/free-pro-team@latest/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
    },
    { message: "You have exceeded a secondary rate limit and have been temporarily blocked from content creation." },
    { message: "You have triggered an abuse detection mechanism. Please wait a few minutes before you try again." },
    { documentation_url: "https://docs.github.com/en/rest/overview/resources-in-the-rest-api#secondary-rate-limits" }
  ]) {
    it(`throttled for a minute at least when its body says: ${Object.values(body)[0]}`, () => {
      for (const status of [403, 429]) {
        const plenty = { "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4990", "x-ratelimit-reset": "2500" }
        for (const headers of [{}, plenty]) {
          const found = category(status, headers, body)
          expect([found.category, found.retryAfter]).toEqual(["throttled", Duration.minutes(1)])
        }
        const asked = category(status, { ...plenty, "retry-after": "90" }, body)
        expect([asked.category, asked.retryAfter]).toEqual(["throttled", Duration.seconds(90)])
      }
    })
  }

  it("throttled until the reset when the message of a 403 and the headers say so", () => {
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "25" }
    const found = category(403, headers, { message: "API rate limit exceeded for user ID 1." })
    expect([found.category, found.retryAfter]).toEqual(["throttled", Duration.seconds(15)])
    expect(category(403, {}, { message: "API rate limit exceeded for 203.0.113.7." }).category).toBe("throttled")
  })

  it("rejected when its body says that the token may not do it", () => {
    const body = {
      message: "Resource not accessible by integration",
      documentation_url: "https://docs.github.com/rest"
    }
    expect(category(403, {}, body).category).toBe("rejected")
    for (const other of [undefined, null, "secondary rate limit", [], { message: 7 }, { message: null }])
      expect(category(403, {}, other).category).toBe("rejected")
  })

  it("throttled until the reset when nothing of the quota remains", () => {
    for (const status of [403, 429]) {
      const { category: found, retryAfter } = category(status, {
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": "25"
      })
      expect([found, Duration.toMillis(retryAfter ?? 0)]).toEqual(["throttled", 15_000])
    }
  })

  it("throttled for the time that a secondary limit asks for", () => {
    const { category: found, retryAfter } = category(403, { "retry-after": "60", "x-ratelimit-remaining": "4999" })
    expect([found, Duration.toMillis(retryAfter ?? 0)]).toEqual(["throttled", 60_000])
  })

  it("throttled for as long as the schedule says when the reset is past or no number", () => {
    for (const reset of ["5", "soon"]) {
      const found = category(403, { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset })
      expect([found.category, found.retryAfter]).toEqual(["throttled", undefined])
    }
  })

  it("rejected when it is a 403 for any other reason", () => {
    expect(category(403).category).toBe("rejected")
    expect(category(403, { "x-ratelimit-remaining": "4999", "x-ratelimit-reset": "25" }).category).toBe("rejected")
  })

  it("what its status says otherwise", () => {
    const found = [200, 401, 404, 429, 503].map((status) => category(status, { "x-ratelimit-remaining": "0" }).category)
    expect(found).toEqual(["success", "unauthorized", "rejected", "throttled", "transient"])
  })
})

describe("the schemas read what GitHub sends", () => {
  const found = new Map<string, Array<object>>()

  const collect = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return
    const kind = kinds.find(({ path }) => "url" in value && "id" in value && path.test(String(value.url)))
    if (kind !== undefined) found.set(kind.name, [...(found.get(kind.name) ?? []), value])
    for (const field of Object.values(value)) collect(field)
  }

  const at = (path: string) => new RegExp(`^https://api\\.github\\.com/${path}$`)

  /** Some payloads embed abridged objects: without this field an object is one of those. */
  const kinds = [
    { name: "users", path: at("users/[^/]+"), schema: GitHubApi.User, field: "login" },
    { name: "repositories", path: at("repos/[^/]+/[^/]+"), schema: GitHubApi.Repository, field: "default_branch" },
    { name: "labels", path: at("repos/[^/]+/[^/]+/labels/.+"), schema: GitHubApi.Label, field: "color" },
    {
      name: "comments",
      path: at("repos/[^/]+/[^/]+/issues/comments/.+"),
      schema: GitHubApi.IssueComment,
      field: "body"
    },
    { name: "issues", path: at("repos/[^/]+/[^/]+/issues/\\d+"), schema: GitHubApi.Issue, field: "state" }
  ]

  collect(examples)

  it.for(kinds)("all embedded $name", ({ field, name, schema }) => {
    const objects = (found.get(name) ?? []).filter((object) => field in object)
    expect(objects.length).toBeGreaterThan(3)
    for (const object of objects) expect(Exit.isSuccess(Schema.decodeUnknownExit(schema)(object))).toBe(true)
  })
})

describe("a call to GitHub", () => {
  it.effect("waits until the reset when the quota is spent, and then succeeds", () => {
    const spent = Mock.status(403, { headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "40" } })
    return Effect.gen(function* () {
      const call = yield* Effect.forkChild(getOctocat)
      yield* TestClock.adjust("39 seconds")
      assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(call), octocat)
    }).pipe(Effect.provide(GitHub.layerMock({ getUser: Mock.sequence(spent, Mock.ok(octocat)) })))
  })

  it.effect("fails at once when the reset is more than a minute away, and says when it may succeed", () => {
    const spent = Mock.status(403, { headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1800" } })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(getOctocat)
      assert.include(error, { _tag: "RateLimited", source: "remote", attempts: 1 })
      assert.strictEqual(error._tag === "RateLimited" && Duration.toMillis(error.retryAfter ?? 0), 1_800_000)
    }).pipe(Effect.provide(GitHub.layerMock({ getUser: Mock.sequence(spent) })))
  })

  it.effect("that is forbidden is not repeated", () =>
    Effect.gen(function* () {
      assert.include(yield* Effect.flip(getOctocat), { _tag: "UnexpectedStatus", status: 403, attempts: 1 })
    }).pipe(Effect.provide(GitHub.layerMock({ getUser: Mock.sequence(Mock.status(403)) })))
  )

  it.effect("fails with the declared error, and with what GitHub said", () => {
    const missing = Mock.status(404, { body: { message: "Not Found", documentation_url: "https://docs.github.com" } })
    const deleted = Mock.status(410, { body: { message: "This issue was deleted" } })
    return Effect.gen(function* () {
      const github = yield* GitHub
      assert.deepEqual(yield* Effect.flip(getOctocat), new GitHubApi.NotFound({ message: "Not Found" }))
      const issue = Effect.flip(github.getIssue({ params: { ...repository, issue_number: 1 } }))
      assert.deepEqual(yield* issue, new GitHubApi.Gone({ message: "This issue was deleted" }))
    }).pipe(Effect.provide(GitHub.layerMock({ getUser: missing, getIssue: deleted })))
  })
})

describe("a list of GitHub", () => {
  const label = (id: number) => new GitHubApi.Label({ id, name: `label ${id}`, color: "d73a4a", default: false })
  const encoded = (id: number) => Schema.encodeSync(GitHubApi.Label)(label(id))
  const firstPage = (origin: string) =>
    Mock.status(200, {
      headers: { link: `<${origin}/repositories/1296269/labels?page=2>; rel="next"` },
      body: [encoded(1), encoded(2)]
    })

  it.effect("goes on with the links that GitHub gives, which name the repository by its id", () => {
    const pages = Mock.by(({ url }) =>
      url.includes("/repositories/") ? Mock.status(200, { body: [encoded(3)] }) : firstPage(new URL(url).origin)
    )
    return Effect.gen(function* () {
      const github = yield* GitHub
      const labels = yield* Stream.runCollect(github.listLabels.items({ params: repository, query: { per_page: 2 } }))
      assert.deepStrictEqual(labels, [label(1), label(2), label(3)])
      const { calls } = yield* Mock.journal(GitHub)
      const asked = calls.flatMap(({ attempts }) => attempts.map(({ url }) => new URL(url)))
      assert.deepStrictEqual(
        asked.map(({ pathname, search }) => pathname + search),
        ["/repos/octocat/hello-world/labels?per_page=2", "/repositories/1296269/labels?page=2"]
      )
    }).pipe(Effect.provide(GitHub.layerMock({ listLabels: pages })))
  })

  it.effect("fetches no page that nobody asks for", () => {
    const pages = Mock.sequence(firstPage("http://mock.invalid"))
    return Effect.gen(function* () {
      const github = yield* GitHub
      const first = github.listLabels.items({ params: repository, query: {} }).pipe(Stream.take(2), Stream.runCollect)
      assert.lengthOf(yield* first, 2)
    }).pipe(Effect.provide(GitHub.layerMock({ listLabels: pages })))
  })
})
