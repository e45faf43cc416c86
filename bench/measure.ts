/**
 * Measures a row: every round lets each peer do the same work, in turns, so that a slow moment of the machine hits all.
 *
 * Each peer has a process of its own, as a client has in a program that uses one: what a compiler learns from the calls of
 * one peer makes those of another neither faster nor slower.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import type { Row } from "./Row.ts"
import type { Answer, Ask, Sample } from "./runPeer.ts"

export interface Result extends Sample {
  readonly peer: string
  /** Slowest round against the fastest, by the clock: how far to trust the figures. */
  readonly spread: number
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
  return contestants.map(({ name, samples }) => summary(name, samples))
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
