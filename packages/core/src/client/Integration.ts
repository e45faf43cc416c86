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
import { type Config, Context, Effect, Layer, Option, Ref } from "effect"
import * as HttpApi from "effect/http-api/HttpApi"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpClient from "effect/http/HttpClient"
import * as Credentials from "../auth/Credentials.ts"
import * as BreakerStore from "../policy/BreakerStore.ts"
import * as CacheStore from "../policy/CacheStore.ts"
import * as Engine from "../policy/Engine.ts"
import * as Failure from "../policy/Failure.ts"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as Policy from "../policy/Policy.ts"
import * as RateLimitStore from "../policy/RateLimitStore.ts"
import * as RetryBudgetStore from "../policy/RetryBudgetStore.ts"
import * as Endpoint from "./Endpoint.ts"
import { checkDescription, checkNames, checkOverrides } from "./internal/integrationChecks.ts"
import { compileCodec, type Wiring } from "./internal/codec.ts"
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
import { validBaseUrl, validHeaders, validOrigin } from "./internal/addresses.ts"
import * as Compiled from "./internal/CompiledEndpoint.ts"
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
import { checkRules } from "./internal/failureRules.ts"
import { validRedirects } from "./internal/endpointChecks.ts"
import * as Mocking from "./internal/Mocking.ts"
import type { AnyTraits, Traits } from "./internal/methodTypes.ts"
import { lookup, nest, pathOf, type Placed } from "./internal/Placed.ts"
import * as TenantPool from "./internal/Tenants.ts"
import type * as Tenants from "./Tenants.ts"

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

interface CommonOptions<B extends BaseUrl, P extends Policy.Policy, Failures extends ReadonlyArray<FailureRule.Any>> {
  /** Where the provider is: `http` or `https`, with a path if it has one, without query or fragment. */
  readonly baseUrl: B
  /** How every endpoint is called, slot by slot over `Policy.standard`; `null` turns a slot off, `Policy.none` all. */
  readonly policy?: Policy.Exact<P>
  /**
   * Further origins that get the credentials and headers of this integration, such as `https://files.example`: those of
   * URLs that the provider gives. The origin of `baseUrl` is always one. Default: none.
   */
  readonly origins?: ReadonlyArray<string>
  /** Which redirects are followed, at most 10 in a row, each within the time of its attempt. Default: `none`. */
  readonly redirects?: Endpoint.Redirects
  /**
   * What every request carries, such as a version; those of a tenant, an endpoint and a call go before these. Default: a
   * `user-agent` that names Causeway and the integration, and an `accept` for what the endpoint declares.
   */
  readonly headers?: Readonly<Record<string, string>>
  /** Bodies that are failures whatever their status, for all endpoints; an endpoint's rules go first. Default: none. */
  readonly failures?: Failures
  /** What a response means, where the provider has its own way. Default: `Failure.classify`. */
  readonly classify?: Failure.Classify
  /** The largest body that is decoded, in bytes; a streamed one is not bounded. Default: 32 MiB. */
  readonly maxBodyBytes?: number
}

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

const ApiTypeId = "~causeway/client/Integration/FromHttpApi"

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
   * and circuits of its own. A `layerPolicy` merged into that Layer retunes the one tenant, a `layerAddress` says where it
   * is; `undefined` says that there is no such tenant.
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
  const { policies, ...common } = options
  // The phantom types live under the same key as the values that the class is made of.
  return { ...common, [ApiTypeId]: { api, policies: policies ?? {} } } as unknown as FromHttpApi<
    Groups,
    B,
    P,
    Policies,
    Failures
  >
}

type PolicyTable = Readonly<Record<string, Readonly<Record<string, Policy.Policy>> | undefined>>

interface AnyOptions extends CommonOptions<BaseUrl, Policy.Policy, ReadonlyArray<FailureRule.Any>> {
  readonly endpoints?: ReadonlyArray<HttpApiEndpoint.Top>
  readonly [ApiTypeId]?: {
    readonly api: HttpApi.HttpApi<string, HttpApiGroup.Constraint>
    readonly policies: PolicyTable
  }
}

interface Description {
  readonly id: string
  readonly baseUrl: BaseUrl
  readonly origins: ReadonlySet<string>
  readonly redirects: Endpoint.Redirects
  readonly policy: Policy.Policy
  readonly headers: Readonly<Record<string, string>>
  readonly classify: Failure.Classify
  readonly maxBodyBytes: number
  readonly failures: ReadonlyArray<FailureRule.Any>
  readonly placed: ReadonlyArray<Placed>
}

const optionNames = {
  baseUrl: true,
  classify: true,
  endpoints: true,
  failures: true,
  headers: true,
  maxBodyBytes: true,
  origins: true,
  policy: true,
  redirects: true,
  [ApiTypeId]: true
} as const satisfies { readonly [K in keyof AnyOptions]-?: true }

const describe = (id: string, options: AnyOptions): Description => {
  checkNames(`options of ${id}`, options, Object.keys(optionNames))
  const placed = options[ApiTypeId] === undefined ? fromEndpoints(options.endpoints ?? []) : fromApi(options[ApiTypeId])
  const description: Description = {
    id,
    baseUrl: typeof options.baseUrl === "string" ? validBaseUrl(`baseUrl of ${id}`, options.baseUrl) : options.baseUrl,
    origins: new Set((options.origins ?? []).map((origin) => validOrigin(`origins of ${id}`, origin))),
    redirects: validRedirects(`redirects of ${id}`, options.redirects) ?? "none",
    policy: Policy.merge(Policy.standard, options.policy ?? {}),
    classify: options.classify ?? Failure.classify,
    headers: validHeaders(`headers of ${id}`, options.headers ?? {}),
    maxBodyBytes: InvalidOption.integer("maxBodyBytes", options.maxBodyBytes ?? 32 * 1024 * 1024, 1),
    failures: options.failures ?? [],
    placed
  }
  checkDescription(id, options.policy ?? {}, placed)
  for (const { policy } of placed) Policy.compile(Policy.merge(description.policy, policy))
  rejectDuplicates(id, placed)
  checkRules(id, description.failures)
  return description
}

const fromEndpoints = (endpoints: ReadonlyArray<HttpApiEndpoint.Top>): ReadonlyArray<Placed> =>
  endpoints.map((endpoint) => ({
    endpoint,
    group: undefined,
    atTop: true,
    name: endpoint.identifier,
    policy: Endpoint.definition(endpoint).policy
  }))

const fromApi = ({ api, policies }: NonNullable<AnyOptions[typeof ApiTypeId]>): ReadonlyArray<Placed> => {
  const placed: Array<Placed> = []
  HttpApi.reflect(api, {
    onGroup: () => {},
    onEndpoint: ({ endpoint, group }) =>
      placed.push({
        endpoint,
        group: group.identifier,
        atTop: group.topLevel,
        name: endpoint.identifier,
        policy: policies[group.identifier]?.[endpoint.identifier] ?? Endpoint.definition(endpoint).policy
      })
  })
  return placed
}

const rejectDuplicates = (id: string, placed: ReadonlyArray<Placed>): void => {
  const paths = placed.map(pathOf)
  const twice = paths.find((path, index) => paths.indexOf(path) !== index)
  if (twice !== undefined) {
    throw new InvalidOption.InvalidOption({
      option: `endpoints of ${id}`,
      actual: `a list with two endpoints named ${twice}`,
      accepts: "a list in which each name is used once"
    })
  }
}

type Overriding = () => OverrideTable

interface OverrideTable {
  readonly integration: Policy.Policy
  readonly endpoints: Readonly<Record<string, Policy.Policy | Readonly<Record<string, Policy.Policy>>>>
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
    layerPolicy: (integration: Policy.Policy, endpoints: OverrideTable["endpoints"] = {}) =>
      Layer.succeed(overrides, constant({ integration, endpoints })),
    layerPolicyRef: (ref: Ref.Ref<LiveTable>) => Layer.sync(overrides, () => fromRef(ref)),
    makePolicyRef: (initial: LiveTable = {}) => Ref.makeUnsafe(initial)
  })
}

const constant =
  (table: OverrideTable): Overriding =>
  () =>
    table

interface LiveTable {
  readonly integration?: OverrideTable["integration"]
  readonly endpoints?: OverrideTable["endpoints"]
}

/** The same table for as long as the reference holds the same value, so that nothing is compiled twice. */
const fromRef = (ref: Ref.Ref<LiveTable>): Overriding => {
  let seen = Ref.getUnsafe(ref)
  let table = tableOf(seen)
  return () => {
    const now = Ref.getUnsafe(ref)
    if (now !== seen) {
      table = tableOf(now)
      seen = now
    }
    return table
  }
}

const tableOf = ({ endpoints = {}, integration = {} }: LiveTable): OverrideTable => ({ endpoints, integration })

const wiringOf = ({ classify, failures, id, maxBodyBytes, redirects }: Description) => ({
  id,
  classify,
  failures,
  maxBodyBytes,
  redirects
})

/** The methods of one instance of an integration, or of one of its tenants. */
type MethodsOf = (
  overrides: Overriding,
  own: Pick<Wiring, "address" | "credentials">,
  tenant?: string
) => (placed: Placed) => Compiled.Method

/** What all tenants have in common is compiled once; what is one's own, when it is first called. */
const compile = (
  description: Description,
  given: Omit<Wiring, "address" | "credentials">,
  options: { readonly maxKeys?: number } = {}
): Effect.Effect<MethodsOf> =>
  Effect.gen(function* () {
    const stores = {
      rateLimits: Option.getOrUndefined(yield* Effect.serviceOption(RateLimitStore.RateLimitStore)),
      breakers: Option.getOrUndefined(yield* Effect.serviceOption(BreakerStore.BreakerStore)),
      retryBudgets: Option.getOrUndefined(yield* Effect.serviceOption(RetryBudgetStore.RetryBudgetStore)),
      cache: Option.getOrUndefined(yield* Effect.serviceOption(CacheStore.CacheStore))
    }
    const state = Engine.makeState(stores, options)
    const codecOf = oncePer((placed: Placed) => compileCodec(placed.endpoint, given))
    const policyOf = oncePer((table: OverrideTable) =>
      oncePer((placed: Placed) => compilePolicy(description, placed, table))
    )
    return (overrides, ofOne, tenant) => {
      const own = { ...given, ...ofOne }
      // An override that makes no sense is refused where it is provided, not at the first call.
      checkOverrides(description.id, overrides(), description.placed)
      description.placed.forEach(policyOf(overrides()))
      return oncePer((placed) => {
        const engine = onceFor(overrides, (table) =>
          engineOf({ description, placed, policy: policyOf(table)(placed), state, table, tenant })
        )
        return Compiled.makeMethod(placed.endpoint, engine, own, codecOf(placed))
      })
    }
  })

const oncePer = <Key extends object, Value>(make: (key: Key) => Value) => {
  const made = new WeakMap<Key, Value>()
  return (key: Key): Value => {
    const known = made.get(key)
    if (known !== undefined) return known
    const value = make(key)
    made.set(key, value)
    return value
  }
}

/** Compiles anew when the overrides have changed; calls in flight keep what they began with. */
const onceFor = (overrides: Overriding, compile: (table: OverrideTable) => Engine.Engine): (() => Engine.Engine) => {
  let table = overrides()
  let engine = compile(table)
  return () => {
    const now = overrides()
    if (now !== table) {
      engine = compile(now)
      table = now
    }
    return engine
  }
}

const compilePolicy = (description: Description, placed: Placed, overrides: OverrideTable): Policy.Compiled =>
  Policy.compile(Policy.merge(Policy.merge(description.policy, overrides.integration), ownPolicy(placed, overrides)))

const ownPolicy = (placed: Placed, overrides: OverrideTable): Policy.Policy =>
  Policy.merge(placed.policy, lookup(placed, overrides.endpoints) ?? {})

interface EngineParts {
  readonly description: Description
  readonly placed: Placed
  readonly table: OverrideTable
  readonly policy: Policy.Compiled
  readonly state: Engine.State
  readonly tenant: string | undefined
}

const engineOf = ({ description, placed, policy, state, table, tenant }: EngineParts): Engine.Engine => {
  const own = ownPolicy(placed, table)
  const call = {
    integration: description.id,
    ...(tenant !== undefined && { tenant }),
    endpoint: pathOf(placed),
    method: placed.endpoint.method,
    url: placed.endpoint.path
  }
  const scope = Engine.scopeOf(call)
  return Engine.make({
    state,
    call,
    policy,
    isDeadlineOwn: own.deadline !== undefined && own.deadline !== null,
    isTimeoutOwn: own.timeout !== undefined && own.timeout !== null,
    keyOf: (slot) => (slot in own ? `${scope}/${pathOf(placed)}` : scope)
  })
}
