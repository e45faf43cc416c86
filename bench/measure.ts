/** Measures a row: every round lets each peer do the same work, in turns, so that a slow moment of the machine hits all. */
import type { Opened, Row } from "./Row.ts"

export interface Sample {
  /** Microseconds a call, by the clock. */
  readonly wall: number
  /** Microseconds a call, of this process on the processor. */
  readonly cpu: number
}

export interface Result extends Sample {
  readonly peer: string
  /** Slowest round against the fastest, by the clock: how far to trust the figures. */
  readonly spread: number
}

/** The longest round of a peer, in milliseconds, and the longest that it warms up. */
const longestRound = 400
const longestWarmUp = 2_000

/** Makes so many calls, or as many as are begun in time, and gives their number. */
const work = async (call: () => Promise<unknown>, calls: number, inFlight: number, until = Infinity) => {
  let begun = 0
  const worker = async () => {
    while (begun < calls && performance.now() < until) {
      begun += 1
      await call()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
  return begun
}

/** What a peer is asked for in each round: a slow one makes fewer calls, so that a row ends in reasonable time. */
const warmUp = async ({ call }: Opened, { calls, inFlight }: Row): Promise<number> => {
  await work(call, calls, inFlight, performance.now() + longestWarmUp / 2)
  const began = performance.now()
  const made = await work(call, calls, inFlight, began + longestWarmUp / 2)
  const inTime = Math.floor((made * longestRound) / (performance.now() - began))
  return Math.max(inFlight, Math.min(calls, inTime))
}

const sample = async ({ call }: Opened, calls: number, { batch = 1, inFlight }: Row): Promise<Sample> => {
  const started = performance.now()
  const cpu = process.cpuUsage()
  await work(call, calls, inFlight)
  const { system, user } = process.cpuUsage(cpu)
  const times = calls * batch
  return { wall: ((performance.now() - started) * 1000) / times, cpu: (user + system) / times }
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

const summary = (peer: string, samples: ReadonlyArray<Sample>): Result => {
  const walls = samples.map(({ wall }) => wall)
  return {
    peer,
    wall: median(walls),
    cpu: median(samples.map(({ cpu }) => cpu)),
    spread: Math.max(...walls) / Math.min(...walls)
  }
}

export const measure = async (row: Row, server: URL, rounds: number): Promise<ReadonlyArray<Result>> => {
  const contestants: Array<Contestant> = []
  for (const { name, open } of row.peers) {
    const opened = await open(server)
    contestants.push({ name, opened, calls: await warmUp(opened, row), samples: [] })
  }
  for (let round = 0; round < rounds; round++) {
    const first = round % contestants.length
    const order = [...contestants.slice(first), ...contestants.slice(0, first)]
    for (const { calls, opened, samples } of order) samples.push(await sample(opened, calls, row))
  }
  for (const { opened } of contestants) await opened.close()
  return contestants.map(({ name, samples }) => summary(name, samples))
}

interface Contestant {
  readonly name: string
  readonly opened: Opened
  readonly calls: number
  readonly samples: Array<Sample>
}
