import { Effect, Stream } from "effect"
import * as BoundedBody from "../../../crypto/BoundedBody.ts"
import type { Rejection } from "./reception.ts"

/** Reads a body under a cap and a deadline. */
export const read = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  limits: { readonly maxBodySize: number; readonly bodyTimeoutMillis: number }
): Effect.Effect<Uint8Array, Rejection, R> =>
  BoundedBody.read(
    Stream.mapError(body, (): Rejection => "BodyUnreadable"),
    limits.maxBodySize
  ).pipe(
    Effect.mapError((error): Rejection => (typeof error === "string" ? error : "BodyTooLarge")),
    Effect.timeoutOrElse({ duration: limits.bodyTimeoutMillis, orElse: () => Effect.fail<Rejection>("BodyTimeout") })
  )
