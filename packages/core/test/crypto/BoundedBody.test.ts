import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { BoundedBody } from "@causeway/core/crypto"
import { randomFrom } from "../policy/randomFrom.ts"

const mebibyte = 1024 * 1024

const counting = (length: number, from = 0) => Uint8Array.from({ length }, (_, index) => (from + index) % 251)

describe("a bounded body", () => {
  it("returns the bytes of all its chunks in order, whatever their sizes", () => {
    const random = randomFrom(7)
    for (let round = 0; round < 50; round += 1) {
      const body = BoundedBody.make(100_000)
      const chunks = Array.from({ length: random(40) }, () => counting(random(2_000), random(251)))
      for (const chunk of chunks) assert.isTrue(body.append(chunk))
      assert.deepStrictEqual(Buffer.from(body.bytes()), Buffer.concat(chunks))
      assert.strictEqual(body.byteLength + body.remainingBytes, 100_000)
    }
  })

  it("takes exactly its limit and refuses one byte more", () => {
    const body = BoundedBody.make(4)
    assert.isTrue(body.append(counting(3)))
    assert.isTrue(body.append(counting(1)))
    assert.strictEqual(body.remainingBytes, 0)
    assert.isTrue(body.append(new Uint8Array(0)))
    assert.isFalse(body.append(counting(1)))
    assert.strictEqual(body.byteLength, 4)
  })

  it("stores nothing after a chunk that was too large, so the body never has a gap", () => {
    const body = BoundedBody.make(4)
    assert.isTrue(body.append(counting(2)))
    assert.isFalse(body.append(counting(3)))
    assert.isFalse(body.append(counting(1)))
    assert.strictEqual(body.byteLength, 2)
  })

  it("copies no chunk that arrives alone", () => {
    const body = BoundedBody.make(100)
    const chunk = counting(50)
    assert.isTrue(body.append(chunk))
    assert.strictEqual(body.bytes().buffer, chunk.buffer)
  })

  it("does not keep a large buffer alive for a small part of it", () => {
    const body = BoundedBody.make(100)
    assert.isTrue(body.append(new Uint8Array(10 * mebibyte).subarray(5, 6)))
    assert.isAtMost(body.capacityBytes, 2048)
  })

  it("holds at most twice its limit plus 1 MiB for 8 MiB in one-byte chunks, also while it grows", () => {
    const limit = 8 * mebibyte
    const body = BoundedBody.make(limit)
    const chunk = counting(1)
    let most = 0
    for (let index = 0; index < limit; index += 1) {
      const before = body.capacityBytes
      body.append(chunk)
      const held = body.capacityBytes === before ? before : before + body.capacityBytes
      most = Math.max(most, held)
    }
    assert.strictEqual(body.byteLength, limit)
    assert.isFalse(body.append(chunk))
    assert.isAtMost(most, 2 * limit + mebibyte)
  })

  it("rejects a limit that is negative or not a number, which would never apply", () => {
    assert.throws(() => BoundedBody.make(Number.NaN), "maxBytes must be 0 or more, got NaN")
    assert.throws(() => BoundedBody.make(-1), RangeError)
  })
})

describe("reading a stream into a bounded body", () => {
  it.effect("returns the bytes of a stream within the limit", () =>
    Effect.gen(function* () {
      const bytes = yield* BoundedBody.read(Stream.make(counting(3), counting(2, 3)), 5)
      assert.deepStrictEqual(Array.from(bytes), [0, 1, 2, 3, 4])
    })
  )

  it.effect("gives no bytes for a stream without any", () =>
    Effect.map(BoundedBody.read(Stream.empty, 0), (bytes) => assert.strictEqual(bytes.byteLength, 0))
  )

  it.effect("stops an endless stream as soon as the limit is passed", () =>
    Effect.gen(function* () {
      let pulled = 0
      const endless = Stream.fromEffectRepeat(Effect.sync(() => counting((pulled += 1) && 1)))
      const error = yield* Effect.flip(BoundedBody.read(endless, 10))
      assert.deepInclude(error, { _tag: "BodyTooLarge", maxBytes: 10 })
      assert.strictEqual(error.message, "the body is larger than 10 bytes")
      assert.strictEqual(pulled, 11)
    })
  )

  it.effect("fails as the stream does", () =>
    Effect.gen(function* () {
      const broken = Stream.concat(Stream.make(counting(3)), Stream.fail("broken"))
      assert.strictEqual(yield* Effect.flip(BoundedBody.read(broken, 100)), "broken")
    })
  )

  it.effect("starts with an empty buffer on each run", () =>
    Effect.gen(function* () {
      const reading = BoundedBody.read(Stream.make(counting(4)), 4)
      yield* reading
      assert.strictEqual((yield* reading).byteLength, 4)
    })
  )
})
