import { Effect, Semaphore } from "effect"

/** A key as it was fetched: the text of a certificate, or a JSON Web Key. */
export type Key = string | Readonly<Record<string, unknown>>

/** Keys that were found, apart from what was asked for in vain: invented keys must not evict those in use. */
export class FoundKeys {
  readonly #keys = new Map<string, { readonly key: Key; readonly until: number }>()
  readonly #capacity: number
  readonly #timeToLive: number

  constructor(capacity: number, timeToLive: number) {
    this.#capacity = capacity
    this.#timeToLive = timeToLive
  }

  get(name: string, now: number): Key | undefined {
    const found = this.#keys.get(name)
    return found !== undefined && now < found.until ? found.key : undefined
  }

  /** Whether the key was found before, though that may be too long ago. */
  has(name: string): boolean {
    return this.#keys.has(name)
  }

  put(name: string, key: Key, now: number): void {
    this.#keys.delete(name)
    const oldest = this.#keys.keys().next().value
    if (this.#keys.size >= this.#capacity && oldest !== undefined) this.#keys.delete(oldest)
    this.#keys.set(name, { key, until: now + this.#timeToLive })
  }
}

/** How many requests run and wait at the same time. */
export interface Limits {
  readonly maxInFlight: number
  readonly maxWaiting: number
  /** How long a request waits and runs, in milliseconds. */
  readonly deadline: number
}

/** Requests of one kind: some run, some wait, and the rest is rejected at once. */
export class Requests {
  readonly #semaphore: Semaphore.Semaphore
  readonly #limits: Limits
  #admitted = 0

  constructor(limits: Limits) {
    this.#limits = limits
    this.#semaphore = Semaphore.makeUnsafe(limits.maxInFlight)
  }

  run<A>(request: Effect.Effect<A, string>): Effect.Effect<A, string> {
    const { deadline, maxInFlight, maxWaiting } = this.#limits
    return Effect.suspend(() => {
      if (this.#admitted >= maxInFlight + maxWaiting) return Effect.fail("too many other keys are being fetched")
      this.#admitted += 1
      return this.#semaphore
        .withPermit(request)
        .pipe(
          Effect.timeoutOrElse({ duration: deadline, orElse: () => Effect.fail(`no response within ${deadline} ms`) }),
          Effect.ensuring(Effect.sync(() => (this.#admitted -= 1)))
        )
    })
  }
}
