import { assert, describe, it } from "@effect/vitest"
import { InvalidOption } from "@causeway/core/policy"
import { Duration, Redacted } from "effect"
import * as authSchemes from "./options/authSchemes.ts"
import * as authServers from "./options/authServers.ts"
import * as authSignatures from "./options/authSignatures.ts"
import * as client from "./options/client.ts"
import { exported, parametersOf } from "./options/exported.ts"
import * as node from "./options/node.ts"
import * as policy from "./options/policy.ts"
import * as policyStores from "./options/policyStores.ts"
import * as schemes from "./options/schemes.ts"
import * as testing from "./options/testing.ts"
import { type Row, walk } from "./options/walk.ts"
import * as webhook from "./options/webhook.ts"
import { judgedOrRejecting, withoutOptions } from "./options/withoutOptions.ts"

const rooms = [policy, policyStores, authSchemes, authServers, authSignatures, client, schemes, webhook, testing, node]

const rows = rooms.flatMap((room) => room.rows)

describe("every option of every constructor refuses odd values by name", () => {
  for (const row of rows) it(row.name, () => assert.deepStrictEqual(walk(row), []))
})

/** Methods of the classes that a constructor returns. */
const methods = new Set(["layerTenants", "layerPolicy", "makePolicyRef"].map((name) => `client/Integration.${name}`))

describe("the table of constructors", () => {
  /** What is in brackets tells the rows of one constructor apart. */
  const named = new Set(rows.map(({ name }) => name.replace(/ \(.*/, "")))

  it("has a row for each public function that takes options", () =>
    assert.deepStrictEqual(
      exported.filter((name) => !named.has(name) && !withoutOptions.has(name)),
      []
    ))

  it("names no function that is not public", () => {
    const known = new Set([...exported, ...methods])
    assert.deepStrictEqual(
      [...named, ...withoutOptions].filter((name) => !known.has(name)),
      []
    )
  })

  it("takes none for a function without options that has a parameter of this name", () =>
    assert.deepStrictEqual(
      [...withoutOptions].filter((name) => parametersOf(name).includes("options") && !judgedOrRejecting.has(name)),
      []
    ))

  it("names no function twice: it takes options, or it does not", () =>
    assert.deepStrictEqual(
      [...named].filter((name) => withoutOptions.has(name)),
      []
    ))
})

describe("the walk itself finds", () => {
  const rowOf = (make: Row["make"], accepts: Row["accepts"] = {}): Row => ({
    name: "test/make",
    options: { limit: 5 },
    make,
    accepts
  })

  it("an odd value that is accepted", () => {
    const found = walk(rowOf(({ limit }: { limit: number }) => limit))
    assert.include(found, "test/make: limit as NaN is accepted")
  })

  it("an error that is not InvalidOption", () => {
    const found = walk(rowOf(({ limit }: { limit: number }) => limit.toFixed()))
    assert.include(
      found,
      "test/make: limit as null threw TypeError: Cannot read properties of null (reading 'toFixed')"
    )
  })

  it("a refusal that does not name the option", () => {
    const found = walk(rowOf(({ limit }: { limit: number }) => InvalidOption.integer("other", limit, 1)))
    assert.include(found, "test/make: limit as NaN was refused as other")
  })

  it("a misspelled name that is accepted", () => {
    const found = walk(rowOf(({ limit }: { limit: number }) => InvalidOption.integer("limit", limit, 1)))
    assert.include(found, "test/make: limitz is accepted")
  })

  it("an exception that is listed but refused", () => {
    const make = ({ limit }: { limit: number }) => InvalidOption.integer("limit", limit, 1)
    const found = walk(rowOf(make, { limit: { values: ["null"], why: "a test" } }))
    assert.include(found, "test/make: limit as null is refused, but listed as accepted")
  })
})

describe("the description of a refused value", () => {
  const revoked = Proxy.revocable([], {})
  revoked.revoke()

  for (const [name, value, text] of [
    ["a text", "soon", '"soon"'],
    ["a long text", "a".repeat(1_000_000), `"${"a".repeat(100)}…"`],
    ["a text with a line break", "a\nb", '"a\\nb"'],
    ["a key of a provider", "sk_live_4eC39HqLyjWDarjtT1zdp7dc", '"<redacted>"'],
    ["a URL with a password", "https://user:secret@host/", '"https://<redacted>@host/"'],
    ["a Redacted", Redacted.make("secret"), "<redacted>"],
    ["NaN", Number.NaN, "NaN"],
    ["a bigint", 5n, "5n"],
    ["a large bigint", 10n ** 100_000n, "a bigint beyond 64 bits"],
    ["a symbol", Symbol("s"), "Symbol(s)"],
    ["a function", () => "secret", "a function"],
    ["null", null, "null"],
    ["nothing", undefined, "undefined"],
    ["an array", ["secret"], "an array"],
    ["an empty array", [], "an empty array"],
    ["a record", { password: "secret" }, "an object"],
    ["an invalid date", new Date(Number.NaN), "an invalid date"],
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["a duration", Duration.seconds(90), "1m 30s"],
    ["a revoked proxy", revoked.proxy, "an object"]
  ] as const) {
    it(`of ${name} is short, and shows no secret`, () => assert.strictEqual(InvalidOption.describe(value), text))
  }

  it("runs no toString and no toJSON", () => {
    const fail = () => assert.fail("it ran")
    assert.strictEqual(
      InvalidOption.describe({ toString: fail, toJSON: fail, [Symbol.toPrimitive]: fail }),
      "an object"
    )
  })
})
