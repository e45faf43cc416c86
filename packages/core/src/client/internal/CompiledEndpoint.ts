/** An endpoint compiled to its method: how its request is written, its answer read, and its calls run. */
import { Duration, Effect, type Fiber, type Stream } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as CallError from "../../policy/CallError.ts"
import * as Engine from "../../policy/Engine.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import { definition } from "../Endpoint.ts"
import { type Codec, compileCodec, type Input, type Wiring } from "./codec.ts"
import { Invocation, type One } from "./Invocation.ts"
import { paginated } from "./pages.ts"
import type * as RequestEncoder from "./RequestEncoder.ts"
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

  constructor(engine: () => Engine.Engine, wiring: Wiring, codec: Codec) {
    this.engine = engine
    this.site = engine().call
    this.wiring = wiring
    this.codec = codec
    this.spans = Tracing.spansOf(this.site, wiring.baseUrl)
  }

  call(input: Input = {}, options: CallOptions = {}): Effect.Effect<unknown, unknown> {
    return Effect.withFiber((fiber) =>
      AtOnce.flatMap(this.request(input), (request) => this.#sendOn(fiber, request, input, options))
    )
  }

  request(input: Input): Effect.Effect<HttpClientRequest, unknown> {
    return AtOnce.mapError(this.codec.encode(input), (problem) => this.#unencodable(problem))
  }

  /** Sends an encoded request, such as that of the next page. */
  send(request: HttpClientRequest, input: Input, options: CallOptions): Effect.Effect<unknown, unknown> {
    return Effect.withFiber((fiber) => this.#sendOn(fiber, request, input, options))
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
    return Tracing.isCollected(fiber)
      ? this.spans.call((span) => this.#run(fiber, { ...one, span }))
      : this.#run(fiber, one)
  }

  #run(fiber: Fiber.Fiber<unknown, unknown>, one: One): Effect.Effect<unknown, unknown> {
    return Engine.runOn(fiber, one.engine, new Invocation(this, one))
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
