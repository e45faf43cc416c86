import { Effect } from "effect"
import type { KeySet } from "./KeySet.ts"
import { type KeySource, noKey } from "./KeySource.ts"
import type { VerifyingKey } from "./keys.ts"
import { refuse } from "./refusal.ts"
import type { Header } from "./token.ts"

/** A key set that is given and stays. */
export class LocalKeys implements KeySource {
  readonly #set: KeySet

  constructor(set: KeySet) {
    this.#set = set
  }

  candidates(header: Header): ReadonlyArray<VerifyingKey> {
    const found = this.#set.find(header)
    return found.length > 0 ? found : refuse("key", noKey(header))
  }

  ask(header: Header): Effect.Effect<ReadonlyArray<VerifyingKey>> {
    return Effect.sync(() => this.candidates(header))
  }

  holds(): boolean {
    return true
  }
}
