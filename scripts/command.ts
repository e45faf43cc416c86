/** Runs commands of the workspace and keeps or shows what they print. */
import { type ChildProcess, spawn } from "node:child_process"
import { constants } from "node:os"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))

export interface Outcome {
  readonly code: number
  readonly output: string
}

export interface Options {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Shows the output while it comes instead of keeping it. Default: false. */
  readonly shown?: boolean
}

const running = new Set<ChildProcess>()

/** Whoever stops this process stops what it started. */
const stopOn = (signal: "SIGINT" | "SIGTERM" | "SIGHUP") =>
  process.once(signal, () => {
    for (const child of running) child.kill(signal)
    process.exit(128 + constants.signals[signal])
  })

stopOn("SIGINT")
stopOn("SIGTERM")
stopOn("SIGHUP")

export const run = (command: string, args: ReadonlyArray<string>, options: Options = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: options.shown ? "inherit" : ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32"
    })
    running.add(child)
    let output = ""
    const keep = (chunk: Buffer) => (output += chunk.toString())
    child.stdout?.on("data", keep)
    child.stderr?.on("data", keep)
    const end = (outcome: Outcome) => {
      running.delete(child)
      resolve(outcome)
    }
    child.on("error", (error) => end({ code: 127, output: `${command}: ${error.message}\n` }))
    child.on("close", (code) => end({ code: code ?? 1, output }))
  })

/** As `run`, but a command that fails throws an error with its output. */
export const runOrThrow = async (command: string, args: ReadonlyArray<string>, options: Options = {}) => {
  const { code, output } = await run(command, args, options)
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with exit code ${code}\n${output}`)
  return output
}
