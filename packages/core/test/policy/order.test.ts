/** The ordered table of slots agrees with the types, the constants, the engine and the pages. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, expectTypeOf, it } from "vitest"
import { Policy } from "@causeway/core/policy"
import { order } from "../../src/policy/internal/order.ts"
import { orderLine, tables } from "../../../../scripts/policyTable.ts"
import { root } from "../../../../scripts/command.ts"

const names: ReadonlyArray<string> = order.map(({ name }) => name)

/** The error of each slot, as the type of a policy has it that turns only this slot on. */
type Added = {
  readonly [Slot in keyof Policy.SlotErrors]: Policy.Errors<Pick<Required<Policy.Policy>, Slot>>["_tag"]
}

describe("the table of slots", () => {
  it("has a row for each slot of a policy but the list of strategies", () => {
    expect([...names, "strategies"].toSorted()).toEqual(Object.keys(Policy.none).toSorted())
    expect(new Set(names).size).toBe(names.length)
    expectTypeOf<keyof Policy.SlotErrors>().toEqualTypeOf<Exclude<keyof Policy.Policy, "strategies">>()
  })

  it("adds the errors that the types add", () => {
    const added: { readonly [Slot in keyof Added]: [Added[Slot]] extends [never] ? undefined : Added[Slot] } = {
      deadline: "Timeout",
      coalesce: undefined,
      cache: undefined,
      retry: "RateLimited",
      retryBudget: undefined,
      hedge: undefined,
      throttle: "RateLimited",
      circuitBreaker: "CircuitOpen",
      bulkhead: "BulkheadFull",
      concurrency: "BulkheadFull",
      rateLimit: "RateLimited",
      timeout: "Timeout",
      idleTimeout: undefined
    }
    expect(Object.fromEntries(order.map(({ adds, name }) => [name, adds]))).toEqual(added)
  })

  it("says which slots the standard policy turns on", () =>
    expect(
      order
        .filter(({ standard }) => standard !== "")
        .map(({ name }) => name)
        .toSorted()
    ).toEqual(Object.keys(Policy.standard).toSorted()))

  it("places each slot where the engine can run it", () => {
    const compiled = Policy.compile(Policy.standard)
    const described = order.filter((row) => row.describe(compiled) !== undefined).map(({ name }) => name)
    expect(
      Policy.describe(Policy.standard)
        .split("\n")
        .map((line) => line.split(/\s+/)[0])
    ).toEqual(described)
  })

  for (const { page, now, expected } of tables()) {
    it(`matches the tables of ${page}; if not, run node scripts/policyTable.ts`, () => {
      expect(now).toBe(expected)
      expect(now).toContain("<!-- policy order -->")
    })
  }

  it("has the order that the doc comment of Policy states", () => {
    const source = readFileSync(join(root, "packages/core/src/policy/Policy.ts"), "utf8")
    expect(source.replaceAll(/\s+(?:\* )?/g, " ")).toContain(orderLine())
  })
})
