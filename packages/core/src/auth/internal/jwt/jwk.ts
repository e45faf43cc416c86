import { createHash } from "node:crypto"

/**
 * A JSON Web Key.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7517#section-4
 * @since 0.1.0
 * @category models
 */
export interface Jwk {
  readonly kty: string
  readonly kid?: string | undefined
  readonly alg?: string | undefined
  readonly use?: string | undefined
  readonly key_ops?: ReadonlyArray<string> | undefined
  readonly [member: string]: unknown
}

export const isJwk = (value: unknown): value is Jwk =>
  typeof value === "object" && value !== null && "kty" in value && typeof value.kty === "string"

const requiredMembers: Readonly<Record<string, ReadonlyArray<string>>> = {
  EC: ["crv", "kty", "x", "y"],
  OKP: ["crv", "kty", "x"],
  RSA: ["e", "kty", "n"],
  oct: ["k", "kty"]
}

/** The members that make the key, in the order of RFC 7638; undefined when one of them is missing. */
export const essence = (jwk: Jwk): Readonly<Record<string, string>> | undefined => {
  const entries = requiredMembers[jwk.kty]?.map((member) => [member, jwk[member]] as const)
  return entries?.every((entry): entry is readonly [string, string] => typeof entry[1] === "string")
    ? Object.fromEntries(entries)
    : undefined
}

export const thumbprint = (essential: Readonly<Record<string, string>>): string =>
  createHash("sha256").update(JSON.stringify(essential)).digest("base64url")
