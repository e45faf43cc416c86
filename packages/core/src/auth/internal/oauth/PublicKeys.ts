import { Clock, Effect, Result } from "effect"
import type { AuthError } from "../../AuthError.ts"
import { type Answer, fieldsOf } from "./answer.ts"
import type { OAuthServer } from "../../OAuthServer.ts"
import type { Desk } from "./Desk.ts"
import { isGuarded } from "./endpointUrl.ts"
import { Kept } from "./Kept.ts"

/** Between two looks for a key that is not there. */
const leastMillisBetween = 30_000

const times = { timeToLiveMillis: 10 * 60_000, staleIfErrorMillis: 60 * 60_000 }

type Server = Pick<OAuthServer, "trustedOrigins">

/** The public keys of a server, as they were fetched. */
export class PublicKeys {
  readonly #desk: Desk
  #kept: { readonly url: string; readonly isPublicOnly: boolean; readonly keys: Kept<string> } | undefined
  #lookedAgainAt = -Infinity

  constructor(desk: Desk) {
    this.#desk = desk
  }

  get(server: Server, url: string): Effect.Effect<string, AuthError> {
    return this.#at(server, url).value
  }

  /** What may be newer than `known`; that again when it was looked for a moment ago. */
  getAnew(server: Server, url: string, known: string): Effect.Effect<string, AuthError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const keys = this.#at(server, url)
      if (now < this.#lookedAgainAt + leastMillisBetween) return Effect.succeed(keys.held ?? known)
      this.#lookedAgainAt = now
      return keys.anew
    })
  }

  #at(server: Server, url: string): Kept<string> {
    const isPublicOnly = isGuarded(server, url)
    if (this.#kept?.url === url && this.#kept.isPublicOnly === isPublicOnly) return this.#kept.keys
    const keys = new Kept(this.#desk.fetch({ endpoint: "keys", url, isPublicOnly, read: keysOf }), times)
    this.#kept = { url, isPublicOnly, keys }
    return keys
  }
}

const keySetRules = {
  successStatuses: [200],
  errorsInSuccess: false,
  errorCodes: {},
  errorAt: { code: ["error"], words: ["error_description"] },
  answers: "untyped",
  nullIsAbsent: false
} as const

/** The keys of a server, as text. */
const keysOf = (answer: Answer): Result.Result<string, AuthError["reason"]> =>
  Result.map(fieldsOf(answer, keySetRules), (fields) => JSON.stringify(fields))
