/** The type of a caller's request, in which optional parts may be omitted. */
import type { Brand } from "effect/Brand"
import type { Schema, Stream } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpApiSchema from "effect/http-api/HttpApiSchema"

/**
 * The request of an endpoint. A part whose fields are all optional can be left out, and so can the whole request when
 * nothing is required.
 */
export type RequestOf<T extends HttpApiEndpoint.ConstraintRequest, Mode> = Parts<T> & {
  readonly responseMode?: Mode
} extends infer Request
  ? {} extends Request
    ? void | Request
    : Request
  : never

type Parts<T extends HttpApiEndpoint.ConstraintRequest> = Url<T> &
  Params<T["~Params"]["Type"]> &
  Query<T["~Query"]["Type"]> &
  Headers<T["~Headers"]["Type"]> &
  Payload<T["~Payload"]>

/** The URL of a call, where the endpoint is at `Endpoint.url`. */
type Url<T> = T extends { readonly path: "/{url}" } ? { readonly url: string } : {}

type Params<Type> = [Type] extends [never]
  ? {}
  : {} extends Type
    ? { readonly params?: Type | undefined }
    : { readonly params: Type }

type Query<Type> = [Type] extends [never]
  ? {}
  : {} extends Type
    ? { readonly query?: Type | undefined }
    : { readonly query: Type }

type Headers<Type> = [Type] extends [never]
  ? {}
  : {} extends Type
    ? { readonly headers?: Type | undefined }
    : { readonly headers: Type }

/** A payload that may be undefined can be left out. */
type Payload<S extends Schema.Constraint> = [S["Type"]] extends [never]
  ? {}
  : undefined extends S["Type"]
    ? unknown extends S["Type"]
      ? { readonly payload: PayloadOf<S> }
      : { readonly payload?: PayloadOf<S> }
    : { readonly payload: PayloadOf<S> }

type Multipart = Brand<HttpApiSchema.MultipartTypeId> | Brand<HttpApiSchema.MultipartStreamTypeId>

type PayloadOf<S extends Schema.Constraint> = S extends HttpApiSchema.StreamUint8Array
  ? Stream.Stream<Uint8Array, unknown>
  : S extends HttpApiSchema.StreamNdjson<infer Element>
    ? Stream.Stream<Element["Type"], unknown>
    : S["Type"] extends Multipart
      ? FormData
      : S["Type"]
