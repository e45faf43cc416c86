import { Redacted, Result } from "effect"
import { createHash } from "node:crypto"
import { type AlgorithmName, algorithmOf } from "./algorithms.ts"
import { ago, audienceOf, checkParties, checkTimes, type Times, timeOf } from "./claims.ts"
import type { JsonObject } from "./decoding.ts"
import { attempt, refuse, refuseClock, refuseFor, shown } from "./refusal.ts"

export interface Client {
  readonly issuers: ReadonlySet<string>
  readonly clientIds: ReadonlySet<string>
  /** Who else may be among its audiences. */
  readonly trusted: ReadonlySet<string>
  /** Whom it may have been issued to. */
  readonly parties: ReadonlySet<string>
  readonly toleranceMillis: number
}

export interface Login {
  readonly nonce: string | undefined
  readonly subject: string | undefined
  readonly accessToken: Redacted.Redacted<string> | undefined
  readonly code: Redacted.Redacted<string> | undefined
  readonly maxAgeMillis: number | undefined
  readonly acr: ReadonlySet<string> | undefined
}

/** What an ID token must say (OpenID Connect Core 3.1.3.7), in the order of the specification. */
export const checkIdToken = (
  claims: JsonObject,
  alg: AlgorithmName,
  client: Client,
  login: Login,
  now: number
): number => {
  const { clientIds: audiences, issuers } = client
  checkKind(claims)
  checkParties(claims, { audiences, issuers, subject: login.subject })
  checkAudiences(claims, client)
  checkNonce(claims["nonce"], login.nonce)
  checkHash("at_hash", claims, alg, login.accessToken, "optional")
  checkHash("c_hash", claims, alg, login.code, "required")
  const until = checkTimesOfLogin(claims, client, login, now)
  checkAuthentication(claims, login, client.toleranceMillis, now)
  return until
}

/** How providers mark their access tokens, where they have no `typ` of their own in the header. */
const marks: ReadonlyArray<readonly [claim: string, value: string]> = [
  ["token_use", "access"], // Amazon Cognito
  ["typ", "Bearer"] // Keycloak
]

const checkKind = (claims: JsonObject): void => {
  const mark = marks.find(([claim, value]) => claims[claim] === value)
  if (mark !== undefined) refuse("type", `it is an access token: its ${mark[0]} is ${shown(mark[1])}`)
  if (typeof claims["sub"] !== "string" || claims["sub"] === "")
    refuse("subject", "it does not say whom it is about (sub)")
  if (claims["iat"] === undefined) refuse("issued", "it does not say when it was issued (iat)")
}

const checkAudiences = (claims: JsonObject, { clientIds, parties, trusted }: Client): void => {
  const { aud, azp } = claims
  const stray = audienceOf(aud).find((one) => !clientIds.has(one) && !trusted.has(one))
  if (stray !== undefined) refuse("audience", `it is also for ${shown(stray)}, which is not among the trustedAudiences`)
  if (azp === undefined) {
    if (audienceOf(aud).length > 1) refuse("azp", "it is for several, and does not say whom it was issued to (azp)")
  } else if (typeof azp !== "string" || !parties.has(azp)) {
    refuse("azp", `it was issued to ${shown(azp)}, which is not among the authorizedParties`)
  }
}

const checkNonce = (actual: unknown, expected: string | undefined): void => {
  if (actual === expected) return
  if (expected === undefined) refuse("nonce", "it has a nonce, and none was sent: it belongs to another login")
  refuse(
    "nonce",
    actual === undefined
      ? "it does not have the nonce that was sent"
      : "its nonce is not the one that was sent: the login must begin anew"
  )
}

const checkHash = (
  name: "at_hash" | "c_hash",
  claims: JsonObject,
  alg: AlgorithmName,
  of: Redacted.Redacted<string> | undefined,
  presence: "optional" | "required"
): void => {
  const actual = claims[name]
  if (of === undefined || (actual === undefined && presence === "optional")) return
  const what = name === "at_hash" ? "access token" : "code"
  if (actual === undefined) refuse(name, `it does not have the hash of the ${what} (${name})`)
  if (actual !== halfHash(alg, Redacted.value(of))) refuse(name, `it does not belong to the ${what} that came with it`)
}

/** The left half of a hash, by the hash of the signature; Ed25519 has SHA-512 inside. */
const halfHash = (alg: AlgorithmName, text: string): string => {
  const digest = createHash(algorithmOf(alg).hash ?? "sha512")
    .update(text)
    .digest()
  return digest.subarray(0, digest.byteLength / 2).toString("base64url")
}

/** A token with the nonce of this login was issued just now: when its time is another one, a clock is off. */
const checkTimesOfLogin = (claims: JsonObject, client: Client, login: Login, now: number): number => {
  const times: Times = { toleranceMillis: client.toleranceMillis, maxAgeMillis: undefined }
  const checked = attempt(() => checkTimes(claims, times, now))
  if (Result.isSuccess(checked)) return checked.success
  const { failure } = checked
  const iat = timeOf(claims, "iat")
  const isOff = failure._tag === "InvalidToken" && (failure.why === "expired" || failure.why === "issued")
  return login.nonce !== undefined && iat !== undefined && isOff ? refuseClock(now - iat) : refuseFor(failure)
}

const checkAuthentication = (
  claims: JsonObject,
  { acr, maxAgeMillis }: Login,
  toleranceMillis: number,
  now: number
): void => {
  const authTime = timeOf(claims, "auth_time")
  if (maxAgeMillis !== undefined) {
    if (authTime === undefined) return refuse("auth_time", "it does not say when the person logged in (auth_time)")
    if (now - authTime > maxAgeMillis + toleranceMillis) {
      refuse(
        "auth_time",
        `the person logged in ${ago(now - authTime)} ago, and may have ${ago(maxAgeMillis)} ago: they must log in again`
      )
    }
  }
  if (acr !== undefined && !(typeof claims["acr"] === "string" && acr.has(claims["acr"]))) {
    refuse("acr", `the person logged in by ${shown(claims["acr"])}, and must by ${[...acr].map(shown).join(" or ")}`)
  }
}
