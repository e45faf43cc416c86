import { Effect } from "effect"
import type { EndpointUnavailable, MalformedAnswer } from "../../AuthError.ts"
import type { VerifyingKey } from "./keys.ts"
import { refuse, type Refused } from "./refusal.ts"
import type { Header } from "./token.ts"

export type KeyFailure = Refused | EndpointUnavailable | MalformedAnswer

/** Where the keys are that may verify a token. */
export interface KeySource {
  /** Those that may have signed a token with this header; undefined when they must be asked for. */
  readonly candidates: (header: Header, now: number) => ReadonlyArray<VerifyingKey> | undefined
  /** Asks for them. */
  readonly ask: (header: Header) => Effect.Effect<ReadonlyArray<VerifyingKey>, KeyFailure>
  /** Whether what this key has verified still holds. */
  readonly holds: (key: VerifyingKey, now: number) => boolean
}

/** Keys that are given and stay. */
export class StaticKeys implements KeySource {
  readonly #keys: ReadonlyArray<VerifyingKey>

  constructor(keys: ReadonlyArray<VerifyingKey>) {
    this.#keys = keys
  }

  candidates(header: Header): ReadonlyArray<VerifyingKey> {
    const [key] = this.#keys
    if (key !== undefined && this.#keys.length === 1 && mayHaveSigned(key, header)) return this.#keys
    const found = this.#keys.filter((key) => mayHaveSigned(key, header))
    return found.length > 0 ? found : refuse("key", noKey(header))
  }

  ask(header: Header): Effect.Effect<ReadonlyArray<VerifyingKey>> {
    return Effect.sync(() => this.candidates(header))
  }

  holds(): boolean {
    return true
  }
}

const mayHaveSigned = (key: VerifyingKey, { alg, kid }: Header): boolean =>
  key.alg === alg && (key.kid === undefined || kid === undefined || key.kid === kid)

/** A name that a stranger has given is shown as it is only within bounds. */
export const noKey = ({ alg, kid }: Header): string =>
  `there is no key ${kid === undefined ? "" : `${JSON.stringify(kid.slice(0, 64))} `}for ${alg}: it may be of another issuer or environment`

/** Under this key a `Jwks` has its source. */
export const JwksTypeId = "~causeway/auth/Jwks"
