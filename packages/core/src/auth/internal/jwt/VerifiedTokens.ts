import { hash } from "node:crypto"
import type { VerifyingKey } from "./keys.ts"

/** What was verified, and with which key. */
export interface Kept<A> {
  readonly value: A
  readonly key: VerifyingKey
}

/**
 * Verified tokens by their digest: the tokens themselves are not kept. What was not asked for while half of the capacity
 * came in is dropped.
 */
export class VerifiedTokens<A> {
  readonly #half: number
  #recent = new Map<string, Kept<A>>()
  #older = new Map<string, Kept<A>>()

  constructor(capacity: number) {
    this.#half = Math.max(1, Math.floor(capacity / 2))
  }

  get(digest: string): Kept<A> | undefined {
    const recent = this.#recent.get(digest)
    if (recent !== undefined) return recent
    const older = this.#older.get(digest)
    if (older !== undefined) this.#put(digest, older)
    return older
  }

  add(digest: string, kept: Kept<A>): void {
    freeze(kept.value)
    this.#put(digest, kept)
  }

  #put(digest: string, kept: Kept<A>): void {
    if (this.#recent.size >= this.#half) {
      this.#older = this.#recent
      this.#recent = new Map()
    }
    this.#recent.set(digest, kept)
  }
}

export const digestOf = (token: string): string => hash("sha256", token, "base64url")

/** What many get, none can change. Objects of classes are left alone: they may keep what they have worked out. */
const freeze = (value: unknown): void => {
  const open: Array<unknown> = [value]
  while (open.length > 0) {
    const next = open.pop()
    if (!isPlain(next)) continue
    Object.freeze(next)
    for (const member of Object.values(next)) open.push(member)
  }
}

const isPlain = (value: unknown): value is object => {
  if (typeof value !== "object" || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}
