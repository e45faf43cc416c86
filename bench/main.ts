/**
 * Prints one table of all rows in `bench/rows`: `npm run bench -- [--rounds 9] [--row <part of a name>]`.
 *
 * Rows and rounds run one after the other in this process, against a server that is a process of its own.
 */
import { fork } from "node:child_process"
import { once } from "node:events"
import { globSync } from "node:fs"
import type { AddressInfo } from "node:net"
import { availableParallelism, cpus } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { measure, type Result } from "./measure.ts"
import type { Row } from "./Row.ts"

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "9" }, row: { type: "string", default: "" } }
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new Error(`--rounds is a whole number of at least 1, not ${values.rounds}`)
}

const folder = fileURLToPath(new URL(".", import.meta.url))

const readRows = async (): Promise<ReadonlyArray<Row>> => {
  // Every file in rows/ exports its row as `row`; `measure` fails on one that doesn't.
  const modules = globSync("rows/*.ts", { cwd: folder }).toSorted()
  const rows = await Promise.all(modules.map((file) => import(`./${file}`) as Promise<{ readonly row: Row }>))
  return rows.map(({ row }) => row).filter(({ name }) => name.includes(values.row))
}

const startServer = async () => {
  const child = fork(fileURLToPath(new URL("server.ts", import.meta.url)))
  // The server sends its address once, as net.Server gives it for a TCP port.
  const [address] = (await once(child, "message")) as [AddressInfo]
  return { url: new URL(`http://127.0.0.1:${address.port}`), stop: () => child.disconnect() }
}

const say = (line: string) => process.stdout.write(`${line}\n`)

const toLine = (result: Result, baseline: Result) =>
  [
    `  ${result.peer.padEnd(24)}`,
    result.wall.toFixed(1).padStart(9),
    result.cpu.toFixed(1).padStart(9),
    (result.wall / baseline.wall).toFixed(2).padStart(7),
    (result.cpu / baseline.cpu).toFixed(2).padStart(7),
    result.spread.toFixed(2).padStart(8)
  ].join(" ")

const printRow = (row: Row, results: ReadonlyArray<Result>) => {
  const [baseline] = results
  say(`\n${row.name}: ${row.about} ${row.inFlight} in flight, ${row.calls} calls a round.`)
  say(`  ${"".padEnd(24)}  µs wall    µs cpu    wall     cpu   spread`)
  for (const result of results) say(toLine(result, baseline ?? result))
}

say(`Node ${process.versions.node}, ${availableParallelism()} cores, ${cpus()[0]?.model ?? "unknown processor"}`)
say(`Medians of ${rounds} interleaved rounds a call; the ratios compare with the first peer of the row.`)
const server = await startServer()
for (const row of await readRows()) printRow(row, await measure(row, server.url, rounds))
server.stop()
say(`\nTo repeat: npm run bench -- --rounds ${rounds}${values.row === "" ? "" : ` --row ${values.row}`}`)
