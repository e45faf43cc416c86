import { Redacted, Result, type Schema } from "effect"
import type { OAuthQuirks } from "../../OAuthQuirks.ts"
import * as Token from "../../Token.ts"
import type { Fields } from "./answer.ts"

/** The token of a success, or what is wrong with it. */
export const tokenOf = (all: Fields, quirks: OAuthQuirks, now: number): Result.Result<Token.Token, string> => {
  const fields = membersOf(all, quirks)
  return Result.gen(function* () {
    const accessToken = yield* requiredText(fields, "access_token")
    const tokenType = quirks.tokenType ?? (yield* requiredText(fields, "token_type"))
    const expiresIn = yield* lifeOf(fields, quirks, now)
    return Token.make({
      accessToken: Redacted.make(accessToken),
      tokenType: canonicalType(tokenType),
      obtainedAt: now,
      expiresAt: expiresIn === undefined ? undefined : endOf(now, expiresIn),
      refreshToken: secret(yield* text(fields, "refresh_token")),
      idToken: secret(yield* text(fields, "id_token")),
      scope: yield* scopeOf(fields["scope"], quirks.scopes),
      ...restOf(all, quirks),
      refreshExpiresAt: refreshEndOf(fields, now)
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
  const fields = membersOf(all, quirks)
  const orAbsent = <A>(read: Result.Result<A | undefined, string>): A | undefined => Result.getOrUndefined(read)
  const expiresIn = orAbsent(lifeOf(fields, { ...quirks, textualExpiry: true }, now)) ?? quirks.defaultExpiry
  return Result.map(requiredText(fields, "access_token"), (accessToken) =>
    Token.make({
      accessToken: Redacted.make(accessToken),
      tokenType: canonicalType(quirks.tokenType ?? orAbsent(text(fields, "token_type")) ?? before.tokenType),
      obtainedAt: now,
      expiresAt: expiresIn === undefined ? undefined : endOf(now, expiresIn),
      refreshToken: secret(orAbsent(text(fields, "refresh_token"))),
      idToken: secret(orAbsent(text(fields, "id_token"))),
      scope: orAbsent(scopeOf(fields["scope"], Array.isArray(fields["scope"]) ? "list" : quirks.scopes)),
      ...restOf(all, quirks),
      refreshExpiresAt: refreshEndOf(fields, now)
    })
  )
}

/** Where servers say for how many seconds a refresh token lasts that is not used: most, Keycloak and TikTok, QuickBooks. */
const refreshEnds = ["refresh_token_expires_in", "refresh_expires_in", "x_refresh_token_expires_in"] as const

/** Keycloak writes 0 for one that does not end. */
const refreshEndOf = (fields: Fields, now: number): number | undefined => {
  for (const name of refreshEnds) {
    const found = Result.getOrUndefined(seconds(name, fields[name], { textualExpiry: true }))
    if (found !== undefined && found > 0) return endOf(now, found)
  }
  return undefined
}

/** The refresh token of an answer, whatever else is in it. */
export const refreshTokenIn = (all: Fields, quirks: OAuthQuirks): Redacted.Redacted<string> | undefined =>
  secret(Result.getOrUndefined(text(membersOf(all, quirks), "refresh_token")))

/** How servers write the two types that we know. */
const canonicalType = (type: string): string =>
  /^bearer$/i.test(type) ? "Bearer" : /^dpop$/i.test(type) ? "DPoP" : type

/** The members of the token, in the names of RFC 6749. */
const membersOf = (all: Fields, { memberNames, tokenAt }: OAuthQuirks): Fields => {
  const fields = inside(all, tokenAt)
  if (memberNames === "snake_case") return fields
  const renamed = Object.entries(fields).map(([name, value]) => [
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value
  ])
  // Each value is one of JSON.
  return { ...fields, ...(Object.fromEntries(renamed) as Fields) }
}

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

/** For how many seconds the token holds, as far as the answer says so. */
const lifeOf = (fields: Fields, quirks: OAuthQuirks, now: number): Result.Result<number | undefined, string> => {
  const { absoluteExpiry, defaultExpiry } = quirks
  return Result.map(seconds("expires_in", fields["expires_in"], quirks), (found) => {
    const end =
      found === undefined && absoluteExpiry !== undefined ? timeOf(fields["expires_at"], absoluteExpiry) : undefined
    return found ?? (end === undefined ? defaultExpiry : Math.max(0, (end - now) / 1_000))
  })
}

/** A time in milliseconds; a number may be in a text. */
const timeOf = (
  value: Schema.Json | undefined,
  written: NonNullable<OAuthQuirks["absoluteExpiry"]>
): number | undefined => {
  if (typeof value !== "string" && typeof value !== "number") return undefined
  const time = written === "date" ? Date.parse(String(value)) : Number(value) * (written === "seconds" ? 1_000 : 1)
  return Number.isFinite(time) ? time : undefined
}

export const scopeOf = (
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

const camelCaseMembers: ReadonlySet<string> = new Set(
  Array.from(members, (name) => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase()))
)

type Rest = Pick<Token.Token, "extra" | "secrets">

/** What else was sent: the secrets by their paths, and the rest without them. */
const restOf = (all: Fields, { memberNames, secretMembers, tokenAt }: OAuthQuirks): Rest => {
  const secrets: Record<string, Redacted.Redacted<string>> = {}
  const own = tokenAt.length === 0 ? "" : `${tokenAt.join(".")}.`
  const known = memberNames === "snake_case" ? members : camelCaseMembers
  const isOwn = (path: string) => path.startsWith(own) && known.has(path.slice(own.length))
  const without = (value: Schema.Json, path: string): Schema.Json => {
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) return value.map((item, index) => without(item, `${path}${index}.`))
    const entries = Object.entries(value).flatMap(([name, inner]): ReadonlyArray<readonly [string, Schema.Json]> => {
      const at = `${path}${name}`
      if (isOwn(at)) return []
      if (!secretName.test(name) && !secretMembers.includes(at)) return [[name, without(inner, `${at}.`)]]
      if (typeof inner === "string" && inner !== "") secrets[at] = Redacted.make(inner)
      return [[name, "<redacted>"]]
    })
    return Object.fromEntries(entries)
  }
  // What is an object of JSON stays one.
  const extra = without(all, "") as Fields
  return { extra, secrets: Object.keys(secrets).length > 0 ? secrets : undefined }
}
