import { assert, describe, it } from "@effect/vitest"
import * as client from "./options/client.ts"
import * as policy from "./options/policy.ts"
import * as webhook from "./options/webhook.ts"
import { walk } from "./options/walk.ts"

const rows = [...policy.rows, ...client.rows, ...webhook.rows]

describe("every option of every constructor refuses odd values by name", () => {
  for (const row of rows) {
    it(row.name, () => assert.deepStrictEqual(walk(row), []))
  }
})
