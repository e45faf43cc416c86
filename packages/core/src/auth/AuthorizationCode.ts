/**
 * The code flow: a person logs in at the authorization server, and comes back with a code that is good for a token.
 *
 * **When to use**
 *
 * Wherever a person with a browser grants access. {@link begin} gives the URL to send them to and what to remember until
 * they are back; {@link finish} takes what they came back with. `OAuth.refreshing` renews the token afterwards.
 *
 * **Details**
 *
 * Every login has a state, a code verifier (PKCE with S256, never less) and, where it asks for an ID token, a nonce of its
 * own. The answer must carry the state, must not name another issuer, and must name its own where the server promises to
 * (RFC 9207). An ID token is checked by its signature and its claims before the token is given out. With `push`, the
 * request goes to the server directly and the URL holds no more than its name (RFC 9126).
 *
 * **Gotchas**
 *
 * Keep what {@link begin} gives where only this person's session finds it, and use it once: {@link finish} refuses what this
 * process has used before, other processes know nothing of it. {@link toText} writes it, verifier included: seal it.
 *
 * **Example** (Where a login begins)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { AuthorizationCode, ClientAuthentication, OAuthClient, OAuthServer } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* OAuthClient.make({
 *     integration: "app/Calendar",
 *     server: OAuthServer.make({
 *       issuer: "https://login.calendar.example",
 *       authorizationEndpoint: "https://login.calendar.example/authorize",
 *       tokenEndpoint: "https://login.calendar.example/token"
 *     }),
 *     clientId: "c4us3w4y",
 *     authentication: ClientAuthentication.none
 *   })
 *   const begun = yield* AuthorizationCode.begin(client, {
 *     redirectUri: "https://app.example/callback",
 *     scope: "calendar.read"
 *   })
 *   const { searchParams } = new URL(begun.url)
 *   console.assert(searchParams.get("code_challenge_method") === "S256")
 *   console.assert(searchParams.get("state") === begun.state)
 * })
 *
 * Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(FetchHttpClient.layer)))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.1
 * @since 0.1.0
 */
import { Clock, type Duration, Effect, Redacted, Result, Schema } from "effect"
import { createHash, randomBytes } from "node:crypto"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as AuthError from "./AuthError.ts"
import { fieldsOf, malformed } from "./internal/oauth/answer.ts"
import { askForToken } from "./internal/oauth/asking.ts"
import { insidesOf } from "./internal/oauth/insides.ts"
import { codeOf, whatCameBack } from "./internal/oauth/callback.ts"
import { type Parameters, wished } from "./internal/oauth/parameters.ts"
import { requiredText } from "./internal/oauth/tokenFields.ts"
import type { Options as Wishes } from "./OAuth.ts"
import type { OAuthClient } from "./OAuthClient.ts"
import type { OAuthServer } from "./OAuthServer.ts"
import type { Token } from "./Token.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * Options of {@link begin}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends Wishes {
  /** Where the person comes back to, as it is registered at the server. */
  readonly redirectUri: string
  /** Such as `login`, `consent` or `select_account`. Default: what the server does by itself. */
  readonly prompt?: string
  /** Who is likely to log in, such as an email address. Default: nobody knows. */
  readonly loginHint?: string
  /** How long ago the person may have proved at most who they are; checked in the ID token. Default: any time. */
  readonly maxAge?: Duration.Input
  /** Whether the request is pushed. Default: where the server asks for it. */
  readonly push?: boolean
  /** How long the person may take. Default: 10 minutes. */
  readonly within?: Duration.Input
}

/**
 * A login that has begun: the URL to send the person to, and what to remember until they are back.
 *
 * @since 0.1.0
 * @category models
 */
export interface Begun {
  readonly url: string
  readonly state: string
  /** What the ID token must repeat; undefined when none was asked for. */
  readonly nonce: string | undefined
  readonly codeVerifier: Redacted.Redacted<string>
  readonly redirectUri: string
  /** At whose server it began. */
  readonly issuer: string | undefined
  readonly clientId: string
  /** Until when the person may be back, in milliseconds of the clock. */
  readonly expiresAt: number
  /** The seconds since the person proved who they are; undefined when it does not matter. */
  readonly maxAge: number | undefined
  /** Where the token will be used: said again with the code. */
  readonly resource: ReadonlyArray<string>
}

/**
 * A login that has begun, as text with the verifier in the open: only to be sealed.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json = Schema.fromJsonString(
  Schema.Struct({
    url: Schema.String,
    state: Schema.String,
    nonce: Schema.UndefinedOr(Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed(undefined))),
    codeVerifier: Schema.RedactedFromValue(Schema.String),
    redirectUri: Schema.String,
    issuer: Schema.UndefinedOr(Schema.String).pipe(Schema.withDecodingDefaultKey(Effect.succeed(undefined))),
    clientId: Schema.String,
    expiresAt: Schema.Finite,
    maxAge: Schema.UndefinedOr(Schema.Finite).pipe(Schema.withDecodingDefaultKey(Effect.succeed(undefined))),
    resource: Schema.Array(Schema.String)
  })
)

/**
 * A login that has begun as text, its verifier in the open: to be sealed, and kept for this person's session alone.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toText = (begun: Begun): Effect.Effect<string> => Effect.orDie(Schema.encodeEffect(Json)(begun))

/**
 * A login from its text. Fails with `SchemaError` for what is none.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromText = (text: string): Effect.Effect<Begun, Schema.SchemaError> => Schema.decodeEffect(Json)(text)

/**
 * Begins a login. An absolute `redirectUri` without a fragment is asked for; anything else throws `InvalidOption`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.1
 * @since 0.1.0
 * @category logins
 */
export const begin = (client: OAuthClient, options: Options): Effect.Effect<Begun, AuthError.AuthError> => {
  Check.checkClient("authorizationCode.client", client)
  Check.checkAuthorization("authorizationCode", options)
  const redirectUri = absolute(options.redirectUri)
  const withinMillis = InvalidOption.positiveMillis("authorizationCode.within", options.within ?? "10 minutes")
  const maxAge =
    options.maxAge === undefined
      ? undefined
      : Math.floor(InvalidOption.finiteMillis("authorizationCode.maxAge", options.maxAge) / 1_000)
  return Effect.gen(function* () {
    const server = yield* client.server
    if (server.authorizationEndpoint === undefined) return yield* Effect.fail(lacking(client, "authorization"))
    const wantsIdToken = scopesOf(options).includes("openid")
    const verifier = unguessable()
    const login = {
      state: unguessable(),
      nonce: wantsIdToken && !server.quirks.loginWithout.includes("nonce") ? unguessable() : undefined,
      codeVerifier: Redacted.make(verifier),
      redirectUri,
      issuer: server.issuer,
      clientId: client.clientId,
      expiresAt: (yield* Clock.currentTimeMillis) + withinMillis,
      maxAge,
      resource: typeof options.resource === "string" ? [options.resource] : (options.resource ?? [])
    }
    const parameters = requestOf(client, server, options, login, challengeOf(verifier))
    const pushed = options.push ?? server.requiresPushedRequests
    const said = pushed ? yield* push(client, server, parameters) : parameters
    return { url: withParameters(server.authorizationEndpoint, said), ...login }
  })
}

/**
 * The challenge of a code verifier, by S256.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7636#section-4.2
 * @since 0.1.0
 * @category getters
 */
export const challengeOf = (codeVerifier: string): string =>
  createHash("sha256").update(codeVerifier, "ascii").digest("base64url")

/**
 * Finishes a login with the URL that the person came back with, or with its parameters. Fails with `InvalidCallback` when
 * that is no answer to what was begun, and with what the server refused otherwise.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-4.1.3
 * @since 0.1.0
 * @category logins
 */
export const finish = (
  client: OAuthClient,
  begun: Begun,
  callback: string | URL | URLSearchParams
): Effect.Effect<Token, AuthError.AuthError> => {
  const { desk, idTokens, usedStates } = insidesOf(client)
  return Effect.gen(function* () {
    const server = yield* client.server
    const now = yield* Clock.currentTimeMillis
    const came = whatCameBack(callback, begun, { server, clientId: client.clientId, now })
    if (Result.isFailure(came)) return yield* Effect.fail(desk.error(came.failure))
    if (begun.nonce !== undefined || server.quirks.loginWithout.includes("nonce")) yield* idTokens.ready(server)
    if (!usedStates.use(begun.state, begun.expiresAt, now)) return yield* Effect.fail(desk.error(usedBefore))
    const token = yield* Effect.tapError(exchange(client, begun, codeOf(came.success)), ({ reason }) =>
      Effect.sync(() => {
        if (reason._tag === "EndpointUnavailable") usedStates.giveBack(begun.state)
      })
    )
    if (begun.nonce !== undefined && token.idToken === undefined) return yield* Effect.fail(desk.error(noIdToken))
    return token
  })
}

const exchange = (client: OAuthClient, begun: Begun, code: Redacted.Redacted<string>) =>
  askForToken(client, {
    parameters: ({ quirks }) =>
      wished({ resource: begun.resource }, quirks, [
        ["grant_type", "authorization_code"],
        ["code", Redacted.value(code)],
        ["redirect_uri", begun.redirectUri],
        ...(hasPkce(quirks) ? [["code_verifier", Redacted.value(begun.codeVerifier)] as const] : [])
      ]),
    secrets: [code, begun.codeVerifier],
    idempotent: false,
    expected: { nonce: begun.nonce ?? null, maxAge: begun.maxAge }
  })

const hasPkce = ({ loginWithout }: Pick<OAuthServer["quirks"], "loginWithout">): boolean =>
  !loginWithout.includes("pkce")

const usedBefore = new AuthError.InvalidCallback({ why: "state", issue: "this login was finished before" })

const noIdToken = new AuthError.InvalidToken({ why: "missing", issue: "no ID token came, although one was asked for" })

const absolute = (redirectUri: string): string => {
  if (URL.canParse(redirectUri) && !redirectUri.includes("#")) return redirectUri
  throw new InvalidOption.InvalidOption({
    option: "authorizationCode.redirectUri",
    actual: JSON.stringify(redirectUri),
    accepts: "an absolute URL without a fragment"
  })
}

/** 256 bits, as base64url has them. */
const unguessable = (): string => randomBytes(32).toString("base64url")

const scopesOf = ({ scope }: Wishes): ReadonlyArray<string> =>
  typeof scope === "string" ? scope.split(/[\s,]+/) : (scope ?? [])

const requestOf = (
  client: OAuthClient,
  { quirks }: OAuthServer,
  options: Options,
  { maxAge, nonce, redirectUri, state }: Omit<Begun, "url">,
  challenge: string
): Parameters =>
  wished(options, quirks, [
    ["response_type", "code"],
    [quirks.clientIdParameter, client.clientId],
    ["redirect_uri", redirectUri],
    ["state", state],
    ...(hasPkce(quirks)
      ? ([
          ["code_challenge", challenge],
          ["code_challenge_method", "S256"]
        ] as const)
      : []),
    ...perhaps("dpop_jkt", client.jkt),
    ...perhaps("nonce", nonce),
    ...perhaps("max_age", maxAge),
    ...perhaps("prompt", options.prompt),
    ...perhaps("login_hint", options.loginHint)
  ])

const perhaps = (name: string, value: string | number | undefined): Parameters =>
  value === undefined ? [] : [[name, String(value)]]

/**
 * The endpoint may have a query of its own, which is kept (RFC 6749 §3.1). A space is `%20`, which every server reads: some take
 * the `+` of forms for a plus.
 */
const withParameters = (endpoint: string, parameters: Parameters): string => {
  const url = new URL(endpoint)
  const encoded = (text: string) => encodeURIComponent(text.toWellFormed())
  const said = parameters.map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
  url.search = [url.search.slice(1), ...said].filter((part) => part !== "").join("&")
  return url.href
}

const pushStatuses = [200, 201]

const push = (
  client: OAuthClient,
  server: OAuthServer,
  parameters: Parameters
): Effect.Effect<Parameters, AuthError.AuthError> => {
  const { quirks } = server
  const isId = ([name]: readonly [string, string]) => name === quirks.clientIdParameter
  return Effect.map(
    insidesOf(client).desk.ask(server, {
      endpoint: "pushed authorization request",
      parameters,
      secrets: [],
      idempotent: true,
      read: (answer) =>
        Result.flatMap(fieldsOf(answer, { ...quirks, successStatuses: pushStatuses }), (fields) =>
          Result.mapError(requiredText(fields, "request_uri"), (issue) => malformed(answer, issue))
        )
    }),
    (requestUri) => [...parameters.filter(isId), ["request_uri", requestUri]]
  )
}

const lacking = (client: OAuthClient, endpoint: string): AuthError.AuthError =>
  insidesOf(client).desk.error(malformed({ endpoint: "the authorization server" }, `it has no ${endpoint} endpoint`))
