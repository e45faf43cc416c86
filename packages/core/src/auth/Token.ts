/**
 * A token as a grant gives it: what is sent with a request, until when it holds, and what renews it.
 *
 * **When to use**
 *
 * To write a grant of your own, or to look at what a `TokenStore` holds. The grants of `OAuth` make these.
 *
 * **Details**
 *
 * Times are milliseconds of Effect's `Clock`. Secrets are `Redacted`; {@link Json} is how a token is written before it is
 * sealed, and the only place where they are in the open.
 *
 * **Gotchas**
 *
 * A provider may send no `expires_in`: `expiresAt` is then undefined, and only a refusal tells that the token has ended.
 *
 * **Example** (A token that holds for an hour)
 *
 * ```ts
 * import { Redacted } from "effect"
 * import { Token } from "@causeway/core/auth"
 *
 * const token = Token.make({ accessToken: Redacted.make("t0k3n"), obtainedAt: 0, expiresAt: 3_600_000 })
 *
 * console.assert(token.tokenType === "Bearer")
 * console.assert(!JSON.stringify(token).includes("t0k3n"))
 * ```
 *
 * @since 0.1.0
 */
import { Effect, type Redacted, Schema } from "effect"
import * as Check from "./internal/optionChecks.ts"

/**
 * A token.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1
 * @since 0.1.0
 * @category models
 */
export interface Token {
  readonly accessToken: Redacted.Redacted<string>
  /** `Bearer`, `DPoP`, or what the provider says. */
  readonly tokenType: string
  /** When it was got, in milliseconds of the clock. */
  readonly obtainedAt: number
  /** When it ends, in milliseconds of the clock; undefined when the provider does not say. */
  readonly expiresAt: number | undefined
  readonly refreshToken: Redacted.Redacted<string> | undefined
  readonly idToken: Redacted.Redacted<string> | undefined
  /** What it allows; undefined when the provider does not say. */
  readonly scope: ReadonlyArray<string> | undefined
  /** Everything else that the provider sent with it, without the secrets. */
  readonly extra: Readonly<Record<string, Schema.Json>>
  /** When the refresh token ends if it is not used, in milliseconds of the clock; undefined when the provider does not say. */
  readonly refreshExpiresAt: number | undefined
  /**
   * Further secrets that came with it, by where they were: the token of a person beside the one of a bot, such as
   * `authed_user.access_token` of Slack.
   */
  readonly secrets: Readonly<Record<string, Redacted.Redacted<string>>> | undefined
}

/**
 * Makes a token; what is left out is undefined, and the type is `Bearer`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (fields: Pick<Token, "accessToken" | "obtainedAt"> & Partial<Token>): Token => {
  Check.checkToken("token", fields)
  return {
    tokenType: "Bearer",
    expiresAt: undefined,
    refreshToken: undefined,
    idToken: undefined,
    scope: undefined,
    extra: {},
    refreshExpiresAt: undefined,
    secrets: undefined,
    ...fields
  }
}

/**
 * Whether this is a token, and not a secret by itself.
 *
 * @since 0.1.0
 * @category guards
 */
export const isToken = (value: Token | Redacted.Redacted<string>): value is Token => "accessToken" in value

const Secret = Schema.RedactedFromValue(Schema.String)

/** JSON leaves out what is undefined. */
const perhaps = <S extends Schema.Constraint>(schema: S) =>
  Schema.UndefinedOr(schema).pipe(Schema.withDecodingDefaultKey(Effect.succeed(undefined)))

/**
 * A token in the open, as text: only to be sealed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json = Schema.fromJsonString(
  Schema.Struct({
    accessToken: Secret,
    tokenType: Schema.String,
    obtainedAt: Schema.Finite,
    expiresAt: perhaps(Schema.Finite),
    refreshToken: perhaps(Secret),
    idToken: perhaps(Secret),
    scope: perhaps(Schema.Array(Schema.String)),
    extra: Schema.Record(Schema.String, Schema.Json),
    refreshExpiresAt: perhaps(Schema.Finite),
    secrets: perhaps(Schema.Record(Schema.String, Secret))
  })
)

/**
 * The secrets of a token, for whoever removes them from what is kept.
 *
 * @since 0.1.0
 * @category getters
 */
export const secretsOf = (token: Token): ReadonlyArray<Redacted.Redacted<string>> =>
  [token.accessToken, token.refreshToken, token.idToken, ...Object.values(token.secrets ?? {})].filter(
    (secret) => secret !== undefined
  )
