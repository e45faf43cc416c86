import { Seal, type TokenLease, TokenLease as Lease, TokenStore, TokenStoreKeyValue } from "@causeway/core/auth"
import { NodeFileSystem, NodePath } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FileSystem, Layer } from "effect"
import { KeyValueStore } from "effect/persistence"
import { tokenLeaseSuite } from "./tokenLeaseSuite.ts"
import { alteredText, type Disk, keys, owner, sealedStoreSuite, tokenOf, tokenStoreSuite } from "./tokenStoreSuite.ts"

const memory = KeyValueStore.layerMemory

const files = Layer.unwrap(
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (system) => system.makeTempDirectoryScoped({ prefix: "causeway-tokens-" })),
    KeyValueStore.layerFileSystem
  )
).pipe(Layer.provide([NodeFileSystem.layer, NodePath.layer]))

/** The values, as somebody who can read and write them sees them. */
const keyValueDisk: Effect.Effect<Disk, never, KeyValueStore.KeyValueStore> = Effect.map(
  KeyValueStore.KeyValueStore,
  (store) => {
    const entries = Effect.orDie(
      Effect.flatMap(store.keys, (names) =>
        Effect.forEach(names, (name) => Effect.map(store.get(name), (text = "") => ({ name, value: JSON.parse(text) })))
      )
    )
    const find = (wanted: TokenStore.Owner) =>
      Effect.map(entries, (all) => {
        const found = all.find(
          ({ value }) => value.integration === wanted.integration && value.tenant === wanted.tenant
        )
        if (found === undefined) throw new Error(`nothing is stored for ${wanted.tenant}`)
        return found
      })
    const write = (name: string, value: unknown) => Effect.orDie(store.set(name, JSON.stringify(value)))
    return {
      everything: Effect.map(entries, (all) => JSON.stringify(all)),
      move: (from, to) =>
        Effect.flatMap(Effect.all([find(from), find(to)]), ([source, target]) =>
          write(target.name, { ...target.value, sealed: source.value.sealed })
        ),
      alter: (of) =>
        Effect.flatMap(find(of), ({ name, value }) => write(name, { ...value, sealed: alteredText(value.sealed) }))
    }
  }
)

tokenStoreSuite("memory", TokenStore.layerMemory)

for (const [name, layer] of [
  ["a key-value store in memory", memory],
  ["a key-value store of files", files]
] as const) {
  tokenStoreSuite(name, TokenStoreKeyValue.layer().pipe(Layer.provide([layer, Seal.layer([keys[0]])])))
  sealedStoreSuite(name, layer, TokenStoreKeyValue.make(), keyValueDisk)
}

const inMemory = Effect.sync((): readonly [TokenLease.TokenLease["Service"], TokenLease.TokenLease["Service"]] => {
  const leases = Lease.makeMemory()
  return [leases, leases]
})
tokenLeaseSuite("memory", inMemory, (program) => program)

describe("a key-value store", () => {
  it.effect("with a value that is none of ours fails with StoreFailure, and does not show it", () =>
    Effect.gen(function* () {
      const values = yield* KeyValueStore.KeyValueStore
      const store = yield* TokenStoreKeyValue.make()
      yield* store.set(owner, tokenOf("one"))
      yield* Effect.forEach(yield* values.keys, (key) => values.set(key, '{"sealed":"h1dden"}'))
      const error = yield* Effect.flip(store.get(owner))
      assert.strictEqual(error.reason._tag, "StoreFailure")
      assert.notInclude(String(error) + JSON.stringify(error), "h1dden")
    }).pipe(Effect.provide([memory, Seal.layer([keys[0]])]))
  )
})
