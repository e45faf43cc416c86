/** Finds the name that was probably meant by a misspelled one. */

/** A hint with the nearest of the names, such as `; did you mean "retry"?`; empty when none is near. */
export const nearestTo = (name: string, names: ReadonlyArray<string>): string => {
  const [nearest] = byDistance(name, names)
  if (nearest === undefined || distance(name, nearest) > Math.max(2, name.length / 3)) {
    return names.length === 0 || names.length > 20 ? "" : ` (${names.join(", ")})`
  }
  return `; did you mean "${nearest}"?`
}

/** The names, the most similar one first. */
export const byDistance = (name: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names.toSorted((a, b) => distance(name, a) - distance(name, b))

/** The edit distance of Levenshtein between the beginnings of two names, without regard to case. */
const distance = (first: string, second: string): number => {
  const a = Array.from(first.slice(0, 100).toLowerCase())
  const b = Array.from(second.slice(0, 100).toLowerCase())
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [i, char] of a.entries()) {
    const next = [i + 1]
    for (const [j, other] of b.entries()) {
      const replaced = (row[j] ?? 0) + (char === other ? 0 : 1)
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
