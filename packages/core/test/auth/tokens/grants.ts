/** Grants for the tests of what keeps tokens: they ask what the test has in the place of a provider. */
import { AuthError, type Grant, Token } from "@causeway/core/auth"
import { Clock, Duration, Effect, Redacted } from "effect"
import type { Answer, Issued, RotatingProvider } from "./rotatingProvider.ts"

export const integration = "test/Calendar"

export const errorOf = (reason: AuthError.Reason) => new AuthError.AuthError({ integration, reason })

export const invalidGrant = errorOf(
  new AuthError.InvalidGrant({ status: 400, description: "no longer valid", uri: undefined })
)

export const unavailable = (retryAfter?: Duration.Input) =>
  errorOf(
    new AuthError.EndpointUnavailable({
      endpoint: "/token",
      status: 503,
      detail: "busy",
      retryAfter: retryAfter === undefined ? undefined : Duration.fromInputUnsafe(retryAfter)
    })
  )

export const tokenFrom = (issued: Issued, now: number): Token.Token =>
  Token.make({
    accessToken: Redacted.make(issued.access_token),
    refreshToken: Redacted.make(issued.refresh_token),
    obtainedAt: now,
    expiresAt: now + issued.expires_in * 1_000
  })

const fromAnswer = (answer: Answer): Effect.Effect<Token.Token, AuthError.AuthError> =>
  answer.status === 200
    ? Effect.map(Clock.currentTimeMillis, (now) => tokenFrom(answer.body, now))
    : Effect.fail(invalidGrant)

const refreshTokenOf = (token: Token.Token) =>
  token.refreshToken === undefined ? "" : Redacted.value(token.refreshToken)

/** Refreshes at a provider in memory, which takes its time. */
export const refreshing = (provider: RotatingProvider, takes: Duration.Input = 0): Grant.Grant => ({
  refresh: (token) =>
    Effect.suspend(() => fromAnswer(provider.refresh(refreshTokenOf(token)))).pipe(
      Effect.delay("1 millis"),
      Effect.delay(takes)
    ),
  reauthorizeUrl: "https://calendar.example/connect"
})

/** Refreshes over HTTP; `answered` runs between the provider's answer and whatever becomes of it. */
export const refreshingAt = (url: string, answered: () => void = () => {}): Grant.Grant => ({
  refresh: (token) =>
    Effect.tryPromise({
      try: async (signal): Promise<Answer> => {
        const body = new URLSearchParams({ grant_type: "refresh_token", refresh_token: refreshTokenOf(token) })
        const response = await fetch(`${url}/token`, { method: "POST", body, signal })
        // The server of the tests answers with nothing else.
        const answer = { status: response.status, body: await response.json() } as Answer
        answered()
        return answer
      },
      catch: () => unavailable()
    }).pipe(Effect.flatMap(fromAnswer)),
  reauthorizeUrl: "https://calendar.example/connect"
})
