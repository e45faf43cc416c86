import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, Layer, Redacted, Result, Schedule, Schema, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { CallError, Endpoint, FailureRule, Integration, Pagination } from "@causeway/core/client"
import {
  Breaker,
  Cache,
  CallObserver,
  Coalesce,
  type Failure,
  InvalidOption,
  Policy,
  Retry
} from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

/** As Slack says it: https://docs.slack.dev/apis/web-api/#responses */
class SlackError extends Schema.TaggedError<SlackError>()("SlackError", {
  ok: Schema.Literal(false),
  error: Schema.String
}) {}

const categories: Readonly<Record<string, Failure.Category>> = {
  ratelimited: "throttled",
  invalid_auth: "unauthorized",
  internal_error: "transient"
}

const notOk = FailureRule.make({
  when: Schema.Struct({
    ok: Schema.Literal(false),
    error: Schema.String,
    retry_in: Schema.optionalKey(Schema.Number)
  }),
  error: SlackError,
  category: ({ error }) => categories[error],
  retryAfter: ({ retry_in }) => (retry_in === undefined ? undefined : Duration.seconds(retry_in))
})

const Users = Schema.Struct({ users: Schema.Array(Schema.String), next: Schema.optionalKey(Schema.String) })

const endpoints = [
  Endpoint.get("users", "/users.list", {
    query: { cursor: Schema.optional(Schema.String) },
    success: Users,
    pagination: Pagination.cursor(Users, {
      query: "cursor",
      next: (page) => page.next,
      items: (page) => page.users
    })
  }),
  Endpoint.post("post", "/chat.postMessage", { payload: { text: Schema.String }, success: Users }),
  Endpoint.post("search", "/search", { payload: { text: Schema.String }, success: Users, idempotent: true }),
  Endpoint.get("empty", "/empty"),
  Endpoint.get("events", "/events", { success: HttpApiSchema.StreamSse({ data: Schema.Struct({ n: Schema.Int }) }) })
] as const

const slackWith = (policy: Policy.Policy) => {
  class Slack extends Integration.Service<Slack>()("test/Slack", {
    baseUrl: "https://slack.example/api",
    endpoints,
    policy: Policy.merge(Policy.none, policy),
    failures: [notOk]
  }) {}
  return Slack
}

const refused = (error: string, headers: Readonly<Record<string, string>> = {}, more: object = {}) =>
  Mock.status(200, { body: { ok: false, error, ...more }, headers })

const users = (next?: string) => Mock.ok(next === undefined ? { users: ["U1"] } : { users: ["U0"], next })

const retry = Retry.make({ schedule: Schedule.spaced("1 second"), attempts: 3 })

describe("a 2xx whose body is a failure", () => {
  it.effect("fails with the declared error, its status and its category", () => {
    const Slack = slackWith({})
    return Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.flatMap(Slack, (slack) => slack.users()))
      assert.instanceOf(error, SlackError)
      const info = CallError.infoOf(error)
      assert.deepStrictEqual([info?.category, info?.attempts], ["rejected", 1])
    }).pipe(Effect.provide(Slack.layerMock({ users: refused("missing_scope") })))
  })

  it.effect("on the second page ends the items and the pages with the error, never as a success", () => {
    const Slack = slackWith({})
    return Effect.gen(function* () {
      const slack = yield* Slack
      const came: Array<string> = []
      const items = slack.users.items().pipe(Stream.runForEach((user) => Effect.sync(() => came.push(user))))
      assert.strictEqual((yield* Effect.flip(items))._tag, "SlackError")
      assert.deepStrictEqual(came, ["U0"])
      assert.strictEqual((yield* Effect.flip(Stream.runCollect(slack.users.pages())))._tag, "SlackError")
    }).pipe(
      Effect.provide(
        Slack.layerMock({
          users: Mock.by(({ urlParams }) => (urlParams.params.length === 0 ? users("2") : refused("missing_scope")))
        })
      )
    )
  })

  it.effect("is read in an answer without a declared body too", () => {
    const Slack = slackWith({})
    return Effect.gen(function* () {
      const slack = yield* Slack
      assert.strictEqual((yield* Effect.flip(slack.empty()))._tag, "SlackError")
      assert.isUndefined(yield* slack.empty())
    }).pipe(Effect.provide(Slack.layerMock({ empty: Mock.sequence(refused("x"), Mock.status(204)) })))
  })

  it.effect("is left unread where the caller asks for the response alone", () => {
    const Slack = slackWith({ retry })
    return Effect.gen(function* () {
      const slack = yield* Slack
      const response = yield* slack.users({ responseMode: "response-only" })
      assert.deepStrictEqual(yield* response.json, { ok: false, error: "internal_error" })
    }).pipe(Effect.provide(Slack.layerMock({ users: Mock.sequence(refused("internal_error")) })))
  })

  it.effect("in the place of a stream of events fails with the declared error", () => {
    const Slack = slackWith({})
    const json = { "content-type": "application/json" }
    return Effect.gen(function* () {
      const slack = yield* Slack
      assert.strictEqual((yield* Effect.flip(slack.events()))._tag, "SlackError")
      assert.strictEqual((yield* Effect.flip(slack.events()))._tag, "DecodeFailure")
    }).pipe(
      Effect.provide(
        Slack.layerMock({
          events: Mock.sequence(refused("x", json), Mock.status(200, { body: { ok: true }, headers: json }))
        })
      )
    )
  })
})

describe("the policies see the category that a body says", () => {
  for (const [name, reply] of [
    ["the body", refused("ratelimited", { "retry-after": "2" }, { retry_in: 5 })],
    ["Retry-After", refused("ratelimited", { "retry-after": "5" })],
    ["the reset of the quota", refused("ratelimited", { "ratelimit-remaining": "0", "ratelimit-reset": "5" })]
  ] as const) {
    it.effect(`a throttled call is retried after the wait that ${name} says`, () => {
      const Slack = slackWith({ retry })
      return Effect.gen(function* () {
        const slack = yield* Slack
        const fiber = yield* Effect.forkChild(slack.users())
        yield* TestClock.adjust("4999 millis")
        assert.strictEqual((yield* Mock.journal(Slack)).calls[0]?.attempts.length, 1)
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(yield* Fiber.join(fiber), { users: ["U1"] })
      }).pipe(Effect.provide(Slack.layerMock({ users: Mock.sequence(reply, users()) })))
    })
  }

  it.effect("a POST is retried where its endpoint says that it may be, and not otherwise", () => {
    const Slack = slackWith({ retry })
    return Effect.gen(function* () {
      const slack = yield* Slack
      const payload = { text: "hi" }
      const search = yield* Effect.forkChild(slack.search({ payload }))
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(search), { users: ["U1"] })
      assert.strictEqual((yield* Effect.flip(slack.post({ payload })))._tag, "SlackError")
    }).pipe(
      Effect.provide(
        Slack.layerMock({
          search: Mock.sequence(refused("ratelimited"), users()),
          post: Mock.sequence(refused("ratelimited"))
        })
      )
    )
  })

  it.effect("a transient failure counts in the breaker, a rejected one does not", () => {
    const Slack = slackWith({ circuitBreaker: Breaker.consecutive({ failures: 2 }) })
    return Effect.gen(function* () {
      const slack = yield* Slack
      const tagOf = Effect.map(Effect.flip(slack.users()), (error) => error._tag)
      const tags = [yield* tagOf, yield* tagOf, yield* tagOf, yield* tagOf, yield* tagOf]
      assert.deepStrictEqual(tags, ["SlackError", "SlackError", "SlackError", "SlackError", "CircuitOpen"])
    }).pipe(
      Effect.provide(
        Slack.layerMock({
          users: Mock.sequence(...["gone", "gone", "internal_error", "internal_error"].map((error) => refused(error)))
        })
      )
    )
  })

  it.effect("a rate limit holds the calls that follow back for the stated wait", () => {
    const Slack = slackWith({ rateLimit: { limit: 100, window: "1 second" } })
    return Effect.gen(function* () {
      const slack = yield* Slack
      assert.strictEqual((yield* Effect.flip(slack.users()))._tag, "SlackError")
      const second = yield* Effect.forkChild(slack.users())
      yield* TestClock.adjust("6999 millis")
      assert.strictEqual((yield* Mock.journal(Slack)).calls[1]?.attempts.length, 0)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* Fiber.join(second), { users: ["U1"] })
    }).pipe(
      Effect.provide(Slack.layerMock({ users: Mock.sequence(refused("ratelimited", { "retry-after": "7" }), users()) }))
    )
  })

  it.effect("an observer is told the category as the outcome of the attempt", () => {
    const Slack = slackWith({})
    const outcomes: Array<unknown> = []
    const observer = CallObserver.layer((event) => {
      if (event._tag === "AttemptEnded") outcomes.push(event.outcome)
    })
    return Effect.gen(function* () {
      const slack = yield* Slack
      yield* Effect.flip(slack.users())
      yield* Effect.flip(slack.users())
      assert.deepStrictEqual(outcomes, ["throttled", "rejected"])
    }).pipe(
      Effect.provide([
        Slack.layerMock({ users: Mock.sequence(refused("ratelimited"), refused("channel_not_found")) }),
        observer
      ])
    )
  })

  it.effect("credentials that the body rejects are renewed once, and the call is made once more", () => {
    const Slack = slackWith({})
    let renewals = 0
    const tokens: Array<string | undefined> = []
    const client = HttpClient.make((request) =>
      Effect.sync(() => {
        tokens.push(request.headers["authorization"])
        const isOld = request.headers["authorization"] === "t0" || request.url.includes("events")
        const body = isOld ? { ok: false, error: "invalid_auth" } : { users: ["U1"] }
        return HttpClientResponse.fromWeb(request, Response.json(body))
      })
    )
    const credentials = Layer.succeed(Slack.credentials, {
      authorize: (request) => {
        const token = `t${renewals}`
        const secrets = [Redacted.make(token)]
        return Effect.succeed({ request: HttpClientRequest.setHeader(request, "authorization", token), secrets })
      },
      renew: Effect.sync(() => {
        renewals += 1
        return true
      })
    })
    return Effect.gen(function* () {
      const slack = yield* Slack
      assert.deepStrictEqual(yield* slack.users(), { users: ["U1"] })
      assert.deepStrictEqual([renewals, tokens], [1, ["t0", "t1"]])
      tokens.length = 0
      assert.strictEqual((yield* Effect.flip(slack.events()))._tag, "SlackError")
      assert.deepStrictEqual([renewals, tokens], [2, ["t1", "t2"]])
    }).pipe(
      Effect.provide(Slack.layer.pipe(Layer.provide([credentials, Layer.succeed(HttpClient.HttpClient, client)])))
    )
  })

  it.effect("a failing body is never kept by a cache", () => {
    const Slack = slackWith({ cache: Cache.make() })
    const fresh = { "cache-control": "max-age=60", "content-type": "application/json" }
    return Effect.gen(function* () {
      const slack = yield* Slack
      assert.strictEqual((yield* Effect.flip(slack.users()))._tag, "SlackError")
      assert.deepStrictEqual([yield* slack.users(), yield* slack.users()], [{ users: ["U1"] }, { users: ["U1"] }])
    }).pipe(
      Effect.provide(
        Slack.layerMock({
          users: Mock.sequence(
            refused("internal_error", fresh),
            Mock.status(200, { body: { users: ["U1"] }, headers: fresh })
          )
        })
      )
    )
  })

  it.effect("identical calls that share an attempt all fail with the declared error", () => {
    const Slack = slackWith({ coalesce: Coalesce.make() })
    return Effect.gen(function* () {
      const slack = yield* Slack
      const calls = yield* Effect.forkChild(
        Effect.all([Effect.flip(slack.users()), Effect.flip(slack.users())], { concurrency: 2 })
      )
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(
        (yield* Fiber.join(calls)).map(({ _tag }) => _tag),
        ["SlackError", "SlackError"]
      )
    }).pipe(Effect.provide(Slack.layerMock({ users: Mock.sequence(Mock.delay("1 second", refused("x"))) })))
  })
})

class Blocked extends Schema.TaggedError<Blocked>()("Blocked", {
  code: Schema.Literal("blocked"),
  by: Schema.String
}) {}
class Slow extends Schema.TaggedError<Slow>()("Slow", { code: Schema.Literal("slow") }) {}
class Any extends Schema.TaggedError<Any>()("Any", { code: Schema.String }) {}

const Coded = Schema.Union([
  Schema.Struct({ code: Schema.Literal("blocked"), by: Schema.String }),
  Schema.Struct({ code: Schema.Literal("slow"), wait: Schema.optionalKey(Schema.Number) })
])

const either = FailureRule.make({
  status: 403,
  when: Coded,
  error: Schema.Union([Blocked, Slow]),
  category: (body) => (body.code === "slow" ? "throttled" : undefined)
})

class Ordered extends Integration.Service<Ordered>()("test/Ordered", {
  baseUrl: "https://ordered.example",
  endpoints: [
    Endpoint.get("own", "/own", { success: Schema.String, failures: [either], errors: { 403: Any } }),
    Endpoint.get("shared", "/shared", { success: Schema.String })
  ],
  policy: { ...Policy.none, retry: Schedule.recurs(1) },
  failures: [
    FailureRule.make({
      status: 403,
      when: Schema.Struct({ code: Schema.String }),
      error: Any,
      category: "invalid"
    }),
    FailureRule.make({ when: Schema.Struct({ odd: Schema.Boolean }), error: Slow, category: "transient" }),
    FailureRule.make({
      status: "5xx",
      when: Schema.Struct({ odd: Schema.Boolean }),
      error: Any,
      category: () => undefined
    })
  ]
}) {}

describe("failure rules", () => {
  const forbidden = (body: object) => Mock.status(403, { body })

  it.effect("of an endpoint go before those of its integration and before errors by status", () =>
    Effect.gen(function* () {
      const { own, shared } = yield* Ordered
      const seen = []
      for (const call of [own, own, own, shared]) {
        const error = yield* Effect.flip(call())
        seen.push([error._tag, CallError.infoOf(error)?.category, CallError.infoOf(error)?.attempts])
      }
      assert.deepStrictEqual(seen, [
        ["Blocked", "rejected", 1],
        ["Slow", "throttled", 2],
        ["Any", "invalid", 1],
        ["Any", "invalid", 1]
      ])
    }).pipe(
      Effect.provide(
        Ordered.layerMock({
          own: Mock.sequence(
            forbidden({ code: "blocked", by: "us" }),
            forbidden({ code: "slow" }),
            forbidden({ code: "slow" }),
            forbidden({ code: "other" })
          ),
          shared: forbidden({ code: "slow" })
        })
      )
    )
  )

  it.effect("whose error does not decode the body still make the call fail, with the general error", () =>
    Effect.gen(function* () {
      const { shared } = yield* Ordered
      const error = yield* Effect.flip(shared())
      if (error._tag !== "UnexpectedStatus") return assert.fail(error._tag)
      assert.deepStrictEqual([error.attempts, error.category, error.body], [2, "transient", '{"odd":true}'])
    }).pipe(Effect.provide(Ordered.layerMock({ shared: Mock.status(200, { body: { odd: true } }) })))
  )

  it.effect("that leave the category to the status are retried as the status is", () =>
    Effect.gen(function* () {
      const { shared } = yield* Ordered
      const error = yield* Effect.flip(shared())
      assert.deepStrictEqual([error._tag, CallError.infoOf(error)?.category], ["Any", "transient"])
    }).pipe(
      Effect.provide(
        Ordered.layerMock({
          shared: Mock.sequence(...[1, 2].map(() => Mock.status(502, { body: { odd: true, code: "x" } })))
        })
      )
    )
  )

  it.effect("are what a mock replies with for one of their errors", () => {
    const Slack = slackWith({ retry })
    return Effect.gen(function* () {
      const slack = yield* Slack
      const error = yield* Effect.flip(slack.post({ payload: { text: "x" } }))
      assert.deepStrictEqual([error._tag, CallError.infoOf(error)?.category], ["SlackError", "throttled"])
      const again = yield* Effect.forkChild(slack.users())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(again), { users: ["U1"] })
    }).pipe(
      Effect.provide(
        Slack.layerMock({
          post: Mock.fail(new SlackError({ ok: false, error: "ratelimited" })),
          users: Mock.sequence(Mock.fail(new SlackError({ ok: false, error: "internal_error" })), users())
        })
      )
    )
  })

  it("that could never hold are refused where they are given", () => {
    const when = Schema.Struct({ ok: Schema.Literal(false) })
    for (const [rule, message] of [
      [{ when, category: "rejected", status: 700 }, "failures[0].status of x is 700"],
      [{ when, category: "rejected", status: "2XX" }, '"2XX"'],
      [{ when, category: "throtled" }, '"throtled"'],
      [{ when, category: "rejected", retryafter: 1 }, "retryAfter"],
      [{ when: {}, category: "rejected" }, "failures[0].when of x is an object, but must be a Schema"],
      [{ when, category: "rejected", retryAfter: -1 }, "retryAfter"]
    ] as const) {
      // A caller without types can give what the types refuse.
      const failures = [rule as unknown as FailureRule.Any]
      const made = Result.try(() => Endpoint.get("x", "/x", { failures }))
      assert.instanceOf(Result.isFailure(made) ? made.failure : undefined, InvalidOption.InvalidOption)
      assert.throws(
        () => Integration.Service()("x", { baseUrl: "https://x.example", endpoints: [], failures }),
        message
      )
    }
  })
})
