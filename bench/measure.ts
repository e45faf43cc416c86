/**
 * Measures a row: every round lets each peer do the same work, in turns, so that a slow moment of the machine hits all.
 *
 * Each peer has a process of its own, as a client has in a program that uses one: what a compiler learns from the calls of
 * one peer makes those of another neither faster nor slower.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { clientCore, pin } from "./pinning.ts"
import type { Row } from "./Row.ts"
import type { Answer, Ask, Sample } from "./runPeer.ts"

export interface Result extends Sample {
  readonly peer: string
  /** This peer against the first one of its row, in the same round. */
  readonly pairs: Pairs
  /** Slowest round against the fastest, by the clock: how far to trust the figures. */
  readonly spread: number
}

/** The medians of the rounds' ratios, and the least and the largest of those by processor time. */
export interface Pairs {
  readonly wall: number
  readonly cpu: number
  readonly leastCpu: number
  readonly mostCpu: number
}

export const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

const pairsOf = (samples: ReadonlyArray<Sample>, first: ReadonlyArray<Sample>): Pairs => {
  const ratios = (unit: keyof Sample) =>
    samples.map((sample, round) => sample[unit] / (first[round]?.[unit] ?? Number.NaN))
  const cpu = ratios("cpu")
  return { wall: median(ratios("wall")), cpu: median(cpu), leastCpu: Math.min(...cpu), mostCpu: Math.max(...cpu) }
}

const summary = (peer: string, samples: ReadonlyArray<Sample>, first: ReadonlyArray<Sample>): Result => {
  const walls = samples.map(({ wall }) => wall)
  return {
    peer,
    pairs: pairsOf(samples, first),
    wall: median(walls),
    cpu: median(samples.map(({ cpu }) => cpu)),
    spread: Math.max(...walls) / Math.min(...walls)
  }
}

/** A row is measured by the file that holds it, because each of its peers reads it again. */
export const measure = async (row: Row, file: string, server: URL, rounds: number): Promise<ReadonlyArray<Result>> => {
  const contestants: Array<Contestant> = []
  for (const { name } of row.peers) contestants.push(await ready(name, file, server))
  for (let round = 0; round < rounds; round++) {
    const first = round % contestants.length
    const order = [...contestants.slice(first), ...contestants.slice(0, first)]
    for (const { process, samples } of order) samples.push(await ask(process, "sample"))
  }
  for (const { process } of contestants) await stopped(process)
  const first = contestants[0]?.samples ?? []
  return contestants.map(({ name, samples }) => summary(name, samples, first))
}

interface Contestant {
  readonly name: string
  readonly process: ChildProcess
  readonly samples: Array<Sample>
}

/** A peer that has warmed up. */
const ready = async (name: string, file: string, server: URL): Promise<Contestant> => {
  const program = fileURLToPath(new URL("runPeer.ts", import.meta.url))
  const process = fork(program, [file, server.href, name], { execArgv: ["--expose-gc"] })
  pin(process, clientCore)
  await ask(process, "warm up")
  return { name, process, samples: [] }
}

/** Gives what a peer has measured; a warm-up too is measured, and nobody looks at it. */
const ask = async (process: ChildProcess, what: Ask): Promise<Sample> => {
  const waiting = new AbortController()
  process.send(what)
  const answered = await Promise.race([
    once(process, "message", { signal: waiting.signal }),
    once(process, "exit", { signal: waiting.signal })
  ])
  waiting.abort()
  // A peer sends nothing but answers; what else comes here is the code that it has ended with.
  const [answer] = answered as [Answer | number | null]
  if (typeof answer !== "object" || answer === null)
    throw new Error(`a peer ended with ${answer} while it was measured`)
  return answer
}

const stopped = async (process: ChildProcess): Promise<void> => {
  const gone = once(process, "exit")
  const what: Ask = "close"
  process.send(what)
  await gone
}
