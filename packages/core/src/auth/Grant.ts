/**
 * How tokens are got: at first, and from the one before.
 *
 * **When to use**
 *
 * To give `Tokens` a way of your own to get a token. The grants of `OAuth`, and the app tokens of the providers, are
 * these.
 *
 * **Details**
 *
 * A grant asks; it keeps nothing. Keeping, renewing ahead of expiry and asking only once at a time is what `Tokens` does.
 *
 * **Gotchas**
 *
 * `obtain` is left out where only a person can begin, as after a code flow: without a stored token, the credentials then
 * fail with `ReauthorizationRequired`.
 *
 * **Example** (A provider with its own way)
 *
 * ```ts
 * import { Clock, Effect, Redacted } from "effect"
 * import { Grant, Token } from "@causeway/core/auth"
 *
 * const session = Grant.make({
 *   obtain: Effect.map(Clock.currentTimeMillis, (now) =>
 *     Token.make({ accessToken: Redacted.make("s3ss10n"), obtainedAt: now, expiresAt: now + 60_000 })
 *   )
 * })
 *
 * console.assert(session.refresh === undefined)
 * ```
 *
 * @since 0.1.0
 */
import { Effect, type Redacted } from "effect"
import type { CallError } from "../policy/CallError.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as AuthErrors from "./AuthError.ts"
import type { AuthError } from "./AuthError.ts"
import * as Secret from "./Secret.ts"
import { SecretSource } from "./SecretSource.ts"
import type { Token } from "./Token.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * A way to get tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Grant {
  /** Gets a token without a person; left out where only a person can begin. */
  readonly obtain?: Effect.Effect<Token, AuthError>
  /**
   * Gets the next token from one that has a refresh token; left out if tokens are obtained again instead. The next refresh
   * token is given to `keep` before anything else of the answer is read, so that no flaw in the rest can lose it.
   */
  readonly refresh?: (token: Token, keep: Keep) => Effect.Effect<Token, AuthError>
  /** Where a person grants access anew; undefined when nobody knows. */
  readonly reauthorizeUrl?: string
}

/**
 * Stores the refresh token that follows another one. It never fails: what can't be stored yet is stored later.
 *
 * @since 0.1.0
 * @category models
 */
export type Keep = (refreshToken: Redacted.Redacted<string>) => Effect.Effect<void>

/**
 * Makes a grant; throws `InvalidOption` for one that has no way to a token at all, and for a `reauthorizeUrl` that no
 * person can open.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (grant: Grant): Grant => {
  Check.checkGrant("grant", grant)
  if (grant.obtain === undefined && grant.refresh === undefined && grant.reauthorizeUrl === undefined) {
    throw new InvalidOption.InvalidOption({
      option: "grant",
      actual: "without a way to get a token",
      accepts: "one with obtain, refresh or reauthorizeUrl"
    })
  }
  if (grant.reauthorizeUrl !== undefined) openable(grant.reauthorizeUrl)
  return grant
}

/**
 * A secret as it is now, for a grant that needs one each time it asks: one by its name is looked up, so that a rotated one is
 * taken. `what` is how errors call it. Fails with `SecretUnavailable`, or with `StoreFailure` where the source does.
 *
 * @since 0.1.0
 * @category getters
 */
export const secretOf = <S extends Secret.Input>(
  input: S,
  what: string
): Effect.Effect<
  Redacted.Redacted<string>,
  AuthErrors.SecretUnavailable | AuthErrors.StoreFailure,
  Secret.Services<S>
> =>
  // Each branch needs what the conditional type says of its kind of input.
  read(input, what) as Effect.Effect<
    Redacted.Redacted<string>,
    AuthErrors.SecretUnavailable | AuthErrors.StoreFailure,
    Secret.Services<S>
  >

const read = (
  input: Secret.Input,
  what: string
): Effect.Effect<Redacted.Redacted<string>, AuthErrors.SecretUnavailable | AuthErrors.StoreFailure, unknown> => {
  const unusable = (issue: string) => new AuthErrors.SecretUnavailable({ what, issue })
  if (!Secret.isSecret(input)) return Effect.mapError(input, () => unusable("could not be read"))
  return Effect.flatMap(SecretSource, (source) => source.lookUp(input.name)).pipe(
    Effect.flatMap(({ current }) => {
      const issue = Secret.problemOf(input, current)
      return issue === undefined ? Effect.succeed(current) : Effect.fail(unusable(issue))
    })
  )
}

/**
 * The error of a grant whose endpoint is one of an integration: the `AuthError` behind the error of that call, or
 * `EndpointUnavailable` with its status and its wait.
 *
 * @since 0.1.0
 * @category errors
 */
export const failureOf = (integration: string, endpoint: string, error: CallError): AuthError =>
  AuthErrors.of(error) ??
  new AuthErrors.AuthError({
    integration,
    reason: new AuthErrors.EndpointUnavailable({
      endpoint,
      status: "status" in error ? error.status : undefined,
      detail: error._tag,
      retryAfter: "retryAfter" in error ? error.retryAfter : undefined
    })
  })

const openable = (url: string): void => {
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? "")) return
  throw new InvalidOption.InvalidOption({
    option: "grant.reauthorizeUrl",
    actual: JSON.stringify(url),
    accepts: "an absolute URL of http or https"
  })
}
