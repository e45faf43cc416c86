/**
 * Who we are to GitHub: a token, and the name by which every request introduces itself.
 *
 * **When to use**
 *
 * Provide {@link token} to `GitHub.layer`; {@link anonymous} for public data and 60 requests an hour.
 *
 * **Details**
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
import { Auth, type Credentials } from "@causeway/core/auth"
import { Config, Effect, Layer, type Redacted, type Scope } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import { GitHub } from "./GitHubApi.ts"

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

function introduced<E, R>(credentials: Layer.Layer<GitHubCredentials, E, R>, { userAgent }: Options) {
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
