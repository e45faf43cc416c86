import { Reason } from "../WebhookError.ts"
import { refuse } from "./refusal.ts"

export type DeliveryHeaders = ReadonlyArray<readonly [name: string, value: string]>

/** The value of a header that may be absent, but not repeated: of two values no reader knows which one was meant. */
export const optional = (headers: DeliveryHeaders, name: string): string | undefined => {
  const wanted = name.toLowerCase()
  let found: string | undefined
  for (const [key, value] of headers) {
    if (key.length !== name.length || key.toLowerCase() !== wanted) continue
    if (found !== undefined) return refuse(Reason.DuplicateHeader({ header: name }))
    found = value
  }
  return found
}

/** The values of a header that may be there several times. */
export const all = (headers: DeliveryHeaders, name: string): ReadonlyArray<string> => {
  const wanted = name.toLowerCase()
  return headers.flatMap(([key, value]) => (key.toLowerCase() === wanted ? value : []))
}

const noAliases: ReadonlyMap<string, string> = new Map()

const lowerAliases = new WeakMap<Readonly<Record<string, string>>, ReadonlyMap<string, string>>()

/** The names of a scheme by the aliases under which its headers may come, all in lower case. */
const byAlias = (aliases: Readonly<Record<string, string>>): ReadonlyMap<string, string> => {
  const known = lowerAliases.get(aliases)
  if (known !== undefined) return known
  const pairs = Object.entries(aliases)
  const made =
    pairs.length === 0 ? noAliases : new Map(pairs.map(([name, alias]) => [alias.toLowerCase(), name.toLowerCase()]))
  lowerAliases.set(aliases, made)
  return made
}

/** The headers with those under an alias renamed, unless the scheme's own names are there. */
export const renamed = (aliases: Readonly<Record<string, string>>, headers: DeliveryHeaders): DeliveryHeaders => {
  const names = byAlias(aliases)
  if (names.size === 0) return headers
  const own = new Set(names.values())
  if (headers.some(([name]) => own.has(name.toLowerCase()))) return headers
  return headers.map(([name, value]) => [names.get(name.toLowerCase()) ?? name, value] as const)
}

export const required = (headers: DeliveryHeaders, name: string): string =>
  optional(headers, name) ?? refuse(Reason.MissingHeader({ header: name }))
