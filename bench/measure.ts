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

const work = async (call: () => Promise<unknown>, calls: number, inFlight: number) => {
  let left = calls
  const worker = async () => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: inFlight }, worker))
}

const sample = async (opened: Opened, row: Row): Promise<Sample> => {
  const started = performance.now()
  const cpu = process.cpuUsage()
  await work(opened.call, row.calls, row.inFlight)
  const { system, user } = process.cpuUsage(cpu)
  const times = row.calls * (row.batch ?? 1)
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
  const contestants = await Promise.all(
    row.peers.map(async ({ name, open }) => ({ name, opened: await open(server), samples: Array<Sample>() }))
  )
  for (const { opened } of contestants) await work(opened.call, row.calls, row.inFlight)
  for (let round = 0; round < rounds; round++) {
    const first = round % contestants.length
    const order = [...contestants.slice(first), ...contestants.slice(0, first)]
    for (const { opened, samples } of order) samples.push(await sample(opened, row))
  }
  for (const { opened } of contestants) await opened.close()
  return contestants.map(({ name, samples }) => summary(name, samples))
}
