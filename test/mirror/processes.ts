import { type ChildProcessByStdio, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import type { Readable, Writable } from "node:stream"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import type { Ledger } from "../../examples/mirror/sandbox/Ledger.ts"

const inExample = (path: string) => fileURLToPath(new URL(`../../examples/mirror/${path}`, import.meta.url))

/** The token that a sandbox of the tests accepts. */
export const token = "a-token-of-the-test"

export interface Sandbox {
  readonly child: ChildProcessByStdio<Writable, Readable, null>
  readonly url: string
}

/** Starts the sandbox; it ends when its standard input is closed. */
export const startSandbox = async (...flags: ReadonlyArray<string>): Promise<Sandbox> => {
  const child = spawn(process.execPath, [inExample("sandbox/main.ts"), ...flags], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, SANDBOX_TOKEN: token }
  })
  const [line] = await once(createInterface(child.stdout), "line")
  // The sandbox prints one line of JSON with its URL.
  const { url } = JSON.parse(String(line)) as { readonly url: string }
  return { child, url }
}

/** What a sandbox has done so far. */
export const ledgerOf = async (sandbox: string): Promise<Ledger> => {
  const response = await fetch(`${sandbox}/_sandbox/ledger`)
  // The sandbox answers with its ledger.
  return (await response.json()) as Ledger
}

/** The program while it runs. */
export interface Mirror {
  readonly pid: number
  /** Waits for a line of its output that matches. */
  readonly line: (pattern: RegExp) => Promise<unknown>
  readonly interrupt: () => void
  readonly end: Promise<{ readonly code: number | null; readonly output: string; readonly errors: string }>
}

/** Starts the program with these arguments, and with these variables beside those of the tests. */
export const startMirror = (flags: ReadonlyArray<string>, env: Record<string, string> = {}): Mirror => {
  const child = spawn(process.execPath, [inExample("main.ts"), ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env }
  })
  const lines = createInterface(child.stdout)
  const end = Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]).then(
    ([[code], output, errors]) => ({ code, output, errors })
  )
  return {
    pid: child.pid ?? 0,
    line: (pattern) => new Promise((resolve) => lines.on("line", (line) => pattern.test(line) && resolve(line))),
    interrupt: () => child.kill("SIGINT"),
    end
  }
}

/** The processes that a process has started and that are still there. */
export const childrenOf = (pid: number): ReadonlyArray<number> =>
  execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" })
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child = 0, parent]) => (parent === pid ? [child] : []))

/** Whether a process is there. */
export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
