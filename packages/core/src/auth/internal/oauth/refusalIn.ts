import type { OAuthQuirks } from "../../OAuthQuirks.ts"
import type { Fields } from "./answer.ts"

/** What a body says of a refusal. */
export interface Said {
  /** As the server writes it, and what it means in the codes of OAuth where that is known. */
  readonly code: string
  readonly meaning: string | undefined
  readonly words: string | undefined
  readonly uri: string | undefined
}

type Rules = Pick<OAuthQuirks, "errorCodes" | "errorAt">

/**
 * The refusal of a body, where its code is known or stands where OAuth has it; undefined for anything else. A number is a code
 * too.
 */
export const refusalIn = (fields: Fields, { errorAt, errorCodes }: Rules): Said | undefined => {
  const codes = errorAt.code.map((path) => textAt(fields, path)).filter((code) => code !== undefined)
  const known = codes.find((code) => Object.hasOwn(errorCodes, code) || standardCodes.has(code))
  const code = known ?? textAt(fields, "error")
  if (code === undefined) return undefined
  return {
    code,
    meaning: Object.hasOwn(errorCodes, code) ? errorCodes[code] : undefined,
    words: errorAt.words.map((path) => textAt(fields, path)).find((words) => words !== undefined && words !== code),
    uri: textAt(fields, "error_uri")
  }
}

/** A code that means nothing in OAuth, and the words beside it: of a body that is an error, in whatever form. */
export const strangeRefusalIn = (fields: Fields, { errorAt }: Rules): Said | undefined => {
  const first = (paths: ReadonlyArray<string>) =>
    paths.map((path) => textAt(fields, path)).find((found) => found !== undefined)
  const [code, words] = [first(errorAt.code), first(errorAt.words)]
  return code === undefined ? undefined : { code, meaning: undefined, words, uri: undefined }
}

const standardCodes: ReadonlySet<string> = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "access_denied",
  "authorization_pending",
  "slow_down",
  "expired_token",
  "invalid_token",
  "temporarily_unavailable",
  "server_error"
])

const textAt = (fields: Fields, path: string): string | undefined => {
  let value: unknown = fields
  for (const name of path.split(".")) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined
  }
  if (typeof value === "number") return String(value)
  return typeof value === "string" && value !== "" ? value : undefined
}
