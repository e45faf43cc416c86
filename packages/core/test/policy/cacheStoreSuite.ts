import { CacheControl, CacheStore } from "@causeway/core/policy"
import { assert } from "@effect/vitest"
import { Clock, Effect } from "effect"

/** An entry that is kept for a minute from `storedAt` on. */
export const entry = (storedAt: number, parts: Partial<CacheStore.Entry> = {}): CacheStore.Entry => {
  const headers = parts.headers ?? { "cache-control": "max-age=60" }
  return {
    method: "GET",
    status: 200,
    headers,
    body: new Uint8Array([0, 127, 128, 255]),
    varying: [],
    directives: CacheControl.parse(headers["cache-control"]),
    storedAt,
    initialAgeMillis: 0,
    lifetimeMillis: 60_000,
    keepUntil: storedAt + 60_000,
    ...parts
  }
}

export const entriesOf = (found: CacheStore.Found | CacheStore.Unavailable): ReadonlyArray<CacheStore.Entry> => {
  if (found._tag === "Unavailable") throw new Error("the store is unavailable")
  return found.entries
}

const bodies = (found: CacheStore.Found | CacheStore.Unavailable) =>
  entriesOf(found)
    .map((each) => new TextDecoder().decode(each.body))
    .toSorted()

const text = (body: string): Uint8Array => new TextEncoder().encode(body)

type Fact = (fact: string, program: Effect.Effect<void, never, CacheStore.CacheStore>) => void

/** What every store does that holds at most 8 variants of a key. Keys are drawn so that facts can share a store. */
export const cacheStoreSuite = (test: Fact): void => {
  const withKey = (
    program: (store: CacheStore.CacheStore["Service"], key: string, now: number) => Effect.Effect<void>
  ): Effect.Effect<void, never, CacheStore.CacheStore> =>
    Effect.gen(function* () {
      const store = yield* CacheStore.CacheStore
      yield* program(store, `https://api.example/${crypto.randomUUID()}`, yield* Clock.currentTimeMillis)
    })

  test(
    "what was put is found again, whatever bytes are in it",
    withKey((store, key, now) =>
      Effect.gen(function* () {
        const all = new Uint8Array(Array.from({ length: 256 }, (_, byte) => byte))
        const put = entry(now, { body: all, headers: { etag: '"é"' }, varying: [["accept", "a/b"]], status: 404 })
        assert.isTrue(yield* store.put(key, put, now))
        const [found] = entriesOf(yield* store.get(key, now))
        assert.deepStrictEqual(
          { ...found, storedAt: now, keepUntil: now + 60_000, body: [...(found?.body ?? [])] },
          {
            ...put,
            body: [...all]
          }
        )
      })
    )
  )

  test(
    "nothing is found under another key",
    withKey((store, key, now) =>
      Effect.gen(function* () {
        yield* store.put(key, entry(now), now)
        assert.deepStrictEqual(entriesOf(yield* store.get(`${key}/`, now)), [])
      })
    )
  )

  test(
    "an entry takes the place of the same variant",
    withKey((store, key, now) =>
      Effect.gen(function* () {
        yield* store.put(key, entry(now, { body: text("old"), varying: [["accept", "a"]] }), now)
        yield* store.put(key, entry(now, { body: text("new"), varying: [["accept", "a"]] }), now)
        assert.deepStrictEqual(bodies(yield* store.get(key, now)), ["new"])
      })
    )
  )

  test(
    "variants of one key are kept beside each other, and so are methods",
    withKey((store, key, now) =>
      Effect.gen(function* () {
        yield* store.put(key, entry(now, { body: text("a"), varying: [["accept", "a"]] }), now)
        yield* store.put(key, entry(now, { body: text("missing"), varying: [["accept", null]] }), now)
        yield* store.put(key, entry(now, { body: text("null"), varying: [["accept", "null"]] }), now)
        yield* store.put(key, entry(now, { body: text("head"), varying: [["accept", "a"]], method: "HEAD" }), now)
        assert.deepStrictEqual(bodies(yield* store.get(key, now)), ["a", "head", "missing", "null"])
      })
    )
  )

  test(
    "no more than the most variants are kept, and the newest is among them",
    withKey((store, key, now) =>
      Effect.gen(function* () {
        for (let index = 0; index < 20; index += 1) {
          yield* store.put(key, entry(now + index, { body: text(`${index}`), varying: [["x", `${index}`]] }), now)
        }
        const kept = bodies(yield* store.get(key, now))
        assert.strictEqual(kept.length, 8)
        assert.include(kept, "19")
      })
    )
  )

  test(
    "what has outlived its use is not found",
    withKey((store, key, now) =>
      Effect.gen(function* () {
        yield* store.put(key, entry(now - 120_000), now)
        assert.deepStrictEqual(entriesOf(yield* store.get(key, now)), [])
      })
    )
  )

  test(
    "what was removed is gone with all its variants, and removing nothing is no error",
    withKey((store, key, now) =>
      Effect.gen(function* () {
        yield* store.put(key, entry(now, { varying: [["x", "1"]] }), now)
        yield* store.put(key, entry(now, { varying: [["x", "2"]] }), now)
        assert.isTrue(yield* store.remove(key))
        assert.isTrue(yield* store.remove(key))
        assert.deepStrictEqual(entriesOf(yield* store.get(key, now)), [])
      })
    )
  )

  test(
    "a key counts once, however many variants it has",
    withKey((store, key, now) =>
      Effect.gen(function* () {
        const before = yield* store.size
        yield* store.put(key, entry(now, { varying: [["x", "1"]] }), now)
        yield* store.put(key, entry(now, { varying: [["x", "2"]] }), now)
        assert.strictEqual((yield* store.size) - before, 1)
      })
    )
  )
}
