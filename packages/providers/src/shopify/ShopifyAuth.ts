/**
 * Who we are to a shop at Shopify: an access token in a header of its own, however it was got.
 *
 * **When to use**
 *
 * Give one of these to the `layer` of your integration of a shop's Admin API: {@link accessToken} for a custom app,
 * {@link clientCredentials} for an app of your own organization, {@link tokenExchange} for an embedded app that has the session
 * token of a person.
 *
 * **Details**
 *
 * The token goes into `x-shopify-access-token`. What was got by a grant is kept by `Tokens`, and got anew ahead of its end.
 *
 * **Gotchas**
 *
 * A shop's name may come from a request: only `<name>.myshopify.com` is accepted, because the secret of the app is sent there.
 *
 * **Example** (An app of one's own organization)
 *
 * ```ts
 * import { TokenLease, TokenStore } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 * import { ShopifyAuth } from "@causeway/providers/shopify"
 * import { Config, Layer, Schema } from "effect"
 *
 * class Shop extends Integration.Service<Shop>()("app/Shop", {
 *   baseUrl: "https://acme.myshopify.com/admin/api/2026-10",
 *   endpoints: [Endpoint.get("shop", "/shop.json", { success: Schema.Unknown })]
 * }) {}
 *
 * const live = Shop.layer.pipe(
 *   Layer.provide(
 *     ShopifyAuth.clientCredentials(
 *       Shop,
 *       { shop: "acme.myshopify.com", clientId: "4c6ad9c0" },
 *       Config.Redacted("SHOPIFY_CLIENT_SECRET")
 *     )
 *   ),
 *   Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory])
 * )
 * console.assert(Layer.isLayer(live))
 * ```
 *
 * @see https://shopify.dev/docs/apps/build/authentication-authorization
 * @since 0.1.0
 */
import {
  Auth,
  type AuthError,
  ClientAuthentication,
  Credentials,
  type Grant,
  OAuth,
  OAuthClient,
  OAuthQuirks,
  OAuthServer,
  Secret,
  type TokenLease,
  Tokens,
  type TokenStore
} from "@causeway/core/auth"
import { InvalidOption, OptionCheck } from "@causeway/core/policy"
import { Effect, type Layer, type Redacted, type Scope } from "effect"
import type { HttpClient } from "effect/http/HttpClient"

/**
 * An access token that does not end, as a custom app has it.
 *
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/generate-app-access-tokens-admin
 * @since 0.1.0
 * @category layers
 */
export const accessToken = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  token: S
): Auth.Scheme<Self, S> => {
  Secret.checkInput("shopifyAuth.token", token)
  return Auth.apiKey(integration, { in: "header", name: header }, token)
}

/**
 * The app, and the shop that it asks.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options extends Omit<Tokens.LayerOptions, "stamp"> {
  /** Such as `acme.myshopify.com`. It is also the tenant of the token, unless another is named. */
  readonly shop: string
  /** The client id of the app. */
  readonly clientId: string
}

/**
 * The authorization server of a shop, for `OAuthClient.make` and `WebLogin`. A name that is none of a shop throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category servers
 */
export const server = (shop: string): OAuthServer.OAuthServer => {
  const host = hostOf(shop)
  return OAuthServer.make({
    authorizationEndpoint: `https://${host}/admin/oauth/authorize`,
    tokenEndpoint: `https://${host}/admin/oauth/access_token`,
    quirks: OAuthQuirks.shopify
  })
}

const { stamp: _, ...tokens } = Tokens.layerOptionShape

const shape: OptionCheck.Shape<Options> = {
  ...tokens,
  shop: OptionCheck.required(OptionCheck.text),
  clientId: OptionCheck.required(OptionCheck.text)
}

const checkOptions = OptionCheck.record(shape)

const checkExchange = OptionCheck.record<ExchangeOptions>({
  ...shape,
  sessionToken: OptionCheck.required(OptionCheck.effect),
  requested: OptionCheck.oneOf("online", "offline"),
  expiring: OptionCheck.flag
})

/**
 * Client credentials: an app of your own organization, in a shop of it. A token holds for a day.
 *
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant
 * @since 0.1.0
 * @category layers
 */
export const clientCredentials = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  options: Options,
  clientSecret: S
): Shop<Self, S> => {
  checkOptions("shopifyAuth", options)
  return layerOf(integration, options, clientSecret, (client) => OAuth.clientCredentials(client))
}

/**
 * The options of {@link tokenExchange}.
 *
 * @since 0.1.0
 * @category options
 */
export interface ExchangeOptions extends Options {
  /** The session token that the app's page has sent, asked for at each exchange. */
  readonly sessionToken: Effect.Effect<Redacted.Redacted<string>, AuthError.AuthError>
  /** For the person who is there, for a day, or for the shop. Default: for the shop, `offline`. */
  readonly requested?: "online" | "offline"
  /** Whether a token for the shop ends, after an hour. Default: false. */
  readonly expiring?: boolean
}

/**
 * The session token of an embedded app, exchanged for an access token.
 *
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/token-exchange
 * @since 0.1.0
 * @category layers
 */
export const tokenExchange = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  options: ExchangeOptions,
  clientSecret: S
): Shop<Self, S> => {
  checkExchange("shopifyAuth", options)
  const { expiring, requested, sessionToken, ...common } = options
  return layerOf(integration, common, clientSecret, (client) =>
    OAuth.tokenExchange(client, {
      subject: Effect.map(sessionToken, (token) => ({ token, type: "id_token" })),
      requestedType: `urn:shopify:params:oauth:token-type:${requested ?? "offline"}-access-token`,
      parameters: { expiring: expiring === true ? "1" : "0" }
    })
  )
}

/**
 * The Layer of a token for a shop.
 *
 * @since 0.1.0
 * @category models
 */
export type Shop<Self, S extends Secret.Input> = Layer.Layer<
  Credentials.Credentials<Self> | Tokens.TokensOf<Self>,
  Secret.BuildError<S>,
  TokenStore.TokenStore | TokenLease.TokenLease | Exclude<HttpClient | Scope.Scope | Secret.Services<S>, Scope.Scope>
>

const header = "x-shopify-access-token"

const layerOf = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  options: Options,
  clientSecret: S,
  grantOf: (client: OAuthClient.OAuthClient) => Grant.Grant
): Shop<Self, S> => {
  const { clientId, shop, ...tokens } = options
  const client = OAuthClient.make({
    integration: Credentials.integrationOf(integration),
    server: server(shop),
    clientId,
    authentication: ClientAuthentication.post(clientSecret),
    tenant: shop
  })
  return Tokens.layer(integration, Effect.map(client, grantOf), {
    tenant: shop,
    ...tokens,
    stamp: Tokens.header(header)
  })
}

const hostOf = (shop: string): string => {
  if (typeof shop === "string" && /^[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com$/.test(shop)) return shop
  throw new InvalidOption.InvalidOption({
    option: "shopifyAuth.shop",
    actual: InvalidOption.describe(shop),
    accepts: 'the name of a shop, such as "acme.myshopify.com"'
  })
}
