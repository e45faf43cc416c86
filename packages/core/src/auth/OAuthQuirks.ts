/**
 * Where an authorization server is not what the specification says: as data, a record for each.
 *
 * **When to use**
 *
 * Give a server its quirks when its answers are refused as malformed. Without any, all is strict.
 *
 * **Details**
 *
 * Each field allows one oddity and no more. What a field allows is read as if the server had said it properly; everything
 * else is still refused. Records of servers that are known to be odd are here.
 *
 * **Gotchas**
 *
 * Set only what the server needs: a page of a proxy with the status 200 must not be taken for an answer. A refresh token
 * that a refresh leaves out needs no quirk: RFC 6749 §6 says that the old one goes on.
 *
 * **Example** (A server that sends scopes as a list, and refusals with the status 200)
 *
 * ```ts
 * import { OAuthQuirks } from "@causeway/core/auth"
 *
 * const quirks = OAuthQuirks.make({ scopes: "list", errorsInSuccess: true })
 *
 * console.assert(quirks.successStatuses.join() === "200" && OAuthQuirks.strict.scopes === "spaces")
 * ```
 *
 * @since 0.1.0
 */
import { checkQuirks } from "./internal/serverChecks.ts"

/**
 * What is odd about a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface OAuthQuirks {
  /** The statuses that are a success. Default: 200. */
  readonly successStatuses: ReadonlyArray<number>
  /** Whether a success that holds `error` in the place of a token is a refusal. Default: false. */
  readonly errorsInSuccess: boolean
  /** What its own error codes mean in those of OAuth, such as `bad_refresh_token` for `invalid_grant`. Default: nothing. */
  readonly errorCodes: Readonly<Record<string, string>>
  /**
   * Where refusals have their code and their words: paths of members, joined by dots, of which the first that is there counts.
   * Default: `error` and `error_description`, and where other APIs have them, such as `errorCode`, `error.code` and `message`; a
   * code outside of `error` counts only where it is known.
   */
  readonly errorAt: { readonly code: ReadonlyArray<string>; readonly words: ReadonlyArray<string> }
  /** How answers are written: as JSON, as a form as well, or as JSON whatever their content type says. Default: `json`. */
  readonly answers: "json" | "form" | "untyped"
  /** Under which member of its answer the token is, and at most one below that. Default: at the top. */
  readonly tokenAt: ReadonlyArray<string>
  /** Members that are secrets although their names do not say so: paths joined by dots. Default: none. */
  readonly secretMembers: ReadonlyArray<string>
  /** What a token is, whatever `token_type` says or leaves out. Default: what it says. */
  readonly tokenType: string | undefined
  /** How scopes are written in answers; `list` is a JSON array. Default: `spaces`. */
  readonly scopes: "spaces" | "commas" | "list"
  /** What is between scopes in requests. Default: a space. */
  readonly scopeSeparator: " " | ","
  /** Whether `expires_in` may be a number in a string. Default: false. */
  readonly textualExpiry: boolean
  /** For how many seconds a token holds when `expires_in` is left out. Default: nobody knows. */
  readonly defaultExpiry: number | undefined
  /** Whether a member that is null is one that was left out. Default: false. */
  readonly nullIsAbsent: boolean
  /** Whether `client_secret_basic` sends the id and the secret as they are, not form-encoded. Default: false. */
  readonly plainBasic: boolean
  /** The name of the parameter that holds the client's id. Default: `client_id`. */
  readonly clientIdParameter: string
  /**
   * What a login goes without, because the server refuses or ignores it: the nonce of the ID token, PKCE. The `state` alone then
   * ties the answer to the login. Default: nothing.
   */
  readonly loginWithout: ReadonlyArray<"nonce" | "pkce">
  /** How the members of an answer with a token are written: `access_token` or `accessToken`. Default: `snake_case`. */
  readonly memberNames: "snake_case" | "camelCase"
  /** How `expires_at`, the time at which a token ends, is written; read where `expires_in` is left out. Default: not read. */
  readonly absoluteExpiry: "seconds" | "milliseconds" | "date" | undefined
}

/**
 * No quirks.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6749#section-5
 * @since 0.1.0
 * @category constants
 */
export const strict: OAuthQuirks = {
  successStatuses: [200],
  errorsInSuccess: false,
  errorCodes: {},
  errorAt: {
    code: ["error", "errorCode", "error_code", "error.code", "error.status", "error.type", "code", "status", "type"],
    words: [
      "error_description",
      "error.message",
      "error.error_description",
      "errorSummary",
      "error_message",
      "message",
      "detail",
      "title",
      "msg"
    ]
  },
  answers: "json",
  tokenAt: [],
  secretMembers: [],
  tokenType: undefined,
  scopes: "spaces",
  scopeSeparator: " ",
  textualExpiry: false,
  defaultExpiry: undefined,
  nullIsAbsent: false,
  plainBasic: false,
  clientIdParameter: "client_id",
  loginWithout: [],
  memberNames: "snake_case",
  absoluteExpiry: undefined
}

/**
 * Makes a record of what is odd; the rest is strict. A status that is no success, or a time that is not above zero, throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (odd: Partial<OAuthQuirks>): OAuthQuirks => {
  checkQuirks("quirks", odd)
  return { ...strict, ...odd }
}

/**
 * GitHub: refusals have the status 200 and codes of its own, and scopes are between commas.
 *
 * @see https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors
 * @since 0.1.0
 * @category servers
 */
export const github: OAuthQuirks = make({
  errorsInSuccess: true,
  scopes: "commas",
  errorCodes: {
    bad_verification_code: "invalid_grant",
    bad_refresh_token: "invalid_grant",
    incorrect_client_credentials: "invalid_client",
    incorrect_device_code: "invalid_grant",
    redirect_uri_mismatch: "invalid_request",
    unverified_user_email: "access_denied"
  }
})

/**
 * Slack: refusals have the status 200 and codes of its own, the type of a token says whose it is, and scopes are between
 * commas.
 *
 * @see https://docs.slack.dev/reference/methods/oauth.v2.access
 * @since 0.1.0
 * @category servers
 */
export const slack: OAuthQuirks = make({
  errorsInSuccess: true,
  scopes: "commas",
  scopeSeparator: ",",
  tokenType: "Bearer",
  secretMembers: ["incoming_webhook.url"],
  errorCodes: {
    invalid_code: "invalid_grant",
    code_already_used: "invalid_grant",
    invalid_refresh_token: "invalid_grant",
    token_revoked: "invalid_grant",
    token_expired: "invalid_grant",
    bad_client_secret: "invalid_client",
    invalid_client_id: "invalid_client",
    bad_redirect_uri: "invalid_request",
    invalid_arguments: "invalid_request"
  }
})

/**
 * Slack, for the token of a person instead of the one of a bot: it is under `authed_user`.
 *
 * @see https://docs.slack.dev/authentication/installing-with-oauth
 * @since 0.1.0
 * @category servers
 */
export const slackUser: OAuthQuirks = make({ ...slack, tokenAt: ["authed_user"] })

/**
 * HubSpot: refusals have their code in `status` and their words in `message`.
 *
 * @see https://developers.hubspot.com/docs/api-reference/auth-oauth-v1/guide
 * @since 0.1.0
 * @category servers
 */
export const hubspot: OAuthQuirks = make({
  errorCodes: { BAD_REFRESH_TOKEN: "invalid_grant", BAD_AUTH_CODE: "invalid_grant" }
})

/**
 * Meta: refusals are an object with a number; 190 is a token that has ended or was revoked.
 *
 * @see https://developers.facebook.com/docs/graph-api/guides/error-handling
 * @since 0.1.0
 * @category servers
 */
export const meta: OAuthQuirks = make({ errorCodes: { "190": "invalid_grant" } })

/**
 * Shopify's access tokens of a shop: no type, and scopes between commas.
 *
 * @see https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * @since 0.1.0
 * @category servers
 */
export const shopify: OAuthQuirks = make({ scopes: "commas", scopeSeparator: ",", tokenType: "Bearer" })

/**
 * TikTok: the client's id is `client_key`, and scopes are between commas.
 *
 * @see https://developers.tiktok.com/doc/oauth-user-access-token-management
 * @since 0.1.0
 * @category servers
 */
export const tiktok: OAuthQuirks = make({
  clientIdParameter: "client_key",
  scopes: "commas",
  scopeSeparator: ",",
  errorsInSuccess: true
})

/**
 * LinkedIn: ID tokens have no nonce, and a client with a secret may not send a `code_verifier`.
 *
 * @see https://learn.microsoft.com/linkedin/shared/authentication/authorization-code-flow
 * @since 0.1.0
 * @category servers
 */
export const linkedin: OAuthQuirks = make({ loginWithout: ["nonce", "pkce"] })

/**
 * Twitch: scopes are a list.
 *
 * @see https://dev.twitch.tv/docs/authentication/getting-tokens-oauth
 * @since 0.1.0
 * @category servers
 */
export const twitch: OAuthQuirks = make({ scopes: "list" })

/**
 * Salesforce: no `expires_in`; a token holds as long as its session, two hours unless the organization says otherwise.
 *
 * @see https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_web_server_flow.htm
 * @since 0.1.0
 * @category servers
 */
export const salesforce: OAuthQuirks = make({ defaultExpiry: 7_200 })
