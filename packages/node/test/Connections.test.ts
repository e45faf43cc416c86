import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schedule, Schema } from "effect"
import type { HttpClient } from "effect/http"
import { TestClock } from "effect/testing"
import { createServer } from "node:net"
import type { ServerResponse } from "node:http"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy, Retry } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import {
  answer,
  type Handler,
  layerAt,
  type NamedTransport,
  providerUrl,
  serve,
  type Server,
  transports
} from "./server.ts"

const Item = Schema.Struct({ id: Schema.String })
const item = { id: "a" }

class Down extends Schema.TaggedError<Down>()("Down", {}) {}

const atOnce = Retry.make({ schedule: Schedule.forever, attempts: 4 })

class Provider extends Integration.Service<Provider>()("test/Connections", {
  baseUrl: providerUrl,
  endpoints: [
    Endpoint.get("read", "/read", { success: Item }),
    Endpoint.get("retried", "/retried", { success: Item, policy: { retry: atOnce } }),
    Endpoint.get("declared", "/declared", { success: Item, errors: { "5xx": Down }, policy: { retry: atOnce } }),
    Endpoint.delete("ignored", "/ignored", {}),
    Endpoint.get("hurried", "/hurried", { success: Item, policy: { timeout: "2 seconds" } }),
    Endpoint.get("limited", "/limited", { success: Item, policy: { deadline: "5 seconds" } }),
    Endpoint.get("patient", "/patient", { success: Item, policy: { retry: Schedule.spaced("1 hour") } })
  ],
  policy: Policy.none
}) {}

const using = <A, E>(
  transport: Layer.Layer<HttpClient.HttpClient>,
  server: Server,
  use: (provider: Provider["Service"]) => Effect.Effect<A, E>
) =>
  Effect.provide(
    Effect.flatMap(Provider, use),
    Provider.layer.pipe(Layer.provide([Auth.none(Provider), transport, layerAt(server)]))
  )

const against =
  ({ layer: transport }: NamedTransport) =>
  <A, E>(handle: Handler, use: (provider: Provider["Service"], server: Server) => Effect.Effect<A, E>) =>
    Effect.flatMap(serve(handle), (server) => using(transport, server, (provider) => use(provider, server)))

/** A port of 127.0.0.1 on which nothing listens any more. */
const deserted = Effect.promise(
  () =>
    new Promise<string>((resolve) => {
      const server = createServer()
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        server.close(() => resolve(`http://127.0.0.1:${port}`))
      })
    })
)

for (const transport of transports) {
  const calling = against(transport)

  describe(`a connection over ${transport.name}`, () => {
    it.effect("that is refused is a TransportFailure before anything is sent", () =>
      Effect.gen(function* () {
        const url = yield* deserted
        const nowhere: Server = { ...(yield* serve(() => {})), url }
        const error = yield* using(transport.layer, nowhere, (provider) => Effect.flip(provider.read()))
        assert.deepInclude(error, { _tag: "TransportFailure", reason: "Connect", code: "ECONNREFUSED" })
      })
    )

    it.effect("that is reset while waiting is a TransportFailure that may have been sent", () =>
      calling(
        (_, { socket }) => socket.resetAndDestroy(),
        (provider) =>
          Effect.map(Effect.flip(provider.read()), (error) =>
            assert.deepInclude(error, { _tag: "TransportFailure", reason: "Send", category: "transient" })
          )
      )
    )

    for (const [how, headers] of [
      ["shorter than announced", { "content-length": "1000" }],
      ["cut in the middle of its chunks", {}]
    ] as const) {
      it.effect(`a body that is ${how} is a TransportFailure, and retried`, () => {
        let attempts = 0
        const handle: Handler = (response) => {
          attempts += 1
          if (attempts > 1) return answer(response, 200, item)
          response.writeHead(200, { "content-type": "application/json", ...headers })
          response.write('{"id":', () => response.socket?.destroy())
        }
        return calling(handle, (provider) =>
          Effect.gen(function* () {
            assert.deepInclude(yield* Effect.flip(provider.read()), { _tag: "TransportFailure", reason: "Body" })
            attempts = 0
            assert.deepStrictEqual(yield* provider.retried(), item)
            assert.strictEqual(attempts, 2)
          })
        )
      })
    }

    it.effect("is closed when the caller is interrupted while waiting", () =>
      calling(
        () => {},
        (provider, server) =>
          Effect.gen(function* () {
            const [arrived, closed] = [server.nextArrival(), server.nextClose()]
            const call = yield* Effect.forkChild(provider.read())
            yield* Effect.promise(() => arrived)
            yield* Fiber.interrupt(call)
            assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(call)))
            yield* Effect.promise(() => closed)
          })
      )
    )

    for (const [what, respond] of [
      ["a success", (response: ServerResponse) => response.writeHead(200, { "content-length": "9" }).write("{")],
      ["an undeclared error", (response: ServerResponse) => response.writeHead(500).write("{")]
    ] as const) {
      it.effect(`is closed when the caller is interrupted in the middle of the body of ${what}`, () =>
        calling(
          (response) => respond(response),
          (provider, server) =>
            Effect.gen(function* () {
              const [arrived, closed] = [server.nextArrival(), server.nextClose()]
              const call = yield* Effect.forkChild(provider.read())
              yield* Effect.promise(() => arrived)
              yield* Fiber.interrupt(call)
              yield* Effect.promise(() => closed)
            })
        )
      )
    }

    it.effect("is closed when the attempt takes longer than its timeout", () =>
      calling(
        () => {},
        (provider, server) =>
          Effect.gen(function* () {
            const [arrived, closed] = [server.nextArrival(), server.nextClose()]
            const call = yield* Effect.forkChild(Effect.flip(provider.hurried()))
            yield* Effect.promise(() => arrived)
            yield* TestClock.adjust("2 seconds")
            assert.deepInclude(yield* Fiber.join(call), { _tag: "Timeout", scope: "attempt", attempts: 1 })
            yield* Effect.promise(() => closed)
          })
      )
    )

    it.effect("is closed when the call takes longer than its deadline", () =>
      calling(
        (response) => response.writeHead(200).write("{"),
        (provider, server) =>
          Effect.gen(function* () {
            const [arrived, closed] = [server.nextArrival(), server.nextClose()]
            const call = yield* Effect.forkChild(Effect.flip(provider.limited()))
            yield* Effect.promise(() => arrived)
            yield* TestClock.adjust("5 seconds")
            assert.deepInclude(yield* Fiber.join(call), { _tag: "Timeout", scope: "deadline" })
            yield* Effect.promise(() => closed)
          })
      )
    )

    for (const [what, status, wait] of [
      ["a success that nobody wants", 200, "1 second"],
      ["an undeclared error", 418, "5 seconds"]
    ] as const) {
      it.effect(`is closed when the body of ${what} does not end`, () =>
        calling(
          (response) => response.writeHead(status).write("the beginning"),
          (provider, server) =>
            Effect.gen(function* () {
              const [arrived, closed] = [server.nextArrival(), server.nextClose()]
              const call = yield* Effect.forkChild(Effect.result(provider.ignored()))
              yield* Effect.promise(() => arrived)
              while (call.pollUnsafe() === undefined) {
                yield* TestClock.adjust(wait)
                yield* Effect.promise(() => new Promise((go) => setImmediate(go)))
              }
              const result = yield* Fiber.join(call)
              if (status === 200) assert.strictEqual(result._tag, "Success")
              else if (result._tag === "Failure") {
                assert.deepInclude(result.failure, { _tag: "UnexpectedStatus", status: 418 })
              }
              yield* Effect.promise(() => closed)
            })
        )
      )
    }

    it.effect("is closed when a raw response is given up by an interruption between attempts", () =>
      calling(
        (response) => answer(response, 503, "x".repeat(1_000_000)),
        (provider, server) =>
          Effect.gen(function* () {
            const [arrived, closed] = [server.nextArrival(), server.nextClose()]
            const call = yield* Effect.forkChild(provider.patient({ responseMode: "response-only" }))
            yield* Effect.promise(() => arrived)
            // The answer has to come in before the wait for the next attempt begins.
            for (let turn = 0; turn < 20; turn += 1) yield* Effect.promise(() => new Promise((go) => setImmediate(go)))
            yield* Fiber.interrupt(call)
            yield* Effect.promise(() => closed)
          })
      )
    )
  })
}

const onOneConnection: ReadonlyArray<NamedTransport> = [
  { name: "Transport.layerWith({ connections: 1 })", layer: Transport.layerWith({ connections: 1 }) },
  {
    name: "undici with one connection",
    layer: NodeHttpClient.layerUndiciNoDispatcher.pipe(
      Layer.provide(NodeHttpClient.layerDispatcherOptions({ connections: 1 }))
    )
  }
]

const megabyte = "x".repeat(1_000_000)

const large = {
  "with a length": (response: ServerResponse, status: number) =>
    answer(response, status, megabyte, { "content-length": "1000000" }),
  "in chunks": (response: ServerResponse, status: number) => {
    response.writeHead(status)
    for (let at = 0; at < megabyte.length; at += 50_000) response.write(megabyte.slice(at, at + 50_000))
    response.end()
  }
}

describe("rule 3: a discarded body is drained or cancelled", () => {
  for (const transport of onOneConnection) {
    for (const [framing, respond] of Object.entries(large)) {
      for (const endpoint of ["retried", "declared"] as const) {
        it.effect(`a call of "${endpoint}" is retried over ${transport.name} past 1 MB error bodies ${framing}`, () => {
          const statuses = [503, 500, 502]
          return against(transport)(
            (response) => {
              const status = statuses.shift()
              if (status === undefined) answer(response, 200, item)
              else respond(response, status)
            },
            (provider, server) =>
              Effect.gen(function* () {
                assert.deepStrictEqual(yield* provider[endpoint](), item)
                assert.strictEqual(server.arrivals.length, 4)
              })
          )
        })
      }

      it.effect(`an ignored success of 1 MB ${framing} does not hold up ${transport.name}`, () =>
        against(transport)(
          (response) => respond(response, 200),
          (provider, server) =>
            Effect.gen(function* () {
              for (let call = 0; call < 5; call += 1) yield* provider.ignored()
              assert.strictEqual(server.arrivals.length, 5)
            })
        )
      )

      it.effect(
        `200 calls over ${transport.name} whose error bodies are 1 MB ${framing} leave no connection behind`,
        () =>
          against(transport)(
            (response) => respond(response, 503),
            (provider, server) =>
              Effect.gen(function* () {
                for (let call = 0; call < 200; call += 1) {
                  assert.strictEqual((yield* Effect.flip(provider.read()))._tag, "UnexpectedStatus")
                  assert.isAtMost(server.open.size, 2)
                }
                while (server.open.size > 1) yield* Effect.promise(() => server.nextClose())
                assert.isAtMost(server.open.size, 1)
              })
          )
      )
    }
  }

  it.effect("raw responses that a retry throws away leave no connection behind", () =>
    against({ name: "one", layer: Transport.layerWith({ connections: 1 }) })(
      (response) => answer(response, 503, megabyte),
      (provider) =>
        Effect.gen(function* () {
          const raw = yield* provider.retried({ responseMode: "response-only" })
          assert.strictEqual(raw.status, 503)
          assert.strictEqual((yield* raw.text).length, megabyte.length)
          assert.strictEqual((yield* Effect.flip(provider.read()))._tag, "UnexpectedStatus")
        })
    )
  )
})
