/**
 * What a mocked endpoint answers: the seam between an integration and the replies that the testing room makes.
 *
 * **When to use**
 *
 * Make replies with `Mock` of `@causeway/core/testing`; this module only says what a reply is.
 *
 * **Details**
 *
 * A reply stands where the network would be: policies, encoders and decoders are the real ones.
 *
 * **Gotchas**
 *
 * A reply that keeps state, as a sequence does, is opened anew for each Layer that is built from it.
 *
 * **Example** (A reply of one's own)
 *
 * ```ts
 * import { Effect } from "effect"
 * import { HttpClientResponse } from "effect/http"
 * import type { Reply } from "@causeway/core/client"
 *
 * const teapot: Reply.Reply<never, never> = {
 *   "~causeway/client/Reply": { value: undefined, error: undefined },
 *   open: () => (asked) =>
 *     Effect.succeed(HttpClientResponse.fromWeb(asked.request, new Response(null, { status: 418 })))
 * }
 *
 * console.assert(typeof teapot.open === "function")
 * ```
 *
 * @since 0.1.0
 */
import type { Effect } from "effect"
import type * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as FailureRule from "./FailureRule.ts"

/**
 * An attempt that reaches the mock: the endpoint, and the request as it would have been sent, credentials excepted.
 *
 * @since 0.1.0
 * @category models
 */
export interface Asked {
  readonly endpoint: HttpApiEndpoint.Top
  readonly request: HttpClientRequest
  /** The rules of the integration, after the endpoint's own. */
  readonly failures?: ReadonlyArray<FailureRule.Any>
}

/**
 * Answers one attempt.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer = (asked: Asked) => Effect.Effect<HttpClientResponse, HttpClientError>

/**
 * A reply for an endpoint whose success is `A` and whose declared errors are `E`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reply<out A, out E> {
  readonly "~causeway/client/Reply": { readonly value: A | undefined; readonly error: E | undefined }
  readonly open: () => Answer
}

/**
 * One attempt in a journal: its number within the call, its request line and headers, without the values of
 * credentials, and how it ended: a status, or what broke.
 *
 * @since 0.1.0
 * @category models
 */
export interface JournalAttempt {
  readonly number: number
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly outcome: number | string
}

/**
 * One call in a journal: the endpoint, the tenant if it was one's, the request as the caller gave it (without
 * the values of credentials), its attempts, and the tag of the error that
 * it failed with, if it did.
 *
 * @since 0.1.0
 * @category models
 */
export interface JournalCall {
  readonly endpoint: string
  readonly tenant: string | undefined
  readonly request: unknown
  readonly attempts: ReadonlyArray<JournalAttempt>
  readonly failure: string | undefined
}

/**
 * What was asked of a mocked integration, in order.
 *
 * @since 0.1.0
 * @category models
 */
export interface Journal {
  readonly calls: ReadonlyArray<JournalCall>
}

const journals = new WeakMap<object, Journal>()

/**
 * Remembers the journal of a mocked integration.
 *
 * @since 0.1.0
 * @category journal
 */
export const attachJournal = (integration: object, journal: Journal): void => {
  journals.set(integration, journal)
}

/**
 * The journal of an integration, when it is mocked.
 *
 * @since 0.1.0
 * @category journal
 */
export const journalOf = (integration: object): Journal | undefined => journals.get(integration)
