import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { connections, token } from "../peers/bare.ts"
import { anything, armoured } from "../peers/causeway.ts"
import type { Finding } from "../Row.ts"

const inFlight = 10_000

const rounds = 12

const megabytes = (): number => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

const makeProvider = (baseUrl: string) => {
  class Provider extends Integration.Service<Provider>()("bench/Provider", {
    baseUrl,
    endpoints: [Endpoint.get("read", "/", { success: anything })],
    // A call may wait for its turn at the connections as long as it needs.
    policy: { ...Policy.none, ...armoured, deadline: "2 minutes", timeout: "1 minute" }
  }) {}
  return Provider
}

export const row: Finding = {
  name: "ten thousand",
  about: `${inFlight} whole calls begun at once, over ${connections} connections, ${rounds} times; the heap after each, collected.`,
  find: async (server) => {
    const Provider = makeProvider(server.origin)
    const credentials = Auth.bearer(Provider, Effect.succeed(Redacted.make(token)))
    const runtime = ManagedRuntime.make(
      Provider.layer.pipe(Layer.provide([credentials, Transport.layerWith({ connections })]))
    )
    const provider = await runtime.runPromise(Provider)
    const heaps: Array<number> = []
    let answered = 0
    const began = performance.now()
    for (let round = 0; round < rounds; round += 1) {
      const results = await Promise.allSettled(
        Array.from({ length: inFlight }, () => Effect.runPromise(provider.read()))
      )
      answered += results.filter(({ status }) => status === "fulfilled").length
      results.length = 0
      heaps.push(megabytes())
    }
    const micros = ((performance.now() - began) * 1_000) / (rounds * inFlight)
    await runtime.dispose()
    return [
      `${answered} of ${rounds * inFlight} calls answered, ${micros.toFixed(0)} µs each by the clock`,
      `heap in MB after each round: ${heaps.map((heap) => heap.toFixed(1)).join(" ")}`
    ]
  }
}
