/** The types of an integration's methods, policies, replies and stubs, by name or by group and name. */
import type { Effect } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import type * as Policy from "../../policy/Policy.ts"
import type * as Endpoint from "../Endpoint.ts"
import type { Reply } from "../Reply.ts"
import type { AnyTraits, MethodError, MethodOf, PolicyOf, Request, Success } from "./methodTypes.ts"

/**
 * The methods of a list of endpoints.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Client<Endpoints extends ReadonlyArray<Endpoint.Any>, I extends AnyTraits> = [Endpoints] extends [never]
  ? never // A conditional type has no name, so that an editor shows the methods.
  : { readonly [T in Endpoints[number] as T["identifier"]]: MethodOf<T, I, PolicyOf<T>> }

/**
 * Policies for the endpoints of an `HttpApi`, by group and endpoint.
 *
 * @since 0.1.0
 * @category models
 */
export type GroupPolicies<Groups extends HttpApiGroup.Constraint> = {
  readonly [G in Groups as HttpApiGroup.Identifier<G>]?: {
    readonly [Name in keyof EndpointsOf<G>]?: Policy.Policy
  }
}

/** `Policies`, in which each group, endpoint and slot is one that there is. */
export type ExactPolicies<Groups extends HttpApiGroup.Constraint, Policies> = {
  readonly [G in keyof Policies]: G extends HttpApiGroup.Identifier<Groups>
    ? {
        readonly [Name in keyof Policies[G]]: Name extends NamesIn<Groups, G> ? Policy.Exact<Policies[G][Name]> : never
      }
    : never
}

type NamesIn<Groups, G> = Groups extends HttpApiGroup.Constraint
  ? HttpApiGroup.Identifier<Groups> extends G
    ? keyof EndpointsOf<Groups>
    : never
  : never

type EndpointsOf<G> = G extends { readonly endpoints: infer Endpoints } ? Endpoints : never

type OwnPolicy<T, Policies, Name> = Name extends keyof Policies ? At<Policies, Name> : PolicyOf<T>

type At<Record, Key> = Key extends keyof Record ? Exclude<Record[Key], undefined> : {}

type GroupClient<G extends HttpApiGroup.Constraint, I extends AnyTraits, Policies> = {
  readonly [Name in keyof EndpointsOf<G>]: MethodOf<
    EndpointsOf<G>[Name],
    I,
    OwnPolicy<EndpointsOf<G>[Name], Policies, Name>
  >
}

/**
 * The methods of an `HttpApi`: by group, those of top-level groups directly.
 *
 * @since 0.1.0
 * @category utility types
 */
export type ClientOfApi<Groups extends HttpApiGroup.Constraint, I extends AnyTraits, Policies> = {
  readonly [G in Extract<Groups, { readonly topLevel: false }> as HttpApiGroup.Identifier<G>]: GroupClient<
    G,
    I,
    At<Policies, HttpApiGroup.Identifier<G>>
  >
} & UnionToIntersection<
  Groups extends { readonly topLevel: true }
    ? GroupClient<Groups, I, At<Policies, HttpApiGroup.Identifier<Groups>>>
    : never
>

type UnionToIntersection<U> = [U] extends [never]
  ? {}
  : (U extends unknown ? (member: U) => void : never) extends (all: infer All) => void
    ? All
    : never

type ReplyTo<T, I extends AnyTraits> = T extends HttpApiEndpoint.ConstraintRequest
  ? Reply<Success<T["~Success"]>, HttpApiEndpoint.Errors<T> | I["failure"]>
  : never

type StubOf<T, I extends AnyTraits, EP> = T extends HttpApiEndpoint.ConstraintRequest
  ? (
      request: Request<T, "decoded-only">,
      options?: Policy.CallOptions
    ) => Effect.Effect<Success<T["~Success"], I, EP, {}, HttpApiEndpoint.Errors<T>>, MethodError<T, I, EP>>
  : never

/**
 * Replies for the endpoints of a list, by name.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Replies<Endpoints extends ReadonlyArray<Endpoint.Any>, I extends AnyTraits> = {
  readonly [T in Endpoints[number] as T["identifier"]]?: ReplyTo<T, I>
}

/**
 * Stubs for the endpoints of a list, by name.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Stubs<Endpoints extends ReadonlyArray<Endpoint.Any>, I extends AnyTraits> = {
  readonly [T in Endpoints[number] as T["identifier"]]?: StubOf<T, I, PolicyOf<T>>
}

/**
 * Replies for the endpoints of an `HttpApi`, by group and name.
 *
 * @since 0.1.0
 * @category utility types
 */
export type RepliesOfApi<Groups extends HttpApiGroup.Constraint, I extends AnyTraits> = {
  readonly [G in Groups as HttpApiGroup.Identifier<G>]?: {
    readonly [Name in keyof EndpointsOf<G>]?: ReplyTo<EndpointsOf<G>[Name], I>
  }
}

/**
 * Stubs for the endpoints of an `HttpApi`, by group and name.
 *
 * @since 0.1.0
 * @category utility types
 */
export type StubsOfApi<Groups extends HttpApiGroup.Constraint, I extends AnyTraits, Policies> = {
  readonly [G in Groups as HttpApiGroup.Identifier<G>]?: {
    readonly [Name in keyof EndpointsOf<G>]?: StubOf<
      EndpointsOf<G>[Name],
      I,
      OwnPolicy<EndpointsOf<G>[Name], At<Policies, HttpApiGroup.Identifier<G>>, Name>
    >
  }
}

/** Overrides for the slots that are on for the endpoints of a list, by name. */
export type EndpointOverrides<Endpoints extends ReadonlyArray<Endpoint.Any>, I extends AnyTraits> = {
  readonly [T in Endpoints[number] as T["identifier"]]?: Policy.Overrides<Policy.Merged<I["policy"], PolicyOf<T>>>
}

/** Overrides for the slots that are on for the endpoints of an `HttpApi`, by group and name. */
export type ApiOverrides<Groups extends HttpApiGroup.Constraint, I extends AnyTraits, Policies> = {
  readonly [G in Groups as HttpApiGroup.Identifier<G>]?: {
    readonly [Name in keyof EndpointsOf<G>]?: Policy.Overrides<
      Policy.Merged<I["policy"], OwnPolicy<EndpointsOf<G>[Name], At<Policies, HttpApiGroup.Identifier<G>>, Name>>
    >
  }
}
