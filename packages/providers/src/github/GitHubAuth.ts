/**
 * Who we are to GitHub: a token or an app, and the name by which every request introduces itself.
 *
 * **When to use**
 *
 * Provide {@link token} to `GitHub.layer`, {@link installation} for a GitHub App; {@link anonymous} for public data and 60
 * requests an hour.
 *
 * **Details**
 *
 * A GitHub App signs a JWT of ten minutes with its private key, and gets the token of an installation for it, which holds for
 * an hour. `Tokens` keeps that and gets the next ahead of its end. What is asked for it goes through {@link GitHubApp}, an
 * integration of its own: under the same policy, with the same observers, and mocked alike.
 *
 * A personal access token, an installation token or an OAuth token goes into the `Authorization` header. GitHub refuses
 * every request without a `User-Agent`: the integration sends `causeway` unless `userAgent` names your application.
 *
 * **Gotchas**
 *
 * The `Config` is read once, when the Layer is built. A token that changes, as an installation's does every hour, is given
 * as an Effect, which is run at each attempt.
 *
 * **Example** (A token from the environment)
 *
 * ```ts
 * import { GitHub, GitHubAuth } from "@causeway/providers/github"
 * import { Layer } from "effect"
 * import { FetchHttpClient } from "effect/http"
 *
 * const live = GitHub.layer.pipe(Layer.provide([GitHubAuth.layer, FetchHttpClient.layer]))
 *
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @see https://docs.github.com/rest/authentication/authenticating-to-the-rest-api
 * @since 0.1.0
 */
import {
  Auth,
  AuthError,
  type Credentials,
  Grant,
  Jwt,
  JwtKey,
  OAuthClient,
  Secret,
  Token,
  type TokenLease,
  Tokens,
  type TokenStore
} from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { type CallError, OptionCheck, Redact } from "@causeway/core/policy"
import { Clock, Config, Effect, Layer, type Redacted, Schema, type Scope } from "effect"
import type { HttpClient } from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { apiVersion, classify, GitHub } from "./GitHubApi.ts"

/**
 * How requests introduce themselves.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The name of your application or account, as GitHub asks for it. Default: `causeway`. */
  readonly userAgent?: string
}

type GitHubCredentials = Credentials.Credentials<GitHub>

const userAgent = OptionCheck.matching("a text of visible ASCII", /^[\x20-\x7e]+$/)

const checkOptions = OptionCheck.record<Options>({ userAgent })

const appId = OptionCheck.required(OptionCheck.text)

const checkInstallation = OptionCheck.record<InstallationOptions>({
  ...Tokens.optionShape,
  userAgent,
  appId,
  installationId: OptionCheck.required(OptionCheck.integer(1)),
  repositories: OptionCheck.list(OptionCheck.text),
  repositoryIds: OptionCheck.list(OptionCheck.integer(1)),
  permissions: OptionCheck.dictionary(OptionCheck.oneOf("read", "write", "admin"))
})

const checkToken = OptionCheck.secret(
  "a Config or an Effect that a Redacted text is read from",
  (value) => Config.isConfig(value) || Effect.isEffect(value)
)

/**
 * A personal access token, an installation token or an OAuth token.
 *
 * @since 0.1.0
 * @category layers
 */
export function token(
  token: Config.Config<Redacted.Redacted<string>>,
  options?: Options
): Layer.Layer<GitHubCredentials, Config.ConfigError>
export function token<E, R>(
  token: Effect.Effect<Redacted.Redacted<string>, E, R>,
  options?: Options
): Layer.Layer<GitHubCredentials, never, Exclude<R, Scope.Scope>>
export function token<E, R>(
  token: Config.Config<Redacted.Redacted<string>> | Effect.Effect<Redacted.Redacted<string>, E, R>,
  options: Options = {}
) {
  checkToken("gitHubAuth.token", token)
  return Config.isConfig(token)
    ? introduced(Auth.bearer(GitHub, token), options)
    : introduced(Auth.bearer(GitHub, token), options)
}

/**
 * The token in `GITHUB_TOKEN`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<GitHubCredentials, Config.ConfigError> = token(Config.Redacted("GITHUB_TOKEN"))

/**
 * No token: public data, and 60 requests an hour from one address.
 *
 * @see https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api#primary-rate-limit-for-unauthenticated-users
 * @since 0.1.0
 * @category layers
 */
export const anonymous = (options: Options = {}): Layer.Layer<GitHubCredentials> =>
  introduced(Auth.none(GitHub), options)

/**
 * What an installation may do, and what with.
 *
 * @see https://docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app
 * @since 0.1.0
 * @category options
 */
export interface InstallationOptions extends Options, Tokens.Options {
  /** The client id of the app, or its app id. */
  readonly appId: string
  /** The id of the installation, as the webhook of an installation and `GET /app/installations` have it. */
  readonly installationId: number
  /** Only these repositories, by their names, at most 500. Default: all that the installation has. */
  readonly repositories?: ReadonlyArray<string>
  /** Only these repositories, by their ids, at most 500. Default: all that the installation has. */
  readonly repositoryIds?: ReadonlyArray<number>
  /** Only these permissions, such as `{ issues: "read" }`. Default: all that the installation has. */
  readonly permissions?: Readonly<Record<string, "read" | "write" | "admin">>
}

/**
 * The token of an installation, as GitHub gives it.
 *
 * @since 0.1.0
 * @category models
 */
export class InstallationToken extends Schema.Class<InstallationToken>("GitHub/InstallationToken")({
  token: Schema.RedactedFromValue(Schema.String),
  expires_at: Schema.String,
  permissions: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  repository_selection: Schema.optionalKey(Schema.String)
}) {}

/**
 * There is no such installation of the app.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotInstalled extends Schema.TaggedError<NotInstalled>()("NotInstalled", { message: Redact.Excerpt }) {}

/**
 * The app was not granted these permissions or repositories.
 *
 * @since 0.1.0
 * @category errors
 */
export class NotGranted extends Schema.TaggedError<NotGranted>()("NotGranted", { message: Redact.Excerpt }) {}

const createInstallationToken = Endpoint.post(
  "createInstallationToken",
  "/app/installations/:installation_id/access_tokens",
  {
    params: { installation_id: Schema.Int },
    payload: Schema.Struct({
      repositories: Schema.optionalKey(Schema.Array(Schema.String)),
      repository_ids: Schema.optionalKey(Schema.Array(Schema.Int)),
      permissions: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
    }),
    success: InstallationToken,
    errors: { 404: NotInstalled, 422: NotGranted }
  }
)

/**
 * GitHub as an app sees it that speaks for itself, with the JWT that it signs.
 *
 * @see https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/about-authentication-with-a-github-app
 * @since 0.1.0
 * @category services
 */
export class GitHubApp extends Integration.Service<GitHubApp>()("github/app", {
  baseUrl: Config.String("GITHUB_API_URL").pipe(Config.withDefault("https://api.github.com")),
  endpoints: [createInstallationToken],
  headers: { accept: "application/vnd.github+json", "user-agent": "causeway", "x-github-api-version": apiVersion },
  classify,
  policy: OAuthClient.policy
}) {}

/**
 * The JWT of an app, signed anew at each attempt with a private key in PEM. An app id that is empty throws `InvalidOption`.
 *
 * @see https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 * @since 0.1.0
 * @category layers
 */
export const appJwt = <S extends Secret.Input>(
  id: string,
  privateKey: S
): Layer.Layer<Credentials.Credentials<GitHubApp>, never, Exclude<Secret.Services<S>, Scope.Scope>> => {
  appId("gitHubAuth.appId", id)
  Secret.checkInput("gitHubAuth.privateKey", privateKey)
  const claims = {
    iss: id,
    // GitHub allows ten minutes, by its own clock.
    lifetime: "570 seconds",
    backdate: "30 seconds",
    jti: false
  } as const
  const jwt = Grant.secretOf(privateKey, "the private key of the app").pipe(
    Effect.flatMap((pem) => JwtKey.signing(pem, { alg: "RS256" })),
    Effect.flatMap((key) => Jwt.sign(key, claims))
  )
  return Auth.bearer(GitHubApp, jwt)
}

/**
 * How the token of an installation is got. A refusal is `AccessDenied`, `InvalidScope` for permissions that the app does not
 * have, or `ReauthorizationRequired` where it is not installed.
 *
 * @since 0.1.0
 * @category grants
 */
export const installationGrant = (options: InstallationOptions): Effect.Effect<Grant.Grant, never, GitHubApp> => {
  checkInstallation("gitHubAuth", options)
  const installation_id = options.installationId
  const payload = {
    ...(options.repositories !== undefined && { repositories: options.repositories }),
    ...(options.repositoryIds !== undefined && { repository_ids: options.repositoryIds }),
    ...(options.permissions !== undefined && { permissions: options.permissions })
  }
  return Effect.map(GitHubApp, (app) =>
    Grant.make({
      obtain: Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        const issued = yield* app
          .createInstallationToken({ params: { installation_id }, payload })
          .pipe(Effect.mapError((error) => failureOf(error, options)))
        return tokenOf(issued, now)
      })
    })
  )
}

type Refused = NotInstalled | NotGranted

const failureOf = (error: Refused | CallError.CallError, { appId }: InstallationOptions): AuthError.AuthError => {
  switch (error._tag) {
    case "NotInstalled":
      return refusal(new AuthError.ReauthorizationRequired({ why: "the app is not installed there", url: undefined }))
    case "NotGranted":
      return refusal(new AuthError.InvalidScope({ status: 422, description: error.message, uri: undefined }))
    case "Unauthorized":
      return error.status === undefined ? Grant.failureOf("github", tokenEndpoint, error) : refusal(unknownApp(appId))
    case "UnexpectedStatus":
      return error.status === 403 ? refusal(suspended) : Grant.failureOf("github", tokenEndpoint, error)
    default:
      return Grant.failureOf("github", tokenEndpoint, error)
  }
}

const tokenEndpoint = "the token endpoint of installations"

const refusal = (reason: AuthError.Reason): AuthError.AuthError =>
  new AuthError.AuthError({ integration: "github", reason })

const suspended = new AuthError.AccessDenied({
  status: 403,
  description: "the installation is suspended, or the app may not ask for its tokens",
  uri: undefined
})

const unknownApp = (appId: string): AuthError.InvalidClient =>
  new AuthError.InvalidClient({
    status: 401,
    description: `the JWT of the app ${appId} was refused: its key is another, or our clock is off`,
    uri: undefined
  })

const tokenOf = (issued: InstallationToken, now: number): Token.Token => {
  const expiresAt = Date.parse(issued.expires_at)
  return Token.make({
    accessToken: issued.token,
    obtainedAt: now,
    expiresAt: Number.isNaN(expiresAt) ? undefined : expiresAt,
    extra: {
      ...(issued.permissions !== undefined && { permissions: issued.permissions }),
      ...(issued.repository_selection !== undefined && { repository_selection: issued.repository_selection })
    }
  })
}

/**
 * A GitHub App, for one of its installations: its token is kept, and renewed ahead of its end. The tenant of the token is
 * `installation-<id>`. An option that makes no sense throws `InvalidOption`.
 *
 * @see https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/authenticating-as-a-github-app-installation
 * @since 0.1.0
 * @category layers
 */
export const installation = <S extends Secret.Input>(
  options: InstallationOptions,
  privateKey: S
): Layer.Layer<
  GitHubCredentials | Tokens.TokensOf<GitHub>,
  Config.ConfigError,
  HttpClient | TokenStore.TokenStore | TokenLease.TokenLease | Exclude<Secret.Services<S>, Scope.Scope>
> => {
  const grant = installationGrant(options)
  const { appId, installationId, permissions, repositories, repositoryIds, userAgent, ...tokens } = options
  const introduce = userAgent === undefined ? undefined : HttpClientRequest.setHeader("user-agent", userAgent)
  return Tokens.layer(GitHub, grant, {
    ...tokens,
    tenant: `installation-${installationId}`,
    stamp: (request, token) => Tokens.bearer(introduce === undefined ? request : introduce(request), token)
  }).pipe(Layer.provide(GitHubApp.layer), Layer.provide(appJwt(appId, privateKey)))
}

function introduced<E, R>(credentials: Layer.Layer<GitHubCredentials, E, R>, options: Options) {
  checkOptions("gitHubAuth", options)
  const { userAgent } = options
  if (userAgent === undefined) return credentials
  const introduce = HttpClientRequest.setHeader("user-agent", userAgent)
  return Layer.effect(
    GitHub.credentials,
    Effect.map(GitHub.credentials, (own) => ({
      authorize: (request) => own.authorize(introduce(request)),
      renew: own.renew
    }))
  ).pipe(Layer.provide(credentials))
}
