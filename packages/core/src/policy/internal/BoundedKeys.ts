/** The slot of nobody. */
const none = -1

/**
 * A map of at most `maxKeys` keys: the least recently used one is dropped, and idle ones before it. The order of use is a
 * linked list, because deleting from a map and setting anew costs many times as much as looking up. Its links are numbers
 * in arrays, because an object for each key would be a third of what an idle key costs.
 */
export class BoundedKeys<State> {
  readonly #slots = new Map<string, number>()
  readonly #maxKeys: number
  readonly #isIdle: (state: State, now: number) => boolean
  #keys: Array<string | undefined> = []
  #states: Array<State | undefined> = []
  #older = new Int32Array(0)
  /** Of a slot that is free: the next one that is. */
  #newer = new Int32Array(0)
  #oldest = none
  #newest = none
  #firstFree = none
  #slotsEverUsed = 0

  constructor(maxKeys: number, isIdle: (state: State, now: number) => boolean) {
    this.#maxKeys = maxKeys
    this.#isIdle = isIdle
  }

  get size(): number {
    return this.#slots.size
  }

  /** From the least to the most recently used. */
  *entries(): IterableIterator<[string, State]> {
    for (let slot = this.#oldest; slot !== none; slot = this.#newerThan(slot)) {
      yield [this.#keyIn(slot), this.#stateIn(slot)]
    }
  }

  peek(key: string): State | undefined {
    const slot = this.#slots.get(key)
    return slot === undefined ? undefined : this.#states[slot]
  }

  getOrMake(key: string, now: number, make: () => State): State {
    const slot = this.#slots.get(key)
    if (slot === undefined) return this.#add(key, now, make())
    if (slot !== this.#newest) {
      this.#unlink(slot)
      this.#link(slot)
    }
    return this.#stateIn(slot)
  }

  /** Puts another state in the place of a key's. */
  replace(key: string, state: State): void {
    const slot = this.#slots.get(key)
    if (slot !== undefined) this.#states[slot] = state
  }

  #add(key: string, now: number, state: State): State {
    this.#makeRoom(now)
    const slot = this.#takeSlot()
    this.#slots.set(key, slot)
    this.#keys[slot] = key
    this.#states[slot] = state
    this.#link(slot)
    return state
  }

  #makeRoom(now: number): void {
    while (this.#oldest !== none) {
      const slot = this.#oldest
      if (this.#slots.size < this.#maxKeys && !this.#isIdle(this.#stateIn(slot), now)) return
      this.#drop(slot)
    }
  }

  #drop(slot: number): void {
    this.#slots.delete(this.#keyIn(slot))
    this.#unlink(slot)
    this.#keys[slot] = undefined
    this.#states[slot] = undefined
    this.#newer[slot] = this.#firstFree
    this.#firstFree = slot
  }

  #takeSlot(): number {
    const slot = this.#firstFree
    if (slot !== none) {
      this.#firstFree = this.#newerThan(slot)
      return slot
    }
    if (this.#slotsEverUsed === this.#keys.length) this.#grow()
    this.#slotsEverUsed += 1
    return this.#slotsEverUsed - 1
  }

  /** By an eighth, so that little is reserved for keys that never come. */
  #grow(): void {
    const length = Math.min(this.#maxKeys, Math.ceil(this.#keys.length * 1.125) + 8)
    this.#keys = resized(this.#keys, length)
    this.#states = resized(this.#states, length)
    this.#older = resizedNumbers(this.#older, length)
    this.#newer = resizedNumbers(this.#newer, length)
  }

  #link(slot: number): void {
    this.#older[slot] = this.#newest
    this.#newer[slot] = none
    if (this.#newest === none) this.#oldest = slot
    else this.#newer[this.#newest] = slot
    this.#newest = slot
  }

  #unlink(slot: number): void {
    const older = this.#older[slot] ?? none
    const newer = this.#newerThan(slot)
    if (older === none) this.#oldest = newer
    else this.#newer[older] = newer
    if (newer === none) this.#newest = older
    else this.#older[newer] = older
  }

  #newerThan(slot: number): number {
    return this.#newer[slot] ?? none
  }

  #keyIn(slot: number): string {
    // A slot that is linked has a key and a state.
    return this.#keys[slot] as string
  }

  #stateIn(slot: number): State {
    // A slot that is linked has a key and a state.
    return this.#states[slot] as State
  }
}

const resized = <A>(values: ReadonlyArray<A | undefined>, length: number): Array<A | undefined> =>
  Array.from({ length }, (_, index) => values[index])

const resizedNumbers = (values: Int32Array, length: number): Int32Array<ArrayBuffer> => {
  const longer = new Int32Array(length)
  longer.set(values)
  return longer
}
