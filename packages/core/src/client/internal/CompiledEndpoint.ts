/** An endpoint compiled to its method: how its request is written, its answer read, and its calls run. */
import { Duration, Effect, type Fiber, type Stream } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Credentials from "../../auth/Credentials.ts"
import * as CallError from "../../policy/CallError.ts"
import * as Engine from "../../policy/Engine.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import { definition } from "../Endpoint.ts"
import { Trust } from "./addresses.ts"
import { type Codec, compileCodec, type Input, type Wiring } from "./codec.ts"
import { Invocation, type One } from "./Invocation.ts"
import { paginated } from "./pages.ts"
import { type Redirected, redirectOf } from "./redirects.ts"
import * as RequestEncoder from "./RequestEncoder.ts"
import * as Tracing from "./Tracing.ts"

/** A method before it has its type: the client's types say what goes in and comes out. */
export interface Method {
  (input?: Input, options?: CallOptions): Effect.Effect<unknown, unknown>
  readonly pages?: (input?: Input, options?: CallOptions) => Stream.Stream<unknown, unknown>
  readonly items?: (input?: Input, options?: CallOptions) => Stream.Stream<unknown, unknown>
}

/** Compiles an endpoint to its method. */
export const makeMethod = (
  endpoint: HttpApiEndpoint.Top,
  engine: () => Engine.Engine,
  wiring: Wiring,
  codec: Codec = compileCodec(endpoint, wiring)
): Method => {
  const compiled = new CompiledEndpoint(engine, wiring, codec)
  const method = (input?: Input, options?: CallOptions) => compiled.call(input, options)
  const { pagination } = definition(endpoint)
  return pagination === undefined ? method : Object.assign(method, paginated(compiled, endpoint, pagination))
}

export class CompiledEndpoint {
  /** The current engine: policies may change while the program runs. */
  readonly engine: () => Engine.Engine
  readonly site: Engine.CallSite
  readonly wiring: Wiring
  readonly codec: Codec
  readonly spans: Tracing.Spans
  readonly #encode: RequestEncoder.EncodeRequest
  readonly #trust: Trust

  constructor(engine: () => Engine.Engine, wiring: Wiring, codec: Codec) {
    this.engine = engine
    this.site = engine().call
    this.wiring = wiring
    this.codec = codec
    const baseUrl = codec.baseUrl ?? wiring.address.baseUrl
    this.#trust = new Trust(baseUrl, wiring.address)
    this.#encode = codec.encodeAt(wiring.address, this.#trust)
    this.spans = Tracing.spansOf(this.site, baseUrl)
  }

  call(input: Input = {}, options: CallOptions = {}): Effect.Effect<unknown, unknown> {
    return Effect.withFiber((fiber) =>
      AtOnce.flatMap(this.request(input), (request) => this.#sendWith(fiber, request, input, options))
    )
  }

  request(input: Input): Effect.Effect<HttpClientRequest, unknown> {
    return AtOnce.mapError(this.#encode(input), (problem) => this.#unencodable(problem))
  }

  /** Sends an encoded request, such as that of the next page. */
  send(request: HttpClientRequest, input: Input, options: CallOptions): Effect.Effect<unknown, unknown> {
    return Effect.withFiber((fiber) => this.#sendWith(fiber, request, input, options))
  }

  /** Pages lead from one origin with credentials to another one: no other origin sends anybody there. */
  readonly mayFollow = (url: URL, from: string): boolean => this.#trust.includes(from) && this.#trust.includes(url.href)

  /** Credentials belong to the origins of the integration: a request to another one goes without. */
  authorize(request: HttpClientRequest): ReturnType<Credentials.Service["authorize"]> {
    return this.#trust.includes(request.url)
      ? this.wiring.credentials.authorize(request)
      : Effect.succeed({ request, secrets: [], renew: () => Effect.succeed(false) })
  }

  /** What a redirect asks for, or why it is not followed. */
  redirected(request: HttpClientRequest, response: HttpClientResponse, visited: ReadonlyArray<string>): Redirected {
    return redirectOf({ request, response, visited, mode: this.codec.redirects, trust: this.#trust })
  }

  #sendWith(
    fiber: Fiber.Fiber<unknown, unknown>,
    request: HttpClientRequest,
    input: Input,
    options: CallOptions
  ): Effect.Effect<unknown, unknown> {
    if (options.headers === undefined) return this.#sendOn(fiber, request, input, options)
    const carried = RequestEncoder.setHeaders(request, options.headers)
    return AtOnce.flatMap(
      AtOnce.mapError(carried, (problem) => this.#unencodable(problem)),
      (request) => this.#sendOn(fiber, request, input, options)
    )
  }

  #sendOn(
    fiber: Fiber.Fiber<unknown, unknown>,
    request: HttpClientRequest,
    input: Input,
    options: CallOptions
  ): Effect.Effect<unknown, unknown> {
    const one: One = {
      engine: this.engine(),
      request,
      input,
      mode: input.responseMode ?? "decoded-only",
      options,
      span: undefined
    }
    return Tracing.traced(fiber, this.spans, (span) =>
      Engine.runOn(fiber, one.engine, new Invocation(this, span === undefined ? one : { ...one, span }))
    )
  }

  #unencodable({ issue, part }: RequestEncoder.Unencodable): CallError.EncodeFailure | CallError.TransportFailure {
    const facts = { attempts: 0, elapsed: Duration.zero, requestId: undefined, category: "invalid" } as const
    return part === "params"
      ? new CallError.TransportFailure({
          ...this.site,
          ...facts,
          reason: "InvalidUrl",
          code: undefined,
          detail: issue
        })
      : new CallError.EncodeFailure({ ...this.site, ...facts, part, issue })
  }
}
