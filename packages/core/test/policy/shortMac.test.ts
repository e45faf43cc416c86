import { describe, expect, it } from "@effect/vitest"
import { createHmac, createSecretKey, randomBytes } from "node:crypto"
import { type Hash, macText } from "../../src/policy/internal/shortMac.ts"
import { randomFrom } from "./randomFrom.ts"

const hashes: ReadonlyArray<Hash> = ["sha1", "sha256", "sha384", "sha512"]

const encodings = ["hex", "base64", "base64url"] as const

describe("the MAC of what is short", () => {
  for (const hash of hashes) {
    it(`is what createHmac makes with ${hash}, whatever the sizes of key, texts and body`, () => {
      const random = randomFrom(7)
      const upTo = (most: number) => random(most + 1)
      for (let turn = 0; turn < 300; turn++) {
        const secret = randomBytes(1 + upTo(300))
        const key = createSecretKey(secret)
        const [before, after] = ["1700000000.".slice(upTo(11)), "é€𝒳".slice(0, upTo(4))]
        const body = randomBytes(upTo(turn % 3 === 0 ? 20_000 : 400))
        const encoding = encodings[turn % 3] ?? "hex"
        const expected = createHmac(hash, secret).update(before).update(body).update(after).digest(encoding)
        expect(macText(hash, key, encoding, before, body, after)).toBe(expected)
      }
    })
  }

  it("is of this message alone, also after a longer one and under another key", () => {
    const [one, other] = [createSecretKey(Buffer.from("one")), createSecretKey(Buffer.from("other"))]
    const long = Buffer.alloc(8000, "x")
    const short = Buffer.from("x")
    const first = macText("sha256", one, "hex", "", short, "")
    macText("sha256", other, "hex", "", long, "")
    macText("sha512", other, "hex", "", long, "")
    expect(macText("sha256", one, "hex", "", short, "")).toBe(first)
    expect(macText("sha256", other, "hex", "", short, "")).not.toBe(first)
  })
})
