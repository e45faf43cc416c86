import { Effect, Fiber } from "effect"
import * as Redis from "effect/persistence/Redis"
import type { Observation } from "../../RateHeaders.ts"
import type { Limit } from "../../RateLimit.ts"
import { Rest } from "../Rest.ts"
import type { Admitted, Decision, Request, Unavailable } from "./model.ts"
import { type Desk, type Forecast, Line } from "./Line.ts"
import { Memory } from "./Memory.ts"
import { lua } from "./redisScript.ts"
import * as windows from "./windows.ts"

export interface Settings {
  readonly prefix: string
  readonly onStoreError: "allow" | "fail"
  readonly timeoutMillis: number
  readonly maxKeys: number
  /** Whose clock decides; a given one is for tests. */
  readonly time: "server" | "given"
}

/** Yes or no; for yes the time and the order of the turn, for no the wait (-1: for ever) and which limit was slowest. */
type Answer = readonly [granted: number, millis: number, slowest: number, order: number]

type Asked = Pick<Request, "key" | "limits" | "tokens" | "now">

/** What became of a question: a turn, the time at which there may be one, or that nobody could be asked. */
type Reply = Admitted | NotYet | Unavailable

interface NotYet {
  readonly _tag: "NotYet"
  readonly at: number
  readonly limit: number
}

const unavailable: Unavailable = { _tag: "Unavailable" }

const script = Redis.script((name: string, ...args: ReadonlyArray<string | number>) => [name, ...args], {
  numberOfKeys: 1,
  lua
}).withReturnType<Answer>()

/**
 * The windows are in Redis, the lines in the process: only the one at the front of a line asks. Nothing is taken ahead of
 * time, so a process that dies leaves nothing behind, and those of several processes take turns as they come.
 */
export class RedisDesk implements Desk {
  readonly #eval: (name: string, ...args: ReadonlyArray<string | number>) => Effect.Effect<Answer, Redis.RedisError>
  readonly #settings: Settings
  /** Decides while Redis does not. */
  readonly #own: Memory
  readonly #lines = new Map<string, Line>()
  readonly #served = new Set<Line>()
  /** What goes on without its asker, until `end`. */
  readonly #underWay = new Set<Fiber.Fiber<unknown>>()
  readonly #rest = new Rest()
  #isClosed = false

  constructor(redis: Redis.Redis["Service"], settings: Settings) {
    this.#eval = redis.eval(script)
    this.#settings = settings
    this.#own = new Memory(settings.maxKeys)
  }

  get waitingKeys(): number {
    return this.#lines.size
  }

  /** Asks no more, and waits for what is under way: a client that is closed in the middle of it may never be. */
  get end(): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#isClosed = true
      return Fiber.awaitAll(this.#underWay)
    })
  }

  reserve(request: Request): Effect.Effect<Decision> {
    const line = this.#lines.get(request.key)
    if (line !== undefined) return Effect.succeed(line.join(request))
    return Effect.map(this.#ask(request), (reply) => (reply._tag === "NotYet" ? this.#queued(request, reply) : reply))
  }

  hold(key: string, pause: number, observations: ReadonlyArray<Observation>, now: number): Effect.Effect<void> {
    this.#own.pause(key, now + pause, now)
    this.#own.learn(key, observations, now)
    const quotas = observations.flatMap(({ counts = "tokens", remaining, scope = "", ...said }) => {
      const resets = said.resetAfterMillis ?? said.windowMillis
      return remaining === undefined || resets === undefined || resets <= 0 ? [] : [scope, remaining, resets, counts]
    })
    if (quotas.length === 0 && pause <= 0) return Effect.void
    return Effect.asVoid(this.#run(key, now, ["hold", 0, Math.ceil(pause), ...quotas]))
  }

  serve(line: Line, now: number): Effect.Effect<void> {
    if (this.#served.has(line)) return Effect.void
    this.#served.add(line)
    line.frontAt = Infinity
    return Effect.asVoid(this.#detached(this.#serveAll(line, now)))
  }

  /** What others use is not known: the wait is at least as long as for one who is alone after the front. */
  forecast(line: Line): Forecast {
    return { window: windows.make(line.limits), held: undefined, from: line.frontAt }
  }

  close(line: Line): void {
    if (this.#lines.get(line.key) === line) this.#lines.delete(line.key)
  }

  correct(asked: Asked, at: number, order: number, tokens: number): Effect.Effect<void> {
    const { key, limits, now } = asked
    return Effect.map(this.#run(key, now, ["correct", ...argumentsOf(limits), tokens, at, order]), () => {
      if (tokens < 0) this.#lines.get(key)?.improved()
    })
  }

  #queued(request: Request, { at, limit }: NotYet): Decision {
    const known = this.#lines.get(request.key)
    if (known !== undefined) return known.join(request)
    const line = new Line(request.key, this, request.limits, at)
    this.#lines.set(request.key, line)
    const decision = line.join(request)
    return decision._tag === "Refused" ? { ...decision, limit } : decision
  }

  #serveAll(line: Line, now: number): Effect.Effect<void> {
    return Effect.ensuring(
      this.#serveFront(line, now),
      Effect.sync(() => {
        this.#served.delete(line)
        line.front?.wake()
      })
    )
  }

  #serveFront(line: Line, began: number): Effect.Effect<void> {
    const { front, key, limits } = line
    if (front === undefined) return Effect.void
    return Effect.clockWith((clock) => {
      const now = Math.max(began, clock.currentTimeMillisUnsafe())
      return Effect.flatMap(this.#ask({ key, limits, tokens: front.tokens, now }), (reply) => {
        if (reply._tag === "NotYet") {
          line.frontAt = reply.at
          return Effect.void
        }
        if (line.front?.tokens === front.tokens) line.shift(reply, now)
        else if (reply._tag === "Admitted") return Effect.andThen(reply.refund, this.#serveFront(line, now))
        return this.#serveFront(line, now)
      })
    })
  }

  /** Nothing is lost when the asker is interrupted: the answer is waited for elsewhere and given back. */
  #ask(asked: Asked): Effect.Effect<Reply> {
    const { key, limits, now, tokens } = asked
    const asking = Effect.map(this.#run(key, now, ["reserve", ...argumentsOf(limits), tokens]), (answer) =>
      answer === undefined ? this.#alone(asked) : this.#replyOf(asked, answer)
    )
    return Effect.flatMap(this.#detached(asking), (fiber) =>
      Effect.onInterrupt(Fiber.join(fiber), () => this.#detached(Effect.flatMap(Fiber.join(fiber), returned)))
    )
  }

  #detached<A>(effect: Effect.Effect<A>): Effect.Effect<Fiber.Fiber<A>> {
    return Effect.map(Effect.forkDetach(effect), (fiber) => {
      this.#underWay.add(fiber)
      fiber.addObserver(() => this.#underWay.delete(fiber))
      return fiber
    })
  }

  #replyOf(asked: Asked, [granted, millis, slowest, order]: Answer): Reply {
    if (granted === 1) return new RedisTurn(this, asked, millis, order)
    const at = millis < 0 ? Infinity : asked.now + millis
    return { _tag: "NotYet", at, limit: asked.limits[slowest - 1]?.limit ?? 0 }
  }

  #alone(asked: Asked): Reply {
    if (this.#settings.onStoreError === "fail") return unavailable
    const turn = this.#own.takeNow(asked)
    if (typeof turn !== "number") return turn
    return { _tag: "NotYet", at: turn, limit: windows.make(asked.limits).slowest(asked.tokens, asked.now) }
  }

  /** Undefined when Redis does not answer in time, and for a second after that. */
  #run(key: string, now: number, args: ReadonlyArray<string | number>): Effect.Effect<Answer | undefined> {
    if (this.#isClosed || !this.#rest.mayAsk(now)) return Effect.succeed(undefined)
    const { prefix, time, timeoutMillis } = this.#settings
    // In braces, so that all of a key would be on one node of a cluster.
    const name = `${prefix}:rate-limit:{${key}}`
    return this.#eval(name, time === "server" ? "" : now, ...args).pipe(
      Effect.timeout(timeoutMillis),
      Effect.tap(() => Effect.sync(() => this.#rest.answered())),
      Effect.catch(() => {
        this.#rest.failed(now)
        return Effect.as(Effect.logDebug("Redis did not answer for a rate limit"), undefined)
      })
    )
  }
}

/** A turn that was taken in Redis; `at` is the server's time. */
class RedisTurn implements Admitted {
  readonly _tag = "Admitted"
  readonly delayMillis = 0
  readonly #desk: RedisDesk
  readonly #asked: Asked
  readonly #at: number
  readonly #order: number
  #tokens: number

  constructor(desk: RedisDesk, asked: Asked, at: number, order: number) {
    this.#desk = desk
    this.#asked = asked
    this.#at = at
    this.#order = order
    this.#tokens = asked.tokens
  }

  get wait(): Effect.Effect<Decision> {
    return Effect.succeed(this)
  }

  get refund(): Effect.Effect<void> {
    return this.adjust(0)
  }

  adjust(tokens: number): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      const more = tokens - this.#tokens
      this.#tokens = tokens
      const asked = { ...this.#asked, now: clock.currentTimeMillisUnsafe() }
      return more === 0 ? Effect.void : this.#desk.correct(asked, this.#at, this.#order, more)
    })
  }
}

const returned = (reply: Reply): Effect.Effect<void> => (reply._tag === "Admitted" ? reply.refund : Effect.void)

const argumentsOf = (limits: ReadonlyArray<Limit>): ReadonlyArray<string | number> => [
  limits.length,
  ...limits.flatMap(({ algorithm, burst, limit, windowMillis }) => [algorithm, limit, windowMillis, burst])
]
