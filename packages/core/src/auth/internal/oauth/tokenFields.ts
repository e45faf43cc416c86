import { Redacted, Result, type Schema } from "effect"
import type { OAuthQuirks } from "../../OAuthQuirks.ts"
import * as Token from "../../Token.ts"
import type { Fields } from "./answer.ts"

/** The token of a success, or what is wrong with it. */
export const tokenOf = (all: Fields, quirks: OAuthQuirks, now: number): Result.Result<Token.Token, string> => {
  const fields = inside(all, quirks.tokenAt)
  return Result.gen(function* () {
    const accessToken = yield* requiredText(fields, "access_token")
    const tokenType = quirks.tokenType ?? (yield* requiredText(fields, "token_type"))
    const expiresIn = yield* secondsOf(fields["expires_in"], quirks)
    return Token.make({
      accessToken: Redacted.make(accessToken),
      tokenType: canonicalType(tokenType),
      obtainedAt: now,
      expiresAt: expiresIn === undefined ? undefined : endOf(now, expiresIn),
      refreshToken: secret(yield* text(fields, "refresh_token")),
      idToken: secret(yield* text(fields, "id_token")),
      scope: yield* scopeOf(fields["scope"], quirks.scopes),
      extra: extraOf(all, members)
    })
  })
}

/**
 * The token of a renewal, or what is wrong with it. Only the access token must be right: an odd member beside it is taken for
 * one that was left out, and a type that was left out is the one before.
 */
export const renewedTokenOf = (
  all: Fields,
  quirks: OAuthQuirks,
  { before, now }: { readonly before: Token.Token; readonly now: number }
): Result.Result<Token.Token, string> => {
  const fields = inside(all, quirks.tokenAt)
  const orAbsent = <A>(read: Result.Result<A | undefined, string>): A | undefined => Result.getOrUndefined(read)
  const expiresIn =
    orAbsent(secondsOf(fields["expires_in"], { ...quirks, textualExpiry: true })) ?? quirks.defaultExpiry
  return Result.map(requiredText(fields, "access_token"), (accessToken) =>
    Token.make({
      accessToken: Redacted.make(accessToken),
      tokenType: canonicalType(quirks.tokenType ?? orAbsent(text(fields, "token_type")) ?? before.tokenType),
      obtainedAt: now,
      expiresAt: expiresIn === undefined ? undefined : endOf(now, expiresIn),
      refreshToken: secret(orAbsent(text(fields, "refresh_token"))),
      idToken: secret(orAbsent(text(fields, "id_token"))),
      scope: orAbsent(scopeOf(fields["scope"], Array.isArray(fields["scope"]) ? "list" : quirks.scopes)),
      extra: extraOf(all, members)
    })
  )
}

/** The refresh token of an answer, whatever else is in it. */
export const refreshTokenIn = (all: Fields, quirks: OAuthQuirks): Redacted.Redacted<string> | undefined =>
  secret(Result.getOrUndefined(text(inside(all, quirks.tokenAt), "refresh_token")))

/** How servers write the two types that we know. */
const canonicalType = (type: string): string =>
  /^bearer$/i.test(type) ? "Bearer" : /^dpop$/i.test(type) ? "DPoP" : type

const inside = (fields: Fields, path: ReadonlyArray<string>): Fields =>
  path.reduce<Fields>((outer, name) => {
    const inner = outer[name]
    // An object of JSON that is no list has members.
    return typeof inner === "object" && inner !== null && !Array.isArray(inner) ? (inner as Fields) : {}
  }, fields)

const secret = (value: string | undefined): Redacted.Redacted<string> | undefined =>
  value === undefined ? undefined : Redacted.make(value)

/** A member that is a text, or is not there. */
export const text = (fields: Fields, name: string): Result.Result<string | undefined, string> => {
  const value = fields[name]
  if (value === undefined) return Result.succeed(undefined)
  return typeof value === "string" && value !== ""
    ? Result.succeed(value)
    : Result.fail(`its ${name} is ${value === "" ? "empty" : kindOf(value)}, not a text`)
}

export const requiredText = (fields: Fields, name: string): Result.Result<string, string> =>
  Result.flatMap(text(fields, name), (value) =>
    value === undefined ? Result.fail(`it has no ${name}`) : Result.succeed(value)
  )

const kindOf = (value: Schema.Json): string =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "a list"
      : typeof value === "object"
        ? "an object"
        : `a ${typeof value}`

/** Seconds, as far as a clock can count them. */
export const endOf = (now: number, seconds: number): number => Math.min(now + seconds * 1_000, Number.MAX_SAFE_INTEGER)

export const seconds = (
  name: string,
  value: Schema.Json | undefined,
  quirks: Pick<OAuthQuirks, "textualExpiry">
): Result.Result<number | undefined, string> => {
  if (value === undefined) return Result.succeed(undefined)
  const number = quirks.textualExpiry && typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value
  if (typeof number !== "number") return Result.fail(`its ${name} is ${kindOf(number)}, not a number`)
  return Number.isFinite(number) && number >= 0 ? Result.succeed(number) : Result.fail(`its ${name} is not a time`)
}

const secondsOf = (value: Schema.Json | undefined, quirks: OAuthQuirks): Result.Result<number | undefined, string> =>
  Result.map(seconds("expires_in", value, quirks), (found) => found ?? quirks.defaultExpiry)

const scopeOf = (
  value: Schema.Json | undefined,
  written: OAuthQuirks["scopes"]
): Result.Result<ReadonlyArray<string> | undefined, string> => {
  if (value === undefined) return Result.succeed(undefined)
  if (written === "list" && isTexts(value)) return Result.succeed(value)
  if (typeof value !== "string") return Result.fail(`its scope is ${kindOf(value)}, not a text`)
  return Result.succeed(value.split(written === "commas" ? /[\s,]+/ : /\s+/).filter((scope) => scope !== ""))
}

const isTexts = (value: Schema.Json): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((each) => typeof each === "string")

const members: ReadonlySet<string> = new Set([
  "access_token",
  "token_type",
  "expires_in",
  "refresh_token",
  "id_token",
  "scope"
])

/** Names whose values are secrets: `refresh_token`, but not `issued_token_type`. */
const secretName = /(?:^|[_-])(?:tokens?|secrets?|password|assertion)$|(?:Token|Secret|Password)$/

/** What else was sent, without what may be a secret. */
const extraOf = (fields: Fields, known: ReadonlySet<string>): Record<string, Schema.Json> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !known.has(name))
      .map(([name, value]) => [name, secretName.test(name) ? "<redacted>" : withoutSecrets(value)])
  )

const nothingKnown: ReadonlySet<string> = new Set()

const withoutSecrets = (value: Schema.Json): Schema.Json => {
  if (typeof value !== "object" || value === null) return value
  // What is an object of JSON and no list has members.
  return Array.isArray(value) ? value.map(withoutSecrets) : extraOf(value as Fields, nothingKnown)
}
