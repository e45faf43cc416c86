/** A server of the benchmark as a process of its own: it tells its port, and its time on the processor when asked. */
import { fork } from "node:child_process"
import { once } from "node:events"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { fileURLToPath } from "node:url"

/** What a server's process runs. */
export const announce = (server: Pick<Server, "address">): void => {
  // A server that listens on a port has an address with that port.
  const { port } = server.address() as AddressInfo
  announcePort(port)
}

export const announcePort = (port: number): void => {
  process.on("message", () => process.send?.(process.cpuUsage()))
  process.on("disconnect", () => process.exit())
  process.send?.(port)
}

export interface Program {
  readonly port: number
  /** Microseconds on the processor since it began. */
  readonly cpu: () => Promise<number>
  readonly stop: () => Promise<void>
}

/** Starts one of the programs of this folder. */
export const start = async (file: string, args: ReadonlyArray<string> = []): Promise<Program> => {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), [...args])
  // The first message is the port, each later one what `process.cpuUsage` says.
  const [port] = (await once(child, "message")) as [number]
  return {
    port,
    cpu: async () => {
      child.send("cpu")
      const [usage] = (await once(child, "message")) as [NodeJS.CpuUsage]
      return usage.user + usage.system
    },
    stop: async () => {
      child.disconnect()
      await once(child, "exit")
    }
  }
}
