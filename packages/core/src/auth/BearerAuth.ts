/**
 * Protects a server: lets in who brings a bearer token that holds, and tells handlers what it says.
 *
 * **When to use**
 *
 * {@link middleware} around any `HttpEffect`, or as the middleware of an `HttpRouter`; {@link layer} for the security
 * middleware of an `HttpApi`.
 *
 * **Details**
 *
 * The token comes from the `Authorization` header alone, never from a query or a body. Its claims are a service of your own,
 * for as long as the request lasts.
 *
 * | the request | the answer |
 * |---|---|
 * | brings no bearer token | 401, `WWW-Authenticate: Bearer` |
 * | brings one that does not hold | 401, `error="invalid_token"` |
 * | brings one that is bound, without a valid proof | 401, `error="invalid_token"` or `"invalid_dpop_proof"` |
 * | brings one without the scopes that are asked for | 403, `error="insufficient_scope"`, and which |
 * | comes while the keys of the issuer cannot be had | 503, and when to come again |
 *
 * Why a token was refused is logged at the level `Debug`; whoever sent it is told no more than whether it has expired.
 *
 * **Gotchas**
 *
 * A token with a confirmation (`cnf`) is bound to a key or a certificate, so that a thief cannot use it. Each member of a
 * confirmation must be proven: `jkt` by a DPoP proof, which `dpop` verifies, and `x5t#S256` by the certificate of the
 * connection, which `clientCertificate` reads. Without these options, and for every other member, the token is refused.
 *
 * **Example** (The claims in a handler)
 *
 * ```ts
 * import { Context, Effect, Layer, Schema } from "effect"
 * import { HttpRouter, HttpServerResponse } from "effect/http"
 * import { BearerAuth, JwtKey, JwtVerifier } from "@causeway/core/auth"
 *
 * class Caller extends Context.Service<Caller, { readonly sub: string }>()("app/Caller") {}
 *
 * const verifier = Effect.map(JwtKey.verifying("a secret that is long enough for HS256", { alg: "HS256" }), (keys) =>
 *   JwtVerifier.make({
 *     keys,
 *     algorithms: ["HS256"],
 *     issuer: "https://login.example",
 *     audience: "https://api.example",
 *     claims: Schema.Struct({ sub: Schema.String })
 *   })
 * )
 *
 * const authenticated = HttpRouter.middleware<{ provides: Caller }>()(
 *   Effect.map(verifier, (verifier) => BearerAuth.middleware(Caller, verifier, { scope: "read" }))
 * )
 *
 * export const routes = HttpRouter.add(
 *   "GET",
 *   "/me",
 *   Effect.map(Caller, ({ sub }) => HttpServerResponse.text(sub))
 * ).pipe(Layer.provide(authenticated.layer))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc6750
 * @since 0.1.0
 */
import { Context, Effect, Layer, Redacted, type Scope } from "effect"
import * as HttpApiError from "effect/http-api/HttpApiError"
import type { HttpApiMiddlewareSecurity } from "effect/http-api/HttpApiMiddleware"
import type * as HttpApiSecurity from "effect/http-api/HttpApiSecurity"
import * as HttpEffect from "effect/http/HttpEffect"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { type Admit, admitting, type Protection, type Refusal, protectionOf } from "./internal/jwt/admission.ts"
import { type ClientCertificate, type DpopOptions, possessionOf, type Presented } from "./internal/jwt/possession.ts"
import type { JwtVerifier } from "./JwtVerifier.ts"
import * as Check from "./internal/optionChecks.ts"

export type { ClientCertificate, DpopOptions } from "./internal/jwt/possession.ts"

/**
 * What is asked of a token beside that it holds.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options {
  /** What is protected, as clients are told. Default: nothing is said. */
  readonly realm?: string | undefined
  /** The scopes that a token must all have, in its `scope` or `scp`. Default: none. */
  readonly scope?: string | ReadonlyArray<string> | undefined
  /**
   * Accepts tokens that are bound to a key (`cnf.jkt`), by the scheme `DPoP` and with a proof. Default: they are refused.
   *
   * @see https://www.rfc-editor.org/rfc/rfc9449#section-7
   */
  readonly dpop?: DpopOptions | undefined
  /**
   * Accepts tokens that are bound to a certificate (`cnf.x5t#S256`): reads the certificate with which the client has made its
   * connection, in PEM or DER. Behind a proxy that ends TLS, read the header in which the proxy passes it on, and only if the
   * proxy removes that header from requests of clients. Default: they are refused.
   *
   * @see https://www.rfc-editor.org/rfc/rfc8705#section-3
   */
  readonly clientCertificate?: ClientCertificate | undefined
}

/**
 * Lets requests in whose token holds, and gives its claims as the service `caller`. An option that no header can carry
 * throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category middleware
 */
export const middleware = <Id, A>(
  caller: Context.Key<Id, A>,
  verifier: JwtVerifier<NoInfer<A>>,
  options: Options = {}
) => {
  Check.checkBearerAuth("bearerAuth", options)
  Check.checkVerifier("bearerAuth.verifier", verifier)
  const protection = protectionOf(options)
  const admit = admitting(verifier, possessionOf(options))
  return <E, R>(
    app: Effect.Effect<HttpServerResponse.HttpServerResponse, E, R>
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, E, Exclude<R, Id> | HttpServerRequest> =>
    Effect.flatMap(HttpServerRequest, (request) =>
      Effect.matchEffect(admit(presentedBy(request), protection), {
        onFailure: (refusal) => Effect.succeed(withHeaders(HttpServerResponse.empty(refusal), refusal)),
        onSuccess: (claims) => Effect.provideService(app, caller, claims)
      })
    )
}

/**
 * The errors that the security middleware of an `HttpApi` declares: 401, 403 and 503, without a body.
 *
 * @since 0.1.0
 * @category errors
 */
export const errors = [
  HttpApiError.UnauthorizedNoContent,
  HttpApiError.ForbiddenNoContent,
  HttpApiError.ServiceUnavailableNoContent
] as const

/**
 * The scopes that one endpoint of an `HttpApi` asks for, beside those of {@link layer}: annotate it with them.
 *
 * @since 0.1.0
 * @category annotations
 */
export class RequiredScope extends Context.Service<RequiredScope, string | ReadonlyArray<string>>()(
  "causeway/auth/BearerAuth/RequiredScope"
) {}

/**
 * The security middleware of an `HttpApi`, as its `HttpApiMiddleware.Service` describes it: with `security: { bearer:
 * HttpApiSecurity.bearer }`, with {@link errors}, and providing `caller`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <Self, Id, A, E = never, R = never>(
  service: Context.Key<Self, SecurityOf<Id>>,
  caller: Context.Key<Id, A>,
  verifier: JwtVerifier<NoInfer<A>> | Effect.Effect<JwtVerifier<NoInfer<A>>, E, R>,
  options: Options = {}
): Layer.Layer<Self, E, Exclude<R, Scope.Scope>> => {
  Check.checkBearerAuth("bearerAuth", options)
  Check.checkVerifierSource("bearerAuth.verifier", verifier)
  const protection = protectionOf(options)
  const possession = possessionOf(options)
  return Layer.effect(
    service,
    Effect.map(Effect.isEffect(verifier) ? verifier : Effect.succeed(verifier), (verifier) =>
      securityOf(caller, admitting(verifier, possession), protection)
    )
  )
}

/**
 * What the security middleware of an `HttpApi` is, when it provides `Id`.
 *
 * @since 0.1.0
 * @category models
 */
export type SecurityOf<Id> = HttpApiMiddlewareSecurity<
  { readonly bearer: HttpApiSecurity.Http },
  Id,
  typeof errors,
  never
>

const securityOf = <Id, A>(caller: Context.Key<Id, A>, admit: Admit<A>, protection: Protection): SecurityOf<Id> => ({
  bearer: (handler, { credential, endpoint }) => {
    const own = Context.getOption(endpoint.annotations, RequiredScope)
    const asked = own._tag === "None" ? protection : protectionOf({ scope: own.value }, protection)
    return Effect.flatMap(HttpServerRequest, (request) =>
      Effect.matchEffect(admit(presentedIn(request, Redacted.value(credential)), asked), {
        onFailure: (refusal) =>
          HttpEffect.withPreResponseHandler(Effect.fail(errorOf(refusal)), (_request, response) =>
            Effect.succeed(response.status === refusal.status ? withHeaders(response, refusal) : response)
          ),
        onSuccess: (claims) => Effect.provideService(handler, caller, claims)
      })
    )
  }
})

const errorOf = ({ status }: Refusal) => {
  switch (status) {
    case 401:
      return new HttpApiError.Unauthorized({})
    case 403:
      return new HttpApiError.Forbidden({})
    case 503:
      return new HttpApiError.ServiceUnavailable({})
  }
}

/** Another scheme may have said what it asks for: both are told. */
const withHeaders = (
  response: HttpServerResponse.HttpServerResponse,
  { challenge, retryAfter }: Refusal
): HttpServerResponse.HttpServerResponse => {
  if (retryAfter !== undefined) return HttpServerResponse.setHeader(response, "retry-after", String(retryAfter))
  const others = response.headers["www-authenticate"]
  const all = others === undefined ? challenge : `${others}, ${challenge}`
  return all === undefined ? response : HttpServerResponse.setHeader(response, "www-authenticate", all)
}

/** The credentials of a scheme, whose name may be in any case; empty for none. */
const credentialsIn = ({ headers }: HttpServerRequest, scheme: "bearer" | "dpop"): string => {
  const authorization = headers["authorization"] ?? ""
  const named = authorization.slice(0, scheme.length + 1).toLowerCase() === `${scheme} `
  return named ? authorization.slice(scheme.length + 1).replace(/^ +/, "") : ""
}

const presentedBy = (request: HttpServerRequest): Presented => presentedIn(request, credentialsIn(request, "bearer"))

/** What comes by the scheme of an `HttpApi`'s security, or else by `DPoP`. */
const presentedIn = (request: HttpServerRequest, credential: string): Presented => {
  const bound = credential === "" ? credentialsIn(request, "dpop") : ""
  return bound === "" ? { scheme: "Bearer", token: credential, request } : { scheme: "DPoP", token: bound, request }
}
