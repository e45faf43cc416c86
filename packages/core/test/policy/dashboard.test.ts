/** The queries of docs/dashboard.md, against what Effect's exporter prints of a program that does all that they ask for. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schedule, Schema } from "effect"
import { PrometheusMetrics } from "effect/observability"
import { TestClock } from "effect/testing"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, Cache, Hedge, Policy, Telemetry } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"
import { root } from "../../../../scripts/command.ts"

class Missing extends Schema.TaggedError<Missing>()("Missing", { message: Schema.String }) {}

const read = { success: Schema.String }

class Provider extends Integration.Service<Provider>()("test/Dashboard", {
  baseUrl: "https://provider.example",
  endpoints: [
    Endpoint.get("declared", "/declared", { ...read, errors: { 404: Missing } }),
    Endpoint.get("failing", "/failing", {
      ...read,
      policy: {
        retry: Schedule.recurs(9),
        retryBudget: { minimum: 0, ratio: 1, capacity: 1 },
        circuitBreaker: Breaker.consecutive({ failures: 2 })
      }
    }),
    Endpoint.get("throttled", "/throttled", { ...read, policy: { retry: Schedule.recurs(0) } }),
    Endpoint.get("limited", "/limited", { ...read, policy: { rateLimit: { limit: 1, window: "1 second" } } }),
    Endpoint.get("hedged", "/hedged", { ...read, policy: { hedge: Hedge.after("1 second", { ratio: 1 }) } }),
    Endpoint.get("cached", "/cached", { ...read, policy: { cache: Cache.make() } })
  ],
  policy: Policy.none
}) {}

const ok = Mock.ok("ok")

const mock = Provider.layerMock({
  declared: Mock.status(404, { body: { _tag: "Missing", message: "no such item" } }),
  failing: Mock.sequence(ok, Mock.status(503), Mock.status(503)),
  throttled: Mock.status(429),
  limited: ok,
  hedged: Mock.sequence(Mock.never, ok),
  cached: Mock.status(200, { body: '"ok"', headers: { "cache-control": "max-age=60" } })
})

const printed = Effect.gen(function* () {
  const { cached, declared, failing, hedged, limited, throttled } = yield* Provider
  yield* Effect.flip(declared())
  yield* failing()
  yield* Effect.flip(failing())
  yield* Effect.flip(throttled())
  yield* Effect.forEach([cached(), cached()], (call) => call)
  const waiting = yield* Effect.forkChild(Effect.all([limited(), limited(), hedged()], { concurrency: "unbounded" }))
  yield* TestClock.adjust("10 seconds")
  yield* Fiber.join(waiting)
  return yield* PrometheusMetrics.format()
}).pipe(Effect.provide(Layer.provideMerge(mock, Telemetry.layerMetrics)))

const page = readFileSync(join(root, "docs/dashboard.md"), "utf8")

const queries = Array.from(page.matchAll(/```promql\n([^]*?)```/g), ([, query]) => query ?? "")

/** Each metric of a query with its matchers. */
const selectors = (query: string) =>
  Array.from(query.matchAll(/(causeway_\w+)(?:\{([^}]*)\})?/g), ([, name = "", matchers = ""]) => ({
    name,
    labels: Array.from(matchers.matchAll(/(\w+)(?:=~|!=|=)"([^"]*)"/g), ([, label = "", value = ""]) => ({
      label,
      value
    }))
  }))

const groups = (query: string): ReadonlyArray<string> =>
  Array.from(query.matchAll(/by \(([^)]*)\)/g), ([, labels = ""]) => labels.split(", ")).flat()

describe("the queries of the dashboard", () => {
  it.effect("name metrics, labels and values that a program has", () =>
    Effect.gen(function* () {
      const series = (yield* printed).split("\n").filter((line) => /test\/Dashboard/.test(line))
      assert.isAbove(queries.length, 12)
      for (const query of queries) {
        for (const { labels, name } of selectors(query)) {
          const own = series.filter((line) => line.startsWith(`${name}{`))
          assert.isNotEmpty(own, name)
          for (const group of groups(query))
            assert.isTrue(
              own.some((line) => line.includes(`${group}="`)),
              `${name} by ${group}`
            )
          for (const { label, value } of labels) {
            const isKnown = value.split("|").some((one) => own.some((line) => line.includes(`${label}="${one}"`)))
            assert.isTrue(isKnown, `${name} with ${label}="${value}"`)
          }
        }
      }
    })
  )
})
