/** Finds texts in a decoded body by their places. */
import { Predicate } from "effect"

/** The most array members that are examined in one body. */
const mostMembers = 64

const longestText = 1_024

/** The texts, numbers and truth values at places such as `error.errors.*.reason`. */
export const textsAt = (body: unknown, places: ReadonlyArray<string>): ReadonlyArray<string> =>
  places.flatMap((place) => place.split(".").reduce(step, [body]).flatMap(textOf))

const step = (values: ReadonlyArray<unknown>, name: string): ReadonlyArray<unknown> =>
  values.flatMap((value) => childrenOf(value, name)).slice(0, mostMembers)

const childrenOf = (value: unknown, name: string): ReadonlyArray<unknown> => {
  if (name === "*") return Array.isArray(value) ? value.slice(0, mostMembers) : []
  return Predicate.isObject(value) && Object.hasOwn(value, name) ? [value[name]] : []
}

const textOf = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? [String(value).slice(0, longestText)]
    : []
