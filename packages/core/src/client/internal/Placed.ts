import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { Policy } from "../../policy/Policy.ts"

/** An endpoint at its place: in a group, or at the top, where the endpoints of a top-level group are too. */
export interface Placed {
  readonly endpoint: HttpApiEndpoint.Top
  readonly group: string | undefined
  readonly atTop: boolean
  readonly name: string
  readonly policy: Policy
}

/** How an endpoint is named from outside. */
export const pathOf = ({ atTop, group, name }: Placed): string => (atTop ? name : `${group}.${name}`)

/** Puts what is made of each endpoint at its place. */
export const nest = <Value>(
  placed: ReadonlyArray<Placed>,
  make: (placed: Placed) => Value
): Record<string, Value | Record<string, Value>> => {
  const top: Record<string, Value | Record<string, Value>> = {}
  const groups: Record<string, Record<string, Value>> = {}
  for (const one of placed) {
    if (one.atTop || one.group === undefined) top[one.name] = make(one)
    else (groups[one.group] ??= {})[one.name] = make(one)
  }
  return { ...top, ...groups }
}

/** What a table by name, or by group (a top-level one too) and name, holds for an endpoint. */
export const lookup = <Value>(
  { group, name }: Placed,
  table: Readonly<Record<string, Value | Readonly<Record<string, Value>> | undefined>>
): Value | undefined => {
  const at = group === undefined ? table : table[group]
  // By the types of the tables, what is found under a group and a name is a value.
  return at === undefined ? undefined : (at as Readonly<Record<string, Value>>)[name]
}
