import { type Context, Effect, Fiber } from "effect"

interface Flight<A, E> {
  readonly fiber: Fiber.Fiber<A, E>
  waiters: number
}

/** Calls in flight by key, each in a fibre that belongs to none of those that wait for it. */
export class FlightsInMemory<A, E> {
  readonly #flights = new Map<string, Flight<A, E>>()
  readonly #maxKeys: number

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  get size(): number {
    return this.#flights.size
  }

  readonly share = <R>(key: string | undefined, call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    key === undefined
      ? call
      : Effect.uninterruptibleMask((restore) =>
          Effect.contextWith((context: Context.Context<R>) => {
            const flight = this.#flights.get(key) ?? this.#begin(key, call, context)
            return flight === undefined ? restore(call) : this.#join(key, flight, restore)
          })
        )

  #begin<R>(key: string, call: Effect.Effect<A, E, R>, context: Context.Context<R>): Flight<A, E> | undefined {
    if (this.#flights.size >= this.#maxKeys) return undefined
    const flight = { fiber: Effect.runForkWith(context)(call), waiters: 0 }
    this.#flights.set(key, flight)
    // The first to see it end, so that whoever is told next and calls again begins a new one.
    flight.fiber.addObserver(() => this.#end(key, flight))
    return flight
  }

  #join(
    key: string,
    flight: Flight<A, E>,
    restore: <B>(effect: Effect.Effect<B, E>) => Effect.Effect<B, E>
  ): Effect.Effect<A, E> {
    flight.waiters += 1
    return Effect.onInterrupt(restore(Fiber.join(flight.fiber)), () => {
      flight.waiters -= 1
      if (flight.waiters > 0) return Effect.void
      this.#end(key, flight)
      return Fiber.interrupt(flight.fiber)
    })
  }

  #end(key: string, flight: Flight<A, E>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
  }
}
