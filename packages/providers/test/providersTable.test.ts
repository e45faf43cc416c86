import { expect, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { page, table } from "../../../scripts/providersTable.ts"

it("the page of providers is what their records say; if not, run node scripts/providersTable.ts", () =>
  expect(readFileSync(page, "utf8")).toBe(table()))
