import type { Entry, Found } from "./entry.ts"
import { withVariant } from "./variants.ts"

interface Bounds {
  readonly maxBytes: number
  readonly maxEntries: number
  readonly maxVariants: number
}

interface Kept extends Found {
  readonly bytes: number
}

const nothing: Found = { _tag: "Found", entries: [] }

/** What an entry holds beside its texts and its body, about. */
const overhead = 400

/** Keys with their variants; the least recently used key goes when the bytes or the entries pass their bounds. */
export class LeastRecentlyUsed {
  /** In the order of use: a map iterates in the order of insertion. */
  readonly #kept = new Map<string, Kept>()
  readonly #bounds: Bounds
  #bytes = 0
  #entries = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  get keys(): number {
    return this.#kept.size
  }

  get(key: string, now: number): Found {
    const kept = this.#kept.get(key)
    if (kept === undefined) return nothing
    if (kept.entries.every((entry) => entry.keepUntil <= now)) {
      this.remove(key)
      return nothing
    }
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    return kept
  }

  put(key: string, entry: Entry): boolean {
    if (sizeOf(entry) + textBytes(key) > this.#bounds.maxBytes) {
      this.remove(key)
      return false
    }
    const before = this.#kept.get(key)?.entries ?? []
    this.remove(key)
    this.#add(key, withVariant(before, entry, entry.storedAt, this.#bounds.maxVariants))
    this.#makeRoom()
    return this.#kept.has(key)
  }

  remove(key: string): void {
    const kept = this.#kept.get(key)
    if (kept === undefined) return
    this.#kept.delete(key)
    this.#bytes -= kept.bytes
    this.#entries -= kept.entries.length
  }

  #add(key: string, entries: ReadonlyArray<Entry>): void {
    const bytes = entries.reduce((sum, entry) => sum + sizeOf(entry), textBytes(key))
    this.#kept.set(key, { _tag: "Found", entries, bytes })
    this.#bytes += bytes
    this.#entries += entries.length
  }

  #makeRoom(): void {
    for (const [key, kept] of this.#kept) {
      if (this.#bytes <= this.#bounds.maxBytes && this.#entries <= this.#bounds.maxEntries) return
      this.remove(key)
      // The last key is the one that was just put: its oldest variants go, and the newest alone always fits.
      if (this.#kept.size === 0) this.#add(key, kept.entries.slice(0, -1))
    }
  }
}

/** A text takes at most two bytes a character. */
const textBytes = (text: string | null): number => 2 * (text?.length ?? 0)

const sizeOf = ({ body, headers, varying }: Entry): number =>
  [...Object.entries(headers), ...varying].reduce(
    (sum, [name, value]) => sum + textBytes(name) + textBytes(value),
    overhead + body.byteLength
  )
