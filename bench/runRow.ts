/** One row, in a process of its own: what it loads and what it leaves behind stays with it. */
import { measure, type Result } from "./measure.ts"
import type { Finding, Goal, Row } from "./Row.ts"

const [file = "", address = "", rounds = "1"] = process.argv.slice(2)

const say = (line: string) => process.stdout.write(`${line}\n`)

const figure = (value: number): string => value.toFixed(value < 10 ? 2 : 1)

const toLine = ({ cpu, pairs, peer, spread, wall }: Result) =>
  [
    `  ${peer.padEnd(36)}`,
    figure(wall).padStart(9),
    figure(cpu).padStart(9),
    pairs.wall.toFixed(2).padStart(7),
    pairs.cpu.toFixed(2).padStart(7),
    `${pairs.leastCpu.toFixed(2)}-${pairs.mostCpu.toFixed(2)}`.padStart(10),
    spread.toFixed(2).padStart(8)
  ].join(" ")

const resultOf = (results: ReadonlyArray<Result>, peer: string): Result => {
  const found = results.find((result) => result.peer === peer)
  if (found === undefined) throw new Error(`a goal names ${peer}, which is no peer of its row`)
  return found
}

const toGoalLine = (goal: Goal, results: ReadonlyArray<Result>): string => {
  const peer = resultOf(results, goal.peer)
  if (goal.kind === "µs") {
    return `  ${goal.peer}: ${figure(peer.wall)} by the clock, ${figure(peer.cpu)} by cpu µs (at most ${goal.atLeast}, aim ${goal.aim})`
  }
  const against = resultOf(results, goal.against)
  const by = (unit: "wall" | "cpu"): string =>
    (goal.kind === "times as fast" ? against[unit] / peer[unit] : peer[unit] - against[unit]).toFixed(2)
  const limit = goal.kind === "times as fast" ? "at least" : "at most"
  return `  ${goal.peer}: ${by("wall")} by the clock, ${by("cpu")} by cpu ${goal.kind} ${goal.kind === "µs more" ? "than" : "as"} ${goal.against} (${limit} ${goal.atLeast}, aim ${goal.aim})`
}

const printRow = (row: Row, results: ReadonlyArray<Result>) => {
  const batch = row.batch === undefined ? "" : ` of ${row.batch} each`
  const most = row.roundMillis === undefined ? `${row.calls} calls${batch}` : `${row.roundMillis / 1000} s`
  say(`\n${row.name}: ${row.about} ${row.inFlight} in flight, ${most} a round.`)
  say(`  ${"".padEnd(36)}  µs wall    µs cpu    wall     cpu  cpu range  spread`)
  for (const result of results) say(toLine(result))
  for (const goal of row.goals ?? []) say(toGoalLine(goal, results))
}

const printFinding = ({ about, name }: Finding, lines: ReadonlyArray<string>) => {
  say(`\n${name}: ${about}`)
  for (const line of lines) say(`  ${line}`)
}

// Every file in rows/ exports its row as `row`; what is made of one that doesn't fails here.
const { row } = (await import(`./rows/${file}`)) as { readonly row: Row | Finding }
const server = new URL(address)
if ("find" in row) printFinding(row, await row.find(server))
else printRow(row, await measure(row, file, server, Number(rounds)))
process.exit()
