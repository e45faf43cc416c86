import type { Entry } from "./entry.ts"

const isSameVariant = (one: Entry, other: Entry): boolean =>
  one.method === other.method && identityOf(one) === identityOf(other)

/** What tells the variants of a key apart. */
export const identityOf = ({ method, varying }: Entry): string => JSON.stringify([method, varying])

/** The variants with a new one in the place of its predecessor, without the outlived ones and at most so many. */
export const withVariant = (
  entries: ReadonlyArray<Entry>,
  entry: Entry,
  now: number,
  maxVariants: number
): ReadonlyArray<Entry> => {
  const others = entries.filter((other) => other.keepUntil > now && !isSameVariant(other, entry))
  return [entry, ...others.toSorted((one, other) => other.storedAt - one.storedAt)].slice(0, maxVariants)
}
