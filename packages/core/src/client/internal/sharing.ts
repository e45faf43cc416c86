/** How the answer of a call is shared with others and kept by a cache. */
import { Effect, Redacted } from "effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Credentials from "../../auth/Credentials.ts"
import * as Cache from "../../policy/Cache.ts"
import * as CallError from "../../policy/CallError.ts"
import type * as Engine from "../../policy/Engine.ts"
import * as AtOnce from "../../policy/internal/AtOnce.ts"
import * as Redact from "../../policy/Redact.ts"
import { decodeFailure } from "./callErrors.ts"
import type { Codec, Wiring } from "./codec.ts"
import { readBody } from "./receivedBody.ts"
import type { Problem } from "./undecodable.ts"

/** The call that fetches a response with its body read. */
export type Fetching = Engine.Call<HttpClientResponse, unknown, never>

interface Shared {
  readonly called: {
    readonly codec: Codec
    readonly wiring: Wiring
    readonly authorize: (request: HttpClientRequest) => ReturnType<Credentials.Service["authorize"]>
  }
  /** The prefix of all keys. */
  readonly scope: string
  /** Without credentials. */
  readonly request: HttpClientRequest
  readonly mode: string
  readonly fetching: (request: HttpClientRequest) => Fetching
  /** The form in which the caller wants the answer. */
  readonly inMode: <E>(response: HttpClientResponse, decoded: Effect.Effect<unknown, E>) => Effect.Effect<unknown, E>
}

export const sharingOf = (shared: Shared): Engine.Sharing<unknown, unknown, never> => {
  const { fetching, inMode, mode, request } = shared
  return {
    request,
    mode,
    partition: partitionOf(shared),
    fetching,
    answer: (response, info) =>
      Effect.mapError(inMode(response, decodeKept(shared, response)), (problem) =>
        decodeFailure(info, response, problem._tag === "Broken" ? problem.detail : problem.issue)
      ),
    unavailable: storeUnavailable
  }
}

/** Whose answer it is depends on the credentials: those of the integration, and those that the caller gave. */
const partitionOf = ({ called, request, scope }: Shared): Effect.Effect<string | undefined> =>
  Effect.withFiber((fiber) =>
    Effect.match(called.authorize(request), {
      onFailure: () => undefined,
      onSuccess: ({ identity, secrets }) => {
        const { headers, url, urlParams } = request
        const redactedNames = Redact.redactedNames(fiber)
        const named = (identity ?? secrets).map(Redacted.value)
        return Cache.partitionOf({ scope, identity: named, headers, url, urlParams, redactedNames })
      }
    })
  )

const decodeKept = (
  { called: { codec, wiring } }: Shared,
  response: HttpClientResponse
): Effect.Effect<unknown, Problem> => {
  const decoder = codec.successOf(response.status, response.headers["content-type"])
  if (decoder?._tag === "Body") {
    return AtOnce.flatMap(readBody(response, wiring.maxBodyBytes), (body) => decoder.decode(body, response))
  }
  return decoder?._tag === "Empty" ? decoder.value(response) : Effect.void
}

const storeUnavailable = (info: CallError.CallInfo): CallError.TransportFailure =>
  new CallError.TransportFailure({
    ...info,
    category: "transient",
    reason: "Connect",
    code: undefined,
    detail: "the cache store did not respond; nothing was sent"
  })
