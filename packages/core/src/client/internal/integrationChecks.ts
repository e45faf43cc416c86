/** Rejects unknown options, slots and names of endpoints. */
import * as InvalidOption from "../../policy/InvalidOption.ts"
import { nearestTo } from "../../policy/internal/nearest.ts"
import { checkSlots } from "../../policy/internal/slotNames.ts"
import type { Policy } from "../../policy/Policy.ts"
import { definition } from "../Endpoint.ts"
import { assertWritable } from "./endpointChecks.ts"
import { pathOf, type Placed } from "./Placed.ts"
import * as OptionCheck from "../../policy/OptionCheck.ts"
import { compile } from "../../policy/Policy.ts"

/** The slots of the integration's policy and of each endpoint's, and how each endpoint of an `HttpApi` is written. */
export const checkDescription = (id: string, policy: object, placed: ReadonlyArray<Placed>): void => {
  checkSlots(policy, id)
  for (const one of placed) {
    checkSlots(one.policy, `endpoint ${pathOf(one)} of ${id}`)
    if (definition(one.endpoint).writing === undefined) assertWritable(one.endpoint)
  }
}

/** Throws `InvalidOption` for a name that is not among those that exist. */
export const checkNames = (where: string, given: object, known: ReadonlyArray<string>): void => {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue
    throw new InvalidOption.InvalidOption({
      option: where,
      actual: `a record with "${name}"`,
      accepts: `a record of known names${nearestTo(name, known)}`
    })
  }
}

/** Overrides of slots, by endpoint, or by group and endpoint. */
export interface Overrides {
  readonly integration: Policy
  readonly endpoints: Readonly<Record<string, Policy | Readonly<Record<string, Policy>>>>
}

export const checkOverrides = (
  id: string,
  { endpoints, integration }: Overrides,
  placed: ReadonlyArray<Placed>
): void => {
  checkSlots(integration, `layerPolicy of ${id}`)
  const groups = Map.groupBy(placed, ({ group }) => group)
  for (const [group, members] of groups) {
    const table = group === undefined ? endpoints : endpoints[group]
    if (table === undefined) continue
    const where = `endpoints of layerPolicy of ${id}${group === undefined ? "" : `, group ${group}`}`
    checkNames(
      where,
      table,
      group === undefined ? [...groups.keys(), ...namesOf(members)].map(String) : namesOf(members)
    )
  }
}

/** Throws `InvalidOption` for overrides that are no records of slots, or a slot that makes no sense. */
export const checkOverrideTable = (id: string, table: Overrides, placed: ReadonlyArray<Placed>): void => {
  checkTable(`integration of layerPolicy of ${id}`, table.integration)
  checkPolicy(`layerPolicy of ${id}`, table.integration)
  checkTable(`endpoints of layerPolicy of ${id}`, table.endpoints)
  checkOverrides(id, table, placed)
  const isGroup = (name: string) => placed.some(({ group }) => group === name)
  for (const [name, inner] of Object.entries(table.endpoints)) {
    const where = `layerPolicy of ${id}, ${name}`
    checkTable(where, inner)
    // The names say which of the two it is.
    const policies = isGroup(name) ? Object.entries(inner as Readonly<Record<string, Policy>>) : []
    for (const [member, policy] of policies) checkPolicy(`${where}.${member}`, policy)
    if (!isGroup(name)) checkPolicy(where, inner as Policy)
  }
}

const checkTable = OptionCheck.dictionary(OptionCheck.anything)

const checkPolicy = (where: string, policy: Policy): void => {
  checkSlots(policy, where)
  compile(policy)
}

const namesOf = (members: ReadonlyArray<Placed>): ReadonlyArray<string> => members.map(({ name }) => name)
