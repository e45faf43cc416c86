import { Result, type Schema } from "effect"
import type { Fields } from "./answer.ts"
import { endOf, seconds, text } from "./tokenFields.ts"

/**
 * What a server says of a token. Times are milliseconds of the clock; `claims` are all that it said.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7662#section-2.2
 * @since 0.1.0
 * @category models
 */
export interface Introspection {
  /** Whether it holds now. The rest says nothing when it doesn't. */
  readonly active: boolean
  readonly scope: ReadonlyArray<string> | undefined
  readonly clientId: string | undefined
  readonly subject: string | undefined
  readonly tokenType: string | undefined
  readonly expiresAt: number | undefined
  readonly claims: Readonly<Record<string, Schema.Json>>
}

const strictTimes = { textualExpiry: false }

/** What an introspection endpoint has said, or what is wrong with that. */
export const introspectionOf = (fields: Fields): Result.Result<Introspection, string> =>
  Result.gen(function* () {
    const { active } = fields
    if (typeof active !== "boolean") return yield* Result.fail("it does not say whether the token is active")
    const expiry = yield* seconds("exp", fields["exp"], strictTimes)
    const scope = yield* text(fields, "scope")
    return {
      active,
      scope: scope?.split(/\s+/),
      clientId: yield* text(fields, "client_id"),
      subject: yield* text(fields, "sub"),
      tokenType: yield* text(fields, "token_type"),
      expiresAt: expiry === undefined ? undefined : endOf(0, expiry),
      claims: fields
    }
  })
