/** A key's state, between those that were used before and after it. */
interface Held<State> {
  readonly key: string
  state: State
  older: Held<State> | undefined
  newer: Held<State> | undefined
}

/**
 * A map of at most `maxKeys` keys: the least recently used one is dropped, and idle ones before it. The order of use is a
 * linked list, because deleting from a map and setting anew costs many times as much as looking up.
 */
export class BoundedKeys<State> {
  readonly #held = new Map<string, Held<State>>()
  readonly #maxKeys: number
  readonly #isIdle: (state: State, now: number) => boolean
  #oldest: Held<State> | undefined = undefined
  #newest: Held<State> | undefined = undefined

  constructor(maxKeys: number, isIdle: (state: State, now: number) => boolean) {
    this.#maxKeys = maxKeys
    this.#isIdle = isIdle
  }

  get size(): number {
    return this.#held.size
  }

  /** From the least to the most recently used. */
  *entries(): IterableIterator<[string, State]> {
    for (let held = this.#oldest; held !== undefined; held = held.newer) yield [held.key, held.state]
  }

  peek(key: string): State | undefined {
    return this.#held.get(key)?.state
  }

  getOrMake(key: string, now: number, make: () => State): State {
    const known = this.#held.get(key)
    if (known === undefined) return this.#add(key, now, make())
    if (known !== this.#newest) {
      this.#unlink(known)
      this.#link(known)
    }
    return known.state
  }

  /** Puts another state in the place of a key's. */
  replace(key: string, state: State): void {
    const held = this.#held.get(key)
    if (held !== undefined) held.state = state
  }

  #add(key: string, now: number, state: State): State {
    this.#makeRoom(now)
    const held: Held<State> = { key, state, older: undefined, newer: undefined }
    this.#held.set(key, held)
    this.#link(held)
    return state
  }

  #makeRoom(now: number): void {
    for (let held = this.#oldest; held !== undefined; held = held.newer) {
      if (this.#held.size < this.#maxKeys && !this.#isIdle(held.state, now)) return
      this.#held.delete(held.key)
      this.#unlink(held)
    }
  }

  #link(held: Held<State>): void {
    held.older = this.#newest
    held.newer = undefined
    if (this.#newest === undefined) this.#oldest = held
    else this.#newest.newer = held
    this.#newest = held
  }

  #unlink({ newer, older }: Held<State>): void {
    if (older === undefined) this.#oldest = newer
    else older.newer = newer
    if (newer === undefined) this.#newest = older
    else newer.older = older
  }
}
