import type { Jwt } from "../SignatureScheme.ts"
import { Reason } from "../WebhookError.ts"
import * as DeliveryHeaders from "./deliveryHeaders.ts"
import * as Encodings from "./encodings.ts"
import { refuse } from "./refusal.ts"

/** A token as it was sent; nothing of it is believed before its signature was accepted. */
export interface Token {
  readonly algorithm: string
  readonly kid: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
  /** What the signature covers. */
  readonly signed: string
  readonly signature: string
}

const maxTokenLength = 8192

export const read = (signature: Jwt, headers: DeliveryHeaders.DeliveryHeaders): Token => {
  const value = DeliveryHeaders.required(headers, signature.name)
  const isBare = signature.isPrefixOptional && !value.startsWith(signature.prefix)
  const text = isBare ? value : value.startsWith(signature.prefix) ? value.slice(signature.prefix.length) : ""
  return (
    (text.length <= maxTokenLength ? parse(text) : undefined) ??
    refuse(
      Reason.MalformedSignature({
        header: signature.name,
        expected: `${JSON.stringify(signature.prefix)} and a JSON Web Token of at most ${maxTokenLength} characters`
      })
    )
  )
}

const parse = (text: string): Token | undefined => {
  const [header = "", payload = "", signature = "", ...others] = text.split(".")
  const head = readObject(header)
  const claims = readObject(payload)
  if (head === undefined || claims === undefined || others.length > 0) return undefined
  // A critical extension is one that must be understood, and none is understood here.
  if (typeof head["alg"] !== "string" || "crit" in head) return undefined
  const kid = typeof head["kid"] === "string" ? head["kid"] : undefined
  return { algorithm: head["alg"], kid, claims, signed: `${header}.${payload}`, signature }
}

const readObject = (segment: string): Readonly<Record<string, unknown>> | undefined => {
  const value = Encodings.parseJson(Encodings.decode("base64url", segment)?.toString())
  return isObject(value) ? value : undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const encodeObject = (value: Readonly<Record<string, unknown>>): string =>
  Buffer.from(JSON.stringify(value)).toString("base64url")

/** Holds the token to its own times, to its issuer and to what must be in it. */
export const checkClaims = (
  signature: Jwt,
  { claims }: Token,
  options: { readonly now: number; readonly issuer: string | undefined; readonly needsExpiry: boolean }
): void => {
  const issuer = options.issuer ?? signature.issuer
  if (issuer !== undefined && claims["iss"] !== issuer) refuse(Reason.ClaimMismatch({ claim: "iss" }))
  for (const [claim, wanted] of Object.entries(signature.claims)) {
    if (claims[claim] !== wanted) refuse(Reason.ClaimMismatch({ claim }))
  }
  checkExpiry(signature.leewayMillis, timeOf(claims, "exp"), options)
  for (const name of ["nbf", "iat"]) checkStart(signature.leewayMillis, timeOf(claims, name), options.now)
}

const timeOf = (claims: Token["claims"], claim: string): number | undefined => {
  const value = claims[claim]
  if (value === undefined) return undefined
  return typeof value === "number" && Number.isFinite(value) ? value * 1000 : refuse(Reason.ClaimMismatch({ claim }))
}

const checkExpiry = (
  toleranceMillis: number,
  expiry: number | undefined,
  { needsExpiry, now }: { readonly now: number; readonly needsExpiry: boolean }
): void => {
  if (expiry === undefined) {
    if (needsExpiry) refuse(Reason.ClaimMismatch({ claim: "exp" }))
  } else if (!(now - expiry <= toleranceMillis)) {
    refuse(Reason.TimestampTooOld({ ageMillis: now - expiry, toleranceMillis }))
  }
}

const checkStart = (toleranceMillis: number, start: number | undefined, now: number): void => {
  if (start !== undefined && !(start - now <= toleranceMillis)) {
    refuse(Reason.TimestampInFuture({ aheadMillis: start - now, toleranceMillis }))
  }
}
