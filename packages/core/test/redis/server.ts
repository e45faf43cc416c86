/**
 * A `redis-server` of its own for a suite: started on a free port of 127.0.0.1, without persistence, and stopped at the
 * end. Where the program is missing a suite is skipped with the reason in its name, and fails when `CI` is set.
 */
import * as NodeRedis from "@effect/platform-node/NodeRedis"
import { describe } from "@effect/vitest"
import { Context, Effect, Layer, type Scope } from "effect"
import type * as Redis from "effect/persistence/Redis"
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { rm } from "node:fs/promises"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** The server of a suite; `kill` ends it as a crash would, `start` begins it again, empty, on the same port. */
export class RedisServer extends Context.Service<
  RedisServer,
  {
    readonly port: number
    readonly kill: Effect.Effect<void>
    readonly start: Effect.Effect<void>
    /** Stops answering without closing a connection, and goes on. */
    readonly freeze: Effect.Effect<void>
    readonly thaw: Effect.Effect<void>
  }
>()("causeway/test/RedisServer") {}

const freePort = async (): Promise<number> => {
  const probe = createServer()
  await once(probe.listen(0, "127.0.0.1"), "listening")
  const address = probe.address()
  probe.close()
  await once(probe, "close")
  if (address === null || typeof address === "string") throw new Error("the probe has no port")
  return address.port
}

const begin = async (port: number, more: ReadonlyArray<string> = []): Promise<ChildProcess> => {
  const args = ["--port", `${port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", tmpdir()]
  const child = spawn("redis-server", [...args, ...more], { stdio: ["ignore", "pipe", "inherit"] })
  let output = ""
  for await (const chunk of child.stdout) {
    output += String(chunk)
    if (output.includes("Ready to accept connections")) break
  }
  if (!output.includes("Ready to accept connections")) throw new Error(`redis-server did not start: ${output}`)
  child.stdout.resume()
  return child
}

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, "exit")
  child.kill("SIGKILL")
  await exited
}

/** Ends with the scope, whatever happened to the server in between. */
export const make: Effect.Effect<RedisServer["Service"], never, Scope.Scope> = Effect.gen(function* () {
  const port = yield* Effect.promise(freePort)
  let child: ChildProcess = yield* Effect.promise(() => begin(port))
  yield* Effect.addFinalizer(() => Effect.promise(() => end(child)))
  const signal = (name: "SIGSTOP" | "SIGCONT") =>
    Effect.sync(() => {
      child.kill(name)
    })
  return {
    port,
    kill: Effect.promise(() => end(child)),
    start: Effect.promise(async () => {
      await end(child)
      child = await begin(port)
    }),
    freeze: signal("SIGSTOP"),
    thaw: signal("SIGCONT")
  }
})

export const layerServer: Layer.Layer<RedisServer> = Layer.effect(RedisServer, make)

/** What a server says to one command. */
export const ask = async (port: number, command: string): Promise<string> => {
  const socket = connect(port, "127.0.0.1")
  socket.write(`${command}\r\n`)
  const [reply] = (await once(socket, "data")) as [Buffer]
  socket.destroy()
  return reply.toString()
}

/** A server that may be one of a cluster. */
export interface Node {
  readonly port: number
  /** Where the others of its cluster speak to it. */
  readonly busPort: number
  readonly process: ChildProcess
}

const configOf = (port: number): string => `causeway-nodes-${port}.conf`

export const beginNode = async (): Promise<Node> => {
  const port = await freePort()
  const busPort = await freePort()
  const config = ["--cluster-enabled", "yes", "--cluster-config-file", configOf(port), "--cluster-port", `${busPort}`]
  return { port, busPort, process: await begin(port, config) }
}

export const endNode = async ({ port, process }: Node): Promise<void> => {
  await end(process)
  await rm(join(tmpdir(), configOf(port)), { force: true })
}

const beginCluster = async (): Promise<Node> => {
  const node = await beginNode()
  await ask(node.port, "CLUSTER ADDSLOTSRANGE 0 16383")
  while (!(await ask(node.port, "CLUSTER INFO")).includes("cluster_state:ok")) continue
  return node
}

/** A cluster of one server, which refuses what touches keys of more than one slot as any cluster does. */
export const layerCluster: Layer.Layer<Redis.Redis, Redis.RedisError> = Layer.unwrap(
  Effect.gen(function* () {
    const { port } = yield* Effect.acquireRelease(
      Effect.promise(() => beginCluster()),
      (node) => Effect.promise(() => endNode(node))
    )
    return NodeRedis.layer({ socket: { host: "127.0.0.1", port } })
  })
)

/** Redis's own client may never end its `close` when commands were given up before: it is destroyed first. */
const destroyed = Layer.effectDiscard(
  Effect.gen(function* () {
    const { client } = yield* NodeRedis.NodeRedis
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        if (client.isOpen) client.destroy()
      })
    )
  })
)

/** Another client of the same server, as another process has one. */
export const layerClient: Layer.Layer<Redis.Redis | NodeRedis.NodeRedis, Redis.RedisError, RedisServer> = Layer.unwrap(
  Effect.map(RedisServer, ({ port }) =>
    Layer.provideMerge(destroyed, NodeRedis.layer({ socket: { host: "127.0.0.1", port } }))
  )
)

/** A server and a client of it. */
export const layer: Layer.Layer<RedisServer | Redis.Redis | NodeRedis.NodeRedis, Redis.RedisError> = Layer.provideMerge(
  layerClient,
  layerServer
)

const isInstalled = spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0

const missing = "there is no redis-server here (Debian has it as the package redis-server)"

if (!isInstalled && process.env["CI"] !== undefined) throw new Error(missing)

const run = isInstalled ? describe : describe.skip

/** `describe` for a suite that needs the server. */
export const describeRedis = (name: string, suite: () => void): void => {
  run(isInstalled ? name : `${name}, skipped: ${missing}`, suite)
}
