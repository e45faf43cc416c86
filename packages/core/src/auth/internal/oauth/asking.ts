import { Effect, Redacted, Result } from "effect"
import type { AuthError, ClockSkew } from "../../AuthError.ts"
import type { Keep } from "../../Grant.ts"
import type { OAuthClient } from "../../OAuthClient.ts"
import type { OAuthQuirks } from "../../OAuthQuirks.ts"
import type { OAuthServer } from "../../OAuthServer.ts"
import type { Token } from "../../Token.ts"
import { type Answer, fieldsIn, fieldsOf, malformed } from "./answer.ts"
import type { Expected } from "./IdTokens.ts"
import { insidesOf } from "./insides.ts"
import type { Parameters } from "./parameters.ts"
import { skewOf } from "./skew.ts"
import { refreshTokenIn, renewedTokenOf, tokenOf } from "./tokenFields.ts"

/** A question to the token endpoint. */
export interface TokenQuestion {
  readonly parameters: (server: OAuthServer) => Parameters
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  /** Whether it may be asked again although it may have been heard. */
  readonly idempotent: boolean
  readonly expected: Expected
  /** What it renews; undefined when it begins something. */
  readonly renewal?: Renewal
}

/** A token that is renewed, and where its next refresh token goes. */
export interface Renewal {
  readonly before: Token
  readonly keep: Keep
}

/** A token and how far our clock is off, by the answer that brought it. */
export interface Brought {
  readonly token: Token
  readonly skew: ClockSkew | undefined
}

/** Asks for a token, whose ID token, if it has one, holds. */
export const askForToken = (client: OAuthClient, question: TokenQuestion): Effect.Effect<Token, AuthError> =>
  Effect.flatMap(client.server, (server) =>
    Effect.flatMap(bring(client, server, question), (brought) => checkBrought(client, server, question, brought))
  )

/** Asks for a token, whose ID token is not looked at yet. */
export const bring = (
  client: OAuthClient,
  server: OAuthServer,
  { idempotent, parameters, renewal, secrets }: TokenQuestion
): Effect.Effect<Brought, AuthError> =>
  insidesOf(client).desk.ask(server, {
    endpoint: "token",
    parameters: parameters(server),
    secrets: secrets.map(Redacted.value),
    idempotent,
    proven: true,
    read: (answer) => tokenIn(answer, server, renewal?.before),
    ...(renewal !== undefined && { isRenewal: true, received: (answer) => keepFirst(answer, server.quirks, renewal) })
  })

/** The token, when its ID token holds or it has none. */
export const checkBrought = (
  client: OAuthClient,
  server: OAuthServer,
  { expected, renewal }: Pick<TokenQuestion, "expected" | "renewal">,
  { skew, token }: Brought
): Effect.Effect<Token, AuthError> => {
  const { idTokens } = insidesOf(client)
  return idTokens.check(server, token, { ...expected, skew, ...(renewal !== undefined && { renews: renewal.before }) })
}

/** A server that rotates refresh tokens knows the old one no more: the next one is kept before anything is found fault with. */
const keepFirst = (answer: Answer, quirks: OAuthQuirks, { keep }: Renewal): Effect.Effect<void> => {
  if (answer.status < 200 || answer.status > 299) return Effect.void
  const fields = fieldsIn(answer)
  const next = fields && refreshTokenIn(fields, quirks)
  return next === undefined ? Effect.void : keep(next)
}

const tokenIn = (
  answer: Answer,
  { quirks }: OAuthServer,
  before: Token | undefined
): Result.Result<Brought, AuthError["reason"]> =>
  Result.flatMap(fieldsOf(answer, quirks), (fields) =>
    Result.mapBoth(
      before === undefined
        ? tokenOf(fields, quirks, answer.now)
        : renewedTokenOf(fields, quirks, { now: answer.now, before }),
      {
        onFailure: (issue) => malformed(answer, issue),
        onSuccess: (token) => ({ token, skew: skewOf(answer) })
      }
    )
  )
