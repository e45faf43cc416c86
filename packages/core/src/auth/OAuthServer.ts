/**
 * An authorization server as validated data: its name, its endpoints, and what it says that it can do.
 *
 * **When to use**
 *
 * {@link make} where a provider's documentation names the endpoints; `OAuthDiscovery` where the server describes itself.
 *
 * **Details**
 *
 * Every endpoint is an absolute URL over TLS, without credentials and without a fragment. A server on this very machine may
 * go without TLS.
 *
 * **Gotchas**
 *
 * `issuer` is a name: it is compared byte by byte with what an ID token and a callback say. Without one, neither can be
 * checked, and ID tokens are refused.
 *
 * **Example** (The endpoints of a provider)
 *
 * ```ts
 * import { OAuthServer } from "@causeway/core/auth"
 *
 * const server = OAuthServer.make({
 *   issuer: "https://login.calendar.example",
 *   authorizationEndpoint: "https://login.calendar.example/authorize",
 *   tokenEndpoint: "https://login.calendar.example/token"
 * })
 *
 * console.assert(server.quirks.successStatuses.join() === "200")
 * ```
 *
 * @since 0.1.0
 */
import * as InvalidOption from "../policy/InvalidOption.ts"
import { problemOfUrl } from "./internal/oauth/endpointUrl.ts"
import * as OAuthQuirks from "./OAuthQuirks.ts"
import { checkServer } from "./internal/serverChecks.ts"

/**
 * The endpoints of a server, by name.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-2
 * @since 0.1.0
 * @category models
 */
export interface Endpoints {
  readonly authorizationEndpoint?: string | undefined
  readonly tokenEndpoint?: string | undefined
  readonly deviceAuthorizationEndpoint?: string | undefined
  readonly pushedAuthorizationRequestEndpoint?: string | undefined
  readonly introspectionEndpoint?: string | undefined
  readonly revocationEndpoint?: string | undefined
  readonly userinfoEndpoint?: string | undefined
  /** Where its public keys are. */
  readonly jwksUri?: string | undefined
}

/**
 * What there is to know of a server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Endpoints {
  /** Its name, an absolute URL. Default: none, and then no ID token is accepted. */
  readonly issuer?: string | undefined
  /** The endpoints for clients that authenticate by TLS. Default: the others. */
  readonly mtlsEndpoints?: Endpoints | undefined
  /** Whether it names itself in every callback, so that one without its name is refused (RFC 9207). Default: false. */
  readonly namesItselfInCallbacks?: boolean | undefined
  /** Whether authorization requests must be pushed (RFC 9126). Default: false. */
  readonly requiresPushedRequests?: boolean | undefined
  /** The algorithms of its ID tokens. Default: RS256. */
  readonly idTokenAlgorithms?: ReadonlyArray<string> | undefined
  /** Where it is not what the specifications say. Default: nowhere. */
  readonly quirks?: OAuthQuirks.OAuthQuirks | undefined
  /**
   * The origins whose addresses the program has chosen. Requests to endpoints elsewhere connect to public addresses alone
   * (`AddressGuard`): for endpoints that a third party names. Default: all, because the program names them here.
   */
  readonly trustedOrigins?: ReadonlyArray<string> | undefined
  /** Whether its endpoints may go without TLS on another machine too. For tests only. Default: false. */
  readonly allowInsecureRequests?: boolean | undefined
}

/**
 * A validated server.
 *
 * @since 0.1.0
 * @category models
 */
export interface OAuthServer extends Endpoints {
  readonly issuer: string | undefined
  readonly mtlsEndpoints: Endpoints
  readonly namesItselfInCallbacks: boolean
  readonly requiresPushedRequests: boolean
  readonly idTokenAlgorithms: ReadonlyArray<string> | undefined
  readonly quirks: OAuthQuirks.OAuthQuirks
  /** Requests to endpoints of other origins connect to public addresses alone; undefined where all are trusted. */
  readonly trustedOrigins: ReadonlyArray<string> | undefined
}

/**
 * Makes a server; throws `InvalidOption` for an endpoint or an issuer that is none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): OAuthServer => {
  checkServer("oauthServer", options)
  const allowInsecure = options.allowInsecureRequests ?? false
  const problem = problemOf(options, allowInsecure)
  if (problem !== undefined) {
    throw new InvalidOption.InvalidOption({
      option: `oauthServer.${problem.name}`,
      actual: JSON.stringify(problem.value),
      accepts: problem.accepts
    })
  }
  const { allowInsecureRequests: _, ...server } = options
  return {
    ...server,
    issuer: options.issuer,
    mtlsEndpoints: options.mtlsEndpoints ?? {},
    namesItselfInCallbacks: options.namesItselfInCallbacks ?? false,
    requiresPushedRequests: options.requiresPushedRequests ?? false,
    idTokenAlgorithms: options.idTokenAlgorithms,
    quirks: options.quirks ?? OAuthQuirks.strict,
    trustedOrigins: options.trustedOrigins
  }
}

const endpointNames = [
  "authorizationEndpoint",
  "tokenEndpoint",
  "deviceAuthorizationEndpoint",
  "pushedAuthorizationRequestEndpoint",
  "introspectionEndpoint",
  "revocationEndpoint",
  "userinfoEndpoint",
  "jwksUri"
] as const satisfies ReadonlyArray<keyof Endpoints>

interface Problem {
  readonly name: string
  readonly value: string
  readonly accepts: string
}

const problemOf = (options: Options, allowInsecure: boolean): Problem | undefined => {
  const { issuer, mtlsEndpoints = {} } = options
  const found = [
    ...endpointNames.map((name) => ({ name, value: options[name] })),
    ...endpointNames.map((name) => ({ name: `mtlsEndpoints.${name}`, value: mtlsEndpoints[name] })),
    { name: "issuer", value: issuer }
  ]
  for (const { name, value } of found) {
    const accepts = value === undefined ? undefined : problemOfUrl(value, allowInsecure)
    if (value !== undefined && accepts !== undefined) return { name, value, accepts }
  }
  return undefined
}
