import { Redacted } from "effect"
import type { Token } from "../../Token.ts"
import type { Fields } from "./answer.ts"

/** What an ID token says, unchecked. */
export const claimsOf = ({ idToken }: Pick<Token, "idToken">): Fields | undefined => {
  const payload = idToken === undefined ? undefined : Redacted.value(idToken).split(".")[1]
  if (payload === undefined) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"))
    // What JSON gives as an object that is no list has members of JSON.
    return typeof claims === "object" && claims !== null && !Array.isArray(claims) ? (claims as Fields) : undefined
  } catch {
    return undefined
  }
}
