/**
 * Everything that must hold before a change is merged: `npm test`. Every step runs, so that one run shows all that is
 * wrong; any that fails makes the run fail. `--long` also runs the tests that take minutes.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import { build } from "./build.ts"
import { root, run, runOrThrow } from "./command.ts"
import { checkTarballs } from "./pack.ts"

interface Step {
  readonly name: string
  readonly about: string
  readonly needs?: string
  readonly run: () => Promise<unknown>
}

const long = process.argv.includes("--long")
const resultsFile = join(root, ".cache/vitest-results.json")
const compiled = join(root, ".cache/compiled")

const vitest = async () => {
  rmSync(resultsFile, { force: true })
  // What was compiled of sources that have changed since would stay for ever.
  rmSync(compiled, { recursive: true, force: true })
  mkdirSync(join(root, ".cache"), { recursive: true })
  const args = ["run", "--allowOnly=false", "--reporter=default", "--reporter=json", `--outputFile.json=${resultsFile}`]
  const { code } = await run("vitest", args, { shown: true, env: long ? { CAUSEWAY_LONG: "1" } : {} })
  if (code !== 0) throw new Error("vitest found failures; they are above")
}

/** By itself: it holds deliveries to the time that providers wait. */
const soak = async () => {
  const { code } = await run("node", ["bench/soak/hostile.ts"], { shown: true })
  if (code !== 0) throw new Error("honest deliveries were refused or late, or the heap grew; it is above")
}

const steps: ReadonlyArray<Step> = [
  { name: "types", about: "packages, tests, examples", run: () => runOrThrow("tsc", ["-b"]) },
  { name: "lint", about: "oxlint", run: () => runOrThrow("oxlint", ["--deny-warnings"]) },
  { name: "format", about: "oxfmt", run: () => runOrThrow("oxfmt", ["--check"]) },
  { name: "tests", about: "units, architecture, examples in the docs", run: vitest },
  ...(long ? [{ name: "soak", about: "ten minutes of hostile clients", run: soak }] : []),
  { name: "build", about: "dist of every package, from nothing", run: build },
  { name: "packages", about: "tarballs: publint, attw, imports, types", needs: "build", run: checkTarballs }
]

interface TestFile {
  readonly name: string
  readonly status: string
  readonly message: string
  readonly assertionResults: ReadonlyArray<{ readonly status: string; readonly fullName: string }>
}

const readTestFiles = (): ReadonlyArray<TestFile> =>
  // The shape of vitest's JSON report, which the pinned vitest wrote a moment ago.
  existsSync(resultsFile)
    ? (JSON.parse(readFileSync(resultsFile, "utf8")) as { testResults: Array<TestFile> }).testResults
    : []

const countTests = () => {
  const files = readTestFiles()
  const tests = files.flatMap((file) => file.assertionResults)
  // A file that does not load has no tests to count: it counts as one that failed.
  const unloaded = files.filter((file) => file.status === "failed" && file.assertionResults.length === 0)
  const failed = tests.filter((test) => test.status === "failed")
  return {
    passed: tests.filter((test) => test.status === "passed").length,
    failed: failed.length + unloaded.length,
    skipped: tests.filter((test) => test.status !== "passed" && test.status !== "failed").map((test) => test.fullName)
  }
}

const say = (line: string) => process.stdout.write(`${line}\n`)

const seconds = (since: number) => `${((performance.now() - since) / 1000).toFixed(1)} s`

const runStep = async (step: Step, failures: ReadonlySet<string>) => {
  const started = performance.now()
  say(`--- ${step.name}: ${step.about}`)
  try {
    if (step.needs !== undefined && failures.has(step.needs)) throw new Error(`not run, because ${step.needs} failed`)
    await step.run()
    return { ok: true, line: `ok      ${step.name.padEnd(9)} ${seconds(started).padStart(8)}  ${step.about}` }
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return { ok: false, line: `FAILED  ${step.name.padEnd(9)} ${seconds(started).padStart(8)}  ${step.about}` }
  }
}

const started = performance.now()
const failures = new Set<string>()
const lines: Array<string> = []
for (const step of steps) {
  const { line, ok } = await runStep(step, failures)
  if (!ok) failures.add(step.name)
  lines.push(line)
  say(line)
}

const { failed, passed, skipped } = countTests()
say("")
for (const line of lines) say(line)
say(
  `${failures.size === 0 ? "All steps passed" : `${failures.size} of ${steps.length} steps FAILED`} in ${seconds(started)}.`
)
if (skipped.length > 0) say(`${skipped.length} tests were skipped${long ? "" : " (--long runs the long ones)"}:`)
for (const name of skipped) say(`  ${name}`)
say(`${passed} passed, ${failed} failed`)
process.exitCode = failures.size === 0 ? 0 : 1
