/** An endpoint compiled to its method: how its request is written, its answer read, and its calls run. */
import { Duration, Effect, type Fiber, type Stream } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpClient from "effect/http/HttpClient"
import { type HttpClientRequest, setHeaders } from "effect/http/HttpClientRequest"
import type * as Credentials from "../../auth/Credentials.ts"
import * as CallError from "../../policy/CallError.ts"
import * as Engine from "../../policy/Engine.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type * as Failure from "../../policy/Failure.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import type { CallOptions } from "../../policy/Policy.ts"
import { definition } from "../Endpoint.ts"
import type * as FailureRule from "../FailureRule.ts"
import { compileRules, type MatchRule } from "./failureRules.ts"
import { Invocation } from "./Invocation.ts"
import { paginated } from "./pages.ts"
import { streamed } from "./Reflection.ts"
import * as RequestEncoder from "./RequestEncoder.ts"
import * as ResponseDecoder from "./ResponseDecoder.ts"
import * as Tracing from "./Tracing.ts"

/** What the methods of one integration have in common. */
export interface Wiring {
  readonly baseUrl: string
  readonly client: (endpoint: HttpApiEndpoint.Top) => HttpClient.HttpClient
  readonly credentials: Credentials.Service
  readonly classify: Failure.Classify
  readonly failures: ReadonlyArray<FailureRule.Any>
  readonly maxBodyBytes: number
  readonly headers: Readonly<Record<string, string>>
}

/** A request as a caller gives it. */
export interface Input extends RequestEncoder.Input {
  readonly responseMode?: "decoded-only" | "decoded-and-response" | "response-only"
}

/** A method before it has its type: the client's types say what goes in and comes out. */
export interface Method {
  (input?: Input, options?: CallOptions): Effect.Effect<unknown, unknown>
  readonly pages?: (input?: Input, options?: CallOptions) => Stream.Stream<unknown, unknown>
  readonly items?: (input?: Input, options?: CallOptions) => Stream.Stream<unknown, unknown>
}

/** How an endpoint is written and read, the same for all tenants. */
export interface Codec {
  readonly client: HttpClient.HttpClient
  readonly direct: Exchange.Direct | undefined
  readonly encode: (input: RequestEncoder.Input) => Effect.Effect<HttpClientRequest, RequestEncoder.Unencodable>
  readonly successOf: ResponseDecoder.DecoderOf
  readonly errorOf: ResponseDecoder.DecoderOf
  readonly failureOf: MatchRule | undefined
  readonly isStreamed: boolean
  readonly isIdempotent: boolean
  readonly unprocessed: ReadonlySet<number>
}

/** Compiles how an endpoint is written and read. */
export const compileCodec = (endpoint: HttpApiEndpoint.Top, wiring: Omit<Wiring, "credentials">): Codec => {
  const { baseUrl, failures, headers } = wiring
  const { errors, failures: own, idempotent, unprocessed = [] } = definition(endpoint)
  const client = wiring.client(endpoint)
  return {
    client,
    direct: Exchange.directOf(client),
    encode: RequestEncoder.compile(endpoint, baseUrl, headers),
    successOf: ResponseDecoder.compileSuccesses(endpoint),
    errorOf: ResponseDecoder.compileErrors(errors),
    failureOf: compileRules([...own, ...failures]),
    isStreamed: Array.from(endpoint.success).some((schema) => streamed(schema) !== undefined),
    isIdempotent: idempotent === true,
    unprocessed: new Set(unprocessed)
  }
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
    encoded: HttpClientRequest,
    input: Input,
    options: CallOptions
  ): Effect.Effect<unknown, unknown> {
    const request = options.headers === undefined ? encoded : setHeaders(encoded, options.headers)
    return this.spans.call(fiber, (span) => {
      const mode = input.responseMode ?? "decoded-only"
      const invocation = new Invocation(this, { request, input, mode, options, span, engine: this.engine() })
      return Engine.runOn(fiber, invocation.engine, invocation)
    })
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
