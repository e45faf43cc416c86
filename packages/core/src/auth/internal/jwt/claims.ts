import type { JsonObject } from "./decoding.ts"
import { refuse, shown } from "./refusal.ts"

/** Whom a token must be from, for and about. */
export interface Parties {
  readonly issuers: ReadonlySet<string>
  readonly audiences: ReadonlySet<string>
  readonly subject: string | undefined
}

/** When it must be valid. */
export interface Times {
  readonly toleranceMillis: number
  readonly maxAgeMillis: number | undefined
}

export interface Expectations extends Parties, Times {}

/** Holds what a token says against what it must say, and tells until when that is so, in milliseconds. */
export const check = (claims: JsonObject, expected: Expectations, now: number): number => {
  checkParties(claims, expected)
  return checkTimes(claims, expected, now)
}

/** Holds whom it is from, for and about against whom it must be. */
export const checkParties = (claims: JsonObject, { audiences, issuers, subject }: Parties): void => {
  checkTexts(claims)
  const { aud, iss, sub } = claims
  if (typeof iss !== "string" || !issuers.has(iss)) {
    refuse("issuer", `it was issued by ${shown(iss)}, and is accepted from exactly ${listed(issuers)}`)
  }
  if (!audienceOf(aud).some((one) => audiences.has(one))) {
    refuse(
      "audience",
      `it is for ${shown(aud)}, and not for ${listed(audiences)}: it must be asked for with our audience`
    )
  }
  if (subject !== undefined && sub !== subject)
    refuse("subject", `it is about ${shown(sub)}, and not about ${shown(subject)}`)
}

const checkTexts = (claims: JsonObject): void => {
  for (const name of ["iss", "sub", "jti"]) {
    const value = claims[name]
    if (value !== undefined && typeof value !== "string") refuse("claims", `its ${name} is no text`)
  }
}

export const audienceOf = (aud: unknown): ReadonlyArray<string> => {
  if (typeof aud === "string") return [aud]
  if (Array.isArray(aud) && aud.every((one) => typeof one === "string")) return aud
  return refuse(
    "audience",
    aud === undefined ? "it does not say whom it is for (aud)" : "its aud is no text or list of texts"
  )
}

const listed = (texts: ReadonlySet<string>): string => [...texts].map(shown).join(" or ")

/** Holds its times against the clock, and tells until when it is valid, in milliseconds. */
export const checkTimes = (claims: JsonObject, expected: Times, now: number): number => {
  const { maxAgeMillis, toleranceMillis } = expected
  const exp = timeOf(claims, "exp") ?? refuse("expiry", "it has no exp, and would be valid for ever")
  const endsAt = exp + toleranceMillis
  if (!(now < endsAt)) refuse("expired", `it ended ${ago(now - exp)} ago; get another one, unless our clock is ahead`)
  // A fraction of a second does not make a token valid any sooner.
  const second = Math.floor(now / 1000) * 1000
  checkBegun(timeOf(claims, "nbf"), "is valid", second, toleranceMillis)
  const iat = timeOf(claims, "iat")
  checkBegun(iat, "was issued", second, toleranceMillis)
  if (maxAgeMillis === undefined) return endsAt
  if (iat === undefined) return refuse("age", "it has no iat, and its age is not known")
  const oldAt = iat + maxAgeMillis + toleranceMillis
  if (!(now < oldAt))
    refuse("age", `it was issued ${ago(now - iat)} ago, and may be ${ago(maxAgeMillis)} old (maxAge); get another one`)
  return Math.min(endsAt, oldAt)
}

const checkBegun = (time: number | undefined, what: string, now: number, toleranceMillis: number): void => {
  if (time === undefined || time - now <= toleranceMillis) return
  const issue = `it ${what} in ${ago(time - now)} only; our clock may be behind`
  refuse(what === "is valid" ? "not yet valid" : "issued", issue)
}

export const ago = (millis: number): string => `${Math.round(millis / 1000)} seconds`

/** In milliseconds: claims have seconds. */
export const timeOf = (claims: JsonObject, name: string): number | undefined => {
  const value = claims[name]
  if (value === undefined) return undefined
  return typeof value === "number" && Number.isFinite(value)
    ? value * 1000
    : refuse("claims", `its ${name} is no number`)
}
