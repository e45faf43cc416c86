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
 * const session: Grant.Grant = {
 *   obtain: Effect.map(Clock.currentTimeMillis, (now) =>
 *     Token.make({ accessToken: Redacted.make("s3ss10n"), obtainedAt: now, expiresAt: now + 60_000 })
 *   )
 * }
 *
 * console.assert(session.refresh === undefined)
 * ```
 *
 * @since 0.1.0
 */
import type { Effect } from "effect"
import type { AuthError } from "./AuthError.ts"
import type { Token } from "./Token.ts"

/**
 * A way to get tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Grant {
  /** Gets a token without a person; left out where only a person can begin. */
  readonly obtain?: Effect.Effect<Token, AuthError>
  /** Gets the next token from one that has a refresh token; left out where tokens are obtained anew instead. */
  readonly refresh?: (token: Token) => Effect.Effect<Token, AuthError>
  /** Where a person grants access anew; undefined when nobody knows. */
  readonly reauthorizeUrl?: string
}
