/**
 * Keeps a token at hand: got by a grant, stored, renewed ahead of its end, and by one caller at a time.
 *
 * **When to use**
 *
 * Wherever credentials end: OAuth access tokens, app tokens, sessions. {@link layer} makes an integration's credentials
 * of a `Grant`; {@link make} gives the tokens alone.
 *
 * **Details**
 *
 * A valid token is given at once. Within the leeway before its end the first caller begins a renewal, and nobody waits for
 * it; after its end everybody waits for the same one. It is the only one among all processes that share the lease, and the
 * new token is stored before it is used, so that a refresh token which the provider replaces at each use is neither used
 * twice nor lost.
 *
 * | what happens | what becomes of it |
 * |---|---|
 * | 401 | renewed once, for all who were refused the same token; the call is made once again |
 * | the first caller is interrupted | the others are served; the renewal goes on |
 * | the token endpoint fails | asked again after `cooldown`, doubled each time, or after its `Retry-After` |
 * | `invalid_grant` | the store is read once more; then `ReauthorizationRequired` |
 * | the store fails after the answer | tried again, and later stored before anything else is asked |
 * | a process ends between answer and write | another takes the lease over after `lease`, and uses the refresh token that is stored: a provider that allows it goes on, one that doesn't says `invalid_grant` |
 *
 * **Gotchas**
 *
 * Nothing is renewed while nobody calls. What one process has forgotten (`forget`) another may use until its end. A
 * provider that answers 401 for reasons of its own causes one renewal in each `cooldown`, not one a call.
 *
 * **Example** (A provider with sessions)
 *
 * ```ts
 * import { Clock, Effect, Layer, Redacted, Schema } from "effect"
 * import { type Grant, Token, TokenLease, TokenStore, Tokens } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Calendar extends Integration.Service<Calendar>()("app/Calendar", {
 *   baseUrl: "https://api.calendar.example",
 *   endpoints: [Endpoint.get("today", "/today", { success: Schema.String })]
 * }) {}
 *
 * const session: Grant.Grant = {
 *   obtain: Effect.map(Clock.currentTimeMillis, (now) =>
 *     Token.make({ accessToken: Redacted.make("s3ss10n"), obtainedAt: now, expiresAt: now + 3_600_000 })
 *   )
 * }
 * const live = Calendar.layer.pipe(
 *   Layer.provide(Tokens.layer(Calendar, session, { leeway: "5 minutes" })),
 *   Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory])
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @since 0.1.0
 */
import { Context, type Duration, Effect, Layer, type Scope } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as AtOnce from "../policy/internal/AtOnce.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import type { AuthError } from "./AuthError.ts"
import * as Credentials from "./Credentials.ts"
import type { Grant } from "./Grant.ts"
import { Holder, type Settings } from "./internal/tokens/Holder.ts"
import { textOf } from "./internal/tokens/textOf.ts"
import type { Token } from "./Token.ts"
import { TokenLease } from "./TokenLease.ts"
import { type Owner, TokenStore } from "./TokenStore.ts"
import * as Check from "./internal/optionChecks.ts"
import type * as OptionCheck from "../policy/OptionCheck.ts"

/**
 * The tokens of one integration and tenant.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tokens {
  /** A token that serves, got or renewed when there is none. */
  readonly token: Effect.Effect<Token, AuthError>
  /** Tells that the provider refused this token: true when there is another now. */
  readonly refused: (token: Token) => Effect.Effect<boolean>
  /** Stores a token that came in another way, such as by a login, and uses it from now on. */
  readonly set: (token: Token) => Effect.Effect<void, AuthError>
  /** Removes the token, and says which it was, so that it can be revoked. */
  readonly forget: Effect.Effect<Token | undefined, AuthError>
}

/**
 * The tokens of the integration `Self`, in types.
 *
 * @since 0.1.0
 * @category models
 */
export interface TokensOf<in out Self> {
  readonly "~causeway/auth/Tokens": (self: Self) => Self
}

/**
 * When tokens are renewed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long before its end a token is renewed; at most half of its life. Default: 1 minute. */
  readonly leeway?: Duration.Input
  /** By up to which share of itself the leeway is lengthened, at random, for each token. Default: 0.2. */
  readonly jitter?: number
  /** How long a token endpoint is left alone after a failure; doubled at each in a row. Default: 5 seconds. */
  readonly cooldown?: Duration.Input
  /** The longest that it is left alone, whatever it asks for. Default: 5 minutes. */
  readonly maxCooldown?: Duration.Input
  /** The longest that a grant may take. Default: 1 minute. */
  readonly timeout?: Duration.Input
  /** How long a process that has ended in the middle of a renewal keeps the others waiting. Default: 10 seconds. */
  readonly lease?: Duration.Input
  /**
   * How often the token is requested in the background, so that an unused refresh token does not expire. Default: never.
   */
  readonly keepFresh?: Duration.Input
  /**
   * Called once for each grant that has ended: a person must come back. A log line and the counter
   * `causeway_reauthorizations` report it too. Default: none.
   */
  readonly onReauthorization?: (event: Reauthorization) => Effect.Effect<void>
}

/**
 * A grant that only a person can give again.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reauthorization {
  readonly integration: string
  readonly tenant: string
  readonly why: string
  /** Where the person grants access, when it is known. */
  readonly url: string | undefined
}

/**
 * How a token is put on a request.
 *
 * @since 0.1.0
 * @category models
 */
export type Stamp = (
  request: HttpClientRequest.HttpClientRequest,
  token: Token
) => Effect.Effect<Credentials.Authorized, Credentials.CredentialsUnavailable>

/**
 * Options of {@link layer}.
 *
 * @since 0.1.0
 * @category models
 */
export interface LayerOptions extends Options {
  /** Whose token it is. Default: `"default"`. */
  readonly tenant?: string
  /** How it is put on a request. Default: {@link byType}. */
  readonly stamp?: Stamp
}

/**
 * What {@link Options} accept, for a constructor that takes them among its own.
 *
 * @since 0.1.0
 * @category validation
 */
export const optionShape: OptionCheck.Shape<Options> = Check.tokensShape

/**
 * What {@link LayerOptions} accept, for a constructor that takes them among its own.
 *
 * @since 0.1.0
 * @category validation
 */
export const layerOptionShape: OptionCheck.Shape<LayerOptions> = Check.tokensLayerShape

/**
 * Makes the tokens of one integration and tenant; throws `InvalidOption` for options that make no sense. When its scope
 * ends, a renewal that is under way is waited for.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  owner: Owner,
  grant: Grant,
  options: Options = {}
): Effect.Effect<Tokens, never, TokenStore | TokenLease | Scope.Scope> => {
  Check.checkOwner("tokens", owner)
  Check.checkGrant("tokens.grant", grant)
  const valid = { integration: owner.integration, tenant: owner.tenant }
  const settings = settingsOf(options)
  return Effect.gen(function* () {
    const holder = new Holder({ owner: valid, grant, settings, store: yield* TokenStore, lease: yield* TokenLease })
    yield* Effect.addFinalizer(() => holder.settled)
    const { keepFreshMillis } = settings
    if (keepFreshMillis !== undefined) {
      yield* Effect.forkScoped(Effect.forever(Effect.andThen(Effect.sleep(keepFreshMillis), Effect.exit(holder.token))))
    }
    return {
      token: holder.token,
      refused: (token) => holder.refused(token),
      set: (token) => holder.set(token),
      forget: holder.forget
    }
  })
}

/**
 * The credentials of an integration, and its tokens, from a grant or from an Effect that makes one.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Self, E = never, R = never>(
  integration: Credentials.Target<Self>,
  grant: Grant | Effect.Effect<Grant, E, R>,
  options: LayerOptions = {}
): Layer.Layer<
  Credentials.Credentials<Self> | TokensOf<Self>,
  E,
  TokenStore | TokenLease | Exclude<R, Scope.Scope>
> => {
  Check.checkTarget("tokens.integration", integration)
  Check.checkGrantSource("tokens.grant", grant)
  Check.checkTokensLayer("tokens", options)
  const { stamp, tenant, ...own } = options
  const owner = { integration: Credentials.integrationOf(integration), tenant: tenant ?? "default" }
  settingsOf(own)
  return Layer.effectContext(
    Effect.gen(function* () {
      const tokens = yield* make(owner, Effect.isEffect(grant) ? yield* grant : grant, own)
      return Context.make(keyOf(integration), tokens).pipe(
        Context.add(integration.credentials, credentials(tokens, stamp))
      )
    })
  )
}

/**
 * The tokens behind an integration's credentials: to store what a login has brought, or to forget it.
 *
 * @since 0.1.0
 * @category getters
 */
export const of = <Self>(integration: Credentials.Target<Self>): Effect.Effect<Tokens, never, TokensOf<Self>> => {
  Check.checkTarget("tokens.integration", integration)
  return Effect.service(keyOf(integration))
}

/**
 * Makes credentials of tokens. A request whose token is refused has it renewed, and is made once again.
 *
 * @since 0.1.0
 * @category constructors
 */
export const credentials = (tokens: Tokens, stamp: Stamp = byType): Credentials.Service => {
  let last: Token | undefined
  let renew = noneRefused
  const token = Effect.mapError(tokens.token, unavailable)
  const renewing = (token: Token) => {
    if (token !== last) {
      last = token
      renew = () => tokens.refused(token)
    }
    return renew
  }
  return Credentials.make({
    authorize: (request) =>
      Effect.flatMap(token, (token) =>
        AtOnce.map(stamp(request, token), (stamped) => withRenew(stamped, renewing(token)))
      ),
    renew: Effect.suspend(() => renew())
  })
}

/**
 * Puts a token in the `Authorization` header as a bearer token, if that is its type. Another type, which a provider may
 * bind to a key, fails with `CredentialsUnavailable`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-7.1
 * @since 0.1.0
 * @category stamps
 */
export const byType: Stamp = (request, token) =>
  /^bearer$/i.test(token.tokenType)
    ? bearer(request, token)
    : Effect.fail(
        new Credentials.CredentialsUnavailable({
          reason: `the token is not a bearer token but of type ${JSON.stringify(token.tokenType.slice(0, 40))}`
        })
      )

/**
 * Puts a token in the `Authorization` header as a bearer token, whatever the provider says its type is.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 * @since 0.1.0
 * @category stamps
 */
export const bearer: Stamp = (request, token) => stamped(request, token, "authorization", textOf(token, "Bearer "))

/**
 * Puts a token in a header by itself, such as Shopify's `x-shopify-access-token`. A name that no header can have throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category stamps
 */
export const header = (name: string): Stamp => {
  const valid = InvalidOption.httpToken("tokens.header", name)
  return (request, token) => stamped(request, token, valid, textOf(token, ""))
}

const stamped = (
  request: HttpClientRequest.HttpClientRequest,
  token: Token,
  name: string,
  text: string | undefined
): ReturnType<Stamp> =>
  text === undefined
    ? Effect.fail(
        new Credentials.CredentialsUnavailable({ reason: "the token is empty, or holds what no header can carry" })
      )
    : Effect.succeed({ request: HttpClientRequest.setHeader(request, name, text), secrets: [token.accessToken] })

type Renew = (answer?: Credentials.Answer) => Effect.Effect<boolean>

const noneRefused: Renew = () => Effect.succeed(false)

/** A stamp that has an answer of its own to a refusal, such as another nonce, is asked first. */
const withRenew = (authorized: Credentials.Authorized, renewing: Renew): Credentials.Authorized => {
  const own = authorized.renew
  // A token that allows too little (RFC 6750 §3.1) is as good as the next one: no renewal helps.
  const renew: Renew = (answer) => (lacksScope(answer) ? Effect.succeed(false) : renewing(answer))
  if (own === undefined) return { ...authorized, renew }
  return {
    ...authorized,
    renew: (answer) => Effect.flatMap(own(answer), (done) => (done ? Effect.succeed(true) : renew(answer)))
  }
}

const lacksScope = (answer: Credentials.Answer | undefined): boolean =>
  /\berror="?insufficient_scope\b/i.test(answer?.headers["www-authenticate"] ?? "")

const unavailable = (cause: AuthError): Credentials.CredentialsUnavailable =>
  new Credentials.CredentialsUnavailable({ reason: cause.message, cause })

const keyOf = <Self>(integration: Credentials.Target<Self>): Context.Service<TokensOf<Self>, Tokens> =>
  Context.Service<TokensOf<Self>, Tokens>(`causeway/auth/Tokens/${Credentials.integrationOf(integration)}`)

const settingsOf = (options: Options): Settings => {
  Check.checkTokens("tokens", options)
  return {
    leewayMillis: InvalidOption.finiteMillis("tokens.leeway", options.leeway ?? "1 minute"),
    jitter: options.jitter === undefined ? 0.2 : shareOf(options.jitter),
    cooldownMillis: InvalidOption.positiveMillis("tokens.cooldown", options.cooldown ?? "5 seconds"),
    maxCooldownMillis: InvalidOption.positiveMillis("tokens.maxCooldown", options.maxCooldown ?? "5 minutes"),
    timeoutMillis: InvalidOption.positiveMillis("tokens.timeout", options.timeout ?? "1 minute"),
    leaseMillis: InvalidOption.positiveMillis("tokens.lease", options.lease ?? "10 seconds"),
    keepFreshMillis:
      options.keepFresh === undefined ? undefined : InvalidOption.positiveMillis("tokens.keepFresh", options.keepFresh),
    onReauthorization: options.onReauthorization
  }
}

const shareOf = (jitter: number): number => (jitter === 0 ? 0 : InvalidOption.ratio("tokens.jitter", jitter))
