import { Redacted, Result } from "effect"
import { createHash } from "node:crypto"
import { type AlgorithmName, algorithmOf } from "./algorithms.ts"
import { ago, timeOf } from "./claims.ts"
import type { JsonObject } from "./decoding.ts"
import { essence, isJwk, thumbprint } from "./jwk.ts"
import { verifyingKey } from "./keys.ts"
import { refuse, shown } from "./refusal.ts"
import * as token from "./token.ts"

/** What a proof must be for. */
export interface Expected {
  readonly method: string
  readonly url: string | URL
  readonly accessToken: Redacted.Redacted<string> | undefined
  readonly jkt: string | undefined
  readonly nonce: string | undefined
  readonly algorithms: ReadonlySet<AlgorithmName>
  readonly maxAgeMillis: number
  readonly toleranceMillis: number
}

export interface Proof {
  /** The thumbprint of the key that has signed it. */
  readonly jkt: string
  readonly jti: string
  /** Until when it could be used again, in milliseconds of the clock. */
  readonly until: number
}

const maxSize = 8_192

/** The URL of a request as a proof has it: without its query and fragment; undefined for none. */
export const targetOf = (url: string | URL): string | undefined => {
  const parsed = typeof url === "string" ? URL.parse(url) : url
  return parsed === null ? undefined : `${parsed.protocol}//${parsed.host}${parsed.pathname}`
}

/** The same for all forms of a URL that RFC 3986 6.2.2 and 6.2.3 call equivalent. */
const comparable = (url: string | URL): string | undefined =>
  targetOf(url)?.replace(/%([0-9a-f]{2})/gi, (code, digits: string) => {
    const char = String.fromCharCode(Number.parseInt(digits, 16))
    return /[\w.~-]/.test(char) ? char : code.toUpperCase()
  })

/** The hash of an access token, as a proof has it. */
export const hashOf = (accessToken: Redacted.Redacted<string>): string =>
  createHash("sha256").update(Redacted.value(accessToken)).digest("base64url")

/** Judges a proof (RFC 9449 4.3). Whether it was used before is not known here. */
export const judge = (text: string, expected: Expected, now: number): Proof => {
  if (text.length > maxSize) refuse("size", `the proof has ${text.length} characters, and may have ${maxSize}`)
  const read = token.read(text, new Map())
  const { alg, typ } = read.header
  if (typ !== "dpop+jwt") refuse("type", `the typ of the proof is ${shown(typ)}, and must be "dpop+jwt"`)
  if (algorithmOf(alg).kty === "oct" || !expected.algorithms.has(alg)) {
    refuse("algorithm", `the proof is signed with ${alg}, and may be with ${[...expected.algorithms].join(", ")}`)
  }
  const jkt = proven(read, alg)
  if (expected.jkt !== undefined && jkt !== expected.jkt) refuse("key", "the proof is by another key than the token's")
  return { jkt, ...checkClaims(token.readPayload(read), expected, now) }
}

/** A proof carries its own key: it proves that whoever made it has that key, and no more. */
const proven = (read: token.Token, alg: AlgorithmName): string => {
  const jwk = token.readWholeHeader(read)["jwk"]
  const essential = isJwk(jwk) ? essence(jwk) : undefined
  if (!isJwk(jwk) || essential === undefined) return refuse("key", "the proof has no public key (jwk)")
  const key = verifyingKey(jwk, { alg, kid: undefined, encoding: "base64url", passphrase: undefined })
  if (Result.isFailure(key)) return refuse("key", `the key of the proof ${key.failure.issue}`)
  if (!key.success.verify(read.signed, read.signature)) refuse("signature", "the proof is not signed by the key in it")
  return thumbprint(essential)
}

const checkClaims = (claims: JsonObject, expected: Expected, now: number): Pick<Proof, "jti" | "until"> => {
  const { ath, htm, htu, jti, nonce } = claims
  if (typeof jti !== "string" || jti === "" || jti.length > 256) return refuse("claims", "the proof has no usable jti")
  if (htm !== expected.method) refuse("method", `the proof is for ${shown(htm)}, and not for ${expected.method}`)
  if (typeof htu !== "string" || comparable(htu) === undefined || comparable(htu) !== comparable(expected.url)) {
    refuse("url", `the proof is for ${shown(htu)}, and not for ${String(targetOf(expected.url))}`)
  }
  if (expected.accessToken !== undefined && ath !== hashOf(expected.accessToken)) {
    refuse("ath", "the proof does not belong to the token that came with it")
  }
  if (expected.nonce !== undefined && nonce !== expected.nonce)
    refuse("nonce", "the proof does not have the nonce that was given last (DPoP-Nonce)")
  return { jti, until: checkTime(claims, expected, now) }
}

const checkTime = (claims: JsonObject, { maxAgeMillis, toleranceMillis }: Expected, now: number): number => {
  const iat = timeOf(claims, "iat") ?? refuse("issued", "the proof does not say when it was made (iat)")
  const until = iat + maxAgeMillis + toleranceMillis
  if (iat - now > toleranceMillis) refuse("issued", `the proof was made in ${ago(iat - now)} only; a clock is off`)
  if (!(now < until)) refuse("expired", `the proof was made ${ago(now - iat)} ago; make one for each request`)
  return until
}
