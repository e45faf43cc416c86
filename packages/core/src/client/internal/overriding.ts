/** Overrides of policies, fixed or from a reference that may change while the program runs. */
import { Ref } from "effect"
import type * as Policy from "../../policy/Policy.ts"

export type Overriding = () => OverrideTable

export interface OverrideTable {
  readonly integration: Policy.Policy
  readonly endpoints: Readonly<Record<string, Policy.Policy | Readonly<Record<string, Policy.Policy>>>>
}

export const constant =
  (table: OverrideTable): Overriding =>
  () =>
    table

export interface LiveTable {
  readonly integration?: OverrideTable["integration"]
  readonly endpoints?: OverrideTable["endpoints"]
}

/** The same table for as long as the reference holds the same value, so that nothing is compiled twice. */
export const fromRef = (ref: Ref.Ref<LiveTable>): Overriding => {
  let seen = Ref.getUnsafe(ref)
  let table = tableOf(seen)
  return () => {
    const now = Ref.getUnsafe(ref)
    if (now !== seen) {
      table = tableOf(now)
      seen = now
    }
    return table
  }
}

const tableOf = ({ endpoints = {}, integration = {} }: LiveTable): OverrideTable => ({ endpoints, integration })
