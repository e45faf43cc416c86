/**
 * Who we are to Slack: a token, or one that Slack replaces every twelve hours; and what an answer with `ok: false` means.
 *
 * **When to use**
 *
 * Give {@link token} or {@link rotating} to the `layer` of your integration of Slack's Web API, and `SlackApi.failures` to
 * the integration itself. {@link checked} and {@link renewing} are for calls of another client.
 *
 * **Details**
 *
 * Slack answers 200 to what it refuses: `ok` is false then, and `error` says why. {@link checked} makes a {@link SlackRefused} of
 * that, with a category; {@link renewing} also has a token renewed that was refused, and makes the call once more. A token says
 * by how it begins what it is: {@link forms} are for `Secret.config` and `Secret.named`.
 *
 * **Gotchas**
 *
 * A rotated refresh token is good once. Give all processes one `TokenStore` and one `TokenLease`.
 *
 * **Example** (A message, and what Slack says to it)
 *
 * ```ts
 * import { Secret } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 * import { SlackAuth } from "@causeway/providers/slack"
 * import { Effect, Layer, Schema } from "effect"
 *
 * class Slack extends Integration.Service<Slack>()("app/Slack", {
 *   baseUrl: "https://slack.com/api",
 *   endpoints: [
 *     Endpoint.post("postMessage", "/chat.postMessage", {
 *       payload: Schema.Struct({ channel: Schema.String, text: Schema.String }),
 *       success: Schema.Struct({ ok: Schema.Boolean, error: Schema.optionalKey(Schema.String) })
 *     })
 *   ]
 * }) {}
 *
 * const live = Slack.layer.pipe(Layer.provide(SlackAuth.token(Slack, Secret.config("SLACK_TOKEN", SlackAuth.forms.bot))))
 * const say = (text: string) =>
 *   Effect.flatMap(Slack, (slack) => SlackAuth.checked(slack.postMessage({ payload: { channel: "C1", text } })))
 * console.assert(Layer.isLayer(live) && typeof say === "function")
 * ```
 *
 * @see https://docs.slack.dev/authentication/tokens
 * @since 0.1.0
 */
import {
  Auth,
  ClientAuthentication,
  Credentials,
  OAuth,
  OAuthClient,
  OAuthQuirks,
  OAuthServer,
  type Secret,
  type TokenLease,
  Tokens,
  type TokenStore
} from "@causeway/core/auth"
import { type Failure, Redact } from "@causeway/core/policy"
import { Data, Effect, type Layer, type Scope } from "effect"
import type { HttpClient } from "effect/http/HttpClient"
import { categoryOf } from "./SlackApi.ts"
import { OptionCheck } from "@causeway/core/policy"

/**
 * How the tokens of Slack begin: of a bot, of a person, of an app (for its sockets), and of a configuration.
 *
 * @see https://docs.slack.dev/authentication/tokens
 * @since 0.1.0
 * @category constants
 */
export const forms = {
  bot: { startsWith: "xoxb-" },
  user: { startsWith: "xoxp-" },
  app: { startsWith: "xapp-" },
  configuration: { startsWith: "xoxe.xoxp-" }
} as const satisfies Readonly<Record<string, Secret.Form>>

/**
 * A token of Slack's that does not end.
 *
 * @since 0.1.0
 * @category layers
 */
export const token: <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  token: S
) => Auth.Scheme<Self, S> = Auth.bearer

/**
 * Slack as an authorization server, for `OAuthClient.make` and `WebLogin`: the token of a bot, or of the person who installed
 * it.
 *
 * @see https://docs.slack.dev/authentication/installing-with-oauth
 * @since 0.1.0
 * @category servers
 */
export const server = (whose: "bot" | "user" = "bot"): OAuthServer.OAuthServer => {
  checkWhose("slackAuth.whose", whose)
  return OAuthServer.make({
    authorizationEndpoint: "https://slack.com/oauth/v2/authorize",
    tokenEndpoint: "https://slack.com/api/oauth.v2.access",
    quirks: whose === "bot" ? OAuthQuirks.slack : OAuthQuirks.slackUser
  })
}

const checkWhose = OptionCheck.oneOf("bot", "user")

/**
 * The options of {@link rotating}.
 *
 * @since 0.1.0
 * @category options
 */
export interface RotatingOptions extends Tokens.LayerOptions {
  /** The client id of the app. */
  readonly clientId: string
  /** Whose token it is. Default: the bot's. */
  readonly whose?: "bot" | "user"
  /** Where a person installs the app anew. Default: nobody knows. */
  readonly reauthorizeUrl?: string
}

const checkRotating = OptionCheck.record<RotatingOptions>({
  ...Tokens.layerOptionShape,
  clientId: OptionCheck.required(OptionCheck.text),
  whose: checkWhose,
  reauthorizeUrl: OptionCheck.text
})

/**
 * A token that Slack replaces every twelve hours, renewed with the refresh token that came with the one before. The first
 * comes by an installation: give it to `Tokens.set`.
 *
 * @see https://docs.slack.dev/authentication/using-token-rotation
 * @since 0.1.0
 * @category layers
 */
export const rotating = <Self, S extends Secret.Input>(
  integration: Credentials.Target<Self>,
  options: RotatingOptions,
  clientSecret: S
): Layer.Layer<
  Credentials.Credentials<Self> | Tokens.TokensOf<Self>,
  Secret.BuildError<S>,
  TokenStore.TokenStore | TokenLease.TokenLease | Exclude<HttpClient | Scope.Scope | Secret.Services<S>, Scope.Scope>
> => {
  checkRotating("slackAuth", options)
  const { clientId, reauthorizeUrl, whose, ...tokens } = options
  const client = OAuthClient.make({
    integration: Credentials.integrationOf(integration),
    server: server(whose),
    clientId,
    authentication: ClientAuthentication.post(clientSecret)
  })
  const renewal = reauthorizeUrl === undefined ? {} : { reauthorizeUrl }
  return Tokens.layer(
    integration,
    Effect.map(client, (client) => OAuth.refreshing(client, renewal)),
    tokens
  )
}

/**
 * What every answer of the Web API has.
 *
 * @see https://docs.slack.dev/apis/web-api/#responses
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly ok: boolean
  readonly error?: string | undefined
}

/**
 * Slack said no: `error` in its own word, and what that means.
 *
 * @since 0.1.0
 * @category errors
 */
export class SlackRefused extends Data.TaggedError("SlackRefused")<{
  readonly error: string
  readonly category: Failure.Category
}> {
  override get message(): string {
    return `Slack returned the error ${this.error}`
  }
}

/**
 * Fails with {@link SlackRefused} where the answer is not `ok`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const checked = <A extends Answer, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E | SlackRefused, R> =>
  Effect.flatMap(call, (answer) => {
    if (answer.ok) return Effect.succeed(answer)
    const error = Redact.excerpt(answer.error ?? "unknown", 100, [])
    return Effect.fail(new SlackRefused({ error, category: categoryOf(error) }))
  })

/**
 * As {@link checked}; a token that was refused is renewed, and the call made once more.
 *
 * @since 0.1.0
 * @category combinators
 */
export const renewing = <Self>(integration: Credentials.Target<Self>) => {
  Credentials.integrationOf(integration)
  return <A extends Answer, E, R>(
    call: Effect.Effect<A, E, R>
  ): Effect.Effect<A, E | SlackRefused, R | Tokens.TokensOf<Self>> =>
    Effect.gen(function* () {
      const tokens = yield* Tokens.of(integration)
      const used = yield* Effect.option(tokens.token)
      return yield* Effect.catchIf(
        checked(call),
        (error): error is Extract<typeof error, SlackRefused> =>
          error instanceof SlackRefused && error.category === "unauthorized",
        (refused) =>
          used._tag === "None"
            ? Effect.fail(refused)
            : Effect.flatMap(tokens.refused(used.value), (renewed) => (renewed ? checked(call) : Effect.fail(refused)))
      )
    })
}
