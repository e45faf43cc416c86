/** An integration with one endpoint, over the transport of `@causeway/node`. */
import { Effect, Layer, ManagedRuntime, Redacted, Schedule, Schema } from "effect"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, Policy } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import type { Peer } from "../Row.ts"
import { connections, token } from "./bare.ts"

/** Everything that a careful caller switches on; no limit is reached, so that only its cost is seen. */
export const armoured: Policy.Policy = {
  deadline: "10 seconds",
  timeout: "5 seconds",
  retry: Schedule.exponential("200 millis"),
  circuitBreaker: Breaker.failureRate(),
  rateLimit: { limit: 1_000_000, window: "1 second" }
}

/** JSON as it comes. */
export const anything = Schema.Unknown

/** Over `Policy.none`, so that only the slots of `policy` are on. */
export const causeway = (
  name: string,
  policy: Policy.Policy,
  success: Schema.Codec<unknown, unknown> = anything
): Peer => ({
  name: `causeway, ${name}`,
  open: async (server) => {
    class Provider extends Integration.Service<Provider>()("bench/Provider", {
      baseUrl: server.origin,
      endpoints: [Endpoint.get("read", "/", { success })],
      policy: Policy.merge(Policy.none, policy)
    }) {}
    const credentials = Auth.bearer(Provider, Effect.succeed(Redacted.make(token)))
    const runtime = ManagedRuntime.make(
      Provider.layer.pipe(Layer.provide([credentials, Transport.layerWith({ connections })]))
    )
    const provider = await runtime.runPromise(Provider)
    return {
      call: () => Effect.runPromise(provider.read()),
      effect: Effect.suspend(() => provider.read()),
      close: () => runtime.dispose()
    }
  }
})
