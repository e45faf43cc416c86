import { Effect, Exit, Layer, ManagedRuntime, Redacted, Scope } from "effect"
import { HttpClientRequest } from "effect/http"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Engine, Policy } from "@causeway/core/policy"
import { token } from "../peers/bare.ts"
import { anything, armoured } from "../peers/causeway.ts"
import { composed, stores } from "../peers/effect.ts"
import { answering, layer, times } from "../peers/inMemory.ts"
import type { Peer, Row } from "../Row.ts"

const batch = 500

const repeating = (
  name: string,
  prepare: Effect.Effect<Effect.Effect<unknown, unknown>, unknown, Scope.Scope>
): Peer => ({
  name,
  open: async () => {
    const scope = Effect.runSync(Scope.make())
    const call = await Effect.runPromise(Scope.provide(prepare, scope))
    return { call: () => times(batch, call), close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
  }
})

const causeway = (name: string, policy: Policy.Policy): Peer => ({
  name: `causeway, ${name}`,
  open: async () => {
    class Provider extends Integration.Service<Provider>()("bench/Provider", {
      baseUrl: "http://provider.example",
      endpoints: [Endpoint.get("read", "/", { success: anything })],
      policy: Policy.merge(Policy.none, policy)
    }) {}
    const credentials = Auth.bearer(Provider, Effect.succeed(Redacted.make(token)))
    const runtime = ManagedRuntime.make(Provider.layer.pipe(Layer.provide([credentials, layer()])))
    const provider = await runtime.runPromise(Provider)
    return {
      call: () =>
        times(
          batch,
          Effect.suspend(() => provider.read())
        ),
      close: () => runtime.dispose()
    }
  }
})

const engine = (name: string, policy: Policy.Policy): Peer => {
  const compiled = Engine.make({
    call: { integration: "bench/Provider", endpoint: "read", method: "GET", url: "/" },
    policy: Policy.compile(policy)
  })
  const done = Effect.succeed("done")
  const call: Engine.Call<string, never, never> = {
    idempotent: true,
    replayable: true,
    request: undefined,
    options: {},
    attempt: () => done
  }
  return repeating(`engine alone, ${name}`, Effect.succeed(Effect.suspend(() => Engine.run(compiled, call))))
}

const request = HttpClientRequest.get("http://provider.example/").pipe(HttpClientRequest.bearerToken(token))

const reading = (client: ReturnType<typeof answering>) =>
  Effect.flatMap(client.execute(request), (response) => response.json)

const effectComposed = repeating(
  "effect HttpClient, its three policies",
  Effect.gen(function* () {
    const context = yield* Layer.build(stores)
    const client = yield* Effect.provideContext(composed(answering()), context)
    const called = Effect.flatMap(client.execute(request), (response) => response.json)
    return Effect.timeout(called, "5 seconds")
  })
)

export const row: Row = {
  name: "in memory",
  about: "Makes a call that a provider in memory answers at once with JSON.",
  inFlight: 1,
  calls: 400,
  batch,
  peers: [
    repeating("effect HttpClient", Effect.succeed(reading(answering()))),
    effectComposed,
    causeway("no policy", Policy.none),
    causeway("all policies", armoured),
    causeway("all policies, no time limit", { ...armoured, deadline: null, timeout: null }),
    causeway("standard policy", Policy.standard),
    engine("no policy", Policy.none),
    engine("all policies", armoured)
  ],
  goals: [
    { peer: "causeway, all policies", against: "causeway, no policy", kind: "µs more", atLeast: 2, aim: 1 },
    { peer: "engine alone, all policies", against: "engine alone, no policy", kind: "µs more", atLeast: 2, aim: 1 }
  ]
}
