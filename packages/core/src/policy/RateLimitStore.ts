/**
 * Where rate limits keep their state: in memory by default, elsewhere by swapping this Layer.
 *
 * **When to use**
 *
 * Provide one to share a quota between integrations. Without it each integration keeps its own, in memory.
 *
 * **Details**
 *
 * `reserve` decides at once: admitted with a delay, or refused with the time after which it may succeed. A store
 * answers with a plain success where it can, so that the engine needs no step of the runtime for it.
 *
 * **Gotchas**
 *
 * The memory store holds at most 10,000 keys; the least recently used one is forgotten, and with it what it had used.
 *
 * **Example** (One quota for two integrations)
 *
 * ```ts
 * import { Layer } from "effect"
 * import { RateLimitStore } from "@causeway/core/policy"
 *
 * const shared: Layer.Layer<RateLimitStore.RateLimitStore> = RateLimitStore.layerMemory()
 * console.assert(Layer.isLayer(shared))
 * ```
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { BoundedKeys } from "./internal/BoundedKeys.ts"
import * as InvalidOption from "./InvalidOption.ts"

/**
 * A request for tokens. Times are in milliseconds, `now` is the epoch's.
 *
 * @since 0.1.0
 * @category models
 */
export interface Request {
  readonly key: string
  readonly limit: number
  readonly windowMillis: number
  readonly maxWaiting: number
  readonly maxWaitMillis: number
  readonly tokens: number
  readonly now: number
}

/**
 * A turn: wait `delayMillis`, then go; or give it back with `refund`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Admitted {
  readonly _tag: "Admitted"
  readonly delayMillis: number
  readonly refund: Effect.Effect<void>
}

/**
 * No turn; `retryAfterMillis` is undefined when no wait would help.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refused {
  readonly _tag: "Refused"
  readonly retryAfterMillis: number | undefined
}

/**
 * The store's decision.
 *
 * @since 0.1.0
 * @category models
 */
export type Decision = Admitted | Refused

/**
 * Keeps the state of rate limits by key.
 *
 * @since 0.1.0
 * @category services
 */
export class RateLimitStore extends Context.Service<
  RateLimitStore,
  {
    readonly reserve: (request: Request) => Effect.Effect<Decision>
    /** Lets nobody through before `until` (epoch milliseconds), because the provider said so. */
    readonly pause: (key: string, until: number) => Effect.Effect<void>
    /** The keys held now. */
    readonly size: Effect.Effect<number>
  }
>()("causeway/policy/RateLimitStore") {}

interface Turn {
  readonly at: number
  readonly tokens: number
}

/** The turns of a key in order, from `oldest` on; those before it have left the window. */
interface Window {
  turns: Array<Turn>
  oldest: number
  /** The tokens of the turns from `oldest` on. */
  used: number
  windowMillis: number
  pausedUntil: number
}

const isIdle = (window: Window, now: number): boolean =>
  window.pausedUntil <= now && (window.turns.at(-1)?.at ?? -Infinity) + window.windowMillis <= now

const forget = (window: Window, now: number): void => {
  let turn = window.turns[window.oldest]
  while (turn !== undefined && turn.at + window.windowMillis <= now) {
    window.used -= turn.tokens
    window.oldest += 1
    turn = window.turns[window.oldest]
  }
  if (window.oldest > 64 && window.oldest * 2 > window.turns.length) compact(window)
}

const compact = (window: Window): void => {
  window.turns = window.turns.slice(window.oldest)
  window.oldest = 0
}

const waiting = (window: Window, now: number): number => {
  const first = window.turns.findLastIndex((turn) => turn.at <= now)
  return window.turns.length - 1 - first
}

/** The earliest time at which the window has room: each turn that must leave it first pushes that time back. */
const earliest = (window: Window, request: Request): number => {
  let used = window.used
  let at = Math.max(request.now, window.pausedUntil, window.turns.at(-1)?.at ?? 0)
  for (let index = window.oldest; used + request.tokens > request.limit; index += 1) {
    const turn = window.turns[index]
    if (turn === undefined) break
    at = Math.max(at, turn.at + window.windowMillis)
    used -= turn.tokens
  }
  return at
}

const withdraw = (window: Window, turn: Turn): void => {
  const index = window.turns.lastIndexOf(turn)
  if (index < window.oldest) return
  window.turns.splice(index, 1)
  window.used -= turn.tokens
}

const decide = (window: Window, request: Request): Decision => {
  if (request.tokens > request.limit) return { _tag: "Refused", retryAfterMillis: undefined }
  forget(window, request.now)
  const at = earliest(window, request)
  const delayMillis = at - request.now
  const mustWait = delayMillis > 0
  if (mustWait && (delayMillis > request.maxWaitMillis || waiting(window, request.now) >= request.maxWaiting)) {
    return { _tag: "Refused", retryAfterMillis: delayMillis }
  }
  const turn: Turn = { at, tokens: request.tokens }
  window.turns.push(turn)
  window.used += turn.tokens
  return { _tag: "Admitted", delayMillis, refund: Effect.sync(() => withdraw(window, turn)) }
}

/**
 * Makes a store in memory.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (options: { readonly maxKeys?: number } = {}): RateLimitStore["Service"] => {
  const windows = new BoundedKeys<Window>(
    InvalidOption.integer("rateLimitStore.maxKeys", options.maxKeys ?? 10_000, 1),
    isIdle
  )
  return {
    reserve: (request) => {
      const window = windows.getOrMake(request.key, request.now, () => ({
        turns: [],
        oldest: 0,
        used: 0,
        windowMillis: request.windowMillis,
        pausedUntil: 0
      }))
      return Effect.succeed(decide(window, request))
    },
    pause: (key, until) =>
      Effect.sync(() => {
        const window = windows.peek(key)
        if (window !== undefined) window.pausedUntil = Math.max(window.pausedUntil, until)
      }),
    size: Effect.sync(() => windows.size)
  }
}

/**
 * A store in memory. `maxKeys` defaults to 10,000.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (options?: { readonly maxKeys?: number }): Layer.Layer<RateLimitStore> =>
  Layer.sync(RateLimitStore, () => RateLimitStore.of(makeMemory(options)))
