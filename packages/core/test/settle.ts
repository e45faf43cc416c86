import { Effect } from "effect"

/** Lets what awaits only promises go on. */
export const settle = Effect.forEach(
  Array.from({ length: 20 }),
  () => Effect.promise(() => new Promise((go) => setImmediate(go))),
  { discard: true }
)
