import { Effect, Stream } from "effect"
import type { Rejection } from "./reception.ts"

/** Reads a body under a cap, and for no longer than it may take. */
export const read = <E, R>(
  body: Stream.Stream<Uint8Array, E, R>,
  limits: { readonly maxBodySize: number; readonly bodyTimeoutMillis: number }
): Effect.Effect<Uint8Array, Rejection, R> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  return Stream.runForEach(
    Stream.mapError(body, (): Rejection => "BodyUnreadable"),
    (chunk) => {
      size += chunk.byteLength
      chunks.push(chunk)
      return size > limits.maxBodySize ? Effect.fail<Rejection>("BodyTooLarge") : Effect.void
    }
  ).pipe(
    Effect.timeoutOrElse({ duration: limits.bodyTimeoutMillis, orElse: () => Effect.fail<Rejection>("BodyTimeout") }),
    Effect.map(() => concatenate(chunks, size))
  )
}

const concatenate = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const [only] = chunks
  if (only !== undefined && chunks.length === 1) return only
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const chunk of chunks) {
    bytes.set(chunk, offset)
    offset += chunk.byteLength
  }
  return bytes
}
