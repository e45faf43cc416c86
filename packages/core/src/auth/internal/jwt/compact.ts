import type { SigningKey } from "./keys.ts"

/** A part of a token: JSON in base64url. */
export const encodePart = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

/** The compact serialization: header, payload and signature. */
export const compact = (key: SigningKey, encodedHeader: string, payload: object): string => {
  const signed = `${encodedHeader}.${encodePart(payload)}`
  return `${signed}.${key.sign(signed).toString("base64url")}`
}
