/** The log lines of circuits and limits, as the loggers of an application receive them. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, type LogLevel, References } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { Breaker, type Policy, PolicyClient } from "@causeway/core/policy"

interface Line {
  readonly level: LogLevel.LogLevel
  readonly text: string
  readonly facts: Readonly<Record<string, unknown>>
}

const recording = () => {
  const lines: Array<Line> = []
  const logger = Logger.make(({ fiber, logLevel, message }) => {
    lines.push({
      level: logLevel,
      text: [message].flat().join(" "),
      facts: { ...fiber.getRef(References.CurrentLogAnnotations) }
    })
  })
  return { lines, layer: Logger.layer([logger]) }
}

const answering = (statuses: ReadonlyArray<number>) => {
  let calls = 0
  return HttpClient.make((request) =>
    Effect.sync(() => {
      const status = statuses[Math.min(calls, statuses.length - 1)] ?? 200
      calls += 1
      return HttpClientResponse.fromWeb(request, new Response("", { status }))
    })
  )
}

const url = "https://provider.example/items"

const clientOf = (policy: Policy.Policy, statuses: ReadonlyArray<number> = [200]) =>
  answering(statuses).pipe(HttpClient.filterStatusOk, PolicyClient.withPolicy(policy, { name: "app/Provider" }))

const texts = (lines: ReadonlyArray<Line>) => lines.map(({ level, text }) => `${level} ${text}`)

describe("a circuit", () => {
  it.effect("logs a warning when it opens, and information when it probes and closes", () => {
    const { layer, lines } = recording()
    const policy = { circuitBreaker: Breaker.consecutive({ failures: 2, openDuration: "30 seconds" }) }
    const client = answering([503, 503, 200]).pipe(PolicyClient.withPolicy(policy, { name: "app/Provider" }))
    return Effect.gen(function* () {
      for (let call = 0; call < 20; call += 1) yield* Effect.exit(client.get(url))
      assert.deepStrictEqual(texts(lines), ["Warn Circuit opened: calls are rejected"])
      yield* TestClock.adjust("30 seconds")
      yield* client.get(url)
      yield* client.get(url)
      assert.deepStrictEqual(texts(lines).slice(1), [
        "Info Circuit half-open: probing the provider",
        "Info Circuit closed"
      ])
      assert.deepInclude(lines[0]?.facts, {
        integration: "app/Provider",
        from: "closed",
        to: "open",
        breaker: "opens at 2 failures in a row, for 30s, closes after 1 of 1 probes"
      })
      assert.strictEqual(typeof lines[0]?.facts["key"], "string")
    }).pipe(Effect.annotateLogs("request", "r-1"), Effect.provide(layer))
  })

  it.effect("logs with the annotations and the minimum level of the application", () => {
    const { layer, lines } = recording()
    const policy = { circuitBreaker: Breaker.consecutive({ failures: 1, openDuration: "30 seconds" }) }
    const client = answering([503, 200]).pipe(PolicyClient.withPolicy(policy))
    return Effect.gen(function* () {
      yield* Effect.exit(client.get(url))
      yield* TestClock.adjust("30 seconds")
      yield* client.get(url)
      assert.deepStrictEqual(texts(lines), ["Warn Circuit opened: calls are rejected"])
      assert.deepInclude(lines[0]?.facts, { request: "r-1" })
    }).pipe(
      Effect.annotateLogs("request", "r-1"),
      Effect.provide(layer),
      Effect.provideService(References.MinimumLogLevel, "Warn")
    )
  })

  it.effect("writes at most 60 lines a minute, and then says how many were dropped", () => {
    const { layer, lines } = recording()
    let calls = 0
    const policy = {
      circuitBreaker: Breaker.consecutive({ failures: 1, openDuration: "1 hour", key: () => `circuit ${(calls += 1)}` })
    }
    const client = answering([503]).pipe(PolicyClient.withPolicy(policy))
    return Effect.gen(function* () {
      for (let call = 0; call < 100; call += 1) yield* Effect.exit(client.get(url))
      assert.lengthOf(lines, 60)
      yield* TestClock.adjust("1 minute")
      yield* Effect.exit(client.get(url))
      assert.lengthOf(lines, 61)
      assert.strictEqual(lines[60]?.facts["droppedLines"], 40)
    }).pipe(Effect.provide(layer))
  })
})

describe("a limit", () => {
  it.effect("logs one warning with its wait, and another only after a minute without waits", () => {
    const { layer, lines } = recording()
    const client = clientOf({ rateLimit: { limit: 1, window: "1 second" } })
    const burst = Effect.gen(function* () {
      const fibers = yield* Effect.forEach([1, 2, 3], () => Effect.forkChild(client.get(url)))
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.joinAll(fibers)
    })
    return Effect.gen(function* () {
      yield* burst
      yield* TestClock.adjust("50 seconds")
      yield* burst
      assert.deepStrictEqual(texts(lines), ["Warn Limit reached: calls wait"])
      assert.deepInclude(lines[0]?.facts, { integration: "app/Provider", slot: "rateLimit", wait: "1s" })
      yield* TestClock.adjust("61 seconds")
      yield* burst
      assert.lengthOf(lines, 2)
    }).pipe(Effect.provide(layer))
  })

  it.effect("logs one warning when it rejects calls, and nothing for calls that it admits", () => {
    const { layer, lines } = recording()
    const client = clientOf({ rateLimit: { limit: 1, window: "1 second", maxWait: 0 } })
    return Effect.gen(function* () {
      yield* client.get(url)
      assert.deepStrictEqual(lines, [])
      for (let call = 0; call < 5; call += 1) yield* Effect.flip(client.get(url))
      assert.deepStrictEqual(texts(lines), ["Warn Limit reached: calls are rejected"])
      assert.deepInclude(lines[0]?.facts, { slot: "rateLimit", retryAfter: "1s" })
    }).pipe(Effect.provide(layer))
  })

  it.effect("names the bulkhead that is full", () => {
    const { layer, lines } = recording()
    const never = HttpClient.make(() => Effect.never).pipe(PolicyClient.withPolicy({ bulkhead: { maxInFlight: 1 } }))
    return Effect.gen(function* () {
      const first = yield* Effect.forkChild(never.get(url), { startImmediately: true })
      assert.strictEqual((yield* Effect.flip(never.get(url)))._tag, "BulkheadFull")
      assert.deepStrictEqual(texts(lines), ["Warn Limit reached: calls are rejected"])
      assert.strictEqual(lines[0]?.facts["slot"], "bulkhead")
      yield* Fiber.interrupt(first)
    }).pipe(Effect.provide(layer))
  })
})
