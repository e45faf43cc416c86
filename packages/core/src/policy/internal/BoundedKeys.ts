/** A map of at most `maxKeys` keys: the least recently used one is dropped, and idle ones before it. */
export class BoundedKeys<State> {
  readonly #states = new Map<string, State>()
  readonly #maxKeys: number
  readonly #isIdle: (state: State, now: number) => boolean

  constructor(maxKeys: number, isIdle: (state: State, now: number) => boolean) {
    this.#maxKeys = maxKeys
    this.#isIdle = isIdle
  }

  get size(): number {
    return this.#states.size
  }

  entries(): IterableIterator<[string, State]> {
    return this.#states.entries()
  }

  peek(key: string): State | undefined {
    return this.#states.get(key)
  }

  getOrMake(key: string, now: number, make: () => State): State {
    const known = this.#states.get(key)
    const state = known ?? make()
    // A map iterates in the order of insertion: setting a key anew makes it the most recently used one.
    if (known !== undefined) this.#states.delete(key)
    else this.#makeRoom(now)
    this.#states.set(key, state)
    return state
  }

  /** Puts another state in the place of a key's. */
  replace(key: string, state: State): void {
    if (this.#states.has(key)) this.#states.set(key, state)
  }

  #makeRoom(now: number): void {
    for (const [key, state] of this.#states) {
      if (this.#states.size < this.#maxKeys && !this.#isIdle(state, now)) return
      this.#states.delete(key)
    }
  }
}
