import { Clock, type Duration, Effect } from "effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as AddressGuard from "../../../crypto/AddressGuard.ts"
import * as BoundedBody from "../../../crypto/BoundedBody.ts"
import * as Engine from "../../../policy/Engine.ts"
import * as Exchange from "../../../policy/Exchange.ts"
import * as Failure from "../../../policy/Failure.ts"
import * as Policy from "../../../policy/Policy.ts"
import { EndpointUnavailable, MalformedAnswer } from "../../AuthError.ts"
import { detailOf } from "../oauth/unreached.ts"
import { KeySet } from "./KeySet.ts"
import type { FetchFailure } from "./RemoteKeys.ts"

export interface Place {
  readonly url: URL
  /** Whether it may connect to public addresses alone. */
  readonly isPublicOnly: boolean
  readonly name: string
  readonly policy: Policy.Policy
  readonly maxSize: number
  readonly maxKeys: number
}

type AttemptFailure = Engine.AttemptFailure<FetchFailure>

/** How a key set is fetched: through the engine, without following redirects, and no more of it than is accepted. */
export const fetching = (client: HttpClient.HttpClient, place: Place) => {
  const engine = Engine.make({
    call: { integration: place.name, endpoint: "jwks", method: "GET", url: `${place.url.origin}${place.url.pathname}` },
    policy: Policy.compile(place.policy)
  })
  return (before: KeySet | undefined): Effect.Effect<KeySet, FetchFailure> =>
    Effect.mapError(
      Engine.run(engine, {
        idempotent: true,
        replayable: true,
        request: undefined,
        options: {},
        attempt: (attempt) => fetchOnce(client, place, before, attempt)
      }),
      (error) => (isFetchFailure(error) ? error : unavailable(place, undefined, error._tag))
    )
}

const isFetchFailure = (error: FetchFailure | Engine.PolicyError): error is FetchFailure =>
  error._tag === "EndpointUnavailable" || error._tag === "MalformedAnswer"

const unavailable = (
  { url }: Place,
  status: number | undefined,
  detail: string,
  retryAfter?: Duration.Duration
): EndpointUnavailable => new EndpointUnavailable({ endpoint: endpointOf(url), status, detail, retryAfter })

const endpointOf = (url: URL): string => `the key set ${url.origin}${url.pathname}`

const failedBy = (error: FetchFailure, category: Failure.Category, retryAfter?: Duration.Duration): AttemptFailure => ({
  error,
  category,
  retryAfter,
  sent: true,
  declared: false
})

const fetchOnce = (
  client: HttpClient.HttpClient,
  place: Place,
  before: KeySet | undefined,
  attempt: Engine.Attempt
): Effect.Effect<KeySet, AttemptFailure> =>
  request(client, place).pipe(
    Effect.mapError((broken) => unreached(place, broken)),
    Effect.flatMap((response) => {
      attempt.received(response)
      return response.status === 200 ? readKeys(response, place, before) : refused(response, place)
    })
  )

const request = (client: HttpClient.HttpClient, { isPublicOnly, url }: Place) => {
  const sent = Exchange.send(client, HttpClientRequest.get(url, { acceptJson: true }))
  return isPublicOnly ? AddressGuard.publicOnly(sent) : sent
}

const unreached = (place: Place, broken: Exchange.Broken): AttemptFailure => {
  const { code, reason, sent } = broken
  const detail = code === undefined ? reason : `${reason}, ${detailOf({ code, detail: code })}`
  // No later attempt may connect there either.
  const category = code === AddressGuard.errorCode ? "rejected" : "transient"
  return { ...failedBy(unavailable(place, undefined, detail), category), sent }
}

const refused = (response: HttpClientResponse, place: Place): Effect.Effect<never, AttemptFailure> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const { category, retryAfter } = Failure.classify({ status: response.status, headers: response.headers, now })
    const detail = response.status >= 300 && response.status < 400 ? "a redirect, which is not followed" : "its status"
    const error = unavailable(place, response.status, `${response.status}: ${detail}`, retryAfter)
    const failure = failedBy(error, category === "success" ? "rejected" : category, retryAfter)
    return Effect.andThen(Exchange.discard(response), Effect.fail(failure))
  })

const readKeys = (
  response: HttpClientResponse,
  place: Place,
  before: KeySet | undefined
): Effect.Effect<KeySet, AttemptFailure> =>
  Effect.flatMap(readText(response, place), (text) => {
    const set = KeySet.read(parse(text), place.maxKeys, before)
    return typeof set === "string" ? Effect.fail(failedBy(malformed(place, set), "invalid")) : Effect.succeed(set)
  })

const malformed = ({ url }: Place, issue: string) => new MalformedAnswer({ endpoint: endpointOf(url), issue })

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const readText = (response: HttpClientResponse, place: Place): Effect.Effect<string, AttemptFailure> =>
  BoundedBody.read(Exchange.bytes(response), place.maxSize).pipe(
    Effect.mapError((error) =>
      error._tag === "BodyTooLarge"
        ? failedBy(malformed(place, `it is larger than ${place.maxSize} bytes (maxSize)`), "invalid")
        : failedBy(unavailable(place, response.status, error.reason), "transient")
    ),
    Effect.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"))
  )
