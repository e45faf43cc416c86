import { Result, type Schema } from "effect"
import type { Fields } from "./answer.ts"
import type { OAuthQuirks } from "../../OAuthQuirks.ts"
import { endOf, scopeOf, seconds, text } from "./tokenFields.ts"

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

/** What an introspection endpoint has said, or what is wrong with it. An empty text counts as left out. */
export const introspectionOf = (fields: Fields, quirks: OAuthQuirks): Result.Result<Introspection, string> =>
  Result.gen(function* () {
    const { active } = fields
    if (typeof active !== "boolean") return yield* Result.fail("it does not say whether the token is active")
    const expiry = yield* seconds("exp", fields["exp"], quirks)
    const texts = (name: string) => (fields[name] === "" ? Result.succeed(undefined) : text(fields, name))
    return {
      active,
      scope: yield* scopeOf(fields["scope"], Array.isArray(fields["scope"]) ? "list" : quirks.scopes),
      clientId: yield* texts("client_id"),
      subject: yield* texts("sub"),
      tokenType: yield* texts("token_type"),
      expiresAt: expiry === undefined ? undefined : endOf(0, expiry),
      claims: fields
    }
  })
