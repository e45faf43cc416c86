/**
 * Device authorization: a program without a browser shows a code, and a person enters it on another device.
 *
 * **When to use**
 *
 * For tools of the command line on a machine that may have no browser, and for devices. Show `userCode` and
 * `verificationUri` of what {@link begin} gives, then wait for {@link poll}.
 *
 * **Details**
 *
 * {@link poll} asks as often as the server says (every 5 seconds if it says nothing), 5 seconds less often each time that it
 * is told to slow down, and half as often each time that the endpoint is not well. It ends with the token, with the person's
 * refusal (`AccessDenied`), or with the code (`ExpiredToken`).
 *
 * **Gotchas**
 *
 * A code that lives for longer than a day is waited for for a day.
 *
 * **Example** (What is shown)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { DeviceAuthorization } from "@causeway/core/auth"
 *
 * const show = (begun: DeviceAuthorization.Begun) =>
 *   `Open ${begun.verificationUri} and enter ${begun.userCode}`
 *
 * console.assert(
 *   show({
 *     deviceCode: Redacted.make("d3v1c3"),
 *     userCode: "WDJB-MJHT",
 *     verificationUri: "https://login.calendar.example/device",
 *     verificationUriComplete: undefined,
 *     expiresAt: 900_000,
 *     intervalMillis: 5_000
 *   }).endsWith("WDJB-MJHT")
 * )
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc8628
 * @since 0.1.0
 */
import { Clock, Duration, Effect, Redacted, Result, Schedule } from "effect"
import * as AuthError from "./AuthError.ts"
import { type Answer, fieldsOf, malformed } from "./internal/oauth/answer.ts"
import { bring, type Brought, checkBrought } from "./internal/oauth/asking.ts"
import { saysNothingOf } from "./internal/oauth/IdTokens.ts"
import { insidesOf } from "./internal/oauth/insides.ts"
import { wished } from "./internal/oauth/parameters.ts"
import { requiredText, seconds, text } from "./internal/oauth/tokenFields.ts"
import type { Options } from "./OAuth.ts"
import type { OAuthClient } from "./OAuthClient.ts"
import type { OAuthServer } from "./OAuthServer.ts"
import type { Token } from "./Token.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * An authorization that has begun: what to show, and what to poll with.
 *
 * @since 0.1.0
 * @category models
 */
export interface Begun {
  readonly deviceCode: Redacted.Redacted<string>
  /** What the person enters. */
  readonly userCode: string
  /** Where they enter it. */
  readonly verificationUri: string
  /** The same with the code in it, for a QR code; undefined when the server has none. */
  readonly verificationUriComplete: string | undefined
  /** Until when, in milliseconds of the clock. */
  readonly expiresAt: number
  /** How long to wait between two polls. */
  readonly intervalMillis: number
}

/**
 * Begins an authorization.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8628#section-3.1
 * @since 0.1.0
 * @category authorizations
 */
export const begin = (client: OAuthClient, options: Options = {}): Effect.Effect<Begun, AuthError.AuthError> => {
  Check.checkClient("deviceAuthorization.client", client)
  Check.checkWishes("deviceAuthorization", options)
  return Effect.flatMap(client.server, (server) =>
    insidesOf(client).desk.ask(server, {
      endpoint: "device authorization",
      parameters: wished(options, server.quirks, [[server.quirks.clientIdParameter, client.clientId]]),
      secrets: [],
      idempotent: true,
      read: (answer) => begunIn(answer, server)
    })
  )
}

/** A code that nobody enters within this time is given up. */
const longestSeconds = 86_400

const begunIn = (answer: Answer, { quirks }: OAuthServer): Result.Result<Begun, AuthError.Reason> =>
  Result.gen(function* () {
    const fields = yield* fieldsOf(answer, quirks)
    const begun = Result.gen(function* () {
      const expiresIn = yield* seconds("expires_in", fields["expires_in"], quirks)
      if (expiresIn === undefined) return yield* Result.fail("it has no expires_in")
      const interval = yield* seconds("interval", fields["interval"], quirks)
      return {
        deviceCode: Redacted.make(yield* requiredText(fields, "device_code")),
        userCode: yield* requiredText(fields, "user_code"),
        verificationUri: yield* webPage(yield* requiredText(fields, verificationName(fields))),
        verificationUriComplete: yield* perhapsWebPage(yield* text(fields, "verification_uri_complete")),
        expiresAt: answer.now + Math.min(expiresIn, longestSeconds) * 1_000,
        intervalMillis: Math.max(interval ?? 5, 1) * 1_000
      }
    })
    return yield* Result.mapError(begun, (issue) => malformed(answer, issue))
  })

/** The name before the specification was final, which Google and others have kept. */
const verificationName = (fields: Readonly<Record<string, unknown>>): string =>
  fields["verification_uri"] === undefined && fields["verification_url"] !== undefined
    ? "verification_url"
    : "verification_uri"

/** A person is sent there: nothing but a page of the web will do. */
const webPage = (uri: string): Result.Result<string, string> =>
  /^https?:$/.test(URL.parse(uri)?.protocol ?? "")
    ? Result.succeed(uri)
    : Result.fail("its verification_uri is no page of the web")

const perhapsWebPage = (uri: string | undefined): Result.Result<string | undefined, string> =>
  uri === undefined ? Result.succeed(undefined) : webPage(uri)

/**
 * Waits until the person has decided. Fails with `AccessDenied` when they refuse, and with `ExpiredToken` when they take
 * too long. While the keys of the ID token can't be fetched, the answer is held in memory and the keys are asked for again, for
 * about ten minutes.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8628#section-3.4
 * @since 0.1.0
 * @category authorizations
 */
export const poll = (client: OAuthClient, begun: Begun): Effect.Effect<Token, AuthError.AuthError> =>
  Effect.flatMap(pollEvery(client, begun, begun.intervalMillis), (arrived) => checked(client, arrived))

interface Arrived {
  readonly server: OAuthServer
  readonly brought: Brought
}

const pollEvery = (
  client: OAuthClient,
  begun: Begun,
  waitMillis: number
): Effect.Effect<Arrived, AuthError.AuthError> =>
  Effect.gen(function* () {
    const left = begun.expiresAt - (yield* Clock.currentTimeMillis)
    if (left <= waitMillis) return yield* Effect.andThen(Effect.sleep(Math.max(left, 0)), Effect.fail(expired(client)))
    yield* Effect.sleep(waitMillis)
    return yield* Effect.catch(once(client, begun), (error) => {
      const next = nextWait(error, waitMillis)
      return next === undefined ? Effect.fail(error) : pollEvery(client, begun, next)
    })
  })

const once = (client: OAuthClient, { deviceCode }: Begun): Effect.Effect<Arrived, AuthError.AuthError> =>
  Effect.flatMap(client.server, (server) => {
    const question = {
      parameters: () =>
        wished({}, server.quirks, [
          ["grant_type", "urn:ietf:params:oauth:grant-type:device_code"],
          ["device_code", Redacted.value(deviceCode)]
        ]),
      secrets: [deviceCode],
      idempotent: false,
      expected: {}
    }
    return Effect.map(bring(client, server, question), (brought) => ({ server, brought }))
  })

/** The code is spent: the answer is held until the keys that its ID token needs can be fetched. */
const checked = (client: OAuthClient, { brought, server }: Arrived): Effect.Effect<Token, AuthError.AuthError> =>
  Effect.retry(checkBrought(client, server, { expected: {} }, brought), {
    while: isAboutKeys,
    schedule: fetchingKeys
  })

const isAboutKeys = ({ reason }: AuthError.AuthError): boolean =>
  reason._tag !== "ClockSkew" && saysNothingOf({ reason })

/** For ten minutes and more, half a minute apart in the end. */
const fetchingKeys = Schedule.min([Schedule.exponential("1 second"), Schedule.spaced("30 seconds")]).pipe(
  Schedule.upTo({ times: 25 })
)

/** How long to wait before the next poll; undefined when there is nothing to wait for. */
const nextWait = ({ reason }: AuthError.AuthError, waitMillis: number): number | undefined => {
  switch (reason._tag) {
    case "AuthorizationPending":
      return waitMillis
    case "SlowDown":
      return waitMillis + 5_000
    case "EndpointUnavailable":
      return Math.max(waitMillis * 2, reason.retryAfter === undefined ? 0 : Duration.toMillis(reason.retryAfter))
    default:
      return undefined
  }
}

const expired = (client: OAuthClient): AuthError.AuthError =>
  insidesOf(client).desk.error(
    new AuthError.ExpiredToken({ status: undefined, description: "nobody entered the code in time", uri: undefined })
  )
