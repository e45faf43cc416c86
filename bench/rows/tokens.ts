import { Auth, type Credentials, Token, TokenLease, TokenStore, Tokens } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { Context, Effect, Exit, Layer, Redacted, Scope } from "effect"
import { HttpClientRequest } from "effect/http"
import { token } from "../peers/bare.ts"
import { anything } from "../peers/causeway.ts"
import { times } from "../peers/inMemory.ts"
import type { Peer, Row } from "../Row.ts"

const batch = 5_000

class Provider extends Integration.Service<Provider>()("bench/Provider", {
  baseUrl: "https://provider.example",
  endpoints: [Endpoint.get("read", "/", { success: anything })],
  policy: Policy.none
}) {}

const request = HttpClientRequest.get("https://provider.example/")

type Layered = Layer.Layer<Credentials.Credentials<Provider>, unknown>

const authorizing = (name: string, layer: Layered): Peer => ({
  name,
  open: async () => {
    const scope = Effect.runSync(Scope.make())
    const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
    const { authorize } = Context.get(context, Provider.credentials)
    const call = Effect.suspend(() => authorize(request))
    return { call: () => times(batch, call), close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
  }
})

const secret = Redacted.make(token)

/** Valid for an hour: it is not renewed here. */
const held = Effect.sync(() =>
  Token.make({ accessToken: secret, obtainedAt: Date.now(), expiresAt: Date.now() + 3_600_000 })
)

const tokens = Tokens.layer(Provider, { obtain: held }).pipe(
  Layer.provide([TokenStore.layerMemory, TokenLease.layerMemory])
)

export const row: Row = {
  name: "authorizing with a token",
  about: "Authorizes a request with what is at hand: nothing, a secret, or a token that is kept and renewed.",
  inFlight: 1,
  calls: 20,
  batch,
  peers: [
    authorizing("Auth.none", Auth.none(Provider)),
    authorizing("Auth.bearer", Auth.bearer(Provider, Effect.succeed(secret))),
    authorizing("Tokens.layer", tokens)
  ],
  goals: [{ peer: "Tokens.layer", against: "Auth.none", kind: "µs more", atLeast: 1, aim: 0.5 }]
}
