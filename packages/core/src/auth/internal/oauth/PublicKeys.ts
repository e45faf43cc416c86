import { Clock, Effect, Result } from "effect"
import type { AuthError } from "../../AuthError.ts"
import { type Answer, fieldsOf } from "./answer.ts"
import type { Desk } from "./Desk.ts"

interface Held {
  readonly keys: string
  readonly fetchedAt: number
}

const heldForMillis = 10 * 60_000

/** Between two looks for a key that is not there. */
const leastMillisBetween = 30_000

/** The public keys of servers, as they were fetched. */
export class PublicKeys {
  readonly #desk: Desk
  #held: (Held & { readonly url: string }) | undefined
  #lookedAgainAt = -Infinity

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get(url: string): Effect.Effect<string, AuthError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const held = this.#held
      return held?.url === url && now < held.fetchedAt + heldForMillis
        ? Effect.succeed(held.keys)
        : this.#fetch(url, now)
    })
  }

  /** Fetches what may be newer than `known`; the same again when that was done a moment ago. */
  getAnew(url: string, known: string): Effect.Effect<string, AuthError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const held = this.#held
      if (held?.url === url && held.keys !== known) return Effect.succeed(held.keys)
      if (now < this.#lookedAgainAt + leastMillisBetween) return Effect.succeed(known)
      this.#lookedAgainAt = now
      return this.#fetch(url, now)
    })
  }

  #fetch(url: string, now: number): Effect.Effect<string, AuthError> {
    return Effect.map(this.#desk.fetch({ endpoint: "keys", url, read: keysOf }), (keys) => {
      this.#held = { url, keys, fetchedAt: now }
      return keys
    })
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
