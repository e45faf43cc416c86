/** Pins processes to processors, where the machine can: the server to one, the peers to another. */
import { type ChildProcess, spawnSync } from "node:child_process"
import { availableParallelism } from "node:os"

export const serverCore = 0

export const clientCore = 1

/** Pins a process and its threads by `taskset`; false where that is not possible. */
export const pin = ({ pid }: ChildProcess, core: number): boolean => {
  if (pid === undefined || availableParallelism() < 2) return false
  return spawnSync("taskset", ["--all-tasks", "--cpu-list", "--pid", String(core), String(pid)]).status === 0
}
