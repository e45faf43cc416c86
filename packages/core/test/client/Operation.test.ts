import { assert, describe, it } from "@effect/vitest"
import { Data, Duration, Effect, Fiber, Schedule, Schema, Stream } from "effect"
import { HttpApiSchema } from "effect/http-api"
import { TestClock } from "effect/testing"
import { Endpoint, Integration, Operation } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { Mock } from "@causeway/core/testing"

class JobFailed extends Data.TaggedError("JobFailed")<{ readonly why: string }> {}

const Job = Schema.Struct({
  id: Schema.String,
  status: Schema.String,
  done: Schema.optional(Schema.Int),
  error: Schema.optional(Schema.String)
})

class Jobs extends Integration.Service<Jobs>()("app/Jobs", {
  baseUrl: "https://jobs.example",
  policy: { retry: null, circuitBreaker: null },
  endpoints: [
    Endpoint.post("start", "/jobs", { success: Job }),
    Endpoint.get("status", "/jobs/:id", { params: { id: Schema.String }, success: Job }),
    Endpoint.get("result", "/jobs/:id/result", { params: { id: Schema.String }, success: Schema.String }),
    Endpoint.delete("cancel", "/jobs/:id", { params: { id: Schema.String } })
  ]
}) {}

const state = Operation.byStatus({
  status: (job: typeof Job.Type) => job.status,
  done: ["completed"],
  failed: ["failed"],
  expired: ["expired"],
  canceled: ["cancelled"],
  value: (job) => job.id,
  error: (job) => new JobFailed({ why: job.error ?? "" }),
  progress: (job) => job.done
})

const calls = {
  start: () => Effect.flatMap(Jobs, (jobs) => jobs.start()),
  poll: ({ id }: typeof Job.Type) => Effect.flatMap(Jobs, (jobs) => jobs.status({ params: { id } })),
  state
}

const everySecond = Schedule.spaced("1 second")

const plain = Operation.make({ name: "plain", ...calls, schedule: everySecond, deadline: "1 minute" })

const job = (status: string, more: Partial<typeof Job.Type> = {}) => ({ id: "job_1", status, ...more })

const polls = (...statuses: ReadonlyArray<string>) => Mock.sequence(...statuses.map((status) => Mock.ok(job(status))))

/** Runs to the end, with the clock as far as it takes. */
const ended = <A, E, R>(effect: Effect.Effect<A, E, R>, within: Duration.Input = "1 hour") =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(Effect.result(effect))
    yield* TestClock.adjust(within)
    return yield* Fiber.join(fiber)
  })

const elapsed = Effect.clockWith((clock) => clock.currentTimeMillis)

describe("a long-running operation", () => {
  it.effect("is started, polled by its schedule, and gives the value of the job that is done", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.zip(Operation.run(plain, undefined), elapsed))
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["job_1", 3_000])
      const { calls } = yield* Mock.journal(Jobs)
      assert.deepStrictEqual(
        calls.map(({ endpoint }) => endpoint),
        ["start", "status", "status", "status"]
      )
    }).pipe(
      Effect.provide(Jobs.layerMock({ start: Mock.ok(job("queued")), status: polls("queued", "running", "COMPLETED") }))
    )
  )

  it.effect("has exactly the errors that its description allows", () =>
    Effect.gen(function* () {
      const error = yield* ended(Operation.run(plain, undefined))
      if (error._tag === "Success") return assert.fail("it failed")
      assert.strictEqual(error.failure._tag === "JobFailed" ? error.failure.why : "", "too large")
      const never = Operation.make({
        name: "never fails",
        start: () => Effect.succeed("1"),
        poll: () => Effect.succeed(1),
        state: (answer: number) => Operation.done(answer),
        deadline: "1 minute"
      })
      const typed: Effect.Effect<number, Operation.OperationTimeout> = Operation.run(never, undefined)
      const gone = Operation.make({
        name: "may be gone",
        start: (id: string) => Effect.succeed(id),
        poll: () => Effect.succeed(1),
        state: (answer: number) => Operation.done(answer),
        expiredStatuses: [404],
        deadline: "1 minute"
      })
      const expiring: Effect.Effect<number, Operation.OperationTimeout | Operation.OperationExpired> = Operation.run(
        gone,
        "1"
      )
      const byWords = Operation.make({
        name: "by words",
        start: (id: string) => Effect.succeed(id),
        poll: (id) => Effect.succeed({ id, status: "running" }),
        state: Operation.byStatus({
          status: (one: { readonly id: string; readonly status: string }) => one.status,
          done: ["done"],
          value: ({ id }) => id,
          error: ({ id }) => new JobFailed({ why: id })
        }),
        cancel: (id) => Effect.succeed(id.length),
        deadline: "1 minute"
      })
      const fetched: Effect.Effect<
        number,
        JobFailed | Operation.OperationTimeout | Operation.OperationExpired | Operation.OperationCanceled
      > = Operation.run(
        Operation.withResult(byWords, (id) => Effect.succeed(id.length)),
        "1"
      )
      // @ts-expect-error it may have expired
      const wrong: Effect.Effect<number, Operation.OperationTimeout> = Operation.run(gone, "1")
      assert.isTrue([typed, expiring, fetched, wrong].every(Effect.isEffect))
    }).pipe(
      Effect.provide(
        Jobs.layerMock({ start: Mock.ok(job("queued")), status: Mock.ok(job("failed", { error: "too large" })) })
      )
    )
  )

  for (const [status, tag] of [
    ["expired", "OperationExpired"],
    ["cancelled", "OperationCanceled"]
  ] as const) {
    it.effect(`fails with ${tag} where the provider says "${status}"`, () =>
      Effect.gen(function* () {
        const result = yield* ended(Operation.run(plain, undefined))
        if (result._tag === "Success") return assert.fail("it failed")
        assert.strictEqual(result.failure._tag, tag)
        assert.include(result.failure.message, "the operation plain")
        assert.include(result.failure.message, "2 polls")
      }).pipe(Effect.provide(Jobs.layerMock({ start: Mock.ok(job("queued")), status: polls("running", status) })))
    )
  }

  for (const status of [404, 410]) {
    it.effect(`fails with OperationExpired where a poll is answered with ${status} and the description says so`, () => {
      const gone = Operation.make({ name: "gone", ...calls, deadline: "1 minute", expiredStatuses: [404, 410] })
      return Effect.gen(function* () {
        const result = yield* ended(Operation.run(gone, undefined))
        assert.strictEqual(result._tag === "Failure" ? result.failure._tag : "", "OperationExpired")
        const error = yield* ended(Operation.run(plain, undefined))
        assert.strictEqual(error._tag === "Failure" ? error.failure._tag : "", "UnexpectedStatus")
      }).pipe(Effect.provide(Jobs.layerMock({ start: Mock.ok(job("queued")), status: Mock.status(status) })))
    })
  }

  it.effect("fails at its deadline with the last state, and leaves the job alone without cancel", () =>
    Effect.gen(function* () {
      const result = yield* ended(Operation.run(plain, undefined), "1 minute")
      if (result._tag === "Success" || result.failure._tag !== "OperationTimeout") return assert.fail("it timed out")
      const { deadline, message, polls, reason, state, status } = result.failure
      assert.deepStrictEqual([reason, state, status, polls], ["deadline", "Pending", "running", 59])
      assert.strictEqual(Duration.toMillis(deadline), 60_000)
      assert.include(message, "its deadline of 1m")
      assert.include(message, "Pending (running)")
    }).pipe(Effect.provide(Jobs.layerMock({ start: Mock.ok(job("queued")), status: Mock.ok(job("running")) })))
  )

  it.effect("a poll that does not answer is ended by the deadline of the operation", () => {
    const slow = Operation.make({ name: "slow", ...calls, schedule: everySecond, deadline: "5 seconds" })
    return Effect.gen(function* () {
      const result = yield* ended(Operation.run(slow, undefined), "5 seconds")
      if (result._tag === "Success" || result.failure._tag !== "OperationTimeout") return assert.fail("it timed out")
      assert.strictEqual(result.failure.state, "Started")
    }).pipe(
      Effect.provide(
        Jobs.layerMock({ start: Mock.ok(job("queued")), status: Mock.delay("20 seconds", Mock.ok(job("running"))) })
      )
    )
  })

  it.effect("an end of the schedule is a timeout with that reason", () => {
    const twice = Operation.make({ name: "twice", ...calls, schedule: Schedule.recurs(2), deadline: "1 minute" })
    return Effect.gen(function* () {
      const result = yield* ended(Operation.run(twice, undefined))
      if (result._tag === "Success" || result.failure._tag !== "OperationTimeout") return assert.fail("it timed out")
      assert.deepStrictEqual([result.failure.reason, result.failure.polls], ["schedule", 2])
    }).pipe(Effect.provide(Jobs.layerMock({ start: Mock.ok(job("queued")), status: Mock.ok(job("running")) })))
  })

  it.effect("waits by default from 1 s on, doubling to 30 s, with jitter down to half of it", () =>
    Effect.gen(function* () {
      const standard = Operation.make({ name: "standard", ...calls, deadline: "10 minutes" })
      const times: Array<number> = []
      const run = Operation.stream(standard, undefined).pipe(
        Stream.runForEach((event) => Effect.map(elapsed, (now) => void (event._tag === "Pending" && times.push(now))))
      )
      yield* ended(run, "10 minutes")
      const waits = times.map((time, index) => time - (times[index - 1] ?? 0))
      waits.forEach((wait, index) => {
        const most = Math.min(30_000, 1_000 * 2 ** index)
        assert.isAtLeast(wait, most / 2 - 1)
        assert.isAtMost(wait, most + 1)
      })
      assert.isAbove(waits.length, 15)
    }).pipe(Effect.provide(Jobs.layerMock({ start: Mock.ok(job("queued")), status: Mock.ok(job("running")) })))
  )

  it.effect("polls that fail in passing are made again, three in a row, and one that is rejected ends it", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* ended(Operation.run(plain, undefined)))._tag, "Success")
      const result = yield* ended(Operation.run(plain, undefined))
      assert.strictEqual(result._tag === "Failure" ? result.failure._tag : "", "UnexpectedStatus")
      const rejected = yield* ended(Operation.run(plain, undefined))
      assert.strictEqual(rejected._tag === "Failure" ? rejected.failure._tag : "", "UnexpectedStatus")
      const { calls } = yield* Mock.journal(Jobs)
      assert.strictEqual(calls.filter(({ endpoint }) => endpoint === "status").length, 5 + 4 + 1)
    }).pipe(
      Effect.provide(
        Jobs.layerMock({
          start: Mock.ok(job("queued")),
          status: Mock.sequence(
            ...[503, 503, 503].map((status) => Mock.status(status)),
            Mock.ok(job("running")),
            Mock.ok(job("completed")),
            ...[503, 503, 503, 503].map((status) => Mock.status(status)),
            Mock.status(403)
          )
        })
      )
    )
  )

  const canceling = Operation.make({
    name: "canceling",
    ...calls,
    schedule: everySecond,
    deadline: "1 minute",
    cancel: ({ id }) => Effect.flatMap(Jobs, (jobs) => jobs.cancel({ params: { id } }))
  })

  const running = () =>
    Jobs.layerMock({ start: Mock.ok(job("queued")), status: Mock.ok(job("running")), cancel: Mock.status(503) })

  it.effect("is canceled at the provider when it is interrupted, where its description says how", () =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Operation.run(canceling, undefined))
      yield* TestClock.adjust("1500 millis")
      yield* Fiber.interrupt(fiber)
      const { calls } = yield* Mock.journal(Jobs)
      assert.deepStrictEqual(
        calls.map(({ endpoint }) => endpoint),
        ["start", "status", "cancel"]
      )
    }).pipe(Effect.provide(running()))
  )

  it.effect("is canceled at the provider when its deadline passes, and when its stream is left", () =>
    Effect.gen(function* () {
      const result = yield* ended(Operation.run(canceling, undefined), "2 minutes")
      assert.strictEqual(result._tag === "Failure" ? result.failure._tag : "", "OperationTimeout")
      yield* ended(Stream.runDrain(Stream.take(Operation.stream(canceling, undefined), 2)), "1 minute")
      const { calls } = yield* Mock.journal(Jobs)
      assert.strictEqual(calls.filter(({ endpoint }) => endpoint === "cancel").length, 2)
    }).pipe(Effect.provide(running()))
  )

  it.effect("the stream tells what was started, the progress, and the value that its result fetches", () => {
    const fetching = Operation.withResult(plain, (id) =>
      Effect.flatMap(Jobs, (jobs) => jobs.result({ params: { id } }))
    )
    return Effect.gen(function* () {
      const result = yield* ended(Stream.runCollect(Operation.stream(fetching, undefined)))
      if (result._tag === "Failure") return assert.fail(String(result.failure))
      assert.deepStrictEqual(
        result.success.map((event) =>
          event._tag === "Pending" ? event.progress : event._tag === "Done" ? event.value : event.started.id
        ),
        ["job_1", 10, 70, "a,b,c"]
      )
    }).pipe(
      Effect.provide(
        Jobs.layerMock({
          start: Mock.ok(job("queued")),
          status: Mock.sequence(
            Mock.ok(job("running", { done: 10 })),
            Mock.ok(job("running", { done: 70 })),
            Mock.ok(job("completed"))
          ),
          result: Mock.ok("a,b,c")
        })
      )
    )
  })

  it.effect("a job that was started before is polled to its end", () =>
    Effect.gen(function* () {
      const result = yield* ended(Operation.resume(plain, job("queued")))
      assert.strictEqual(result._tag === "Success" ? result.success : "", "job_1")
      const { calls } = yield* Mock.journal(Jobs)
      assert.deepStrictEqual(
        calls.map(({ endpoint }) => endpoint),
        ["status"]
      )
    }).pipe(Effect.provide(Jobs.layerMock({ status: polls("completed") })))
  )

  it("a deadline and a number of polls that make no sense are refused", () => {
    assert.throws(() => Operation.make({ name: "a", ...calls, deadline: 0 }), /operation.deadline/)
    assert.throws(() => Operation.make({ name: "a", ...calls, deadline: 1, failedPolls: -1 }), /operation.failedPolls/)
  })
})

describe("operations as providers have them", () => {
  // https://github.com/microsoft/api-guidelines/blob/vNext/azure/ConsiderationsForServiceDesign.md#long-running-operations
  it.effect("Azure: 202 with Operation-Location and Retry-After, and a status that is polled at that URL", () => {
    const Status = Schema.Struct({
      id: Schema.String,
      status: Schema.String,
      error: Schema.optional(Schema.Struct({ code: Schema.String, message: Schema.String }))
    })
    class Azure extends Integration.Service<Azure>()("app/Azure", {
      baseUrl: "https://management.azure.com",
      policy: Policy.none,
      endpoints: [
        Endpoint.put("create", "/analyze/:id", {
          params: { id: Schema.String },
          success: HttpApiSchema.Empty(202)
        }),
        Endpoint.get("status", Endpoint.url, { success: Status })
      ]
    }) {}
    const analysis = Operation.make({
      name: "analyze",
      start: (id: string) =>
        Effect.flatMap(Azure, (azure) => azure.create({ params: { id }, responseMode: "decoded-and-response" })),
      poll: ([, response]) =>
        Effect.flatMap(Azure, (azure) =>
          azure.status({ url: Operation.statusUrl(response) ?? "", responseMode: "decoded-and-response" })
        ),
      state: Operation.byStatus({
        status: ([body]: readonly [typeof Status.Type, unknown]) => body.status,
        done: ["Succeeded"],
        failed: ["Failed"],
        canceled: ["Canceled"],
        value: ([body]) => body.id,
        error: ([body]) => new JobFailed({ why: body.error?.code ?? "" })
      }),
      deadline: "10 minutes"
    })
    const url = "https://management.azure.com/operations/op-123?api-version=2026-01-01"
    const body = (status: string) => ({ id: "op-123", status })
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(Effect.zip(Operation.run(analysis, "a"), elapsed))
      yield* TestClock.adjust("5 minutes")
      assert.deepStrictEqual(yield* Fiber.join(fiber), ["op-123", 5_000 + 60_000 + 30_000])
      const { calls } = yield* Mock.journal(Azure)
      assert.deepStrictEqual(
        calls.slice(1).map(({ attempts }) => attempts[0]?.url),
        [url, url, url]
      )
    }).pipe(
      Effect.provide(
        Azure.layerMock({
          create: Mock.status(202, { headers: { "operation-location": url, "retry-after": "5" } }),
          status: Mock.sequence(
            Mock.status(200, { body: body("NotStarted"), headers: { "retry-after": "60" } }),
            Mock.status(200, { body: body("Running"), headers: { "retry-after": "30" } }),
            Mock.status(200, { body: body("Succeeded") })
          )
        })
      )
    )
  })

  // https://github.com/googleapis/googleapis/blob/master/google/longrunning/operations.proto
  it.effect("Google: an operation that is done at once, or later with an error or a response", () => {
    const Lro = Schema.Struct({
      name: Schema.String,
      metadata: Schema.optional(Schema.Struct({ progressPercent: Schema.Int })),
      done: Schema.optional(Schema.Boolean),
      error: Schema.optional(Schema.Struct({ code: Schema.Int, message: Schema.String })),
      response: Schema.optional(Schema.Struct({ uri: Schema.String }))
    })
    class Google extends Integration.Service<Google>()("app/Google", {
      baseUrl: "https://speech.googleapis.example/v1",
      endpoints: [
        Endpoint.post("recognize", "/speech::longrunningrecognize", { success: Lro }),
        Endpoint.get("operation", "/operations/:name", { params: { name: Schema.String }, success: Lro })
      ]
    }) {}
    const stateOf = ({ done, error, metadata, response }: typeof Lro.Type) => {
      if (done !== true) return Operation.pending({ progress: metadata?.progressPercent })
      return error === undefined
        ? Operation.done(response?.uri)
        : Operation.failed(new JobFailed({ why: error.message }))
    }
    const recognized = Operation.make({
      name: "recognize",
      start: () => Effect.flatMap(Google, (google) => google.recognize()),
      startState: stateOf,
      poll: ({ name }) => Effect.flatMap(Google, (google) => google.operation({ params: { name } })),
      state: stateOf,
      deadline: "10 minutes"
    })
    const name = "7612202767953098924"
    return Effect.gen(function* () {
      const first = yield* ended(Operation.run(recognized, undefined))
      const second = yield* ended(Operation.run(recognized, undefined))
      const third = yield* ended(Operation.run(recognized, undefined))
      assert.deepStrictEqual(
        [first, second, third].map((one) => (one._tag === "Success" ? one.success : one.failure._tag)),
        ["gs://at-once", "gs://later", "JobFailed"]
      )
    }).pipe(
      Effect.provide(
        Google.layerMock({
          recognize: Mock.sequence(
            Mock.ok({ name, done: true, response: { uri: "gs://at-once" } }),
            Mock.ok({ name }),
            Mock.ok({ name, metadata: { progressPercent: 0 } })
          ),
          operation: Mock.sequence(
            Mock.ok({ name, done: false, metadata: { progressPercent: 50 } }),
            Mock.ok({ name, done: true, response: { uri: "gs://later" } }),
            Mock.ok({ name, done: true, error: { code: 3, message: "bad audio" } })
          )
        })
      )
    )
  })

  /** The words of each provider's documentation, in the order in which a job may pass through them. */
  const providers = [
    {
      // https://platform.openai.com/docs/api-reference/batch/object
      provider: "OpenAI's batches",
      words: { done: ["completed"], failed: ["failed"], expired: ["expired"], canceled: ["cancelled"] },
      pending: ["validating", "in_progress", "finalizing", "cancelling"]
    },
    {
      // https://developer.salesforce.com/docs/atlas.en-us.api_asynch.meta/api_bulk_v2/bulk_api_2_job_states.htm
      provider: "Salesforce's Bulk API 2.0",
      words: { done: ["JobComplete"], failed: ["Failed"], expired: [], canceled: ["Aborted"] },
      pending: ["Open", "UploadComplete", "InProgress"]
    },
    {
      // https://shopify.dev/docs/api/admin-graphql/latest/enums/BulkOperationStatus
      provider: "Shopify's bulk operations",
      words: { done: ["COMPLETED"], failed: ["FAILED"], expired: ["EXPIRED"], canceled: ["CANCELED"] },
      pending: ["CREATED", "RUNNING", "CANCELING"]
    },
    {
      // https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecutionStatus.html
      provider: "AWS Athena's queries",
      words: { done: ["SUCCEEDED"], failed: ["FAILED"], expired: [], canceled: ["CANCELLED"] },
      pending: ["QUEUED", "RUNNING"]
    },
    {
      // https://docs.aws.amazon.com/textract/latest/dg/API_GetDocumentAnalysis.html
      provider: "AWS Textract's jobs",
      words: { done: ["SUCCEEDED", "PARTIAL_SUCCESS"], failed: ["FAILED"], expired: [], canceled: [] },
      pending: ["IN_PROGRESS"]
    }
  ] as const

  for (const { pending, provider, words } of providers) {
    it.effect(`${provider} end as the words of their documentation say, and are pending before`, () => {
      const operation = Operation.make({
        name: provider,
        start: calls.start,
        poll: calls.poll,
        state: Operation.byStatus({
          ...words,
          status: (one: typeof Job.Type) => one.status,
          value: () => "done",
          error: () => new JobFailed({ why: "" })
        }),
        deadline: "1 hour"
      })
      const outcomes = { done: "done", failed: "JobFailed", expired: "OperationExpired", canceled: "OperationCanceled" }
      const ends = (["done", "failed", "expired", "canceled"] as const).flatMap((meaning) =>
        words[meaning].map((word) => [word, outcomes[meaning]] as const)
      )
      return Effect.gen(function* () {
        for (const [, outcome] of ends) {
          const result = yield* ended(Operation.run(operation, undefined))
          assert.strictEqual(result._tag === "Success" ? result.success : result.failure._tag, outcome)
        }
      }).pipe(
        Effect.provide(
          Jobs.layerMock({
            start: Mock.ok(job("new")),
            status: polls(...ends.flatMap(([word]) => [...pending, word]))
          })
        )
      )
    })
  }
})
