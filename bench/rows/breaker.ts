import { Breaker, BreakerStore } from "@causeway/core/policy"
import type { Peer, Row } from "../Row.ts"

const decisions = 1_000
const start = Date.UTC(2026, 0, 1)
const quick: BreakerStore.AttemptEnd = { elapsedMillis: 5, retryAfterMillis: undefined }

const inMemory = (name: string, prepare: () => () => void): Peer => ({
  name,
  open: async () => {
    const decide = prepare()
    return {
      call: async () => {
        for (let decision = 0; decision < decisions; decision += 1) decide()
      },
      close: async () => {}
    }
  }
})

const passing = (name: string, breaker: Breaker.Breaker): Peer =>
  inMemory(name, () => {
    const store = BreakerStore.makeMemory()
    let now = start
    return () => {
      now += 1
      store.admit("key", breaker, now)
      store.record("key", breaker, 0, "success", now, quick)
    }
  })

const refused = inMemory("refused, open", () => {
  const store = BreakerStore.makeMemory()
  const breaker = Breaker.consecutive({ failures: 1, openDuration: "365 days" })
  let now = start
  store.admit("key", breaker, now)
  store.record("key", breaker, 0, "failure", now, quick)
  return () => store.admit("key", breaker, (now += 1))
})

export const row: Row = {
  name: "breaker",
  about: `Asks a circuit in memory ${decisions} times, so that µs a call are ns a decision; "passes" admits and records. A millisecond goes by between two.`,
  inFlight: 1,
  calls: 200,
  peers: [
    refused,
    passing("passes, consecutive", Breaker.consecutive()),
    passing("passes, rate of calls", Breaker.failureRate()),
    passing("passes, rate of time", Breaker.failureRate({ window: "1 minute" })),
    passing(
      "passes, any of three",
      Breaker.any([Breaker.consecutive(), Breaker.failureRate(), Breaker.slowCallRate({ slowerThan: "1 second" })])
    )
  ]
}
