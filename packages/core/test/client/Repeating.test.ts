import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schedule, Schema } from "effect"
import { TestClock } from "effect/testing"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy, Retry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

const payload = { q: Schema.String }
const success = Schema.Struct({ hits: Schema.Int })

class Search extends Integration.Service<Search>()("test/Search", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.post("search", "/search", { payload, success, idempotent: true }),
    Endpoint.post("complete", "/complete", { payload, success, unprocessed: [429, 529] }),
    Endpoint.post("write", "/write", { payload, success }),
    Endpoint.put("replace", "/replace", { payload, success, idempotent: false })
  ],
  policy: { ...Policy.none, retry: Retry.make({ attempts: 3, schedule: Schedule.spaced("1 second") }) }
}) {}

type Name = "search" | "complete" | "write" | "replace"

/** How many attempts a call makes, and the idempotency keys that it sends. */
const attemptsOf = (name: Name, reply: ReturnType<typeof Mock.status>) =>
  Effect.gen(function* () {
    const search = yield* Search
    const fiber = yield* Effect.forkChild(Effect.exit(search[name]({ payload: { q: "a" } })))
    yield* TestClock.adjust("1 minute")
    yield* Fiber.join(fiber)
    const attempts = (yield* Mock.journal(Search)).calls.flatMap((call) => call.attempts)
    return { made: attempts.length, keys: attempts.filter(({ headers }) => "idempotency-key" in headers).length }
  }).pipe(Effect.provide(Search.layerMock({ [name]: reply })))

describe("a POST that is declared to be safe to repeat", () => {
  it.effect("is retried after a 503, without an idempotency key", () =>
    Effect.map(attemptsOf("search", Mock.status(503)), (tried) => assert.deepStrictEqual(tried, { made: 3, keys: 0 }))
  )

  it.effect("is retried after a request that broke while it waited for the answer", () =>
    Effect.map(attemptsOf("search", Mock.broken("Send")), ({ made }) => assert.strictEqual(made, 3))
  )
})

describe("a POST whose endpoint says by which statuses nothing was processed", () => {
  for (const status of [429, 529]) {
    it.effect(`is retried after ${status}`, () =>
      Effect.map(attemptsOf("complete", Mock.status(status)), ({ made }) => assert.strictEqual(made, 3))
    )
  }

  for (const reply of ["503", "Send"] as const) {
    it.effect(`is not retried after ${reply}`, () =>
      Effect.map(attemptsOf("complete", reply === "503" ? Mock.status(503) : Mock.broken("Send")), ({ made }) =>
        assert.strictEqual(made, 1)
      )
    )
  }
})

it.effect("a POST that says nothing is not retried after 429 or 503", () =>
  Effect.gen(function* () {
    assert.strictEqual((yield* attemptsOf("write", Mock.status(429))).made, 1)
    assert.strictEqual((yield* attemptsOf("write", Mock.status(503))).made, 1)
  })
)

it.effect("a PUT that is declared not to be safe to repeat is sent once", () =>
  Effect.map(attemptsOf("replace", Mock.status(503)), ({ made }) => assert.strictEqual(made, 1))
)
