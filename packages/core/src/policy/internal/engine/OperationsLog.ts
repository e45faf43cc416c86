/** Log lines at the default level: a circuit changed, or a limit began to delay or reject calls. */
import { Duration, Effect, type Fiber } from "effect"
import type { CallEvent } from "../../CallObserver.ts"
import { BoundedKeys } from "../BoundedKeys.ts"

/** A limit is logged again after this time without a delayed or rejected call. */
const quietMillis = 60_000

const maxLinesPerMinute = 60

const maxKeys = 1_000

type Unplaced<Event> = Event extends CallEvent ? Omit<Event, "integration" | "endpoint" | "tenant"> : never

interface Held {
  lastAt: number
}

type OperationalEvent = Extract<CallEvent, { readonly _tag: "CircuitChanged" | "LimitReached" }>

/** Whether an event may be worth a line. */
export const isOperational = (event: Unplaced<CallEvent>): event is Unplaced<OperationalEvent> =>
  event._tag === "CircuitChanged" || event._tag === "LimitReached"

/** One per clock: the lines of a process are bounded, however many keys its limits and circuits have. */
export class OperationsLog {
  readonly #held = new BoundedKeys<Held>(maxKeys, ({ lastAt }, now) => now - lastAt >= quietMillis)
  readonly #circuitLines = new LineBudget()
  readonly #limitLines = new LineBudget()

  /** Whether an event is worth a line: each change of a circuit, and the first call that a limit delays or rejects. */
  isNews(event: Unplaced<OperationalEvent>, now: number): boolean {
    if (event._tag === "CircuitChanged") return this.#circuitLines.take(now)
    return this.#isFirst(`${event.slot} ${event.key}`, now) && this.#limitLines.take(now)
  }

  /** Writes with the loggers, the level and the annotations of the call's fibre. */
  log(event: CallEvent, fiber: Fiber.Fiber<unknown, unknown>): void {
    const write = event._tag === "CircuitChanged" ? this.#circuit(event) : this.#limit(event)
    Effect.runForkWith(fiber.context)(write)
  }

  #isFirst(key: string, now: number): boolean {
    const held = this.#held.getOrMake(key, now, () => ({ lastAt: -Infinity }))
    const isFirst = now - held.lastAt >= quietMillis
    held.lastAt = now
    return isFirst
  }

  #circuit(event: CallEvent & { readonly _tag: "CircuitChanged" }): Effect.Effect<void> {
    const { breaker, transition } = event
    const facts = { ...placeOf(event), key: transition.key, from: transition.from, to: transition.to, breaker }
    const line =
      transition.to === "open" || transition.to === "isolated"
        ? Effect.logWarning("Circuit opened: calls are rejected")
        : Effect.logInfo(transition.to === "closed" ? "Circuit closed" : "Circuit half-open: probing the provider")
    return Effect.annotateLogs(line, { ...facts, ...this.#circuitLines.dropped() })
  }

  #limit(event: CallEvent): Effect.Effect<void> {
    if (event._tag !== "LimitReached") return Effect.void
    const { delayMillis, key, rejected, slot } = event
    const delay = delayMillis === undefined ? undefined : Duration.format(Duration.millis(Math.ceil(delayMillis)))
    const line = Effect.logWarning(rejected ? "Limit reached: calls are rejected" : "Limit reached: calls wait")
    const wait = delay !== undefined && { [rejected ? "retryAfter" : "wait"]: delay }
    return Effect.annotateLogs(line, { ...placeOf(event), slot, key, ...wait, ...this.#limitLines.dropped() })
  }
}

const placeOf = ({ endpoint, integration, tenant }: CallEvent) => ({
  integration,
  endpoint,
  ...(tenant !== undefined && { tenant })
})

/** The most lines per minute; the next line reports how many were dropped. */
class LineBudget {
  #since = -Infinity
  #taken = 0
  #dropped = 0

  take(now: number): boolean {
    if (now - this.#since >= 60_000 || now < this.#since) {
      this.#since = now
      this.#taken = 0
    }
    this.#taken += 1
    if (this.#taken <= maxLinesPerMinute) return true
    this.#dropped += 1
    return false
  }

  dropped(): { readonly droppedLines?: number } {
    if (this.#dropped === 0) return {}
    const droppedLines = this.#dropped
    this.#dropped = 0
    return { droppedLines }
  }
}
