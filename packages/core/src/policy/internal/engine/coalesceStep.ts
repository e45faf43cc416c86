/** The step of coalescing: identical calls in flight share one. */
import { Effect } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Coalesce from "../../Coalesce.ts"
import type { Progress, Step, SteppedCall } from "./model.ts"

export const coalesceStep = (coalesce: Coalesce.Coalesce): Step => {
  const flights = Coalesce.makeFlights<unknown, unknown>(coalesce)
  const leaders = new Map<string, Progress>()
  return {
    around: <A, E, R>(call: SteppedCall<A, E, R>, next: Effect.Effect<A, E, R>) => {
      const key = keyOf(coalesce, call)
      if (key === undefined) return next
      return Effect.suspend(() => {
        const leader = leaders.get(key)
        if (leader !== undefined) call.follow(leader)
        const leading = Effect.suspend(() => {
          leaders.set(key, call.progress)
          return Effect.ensuring(
            next,
            Effect.sync(() => leaders.delete(key))
          )
        })
        // Calls with the same key have the same endpoint, and so the same kinds of answer and error.
        return flights.share(key, leading) as Effect.Effect<A, E, R>
      })
    }
  }
}

/** The identity of a call: method, URL, headers, body and credentials, and the form of the answer. */
const keyOf = <A, E, R>(
  coalesce: Coalesce.Coalesce,
  { partition, sharing }: SteppedCall<A, E, R>
): string | undefined => {
  const { mode, request } = sharing
  const url = HttpClientRequest.toUrl(request)
  if (url._tag === "None") return undefined
  const { body, headers, method } = request
  const bytes = body._tag === "Empty" ? undefined : body._tag === "Uint8Array" ? body.body : null
  const key = Coalesce.keyOf(coalesce, { method, url: url.value.href, headers, partition, body: bytes })
  return key === undefined ? undefined : `${mode}:${key}`
}
