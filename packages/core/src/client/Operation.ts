/**
 * Long-running operations: a call starts a job, and its status is polled until the job is done, failed, expired or canceled.
 *
 * **When to use**
 *
 * For a provider that responds with 202 or with a job resource: exports, batches, bulk loads, transcriptions.
 *
 * **Details**
 *
 * An operation is a value that describes how to start a job, fetch its status, interpret a response, when to poll and until
 * when. `start`, `poll` and `cancel` are method calls under the policies and the deadline of their endpoints, so mocks work
 * for them. {@link run} returns the value, {@link stream} emits the progress too, {@link resume} polls a job that was started
 * before, such as by another process.
 *
 * The wait before a poll is the `Retry-After` of the last response, else that of `schedule`. The header is read
 * when a call returns its response (`responseMode: "decoded-and-response"`) or its headers (`HttpApiSchema.WithHeaders`);
 * `pending({ retryAfter })` passes on a wait from the body. A poll that fails with a `transient` or `throttled` error is
 * repeated, at most `failedPolls` times in a row.
 *
 * **Gotchas**
 *
 * Interrupting the operation or passing its deadline leaves the job running, unless `cancel` is given. The deadline covers
 * starting and polling; fetching the result has the deadline of its endpoint.
 *
 * **Example** (An export)
 *
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Endpoint, Integration, Operation } from "@causeway/core/client"
 * import { Mock } from "@causeway/core/testing"
 *
 * const Job = Schema.Struct({ id: Schema.String, status: Schema.String, url: Schema.optional(Schema.String) })
 *
 * class Reports extends Integration.Service<Reports>()("app/Reports", {
 *   baseUrl: "https://api.reports.example",
 *   endpoints: [
 *     Endpoint.post("create", "/exports", { payload: { year: Schema.Int }, success: Job }),
 *     Endpoint.get("status", "/exports/:id", { params: { id: Schema.String }, success: Job })
 *   ]
 * }) {}
 *
 * const exported = Operation.make({
 *   name: "export",
 *   start: (year: number) => Effect.flatMap(Reports, (reports) => reports.create({ payload: { year } })),
 *   poll: ({ id }) => Effect.flatMap(Reports, (reports) => reports.status({ params: { id } })),
 *   state: Operation.byStatus({
 *     status: (job: typeof Job.Type) => job.status,
 *     done: ["completed"],
 *     failed: ["failed"],
 *     value: (job) => job.url,
 *     error: (job) => new Error(`export ${job.id} failed`)
 *   }),
 *   deadline: "1 hour"
 * })
 *
 * const layer = Reports.layerMock({ create: Mock.ok({ id: "1", status: "completed", url: "/1.csv" }), status: Mock.ok({ id: "1", status: "completed", url: "/1.csv" }) })
 * console.assert(Effect.isEffect(Operation.run(exported, 2026).pipe(Effect.provide(layer))))
 * ```
 *
 * @since 0.1.0
 */
import { type Duration, Effect, Queue, type Schedule, Stream } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Retry from "../policy/Retry.ts"
import { type Driven, drive } from "./internal/operationDriver.ts"
import type { OperationCanceled, OperationExpired, OperationTimeout } from "./internal/operationErrors.ts"
import type { AnyState, Canceled, Done, Event, Expired, Failed, Pending } from "./internal/operationStates.ts"
import * as Check from "./internal/optionChecks.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"
import { isMade } from "../policy/internal/made.ts"

export { OperationCanceled, OperationExpired, OperationTimeout } from "./internal/operationErrors.ts"
export type { AnyState, Canceled, Done, Event, Expired, Failed, Pending } from "./internal/operationStates.ts"

/**
 * The job is still running. `status` is the provider's status word, for the message of a timeout; `retryAfter` overrides
 * the headers and the schedule.
 *
 * @since 0.1.0
 * @category states
 */
export const pending = <P = undefined>(
  options: { readonly progress?: P; readonly status?: string; readonly retryAfter?: Duration.Input | undefined } = {}
): Pending<P> => ({
  _tag: "Pending",
  // Without progress, P is undefined.
  progress: options.progress as P,
  status: options.status,
  retryAfter: options.retryAfter
})

/**
 * The job is done, with a value: the response itself, or the input of the `fetch` of {@link withResult}.
 *
 * @since 0.1.0
 * @category states
 */
export const done = <A>(value: A): Done<A> => ({ _tag: "Done", value })

/**
 * The job failed: the operation fails with `error`.
 *
 * @since 0.1.0
 * @category states
 */
export const failed = <E>(error: E): Failed<E> => ({ _tag: "Failed", error })

/**
 * The job or its result is gone: the operation fails with `OperationExpired`.
 *
 * @since 0.1.0
 * @category states
 */
export const expired: Expired = { _tag: "Expired" }

/**
 * The job was canceled: the operation fails with `OperationCanceled`.
 *
 * @since 0.1.0
 * @category states
 */
export const canceled: Canceled = { _tag: "Canceled" }

/**
 * The meaning of the provider's status words, compared without case; any other word is pending.
 *
 * @since 0.1.0
 * @category models
 */
export interface Words<Answer, A, E, P> {
  readonly status: (answer: Answer) => string
  readonly done: ReadonlyArray<string>
  readonly failed?: ReadonlyArray<string>
  readonly expired?: ReadonlyArray<string>
  readonly canceled?: ReadonlyArray<string>
  /** The value of a job that is done. */
  readonly value: (answer: Answer) => A
  /** The error of a job that failed. */
  readonly error: (answer: Answer) => E
  readonly progress?: (answer: Answer) => P
}

/**
 * The `state` of an operation whose responses have a status word.
 *
 * @since 0.1.0
 * @category states
 */
export const byStatus = <Answer, A, E, P = undefined>(
  words: Words<Answer, A, E, P>
): ((answer: Answer) => Pending<P> | Done<A> | Failed<E> | Expired | Canceled) => {
  Check.checkWords("byStatus", words)
  const meanings = new Map<string, "done" | "failed" | "expired" | "canceled">()
  for (const meaning of ["done", "failed", "expired", "canceled"] as const) {
    for (const word of words[meaning] ?? []) meanings.set(word.toLowerCase(), meaning)
  }
  return (answer) => {
    const status = words.status(answer)
    switch (meanings.get(status.toLowerCase())) {
      case "done":
        return done(words.value(answer))
      case "failed":
        return failed(words.error(answer))
      case "expired":
        return expired
      case "canceled":
        return canceled
      case undefined:
        return pending({ status, ...(words.progress !== undefined && { progress: words.progress(answer) }) })
    }
  }
}

/**
 * The status URL of a 202, from `operation-location`, `azure-asyncoperation` or `location`, as an absolute URL for an
 * endpoint at `Endpoint.url`; undefined without one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-15.3.3
 * @since 0.1.0
 * @category getters
 */
export const statusUrl = ({ headers, request }: HttpClientResponse): string | undefined => {
  const given = headers["operation-location"] ?? headers["azure-asyncoperation"] ?? headers["location"]
  const base = HttpClientRequest.toUrl(request)
  const from = base._tag === "Some" ? base.value : undefined
  return given !== undefined && URL.canParse(given, from) ? new URL(given, from).href : undefined
}

/**
 * An operation that is started with `Input`, is identified by `Started`, and returns a `Value`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<in Input, in out Started, out Value, out Progress, out E, out R> {
  readonly "~causeway/client/Operation": Driven<Input, Started, Value, Progress, E, R>
}

type DoneOf<S> = S extends Done<infer A> ? A : never

type FailedOf<S> = S extends Failed<infer E> ? E : never

type ProgressOf<S> = S extends Pending<infer P> ? P : never

type ExpiredOf<S, Statuses> = [Statuses] extends [readonly []]
  ? Expired extends S
    ? OperationExpired
    : never
  : OperationExpired

type CanceledOf<S> = Canceled extends S ? OperationCanceled : never

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<Input, Started, Answer, S extends AnyState, Statuses, Es, Rs> {
  /** The name of the operation in errors. */
  readonly name: string
  /** Starts the job, and returns what identifies it: an id, a URL, or the whole response. */
  readonly start: (input: Input) => Effect.Effect<Started, Es, Rs>
  /** Fetches the status of the job. */
  readonly poll: (started: NoInfer<Started>) => Effect.Effect<Answer, Es, Rs>
  /** Interprets a response of `poll`. */
  readonly state: (answer: Answer, started: NoInfer<Started>) => S
  /** Interprets the response of `start`, for a job that may be done at once. Default: it is pending. */
  readonly startState?: (started: NoInfer<Started>) => NoInfer<S>
  /** Cancels the job when the operation is interrupted or its deadline passes, for at most 10 s. Default: the job continues. */
  readonly cancel?: (started: NoInfer<Started>) => Effect.Effect<unknown, unknown, Rs>
  /** The longest time of starting and polling together. Adds `OperationTimeout`. */
  readonly deadline: Duration.Input
  /**
   * The waits between polls, when the provider states none; the end of the schedule is a timeout. Default: exponential from 1 s to
   * 30 s, each with equal jitter.
   */
  readonly schedule?: Schedule.Schedule<unknown, AnyState>
  /** Statuses of a failed poll that mean that the job is gone, such as 404 and 410. Default: none. */
  readonly expiredStatuses?: Statuses
  /** How many consecutive polls may fail with a `transient` or `throttled` error. Default: 3. */
  readonly failedPolls?: number
}

/**
 * Creates a long-running operation. An invalid option throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <
  Started,
  Answer,
  const S extends AnyState,
  E1,
  R1,
  E2,
  R2,
  Input = void,
  R3 = never,
  const Statuses extends ReadonlyArray<number> = readonly []
>(
  options: Omit<Options<Input, Started, Answer, S, Statuses, never, never>, "start" | "poll" | "cancel"> & {
    readonly start: (input: Input) => Effect.Effect<Started, E1, R1>
    readonly poll: (started: NoInfer<Started>) => Effect.Effect<Answer, E2, R2>
    readonly cancel?: (started: NoInfer<Started>) => Effect.Effect<unknown, unknown, R3>
  }
): Operation<
  Input,
  Started,
  DoneOf<S>,
  ProgressOf<S>,
  E1 | E2 | FailedOf<S> | ExpiredOf<S, Statuses> | CanceledOf<S> | OperationTimeout,
  R1 | R2 | R3
> => {
  Check.checkOperation("operation", options)
  return {
    // The driver calls each function with what another one of them has made.
    "~causeway/client/Operation": {
      ...options,
      deadlineMillis: InvalidOption.positiveMillis("operation.deadline", options.deadline),
      schedule: options.schedule ?? Retry.equalJitter({ base: "1 second", cap: "30 seconds" }),
      expiredStatuses: options.expiredStatuses ?? [],
      failedPolls: options.failedPolls ?? 3
    } as unknown as Driven<
      Input,
      Started,
      DoneOf<S>,
      ProgressOf<S>,
      E1 | E2 | FailedOf<S> | ExpiredOf<S, Statuses> | CanceledOf<S> | OperationTimeout,
      R1 | R2 | R3
    >
  }
}

const checkMade = OptionCheck.satisfies("what Operation.make returns", (value) =>
  isMade("~causeway/client/Operation", value)
)

/**
 * Fetches the value when the job is done, such as the file that its response names. The fetch has the deadline of its
 * endpoint, not that of the operation.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withResult = <Input, Started, Done, Progress, E, R, Value, E2, R2>(
  operation: Operation<Input, Started, Done, Progress, E, R>,
  fetch: (done: Done, started: Started) => Effect.Effect<Value, E2, R2>
): Operation<Input, Started, Value, Progress, E | E2, R | R2> => {
  checkMade("operation", operation)
  OptionCheck.callback("fetch", fetch)
  const driven: Driven<Input, Started, unknown, Progress, E | E2, R | R2> = operation["~causeway/client/Operation"]
  const { result } = driven
  return {
    "~causeway/client/Operation": {
      ...driven,
      result: (value, started) =>
        // The input of `fetch` is the value of the operation.
        Effect.flatMap(result?.(value, started) ?? Effect.succeed(value), (done) => fetch(done as Done, started))
    }
  }
}

/**
 * Starts the job and polls it to its end.
 *
 * @since 0.1.0
 * @category running
 */
export const run = <Input, Started, Value, Progress, E, R>(
  operation: Operation<Input, Started, Value, Progress, E, R>,
  input: Input
): Effect.Effect<Value, E, R> => {
  const driven = operation["~causeway/client/Operation"]
  return drive(driven, driven.start(input), ignored)
}

/**
 * Polls a job that was started before, given the result of its `start`. The deadline starts again.
 *
 * @since 0.1.0
 * @category running
 */
export const resume = <Input, Started, Value, Progress, E, R>(
  operation: Operation<Input, Started, Value, Progress, E, R>,
  started: Started
): Effect.Effect<Value, E, R> => drive(operation["~causeway/client/Operation"], Effect.succeed(started), ignored)

/**
 * Like {@link run}, as a Stream: `Started` (store its value for {@link resume}), each pending
 * response, and the value at the end. Ending the stream early interrupts the operation.
 *
 * @since 0.1.0
 * @category running
 */
export const stream = <Input, Started, Value, Progress, E, R>(
  operation: Operation<Input, Started, Value, Progress, E, R>,
  input: Input
): Stream.Stream<Event<Started, Progress, Value>, E, R> =>
  Stream.callback<Event<Started, Progress, Value>, E, R>((queue) => {
    const driven = operation["~causeway/client/Operation"]
    const driving = drive(driven, driven.start(input), (event) => Effect.asVoid(Queue.offer(queue, event)))
    return Effect.matchCauseEffect(driving, {
      onFailure: (cause) => Queue.failCause(queue, cause),
      onSuccess: (value) => Effect.andThen(Queue.offer(queue, { _tag: "Done", value }), Queue.end(queue))
    })
  })

const ignored = () => Effect.void
