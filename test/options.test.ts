import { assert, describe, it } from "@effect/vitest"
import * as authSchemes from "./options/authSchemes.ts"
import * as authServers from "./options/authServers.ts"
import * as authSignatures from "./options/authSignatures.ts"
import * as client from "./options/client.ts"
import * as policy from "./options/policy.ts"
import * as policyStores from "./options/policyStores.ts"
import * as schemes from "./options/schemes.ts"
import * as webhook from "./options/webhook.ts"
import { walk } from "./options/walk.ts"

const rooms = [policy, policyStores, authSchemes, authServers, authSignatures, client, schemes, webhook]

const rows = rooms.flatMap((room) => room.rows)

describe("every option of every constructor refuses odd values by name", () => {
  for (const row of rows) {
    it(row.name, () => assert.deepStrictEqual(walk(row), []))
  }
})
