/** One peer of a row, in its own process: it does what it is asked for, and reports what that took. */
import { Effect } from "effect"
import type { Opened, Row } from "./Row.ts"

export type Ask = "warm up" | "sample" | "close"

export interface Sample {
  /** Microseconds a call, by the clock. */
  readonly wall: number
  /** Microseconds a call, of this process on the processor. */
  readonly cpu: number
}

export type Answer = Sample

/** How long a peer warms up, in milliseconds: optimized code takes time to appear, not a number of calls. */
const warmUpMillis = 3_000

const [file = "", address = "", name = ""] = process.argv.slice(2)

// Only rows with peers are measured this way.
const { row } = (await import(`./rows/${file}`)) as { readonly row: Row }
const peer = row.peers.find((peer) => peer.name === name)
if (peer === undefined) throw new Error(`${file} has no peer ${name}`)
const opened = await peer.open(new URL(address))
let calls = 0

/** Makes so many calls, or as many as are begun in time, and gives their number. */
const work = async ({ call, effect }: Opened, calls: number, until = Infinity): Promise<number> => {
  let begun = 0
  const mayBegin = () => begun < calls && performance.now() < until
  const next = <A>(call: () => A): A => {
    begun += 1
    return call()
  }
  if (row.shape === "fibres" && effect !== undefined) {
    const loop = Effect.whileLoop({ while: mayBegin, body: () => next(() => effect), step: () => {} })
    await Effect.runPromise(
      Effect.all(
        Array.from({ length: row.inFlight }, () => loop),
        { concurrency: "unbounded" }
      )
    )
    return begun
  }
  const worker = async () => {
    while (mayBegin()) await next(call)
  }
  await Promise.all(Array.from({ length: row.inFlight }, worker))
  return begun
}

/** What is asked for in each round: a slow peer makes fewer calls, so that a row ends in reasonable time. */
const warmUp = async (): Promise<number> => {
  await work(opened, Infinity, performance.now() + warmUpMillis / 2)
  const began = performance.now()
  const made = await work(opened, Infinity, began + warmUpMillis / 2)
  const inTime = Math.floor((made * (row.roundMillis ?? 400)) / (performance.now() - began))
  return Math.max(row.inFlight, Math.min(row.calls, inTime))
}

const sample = async (calls: number): Promise<Sample> => {
  const started = performance.now()
  const cpu = process.cpuUsage()
  await work(opened, calls)
  const { system, user } = process.cpuUsage(cpu)
  const times = calls * (row.batch ?? 1)
  return { wall: ((performance.now() - started) * 1000) / times, cpu: (user + system) / times }
}

const close = async (): Promise<never> => {
  await opened.close()
  process.exit()
}

const obey = async (what: Ask): Promise<void> => {
  if (what === "close") return close()
  if (what === "warm up") calls = await warmUp()
  const answer: Answer = await sample(calls)
  process.send?.(answer)
}

process.on("message", obey)
process.on("disconnect", () => process.exit())
