import { assert, describe, it } from "@effect/vitest"
import { BoundedKeys } from "../../src/policy/internal/BoundedKeys.ts"
import { randomFrom } from "./randomFrom.ts"

interface State {
  readonly key: string
  idle: boolean
}

/** What it should do, worked out the slow way: a list in the order of use. */
class Model {
  #used: Array<State> = []
  readonly #maxKeys: number

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys
  }

  get keys(): ReadonlyArray<string> {
    return this.#used.map(({ key }) => key)
  }

  use(state: State): void {
    const known = this.#used.includes(state)
    this.#used = this.#used.filter((other) => other !== state)
    if (!known) while (this.#used[0]?.idle === true || this.#used.length >= this.#maxKeys) this.#used.shift()
    this.#used.push(state)
  }
}

describe("a map of bounded keys", () => {
  const makeKeys = (maxKeys: number) => new BoundedKeys<State>(maxKeys, ({ idle }) => idle)
  const keysOf = (keys: BoundedKeys<State>) => Array.from(keys.entries(), ([key]) => key)

  for (const maxKeys of [1, 2, 3, 10, 100]) {
    it(`does in 5,000 random steps what a list would do, with at most ${maxKeys} keys`, () => {
      const random = randomFrom(maxKeys)
      const keys = makeKeys(maxKeys)
      const model = new Model(maxKeys)
      for (let step = 0; step < 5_000; step += 1) {
        const key = `key ${random(maxKeys * 2)}`
        const state = keys.getOrMake(key, 0, () => ({ key, idle: false }))
        model.use(state)
        state.idle = random(4) === 0
        assert.strictEqual(state.key, key)
        assert.deepStrictEqual(keysOf(keys), model.keys)
        assert.strictEqual(keys.size, model.keys.length)
        assert.strictEqual(keys.peek(key), state)
      }
    })
  }

  it("puts another state in the place of a key's, which stays where it is", () => {
    const keys = makeKeys(3)
    for (const key of ["a", "b"]) keys.getOrMake(key, 0, () => ({ key, idle: false }))
    const other = { key: "a", idle: false }
    keys.replace("a", other)
    keys.replace("unknown", other)
    assert.strictEqual(keys.peek("a"), other)
    assert.deepStrictEqual(keysOf(keys), ["a", "b"])
  })
})
