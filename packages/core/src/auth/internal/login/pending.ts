import { Option, Result, Schema } from "effect"
import { createHash } from "node:crypto"
import * as AuthorizationCode from "../../AuthorizationCode.ts"
import type { Seal } from "../../Seal.ts"

/** A login that has begun in a browser: what the authorization server must answer, whose token it is, and where to go then. */
export interface Pending {
  readonly begun: AuthorizationCode.Begun
  readonly tenant: string
  readonly returnTo: string
}

const Text = Schema.fromJsonString(
  Schema.Struct({ begun: AuthorizationCode.Json, tenant: Schema.String, returnTo: Schema.String })
)

const write = Schema.encodeUnknownSync(Text)
const read = Schema.decodeUnknownOption(Text)

/** What a sealed login belongs to: it opens at this callback of this integration, and nowhere else. */
const belongsTo = (integration: string, redirectUri: string) => ["web login", integration, redirectUri]

/** A login, sealed for its browser. The URL is known to whoever has been there, and is left out. */
export const sealed = (seal: Seal["Service"], integration: string, { begun, ...others }: Pending): string =>
  seal.seal(write({ ...others, begun: { ...begun, url: "" } }), belongsTo(integration, begun.redirectUri))

/** The login that a cookie holds; undefined for what was not sealed here. */
export const opened = (
  seal: Seal["Service"],
  integration: string,
  redirectUri: string,
  cookie: string
): Pending | undefined =>
  Option.getOrUndefined(
    Option.flatMap(Result.getSuccess(seal.open(cookie, belongsTo(integration, redirectUri))), (text) => read(text))
  )

const stem = "causeway-login-"

/** The name of the cookie of a login. With `__Host-`, no other host can have set it. */
export const cookieName = (isSecure: boolean, state: string): string =>
  `${isSecure ? "__Host-" : ""}${stem}${createHash("sha256").update(state).digest("hex").slice(0, 16)}`

/** The cookies of all logins of this browser. */
export const cookieNames = (cookies: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.keys(cookies).filter((name) => name.startsWith(stem) || name.startsWith(`__Host-${stem}`))

export const stateOf = (parameters: URLSearchParams): string | undefined => {
  const [state, ...others] = parameters.getAll("state")
  return others.length > 0 || state === "" ? undefined : state
}
