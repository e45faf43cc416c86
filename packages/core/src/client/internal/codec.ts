/** How an endpoint is written and read, the same for all tenants. */
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type * as HttpClient from "effect/http/HttpClient"
import type * as Credentials from "../../auth/Credentials.ts"
import * as Exchange from "../../policy/Exchange.ts"
import type * as Failure from "../../policy/Failure.ts"
import { definition, type Redirects } from "../Endpoint.ts"
import type * as FailureRule from "../FailureRule.ts"
import type { Address } from "./addresses.ts"
import { acceptOf, userAgent } from "./defaultHeaders.ts"
import { compileRules, type MatchRule } from "./failureRules.ts"
import { streamed } from "./Reflection.ts"
import * as RequestEncoder from "./RequestEncoder.ts"
import * as ResponseDecoder from "./ResponseDecoder.ts"

/** What the methods of one integration have in common. */
export interface Wiring {
  readonly id: string
  readonly address: Address
  readonly redirects: Redirects
  readonly client: (endpoint: HttpApiEndpoint.Top) => HttpClient.HttpClient
  readonly credentials: Credentials.Service
  readonly classify: Failure.Classify
  readonly failures: ReadonlyArray<FailureRule.Any>
  readonly maxBodyBytes: number
}

/** A request as a caller gives it. */
export interface Input extends RequestEncoder.Input {
  readonly responseMode?: "decoded-only" | "decoded-and-response" | "response-only"
}

/** How an endpoint is written and read, the same for all tenants. */
export interface Codec {
  readonly client: HttpClient.HttpClient
  readonly direct: Exchange.Direct | undefined
  readonly encodeAt: RequestEncoder.EncodeAt
  readonly baseUrl: string | undefined
  readonly redirects: Redirects
  readonly successOf: ResponseDecoder.DecoderOf
  readonly errorOf: ResponseDecoder.DecoderOf
  readonly failureOf: MatchRule | undefined
  readonly isStreamed: boolean
  /** Whether a request may be repeated; undefined leaves it to the method. */
  readonly idempotent: boolean | undefined
  readonly unprocessed: ReadonlySet<number>
}

/** Compiles how an endpoint is written and read. */
export const compileCodec = (endpoint: HttpApiEndpoint.Top, wiring: Omit<Wiring, "address" | "credentials">): Codec => {
  const { failures, id } = wiring
  const { baseUrl, redirects, errors, failures: own, idempotent, unprocessed = [] } = definition(endpoint)
  const client = wiring.client(endpoint)
  return {
    client,
    direct: Exchange.directOf(client),
    encodeAt: RequestEncoder.compile(endpoint, { "user-agent": userAgent(id), accept: acceptOf(endpoint) }),
    baseUrl,
    redirects: redirects ?? wiring.redirects,
    successOf: ResponseDecoder.compileSuccesses(endpoint),
    errorOf: ResponseDecoder.compileErrors(errors),
    failureOf: compileRules([...own, ...failures]),
    isStreamed: Array.from(endpoint.success).some((schema) => streamed(schema) !== undefined),
    idempotent,
    unprocessed: new Set(unprocessed)
  }
}
