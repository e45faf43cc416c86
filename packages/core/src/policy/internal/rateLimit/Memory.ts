import { Effect } from "effect"
import type { Observation } from "../../RateHeaders.ts"
import type { Limit } from "../../RateLimit.ts"
import type { Admitted, Decision, Request } from "./model.ts"
import { BoundedKeys } from "../BoundedKeys.ts"
import { Held } from "./Held.ts"
import { type Desk, type Forecast, Line, Waiter } from "./Line.ts"
import type { Window } from "./Window.ts"
import * as windows from "./windows.ts"

/** A turn that was taken. */
class Turn implements Admitted {
  readonly _tag = "Admitted"
  readonly delayMillis = 0
  readonly #memory: Memory
  readonly #key: string
  readonly #window: Window
  readonly #at: number
  readonly #order: number
  #tokens: number

  constructor(memory: Memory, key: string, window: Window, tokens: number, at: number) {
    this.#memory = memory
    this.#key = key
    this.#window = window
    this.#at = at
    this.#tokens = tokens
    this.#order = window.take(tokens, at)
  }

  get wait(): Effect.Effect<Decision> {
    return Effect.succeed(this)
  }

  get refund(): Effect.Effect<void> {
    return this.adjust(0)
  }

  adjust(tokens: number): Effect.Effect<void> {
    return Effect.clockWith((clock) => {
      this.#correct(tokens, clock.currentTimeMillisUnsafe())
      return Effect.void
    })
  }

  #correct(tokens: number, now: number): void {
    const rest = this.#tokens - tokens
    this.#tokens = tokens
    if (rest > 0) {
      this.#window.giveBack(rest, this.#at, this.#order)
      this.#memory.lineOf(this.#key)?.improved()
    } else if (rest < 0) {
      this.#window.charge(-rest, this.#at)
      this.#memory.lineOf(this.#key)?.worsened(now)
    }
  }
}

/** Windows, what providers have said, and lines, by key. */
export class Memory implements Desk {
  readonly #windows: BoundedKeys<Window>
  readonly #held: BoundedKeys<Held>
  /** Of those keys for which somebody waits. */
  readonly #lines = new Map<string, Line>()

  constructor(maxKeys: number) {
    this.#windows = new BoundedKeys<Window>(maxKeys, (window, now) => window.idleFrom() <= now)
    this.#held = new BoundedKeys<Held>(maxKeys, (held, now) => held.idleFrom() <= now)
  }

  get size(): number {
    return this.#windows.size
  }

  lineOf(key: string): Line | undefined {
    return this.#lines.get(key)
  }

  reserve(request: Request): Decision {
    const line = this.#lines.get(request.key)
    if (line !== undefined) this.#serveNow(line, request.now)
    return line === undefined || line.front === undefined ? this.#direct(request) : this.#queued(line, request)
  }

  pause(key: string, until: number, now: number): void {
    if (until <= now) return
    this.#heldOf(key, now).pause(until, now)
    this.#lines.get(key)?.worsened(now)
  }

  learn(key: string, observations: ReadonlyArray<Observation>, now: number): void {
    if (observations.length === 0) return
    const held = this.#heldOf(key, now)
    for (const observation of observations) held.learn(observation, now)
    this.#lines.get(key)?.worsened(now)
  }

  serve(line: Line, now: number): Effect.Effect<void> {
    this.#serveNow(line, now)
    return Effect.void
  }

  forecast(line: Line, now: number): Forecast {
    const window = this.#windowOf(line.key, line.limits, now).copy()
    return { window, held: this.#held.peek(line.key)?.copy(), from: now }
  }

  close(line: Line): void {
    if (this.#lines.get(line.key) === line) this.#lines.delete(line.key)
  }

  /** Takes the tokens now, or tells when they will be there. */
  takeNow({ key, limits, now, tokens }: Pick<Request, "key" | "limits" | "tokens" | "now">): Turn | number {
    const window = this.#windowOf(key, limits, now)
    const held = this.#held.size === 0 ? undefined : this.#held.peek(key)
    const at = window.earliest(tokens, held === undefined ? now : held.from(tokens, now))
    if (at > now) return at
    held?.spend(tokens, now)
    return new Turn(this, key, window, tokens, now)
  }

  #direct(request: Request): Decision {
    const turn = this.takeNow(request)
    if (typeof turn !== "number") return turn
    const line = new Line(request.key, this, request.limits, turn)
    this.#lines.set(request.key, line)
    return line.join(request)
  }

  #queued(line: Line, request: Request): Decision {
    const decision = line.join(request)
    if (!(decision instanceof Waiter) || line.front !== decision) return decision
    this.#serveNow(line, request.now)
    return decision.outcome ?? decision
  }

  #serveNow(line: Line, now: number): void {
    let { front } = line
    while (front !== undefined) {
      const turn = this.takeNow({ key: line.key, limits: line.limits, tokens: front.tokens, now })
      if (typeof turn === "number") return line.serveFrom(turn)
      line.shift(turn, now)
      front = line.front
    }
  }

  #windowOf(key: string, limits: ReadonlyArray<Limit>, now: number): Window {
    const window = this.#windows.getOrMake(key, now, () => windows.make(limits))
    if (window.retune(limits)) return window
    const fresh = windows.make(limits)
    this.#windows.replace(key, fresh)
    return fresh
  }

  #heldOf(key: string, now: number): Held {
    return this.#held.getOrMake(key, now, () => new Held())
  }
}
