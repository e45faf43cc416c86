import { Context, Duration, Effect, Exit, Layer, LayerMap, Scope, Stream } from "effect"
import * as AuthError from "../../auth/AuthError.ts"
import * as CallError from "../../policy/CallError.ts"
import * as InvalidOption from "../../policy/InvalidOption.ts"
import { definition } from "../Endpoint.ts"
import {
  type Options as TenantOptions,
  type Service,
  type TenantError,
  TenantUnavailable,
  UnknownTenant
} from "../Tenants.ts"
import type { Method } from "./CompiledEndpoint.ts"
import { nest, pathOf, type Placed } from "./Placed.ts"
import { checkTenants } from "./optionChecks.ts"

/** What is made of the context in which a tenant's Layer was built, and of what it has made: methods by their places. */
export type MethodsIn<I> = (
  context: Context.Context<I>,
  tenant: string
) => Effect.Effect<(placed: Placed) => Method, unknown>

export interface Options<I, E, R> {
  readonly integration: string
  readonly placed: ReadonlyArray<Placed>
  /** Undefined for tenants that stay. */
  readonly idleMillis: number | undefined
  /** Undefined where there is no such tenant. */
  readonly layerOf: (tenant: string) => Layer.Layer<I, E, R> | undefined
  readonly methodsIn: MethodsIn<I>
  /** What is handed out for a tenant, made of what this module makes. */
  readonly dress?: (service: Record<string, unknown>, tenant: string) => object
}

export const validOptions = (options: TenantOptions) => {
  checkTenants("layerTenants", options)
  return {
    idleMillis: InvalidOption.positiveMillis("layerTenants.idleTimeToLive", options.idleTimeToLive ?? "10 minutes"),
    maxKeys: options.maxKeys ?? 100_000
  }
}

/** The same service for every tenant. */
export const always = (integration: string, service: object): Service<object> => ({
  forTenant: (tenant) => {
    const why = problemOf(tenant)
    return why === undefined ? Effect.succeed(service) : Effect.fail(new UnknownTenant({ integration, tenant, why }))
  },
  release: () => Effect.void,
  size: Effect.succeed(0)
})

/** Makes the tenants of an integration, in the context in which their Layers are built. */
export const make = <I, E, R>(options: Options<I, E, R>): Effect.Effect<Service<object>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const { integration, layerOf } = options
    const layers = yield* LayerMap.make((tenant: string) => layerOf(tenant) ?? unknown<I>(integration, tenant))
    const pool = new Pool(options, layers, yield* Effect.context<never>(), yield* Effect.scope)
    return {
      forTenant: (tenant) => pool.serviceOf(tenant),
      release: (tenant) => pool.release(tenant),
      size: Effect.sync(() => pool.size)
    }
  })

type Layers<I> = Pick<LayerMap.LayerMap<string, I, never>, "invalidate"> & {
  readonly contextEffect: (tenant: string) => Effect.Effect<Context.Context<I>, unknown, Scope.Scope>
}

interface Held {
  readonly tenant: string
  readonly methods: (placed: Placed) => Method
  readonly service: object
  readonly scope: Scope.Closeable
  inFlight: number
  lastUsed: number
  isLetGo: boolean
}

/** In how many parts the time is counted that a tenant may be idle. */
const ticksOfIdleTime = 10

/**
 * The tenants that are held. What is in use is counted here rather than by the LayerMap, whose own count costs a scope at
 * each call and a fibre for each idle key.
 */
class Pool<I> {
  readonly #options: Omit<Options<I, never, never>, "layerOf">
  readonly #layers: Layers<I>
  readonly #context: Context.Context<never>
  readonly #scope: Scope.Scope
  readonly #held = new Map<string, Held>()
  #releases = 0
  #tick = 0
  #isSweeping = false

  constructor(
    options: Omit<Options<I, never, never>, "layerOf">,
    layers: Layers<I>,
    context: Context.Context<never>,
    scope: Scope.Scope
  ) {
    this.#options = options
    this.#layers = layers
    this.#context = context
    this.#scope = scope
  }

  get size(): number {
    return this.#held.size
  }

  serviceOf(tenant: string): Effect.Effect<object, TenantError> {
    return Effect.suspend(() => {
      const held = this.#held.get(tenant)
      if (held === undefined) return Effect.map(this.#open(tenant), ({ service }) => service)
      held.lastUsed = this.#tick
      return Effect.succeed(held.service)
    })
  }

  release(tenant: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#releases += 1
      const held = this.#held.get(tenant)
      const invalidated = this.#layers.invalidate(tenant)
      return held === undefined ? invalidated : Effect.andThen(invalidated, this.#letGo(held))
    })
  }

  /** Counts a call in for as long as it takes. */
  #call(tenant: string, placed: Placed, call: (method: Method) => ReturnType<Method>): ReturnType<Method> {
    return Effect.uninterruptibleMask((restore) => {
      const enter = (held: Held) => {
        held.inFlight += 1
        return Effect.onExit(restore(call(held.methods(placed))), () => this.#leave(held))
      }
      const held = this.#held.get(tenant)
      return held === undefined ? Effect.flatMap(restore(this.#openFor(tenant, placed)), enter) : enter(held)
    })
  }

  /** Counts a stream in for as long as its scope is open. */
  #hold(tenant: string, placed: Placed): Effect.Effect<Method, CallError.Unauthorized, Scope.Scope> {
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(this.#openFor(tenant, placed)), (held) => {
        held.inFlight += 1
        return Effect.as(
          Effect.addFinalizer(() => this.#leave(held)),
          held.methods(placed)
        )
      })
    )
  }

  /** Who was handed a service has methods with the errors of calls alone. */
  #openFor(tenant: string, placed: Placed): Effect.Effect<Held, CallError.Unauthorized> {
    return Effect.suspend(() => {
      const held = this.#held.get(tenant)
      if (held !== undefined) return Effect.succeed(held)
      return Effect.mapError(this.#open(tenant), (error) => unauthorizedBy(placed, error))
    })
  }

  #leave(held: Held): Effect.Effect<void> {
    held.inFlight -= 1
    held.lastUsed = this.#tick
    return held.isLetGo && held.inFlight === 0 ? Scope.close(held.scope, Exit.void) : Effect.void
  }

  #letGo(held: Held): Effect.Effect<void> {
    this.#held.delete(held.tenant)
    held.isLetGo = true
    return held.inFlight === 0 ? Scope.close(held.scope, Exit.void) : Effect.void
  }

  #open(tenant: string): Effect.Effect<Held, TenantError> {
    const why = problemOf(tenant)
    if (why !== undefined) {
      return Effect.fail(new UnknownTenant({ integration: this.#options.integration, tenant, why }))
    }
    return Effect.uninterruptibleMask((restore) => {
      const scope = Scope.makeUnsafe()
      const releases = this.#releases
      return restore(this.#build(tenant, scope)).pipe(
        Effect.onExit((exit) => (Exit.isFailure(exit) ? Scope.close(scope, exit) : Effect.void)),
        Effect.mapError((error) => this.#unavailable(tenant, error)),
        Effect.flatMap((methods) => this.#adopt(tenant, methods, scope, releases))
      )
    })
  }

  /** However many ask, the LayerMap builds once; in the context of its own Layer, never in that of who asks. */
  #build(tenant: string, scope: Scope.Scope): Effect.Effect<Held["methods"], unknown> {
    return Effect.flatMap(
      Effect.updateContext(this.#layers.contextEffect(tenant), (_: Context.Context<never>) =>
        Context.add(this.#context, Scope.Scope, scope)
      ),
      (built) => this.#options.methodsIn(Context.merge(this.#context, built), tenant)
    )
  }

  #adopt(
    tenant: string,
    methods: Held["methods"],
    scope: Scope.Closeable,
    releases: number
  ): Effect.Effect<Held, TenantError> {
    const known = this.#held.get(tenant)
    if (known !== undefined) return Effect.as(Scope.close(scope, Exit.void), known)
    // It may have been this one that was to be made anew.
    if (releases !== this.#releases) return Effect.andThen(Scope.close(scope, Exit.void), this.#open(tenant))
    const service = this.#serviceFor(tenant)
    const held: Held = { tenant, methods, service, scope, inFlight: 0, lastUsed: this.#tick, isLetGo: false }
    this.#held.set(tenant, held)
    return Effect.as(this.#sweeping(), held)
  }

  #sweeping(): Effect.Effect<void> {
    const { idleMillis } = this.#options
    if (this.#isSweeping || idleMillis === undefined) return Effect.void
    this.#isSweeping = true
    return Effect.asVoid(Effect.forkIn(this.#sweep(idleMillis / ticksOfIdleTime), this.#scope))
  }

  /** One fibre for all, for as long as there is anyone to release. */
  #sweep(everyMillis: number): Effect.Effect<void> {
    return Effect.flatMap(Effect.sleep(Duration.millis(everyMillis)), () => {
      this.#tick += 1
      const idle = Array.from(this.#held.values()).filter((held) => this.#isIdle(held))
      const closed = Effect.forEach(idle, (held) => Effect.forkIn(this.#letGo(held), this.#scope), { discard: true })
      return Effect.andThen(
        closed,
        Effect.suspend(() => this.#sweepOn(everyMillis))
      )
    })
  }

  #sweepOn(everyMillis: number): Effect.Effect<void> {
    this.#isSweeping = this.#held.size > 0
    return this.#isSweeping ? this.#sweep(everyMillis) : Effect.void
  }

  #isIdle({ inFlight, lastUsed }: Held): boolean {
    return inFlight === 0 && this.#tick - lastUsed > ticksOfIdleTime
  }

  #serviceFor(tenant: string): object {
    const service = nest(this.#options.placed, (placed) => this.#method(tenant, placed))
    return this.#options.dress?.(service, tenant) ?? service
  }

  #method(tenant: string, placed: Placed): Method {
    const method: Method = (input, options) => this.#call(tenant, placed, (method) => method(input, options))
    if (definition(placed.endpoint).pagination === undefined) return method
    const streamed =
      (name: "pages" | "items"): NonNullable<Method["pages"]> =>
      (input, options) =>
        Stream.unwrap(
          Effect.map(this.#hold(tenant, placed), (method) => method[name]?.(input, options) ?? Stream.empty)
        )
    return Object.assign(method, { pages: streamed("pages"), items: streamed("items") })
  }

  #unavailable(tenant: string, error: unknown): TenantError {
    const { integration } = this.#options
    if (error instanceof UnknownTenant) return error
    const cause = AuthError.of(error)
    const known = cause ?? (isInvalidAddress(error) ? error : undefined)
    const why = known?.message ?? nameOf(error)
    return new TenantUnavailable({ integration, tenant, why, ...(known !== undefined && { cause: known }) })
  }
}

const unauthorizedBy = (placed: Placed, error: TenantError): CallError.Unauthorized =>
  new CallError.Unauthorized({
    integration: error.integration,
    tenant: error.tenant,
    endpoint: pathOf(placed),
    method: placed.endpoint.method,
    url: placed.endpoint.path,
    attempts: 0,
    elapsed: Duration.zero,
    requestId: undefined,
    category: error._tag === "UnknownTenant" ? "unauthorized" : error.category,
    status: undefined,
    reason: `the credentials of its tenant could not be made (${error.why})`,
    cause: error
  })

const unknown = <I>(integration: string, tenant: string): Layer.Layer<I, UnknownTenant> =>
  Layer.effectContext(Effect.fail(new UnknownTenant({ integration, tenant, why: "nobody knows it" })))

const problemOf = (tenant: string): string | undefined => {
  if (tenant.trim() === "") return "its id is empty"
  if (tenant.length > 256) return "its id is longer than 256 characters"
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\x00-\x1f\x7f]/.test(tenant) || !tenant.isWellFormed() ? "its id holds what no text does" : undefined
}

/** Its message has no more of a URL than `InvalidOption` shows. */
const isInvalidAddress = (error: unknown): error is Error =>
  error instanceof Error && "_tag" in error && error._tag === "InvalidAddress"

const nameOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "failed"
  if ("_tag" in error && typeof error._tag === "string") return error._tag
  return error instanceof Error ? error.name : "failed"
}
