/**
 * Who we are to Google's APIs: a service account, by the key in its file.
 *
 * **When to use**
 *
 * For a program that acts for itself at an API of Google, or, with `subject`, for a person of a Workspace domain that allows
 * it. Give {@link serviceAccount} to the `layer` of your integration of that API.
 *
 * **Details**
 *
 * A JWT that the key has signed is exchanged for a token that holds for an hour. `Tokens` keeps that and gets the next ahead of
 * its end. What is asked for it goes through {@link GoogleTokens}, an integration of its own, to Google's own endpoint, whatever
 * the file says.
 *
 * **Gotchas**
 *
 * Where the program runs at Google, its metadata server gives tokens without any key: a key that does not exist cannot be
 * stolen.
 *
 * **Example** (An integration of an API of Google)
 *
 * ```ts
 * import { TokenLease, TokenStore } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 * import { GoogleAuth } from "@causeway/providers/google"
 * import { Config, Layer, Schema } from "effect"
 *
 * class Storage extends Integration.Service<Storage>()("app/Storage", {
 *   baseUrl: "https://storage.googleapis.com/storage/v1",
 *   endpoints: [Endpoint.get("bucket", "/b/:bucket", { params: { bucket: Schema.String }, success: Schema.Unknown })]
 * }) {}
 *
 * const live = Storage.layer.pipe(
 *   Layer.provide(
 *     GoogleAuth.serviceAccount(
 *       Storage,
 *       { scope: "https://www.googleapis.com/auth/devstorage.read_only" },
 *       Config.Redacted("GOOGLE_SERVICE_ACCOUNT")
 *     )
 *   ),
 *   Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory])
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @see https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests
 * @since 0.1.0
 */
import {
  Auth,
  AuthError,
  Credentials,
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
import { type CallError, InvalidOption, OptionCheck, Redact } from "@causeway/core/policy"
import { Clock, Effect, Layer, Redacted, Schema, type Scope } from "effect"
import type { HttpClient } from "effect/http/HttpClient"
import { HttpApiSchema } from "effect/http-api"

/**
 * What is read of the file of a service account's key.
 *
 * @since 0.1.0
 * @category schemas
 */
export const ServiceAccountKey = Schema.fromJsonString(
  Schema.Struct({
    type: Schema.Literal("service_account"),
    client_email: Schema.NonEmptyString,
    private_key: Schema.RedactedFromValue(Schema.String),
    private_key_id: Schema.optionalKey(Schema.NonEmptyString)
  })
)

/**
 * The options of {@link serviceAccount}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends Tokens.LayerOptions {
  /** What the token shall allow. */
  readonly scope: string | ReadonlyArray<string>
  /** On whose behalf, as an email address, where the domain allows it. Default: the service account's own. */
  readonly subject?: string
}

/**
 * Google said no, in the words of OAuth.
 *
 * @since 0.1.0
 * @category errors
 */
export class TokenRefused extends Schema.TaggedError<TokenRefused>()("TokenRefused", {
  error: Redact.Excerpt,
  error_description: Schema.optionalKey(Redact.Excerpt)
}) {}

const exchange = Endpoint.post("exchange", "/token", {
  payload: Schema.Struct({
    grant_type: Schema.String,
    assertion: Schema.RedactedFromValue(Schema.String)
  }).pipe(HttpApiSchema.asFormUrlEncoded()),
  success: Schema.Struct({
    access_token: Schema.RedactedFromValue(Schema.String),
    token_type: Schema.String,
    expires_in: Schema.Finite
  }),
  errors: { 400: TokenRefused, 401: TokenRefused, 403: TokenRefused }
})

/**
 * Google's token endpoint.
 *
 * @since 0.1.0
 * @category services
 */
export class GoogleTokens extends Integration.Service<GoogleTokens>()("google/tokens", {
  baseUrl: "https://oauth2.googleapis.com",
  endpoints: [exchange],
  policy: OAuthClient.policy
}) {}

const checkOptions = OptionCheck.record<Options>({
  ...Tokens.layerOptionShape,
  scope: OptionCheck.required(
    OptionCheck.either((scope) => typeof scope === "string", OptionCheck.text, OptionCheck.list(OptionCheck.text, 1))
  ),
  subject: OptionCheck.text
})

/**
 * How the token of a service account is got. The key is the JSON of its file, read for each token. A key that is none is
 * `SecretUnavailable`; what Google refuses is named after RFC 6749.
 *
 * @since 0.1.0
 * @category grants
 */
export const serviceAccountGrant = <S extends Secret.Input>(
  integration: string,
  options: Options,
  key: S
): Effect.Effect<Grant.Grant, never, GoogleTokens | Secret.Services<S>> => {
  OptionCheck.text("googleAuth.integration", integration)
  checkOptions("googleAuth", options)
  Secret.checkInput("googleAuth.key", key)
  const scope = scopeOf(options.scope)
  return Effect.gen(function* () {
    const google = yield* GoogleTokens
    const context = yield* Effect.context<Secret.Services<S>>()
    const assertion = Effect.flatMap(accountOf(key), (account) => assertionOf(account, scope, options.subject))
    return Grant.make({
      obtain: Effect.gen(function* () {
        const signed = yield* assertion.pipe(
          Effect.mapError((reason) => new AuthError.AuthError({ integration, reason })),
          Effect.provideContext(context)
        )
        const now = yield* Clock.currentTimeMillis
        const issued = yield* Effect.mapError(
          google.exchange({ payload: { grant_type: jwtBearer, assertion: signed } }),
          (error) => failureOf(integration, error, signed)
        )
        return Token.make({
          accessToken: issued.access_token,
          tokenType: issued.token_type,
          obtainedAt: now,
          expiresAt: now + issued.expires_in * 1_000,
          scope: scope.split(" ")
        })
      })
    })
  })
}

/**
 * A service account: its token is kept, and renewed ahead of its end. Without a scope it throws `InvalidOption`.
 *
 * @see https://developers.google.com/identity/protocols/oauth2/service-account
 * @since 0.1.0
 * @category layers
 */
export const serviceAccount = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  options: Options,
  key: S
): Layer.Layer<
  Credentials.Credentials<Self> | Tokens.TokensOf<Self>,
  never,
  HttpClient | TokenStore.TokenStore | TokenLease.TokenLease | Others<Secret.Services<S>>
> => {
  checkOptions("googleAuth", options)
  const { scope: _scope, subject: _subject, ...tokens } = options
  return Tokens.layer(
    integration,
    serviceAccountGrant(Credentials.integrationOf(integration), options, key),
    tokens
  ).pipe(Layer.provide(GoogleTokens.layer), Layer.provide(Auth.none(GoogleTokens)))
}

/** What the key needs, beside what is made here. */
type Others<R> = Exclude<Exclude<Exclude<R, Scope.Scope>, GoogleTokens>, Credentials.Credentials<GoogleTokens>>

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"

/** It is the audience, wherever the endpoint is reached. */
const tokenEndpoint = "https://oauth2.googleapis.com/token"

const scopeOf = (scope: string | ReadonlyArray<string>): string =>
  InvalidOption.nonEmpty("googleAuth.scope", typeof scope === "string" ? scope.trim() : scope.join(" "))

type Account = (typeof ServiceAccountKey)["Type"]

const what = "the service account"

const accountOf = <S extends Secret.Input>(key: S) =>
  Effect.flatMap(Grant.secretOf(key, what), (text) =>
    Effect.mapError(
      Schema.decodeUnknownEffect(ServiceAccountKey)(Redacted.value(text)),
      () => new AuthError.SecretUnavailable({ what, issue: "is not the JSON of a service account's key file" })
    )
  )

const assertionOf = (account: Account, scope: string, subject: string | undefined) =>
  Effect.flatMap(JwtKey.signing(account.private_key, { alg: "RS256", kid: account.private_key_id }), (key) =>
    Jwt.sign(key, {
      iss: account.client_email,
      aud: tokenEndpoint,
      sub: subject,
      lifetime: "1 hour",
      jti: false,
      claims: { scope }
    })
  )

/** Google repeats an assertion that it can't read. */
const failureOf = (
  integration: string,
  error: TokenRefused | CallError.CallError,
  assertion: Redacted.Redacted<string>
): AuthError.AuthError => {
  if (error._tag !== "TokenRefused") return Grant.failureOf(integration, "Google's token endpoint", error)
  const said = { status: 400, description: error.error_description, uri: undefined }
  const reason = AuthError.refusal(error.error, said, [Redacted.value(assertion)])
  return new AuthError.AuthError({ integration, reason })
}
