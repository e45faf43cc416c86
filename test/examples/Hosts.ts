import { type ChildProcess, spawn } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"

const host = fileURLToPath(new URL("host.ts", import.meta.url))

export interface Outcome {
  /** Of the program, or null when it had to be stopped. */
  readonly code: number | null
  readonly output: string
}

/** Runs examples in as many processes as there are processors, because most of an example's time is loading the packages. */
export class Hosts {
  /** A module that each process loads first. */
  readonly #preload: string
  readonly #idle: Array<ChildProcess> = []
  readonly #waiting: Array<() => void> = []
  #free = availableParallelism()

  constructor(preload: string) {
    this.#preload = preload
  }

  async run(file: string, millis: number): Promise<Outcome> {
    await this.#turn()
    try {
      return await this.#runIn(this.#idle.pop() ?? this.#start(), file, millis)
    } finally {
      this.#free += 1
      this.#waiting.shift()?.()
    }
  }

  end(): void {
    for (const child of this.#idle.splice(0)) child.kill("SIGKILL")
  }

  async #turn(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#free -= 1
  }

  #start(): ChildProcess {
    return spawn(process.execPath, ["--import", this.#preload, host], {
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "pipe", "ipc"]
    })
  }

  /** A process goes on to the next example when the last one ended by itself without an error. */
  #runIn(child: ChildProcess, file: string, millis: number): Promise<Outcome> {
    let output = ""
    const keep = (chunk: Buffer) => (output += chunk.toString())
    child.stdout?.on("data", keep)
    child.stderr?.on("data", keep)
    const tooLong = setTimeout(() => child.kill("SIGKILL"), millis)
    return new Promise((resolve) => {
      const end = (code: number | null) => {
        clearTimeout(tooLong)
        child.off("message", ended).off("close", end)
        child.stdout?.off("data", keep)
        child.stderr?.off("data", keep)
        resolve({ code, output })
      }
      // The one thing that a host says is an exit code.
      const ended = (code: number) => {
        this.#idle.push(child)
        end(code)
      }
      child.on("message", ended).on("close", end)
      child.send(file)
    })
  }
}
