import { Seal } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Config, ConfigProvider, Effect, Redacted, Result } from "effect"
import { createDecipheriv } from "node:crypto"
import { inspect } from "node:util"

const key = Seal.generateKey("2026-11")
const seal = Seal.make([key])

const openWith = (sealed: string, ...belongsTo: ReadonlyArray<string>) => seal.open(sealed, belongsTo)

const flipped = (sealed: string, index: number) =>
  sealed.slice(0, index) + (sealed[index] === "A" ? "B" : "A") + sealed.slice(index + 1)

const configured = (text: string) =>
  Effect.flatMap(Seal.Seal, Effect.succeed).pipe(
    Effect.provide(Seal.layerConfig(Config.Redacted("KEYS"))),
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ KEYS: text })))
  )

const textOf = ({ id, secret }: Seal.Key) => `${id}:${Redacted.value(secret)}`

describe("a seal", () => {
  it("opens what it sealed, for the same owner only", () => {
    for (const text of ["", "s3cret", "ü€😀", "x".repeat(100_000)]) {
      const sealed = seal.seal(text, ["a", "b"])
      assert.strictEqual(Result.getOrThrow(openWith(sealed, "a", "b")), text)
      for (const others of [["a"], ["a", "b", ""], ["b", "a"], ["ab"], ['a","b']]) {
        assert.isTrue(Result.isFailure(openWith(sealed, ...others)), others.join())
      }
    }
  })

  it("seals the same text differently each time", () => {
    const sealed = new Set(Array.from({ length: 1_000 }, () => seal.seal("same", [])))
    assert.strictEqual(sealed.size, 1_000)
  })

  it("is AES-256-GCM, as node:crypto alone opens it", () => {
    const [version, id, body = ""] = seal.seal("s3cret", ["calendar", "acme"]).split(".")
    assert.deepStrictEqual([version, id], ["v1", "2026-11"])
    const bytes = Buffer.from(body, "base64url")
    const decipher = createDecipheriv(
      "aes-256-gcm",
      Buffer.from(Redacted.value(key.secret), "base64"),
      bytes.subarray(0, 12)
    )
    decipher.setAAD(Buffer.from('["v1","2026-11","calendar","acme"]')).setAuthTag(bytes.subarray(-16))
    assert.strictEqual(decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8"), "s3cret")
  })

  it("does not open with any character changed, nor cut short", () => {
    const sealed = seal.seal("s3cret", [])
    // The last character may hold bits that stand for nothing.
    for (let index = 0; index < sealed.length - 1; index += 1) {
      assert.isTrue(Result.isFailure(openWith(flipped(sealed, index))), `${index}`)
      assert.isTrue(Result.isFailure(openWith(sealed.slice(0, index))), `${index}`)
    }
    for (const nonsense of [
      "",
      "v1",
      "v1.2026-11",
      "v1.2026-11.",
      "v1.2026-11.!!!!",
      "v2.2026-11.AAAA",
      "..",
      "s3cret"
    ]) {
      assert.isTrue(Result.isFailure(openWith(nonsense)), nonsense)
    }
  })

  it("does not open what another key of the same name sealed, nor what one was renamed to", () => {
    const other = Seal.make([Seal.generateKey("2026-11"), { ...key, id: "renamed" }])
    assert.isTrue(Result.isFailure(openWith(other.seal("s3cret", []))))
    const renamed = seal.seal("s3cret", []).replace("2026-11", "renamed")
    assert.isTrue(Result.isFailure(other.open(renamed, [])))
  })

  it("says which key is missing", () => {
    const failure = Result.flip(Seal.make([Seal.generateKey("new")]).open(seal.seal("s3cret", []), []))
    assert.deepStrictEqual(
      { ...Result.getOrThrow(failure) },
      { _tag: "SealBroken", keyId: "2026-11", why: "unknown key" }
    )
  })

  it("refuses keys that are none, without showing them", () => {
    const secret = Redacted.value(key.secret)
    const refused = [
      { id: "short", secret: Redacted.make(secret.slice(0, 20)) },
      { id: "long", secret: Redacted.make(`${secret.slice(0, -1)}${secret}`) },
      { id: "words", secret: Redacted.make("correct horse battery staple") },
      { id: "empty", secret: Redacted.make("") },
      { id: secret, secret: key.secret },
      { id: "", secret: key.secret }
    ]
    for (const each of refused) {
      try {
        Seal.make([each])
        assert.fail(each.id)
      } catch (error) {
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.notInclude(inspect(error), secret.slice(0, 12))
      }
    }
    assert.throws(() => Seal.make([key, Seal.generateKey("2026-11")]), "two keys of one name")
  })

  it.effect("comes from one text in the configuration, with its keys in order", () =>
    Effect.gen(function* () {
      const older = Seal.generateKey("2026-02")
      const both = yield* configured(` ${textOf(key)} , ${textOf(older)}\n`)
      assert.strictEqual(both.keyId, "2026-11")
      assert.strictEqual(Result.getOrThrow(both.open(Seal.make([older]).seal("old", []), [])), "old")
      for (const text of ["", "nonsense", `${textOf(key)},`, `${textOf(key)},${textOf(key)}`]) {
        const error = yield* Effect.flip(configured(text))
        assert.notInclude(inspect(error), Redacted.value(key.secret).slice(0, 12), text)
      }
    })
  )

  it("shows no key when it is printed", () => {
    const secret = Redacted.value(key.secret)
    assert.notInclude(inspect(seal, { depth: 9, showHidden: true }) + JSON.stringify(seal) + inspect(key), secret)
  })
})
