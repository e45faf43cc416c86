/** Reconnects a stream of events after it broke or ended, from the last event that was read. */
import { Duration, Effect, Exit, type Pull, Schedule, Stream } from "effect"
import * as CallError from "../../policy/CallError.ts"
import type { EventParser } from "./eventParser.ts"
import type { ReconnectRules } from "./eventRules.ts"
import type { Connection, Problem, Resume, StreamProblem } from "./undecodable.ts"

/** The events of one connection: its parser has their ids. It is done when the declared end was read. */
export interface Opened<A, E> {
  readonly events: Stream.Stream<A, E | StreamProblem>
  readonly parser: EventParser
  readonly isDone: () => boolean
}

interface Options<A, E> {
  readonly first: Connection
  readonly rules: ReconnectRules
  readonly resume: Resume
  readonly open: (connection: Connection, lastEventId: string) => Opened<A, E>
  /** The error for a failure that is not a problem of a stream. */
  readonly other: (error: Exclude<E, StreamProblem>) => Stream.Stream<never, unknown>
}

/** Why a connection ended, and what the stream fails with unless another follows. */
interface Ended {
  readonly error: () => unknown
  readonly retryAfterMillis: number
}

export const reconnecting = <A, E>(options: Options<A, E>): Stream.Stream<A, unknown> =>
  Stream.suspend(() => {
    const reconnection = new Reconnection(options)
    const connections = Stream.unfold(undefined, () =>
      Effect.map(reconnection.next, (connection) =>
        connection === undefined ? undefined : ([connection, undefined] as const)
      )
    )
    return Stream.flatMap(connections, (connection) => reconnection.read(connection))
  })

const atEnd: Problem = {
  _tag: "Broken",
  reason: "Body",
  code: undefined,
  detail: "the stream ended, and reconnecting brought no further event",
  sent: true,
  category: "transient",
  origin: "remote"
}

/** The most bytes of an id that are sent as `last-event-id`: servers refuse long headers. */
const mostIdBytes = 4096

class Reconnection<A, E> {
  readonly #options: Options<A, E>
  #isFirst = true
  #isOver = false
  #ended: Ended | undefined = undefined
  #lastEventId = ""
  #retryMillis: number | undefined = undefined
  /** The number of consecutive connections without an event. */
  #fruitless = 0
  #step: ((now: number, input: number) => Pull.Pull<[unknown, Duration.Duration], never, unknown>) | undefined

  constructor(options: Options<A, E>) {
    this.#options = options
  }

  /** The connection that is read next; undefined at the end of the stream. */
  get next(): Effect.Effect<Connection | undefined, unknown> {
    return Effect.suspend(() => {
      if (this.#isFirst) {
        this.#isFirst = false
        return Effect.succeed<Connection | undefined>(this.#options.first)
      }
      return this.#isOver ? Effect.succeed(undefined) : this.#connect()
    })
  }

  read(connection: Connection): Stream.Stream<A, unknown> {
    const { open, other } = this.#options
    const { events, isDone, parser } = open(connection, this.#lastEventId)
    this.#ended = { error: () => connection.tell(atEnd), retryAfterMillis: 0 }
    const ended = Stream.suspend(() => {
      this.#isOver = isDone()
      return Stream.empty
    })
    return events.pipe(
      Stream.tap(() => Effect.sync(() => this.#progressed())),
      Stream.catch((problem): Stream.Stream<never, unknown> => {
        if (!isProblem(problem)) return other(problem as Exclude<E, StreamProblem>)
        const error = () => connection.tell(problem)
        if (!mayReconnect(problem)) return Stream.fail(error())
        this.#ended = { error, retryAfterMillis: 0 }
        return Stream.empty
      }),
      Stream.concat(ended),
      Stream.onExit(() => Effect.sync(() => this.#remember(parser)))
    )
  }

  #remember(parser: EventParser): void {
    this.#lastEventId = parser.lastEventId
    this.#retryMillis = parser.retryMillis ?? this.#retryMillis
  }

  #progressed(): void {
    this.#fruitless = 0
    this.#step = undefined
  }

  #connect(): Effect.Effect<Connection | undefined, unknown> {
    const ended = this.#ended
    const headers = idHeader(this.#lastEventId)
    this.#fruitless += 1
    if (headers === undefined || this.#fruitless > this.#options.rules.attempts) return Effect.fail(ended?.error())
    const { inTime, connect } = this.#options.resume
    return Effect.flatMap(this.#waitMillis(ended), (millis) =>
      millis === undefined
        ? Effect.fail(ended?.error())
        : Effect.matchEffect(inTime(Effect.andThen(Effect.sleep(millis), connect(headers))), {
            onFailure: (error) => this.#failed(error),
            onSuccess: Effect.succeed
          })
    )
  }

  /** A transient error counts as a connection without an event. */
  #failed(error: unknown): Effect.Effect<Connection | undefined, unknown> {
    const { category, retryAfterMillis } = factsOf(error)
    if (category !== "transient" && category !== "throttled") return Effect.fail(error)
    if (error instanceof CallError.Timeout && error.scope === "deadline") return Effect.fail(error)
    if (retryAfterMillis > this.#options.rules.maxWaitMillis) return Effect.fail(error)
    this.#ended = { error: () => error, retryAfterMillis }
    return Effect.suspend(() => this.#connect())
  }

  /** The server's `retry` takes the place of the schedule's delay; undefined when the schedule has ended. */
  #waitMillis(ended: Ended | undefined): Effect.Effect<number | undefined> {
    const { maxWaitMillis, schedule } = this.#options.rules
    const start = this.#step === undefined ? Schedule.toStep(schedule) : Effect.succeed(this.#step)
    return Effect.flatMap(start, (step) => {
      this.#step = step
      return Effect.clockWith((clock) =>
        Effect.map(Effect.exit(step(clock.currentTimeMillisUnsafe(), this.#fruitless)), (exit) => {
          if (Exit.isFailure(exit)) return undefined
          const delay = this.#retryMillis ?? Duration.toMillis(exit.value[1])
          return Math.max(ended?.retryAfterMillis ?? 0, Math.min(delay, maxWaitMillis))
        })
      )
    })
  }
}

const problems: ReadonlySet<unknown> = new Set(["Broken", "Undecodable", "Elapsed", "ErrorEvent"])

const isProblem = (problem: unknown): problem is StreamProblem =>
  typeof problem === "object" && problem !== null && "_tag" in problem && problems.has(problem._tag)

/** Whether a failure is transient: a broken body, an idle timeout, or an event declared as transient. */
const mayReconnect = (problem: StreamProblem): boolean => {
  switch (problem._tag) {
    case "Broken":
    case "ErrorEvent":
      return problem.category === "transient"
    case "Elapsed":
      return problem.scope === "idle"
    case "Undecodable":
      return false
  }
}

/** The id in UTF-8, as the specification requires; undefined if it is invalid in a header. */
const idHeader = (id: string): Readonly<Record<string, string>> | undefined => {
  if (id === "") return {}
  const bytes = new TextEncoder().encode(id)
  if (bytes.byteLength > mostIdBytes) return undefined
  const value = String.fromCharCode(...bytes)
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? { "last-event-id": value } : undefined
}

const factsOf = (error: unknown): { readonly category: unknown; readonly retryAfterMillis: number } => {
  const facts = typeof error === "object" && error !== null ? error : {}
  const retryAfter = "retryAfter" in facts ? facts.retryAfter : undefined
  return {
    category: CallError.is(error) ? error.category : CallError.infoOf(facts)?.category,
    retryAfterMillis: Duration.isDuration(retryAfter) ? Duration.toMillis(retryAfter) : 0
  }
}
