import { Effect, Redacted, Result } from "effect"
import type { AuthError, ClockSkew } from "../../AuthError.ts"
import type { OAuthClient } from "../../OAuthClient.ts"
import type { OAuthServer } from "../../OAuthServer.ts"
import type { Token } from "../../Token.ts"
import { type Answer, fieldsOf, malformed } from "./answer.ts"
import type { Expected } from "./IdTokens.ts"
import { insidesOf } from "./insides.ts"
import type { Parameters } from "./parameters.ts"
import { skewOf } from "./skew.ts"
import { tokenOf } from "./tokenFields.ts"

/** A question to the token endpoint. */
export interface TokenQuestion {
  readonly parameters: (server: OAuthServer) => Parameters
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  /** Whether it may be asked again although it may have been heard. */
  readonly idempotent: boolean
  readonly expected: Expected
}

/** Asks for a token, whose ID token, if it has one, holds. */
export const askForToken = (client: OAuthClient, question: TokenQuestion): Effect.Effect<Token, AuthError> => {
  const { desk, idTokens } = insidesOf(client)
  const { expected, idempotent, parameters, secrets } = question
  return Effect.flatMap(client.server, (server) =>
    Effect.flatMap(
      desk.ask(server, {
        endpoint: "token",
        parameters: parameters(server),
        secrets: secrets.map(Redacted.value),
        idempotent,
        proven: true,
        read: (answer) => tokenIn(answer, server)
      }),
      ({ skew, token }) => idTokens.check(server, token, { ...expected, skew })
    )
  )
}

interface Brought {
  readonly token: Token
  readonly skew: ClockSkew | undefined
}

const tokenIn = (answer: Answer, { quirks }: OAuthServer): Result.Result<Brought, AuthError["reason"]> =>
  Result.flatMap(fieldsOf(answer, quirks), (fields) =>
    Result.mapBoth(tokenOf(fields, quirks, answer.now), {
      onFailure: (issue) => malformed(answer, issue),
      onSuccess: (token) => ({ token, skew: skewOf(answer) })
    })
  )
