/** Runs a command of the workspace and keeps or shows what it prints. */
import { spawn } from "node:child_process"
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

export const run = (command: string, args: ReadonlyArray<string>, options: Options = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: options.shown ? "inherit" : ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32"
    })
    let output = ""
    const keep = (chunk: Buffer) => (output += chunk.toString())
    child.stdout?.on("data", keep)
    child.stderr?.on("data", keep)
    child.on("error", (error) => resolve({ code: 127, output: `${command}: ${error.message}\n` }))
    child.on("close", (code) => resolve({ code: code ?? 1, output }))
  })

/** As `run`, but a command that fails throws an error with its output. */
export const runOrThrow = async (command: string, args: ReadonlyArray<string>, options: Options = {}) => {
  const { code, output } = await run(command, args, options)
  if (code !== 0) throw new Error(`${[command, ...args].join(" ")} ended with exit code ${code}\n${output}`)
  return output
}
