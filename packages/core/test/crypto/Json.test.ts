import { Result } from "effect"
import { afterEach, describe, expect, it, vi } from "vitest"
import { Json } from "@causeway/core/crypto"

const failure = (text: string, limits?: Json.Limits) => {
  const parsed = Json.parse(text, limits)
  return Result.isFailure(parsed) ? parsed.failure : undefined
}

describe("a text that is not JSON", () => {
  const faults: ReadonlyArray<readonly [string, number]> = [
    ["", 0],
    ["{", 1],
    ["[1,]", 3],
    ['{"a":1,}', 7],
    ['{"a" 1}', 5],
    ["{a:1}", 1],
    ["[1 2]", 3],
    ["[1]]", 3],
    ["01", 0],
    ["1.", 0],
    ["nul", 0],
    ["NaN", 0],
    ["'a'", 0],
    ['"a\nb"', 2],
    ['"\\x"', 1],
    ['"\\u12"', 1],
    ['"abc', 4],
    ["[}", 1],
    ['{"a":1]', 6],
    ["// comment\n1", 0],
    ["1 x", 2],
    ["\uFEFF1", 0]
  ]
  for (const [text, position] of faults) {
    it(`is refused at its position ${position}: ${JSON.stringify(text)}`, () => {
      expect(() => void JSON.parse(text)).toThrow()
      expect(failure(text)).toMatchObject({ reason: "Syntax", position })
    })
  }

  it("is refused with its line and column, and nothing of it is quoted", () => {
    const error = failure('{\n  "token": "secret",\n  oops\n}')
    expect(error).toMatchObject({ line: 3, column: 3 })
    expect(error?.message).toBe("invalid JSON at position 25 (line 3, column 3)")
  })
})

describe("a JSON text", () => {
  it("may be nested 512 levels deep, and no deeper unless the limit says so", () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth)
    expect(failure(nested(512))).toBeUndefined()
    expect(failure(nested(513))).toMatchObject({ reason: "Depth", position: 512, maxDepth: 512 })
    expect(failure(nested(513), { maxDepth: 1000 })).toBeUndefined()
    expect(Result.isFailure(Json.checkDepth(nested(600)))).toBe(true)
  })

  it("may hold any number of brackets in strings and side by side", () => {
    expect(failure(JSON.stringify(["[".repeat(5000), '\\"{['.repeat(500)]))).toBeUndefined()
    expect(failure(`[${"[],".repeat(5000)}{}]`)).toBeUndefined()
  })

  it("loses its keys named __proto__, however they are written", () => {
    for (const text of [
      '{"a":{"__proto__":{"admin":true},"b":1}}',
      String.raw`{"a":{"\u005f_proto_\u005F":{"admin":true},"b":1}}`
    ]) {
      const value = Result.getOrThrow(Json.parse(text))
      expect(JSON.stringify(value)).toBe('{"a":{"b":1}}')
      const exact = Result.getOrThrow(Json.parseExact(text))
      expect(JSON.stringify(exact.value)).toBe('{"a":{"b":1}}')
    }
    expect(Result.getOrThrow(Json.parse('"__proto__"'))).toBe("__proto__")
  })

  it("has the last of duplicate keys", () => expect(Result.getOrThrow(Json.parse('{"a":1,"a":2}'))).toEqual({ a: 2 }))
})

describe("the digits of a number", () => {
  afterEach(() => {
    vi.restoreAllMocks()
    vi.resetModules()
  })

  const text = String.raw`{"a":12345678901234567890,"b":[1,1.10,"12345678901234567890","\"1.10"],"c":1e400,"d":-0,"e":5}`

  const digitsOf = (parseExact: typeof Json.parseExact) => {
    const { digitsAt, value } = Result.getOrThrow(parseExact(text))
    // The value of this text.
    const found = value as { readonly b: ReadonlyArray<unknown> }
    const ofKeys = ["a", "c", "d", "e"].map((key) => digitsAt(found, key))
    const ofItems = found.b.map((_, index) => digitsAt(found.b, String(index)))
    return { value, ofKeys, ofItems, bare: Result.getOrThrow(parseExact("1.0")).digits }
  }

  const expected = {
    value: JSON.parse(text),
    ofKeys: ["12345678901234567890", "1e400", "-0", undefined],
    ofItems: [undefined, "1.10", undefined, undefined],
    bare: "1.0"
  }

  it("are kept where String would write others", () => expect(digitsOf(Json.parseExact)).toEqual(expected))

  it("are kept on a platform whose reviver is told no source", async () => {
    const parse = JSON.parse
    vi.spyOn(JSON, "parse").mockImplementation((text: string, reviver?: (key: string, value: unknown) => unknown) =>
      parse(
        text,
        reviver === undefined
          ? undefined
          : function (this: unknown, key: string, value: unknown) {
              return reviver.call(this, key, value)
            }
      )
    )
    vi.resetModules()
    const { Json: without } = await import("@causeway/core/crypto")
    expect(digitsOf(without.parseExact)).toEqual(expected)
  })
})

describe("a limit of depth that makes no sense", () => {
  for (const maxDepth of [Number.NaN, -1]) {
    it(`is refused: ${maxDepth}`, () => {
      expect(() => Json.parse("1", { maxDepth })).toThrow(RangeError)
      expect(() => Json.checkDepth("1", { maxDepth })).toThrow(RangeError)
      expect(() => Json.parseExact("1", { maxDepth })).toThrow(RangeError)
    })
  }
})
