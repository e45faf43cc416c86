/**
 * The code flow in a web application: a route that begins a login, and one that a person comes back to.
 *
 * **When to use**
 *
 * Where your users connect their account at a provider: they follow a link to the first route, grant access there, and are
 * back where they came from, with the token stored. For a program without a web server see `ToolLogin`.
 *
 * **Details**
 *
 * What was begun travels in a cookie of its own, sealed: `HttpOnly`, `SameSite=Lax`, and with `https` also `Secure` under a
 * `__Host-` name. So the answer is accepted in the browser that asked, for the tenant that asked, once, and only as
 * long as a login may take; no server has to remember it. PKCE, nonce and `iss` are those of `AuthorizationCode`. Where a
 * person may be sent afterwards is a list that you write down.
 *
 * | answer | when |
 * |---|---|
 * | 302 | to the authorization server |
 * | 303 | to where the person came from, with the token stored |
 * | 400 | what came back is no answer to what was begun here, or its code is not good for a token |
 * | 403 | the person said no |
 * | 502, 503 | the authorization server refused, or could not be reached |
 *
 * The body of a refusal names the check. The log and `onRefused` have the `AuthError`.
 *
 * **Gotchas**
 *
 * - `origin` is the one that browsers see, not the one behind your proxy.
 * - A browser has at most eight logins under way; a ninth ends those before it.
 * - A login is used once in this process. Another one that has the same cookie asks the server, which knows its code.
 * - An answer by POST (`response_mode=form_post`) does not bring the cookie along, and is not accepted.
 *
 * **Example** (The routes of an application)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { HttpRouter } from "effect/http"
 * import { type OAuthClient, Seal, type Tokens, WebLogin } from "@causeway/core/auth"
 *
 * const routesOf = (client: OAuthClient.OAuthClient, tokensOf: (tenant: string) => Tokens.Tokens) =>
 *   WebLogin.routes({
 *     client,
 *     origin: "https://app.example",
 *     authorization: { scope: "openid offline_access calendar.read" },
 *     returnTo: ["/calendar", "/settings/*"],
 *     // who is logged in to your application
 *     tenant: (request) => Effect.succeed(request.cookies["session"] ?? "nobody"),
 *     tokens: (tenant) => Effect.succeed(tokensOf(tenant))
 *   }).pipe(Layer.provide(Seal.layer([Seal.generateKey("2026-11")])), Layer.provide(HttpRouter.layer))
 *
 * console.assert(typeof routesOf === "function")
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.1
 * @since 0.1.0
 */
import { Clock, Context, Duration, Effect, Layer } from "effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as AuthError from "./AuthError.ts"
import * as AuthorizationCode from "./AuthorizationCode.ts"
import { Destinations } from "./internal/login/destinations.ts"
import { cookieName, cookieNames, opened, type Pending, sealed, stateOf } from "./internal/login/pending.ts"
import type { OAuthClient } from "./OAuthClient.ts"
import { Seal } from "./Seal.ts"
import type { Tokens } from "./Tokens.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * The options of {@link routes}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options<R = never> {
  readonly client: OAuthClient
  /** Where browsers find the application, such as `https://app.example`. Without TLS only on this machine. */
  readonly origin: string
  /** Where a login begins; `?returnTo=` says where it ends. Default: `/login`. */
  readonly startPath?: HttpRouter.PathInput
  /** Where a person comes back to. Default: `/login/callback`. */
  readonly callbackPath?: HttpRouter.PathInput
  /** The same as an absolute URL, as it is registered at the server. Default: `origin` and `callbackPath`. */
  readonly redirectUri?: string
  /** What is asked for, as in `AuthorizationCode.begin`. Default: nothing in particular. */
  readonly authorization?: Omit<AuthorizationCode.Options, "redirectUri">
  /**
   * Where a login may end: paths or absolute URLs, with `/*` for all that is below. The first is where it ends when nobody
   * said. Default: `/`.
   */
  readonly returnTo?: ReadonlyArray<string>
  /** Whose login this is, such as the account that is logged in to the application; it must be the same at both routes. */
  readonly tenant: (request: HttpServerRequest) => Effect.Effect<string, AuthError.AuthError, R>
  /** The tokens that are set for a tenant. */
  readonly tokens: (tenant: string) => Effect.Effect<Pick<Tokens, "set">, AuthError.AuthError, R>
  /** Answers a person whose login was refused. Default: a line of text. */
  readonly onRefused?: (
    refused: AuthError.AuthError,
    request: HttpServerRequest
  ) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
}

/**
 * The two routes, to merge into a router. An option that makes no sense throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category layers
 */
export const routes = <R = never>(options: Options<R>): Layer.Layer<never, never, HttpRouter.HttpRouter | Seal | R> => {
  Check.checkWebLogin("webLogin", options)
  const settings = settingsOf(options)
  return Layer.effectDiscard(
    Effect.gen(function* () {
      const router = yield* HttpRouter.HttpRouter
      const context = yield* Effect.context<R>()
      const login = new Login(options, settings, yield* Seal)
      const among = (own: Context.Context<never>) => Context.merge(context, own)
      yield* router.add("GET", options.startPath ?? "/login", (request) =>
        Effect.updateContext(login.start(request), among)
      )
      yield* router.add("GET", settings.callbackPath, (request) => Effect.updateContext(login.callback(request), among))
    })
  )
}

interface Settings {
  readonly callbackPath: HttpRouter.PathInput
  readonly redirectUri: string
  readonly isSecure: boolean
  readonly destinations: Destinations
  readonly withinMillis: number
}

const settingsOf = <R>(options: Options<R>): Settings => {
  const origin = originOf(options.origin)
  const callbackPath = options.callbackPath ?? "/login/callback"
  return {
    callbackPath,
    redirectUri: options.redirectUri ?? origin + callbackPath,
    isSecure: origin.startsWith("https:"),
    destinations: new Destinations(origin, options.returnTo ?? ["/"]),
    withinMillis: InvalidOption.positiveMillis("webLogin.within", options.authorization?.within ?? "10 minutes")
  }
}

const originOf = (text: string): string => {
  const url = URL.parse(text)
  const isLocal = url !== null && /^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname)
  const isWeb = url !== null && (url.protocol === "https:" || (url.protocol === "http:" && isLocal))
  if (isWeb && (text === url.origin || text === `${url.origin}/`)) return url.origin
  throw new InvalidOption.InvalidOption({
    option: "webLogin.origin",
    actual: JSON.stringify(text),
    accepts: 'an origin such as "https://app.example"; without TLS only on this machine'
  })
}

type Response = HttpServerResponse.HttpServerResponse

/** A browser drops a cookie whose name and value, with its attributes, are longer than 4096 characters. */
const longestCookie = 3_900

/** At most so many logins are under way in one browser: what it sends with each request stays small. */
const most = 8

class Login<R> {
  readonly #options: Options<R>
  readonly #settings: Settings
  readonly #seal: Seal["Service"]

  constructor(options: Options<R>, settings: Settings, seal: Seal["Service"]) {
    this.#options = options
    this.#settings = settings
    this.#seal = seal
  }

  start(request: HttpServerRequest): Effect.Effect<Response, never, R> {
    const { authorization, client, tenant } = this.#options
    const { redirectUri, withinMillis } = this.#settings
    return Effect.gen({ self: this }, function* () {
      const returnTo = yield* this.#destination(request)
      const whose = yield* tenant(request)
      const begun = yield* AuthorizationCode.begin(client, { ...authorization, redirectUri, within: withinMillis })
      const cookie = this.#cookieFor({ begun, tenant: whose, returnTo })
      if (cookie.name.length + cookie.value.length > longestCookie) return yield* Effect.fail(this.#tooLong)
      const response = this.#without(surplus(request), redirect(begun.url, 302))
      return this.#with(cookie, response)
    }).pipe(Effect.catch((error) => this.#refuse(error, request)))
  }

  callback(request: HttpServerRequest): Effect.Effect<Response, never, R> {
    const parameters = parametersOf(request)
    const state = stateOf(parameters)
    if (state === undefined) return this.#refuse(this.#error("state", "it has no state, or more than one"), request)
    const name = cookieName(this.#settings.isSecure, state)
    return this.#finish(request, parameters, request.cookies[name]).pipe(
      Effect.map((returnTo) => redirect(returnTo, 303)),
      Effect.catch((error) => this.#refuse(error, request)),
      Effect.map((response) => this.#without([name], response))
    )
  }

  #finish(
    request: HttpServerRequest,
    parameters: URLSearchParams,
    cookie: string | undefined
  ): Effect.Effect<string, AuthError.AuthError, R> {
    const { client, tenant, tokens } = this.#options
    return Effect.gen({ self: this }, function* () {
      const pending = yield* this.#pending(cookie)
      if (pending.begun.expiresAt <= (yield* Clock.currentTimeMillis)) {
        return yield* Effect.fail(this.#error("expired", "the login took too long"))
      }
      if ((yield* tenant(request)) !== pending.tenant) {
        return yield* Effect.fail(this.#error("session", "the login was begun by somebody else"))
      }
      const token = yield* AuthorizationCode.finish(client, pending.begun, parameters)
      const held = yield* tokens(pending.tenant)
      yield* held.set(token)
      return pending.returnTo
    })
  }

  #destination({ url }: HttpServerRequest): Effect.Effect<string, AuthError.AuthError> {
    const [asked, ...others] = searchOf(url).getAll("returnTo")
    const { destinations } = this.#settings
    if (asked === undefined) return Effect.succeed(destinations.usual)
    const found = others.length > 0 ? undefined : destinations.find(asked)
    return found === undefined
      ? Effect.fail(this.#error("returnTo", "it is no place that a login may end at"))
      : Effect.succeed(found)
  }

  #pending(cookie: string | undefined): Effect.Effect<Pending, AuthError.AuthError> {
    const { integration } = this.#options.client
    const pending =
      cookie === undefined ? undefined : opened(this.#seal, integration, this.#settings.redirectUri, cookie)
    return pending === undefined
      ? Effect.fail(this.#error("session", "no such login was begun in this browser, or it has ended"))
      : Effect.succeed(pending)
  }

  #error(why: AuthError.InvalidCallback["why"], issue: string): AuthError.AuthError {
    const { integration } = this.#options.client
    return new AuthError.AuthError({ integration, reason: new AuthError.InvalidCallback({ why, issue }) })
  }

  #refuse(error: AuthError.AuthError, request: HttpServerRequest): Effect.Effect<Response, never, R> {
    const { onRefused } = this.#options
    return Effect.logWarning(`A login was refused: ${error.message}`).pipe(
      Effect.annotateLogs({ integration: error.integration, reason: nameOf(error) }),
      Effect.andThen(onRefused === undefined ? Effect.succeed(plain(error)) : onRefused(error, request)),
      Effect.map(guarded)
    )
  }

  #cookieFor(pending: Pending): { readonly name: string; readonly value: string } {
    return {
      name: cookieName(this.#settings.isSecure, pending.begun.state),
      value: sealed(this.#seal, this.#options.client.integration, pending)
    }
  }

  #with({ name, value }: { readonly name: string; readonly value: string }, response: Response): Response {
    return HttpServerResponse.setCookieUnsafe(response, name, value, {
      ...this.#cookie(),
      maxAge: Duration.millis(this.#settings.withinMillis)
    })
  }

  get #tooLong(): AuthError.AuthError {
    const issue = "what was begun does not fit into a cookie of 4 KB: return to a shorter path"
    return new AuthError.AuthError({
      integration: this.#options.client.integration,
      reason: new AuthError.InvalidCallback({ why: "returnTo", issue })
    })
  }

  #without(names: ReadonlyArray<string>, response: Response): Response {
    return names.reduce((all, name) => HttpServerResponse.expireCookieUnsafe(all, name, this.#cookie()), response)
  }

  #cookie() {
    return { path: "/", httpOnly: true, sameSite: "lax", secure: this.#settings.isSecure } as const
  }
}

const surplus = ({ cookies }: HttpServerRequest): ReadonlyArray<string> => {
  const names = cookieNames(cookies)
  return names.length < most ? [] : names
}

const searchOf = (url: string): URLSearchParams => {
  const at = url.indexOf("?")
  return new URLSearchParams(at < 0 ? "" : url.slice(at))
}

const parametersOf = ({ url }: HttpServerRequest): URLSearchParams => searchOf(url)

/** Nothing of a login is kept by a cache, or told to the next page. */
const guarded = (response: Response): Response =>
  HttpServerResponse.setHeaders(response, { "cache-control": "no-store", "referrer-policy": "no-referrer" })

const redirect = (location: string, status: 302 | 303): Response =>
  guarded(HttpServerResponse.redirect(location, { status }))

const nameOf = ({ reason }: AuthError.AuthError): string =>
  reason._tag === "InvalidCallback" ? reason.why : reason._tag

const plain = (error: AuthError.AuthError): Response => {
  const { retryAfter } = error
  const response = HttpServerResponse.text(`The login was refused (${nameOf(error)}).\n`, { status: statusOf(error) })
  return retryAfter === undefined
    ? response
    : HttpServerResponse.setHeader(response, "retry-after", String(Math.ceil(Duration.toSeconds(retryAfter))))
}

const statusOf = ({ category, reason }: AuthError.AuthError): number => {
  if (reason._tag === "InvalidCallback" || reason._tag === "InvalidGrant") return 400
  if (reason._tag === "AccessDenied") return 403
  return category === "transient" || category === "throttled" ? 503 : 502
}
