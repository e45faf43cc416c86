/** A dispatcher that chooses another by the origin of each request: one for each proxy, and one for none. */
import { Dispatcher } from "undici"
import type { ProxyFor } from "./proxyVariables.ts"

/** Makes the dispatcher of a proxy, or the one without any. */
export type MakeRoute = (proxy: string | undefined) => Dispatcher

/** Origins whose proxy is remembered; there are few of them in a program. */
const mostOrigins = 256

export class ProxyRouter extends Dispatcher {
  readonly #proxyFor: ProxyFor
  readonly #make: MakeRoute
  readonly #routes = new Map<string | undefined, Dispatcher>()
  readonly #known = new Map<string, Dispatcher>()

  constructor(proxyFor: ProxyFor, make: MakeRoute) {
    super()
    this.#proxyFor = proxyFor
    this.#make = make
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#routeOf(String(options.origin)).dispatch(options, handler)
  }

  override close(): Promise<void>
  override close(callback: () => void): void
  override close(callback?: () => void): Promise<void> | void {
    const closed = Promise.all(Array.from(this.#routes.values(), (route) => route.close()))
    return callback === undefined ? closed.then(() => {}) : void closed.then(callback)
  }

  override destroy(): Promise<void>
  override destroy(error: Error | null): Promise<void>
  override destroy(callback: () => void): void
  override destroy(error: Error | null, callback: () => void): void
  override destroy(first?: Error | null | (() => void), second?: () => void): Promise<void> | void {
    const [error, callback] = typeof first === "function" ? [null, first] : [first ?? null, second]
    const destroyed = Promise.all(Array.from(this.#routes.values(), (route) => route.destroy(error)))
    return callback === undefined ? destroyed.then(() => {}) : void destroyed.then(callback)
  }

  #routeOf(origin: string): Dispatcher {
    const known = this.#known.get(origin)
    if (known !== undefined) return known
    const proxy = this.#proxyFor(new URL(origin))
    const route = this.#routes.get(proxy) ?? this.#make(proxy)
    this.#routes.set(proxy, route)
    if (this.#known.size >= mostOrigins) this.#known.clear()
    this.#known.set(origin, route)
    return route
  }
}
