/**
 * Prints one table of all rows in `bench/rows`: `npm run bench -- [--rounds 9] [--row <part of a file's name>]`.
 *
 * Rows run one after the other, each in a process of its own, against a server that is a process of its own.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { globSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { availableParallelism, cpus, loadavg } from "node:os"
import { basename } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { clientCore, pin, serverCore } from "./pinning.ts"

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "9" }, row: { type: "string", default: "" } }
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new Error(`--rounds is a whole number of at least 1, not ${values.rounds}`)
}

const pathOf = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

const rows = globSync("*.ts", { cwd: pathOf("rows") })
  .filter((file) => basename(file, ".ts").toLowerCase().includes(values.row.toLowerCase()))
  .toSorted()

let isPinned = false

const startServer = async () => {
  const child = fork(pathOf("server.ts"))
  isPinned = pin(child, serverCore)
  // The server sends its address once, as net.Server gives it for a TCP port.
  const [address] = (await once(child, "message")) as [AddressInfo]
  return { url: `http://127.0.0.1:${address.port}/`, stop: () => child.disconnect() }
}

const runRow = async (file: string, url: string): Promise<void> => {
  const child = fork(pathOf("runRow.ts"), [file, url, String(rounds)], { execArgv: ["--expose-gc"] })
  const [code] = await once(child, "exit")
  if (code !== 0) process.exitCode = 1
}

const say = (line: string) => process.stdout.write(`${line}\n`)

say(`Node ${process.versions.node}, ${availableParallelism()} cores, ${cpus()[0]?.model ?? "unknown processor"}`)
say(
  `Medians of ${rounds} interleaved rounds a call; the ratios compare with the first peer of the row in the same round.`
)
const server = await startServer()
say(
  isPinned
    ? `The server is pinned to processor ${serverCore}, the peers to processor ${clientCore}.`
    : "Nothing is pinned to a processor: that takes `taskset` and two processors."
)
say(`The load of the machine is ${loadavg()[0]?.toFixed(2)} before the first row: far above 0, others use it too.`)
for (const file of rows) await runRow(file, server.url)
server.stop()
say(`\nTo repeat: npm run bench -- --rounds ${rounds}${values.row === "" ? "" : ` --row ${values.row}`}`)
