/**
 * A Redis Cluster of three servers with a third of the slots each, and Effect's `Redis` service over node-redis' client of
 * a cluster: what a program that has one provides.
 */
import { Deferred, Effect, Layer, Schedule, type Scope } from "effect"
import * as Redis from "effect/persistence/Redis"
import { createCluster } from "redis"
import { ask, beginNode, endNode } from "./server.ts"

const clientOf = (ports: ReadonlyArray<number>) =>
  createCluster({ rootNodes: ports.map((port) => ({ socket: { host: "127.0.0.1", port } })) })

type Client = ReturnType<typeof clientOf>

/** Where the slots of each of three nodes begin; the last one ends at 16,383. */
export const firstSlots = [0, 5_461, 10_923, 16_384] as const

const startNodes = Effect.gen(function* () {
  const nodes = yield* Effect.forEach([0, 1, 2], () =>
    Effect.acquireRelease(
      Effect.promise(() => beginNode()),
      (node) => Effect.promise(() => endNode(node))
    )
  )
  yield* Effect.promise(async () => {
    for (const [index, { port }] of nodes.entries()) {
      await ask(port, `CLUSTER ADDSLOTSRANGE ${firstSlots[index]} ${(firstSlots[index + 1] ?? 0) - 1}`)
      for (const other of nodes) await ask(port, `CLUSTER MEET 127.0.0.1 ${other.port} ${other.busPort}`)
    }
  })
  yield* Effect.forEach(nodes, ({ port }) => joined(port))
  return nodes.map(({ port }) => port)
})

/** A node needs a moment to hear of the others: it is asked until it has. */
const joined = (port: number) =>
  Effect.promise(() => ask(port, "CLUSTER INFO")).pipe(
    Effect.filterOrFail((info) => info.includes("cluster_state:ok") && info.includes("cluster_known_nodes:3")),
    Effect.retry(Schedule.spaced("20 millis")),
    Effect.orDie
  )

/** The first key of a command, by which its node is found. Scripts have theirs after their name and the number of keys. */
const keyOf = (command: string, args: ReadonlyArray<string>): string | undefined =>
  command === "EVALSHA" || command === "EVAL" ? args[2] : args[0]

const tried = <A>(run: () => Promise<A>): Effect.Effect<A, Redis.RedisError> =>
  Effect.tryPromise({ try: run, catch: (cause) => new Redis.RedisError({ cause }) })

/** A script is loaded on every node, because its keys may be anywhere. */
const onEveryNode = async <A>(client: Client, args: ReadonlyArray<string>): Promise<A> => {
  const answers = await Promise.all(
    client.masters.map(async (node) => (await client.nodeClient(node)).sendCommand<A>([...args]))
  )
  const [first] = answers
  if (first === undefined) throw new Error("the cluster has no nodes")
  return first
}

const redisOver = (client: Client): Effect.Effect<Redis.Redis["Service"], never, Scope.Scope> => {
  const send = <A = unknown>(command: string, ...args: ReadonlyArray<string>) =>
    tried<A>(() =>
      command === "SCRIPT"
        ? onEveryNode<A>(client, [command, ...args])
        : client.sendCommand<A>(keyOf(command, args), false, [command, ...args])
    )
  return Redis.make({
    send,
    connect: Effect.succeed({ send, close: Effect.void }),
    subscribe: (channel, onMessage) =>
      Effect.gen(function* () {
        yield* tried(() => client.subscribe(channel, (message, channel) => onMessage({ channel, message })))
        return Deferred.await(yield* Deferred.make<void, Redis.RedisError>())
      })
  })
}

/** The cluster's nodes by their ports, and a client of it. */
export const layerThreeNodes: Layer.Layer<Redis.Redis, Redis.RedisError> = Layer.effect(
  Redis.Redis,
  Effect.gen(function* () {
    const ports = yield* startNodes
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => clientOf(ports)),
      (client) => Effect.sync(() => client.destroy())
    )
    yield* tried(() => client.connect())
    return yield* redisOver(client)
  })
)
