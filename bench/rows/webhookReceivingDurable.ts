import { StripeWebhook } from "@causeway/providers/stripe"
import { median } from "../measure.ts"
import * as Databases from "../receiving/databases.ts"
import { delivery } from "../receiving/deliveries.ts"
import { start } from "../receiving/program.ts"
import { open } from "../receiving/sender.ts"
import { takeTurns } from "../receiving/takeTurns.ts"
import type { Finding } from "../Row.ts"

const connections = 64
const requests = 1000
const rounds = 5
const warmUp = 2

interface Contestant {
  readonly name: string
  readonly file: string
  readonly args: ReadonlyArray<string>
  readonly database: () => Promise<Databases.Database>
}

const contestants: ReadonlyArray<Contestant> = [
  { name: "express, stripe, BullMQ on Redis", file: "bullmq.ts", args: [], database: Databases.redis },
  { name: "causeway, inbox on SQLite", file: "inbox.ts", args: ["sqlite"], database: Databases.sqlite },
  { name: "causeway, inbox on Postgres", file: "inbox.ts", args: ["postgres"], database: Databases.postgres }
]

interface Sample {
  readonly perSecond: number
  readonly median: number
  readonly p99: number
  readonly cpu: number
}

let events = 0

const prepare = async ({ args, database, file, name }: Contestant) => {
  const store = await database()
  const program = await start(file, [...args, store.place])
  const samples: Array<Sample> = []
  const round = async (): Promise<Sample> => {
    const signed = Array.from({ length: requests }, () => delivery(StripeWebhook.scheme, 1024, `evt_${(events += 1)}`))
    const request = () => signed.pop() ?? Buffer.alloc(0)
    const load = await open({ port: program.port, request }, connections)
    const [began, cpu] = [performance.now(), await program.cpu()]
    const times = (await load.send(requests)).toSorted((a, b) => a - b)
    const wall = performance.now() - began
    const spent = (await program.cpu()) - cpu
    load.close()
    const p99 = times[Math.floor(times.length * 0.99)] ?? Number.NaN
    return { perSecond: (requests * 1000) / wall, median: median(times), p99, cpu: spent / requests }
  }
  const stop = async () => {
    await program.stop()
    await store.stop()
  }
  return { name, samples, round, stop }
}

const line = (name: string, samples: ReadonlyArray<Sample>): string => {
  const of = (pick: (sample: Sample) => number) => median(samples.map(pick))
  return [
    name.padEnd(34),
    of(({ perSecond }) => perSecond)
      .toFixed(0)
      .padStart(9),
    of((sample) => sample.median)
      .toFixed(1)
      .padStart(9),
    of(({ p99 }) => p99)
      .toFixed(1)
      .padStart(9),
    of(({ cpu }) => cpu)
      .toFixed(0)
      .padStart(9)
  ].join("")
}

const find = async (): Promise<ReadonlyArray<string>> => {
  const prepared = await takeTurns(contestants.map(prepare), { rounds, warmUp })
  return [
    `${"".padEnd(34)} events/s    ms p50    ms p99   µs cpu  (medians of ${rounds} rounds; cpu is the receiver's own)`,
    ...prepared.map(({ name, samples }) => line(name, samples))
  ]
}

export const row: Finding = {
  name: "webhook receiving, with a durable store",
  about: `Receives ${requests} events of 1 KiB, each with an id of its own, over ${connections} connections; verifies them and has them on the disk before it answers: SQLite with synchronous=FULL, Postgres with fsync, Redis with appendfsync always.`,
  find
}
