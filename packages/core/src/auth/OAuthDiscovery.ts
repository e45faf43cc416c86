/**
 * Finds an authorization server by its name: the server describes itself, and the description is kept for a while.
 *
 * **When to use**
 *
 * Where a server has a description (`/.well-known/openid-configuration` or `/.well-known/oauth-authorization-server`):
 * its endpoints may then move without you. Give what {@link make} makes to `OAuthClient.make` as its `server`.
 *
 * **Details**
 *
 * The description is asked for when it is first needed, by one caller for all, under the same policy as tokens. It must
 * name the very issuer that was asked for, or it is refused. It is kept for an hour; when it can't be had anew then, the old
 * one goes on for a day.
 *
 * An endpoint at the origin of the issuer is where you have said. Every other one is the server's choice: it must have TLS
 * and be on the public internet, which the transport for Node checks again where it connects. Only an issuer on this machine
 * (`http://127.0.0.1:4000`) may name endpoints on this machine. An issuer that a tenant brings is no choice of yours: set
 * `untrustedIssuer`.
 *
 * Microsoft's description for many tenants names `https://login.microsoftonline.com/{tenantid}/v2.0`, and the one of an Azure AD
 * B2C policy an issuer with the tenant's id: say so with `describedIssuer`. An ID token must then be of the tenant in its own
 * `tid`; which tenants may log in is yours to check.
 *
 * **Gotchas**
 *
 * With any other `HttpClient`, only the host that is written in a URL is checked, and not what it resolves to: see
 * `AddressGuard`.
 *
 * Nothing is asked until the first login or token: a wrong issuer shows then. A failure is told to all who ask within the
 * next 5 seconds.
 *
 * **Example** (A server by its name)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { ClientAuthentication, OAuthClient, OAuthDiscovery } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function* () {
 *   const server = yield* OAuthDiscovery.make({ integration: "app/Calendar", issuer: "https://login.calendar.example" })
 *   const client = yield* OAuthClient.make({
 *     integration: "app/Calendar",
 *     server,
 *     clientId: "c4us3w4y",
 *     authentication: ClientAuthentication.none
 *   })
 *   console.assert(Effect.isEffect(client.server))
 * })
 *
 * Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(FetchHttpClient.layer)))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc8414
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html
 * @since 0.1.0
 */
import { type Duration, Effect, Result } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import * as AddressGuard from "../crypto/AddressGuard.ts"
import * as Engine from "../policy/Engine.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Policy from "../policy/Policy.ts"
import type { AuthError, Reason } from "./AuthError.ts"
import { type AnyTarget, integrationOf } from "./Credentials.ts"
import { type Answer, fieldsOf, malformed } from "./internal/oauth/answer.ts"
import { Desk } from "./internal/oauth/Desk.ts"
import { isGuarded, problemOfForeignUrl, problemOfUrl, type Reach } from "./internal/oauth/endpointUrl.ts"
import { Kept } from "./internal/oauth/Kept.ts"
import { serverIn } from "./internal/oauth/metadata.ts"
import { policy } from "./OAuthClient.ts"
import * as OAuthQuirks from "./OAuthQuirks.ts"
import type { OAuthServer } from "./OAuthServer.ts"
import { checkDiscovery } from "./internal/serverChecks.ts"

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** The integration that its tokens are for, or its name: how errors and events call it. */
  readonly integration: string | AnyTarget
  /** The name of the server, an absolute URL. */
  readonly issuer: string
  /**
   * The issuer that the description names, where that is another one than it is asked for by. `{tenantid}` stands for the tenant
   * of a token, such as in `https://login.microsoftonline.com/{tenantid}/v2.0`. Default: `issuer`.
   */
  readonly describedIssuer?: string
  /** Which description: the one of OpenID Connect, or the one of RFC 8414. Default: `openid`. */
  readonly kind?: "openid" | "oauth2"
  /** How long a description is kept. Default: 1 hour. */
  readonly timeToLive?: Duration.Input
  /** For how much longer the old one goes on when there is no new one to be had. Default: 1 day. */
  readonly staleIfError?: Duration.Input
  /** Overrides `OAuthClient.policy` slot by slot. */
  readonly policy?: Policy.Policy
  /** Where the server is not what the specifications say. Default: nowhere. */
  readonly quirks?: OAuthQuirks.OAuthQuirks
  /** Whether it may go without TLS on another machine. For tests only. Default: false. */
  readonly allowInsecureRequests?: boolean
  /**
   * Whether a third party has chosen the issuer, such as a tenant who brings its own: then the issuer itself, its
   * description and all endpoints must be on the public internet. Default: false.
   */
  readonly untrustedIssuer?: boolean
  /**
   * Whether the description may name endpoints on this machine and on private networks, other than those at the origin of the
   * issuer. A description then decides where credentials go inside of your network. Default: false.
   */
  readonly allowPrivateNetworks?: boolean
}

/**
 * Makes what finds a server. An issuer that is no absolute URL over TLS, or a time that makes no sense, throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<Effect.Effect<OAuthServer, AuthError>, never, HttpClient.HttpClient> => {
  checkDiscovery("oauthDiscovery", options)
  const allowInsecure = options.allowInsecureRequests ?? false
  const issuer = issuerOf(options.issuer, allowInsecure)
  const url = descriptionOf(issuer, options.kind ?? "openid")
  const times = {
    timeToLiveMillis: InvalidOption.positiveMillis("oauthDiscovery.timeToLive", options.timeToLive ?? "1 hour"),
    staleIfErrorMillis: InvalidOption.finiteMillis("oauthDiscovery.staleIfError", options.staleIfError ?? "1 day")
  }
  const compiled = Policy.compile(Policy.merge(policy, options.policy ?? {}))
  const reach = reachOf(issuer, options)
  const describedIssuer = options.describedIssuer ?? issuer.href
  const rules = { ...reach, issuer: describedIssuer, quirks: options.quirks ?? OAuthQuirks.strict }
  const isPublicOnly = isGuarded(reach, url.href)
  return Effect.map(HttpClient.HttpClient, (client) => {
    const desk = new Desk({
      integration: typeof options.integration === "string" ? options.integration : integrationOf(options.integration),
      tenant: undefined,
      client,
      policy: compiled,
      renewalPolicy: compiled,
      state: Engine.makeState(),
      authenticator: undefined,
      prover: undefined,
      usesMutualTls: false
    })
    const read = (answer: Answer): Result.Result<OAuthServer, Reason> =>
      Result.flatMap(fieldsOf(answer, descriptionRules), (fields) =>
        Result.mapError(serverIn(fields, rules), (issue) => malformed(answer, issue))
      )
    return new Kept(desk.fetch({ endpoint: "discovery", url: url.href, isPublicOnly, read }), times).value
  })
}

const descriptionRules = OAuthQuirks.make({ errorAt: { code: ["error"], words: ["error_description"] } })

/** The program has chosen the issuer, and with it what is at its origin; the description chooses everything else. */
const reachOf = (issuer: URL, options: Options): Reach => {
  const { allowInsecureRequests = false, allowPrivateNetworks = false, untrustedIssuer = false } = options
  const isLocal = AddressGuard.isLoopback(issuer) && !untrustedIssuer
  const trusted = untrustedIssuer ? [] : [issuer.origin]
  const reach = {
    allowInsecure: allowInsecureRequests,
    allowLoopback: isLocal,
    allowPrivateNetworks,
    trustedOrigins: isLocal || allowPrivateNetworks ? undefined : trusted
  }
  const problem = untrustedIssuer ? problemOfForeignUrl(issuer.href, reach) : undefined
  if (problem === undefined) return reach
  throw new InvalidOption.InvalidOption({
    option: "oauthDiscovery.issuer",
    actual: JSON.stringify(issuer.href),
    accepts: "a URL on the public internet, because a third party has chosen it (untrustedIssuer)"
  })
}

const issuerOf = (text: string, allowInsecure: boolean): URL => {
  const accepts = problemOfUrl(text, allowInsecure)
  if (accepts === undefined && !text.includes("?")) return new URL(text)
  throw new InvalidOption.InvalidOption({
    option: "oauthDiscovery.issuer",
    actual: JSON.stringify(text),
    accepts: `${accepts ?? "an absolute URL of https"}, and without a query`
  })
}

/** OpenID Connect appends its path to the issuer's; RFC 8414 puts its own in front. */
const descriptionOf = (issuer: URL, kind: "openid" | "oauth2"): URL => {
  const path = issuer.pathname.replace(/\/$/, "")
  return new URL(
    kind === "openid" ? `${path}/.well-known/openid-configuration` : `/.well-known/oauth-authorization-server${path}`,
    issuer
  )
}
