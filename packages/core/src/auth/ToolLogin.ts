/**
 * Logins for programs of the command line: in the browser of this machine, or with a code on another device.
 *
 * **When to use**
 *
 * {@link loopback} where the program runs beside a browser; {@link device} where it may not, such as over SSH. Give the
 * token that comes to `Tokens.set`.
 *
 * **Details**
 *
 * {@link loopback} listens on this machine only, on the free port that its `HttpServer` has, and gives a person the URL to
 * open. It takes one answer: at its path, with the state of this login, under the very address that it listens on. Everything
 * else is turned away without ending the login; what a page of the web sends to this port under a name of its own (DNS
 * rebinding) is too. {@link device} shows a code and asks the server until the person has entered it. Who is told, and how,
 * is {@link LoginPrompt}: a Layer.
 *
 * **Gotchas**
 *
 * The path is a random one unless you name it. Servers must not compare ports (RFC 8252), but most compare paths: name the
 * one that is registered. An `HttpServer` serves one login; `Loopback.layer` of `@causeway/node` is such a server.
 *
 * **Example** (A tool that prints what to do)
 *
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { type OAuthClient, ToolLogin } from "@causeway/core/auth"
 *
 * const login = (client: OAuthClient.OAuthClient, hasBrowser: boolean) =>
 *   hasBrowser
 *     ? ToolLogin.loopback(client, { path: "/callback", scope: "openid offline_access" })
 *     : ToolLogin.device(client, { scope: "openid offline_access" })
 *
 * // in tests a person is an Effect
 * const shown: Array<string> = []
 * const silent = Layer.succeed(ToolLogin.LoginPrompt, {
 *   show: (invitation) => Effect.sync(() => void shown.push(invitation.url))
 * })
 * console.assert(typeof login === "function" && Layer.isLayer(silent))
 * ```
 *
 * @see https://www.rfc-editor.org/rfc/rfc8252
 * @since 0.1.0
 */
import { Console, Context, Deferred, Duration, Effect, Exit, Layer } from "effect"
import * as HttpServer from "effect/http/HttpServer"
import { randomBytes } from "node:crypto"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as AuthError from "./AuthError.ts"
import * as AuthorizationCode from "./AuthorizationCode.ts"
import * as DeviceAuthorization from "./DeviceAuthorization.ts"
import { Listener } from "./internal/login/Listener.ts"
import type { Options as Wishes } from "./OAuth.ts"
import type { OAuthClient } from "./OAuthClient.ts"
import type { Token } from "./Token.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * What a person is asked to do: to open a URL, or to open one and enter a code there.
 *
 * @since 0.1.0
 * @category models
 */
export type Invitation =
  | { readonly _tag: "OpenPage"; readonly url: string }
  | {
      readonly _tag: "EnterCode"
      readonly url: string
      readonly userCode: string
      /** The URL with the code in it, such as for a QR code; undefined when the server has none. */
      readonly completeUrl: string | undefined
    }

/**
 * Tells a person what to do.
 *
 * @since 0.1.0
 * @category services
 */
export class LoginPrompt extends Context.Service<
  LoginPrompt,
  { readonly show: (invitation: Invitation) => Effect.Effect<void> }
>()("causeway/auth/LoginPrompt") {}

/**
 * An invitation as a line of text.
 *
 * @since 0.1.0
 * @category conversions
 */
export const textOf = (invitation: Invitation): string =>
  invitation._tag === "OpenPage"
    ? `Open ${invitation.url}`
    : `Open ${invitation.url} and enter the code ${invitation.userCode}`

/**
 * Prints what to do.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConsole: Layer.Layer<LoginPrompt> = Layer.succeed(LoginPrompt, {
  show: (invitation) => Console.log(textOf(invitation))
})

/**
 * The options of {@link loopback}.
 *
 * @since 0.1.0
 * @category options
 */
export interface LoopbackOptions extends Omit<AuthorizationCode.Options, "redirectUri"> {
  /** The path of the redirect URI, as it is registered. Default: a random one. */
  readonly path?: `/${string}`
  /** What this machine is called in the redirect URI, as it is registered. Default: its address, `127.0.0.1`. */
  readonly hostname?: "127.0.0.1" | "localhost"
  /** How long a person may take. Default: 5 minutes. */
  readonly within?: Duration.Input
}

/**
 * A login in the browser of this machine. Fails with `InvalidCallback` whose `why` is `expired` when nobody comes in time, and
 * as `AuthorizationCode.finish` does. A server that others can reach, or an option that makes no sense, throws
 * `InvalidOption`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8252#section-7.3
 * @since 0.1.0
 * @category logins
 */
export const loopback = (
  client: OAuthClient,
  options: LoopbackOptions = {}
): Effect.Effect<Token, AuthError.AuthError, HttpServer.HttpServer | LoginPrompt> => {
  Check.checkClient("toolLogin.client", client)
  Check.checkLoopback("toolLogin", options)
  const { hostname, path, within = "5 minutes", ...authorization } = options
  const withinMillis = InvalidOption.positiveMillis("toolLogin.within", within)
  const validPath = pathOf(path ?? `/${randomBytes(16).toString("base64url")}`)
  return Effect.scoped(
    Effect.gen(function* () {
      const server = yield* HttpServer.HttpServer
      const prompt = yield* LoginPrompt
      const base = ownAddress(HttpServer.formatAddress(server.address), hostname)
      const begun = yield* AuthorizationCode.begin(client, {
        ...authorization,
        redirectUri: base.origin + validPath,
        within: withinMillis
      })
      const outcome = yield* Deferred.make<Token, AuthError.AuthError>()
      const came = yield* Deferred.make<URLSearchParams>()
      const listener = new Listener({ host: base.host, path: validPath, state: begun.state, came, outcome })
      yield* server.serve(listener.answer)
      yield* prompt.show({ _tag: "OpenPage", url: begun.url })
      const parameters = yield* Effect.timeoutOrElse(Deferred.await(came), {
        duration: withinMillis,
        orElse: () => Effect.fail(nobodyCame(client, withinMillis, listener.turnedAway))
      })
      // The page waits for the outcome; the server is closed only when it was delivered.
      const exit = yield* Effect.exit(AuthorizationCode.finish(client, begun, parameters))
      yield* Deferred.done(outcome, exit)
      return yield* Exit.isSuccess(exit) ? Effect.succeed(exit.value) : Effect.failCause(exit.cause)
    })
  )
}

/**
 * A login on another device, with a code. Fails with `AccessDenied` when the person says no, and with `ExpiredToken` when
 * they take too long.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8628
 * @since 0.1.0
 * @category logins
 */
export const device = (
  client: OAuthClient,
  options: Wishes = {}
): Effect.Effect<Token, AuthError.AuthError, LoginPrompt> => {
  const begin = DeviceAuthorization.begin(client, options)
  return Effect.gen(function* () {
    const prompt = yield* LoginPrompt
    const begun = yield* begin
    yield* prompt.show({
      _tag: "EnterCode",
      url: begun.verificationUri,
      userCode: begun.userCode,
      completeUrl: begun.verificationUriComplete
    })
    return yield* DeviceAuthorization.poll(client, begun)
  })
}

const pathOf = (path: string): string => {
  if (/^(?:\/[\w.~-]+)+$|^\/$/.test(path)) return path
  throw new InvalidOption.InvalidOption({
    option: "toolLogin.path",
    actual: JSON.stringify(path),
    accepts: 'a path of letters, digits and - . _ ~, such as "/callback"'
  })
}

/** Where this machine is, as the redirect URI says it. */
const ownAddress = (address: string, hostname: "127.0.0.1" | "localhost" = "127.0.0.1"): URL => {
  const url = URL.parse(address)
  if (url === null || url.hostname !== "127.0.0.1") {
    throw new InvalidOption.InvalidOption({
      option: "toolLogin.server",
      actual: `one that listens on ${address}`,
      accepts: "one that listens on 127.0.0.1, which nobody else can reach"
    })
  }
  url.hostname = hostname
  return url
}

const nobodyCame = (client: OAuthClient, millis: number, turnedAway: ReadonlyArray<string>): AuthError.AuthError =>
  new AuthError.AuthError({
    integration: client.integration,
    reason: new AuthError.InvalidCallback({
      why: "expired",
      issue:
        `nobody came back within ${Duration.format(Duration.millis(millis))}` +
        (turnedAway.length === 0 ? "" : `; what came was turned away (${turnedAway.join(", ")})`)
    })
  })
