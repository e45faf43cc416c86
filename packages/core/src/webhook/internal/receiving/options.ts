import type { Duration, Effect, Redacted } from "effect"
import type { Arrival } from "../../Inbox.ts"
import type { Put } from "../../InboxStore.ts"
import type { SignatureScheme } from "../../SignatureScheme.ts"
import type { Service as Keys } from "../../WebhookKeys.ts"
import type { Verified } from "../../WebhookVerifier.ts"
import type { Outcome } from "./reception.ts"
import type { Secrets } from "./secrets.ts"

export interface Source<E, R> {
  readonly scheme: SignatureScheme
  readonly secrets: Secrets<E, R>
  readonly publicUrl?: string | undefined
  readonly publicOrigin?: string | undefined
  readonly contentTypes?: ReadonlyArray<string> | undefined
  readonly maxBodySize?: number | undefined
  readonly splitBatches?: boolean | undefined
  readonly respond?: ((arrival: Arrival, verified: Verified) => Effect.Effect<Response, unknown, R>) | undefined
  readonly answerWithin?: Duration.Input | undefined
  readonly acknowledgement?: Acknowledgement | undefined
  readonly verifyTokens?: Secrets<E, R> | undefined
  readonly acceptSecret?: ((offer: Offer) => Effect.Effect<boolean, E, R>) | undefined
  readonly keys?: Effect.Effect<Keys, E, R> | undefined
  readonly confirmSubscriptions?: boolean | undefined
}

export interface Response {
  readonly status?: number | undefined
  readonly body?: string | undefined
  readonly contentType?: string | undefined
}

export interface Acknowledgement {
  readonly status?: number | undefined
  readonly body?: string | undefined
  readonly contentType?: string | undefined
}

export interface Offer {
  readonly source: string
  readonly tenant: string | undefined
  readonly secret: Redacted.Redacted<string>
}

export interface Limits {
  readonly maxBodySize?: number | undefined
  readonly bodyTimeout?: Duration.Input | undefined
  readonly secretsTimeout?: Duration.Input | undefined
  readonly storeTimeout?: Duration.Input | undefined
}

export interface Hooks<R> {
  readonly onEvent?: ((arrival: Arrival, verified: Verified) => Effect.Effect<Put | void, unknown, R>) | undefined
  readonly onOutcome?: ((outcome: Outcome) => Effect.Effect<unknown>) | undefined
}

/** What a receiver is made of, whether it has one source or many. */
export interface Settings<E, R, R2> extends Limits, Hooks<R2> {
  readonly sources: Readonly<Record<string, Source<E, R>>>
  readonly path: string | undefined
}
