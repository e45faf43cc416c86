import { Effect, Layer, ManagedRuntime, Redacted, Schedule, Schema } from "effect"
import { HttpClient } from "effect/http"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, type Policy } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { Agent, request } from "undici"
import type { Peer, Row } from "../Row.ts"

const Document = Schema.Record(Schema.String, Schema.Unknown)

const undici: Peer = {
  name: "undici.request",
  open: async (server) => {
    const dispatcher = new Agent({ connections: 64 })
    const headers = { authorization: "Bearer bench" }
    return {
      call: async () => {
        const { body } = await request(server, { dispatcher, headers })
        return body.json()
      },
      close: () => dispatcher.close()
    }
  }
}

const causeway = (name: string, policy: Policy.Policy): Peer => ({
  name,
  open: async (server) => {
    class Provider extends Integration.Service<Provider>()("bench/Provider", {
      baseUrl: server.origin,
      endpoints: [Endpoint.get("read", "/", { success: Document })],
      policy
    }) {}
    const token = Effect.succeed(Redacted.make("bench"))
    const runtime = ManagedRuntime.make(
      Provider.layer.pipe(Layer.provide([Auth.bearer(Provider, token), Transport.layerWith({ connections: 64 })]))
    )
    const provider = await runtime.runPromise(Provider)
    return { call: () => Effect.runPromise(provider.read()), close: () => runtime.dispose() }
  }
})

const effect: Peer = {
  name: "effect HttpClient",
  open: async (server) => {
    const runtime = ManagedRuntime.make(Transport.layerWith({ connections: 64 }))
    const client = await runtime.runPromise(HttpClient.HttpClient)
    const decode = Schema.decodeUnknownEffect(Document)
    const options = { headers: { authorization: "Bearer bench" } }
    const read = client.get(server, options).pipe(
      Effect.flatMap((response) => response.json),
      Effect.flatMap(decode)
    )
    return { call: () => Effect.runPromise(read), close: () => runtime.dispose() }
  }
}

const armoured: Policy.Policy = {
  deadline: "10 seconds",
  timeout: "5 seconds",
  retry: Schedule.exponential("200 millis"),
  circuitBreaker: Breaker.failureRate(),
  rateLimit: { limit: 1_000_000, window: "1 second" }
}

export const row: Row = {
  name: "client",
  about: "Fetches a small JSON document with a bearer token, as a typed call with and without policies.",
  inFlight: 64,
  calls: 4000,
  peers: [undici, effect, causeway("causeway, no policy", {}), causeway("causeway, all policies", armoured)]
}
