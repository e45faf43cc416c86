/** The types of methods: request, success, errors and services. */
import type { RequestOf } from "./request.ts"
import type { Effect, Schema, Stream } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as CallError from "../../policy/CallError.ts"
import type * as Policy from "../../policy/Policy.ts"
import type { Reconnects } from "../Events.ts"

/**
 * The success of a method: the decoded success, the raw response, or both.
 *
 * @since 0.1.0
 * @category models
 */
export type ResponseMode = HttpApiEndpoint.ClientResponseMode

/**
 * The traits shared by the methods of an integration: its id, its policy (slot by slot over the standard one), and the
 * failures that its rules find in bodies.
 *
 * @since 0.1.0
 * @category models
 */
export interface Traits<Id extends string, P, Failure = never> {
  readonly id: Id
  readonly policy: P
  readonly failure: Failure
}

/**
 * Any {@link Traits}.
 *
 * @since 0.1.0
 * @category models
 */
export type AnyTraits = Traits<string, unknown, unknown>

/**
 * The decoded success of a schema; a streamed one is a Stream. It fails with `TransportFailure`, `DecodeFailure`, the errors
 * that its schema declares, and `Timeout` unless `idleTimeout` and `deadline` are both off.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Success<S, I extends AnyTraits = Traits<string, Policy.Policy>, EP = {}, O = {}, Declared = never> =
  S extends HttpApiSchema.WithHeaders<infer Inner, infer Headers>
    ? HttpApiSchema.withHeaders<Success<Inner, I, EP, O, Declared>, Headers["Type"]>
    : S extends HttpApiSchema.StreamSse<infer _Events, infer Error, infer Value>
      ? Stream.Stream<
          Value,
          Error["Type"] | StreamError<I, EP, O> | (S extends Reconnects ? ReconnectError<I, EP> | Declared : never)
        >
      : S extends HttpApiSchema.StreamUint8Array
        ? Stream.Stream<Uint8Array, StreamError<I, EP, O>>
        : S extends HttpApiSchema.StreamNdjson<infer Element>
          ? Stream.Stream<Element["Type"], StreamError<I, EP, O>>
          : S extends Schema.Constraint
            ? S["Type"]
            : never

/** A conditional type, as {@link MethodError} is, so that an editor shows the members. */
type StreamError<I extends AnyTraits, EP, O> = [I] extends [never]
  ? never
  : | CallError.TransportFailure<I["id"]>
    | CallError.DecodeFailure<I["id"]>
    | (Policy.Active<Policy.Merged<I["policy"], EP>> & StreamLimit extends never ? never : CallError.Timeout<I["id"]>)
    | (keyof O & StreamLimit extends never ? never : CallError.Timeout<I["id"]>)

/** A stream that reconnects makes calls, and can fail with their errors. */
type ReconnectError<I extends AnyTraits, EP> =
  | CallError.Unauthorized<I["id"]>
  | CallError.UnexpectedStatus<I["id"]>
  | Policy.Errors<I["policy"], EP, I["id"]>
  | I["failure"]

/** The slots, and the options of a call, that limit the time of a stream. */
type StreamLimit = "deadline" | "idleTimeout"

export type Request<T extends HttpApiEndpoint.ConstraintRequest, Mode extends ResponseMode> = RequestOf<T, Mode>

type Response<
  T extends HttpApiEndpoint.ConstraintRequest,
  Mode extends ResponseMode,
  I extends AnyTraits,
  EP,
  O
> = Mode extends "response-only"
  ? HttpClientResponse
  : Mode extends "decoded-and-response"
    ? [Success<T["~Success"], I, EP, O, HttpApiEndpoint.Errors<T>>, HttpClientResponse]
    : Success<T["~Success"], I, EP, O, HttpApiEndpoint.Errors<T>>

type EncodeErrors<T extends HttpApiEndpoint.ConstraintRequest, Id extends string> = [
  T["~Query"] | T["~Headers"] | T["~Payload"]
] extends [never]
  ? never
  : CallError.EncodeFailure<Id>

/**
 * The errors of a method: `T` is its endpoint, `I` its integration's {@link Traits}, `EP` the endpoint's own policy.
 *
 * @since 0.1.0
 * @category utility types
 */
export type MethodError<
  T extends HttpApiEndpoint.ConstraintRequest,
  I extends AnyTraits,
  EP,
  Mode extends ResponseMode = "decoded-only",
  O = {}
> = [T] extends [never]
  ? never // A conditional type has no name, so that an editor shows the members of the union.
  : | CallError.Unauthorized<I["id"]>
    | CallError.TransportFailure<I["id"]>
    | EncodeErrors<T, I["id"]>
    | Policy.Errors<I["policy"], EP, I["id"]>
    | (O extends { readonly deadline: unknown } ? CallError.Timeout<I["id"]> : never)
    | UploadErrors<T["~Payload"], I, EP, O>
    | ("headers" extends keyof O ? CallError.EncodeFailure<I["id"]> : never)
    | (Mode extends "response-only"
        ? never
        : | CallError.UnexpectedStatus<I["id"]>
          | CallError.DecodeFailure<I["id"]>
          | I["failure"]
          | HttpApiEndpoint.Errors<T>)

/** A streamed payload that is silent for too long ends the call. */
type UploadErrors<Payload, I extends AnyTraits, EP, O> = [Payload] extends [never]
  ? never
  : Payload extends HttpApiSchema.StreamUint8Array | { readonly _tag: "StreamNdjson" }
    ? | (Policy.Active<Policy.Merged<I["policy"], EP>> & "idleTimeout" extends never
          ? never
          : CallError.Timeout<I["id"]>)
      | (keyof O & "idleTimeout" extends never ? never : CallError.Timeout<I["id"]>)
    : never

type MethodServices<T extends HttpApiEndpoint.ConstraintRequest> =
  | T["~Params"]["EncodingServices"]
  | T["~Query"]["EncodingServices"]
  | T["~Headers"]["EncodingServices"]
  | T["~Payload"]["EncodingServices"]
  | T["~Success"]["DecodingServices"]
  | HttpApiEndpoint.ErrorServicesDecode<T>

/**
 * A method: one endpoint as a function from its request to an Effect of `_A` that fails with `_E`. Those two stand first, for
 * an editor to show; a call with options or another mode computes its own from the others.
 *
 * @since 0.1.0
 * @category models
 */
export interface Method<_A, _E, T extends HttpApiEndpoint.ConstraintRequest, I extends AnyTraits, EP> {
  <Mode extends ResponseMode = "decoded-only", const O extends Policy.CallOptions = {}>(
    request: Request<T, Mode>,
    options?: O
  ): Effect.Effect<Response<T, Mode, I, EP, O>, MethodError<T, I, EP, Mode, O>, MethodServices<T>>
}

/**
 * A method whose endpoint is paginated, with its pages and its items as Streams.
 *
 * @since 0.1.0
 * @category models
 */
export interface PaginatedMethod<
  A,
  E,
  Item,
  T extends HttpApiEndpoint.ConstraintRequest,
  I extends AnyTraits,
  EP
> extends Method<A, E, T, I, EP> {
  /** The pages, each fetched when the one before it has been consumed. */
  readonly pages: <const O extends Policy.CallOptions = {}>(
    request: Request<T, "decoded-only">,
    options?: O
  ) => Stream.Stream<Success<T["~Success"], I, EP, O>, MethodError<T, I, EP, "decoded-only", O>, MethodServices<T>>
  /** The items of the pages. */
  readonly items: <const O extends Policy.CallOptions = {}>(
    request: Request<T, "decoded-only">,
    options?: O
  ) => Stream.Stream<Item, MethodError<T, I, EP, "decoded-only", O>, MethodServices<T>>
}

export type MethodOf<T, I extends AnyTraits, EP> = T extends HttpApiEndpoint.ConstraintRequest
  ? T extends { readonly "~Item": infer Item }
    ? [Item] extends [never]
      ? Method<Success<T["~Success"], I, EP>, MethodError<T, I, EP>, T, I, EP>
      : PaginatedMethod<Success<T["~Success"], I, EP>, MethodError<T, I, EP>, Item, T, I, EP>
    : Method<Success<T["~Success"], I, EP>, MethodError<T, I, EP>, T, I, EP>
  : never

export type PolicyOf<T> = T extends { readonly "~Policy": infer EP } ? EP : {}
