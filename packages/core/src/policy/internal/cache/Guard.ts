import { Effect, Exit } from "effect"
import { Rest } from "../Rest.ts"
import type { Entry, Found, OnStoreError, Unavailable } from "./entry.ts"

/** Answers in the place of a store that fails or does not answer in time. */
export interface Guard {
  readonly read: <E>(entries: Effect.Effect<ReadonlyArray<Entry>, E>) => Effect.Effect<Found | Unavailable>
  readonly write: <E>(done: Effect.Effect<unknown, E>) => Effect.Effect<boolean>
  readonly count: <E>(keys: Effect.Effect<number, E>) => Effect.Effect<number>
}

interface Options {
  readonly onStoreError: OnStoreError
  readonly timeoutMillis: number
}

const nothing: Found = { _tag: "Found", entries: [] }
const unavailable: Unavailable = { _tag: "Unavailable" }

export const make = ({ onStoreError, timeoutMillis }: Options): Guard => {
  const rest = new Rest()
  const attempt = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Exit.Exit<A, unknown>> =>
    Effect.clockWith((clock): Effect.Effect<Exit.Exit<A, unknown>> => {
      if (!rest.mayAsk(clock.currentTimeMillisUnsafe())) return Effect.succeed(Exit.fail("resting"))
      return Effect.map(Effect.exit(Effect.timeout(effect, timeoutMillis)), (exit) => {
        if (Exit.isSuccess(exit)) rest.answered()
        else rest.failed(clock.currentTimeMillisUnsafe())
        return exit
      })
    })
  const missing = onStoreError === "fail" ? unavailable : nothing
  return {
    read: (entries) =>
      Effect.map(attempt(entries), (exit) => (Exit.isSuccess(exit) ? { _tag: "Found", entries: exit.value } : missing)),
    write: (done) => Effect.map(attempt(done), Exit.isSuccess),
    count: (keys) => Effect.map(attempt(keys), (exit) => (Exit.isSuccess(exit) ? exit.value : 0))
  }
}
