/**
 * Rehearses twenty times in a row, each time with another seed, and tells how long the runs took and whether each ledger
 * balanced. Exits with 1 when one did not. `node test/twentyRuns.ts [RUNS]`
 */
import { spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"

const main = fileURLToPath(new URL("../main.ts", import.meta.url))
const runs = Number(process.argv[2] ?? 20)

const rehearse = (run: number) => {
  const started = performance.now()
  const { status, stderr, stdout } = spawnSync(process.execPath, [main, "--seed", String(run)], { encoding: "utf8" })
  const seconds = (performance.now() - started) / 1_000
  console.log(
    `${String(run).padStart(3)}  ${seconds.toFixed(1).padStart(5)} s  ${status === 0 ? "balanced" : "failed"}`
  )
  if (status !== 0) console.log(stdout, stderr)
  return { balanced: status === 0, seconds, stdout }
}

const results = Array.from({ length: runs }, (_, index) => rehearse(index + 1))
const seconds = results.map((result) => result.seconds).toSorted((left, right) => left - right)
const balanced = results.filter((result) => result.balanced).length

console.log(results.at(-1)?.stdout ?? "")
console.log(
  `${balanced} of ${runs} balanced; a run took ${seconds.at(0)?.toFixed(1)} to ${seconds.at(-1)?.toFixed(1)} s, ` +
    `half of them at most ${seconds[Math.floor(runs / 2)]?.toFixed(1)} s`
)
process.exitCode = balanced === runs ? 0 : 1
