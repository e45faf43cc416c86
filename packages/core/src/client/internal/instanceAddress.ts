/** The address of one instance of an integration, or of one of its tenants: its sources and its errors. */
import { Config, Data, Effect, Schema, SchemaIssue } from "effect"
import type { Category } from "../../policy/Failure.ts"
import * as InvalidOption from "../../policy/InvalidOption.ts"
import { type Address as Whole, validBaseUrl, validHeaders } from "./addresses.ts"

/**
 * The base URL of a provider: a URL, or a `Config` of one, read when the Layer is built.
 *
 * @since 0.1.0
 * @category models
 */
export type BaseUrl = string | Config.Config<string> | PerTenant

/**
 * The type of {@link perTenant}.
 *
 * @since 0.1.0
 * @category models
 */
export interface PerTenant {
  readonly "~causeway/client/Integration/PerTenant": true
}

/**
 * The `baseUrl` of an integration whose tenants each have their own host, such as a shop: `layerAddress` provides it.
 * Without one the Layer fails with `InvalidAddress`, and a tenant is `TenantUnavailable`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const perTenant: PerTenant = { "~causeway/client/Integration/PerTenant": true }

/**
 * The address of one tenant, or of the one instance of an integration.
 *
 * @since 0.1.0
 * @category models
 */
export interface Address {
  /** Replaces `baseUrl` of the integration. Default: that of the integration. */
  readonly baseUrl?: string
  /** Override the headers of the integration; those of an endpoint and of a call override these. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * An address is invalid: an invalid base URL, an invalid header, or no base URL at all.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidAddress extends Data.TaggedError("InvalidAddress")<{
  readonly integration: string
  readonly why: string
}> {
  get category(): Category {
    return "invalid"
  }

  override get message(): string {
    return `the address of ${this.integration} is invalid: ${this.why}`
  }
}

/** The declared address of an integration. */
export interface Described {
  readonly id: string
  readonly baseUrl: BaseUrl
  readonly headers: Readonly<Record<string, string>>
  readonly origins: ReadonlySet<string>
}

export const validAddress = (
  id: string,
  { baseUrl, headers = {} }: Address
): Effect.Effect<Partial<Whole>, InvalidAddress> =>
  Effect.try({
    try: () => ({
      ...(baseUrl !== undefined && { baseUrl: validBaseUrl("baseUrl", baseUrl) }),
      headers: validHeaders("headers", headers)
    }),
    catch: (error) => new InvalidAddress({ integration: id, why: whyOf(error) })
  })

const whyOf = (error: unknown): string =>
  error instanceof InvalidOption.InvalidOption ? error.message : "reading it failed"

/** Completes the address that a Layer provides. */
export type BaseAddress = (given: Partial<Whole>) => Effect.Effect<Whole, InvalidAddress>

/** Reads the base URL of the integration where `given` has none. */
export const readBase = (
  description: Described,
  given: Partial<Whole>
): Effect.Effect<BaseAddress, Config.ConfigError> => {
  const { headers, id, origins } = description
  return Effect.map(given.baseUrl === undefined ? readBaseUrl(description) : Effect.undefined, (own) => (given) => {
    const baseUrl = given.baseUrl ?? own
    return baseUrl === undefined
      ? Effect.fail(new InvalidAddress({ integration: id, why: "it has no base URL; provide a layerAddress with one" }))
      : Effect.succeed({ baseUrl, headers: { ...headers, ...given.headers }, origins })
  })
}

/** Undefined if each tenant has its own. */
const readBaseUrl = ({ baseUrl, id }: Described): Effect.Effect<string | undefined, Config.ConfigError> => {
  if (typeof baseUrl === "string") return Effect.succeed(baseUrl)
  if (isPerTenant(baseUrl)) return Effect.undefined
  return Effect.flatMap(baseUrl, (url) =>
    Effect.try({
      try: () => validBaseUrl(`baseUrl of ${id}`, url),
      catch: (error) => new Config.ConfigError(invalidUrl(String(error)))
    })
  )
}

const isPerTenant = (baseUrl: BaseUrl): baseUrl is PerTenant => baseUrl === perTenant

/** URLs from the provider are followed in a test too. */
export const mockBase = ({ baseUrl, headers, origins }: Described, mockUrl: string): Whole => ({
  baseUrl: mockUrl,
  headers,
  origins: typeof baseUrl === "string" ? new Set([...origins, new URL(baseUrl).origin]) : origins
})

const invalidUrl = (message: string): Schema.SchemaError =>
  new Schema.SchemaError(new SchemaIssue.InvalidValue({ message }))
