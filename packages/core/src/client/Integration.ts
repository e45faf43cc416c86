/**
 * A provider's API as one typed service: its endpoints, how they are called, and, as Layers, who we are.
 *
 * **When to use**
 *
 * One class per provider. The class is the service's key, and holds its Layers.
 *
 * **Details**
 *
 * A method's error channel is exact: what its endpoint declares, what the policies that are on for it add, and
 * `Unauthorized`, `TransportFailure`, `UnexpectedStatus` and `DecodeFailure`; `EncodeFailure` where there is a query, a
 * payload or headers to encode. `layer` needs an `HttpClient` and the credentials of this very integration. Stores for
 * rate limits and circuits are used when they are provided, and are in memory otherwise.
 *
 * **Gotchas**
 *
 * Redirects are not followed unless `redirects` says so: an undeclared 3xx is an `UnexpectedStatus`. Credentials go to the
 * origin of the base URL and to the listed `origins`, and nowhere else.
 *
 * **Example** (From a class to a call)
 *
 * ```ts
 * import { Effect, Layer, Schema } from "effect"
 * import { FetchHttpClient } from "effect/http"
 * import { Auth } from "@causeway/core/auth"
 * import { Endpoint, Integration } from "@causeway/core/client"
 *
 * class Weather extends Integration.Service<Weather>()("app/Weather", {
 *   baseUrl: "https://api.weather.example",
 *   endpoints: [Endpoint.get("now", "/now/:city", { params: { city: Schema.String }, success: Schema.String })],
 *   policy: { timeout: "2 seconds" }
 * }) {}
 *
 * const program = Effect.gen(function* () {
 *   const weather = yield* Weather
 *   return yield* weather.now({ params: { city: "Bern" } })
 * })
 *
 * const live = Weather.layer.pipe(Layer.provide([Auth.none(Weather), FetchHttpClient.layer]))
 * console.assert(Effect.isEffect(Effect.provide(program, live)))
 * ```
 *
 * @since 0.1.0
 */
import { type Config, Context, Effect, Layer, Ref } from "effect"
import type * as HttpApi from "effect/http-api/HttpApi"
import type * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpClient from "effect/http/HttpClient"
import * as Credentials from "../auth/Credentials.ts"
import type * as Policy from "../policy/Policy.ts"
import type * as Endpoint from "./Endpoint.ts"
import {
  type AnyOptions,
  apiOptionNames,
  ApiTypeId,
  type CommonOptions,
  describe,
  type Description,
  wiringOf
} from "./internal/description.ts"
import { compile, type MethodsOf } from "./internal/methods.ts"
import { constant, fromRef, type LiveTable, type OverrideTable, type Overriding } from "./internal/overriding.ts"
import type * as Addresses from "./internal/addresses.ts"
import {
  type Address,
  type BaseAddress,
  type BaseUrl,
  type InvalidAddress,
  mockBase,
  type PerTenant,
  readBase,
  validAddress
} from "./internal/instanceAddress.ts"
import type * as FailureRule from "./FailureRule.ts"
import type {
  ApiOverrides,
  Client,
  ClientOfApi,
  EndpointOverrides,
  ExactPolicies,
  GroupPolicies,
  Replies,
  RepliesOfApi,
  Stubs,
  StubsOfApi
} from "./internal/clientTypes.ts"
import * as Mocking from "./internal/Mocking.ts"
import type { AnyTraits, Traits } from "./internal/methodTypes.ts"
import { nest } from "./internal/Placed.ts"
import * as TenantPool from "./internal/Tenants.ts"
import type * as Tenants from "./Tenants.ts"
import { checkApi, checkRecord } from "./internal/optionChecks.ts"
import * as OptionCheck from "../policy/OptionCheck.ts"
import { checkNames, checkOverrideTable } from "./internal/integrationChecks.ts"

export { InvalidAddress, perTenant } from "./internal/instanceAddress.ts"
export type { Address, BaseUrl, PerTenant } from "./internal/instanceAddress.ts"
export type {
  Client,
  ClientOfApi,
  GroupPolicies,
  Replies,
  RepliesOfApi,
  Stubs,
  StubsOfApi
} from "./internal/clientTypes.ts"
export type {
  AnyTraits,
  Method,
  MethodError,
  PaginatedMethod,
  ResponseMode,
  Success,
  Traits
} from "./internal/methodTypes.ts"

/**
 * Options of an integration whose endpoints are written by hand.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<
  B extends BaseUrl,
  Endpoints extends ReadonlyArray<Endpoint.Any>,
  P extends Policy.Policy,
  Failures extends ReadonlyArray<FailureRule.Any> = ReadonlyArray<FailureRule.Any>
> extends CommonOptions<B, P, Failures> {
  readonly endpoints: Endpoints
}

/**
 * An existing `HttpApi` with its policies, as {@link fromHttpApi} makes it.
 *
 * @since 0.1.0
 * @category models
 */
export interface FromHttpApi<
  Groups extends HttpApiGroup.Constraint,
  B extends BaseUrl,
  P extends Policy.Policy,
  Policies,
  Failures extends ReadonlyArray<FailureRule.Any> = readonly []
> {
  readonly [ApiTypeId]: {
    readonly groups: Groups
    readonly baseUrl: B
    readonly policy: P
    readonly policies: Policies
    readonly failures: Failures
  }
}

type LayerError<B> =
  B extends Config.Config<unknown> ? Config.ConfigError : B extends PerTenant ? InvalidAddress : never

/** Each tenant finds out for itself where it is. */
type TenantsLayerError<B> = B extends Config.Config<unknown> ? Config.ConfigError : never

/**
 * Overrides that may change while the program runs: of the integration's slots, and of single endpoints'.
 *
 * @since 0.1.0
 * @category models
 */
export interface LiveOverrides<P, EndpointOverrides> {
  readonly integration?: Policy.Overrides<P>
  readonly endpoints?: EndpointOverrides
}

/**
 * An integration: the key of its service, and its Layers.
 *
 * @since 0.1.0
 * @category models
 */
export interface IntegrationClass<
  Self,
  Id extends string,
  Shape,
  B,
  P,
  EndpointOverrides,
  MockReplies,
  MockStubs
> extends Context.ServiceClass<Self, Id, Shape> {
  /** Where this integration's credentials belong. */
  readonly credentials: Context.Key<Credentials.Credentials<Self>, Credentials.Service>
  /** The service over an `HttpClient`, with this integration's credentials. */
  readonly layer: Layer.Layer<Self, LayerError<B>, HttpClient.HttpClient | Credentials.Credentials<Self>>
  /** The service on behalf of a tenant, cheap enough to ask for at each request. */
  readonly forTenant: (tenant: string) => Effect.Effect<Shape, Tenants.TenantError, Tenants.Tenants<Self>>
  /**
   * The service for many tenants, over an `HttpClient`: each with the credentials that its Layer makes, and with quotas
   * and circuits of its own. Merge a `layerPolicy` into that Layer to change the policy of this tenant, and a
   * `layerAddress` to set its address; return `undefined` if there is no such tenant.
   */
  readonly layerTenants: <E, R>(
    credentialsOf: (tenant: string) => Layer.Layer<Credentials.Credentials<Self>, E, R> | undefined,
    options?: Tenants.Options
  ) => Layer.Layer<Tenants.Tenants<Self>, TenantsLayerError<B>, HttpClient.HttpClient | R>
  /** The service of the tenants, to count them and to let go of one. */
  readonly tenants: Context.Key<Tenants.Tenants<Self>, Tenants.Service<Shape>>
  /**
   * The service over typed replies: policies, encoders and decoders are the real ones, the network is not. Every tenant
   * is answered by the same replies, and in the same journal.
   */
  readonly layerMock: (replies: MockReplies) => Layer.Layer<Self | Tenants.Tenants<Self>>
  /** The service itself replaced, for tenants too: no policy, no encoding. A method without a stub dies. */
  readonly layerStub: (stubs: MockStubs) => Layer.Layer<Self | Tenants.Tenants<Self>>
  /**
   * Where the integration is, for `layer`, or a tenant, within its Layer: a value, or an Effect or `Config` of one that
   * runs when the Layer is built, such as for a URL that a login tells. Credentials go to this origin and to the listed
   * `origins`. Fails with `InvalidAddress`.
   */
  readonly layerAddress: <E = never, R = never>(
    address: Address | Effect.Effect<Address, E, R>
  ) => Layer.Layer<never, E | InvalidAddress, R>
  /** Retunes or switches off declared slots: of the integration, and of single endpoints. Provide it to `layer`. */
  readonly layerPolicy: <const O extends Policy.Overrides<P>>(
    overrides: Policy.ExactOverrides<O, Policy.Overrides<P>>,
    endpoints?: EndpointOverrides
  ) => Layer.Layer<never>
  /** As `layerPolicy`, from a reference that may change while the program runs; calls in flight end as they began. */
  readonly layerPolicyRef: (ref: Ref.Ref<LiveOverrides<P, EndpointOverrides>>) => Layer.Layer<never>
  /** Makes a reference for `layerPolicyRef`, which overrides nothing at first. */
  readonly makePolicyRef: (
    initial?: LiveOverrides<P, EndpointOverrides>
  ) => Ref.Ref<LiveOverrides<P, EndpointOverrides>>
}

/**
 * An integration whose endpoints are written by hand.
 *
 * @since 0.1.0
 * @category models
 */
export interface EndpointsClass<
  Self,
  Id extends string,
  Endpoints extends ReadonlyArray<Endpoint.Any>,
  B,
  I extends AnyTraits
> extends IntegrationClass<
  Self,
  Id,
  Client<Endpoints, I>,
  B,
  I["policy"],
  EndpointOverrides<Endpoints, I>,
  Replies<Endpoints, I>,
  Stubs<Endpoints, I>
> {}

/**
 * An integration whose endpoints are those of an `HttpApi`.
 *
 * @since 0.1.0
 * @category models
 */
export interface HttpApiClass<
  Self,
  Id extends string,
  Groups extends HttpApiGroup.Constraint,
  B,
  I extends AnyTraits,
  Policies
> extends IntegrationClass<
  Self,
  Id,
  ClientOfApi<Groups, I, Policies>,
  B,
  I["policy"],
  ApiOverrides<Groups, I, Policies>,
  RepliesOfApi<Groups, I>,
  StubsOfApi<Groups, I, Policies>
> {}

/** One signature for both, because a compile error in one of several is told after all of them. */
interface MakeService<Self> {
  <
    const Id extends string,
    const B extends BaseUrl,
    const Endpoints extends ReadonlyArray<Endpoint.Any> = never,
    const P extends Policy.Policy = {},
    const Failures extends ReadonlyArray<FailureRule.Any> = readonly [],
    Groups extends HttpApiGroup.Constraint = never,
    Policies = {}
  >(
    id: Id,
    options: Options<B, Endpoints, P, Failures> | FromHttpApi<Groups, B, P, Policies, Failures>
  ): [Groups] extends [never]
    ? EndpointsClass<Self, Id, Endpoints, B, TraitsOf<Id, P, Failures>>
    : HttpApiClass<Self, Id, Groups, B, TraitsOf<Id, P, Failures>, Policies>
}

type TraitsOf<Id extends string, P, Failures> = Traits<Id, Policy.WithStandard<P>, FailureRule.Errors<Failures>>

/**
 * Makes the class of an integration from endpoints written by hand, or from {@link fromHttpApi}. A nonsense option
 * throws `InvalidOption` where the class is defined.
 *
 * @since 0.1.0
 * @category constructors
 */
export const Service = <Self>(): MakeService<Self> =>
  // The signatures say what comes out of which options; the body works on their common shape, and what it makes has the
  // methods of that shape.
  ((id: string, options: AnyOptions) => makeClass<Self>(id, describe(id, options))) as unknown as MakeService<Self>

/**
 * Takes an existing `HttpApi`, such as one generated from an OpenAPI description, with policies beside it: `policy` for
 * all, `policies` by group and endpoint. The description is never edited.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromHttpApi = <
  Id extends string,
  Groups extends HttpApiGroup.Constraint,
  const B extends BaseUrl,
  const P extends Policy.Policy = {},
  const Policies extends GroupPolicies<Groups> = {},
  const Failures extends ReadonlyArray<FailureRule.Any> = readonly []
>(
  api: HttpApi.HttpApi<Id, Groups>,
  options: CommonOptions<B, P, Failures> & { readonly policies?: Policies & ExactPolicies<Groups, Policies> }
): FromHttpApi<Groups, B, P, Policies, Failures> => {
  checkApi("api", api)
  checkRecord("options of fromHttpApi", options)
  checkNames("options of fromHttpApi", options, apiOptionNames)
  const { policies, ...common } = options
  // The phantom types live under the same key as the values that the class is made of.
  return {
    ...common,
    [ApiTypeId]: { api, policies: policies === undefined ? {} : policies }
  } as unknown as FromHttpApi<Groups, B, P, Policies, Failures>
}

const makeClass = <Self>(id: string, description: Description) => {
  const tag = Context.Service<Self, object>()(id)
  const credentials = Credentials.key<Self>(id)
  const tenants = Context.Service<Tenants.Tenants<Self>, Tenants.Service<object>>(`causeway/client/Tenants/${id}`)
  const overrides = Context.Reference<Overriding>(`causeway/client/Integration/Policy/${id}`, {
    defaultValue: () => constant({ integration: {}, endpoints: {} })
  })
  const address = Context.Reference<Partial<Addresses.Address>>(`causeway/client/Integration/Address/${id}`, {
    defaultValue: () => ({})
  })
  /** The methods over the credentials, the address and the policy that a tenant's Layer has made. */
  const methodsIn =
    (methods: MethodsOf, base: BaseAddress): TenantPool.MethodsIn<Credentials.Credentials<Self>> =>
    (context, tenant) =>
      Effect.map(base(Context.get(context, address)), (address) =>
        methods(Context.get(context, overrides), { address, credentials: Context.get(context, credentials) }, tenant)
      )
  return Object.assign(tag, {
    credentials,
    tenants,
    layer: Layer.effect(
      tag,
      Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        const methods = yield* compile(description, { ...wiringOf(description), client: () => client })
        const given = yield* address
        const base = yield* readBase(description, given)
        const own = { address: yield* base(given), credentials: yield* credentials }
        return nest(description.placed, methods(yield* overrides, own))
      })
    ),
    forTenant: (tenant: string) => Effect.flatMap(tenants, ({ forTenant }) => forTenant(tenant)),
    layerTenants: <E, R>(
      credentialsOf: (tenant: string) => Layer.Layer<Credentials.Credentials<Self>, E, R> | undefined,
      options: Tenants.Options = {}
    ) => {
      OptionCheck.callback("layerTenants.credentialsOf", credentialsOf)
      const { idleMillis, maxKeys } = TenantPool.validOptions(options)
      return Layer.effect(
        tenants,
        Effect.gen(function* () {
          const client = yield* HttpClient.HttpClient
          const base = yield* readBase(description, {})
          const wiring = { ...wiringOf(description), client: () => client }
          const methods = yield* compile(description, wiring, { maxKeys })
          return yield* TenantPool.make({
            integration: id,
            placed: description.placed,
            idleMillis,
            layerOf: credentialsOf,
            methodsIn: methodsIn(methods, base)
          })
        })
      )
    },
    layerMock: (replies: Mocking.ReplyTable) =>
      Layer.effectContext(
        Effect.gen(function* () {
          const mock = Mocking.make(description.id, description.placed, replies, description.failures)
          const base = mockBase(description, mock.baseUrl)
          const methods = yield* compile(description, { ...wiringOf(description), client: mock.client })
          const anonymous = Layer.succeed(credentials, mock.credentials)
          const pool = yield* TenantPool.make({
            integration: id,
            placed: description.placed,
            idleMillis: undefined,
            layerOf: () => anonymous,
            methodsIn: methodsIn(methods, () => Effect.succeed(base)),
            dress: mock.journalled
          })
          const own = { address: base, credentials: mock.credentials }
          const service = nest(description.placed, methods(yield* overrides, own))
          return Context.make(tag, mock.journalled(service)).pipe(Context.add(tenants, pool))
        })
      ),
    layerStub: (stubs: Mocking.StubTable) =>
      Layer.effectContext(
        Effect.sync(() => {
          const service = Mocking.stubbed(id, description.placed, stubs)
          return Context.make(tag, service).pipe(Context.add(tenants, TenantPool.always(id, service)))
        })
      ),
    layerAddress: <E, R>(given: Address | Effect.Effect<Address, E, R>) =>
      Layer.effect(
        address,
        Effect.flatMap(Effect.isEffect(given) ? given : Effect.succeed(given), (given) => validAddress(id, given))
      ),
    layerPolicy: (integration: Policy.Policy, endpoints: OverrideTable["endpoints"] = {}) => {
      checkOverrideTable(id, { integration, endpoints }, description.placed)
      return Layer.succeed(overrides, constant({ integration, endpoints }))
    },
    layerPolicyRef: (ref: Ref.Ref<LiveTable>) => Layer.sync(overrides, () => fromRef(ref)),
    makePolicyRef: (initial: LiveTable = {}) => {
      checkRecord(`makePolicyRef of ${id}`, initial)
      const { endpoints = {}, integration = {}, ...others } = initial
      checkNames(`makePolicyRef of ${id}`, others, ["integration", "endpoints"])
      checkOverrideTable(id, { integration, endpoints }, description.placed)
      return Ref.makeUnsafe(initial)
    }
  })
}
