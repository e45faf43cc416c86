/**
 * Who we are to one provider: a service per integration that authorizes each attempt.
 *
 * **When to use**
 *
 * Through the Layers of `Auth`; directly to write a scheme of your own.
 *
 * **Details**
 *
 * `authorize` is asked at each attempt, so that each carries a fresh token and signature. `renew` is asked once per call
 * when the provider answered 401, and says whether another attempt may fare better. Each integration has its own
 * service in the types: leaving it out does not compile, and neither does another integration's.
 *
 * **Gotchas**
 *
 * Name every secret that went into the request in `secrets`: whatever is kept of the answer has them removed.
 *
 * **Example** (A scheme of one's own)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { HttpClientRequest } from "effect/http"
 * import { Credentials } from "@causeway/core/auth"
 *
 * const scheme = Credentials.make({
 *   authorize: (request) =>
 *     Effect.succeed({ request: HttpClientRequest.setHeader(request, "x-tenant", "acme"), secrets: [Redacted.make("acme")] }),
 *   renew: Effect.succeed(false)
 * })
 *
 * console.assert("authorize" in scheme)
 * ```
 *
 * @since 0.1.0
 */
import { Context, Data, Effect, type Redacted } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { AuthError } from "./AuthError.ts"
import { hasMethods } from "../policy/internal/made.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"
import { checkTarget } from "./internal/target.ts"

/**
 * An authorized request, and the secrets that are now in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Authorized {
  readonly request: HttpClientRequest
  readonly secrets: ReadonlyArray<Redacted.Redacted<string>>
  /** Who asks, where `secrets` are others at each attempt, as signatures are: whose answers may be shared. Default: `secrets`. */
  readonly identity?: ReadonlyArray<Redacted.Redacted<string>>
  /** As `renew` of the service, for this very attempt: it knows which token was refused. Asked in its place. */
  readonly renew?: (refused: Answer) => Effect.Effect<boolean>
  /** Told of every response to this attempt, such as one that carries a new nonce. It must not throw. */
  readonly received?: (answer: Answer) => void
}

/**
 * What the provider answered to an authorized request: enough to read a challenge or a nonce.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
}

/**
 * The credentials could not be made; `reason` says why, without a secret. `cause` is the `AuthError` behind it, whose
 * `category` and `retryAfter` the error of the call takes: a token endpoint that is down is worth another attempt.
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialsUnavailable extends Data.TaggedError("CredentialsUnavailable")<{
  readonly reason: string
  readonly cause?: AuthError
}> {
  override get message(): string {
    return this.reason
  }
}

/**
 * The two operations of credentials.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly authorize: (request: HttpClientRequest) => Effect.Effect<Authorized, CredentialsUnavailable>
  readonly renew: Effect.Effect<boolean>
}

/**
 * The credentials of the integration `Self`, in types: one integration's never satisfy another.
 *
 * @since 0.1.0
 * @category models
 */
export interface Credentials<in out Self> {
  readonly "~causeway/auth/Credentials": (self: Self) => Self
}

/**
 * What a scheme needs to know of an integration: where its credentials belong.
 *
 * @since 0.1.0
 * @category models
 */
export interface Target<in out Self> {
  readonly credentials: Context.Key<Credentials<Self>, Service>
}

/**
 * Any integration, where only its name matters.
 *
 * @since 0.1.0
 * @category models
 */
export interface AnyTarget {
  readonly credentials: { readonly key: string }
}

/**
 * Makes the service key of an integration's credentials.
 *
 * @since 0.1.0
 * @category constructors
 */
export const key = <Self>(integration: string): Context.Service<Credentials<Self>, Service> => {
  OptionCheck.text("credentials.integration", integration)
  return Context.Service<Credentials<Self>, Service>(`${prefix}${integration}`)
}

/**
 * Makes credentials of a scheme of your own.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (service: Service): Service => {
  checkService("credentials", service)
  return service
}

const checkService = OptionCheck.satisfies(
  "a record with the function authorize and the Effect renew",
  (value) => hasMethods(value, "authorize") && Effect.isEffect(Object(value).renew)
)

/**
 * The name of the integration that these credentials are for, as its errors say it.
 *
 * @since 0.1.0
 * @category getters
 */
export const integrationOf = (target: AnyTarget): string => {
  checkTarget("integration", target)
  return target.credentials.key.slice(prefix.length)
}

const prefix = "causeway/auth/Credentials/"
