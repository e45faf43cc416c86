/** The examples of RFC 7617, as a server gets them. */
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import suite from "./vectors/basic.json" with { type: "json" }

class Provider extends Integration.Service<Provider>()("test/BasicProvider", {
  baseUrl: "https://provider.example",
  endpoints: [Endpoint.get("read", "/read", { success: Schema.NullOr(Schema.String) })],
  policy: Policy.none
}) {}

const echo = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) =>
    Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(request.headers["authorization"] ?? null)))
  )
)

describe("a user name and a password", () => {
  for (const { expect, password, source, username } of suite.vectors) {
    it.effect(`are sent as ${source} has them: ${username}, ${password}`, () =>
      Effect.gen(function* () {
        const credentials = Auth.basic(Provider, username, Effect.succeed(Redacted.make(password)))
        const told = yield* Effect.flatMap(Provider, (provider) => provider.read()).pipe(
          Effect.provide(Provider.layer.pipe(Layer.provide([credentials, echo])))
        )
        assert.strictEqual(told, expect)
      })
    )
  }
})
