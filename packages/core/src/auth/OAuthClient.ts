/**
 * A client of an authorization server: who it is, how it proves that, and under which policy it asks.
 *
 * **When to use**
 *
 * Make one for each registration of your application at a server; the grants of `OAuth`, `AuthorizationCode` and
 * `DeviceAuthorization` stand on it.
 *
 * **Details**
 *
 * Its questions go through the same engine as every other call: retry, limits, breaker, timeout, observers and spans. The
 * endpoints are called `oauth/token`, `oauth/device authorization` and so on. A question that must not be heard twice, such
 * as a refresh, is asked again only when it certainly was not heard. Answers are read up to 1 MiB; redirects are not
 * followed.
 *
 * **Gotchas**
 *
 * A secret that the server refuses is looked up once more before the question fails. Give all that is asked at one server
 * the same client: its circuit and its limits are one.
 *
 * **Example** (A client with a secret)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { ClientAuthentication, OAuthClient, OAuthServer } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* OAuthClient.make({
 *     integration: "app/Calendar",
 *     server: OAuthServer.make({ tokenEndpoint: "https://login.calendar.example/token" }),
 *     clientId: "c4us3w4y",
 *     authentication: ClientAuthentication.basic(Effect.succeed(Redacted.make("s3cret")))
 *   })
 *   console.assert(client.clientId === "c4us3w4y")
 * })
 *
 * Effect.runPromise(Effect.scoped(program).pipe(Effect.provide(FetchHttpClient.layer)))
 * ```
 *
 * @since 0.1.0
 */
import { type Duration, Effect, Option, type Scope } from "effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Breaker from "../policy/Breaker.ts"
import * as BreakerStore from "../policy/BreakerStore.ts"
import * as Engine from "../policy/Engine.ts"
import * as Policy from "../policy/Policy.ts"
import * as RateLimitStore from "../policy/RateLimitStore.ts"
import * as Retry from "../policy/Retry.ts"
import * as RetryBudgetStore from "../policy/RetryBudgetStore.ts"
import type { AuthError } from "./AuthError.ts"
import type { ClientAuthentication } from "./ClientAuthentication.ts"
import { type AnyTarget, integrationOf } from "./Credentials.ts"
import type { Dpop } from "./Dpop.ts"
import * as Authenticator from "./internal/oauth/Authenticator.ts"
import { DpopTypeId } from "./internal/oauth/DpopProver.ts"
import { Desk } from "./internal/oauth/Desk.ts"
import { type Insides, TypeId } from "./internal/oauth/insides.ts"
import { IdTokens } from "./internal/oauth/IdTokens.ts"
import { UsedStates } from "./internal/oauth/UsedStates.ts"
import type { OAuthServer } from "./OAuthServer.ts"
import type * as Secret from "./Secret.ts"
import { checkClientOptions } from "./internal/serverChecks.ts"

/**
 * A client.
 *
 * @since 0.1.0
 * @category models
 */
export interface OAuthClient {
  readonly [TypeId]: Insides
  readonly integration: string
  readonly clientId: string
  /** The thumbprint of the key that its tokens are bound to; undefined when they are not. */
  readonly jkt: string | undefined
  /** The server, discovered where it describes itself. */
  readonly server: Effect.Effect<OAuthServer, AuthError>
}

/**
 * The policy under which a client asks: 10 seconds an attempt, 25 in all, three attempts with full jitter, a breaker. The answer
 * to a renewal is waited for longer, see `renewalTimeout`.
 *
 * @since 0.1.0
 * @category constants
 */
export const policy = {
  deadline: "25 seconds",
  timeout: "10 seconds",
  retry: Retry.make({ schedule: Retry.fullJitter(), attempts: 3, maxRetryAfter: "10 seconds" }),
  circuitBreaker: Breaker.failureRate()
} as const satisfies Policy.Policy

/**
 * Options of {@link make}.
 *
 * @since 0.1.0
 * @category options
 */
export interface Options<S extends Secret.Input = never> {
  /** The integration that its tokens are for, or its name: how errors and events call it. */
  readonly integration: string | AnyTarget
  /** The server, or an Effect that finds it, such as one of `OAuthDiscovery`. */
  readonly server: OAuthServer | Effect.Effect<OAuthServer, AuthError>
  readonly clientId: string
  readonly authentication: ClientAuthentication<S>
  /** What tokens are bound to. Default: nothing. */
  readonly dpop?: Dpop
  /** Overrides {@link policy} slot by slot; `null` switches a slot off. `cache`, `coalesce` and `hedge` are not read. */
  readonly policy?: Policy.Policy
  /**
   * The longest that the answer to a renewal is waited for, in the place of the policy's `timeout` and `deadline`: it may bring
   * the only refresh token that the server knows from then on. Default: 60 seconds.
   */
  readonly renewalTimeout?: Duration.Input
  /** On whose behalf, where each tenant has a registration of its own: its circuit and its limits are its own. */
  readonly tenant?: string
}

/**
 * Makes a client over the `HttpClient`. A client id that is empty, or a policy that makes no sense, throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <S extends Secret.Input = never>(
  options: Options<S>
): Effect.Effect<OAuthClient, Secret.BuildError<S>, Secret.Services<S> | HttpClient.HttpClient | Scope.Scope> => {
  checkClientOptions("oauthClient", options)
  const { clientId } = options
  const integration = typeof options.integration === "string" ? options.integration : integrationOf(options.integration)
  const merged = { ...Policy.merge(policy, options.policy ?? {}), hedge: null }
  const renewal = { ...merged, timeout: null, deadline: options.renewalTimeout ?? "60 seconds" }
  const compiled = { policy: Policy.compile(merged), renewalPolicy: Policy.compile(renewal) }
  return Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const authenticator = yield* Authenticator.open(options.authentication, { integration, clientId })
    const state = Engine.makeState({
      rateLimits: Option.getOrUndefined(yield* Effect.serviceOption(RateLimitStore.RateLimitStore)),
      breakers: Option.getOrUndefined(yield* Effect.serviceOption(BreakerStore.BreakerStore)),
      retryBudgets: Option.getOrUndefined(yield* Effect.serviceOption(RetryBudgetStore.RetryBudgetStore))
    })
    const desk = new Desk({
      integration,
      tenant: options.tenant,
      client,
      ...compiled,
      state,
      authenticator,
      prover: options.dpop?.[DpopTypeId],
      usesMutualTls: options.authentication.method === "tls_client_auth"
    })
    return {
      [TypeId]: { desk, idTokens: new IdTokens(desk, clientId), usedStates: new UsedStates() },
      integration,
      clientId,
      jkt: options.dpop?.jkt,
      server: Effect.isEffect(options.server) ? options.server : Effect.succeed(options.server)
    }
  })
}
