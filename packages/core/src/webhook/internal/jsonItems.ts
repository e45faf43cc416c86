/** A value in a JSON text. */
export interface Found {
  /** As it is written. */
  readonly text: string
  /** The keys and indexes that lead to it. */
  readonly path: Path
}

export type Path = ReadonlyArray<string | number>

/**
 * Finds the items of lists in a JSON text, each as it is written. The text must be valid JSON. A path leads to a list by
 * keys, with `*` for each item of a list on the way.
 */
export const itemsAt = (text: string, path: ReadonlyArray<string>): ReadonlyArray<Found> | undefined => {
  const found: Array<Found> = []
  return walk({ text, path: [] }, path, found) ? found : undefined
}
/** Reads over a JSON text, value by value. */
class Cursor {
  readonly text: string
  at = 0

  constructor(text: string) {
    this.text = text
  }

  get next(): string {
    while (isSpace(this.text.charCodeAt(this.at))) this.at += 1
    return this.text.charAt(this.at)
  }

  /** Passes a character where it comes next. */
  passes(character: string): boolean {
    if (this.next !== character) return false
    this.at += 1
    return true
  }

  /** Passes a value, and returns how it is written. */
  value(): string {
    const first = this.next
    const start = this.at
    if (first === '"') this.#string()
    else if (first === "{" || first === "[") this.#nested()
    else while (this.at < this.text.length && !ends.has(this.text.charAt(this.at))) this.at += 1
    return this.text.slice(start, this.at)
  }

  #string(): void {
    for (this.at += 1; this.at < this.text.length && this.text.charAt(this.at) !== '"'; this.at += 1) {
      if (this.text.charAt(this.at) === "\\") this.at += 1
    }
    this.at += 1
  }

  #nested(): void {
    let depth = 0
    do {
      const character = this.next
      if (character === '"') this.#string()
      else {
        if (character === "{" || character === "[") depth += 1
        if (character === "}" || character === "]") depth -= 1
        this.at += 1
      }
    } while (depth > 0 && this.at < this.text.length)
  }
}

const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

const ends: ReadonlySet<string> = new Set([",", "}", "]", " ", "\n", "\r", "\t"])

/** Collects the items that a path leads to; false where it leads to no list. */
const walk = (at: Found, path: ReadonlyArray<string>, found: Array<Found>): boolean => {
  const [key, ...rest] = path
  if (key !== undefined && key !== "*") return walkMember(at, key, rest, found)
  const items = itemsOf(at)
  if (items === undefined) return false
  if (key === undefined) {
    for (const item of items) found.push(item)
    return true
  }
  // All are walked: the path may lead to a list in some of them only.
  return items.filter((item) => walk(item, rest, found)).length > 0
}

/** As `JSON.parse` does, of several members with one name the last counts. */
const walkMember = (at: Found, key: string, rest: ReadonlyArray<string>, found: Array<Found>): boolean => {
  const cursor = new Cursor(at.text)
  if (!cursor.passes("{")) return false
  let member: string | undefined
  while (cursor.next === '"') {
    // A string of a valid text.
    const name = JSON.parse(cursor.value()) as string
    cursor.passes(":")
    const value = cursor.value()
    if (name === key) member = value
    if (!cursor.passes(",")) break
  }
  return member !== undefined && walk({ text: member, path: [...at.path, key] }, rest, found)
}

const itemsOf = ({ path, text }: Found): ReadonlyArray<Found> | undefined => {
  const cursor = new Cursor(text)
  if (!cursor.passes("[")) return undefined
  const items: Array<Found> = []
  while (cursor.next !== "]" && cursor.next !== "") {
    items.push({ text: cursor.value(), path: [...path, items.length] })
    if (!cursor.passes(",")) break
  }
  return items
}
