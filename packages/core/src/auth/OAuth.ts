/**
 * The grants of OAuth 2.0 that need no person, what renews the others, and what can be asked about a token.
 *
 * **When to use**
 *
 * Give a grant to `Tokens.layer`. {@link clientCredentials} where a program acts for itself; {@link refreshing} for what a
 * person has granted, by `AuthorizationCode` or `DeviceAuthorization`; {@link jwtBearer} and {@link tokenExchange} where
 * something else stands for a grant.
 *
 * **Details**
 *
 * A grant asks and keeps nothing; renewing, and that only one asks at a time, is what `Tokens` does. A refusal is an
 * `AuthError` whose reason is named after RFC 6749 §5.2, with the server's words and without secrets.
 *
 * **Gotchas**
 *
 * A refresh is asked again only when it certainly was not heard: a server that replaces refresh tokens would take the
 * second one for a theft.
 *
 * **Example** (A program that acts for itself)
 *
 * ```ts
 * import { Config, Effect, Layer, Schema } from "effect"
 * import {
 *   ClientAuthentication,
 *   OAuth,
 *   OAuthClient,
 *   OAuthServer,
 *   TokenLease,
 *   TokenStore,
 *   Tokens
 * } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Calendar extends Integration.Service<Calendar>()("app/Calendar", {
 *   baseUrl: "https://api.calendar.example",
 *   endpoints: [Endpoint.get("today", "/today", { success: Schema.String })]
 * }) {}
 *
 * const client = OAuthClient.make({
 *   integration: "app/Calendar",
 *   server: OAuthServer.make({ tokenEndpoint: "https://login.calendar.example/token" }),
 *   clientId: "c4us3w4y",
 *   authentication: ClientAuthentication.basic(Config.Redacted("CALENDAR_SECRET"))
 * })
 * const grant = Effect.map(client, (client) => OAuth.clientCredentials(client, { scope: "calendar.read" }))
 *
 * const live = Calendar.layer.pipe(
 *   Layer.provide(Tokens.layer(Calendar, grant)),
 *   Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory])
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749
 * @since 0.1.0
 */
import { Effect, Redacted, Result, type Schema } from "effect"
import type { AuthError } from "./AuthError.ts"
import * as AuthErrors from "./AuthError.ts"
import * as Grant from "./Grant.ts"
import { fieldsOf, failureOf, malformed } from "./internal/oauth/answer.ts"
import { askForToken } from "./internal/oauth/asking.ts"
import { insidesOf } from "./internal/oauth/insides.ts"
import { claimsOf } from "./internal/oauth/claims.ts"
import { type Introspection, introspectionOf } from "./internal/oauth/introspection.ts"
import { type Wishes, wished } from "./internal/oauth/parameters.ts"
import type { OAuthClient } from "./OAuthClient.ts"
import { isToken, secretsOf, type Token } from "./Token.ts"
import * as Check from "./internal/optionChecks.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"

export type { Introspection } from "./internal/oauth/introspection.ts"

/**
 * What most grants can be asked for.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** What the token shall allow. Default: what the server gives. */
  readonly scope?: string | ReadonlyArray<string>
  /** Where the token will be used (RFC 8707). Default: anywhere. */
  readonly resource?: string | ReadonlyArray<string>
  /** Whom the token is for, where the server asks for a name and not for a place. Default: nobody in particular. */
  readonly audience?: string | ReadonlyArray<string>
  /** More parameters that the server knows; none of those that a grant sends itself. */
  readonly parameters?: Readonly<Record<string, string>>
}

type Secret = Redacted.Redacted<string>

/**
 * Client credentials: a program acts for itself.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.4
 * @since 0.1.0
 * @category grants
 */
export const clientCredentials = (client: OAuthClient, options: Options = {}): Grant.Grant => {
  Check.checkClient("clientCredentials.client", client)
  Check.checkWishes("clientCredentials", options)
  return Grant.make({ obtain: ask(client, "client_credentials", options) })
}

/**
 * Renews what a person has granted, and gets nothing by itself; `reauthorizeUrl` is where that person grants access anew.
 * A refresh asks for no scope unless `options` name one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 * @since 0.1.0
 * @category grants
 */
export const refreshing = (
  client: OAuthClient,
  options: Options & { readonly reauthorizeUrl?: string } = {}
): Grant.Grant => {
  Check.checkClient("refreshing.client", client)
  Check.checkRefreshing("refreshing", options)
  const { reauthorizeUrl, ...wishes } = options
  return Grant.make({
    refresh: (token, keep) => renew(client, token, wishes, keep),
    ...(reauthorizeUrl !== undefined && { reauthorizeUrl })
  })
}

/**
 * Gets the next token from one that has a refresh token; a refresh token, an ID token or a scope that the server leaves out goes
 * on. Fails with `ReauthorizationRequired` without one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-6
 * @since 0.1.0
 * @category tokens
 */
export const refresh = (client: OAuthClient, token: Token, options: Options = {}): Effect.Effect<Token, AuthError> => {
  Check.checkClient("refresh.client", client)
  Check.checkWishes("refresh", options)
  return renew(client, token, options, () => Effect.void)
}

const renew = (
  client: OAuthClient,
  token: Token,
  options: Options,
  keep: Grant.Keep
): Effect.Effect<Token, AuthError> => {
  const { refreshToken } = token
  if (refreshToken === undefined) {
    const why = "the token has no refresh token"
    return Effect.fail(insidesOf(client).desk.error(new AuthErrors.ReauthorizationRequired({ why, url: undefined })))
  }
  const subject = claimsOf(token)?.["sub"]
  return Effect.map(
    askForToken(client, {
      parameters: ({ quirks }) =>
        wished(options, quirks, [
          ["grant_type", "refresh_token"],
          ["refresh_token", Redacted.value(refreshToken)]
        ]),
      secrets: secretsOf(token),
      idempotent: false,
      expected: typeof subject === "string" ? { subject } : {},
      renewal: { before: token, keep }
    }),
    (next) => ({
      ...next,
      refreshToken: next.refreshToken ?? refreshToken,
      // Without one, the next renewal could not tell whose token comes.
      idToken: next.idToken ?? token.idToken,
      scope: next.scope ?? token.scope,
      refreshExpiresAt: next.refreshExpiresAt ?? (next.refreshToken === undefined ? token.refreshExpiresAt : undefined),
      secrets: token.secrets === undefined ? next.secrets : { ...token.secrets, ...next.secrets }
    })
  )
}

/**
 * An assertion that stands for a grant, such as a signed statement of a service account. It is made anew for each token.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7523#section-2.1
 * @since 0.1.0
 * @category grants
 */
export const jwtBearer = (
  client: OAuthClient,
  assertion: Effect.Effect<Secret, AuthError>,
  options: Options = {}
): Grant.Grant => {
  Check.checkClient("jwtBearer.client", client)
  OptionCheck.effect("jwtBearer.assertion", assertion)
  Check.checkWishes("jwtBearer", options)
  return Grant.make({
    obtain: Effect.flatMap(assertion, (assertion) =>
      ask(client, "urn:ietf:params:oauth:grant-type:jwt-bearer", options, {
        parameters: [["assertion", Redacted.value(assertion)]],
        secrets: [assertion]
      })
    )
  })
}

/**
 * A token of another kind or server, and what kind it is.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-3
 * @since 0.1.0
 * @category models
 */
export interface Subject {
  readonly token: Secret
  /** Default: `access_token`. */
  readonly type?: TokenKind
}

/**
 * The kinds of tokens that have a short name; any other is a URI.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-3
 * @since 0.1.0
 * @category models
 */
export type TokenKind = "access_token" | "refresh_token" | "id_token" | "saml1" | "saml2" | "jwt" | (string & {})

/**
 * Token exchange: a token for another, for another place, or on behalf of somebody. `subject` is asked for each time.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8693
 * @since 0.1.0
 * @category grants
 */
export const tokenExchange = (
  client: OAuthClient,
  options: Options & {
    readonly subject: Effect.Effect<Subject, AuthError>
    /** Who acts on behalf of the subject. Default: nobody. */
    readonly actor?: Effect.Effect<Subject, AuthError>
    /** Which kind of token is wanted. Default: what the server gives. */
    readonly requestedType?: TokenKind
  }
): Grant.Grant => {
  Check.checkClient("tokenExchange.client", client)
  Check.checkExchange("tokenExchange", options)
  const parties = Effect.all([options.subject, options.actor ?? Effect.succeed(undefined)])
  const wanted = options.requestedType
  return Grant.make({
    obtain: Effect.flatMap(parties, ([subject, actor]) =>
      ask(client, "urn:ietf:params:oauth:grant-type:token-exchange", options, {
        parameters: [
          ...partyOf("subject", subject),
          ...(actor === undefined ? [] : partyOf("actor", actor)),
          ...(wanted === undefined ? [] : [["requested_token_type", typeUri(wanted)] as const])
        ],
        secrets: [subject.token, ...(actor === undefined ? [] : [actor.token])]
      })
    )
  })
}

const partyOf = (role: "subject" | "actor", { token, type = "access_token" }: Subject) => [
  [`${role}_token`, Redacted.value(token)] as const,
  [`${role}_token_type`, typeUri(type)] as const
]

const typeUri = (type: TokenKind): string => (type.includes(":") ? type : `urn:ietf:params:oauth:token-type:${type}`)

interface Own {
  readonly parameters: ReadonlyArray<readonly [string, string]>
  readonly secrets: ReadonlyArray<Secret>
}

const ask = (
  client: OAuthClient,
  grantType: string,
  wishes: Wishes,
  own: Own = { parameters: [], secrets: [] }
): Effect.Effect<Token, AuthError> =>
  askForToken(client, {
    parameters: ({ quirks }) => wished(wishes, quirks, [["grant_type", grantType], ...own.parameters]),
    secrets: own.secrets,
    idempotent: true,
    expected: {}
  })

/**
 * Asks the server whether a token holds, and what it is.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7662
 * @since 0.1.0
 * @category tokens
 */
export const introspect = (
  client: OAuthClient,
  token: Token | Secret,
  hint?: "access_token" | "refresh_token"
): Effect.Effect<Introspection, AuthError> => {
  Check.checkHint("introspect.hint", hint)
  const { desk } = insidesOf(client)
  const secret = isToken(token) ? token.accessToken : token
  return Effect.flatMap(client.server, (server) =>
    desk.ask(server, {
      endpoint: "introspection",
      parameters: named(secret, hint),
      secrets: [Redacted.value(secret)],
      idempotent: true,
      read: (answer) =>
        Result.flatMap(fieldsOf(answer, server.quirks), (fields) =>
          Result.mapError(introspectionOf(fields, server.quirks), (issue) => malformed(answer, issue))
        )
    })
  )
}

/**
 * Tells the server that a token is no longer wanted: the refresh token where there is one, because the access tokens that
 * came of it end with it. A token that the server does not know is no error.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7009
 * @since 0.1.0
 * @category tokens
 */
export const revoke = (client: OAuthClient, token: Token | Secret): Effect.Effect<void, AuthError> => {
  const { desk } = insidesOf(client)
  const [secret, hint] = isToken(token) ? lasting(token) : [token, undefined]
  return Effect.flatMap(client.server, (server) =>
    desk.ask(server, {
      endpoint: "revocation",
      parameters: named(secret, hint),
      secrets: (isToken(token) ? secretsOf(token) : [token]).map(Redacted.value),
      idempotent: true,
      read: (answer) => {
        if (server.quirks.successStatuses.includes(answer.status)) return Result.succeed(undefined)
        const reason = failureOf(answer, server.quirks)
        return isUnknownToken(reason) ? Result.succeed(undefined) : Result.fail(reason)
      }
    })
  )
}

/** RFC 7009 §2.2: a token that the server does not know is revoked. Some, such as Google, refuse to say so with 200. */
const isUnknownToken = (reason: AuthErrors.Reason): boolean =>
  reason._tag === "InvalidGrant" || (reason._tag === "OtherRefusal" && unknownTokens.has(reason.code))

const unknownTokens: ReadonlySet<string> = new Set([
  "invalid_token",
  "token_revoked",
  "token_expired",
  "token_not_found"
])

const lasting = ({ accessToken, refreshToken }: Token) =>
  refreshToken === undefined ? ([accessToken, "access_token"] as const) : ([refreshToken, "refresh_token"] as const)

const named = (token: Secret, hint: string | undefined): ReadonlyArray<readonly [string, string]> => [
  ["token", Redacted.value(token)],
  ...(hint === undefined ? [] : [["token_type_hint", hint] as const])
]

/**
 * The claims of a token's ID token, which the grant that brought it has checked; undefined when it has none. They are not
 * checked again: a token of another origin says what it likes.
 *
 * @see https://openid.net/specs/openid-connect-core-1_0.html#IDToken
 * @since 0.1.0
 * @category getters
 */
export const idTokenClaims = (token: Token): Readonly<Record<string, Schema.Json>> | undefined => claimsOf(token)
