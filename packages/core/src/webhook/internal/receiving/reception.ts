import { type Context, Effect } from "effect"
import type { RecordedError } from "../../Attempt.ts"
import type { Put } from "../../InboxStore.ts"
import type { WebhookError } from "../../WebhookError.ts"
import type { Header } from "../../WebhookEvent.ts"
import type { Part } from "../../WebhookVerifier.ts"

/** A request before its body is read. */
export interface Head {
  readonly method: string
  readonly url: string
  /** What the URL is relative to, where it begins with `/`. */
  readonly origin?: string | undefined
  /** As received, repeated ones included; names in any case. */
  readonly headers: ReadonlyArray<Header>
  /** What a router has read from the path. Default: what the `path` of the options finds in the URL. */
  readonly params?: { readonly source?: string | undefined; readonly tenant?: string | undefined } | undefined
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Rejection =
  | "NotFound"
  | "MethodNotAllowed"
  | "UnsupportedContentEncoding"
  | "UnsupportedContentType"
  | "BodyTooLarge"
  | "BodyTimeout"
  | "BodyUnreadable"
  | "BodyAlreadyRead"
  | "NoChallenge"
  | "WrongVerifyToken"
  | "UnknownTenant"

/** Where a request came to: the source and the tenant of its path. */
export interface Where {
  readonly source: string
  readonly tenant: string | undefined
}

export type Ending =
  | {
      readonly _tag: Put["_tag"] | "Accepted"
      readonly id: string | undefined
      readonly type: string | undefined
      readonly unsigned: ReadonlyArray<Part>
      /** How many events the delivery held, where its scheme has batches; then neither `id` nor `type` is given. */
      readonly items?: number | undefined
    }
  | { readonly _tag: "Answered" }
  | { readonly _tag: "Refused"; readonly reason: WebhookError["reason"]["_tag"] | Rejection }
  | { readonly _tag: "Failed"; readonly error: RecordedError }

export type Outcome = Where & { readonly status: number } & Ending

/** One request, from its head to its answer. */
export interface Reception<R> {
  /** What is wrong with the head. Its answer is {@link reject}'s; the body need not be read. */
  readonly rejection: Rejection | undefined
  /** Whether there is a body to be read. */
  readonly hasBody: boolean
  /** The most of it that is read, in bytes. */
  readonly maxBodySize: number
  /** Verifies, stores and answers. Never fails. */
  readonly receive: (body: Uint8Array) => Effect.Effect<Answer, never, R>
  /** Answers a request that is refused, or whose body can't be had. Never fails. */
  readonly reject: (rejection: Rejection) => Effect.Effect<Answer, never, R>
  /**
   * As {@link receive}, with the clock, the tracer and the logging of a context at hand: gives the answer itself where
   * nothing is to be waited for.
   */
  readonly receiveIn: (context: Context.Context<never>, body: Uint8Array) => Answering<R>
  /** As {@link reject}, with a context at hand. */
  readonly rejectIn: (context: Context.Context<never>, rejection: Rejection) => Answering<R>
}

/** An answer, or what will give one. */
export type Answering<R> = Answer | Effect.Effect<Answer, never, R>

export const effectOf = <R>(answering: Answering<R>): Effect.Effect<Answer, never, R> =>
  "status" in answering ? Effect.succeed(answering) : answering
