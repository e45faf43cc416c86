import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { answer, layerAt, providerUrl, serve, transports } from "./server.ts"

class Provider extends Integration.Service<Provider>()("test/Redirects", {
  baseUrl: providerUrl,
  endpoints: [
    Endpoint.get("read", "/read", { success: Schema.String }),
    Endpoint.post("write", "/write", { payload: { secret: Schema.String }, success: Schema.String })
  ],
  policy: Policy.none
}) {}

const secret = Effect.succeed(Redacted.make("s3cr3t-of-ours"))

const schemes = {
  "a key in a header": Auth.apiKey(Provider, { in: "header", name: "x-api-key" }, secret),
  "a key in the query": Auth.apiKey(Provider, { in: "query", name: "key" }, secret),
  "a key in a cookie": Auth.apiKey(Provider, { in: "cookie", name: "session" }, secret),
  "a user name and password": Auth.basic(Provider, "user", secret),
  "a bearer token": Auth.bearer(Provider, secret)
}

for (const transport of transports) {
  describe(`a redirect to another origin over ${transport.name}`, () => {
    for (const [scheme, credentials] of Object.entries(schemes)) {
      it.effect(`gets nothing of ${scheme}, whatever its status`, () =>
        Effect.gen(function* () {
          const statuses = [301, 302, 303, 307, 308]
          let next = 0
          const elsewhere = yield* serve((response) => answer(response, 200, '"stolen"'))
          const server = yield* serve((response, { url }) =>
            answer(response, statuses[Math.floor(next++ / 2)] ?? 200, undefined, { location: elsewhere.url + url })
          )
          const live = Provider.layer.pipe(Layer.provide([credentials, transport.layer, layerAt(server)]))
          yield* Effect.gen(function* () {
            const provider = yield* Provider
            for (const status of statuses) {
              const read = yield* Effect.flip(provider.read())
              assert.deepInclude(read, { _tag: "UnexpectedStatus", status, category: "rejected", attempts: 1 })
              const written = yield* Effect.flip(provider.write({ payload: { secret: "in the body" } }))
              assert.deepInclude(written, { _tag: "UnexpectedStatus", status, attempts: 1 })
            }
          }).pipe(Effect.provide(live))
          assert.strictEqual(server.arrivals.length, 10)
          assert.strictEqual(elsewhere.arrivals.length, 0)
          assert.strictEqual(elsewhere.open.size, 0)
        })
      )
    }
  })
}
