import { Redacted } from "effect"
import type { Token } from "../../Token.ts"

/** What is sent over and over is looked at once. */
const texts = {
  "": new WeakMap<Token, string>(),
  "Bearer ": new WeakMap<Token, string>(),
  "DPoP ": new WeakMap<Token, string>()
} as const

/** A token as a header carries it, after this prefix; undefined when none can. */
export const textOf = (token: Token, prefix: keyof typeof texts): string | undefined =>
  texts[prefix].get(token) ?? checked(token, prefix)

const checked = (token: Token, prefix: keyof typeof texts): string | undefined => {
  const secret = Redacted.value(token.accessToken)
  if (!/^[\x21-\x7e]+$/.test(secret)) return undefined
  texts[prefix].set(token, prefix + secret)
  return prefix + secret
}
