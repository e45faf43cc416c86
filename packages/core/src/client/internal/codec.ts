/** How an endpoint is written and read, the same for all tenants. */
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpClient from "effect/http/HttpClient"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { Effect } from "effect"
import type * as Credentials from "../../auth/Credentials.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type * as Failure from "../../policy/Failure.ts"
import { definition } from "../Endpoint.ts"
import type * as FailureRule from "../FailureRule.ts"
import { compileRules, type MatchRule } from "./failureRules.ts"
import { streamed } from "./Reflection.ts"
import * as RequestEncoder from "./RequestEncoder.ts"
import * as ResponseDecoder from "./ResponseDecoder.ts"

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

/** How an endpoint is written and read, the same for all tenants. */
export interface Codec {
  readonly client: HttpClient.HttpClient
  readonly direct: Exchange.Direct | undefined
  readonly encode: (input: RequestEncoder.Input) => Effect.Effect<HttpClientRequest, RequestEncoder.Unencodable>
  readonly successOf: ResponseDecoder.DecoderOf
  readonly errorOf: ResponseDecoder.DecoderOf
  readonly failureOf: MatchRule | undefined
  readonly isStreamed: boolean
  /** Whether a request may be repeated; undefined leaves it to the method. */
  readonly idempotent: boolean | undefined
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
    idempotent,
    unprocessed: new Set(unprocessed)
  }
}
