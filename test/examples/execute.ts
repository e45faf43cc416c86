/** Type-checks examples in one run of the compiler and runs each in a folder of its own. */
import { spawn } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { type Example, extract } from "./extract.ts"
import { type Outcome, Hosts } from "./Hosts.ts"

export const root = fileURLToPath(new URL("../../", import.meta.url))

const cache = join(root, ".cache")

const assertions = new URL("assertions.ts", import.meta.url).href

const tsc = fileURLToPath(new URL("bin/tsc", import.meta.resolve("typescript/package.json")))

export const readExamples = (files: ReadonlyArray<string>): ReadonlyArray<Example> =>
  files.flatMap((file) => extract(file, readFileSync(join(root, file), "utf8")))

interface Options {
  readonly cwd: string
  readonly millis: number
}

const runNode = (args: ReadonlyArray<string>, { cwd, millis }: Options): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: millis,
      killSignal: "SIGKILL"
    })
    let output = ""
    const keep = (chunk: Buffer) => (output += chunk.toString())
    child.stdout.on("data", keep)
    child.stderr.on("data", keep)
    child.on("close", (code) => resolve({ code, output }))
  })

const wrongWith = ({ code, output }: Outcome, millis: number): string | undefined => {
  if (code === 0) return undefined
  return `${code === null ? `did not end within ${millis / 1000} s` : `ended with exit code ${code}`}\n${output}`
}

/** Runs a program to its end and answers with what goes wrong; `undefined` when nothing does. */
export const runProgram = async (file: string, millis: number): Promise<string | undefined> =>
  wrongWith(await runNode(["--import", assertions, file], { cwd: dirname(file), millis }), millis)

export interface Workshop {
  /** What the compiler finds wrong with each example, in the lines of the file that the example comes from. */
  readonly check: () => Promise<ReadonlyMap<Example, ReadonlyArray<string>>>
  /** What goes wrong when the example runs, in the same lines; `undefined` when nothing does. */
  readonly run: (example: Example, options?: { readonly millis: number }) => Promise<string | undefined>
  readonly remove: () => void
}

/** Writes the examples into a folder inside the workspace, so that they import what a user imports. */
export const open = (examples: ReadonlyArray<Example>): Workshop => {
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, "examples-"))
  for (const example of examples) {
    mkdirSync(join(folder, nameOf(example)))
    writeFileSync(join(folder, nameOf(example), "example.ts"), example.code)
  }
  writeConfig(folder)
  const hosts = new Hosts(assertions)
  return {
    check: async () => {
      if (examples.length === 0) return new Map()
      const { output } = await runNode([tsc, "-p", folder, "--pretty", "false"], { cwd: folder, millis: 120_000 })
      return new Map(examples.map((example) => [example, diagnosticsOf(example, output)]))
    },
    run: async (example, { millis } = { millis: 60_000 }) => {
      const outcome = await hosts.run(join(folder, nameOf(example), "example.ts"), millis)
      const wrong = wrongWith(outcome, millis)
      return wrong === undefined ? undefined : `${place(example, 1)} ${inSourceLines(example, wrong)}`
    },
    remove: () => {
      hosts.end()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const nameOf = ({ file, line }: Example) => `${file.replaceAll(/[^A-Za-z0-9.]+/g, "_")}_${line}`

const place = (example: Example, line: number) => `${example.file}:${example.line + line - 1}`

const writeConfig = (folder: string) => {
  const config = {
    extends: "../../tsconfig.check.json",
    // An example shows how a value is made; it need not use each one.
    compilerOptions: { noUnusedLocals: false, moduleDetection: "force" },
    include: ["*/example.ts"],
    exclude: []
  }
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config))
}

const diagnosticsOf = (example: Example, output: string): ReadonlyArray<string> =>
  output
    .split(/\r?\n(?! )/)
    .filter((diagnostic) => diagnostic.startsWith(`${nameOf(example)}/example.ts(`))
    .map((diagnostic) => {
      const [, line = "1", message = diagnostic] = /\((\d+),\d+\): ([\s\S]*)/.exec(diagnostic) ?? []
      return `${place(example, Number(line))} ${message}`
    })

const inSourceLines = (example: Example, output: string): string =>
  output.replaceAll(/[^\s(]*example\.ts:(\d+)/g, (_, line: string) => place(example, Number(line)))
