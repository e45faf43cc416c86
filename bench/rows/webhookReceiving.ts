import type { SignatureScheme } from "@causeway/core/webhook"
import { GitHubWebhook } from "@causeway/providers/github"
import { StripeWebhook } from "@causeway/providers/stripe"
import { median } from "../measure.ts"
import { delivery } from "../receiving/deliveries.ts"
import { start } from "../receiving/program.ts"
import { open } from "../receiving/sender.ts"
import { takeTurns } from "../receiving/takeTurns.ts"
import type { Finding } from "../Row.ts"

const connections = 64
/** So many that what a round begins with, such as the collection of what was there before, does not matter. */
const requests = 6000
/** The speed of a virtual machine changes within seconds: many turns, in each of which all are compared with the floor. */
const rounds = 21
const warmUp = 6

interface Contestant {
  readonly name: string
  readonly file: string
  readonly args?: ReadonlyArray<string>
  readonly scheme: SignatureScheme.SignatureScheme
}

const contestants: ReadonlyArray<Contestant> = [
  { name: "node:http and an HMAC", file: "raw.ts", scheme: GitHubWebhook.scheme },
  { name: "the same, and JSON.parse", file: "raw.ts", args: ["parse"], scheme: GitHubWebhook.scheme },
  {
    name: "causeway, listener, GitHub",
    file: "causeway.ts",
    args: ["listener", "github"],
    scheme: GitHubWebhook.scheme
  },
  {
    name: "causeway, listener, Stripe",
    file: "causeway.ts",
    args: ["listener", "stripe"],
    scheme: StripeWebhook.scheme
  },
  { name: "causeway, router, GitHub", file: "causeway.ts", args: ["router", "github"], scheme: GitHubWebhook.scheme },
  { name: "effect HttpRouter and an HMAC", file: "effect.ts", scheme: GitHubWebhook.scheme },
  { name: "express and stripe", file: "express.ts", scheme: StripeWebhook.scheme }
]

interface Sample {
  readonly wall: number
  readonly cpu: number
}

const prepare = async ({ args, file, name, scheme }: Contestant) => {
  const program = await start(file, args)
  const samples: Array<Sample> = []
  const round = async () => {
    // A signature with a time in it gets old, and so does a connection while others take their turn.
    const request = delivery(scheme, 1024, "evt_1")
    const load = await open({ port: program.port, request: () => request }, connections)
    await load.send(connections)
    const [began, cpu] = [performance.now(), await program.cpu()]
    await load.send(requests)
    const wall = performance.now() - began
    const spent = (await program.cpu()) - cpu
    load.close()
    return { wall: (wall * 1000) / requests, cpu: spent / requests }
  }
  return { name, samples, round, stop: program.stop }
}

const line = (name: string, samples: ReadonlyArray<Sample>, floor: ReadonlyArray<Sample>): string => {
  const cpu = median(samples.map((sample) => sample.cpu))
  const wall = median(samples.map((sample) => sample.wall))
  const ratio = median(samples.map((sample, turn) => (floor[turn]?.cpu ?? Number.NaN) / sample.cpu))
  return [name.padEnd(30), wall.toFixed(1).padStart(9), cpu.toFixed(1).padStart(9), ratio.toFixed(2).padStart(9)].join(
    ""
  )
}

const find = async (): Promise<ReadonlyArray<string>> => {
  const prepared = await takeTurns(contestants.map(prepare), { rounds, warmUp })
  const floor = prepared[0]?.samples ?? []
  return [
    `${"".padEnd(30)}  µs wall   µs cpu  of floor  (medians of ${rounds} turns; cpu is the server's)`,
    ...prepared.map(({ name, samples }) => line(name, samples, floor))
  ]
}

export const row: Finding = {
  name: "webhook receiving, verify only",
  about: `Receives ${requests} signed bodies of 1 KiB over ${connections} connections, verifies and answers; Stripe has its id and type in the body, which is parsed for them. Each server is a process of its own; another one sends.`,
  find
}
