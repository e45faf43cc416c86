import { Config, Effect, type Scope } from "effect"
import * as AtOnce from "../../../policy/internal/AtOnce.ts"
import { CredentialsUnavailable } from "../../Credentials.ts"
import { configError } from "../secret/form.ts"

/** What gives credentials of several parts: a `Config`, read once when the Layer is built, or an Effect, run each time. */
export type Supply<A> = Config.Config<A> | Effect.Effect<A, unknown, unknown>

export type BuildError<S> = S extends Config.Config<unknown> ? Config.ConfigError : never

export type Services<S> =
  S extends Config.Config<unknown>
    ? never
    : S extends Effect.Effect<unknown, unknown, infer R>
      ? Exclude<R, Scope.Scope>
      : never

/** Begins to read. `problemOf` says what is wrong with what was read, without showing it. */
export const open = <A, S extends Supply<A>>(
  supply: S & Supply<A>,
  what: string,
  problemOf: (value: A) => string | undefined
): Effect.Effect<Effect.Effect<A, CredentialsUnavailable>, BuildError<S>, Services<S>> =>
  // Each branch fails with, and needs, what the conditional types say of its kind of supply.
  opened<A>(supply, what, problemOf) as Effect.Effect<
    Effect.Effect<A, CredentialsUnavailable>,
    BuildError<S>,
    Services<S>
  >

const opened = <A>(
  supply: Supply<A>,
  what: string,
  problemOf: (value: A) => string | undefined
): Effect.Effect<Effect.Effect<A, CredentialsUnavailable>, unknown, unknown> => {
  if (Config.isConfig(supply)) return Effect.flatMap(supply, (value) => readOnce(value, what, problemOf))
  return Effect.map(Effect.context<unknown>(), (context) =>
    AtOnce.flatMap(
      AtOnce.mapError(AtOnce.provideContext(supply, context), () => unreadable(`the ${what} could not be read`)),
      (value) => {
        const problem = problemOf(value)
        return problem === undefined ? Effect.succeed(value) : Effect.fail(unreadable(`the ${what} ${problem}`))
      }
    )
  )
}

const readOnce = <A>(value: A, what: string, problemOf: (value: A) => string | undefined) => {
  const problem = problemOf(value)
  return problem === undefined
    ? Effect.succeed(Effect.succeed(value))
    : Effect.fail(configError(`the ${what} ${problem}`))
}

const unreadable = (reason: string): CredentialsUnavailable => new CredentialsUnavailable({ reason })
