import { Effect, Redacted, Result } from "effect"
import type { AuthError } from "../../AuthError.ts"
import type { OAuthClient } from "../../OAuthClient.ts"
import type { OAuthServer } from "../../OAuthServer.ts"
import type { Token } from "../../Token.ts"
import { type Answer, fieldsOf, malformed } from "./answer.ts"
import type { Expected } from "./IdTokens.ts"
import { insidesOf } from "./insides.ts"
import type { Parameters } from "./parameters.ts"
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
      (token) => idTokens.check(server, token, expected)
    )
  )
}

const tokenIn = (answer: Answer, { quirks }: OAuthServer): Result.Result<Token, AuthError["reason"]> =>
  Result.flatMap(fieldsOf(answer, quirks), (fields) =>
    Result.mapError(tokenOf(fields, quirks, answer.now), (issue) => malformed(answer, issue))
  )
