import { Duration, Effect } from "effect"
import * as InvalidOption from "../../../policy/InvalidOption.ts"
import type { AuthError } from "../../AuthError.ts"
import type { JwtVerifier } from "../../JwtVerifier.ts"
import type { JsonObject } from "./decoding.ts"
import type { Possession, Presented, Unproven } from "./possession.ts"

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

export type Admit<A> = (presented: Presented, protection: Protection) => Effect.Effect<A, Refusal>

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

/** Decides whether a request with this token is let in. */
export const admitting = <A>(verifier: JwtVerifier<A>, possession: Possession): Admit<A> => {
  return (presented, protection) => {
    const challenges = challengesOf(presented, protection, possession)
    // A scheme that is not accepted here is no credentials at all.
    const isOther = presented.scheme === "DPoP" && possession.dpopAlgorithms === undefined
    if (presented.token === "" || isOther) return Effect.fail(unauthorized(challenges))
    return Effect.matchEffect(verifier.verify(presented.token), {
      onFailure: (error) => Effect.andThen(Effect.logDebug(error.message), Effect.fail(refusalOf(error, challenges))),
      onSuccess: ({ claims, payload }) =>
        Effect.matchEffect(possession.prove(payload, presented), {
          onFailure: (unproven) =>
            Effect.andThen(
              Effect.logDebug(`A token was refused, because ${unproven.detail}`),
              Effect.fail(unprovenRefusal(unproven, challenges))
            ),
          onSuccess: () =>
            hasScopes(payload, protection) ? Effect.succeed(claims) : Effect.fail(forbidden(challenges))
        })
    })
  }
}

/** Writes the challenges of a refusal. */
type Challenges = (error?: string, description?: string) => string

/** An error is told in the scheme that was used; the others are offered. */
const challengesOf = ({ scheme }: Presented, protection: Protection, { dpopAlgorithms }: Possession) => {
  const offered = dpopAlgorithms === undefined ? [] : [`DPoP algs="${dpopAlgorithms}"`]
  return (error?: string, description?: string): string => {
    if (scheme === "DPoP" && dpopAlgorithms !== undefined) {
      return challengeOf("DPoP", protection, [
        ["error", error],
        ["error_description", description],
        ["algs", dpopAlgorithms]
      ])
    }
    const parameters = [
      ["error", error],
      ["error_description", description]
    ] as const
    return [challengeOf("Bearer", protection, parameters), ...offered].join(", ")
  }
}

const refusalOf = (error: AuthError, challenges: Challenges): Refusal => {
  const { reason } = error
  if (reason._tag !== "InvalidToken" && reason._tag !== "ClockSkew") return unavailable(error.retryAfter)
  const isOver = reason._tag === "InvalidToken" && (reason.why === "expired" || reason.why === "age")
  return unauthorized(challenges, "invalid_token", isOver ? "the token has expired" : "the token does not hold here")
}

const unprovenRefusal = (unproven: Unproven, challenges: Challenges): Refusal =>
  unproven.error === "unavailable"
    ? unavailable(unproven.retryAfter === undefined ? undefined : Duration.seconds(unproven.retryAfter))
    : unauthorized(challenges, unproven.error, unproven.description)

const hasScopes = (payload: JsonObject, { scopes }: Protection): boolean => {
  if (scopes.length === 0) return true
  const granted = scopesIn(payload)
  return scopes.every((scope) => granted.has(scope))
}

/** As RFC 8693 has them, and as some providers do. */
const scopesIn = ({ scope, scp }: JsonObject): ReadonlySet<unknown> => {
  const given = scope ?? scp
  if (typeof given === "string") return new Set(given.split(" "))
  return new Set<unknown>(Array.isArray(given) ? given : [])
}

const unauthorized = (challenges: Challenges, error?: string, description?: string): Refusal => ({
  status: 401,
  challenge: challenges(error, description),
  retryAfter: undefined
})

const forbidden = (challenges: Challenges): Refusal => ({
  status: 403,
  challenge: challenges("insufficient_scope", "the token does not have the scope that this asks for"),
  retryAfter: undefined
})

const secondsUntilAnotherTry = 5

const unavailable = (retryAfter: Duration.Duration | undefined): Refusal => ({
  status: 503,
  challenge: undefined,
  retryAfter: retryAfter === undefined ? secondsUntilAnotherTry : Math.ceil(Duration.toSeconds(retryAfter))
})

const challengeOf = (
  scheme: Presented["scheme"],
  { realm, scopes }: Protection,
  own: ReadonlyArray<readonly [string, string | undefined]>
): string => {
  const all = [["realm", realm], ...own, ["scope", scopes.length === 0 ? undefined : scopes.join(" ")]] as const
  const parameters = all.flatMap(([name, value]) => (value === undefined ? [] : [`${name}="${value}"`]))
  return parameters.length === 0 ? scheme : `${scheme} ${parameters.join(", ")}`
}
