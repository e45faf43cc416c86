import { Effect, Redacted } from "effect"
import { SecretUnavailable, type StoreFailure } from "../../AuthError.ts"

/**
 * A secret as its source has it: what is used, and what the provider may still take.
 *
 * @since 0.1.0
 * @category models
 */
export interface Versions {
  readonly current: Redacted.Redacted<string>
  readonly previous: Redacted.Redacted<string> | undefined
}

/**
 * Why a secret was not found: there is none, or its source failed.
 *
 * @since 0.1.0
 * @category errors
 */
export type Problem = SecretUnavailable | StoreFailure

export const missing = (name: string, issue: string): SecretUnavailable =>
  new SecretUnavailable({ what: `the secret ${JSON.stringify(name)}`, issue })

/** Both versions, by the convention that the previous one's name ends in `_PREVIOUS`. */
export const bothVersions = <E>(
  name: string,
  read: (name: string) => Effect.Effect<Redacted.Redacted<string> | undefined, E>
): Effect.Effect<Versions, E | SecretUnavailable> =>
  Effect.flatMap(read(name), (current): Effect.Effect<Versions, E | SecretUnavailable> =>
    current === undefined
      ? Effect.fail(missing(name, "is not set"))
      : Effect.map(read(`${name}_PREVIOUS`), (previous) => ({ current, previous }))
  )

export const sameVersions = (a: Versions, b: Versions): boolean =>
  sameSecret(a.current, b.current) && sameSecret(a.previous, b.previous)

const sameSecret = (a: Redacted.Redacted<string> | undefined, b: Redacted.Redacted<string> | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Redacted.value(a) === Redacted.value(b))
