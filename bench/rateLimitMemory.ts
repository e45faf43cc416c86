/**
 * Prints what an idle key of a rate limit costs in memory, its name included: `node bench/rateLimitMemory.ts`. A key is idle
 * that was called for and is no longer, while what it used still counts. Each line is of a process of its own.
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import { RateLimit, RateLimitStore } from "@causeway/core/policy"

const keys = 100_000

const bytesInUse = (): number => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const bytesPerKey = (options: RateLimit.Options, calls: number): number => {
  const { limits } = RateLimit.make(options)
  const began = Date.UTC(2026, 0, 1)
  const store = RateLimitStore.makeMemory({ maxKeys: keys })
  const before = bytesInUse()
  for (let key = 0; key < keys; key += 1) {
    for (let call = 0; call < calls; call += 1) {
      const asked = { key: `tenant-${key}`, limits, tokens: 1, maxWaiting: 0, maxWaitMillis: 0 }
      store.reserve({ ...asked, now: began + call * 1_000 })
    }
  }
  const after = bytesInUse()
  // The store is used once more, so that it is still there when its memory is read.
  store.pause("last", 0, 0)
  return Math.round((after - before) / keys)
}

const window = "1 hour"
const cases: ReadonlyArray<readonly [name: string, options: RateLimit.Options, calls: number]> = [
  ["sliding, 1 call", { limit: 100, window }, 1],
  ["sliding, 5 calls", { limit: 50, window }, 5],
  ["gcra, 1 call", { limit: 100, window, algorithm: "gcra" }, 1],
  ["fixed, 1 call", { limit: 100, window, algorithm: "fixed" }, 1],
  [
    "two sliding, 1 call",
    {
      limits: [
        { limit: 100, window },
        { limit: 1_000, window: "1 day" }
      ]
    },
    1
  ],
  ["sliding, 64 runs or more", { limit: 5_000, window }, 3_599]
]

const [, , chosen] = process.argv
const [name = "", options, calls] = cases[Number(chosen)] ?? []

if (options !== undefined && calls !== undefined) {
  process.stdout.write(`${name.padEnd(30)} ${bytesPerKey(options, calls)} bytes a key\n`)
} else {
  const file = fileURLToPath(import.meta.url)
  for (const index of cases.keys()) {
    spawnSync(process.execPath, ["--expose-gc", file, `${index}`], { stdio: "inherit" })
  }
}
