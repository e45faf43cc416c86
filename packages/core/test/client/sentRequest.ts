/** What an endpoint sends for an input, over a client that answers 204 to everything. */
import { Effect, Layer } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { Auth } from "@causeway/core/auth"
import { type Endpoint, Integration } from "@causeway/core/client"

export interface Sent {
  readonly method: string
  readonly url: string
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly contentType: string | undefined
}

type Call = (input: unknown) => Effect.Effect<unknown, unknown>

/** Calls the endpoint; fails with the error of the call, and with what was sent otherwise. */
export const sentBy = (endpoint: Endpoint.Any, input?: unknown): Effect.Effect<Sent, unknown> =>
  Effect.gen(function* () {
    class Provider extends Integration.Service<Provider>()("test/Provider", {
      baseUrl: "https://api.example/v1",
      endpoints: [endpoint],
      headers: { "x-version": "1", accept: "application/json" }
    }) {}
    const sent: Array<Sent> = []
    const client = HttpClient.make((request, url) =>
      Effect.sync(() => {
        const { body } = request
        sent.push({
          method: request.method,
          url: url.href,
          query: url.search.slice(1),
          headers: { ...request.headers },
          body: body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : undefined,
          contentType: "contentType" in body ? body.contentType : undefined
        })
        return HttpClientResponse.fromWeb(request, new Response(null, { status: 204 }))
      })
    )
    const live = Provider.layer.pipe(Layer.provide([Auth.none(Provider), Layer.succeed(HttpClient.HttpClient, client)]))
    const methods = yield* Effect.provide(Provider, live)
    // The type of the list is lost; the endpoint's method is under its name.
    yield* (
      (methods as unknown as Readonly<Record<string, Call>>)[endpoint.identifier]?.(input) ?? Effect.die("no method")
    )
    return sent[0] ?? (yield* Effect.die("nothing was sent"))
  })
