/**
 * Prints what the strategies that keep their state in memory cost, without anything around them:
 * `node --expose-gc bench/strategies.ts`.
 */
import { Bulkhead, Concurrency, Hedge, InFlight, RetryBudget, RetryBudgetStore, Throttle } from "@causeway/core/policy"
import { median } from "./measure.ts"

const rounds = 15

const times = 1_000_000

const say = (line: string) => process.stdout.write(`${line}\n`)

/** Medians of rounds, after two that only warm up. */
const nanoseconds = (work: (index: number) => void): number => {
  const samples = Array.from({ length: rounds + 2 }, () => {
    const began = process.hrtime.bigint()
    for (let index = 0; index < times; index += 1) work(index)
    return Number(process.hrtime.bigint() - began) / times
  })
  return median(samples.slice(2))
}

const enterAndLeave = (strategy: InFlight.Strategy) => {
  const inFlight = InFlight.make(strategy)
  return (index: number) => {
    const entered = inFlight.enter("key", 0)
    if (entered._tag === "Entered") entered.leave("success", 5, index)
  }
}

const refusal = () => {
  const inFlight = InFlight.make(Bulkhead.make({ maxInFlight: 1 }))
  inFlight.enter("key", 0)
  return () => {
    inFlight.enter("key", 0)
  }
}

const throttle = (accepted: boolean) => {
  const state = Throttle.makeState(Throttle.make())
  return (index: number) => {
    if (state.admit("key", index, 0.5)) state.record("key", accepted, index)
  }
}

const budget = RetryBudget.make()

const deposits = () => {
  const store = RetryBudgetStore.makeMemory()
  return (index: number) => {
    store.deposit("key", budget, index)
  }
}

const withdrawals = () => {
  const store = RetryBudgetStore.makeMemory()
  return (index: number) => {
    store.withdraw("key", budget, index)
  }
}

const hedge = () => {
  const tracker = Hedge.makeTracker(Hedge.percentile())
  return (index: number) => {
    tracker.delayMillis()
    tracker.observe(index % 100)
  }
}

const costs: ReadonlyArray<readonly [name: string, work: (index: number) => void]> = [
  ["bulkhead: enter, leave", enterAndLeave(Bulkhead.make({ maxInFlight: 64 }))],
  ["bulkhead: refused", refusal()],
  ["aimd: enter, leave", enterAndLeave(Concurrency.aimd())],
  ["gradient: enter, leave", enterAndLeave(Concurrency.gradient())],
  ["throttle: admit, record", throttle(true)],
  ["throttle: mostly refused", throttle(false)],
  ["retry budget: deposit", deposits()],
  ["retry budget: withdraw", withdrawals()],
  ["hedge: delay, observe", hedge()]
]

const heap = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

/** The keys themselves are made before, because the caller has them anyway. */
const bytesAKey = (fill: (keys: ReadonlyArray<string>) => unknown): number => {
  const keys = Array.from({ length: 100_000 }, (_, index) => `integration/endpoint/${index}`)
  const before = heap()
  const held = fill(keys)
  const after = heap()
  return held === undefined ? Number.NaN : (after - before) / keys.length
}

const throttleKeys = (keys: ReadonlyArray<string>) => {
  const state = Throttle.makeState(Throttle.make(), { maxKeys: keys.length })
  for (const key of keys) state.record(key, true, 1_700_000_000_000)
  return state
}

const budgetKeys = (keys: ReadonlyArray<string>) => {
  const store = RetryBudgetStore.makeMemory({ maxKeys: keys.length })
  for (const key of keys) store.deposit(key, budget, 1_700_000_000_000)
  return store
}

say(`Node ${process.versions.node}; medians of ${rounds} rounds of ${times}`)
for (const [name, work] of costs) say(`  ${name.padEnd(28)} ${nanoseconds(work).toFixed(1).padStart(8)} ns`)
if (globalThis.gc !== undefined) {
  say(`  ${"throttle: an idle key".padEnd(28)} ${bytesAKey(throttleKeys).toFixed(0).padStart(8)} B`)
  say(`  ${"retry budget: an idle key".padEnd(28)} ${bytesAKey(budgetKeys).toFixed(0).padStart(8)} B`)
}
