import { Clock, Effect, Result } from "effect"
import type { AuthError } from "../../AuthError.ts"
import { type Answer, fieldsOf } from "./answer.ts"
import type { Desk } from "./Desk.ts"
import { Kept } from "./Kept.ts"

/** Between two looks for a key that is not there. */
const leastMillisBetween = 30_000

const times = { timeToLiveMillis: 10 * 60_000, staleIfErrorMillis: 60 * 60_000 }

/** The public keys of a server, as they were fetched. */
export class PublicKeys {
  readonly #desk: Desk
  #kept: { readonly url: string; readonly keys: Kept<string> } | undefined
  #lookedAgainAt = -Infinity

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get(url: string): Effect.Effect<string, AuthError> {
    return this.#at(url).value
  }

  /** What may be newer than `known`; that again when it was looked for a moment ago. */
  getAnew(url: string, known: string): Effect.Effect<string, AuthError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const keys = this.#at(url)
      if (now < this.#lookedAgainAt + leastMillisBetween) return Effect.succeed(keys.held ?? known)
      this.#lookedAgainAt = now
      return keys.anew
    })
  }

  #at(url: string): Kept<string> {
    if (this.#kept?.url === url) return this.#kept.keys
    const keys = new Kept(this.#desk.fetch({ endpoint: "keys", url, read: keysOf }), times)
    this.#kept = { url, keys }
    return keys
  }
}

const keySetRules = {
  successStatuses: [200],
  errorsInSuccess: false,
  errorCodes: {},
  answers: "untyped",
  nullIsAbsent: false
} as const

/** The keys of a server, as text. */
const keysOf = (answer: Answer): Result.Result<string, AuthError["reason"]> =>
  Result.map(fieldsOf(answer, keySetRules), (fields) => JSON.stringify(fields))
