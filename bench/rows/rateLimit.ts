import { RateLimit, RateLimitStore } from "@causeway/core/policy"
import type { Peer, Row } from "../Row.ts"

const decisions = 1_000
const start = Date.UTC(2026, 0, 1)
const atOnce = { tokens: 1, maxWaiting: 0, maxWaitMillis: 0 }

/** A call each millisecond, for one of so many keys in turn. */
const asking = (name: string, options: RateLimit.Options, keys = 1): Peer => ({
  name,
  open: async () => {
    const store = RateLimitStore.makeMemory()
    const { limits } = RateLimit.make(options)
    const names = Array.from({ length: keys }, (_, index) => `tenant-${index}`)
    let now = start
    return {
      call: async () => {
        for (let decision = 0; decision < decisions; decision += 1) {
          now += 1
          store.reserve({ key: names[now % keys] ?? "", limits, ...atOnce, now })
        }
      },
      close: async () => {}
    }
  }
})

const wide = { limit: 2_000, window: "1 second" } as const

export const row: Row = {
  name: "rateLimit",
  about: "Asks a rate limit in memory, a millisecond after the time before.",
  inFlight: 1,
  calls: 200,
  batch: decisions,
  peers: [
    asking("sliding", wide),
    asking("sliding, refused", { limit: 1, window: "1 hour" }),
    asking("gcra", { ...wide, algorithm: "gcra", burst: 10 }),
    asking("fixed", { ...wide, algorithm: "fixed" }),
    asking("sliding, a run a call", { limit: 60, window: "60 millis" }),
    asking("two limits", { limits: [wide, { limit: 1_000_000, window: "1 hour" }] }),
    asking("sliding, 1,000 keys", wide, 1_000)
  ]
}
