/**
 * One integration on behalf of many: each tenant has credentials, quotas, circuits and answers of its own.
 *
 * **When to use**
 *
 * Where each of your customers has an account of their own at the provider.
 *
 * **Details**
 *
 * `layerTenants` says how the credentials of a tenant are made; `forTenant` gives the service of one, and may be asked at
 * each request. A tenant is built when it is first asked for, kept while it is in use, and released when it has been idle
 * for some time. Who holds a service for longer may go on using it: it is built again.
 *
 * **Gotchas**
 *
 * Quotas and circuits are kept beyond the release, so that a tenant that comes back finds its own. `null`, `undefined` and
 * other strangers never become the name of a tenant: a tenant's id is a text.
 *
 * **Example** (A request's tenant)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { Auth, Secret, SecretSource } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Payments extends Integration.Service<Payments>()("app/Payments", {
 *   baseUrl: "https://api.pay.example",
 *   endpoints: [Endpoint.get("balance", "/balance", { success: Schema.Int })],
 *   policy: { rateLimit: { limit: 10, window: "1 second" } }
 * }) {}
 *
 * const balanceOf = Effect.fn(function* (tenant: string) {
 *   const payments = yield* Payments.forTenant(tenant)
 *   return yield* payments.balance({})
 * })
 *
 * const live = Payments.layerTenants((tenant) => Auth.bearer(Payments, Secret.named(`pay-${tenant}`))).pipe(
 *   Layer.provide([FetchHttpClient.layer, SecretSource.layerMemory({ "pay-acme": "t0k3n" })])
 * )
 * Effect.runPromise(Effect.flip(Effect.provide(balanceOf(""), live))).then((error) =>
 *   console.assert(error._tag === "UnknownTenant")
 * )
 * ```
 *
 * @since 0.1.0
 */
import { Data, type Duration, type Effect } from "effect"
import * as AuthError from "../auth/AuthError.ts"
import type { Category } from "../policy/Failure.ts"

/**
 * The tenants of the integration `Self`, in types.
 *
 * @since 0.1.0
 * @category models
 */
export interface Tenants<in out Self> {
  readonly "~causeway/client/Tenants": (self: Self) => Self
}

/**
 * Options of the tenants of an integration.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long a tenant that is not in use is kept; it is released within a tenth of that time more. Default: 10 minutes. */
  readonly idleTimeToLive?: Duration.Input
  /**
   * Of how many keys each store in memory keeps the state: a tenant has one for each slot that its calls share, and one
   * for each endpoint that declares the slot itself. The least recently used ones are forgotten. Default: 100,000.
   */
  readonly maxKeys?: number
}

/**
 * The service of an integration's tenants.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service<out Shape> {
  /** The integration's service on behalf of a tenant. */
  readonly forTenant: (tenant: string) => Effect.Effect<Shape, TenantError>
  /** Lets go of a tenant, so that its credentials are made anew; calls in flight end as they began. */
  readonly release: (tenant: string) => Effect.Effect<void>
  /** How many tenants are held now. */
  readonly size: Effect.Effect<number>
}

/**
 * There is no such tenant: the id is none, or `layerTenants` gave no Layer for it.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownTenant extends Data.TaggedError("UnknownTenant")<{
  readonly integration: string
  readonly tenant: string
  readonly why: string
}> {
  get category(): Category {
    return "invalid"
  }

  override get message(): string {
    return `${this.integration} has no tenant ${shown(this.tenant)}: ${this.why}`
  }
}

/**
 * The credentials or the address of a tenant could not be made. `cause` is the `AuthError` or the `InvalidAddress` behind
 * it, if it is one: `why` contains only the tag of a custom error.
 *
 * @since 0.1.0
 * @category errors
 */
export class TenantUnavailable extends Data.TaggedError("TenantUnavailable")<{
  readonly integration: string
  readonly tenant: string
  readonly why: string
  readonly cause?: unknown
}> {
  /**
   * `unauthorized`, `invalid` for an address, or what the `AuthError` behind it says: a source that is down is `transient`.
   */
  get category(): Category {
    return AuthError.of(this.cause)?.category ?? (this.#isAddress ? "invalid" : "unauthorized")
  }

  get #isAddress(): boolean {
    const { cause } = this
    return typeof cause === "object" && cause !== null && "_tag" in cause && cause._tag === "InvalidAddress"
  }

  override get message(): string {
    const what = this.#isAddress ? "address" : "credentials"
    return `${this.integration}: the ${what} of the tenant ${shown(this.tenant)} could not be made (${this.why})`
  }
}

/**
 * What asking for a tenant can fail with.
 *
 * @since 0.1.0
 * @category models
 */
export type TenantError = UnknownTenant | TenantUnavailable

const shown = (tenant: string): string => JSON.stringify(tenant.length > 64 ? `${tenant.slice(0, 64)}...` : tenant)
