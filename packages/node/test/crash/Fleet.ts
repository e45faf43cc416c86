import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import type { Settings } from "./receiverProcess.ts"

interface Member {
  readonly child: ChildProcess
  readonly url: string
}

/** Processes that are killed and begun anew. */
export class Fleet {
  readonly #program: string
  readonly #settings: Settings
  readonly #members: Array<Member> = []
  #ended = false

  constructor(program: string, settings: Settings) {
    this.#program = program
    this.#settings = settings
  }

  readonly start = async (size: number): Promise<void> => {
    for (let index = 0; index < size; index += 1) await this.#enlist()
  }

  /** The URL of one of those that run, or nothing while there is none. */
  readonly urlOf = (pick: number): string | undefined => this.#members[Math.floor(pick * this.#members.length)]?.url

  /** Ends one without warning, and begins another in its place. */
  readonly killOne = async (pick: number): Promise<void> => {
    const [member] = this.#members.splice(Math.floor(pick * this.#members.length), 1)
    member?.child.kill("SIGKILL")
    await this.#enlist()
  }

  readonly end = (): void => {
    this.#ended = true
    for (const { child } of this.#members) child.kill("SIGKILL")
  }

  /** One that does not come up, because its database is away, is begun again. */
  readonly #enlist = async (): Promise<void> => {
    while (!this.#ended) {
      const child = fork(this.#program, [JSON.stringify(this.#settings)], {
        stdio: ["ignore", "ignore", "ignore", "ipc"]
      })
      const told = once(child, "message").then(([url]: Array<unknown>) => String(url))
      const url = await Promise.race([told, once(child, "exit").then(() => undefined)])
      if (url !== undefined) {
        this.#members.push({ child, url })
        return
      }
      await sleep(100)
    }
  }
}
