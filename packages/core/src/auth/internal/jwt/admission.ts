import { Duration, Effect } from "effect"
import * as InvalidOption from "../../../policy/InvalidOption.ts"
import type { AuthError } from "../../AuthError.ts"
import type { JwtVerifier } from "../../JwtVerifier.ts"
import { isObject, type JsonObject } from "./decoding.ts"

/** Why a request is not let in, and what it is told. */
export interface Refusal {
  readonly status: 401 | 403 | 503
  /** Of 401 and 403. */
  readonly challenge: string | undefined
  /** Of 503, in seconds. */
  readonly retryAfter: number | undefined
}

/** What is asked of a token beside that it holds, and how a challenge begins. */
export interface Protection {
  readonly realm: string | undefined
  readonly scopes: ReadonlyArray<string>
}

export type Admit<A> = (token: string, protection: Protection) => Effect.Effect<A, Refusal>

/** Checks what is asked for, together with what is asked for everywhere. */
export const protectionOf = (
  options: { readonly realm?: string | undefined; readonly scope?: string | ReadonlyArray<string> | undefined },
  everywhere: Protection = { realm: undefined, scopes: [] }
): Protection => {
  const { realm = everywhere.realm, scope = [] } = options
  const scopes = typeof scope === "string" ? scope.split(" ") : scope
  if (realm !== undefined) quotable("bearerAuth.realm", realm, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/)
  for (const one of scopes) quotable("bearerAuth.scope", one, /^[\x21\x23-\x5b\x5d-\x7e]+$/)
  return { realm, scopes: [...new Set([...everywhere.scopes, ...scopes])] }
}

const quotable = (option: string, text: string, allowed: RegExp): void => {
  if (allowed.test(text)) return
  throw new InvalidOption.InvalidOption({
    option,
    actual: JSON.stringify(text),
    accepts: "a text of visible ASCII without quotes and backslashes"
  })
}

/** Decides whether a request with this token is let in; an empty one is none. */
export const admitting =
  <A>(verifier: JwtVerifier<A>): Admit<A> =>
  (token, protection) => {
    if (token === "") return Effect.fail(unauthorized(protection))
    return Effect.matchEffect(verifier.verify(token), {
      onFailure: (error) => Effect.andThen(Effect.logDebug(error.message), Effect.fail(refusalOf(error, protection))),
      onSuccess: ({ claims, payload }) => {
        const refusal = missingIn(payload, protection)
        return refusal === undefined ? Effect.succeed(claims) : Effect.fail(refusal)
      }
    })
  }

const refusalOf = (error: AuthError, protection: Protection): Refusal => {
  const { reason } = error
  if (reason._tag !== "InvalidToken" && reason._tag !== "ClockSkew") return unavailable(error)
  const isOver = reason._tag === "InvalidToken" && (reason.why === "expired" || reason.why === "age")
  return unauthorized(protection, isOver ? "the token has expired" : "the token does not hold here")
}

const missingIn = (payload: JsonObject, protection: Protection): Refusal | undefined => {
  const { cnf } = payload
  if (isObject(cnf) && cnf["jkt"] !== undefined) {
    return unauthorized(protection, "the token is bound to a key, and came without a proof of it")
  }
  if (protection.scopes.length === 0) return undefined
  const granted = scopesIn(payload)
  return protection.scopes.every((scope) => granted.has(scope)) ? undefined : forbidden(protection)
}

/** As RFC 8693 has them, and as some providers do. */
const scopesIn = ({ scope, scp }: JsonObject): ReadonlySet<unknown> => {
  const given = scope ?? scp
  if (typeof given === "string") return new Set(given.split(" "))
  return new Set<unknown>(Array.isArray(given) ? given : [])
}

const unauthorized = (protection: Protection, description?: string): Refusal => ({
  status: 401,
  challenge: challengeOf(protection, description === undefined ? undefined : "invalid_token", description),
  retryAfter: undefined
})

const forbidden = (protection: Protection): Refusal => ({
  status: 403,
  challenge: challengeOf(protection, "insufficient_scope", "the token does not have the scope that this asks for"),
  retryAfter: undefined
})

const secondsUntilAnotherTry = 5

const unavailable = ({ retryAfter }: AuthError): Refusal => ({
  status: 503,
  challenge: undefined,
  retryAfter: retryAfter === undefined ? secondsUntilAnotherTry : Math.ceil(Duration.toSeconds(retryAfter))
})

const challengeOf = ({ realm, scopes }: Protection, error?: string, description?: string): string => {
  const parameters = [
    ["realm", realm],
    ["error", error],
    ["error_description", description],
    ["scope", scopes.length === 0 ? undefined : scopes.join(" ")]
  ].flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${value}"`]))
  return parameters.length === 0 ? "Bearer" : `Bearer ${parameters.join(", ")}`
}
