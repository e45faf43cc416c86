import { assert, describe, it } from "@effect/vitest"
import { Cause, type Config, ConfigProvider, Effect, Exit, Fiber, Layer, Redacted, Result, Schema } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { Auth, type AuthError, type Credentials, Secret, SecretSource } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Breaker, Policy } from "@causeway/core/policy"
import { answer, type Arrival, type Handler, layerAt, providerUrl, serve, type Server, transports } from "./server.ts"
import { views, watched } from "./watched.ts"

/** Every character that some place would encode, and none that a cookie cannot carry. */
const secret = "s3cr3t/+=&<key>~!'*()-of-ours"
const planted = Effect.succeed(Redacted.make(secret))
const encoded = Buffer.from(`user:${secret}`).toString("base64")
const encodedAsUser = Buffer.from(`${secret}:`).toString("base64")

/** Parts of the secret that no encoding changes, and of what Basic makes of it as a password and as a user name. */
const traces = [
  "s3cr3t",
  "-of-ours",
  ...[encoded, encodedAsUser].flatMap((text) => [text.slice(4, 20), text.slice(-20, -4)])
]

class Provider extends Integration.Service<Provider>()("test/Secrets", {
  baseUrl: providerUrl,
  endpoints: [Endpoint.get("item", "/item", { success: Schema.Struct({ id: Schema.Int }) })],
  policy: {
    ...Policy.none,
    timeout: "2 seconds",
    rateLimit: { limit: 100, window: "1 second" },
    circuitBreaker: Breaker.consecutive({ failures: 2 })
  }
}) {}

type Scheme = Layer.Layer<Credentials.Credentials<Provider>, AuthError.AuthError | Config.ConfigError>

const schemes: Readonly<Record<string, Scheme>> = {
  "a key in a header": Auth.apiKey(Provider, { in: "header", name: "x-custom" }, planted),
  "a key in the query": Auth.apiKey(Provider, { in: "query", name: "key" }, planted),
  "a key in a cookie": Auth.apiKey(Provider, { in: "cookie", name: "sid" }, planted),
  "a user name and password": Auth.basic(Provider, "user", planted),
  "a user name that is a key": Auth.basic(Provider, planted),
  "a bearer token": Auth.bearer(Provider, planted),
  "a bearer token from Config": Auth.bearer(Provider, Secret.config("TOKEN")).pipe(
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ TOKEN: secret })))
  ),
  "a bearer token by its name": Auth.bearer(Provider, Secret.named("TOKEN")).pipe(
    Layer.provide(SecretSource.layerMemory({ TOKEN: secret }))
  )
}

/** What is sent, where it is not the secret as it is. */
const sentBy: Readonly<Record<string, string>> = {
  "a key in a cookie": `sid=${secret}`,
  "a user name and password": `Basic ${encoded}`,
  "a user name that is a key": `Basic ${encodedAsUser}`,
  "a bearer token": `Bearer ${secret}`,
  "a bearer token from Config": `Bearer ${secret}`,
  "a bearer token by its name": `Bearer ${secret}`
}

/** A provider that says all that it was told, in every way in which providers say it. */
const indiscreet = ({ headers, url }: Arrival): string => {
  const told = { url, headers, secret, query: new URLSearchParams({ key: secret }).toString() }
  const json = JSON.stringify(told)
  return [
    "an indiscreet answer",
    json,
    json.replaceAll("/", "\\/"),
    json.replace(/[&<>]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`),
    encodeURIComponent(secret).toLowerCase(),
    `<p>${secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll("'", "&#39;")}</p>`,
    `Authorization: ${String(headers.authorization)}`
  ].join("\n")
}

const echoing =
  (status: number, headers: Readonly<Record<string, string>> = {}): Handler =>
  (response, arrival) =>
    answer(response, status, indiscreet(arrival), { "x-request-id": secret, ...headers })

const outcomes: Readonly<
  Record<string, { readonly handle: Handler; readonly calls?: number; readonly wait?: "2 seconds" }>
> = {
  Unauthorized: { handle: echoing(401) },
  UnexpectedStatus: { handle: echoing(418) },
  RateLimited: { handle: echoing(429, { "retry-after": "3600" }) },
  DecodeFailure: {
    handle: (response) => answer(response, 200, { id: secret, [secret]: secret }, { "x-request-id": `of ${secret}` })
  },
  TransportFailure: { handle: (_, { socket }) => socket.resetAndDestroy() },
  Timeout: { handle: () => {}, wait: "2 seconds" },
  CircuitOpen: { handle: echoing(503), calls: 3 }
}

const assertClean = (texts: ReadonlyArray<string>) => {
  for (const text of texts) {
    for (const trace of traces) {
      if (text.includes(trace)) assert.fail(`a part of the secret shows: ${text.slice(0, 2000)}`)
    }
  }
}

const running = <A, E>(
  credentials: Scheme,
  transport: (typeof transports)[number],
  server: Server,
  use: (provider: Provider["Service"]) => Effect.Effect<A, E>
) =>
  Effect.provide(
    Effect.flatMap(Provider, use),
    Provider.layer.pipe(Layer.provide([credentials, transport.layer, layerAt(server)]))
  )

for (const [scheme, credentials] of Object.entries(schemes)) {
  describe(`the secret of ${scheme}`, () => {
    for (const [tag, { calls = 1, handle, wait }] of Object.entries(outcomes)) {
      for (const transport of transports) {
        it.effect(`shows nowhere when a call over ${transport.name} ends with ${tag}`, () =>
          Effect.gen(function* () {
            const server = yield* serve(handle)
            const watching = yield* running(credentials, transport, server, (provider) =>
              Effect.gen(function* () {
                for (let call = 1; call < calls; call += 1) yield* Effect.exit(provider.item())
                const arrived = server.nextArrival()
                const fiber = yield* Effect.forkChild(watched(provider.item()))
                if (wait !== undefined) {
                  yield* Effect.promise(() => arrived)
                  yield* TestClock.adjust(wait)
                }
                return yield* Fiber.join(fiber)
              })
            )
            const { exit, seen, spans } = watching
            if (!Exit.isFailure(exit)) return assert.fail("the call succeeded")
            const error = Result.getOrThrow(Cause.findError(exit.cause))
            assert.strictEqual(error._tag, tag)
            assert.isAtLeast(spans.length, 1)
            assert.isAtLeast(seen.length, 16)
            assertClean([...seen, ...views(error, exit.cause)])
            if (error._tag === "UnexpectedStatus") assert.include(error.body, "an indiscreet answer")
          })
        )
      }
    }

    it.effect("is sent", () =>
      Effect.gen(function* () {
        const server = yield* serve((response) => answer(response, 200, { id: 1 }))
        yield* running(credentials, transports[0] ?? assert.fail(), server, (provider) => provider.item())
        const [arrival] = server.arrivals
        const sent = [arrival?.headers["x-custom"], arrival?.headers["cookie"], arrival?.headers["authorization"]]
        const key = new URL(arrival?.url ?? "", server.url).searchParams.get("key")
        assert.deepStrictEqual(
          [...sent, key ?? undefined].filter((value) => value !== undefined),
          [sentBy[scheme] ?? secret]
        )
      })
    )

    it.effect("shows in neither the Layers, nor the service, nor a response", () =>
      Effect.gen(function* () {
        const server = yield* serve((response) => answer(response, 200, { id: 1 }))
        const texts = yield* running(credentials, transports[0] ?? assert.fail(), server, (provider) =>
          Effect.gen(function* () {
            const response = yield* provider.item({ responseMode: "response-only" })
            const deeply = { depth: 20, showHidden: true }
            return [
              inspect(provider, deeply),
              JSON.stringify(provider),
              inspect(credentials, deeply),
              inspect(Provider.layer.pipe(Layer.provide(credentials)), deeply),
              inspect(yield* Effect.context<never>(), deeply),
              String(response),
              inspect(response, { depth: 20 }),
              JSON.stringify(response)
            ]
          })
        )
        assertClean(texts)
      })
    )

    it.effect("is cut out where the excerpt of a body ends in its middle", () =>
      Effect.gen(function* () {
        for (const copy of [secret, encodeURIComponent(secret), encoded]) {
          const server = yield* serve((response) => answer(response, 418, "x".repeat(8192 - 12) + copy.repeat(3)))
          const error = yield* running(credentials, transports[0] ?? assert.fail(), server, (provider) =>
            Effect.flip(provider.item())
          )
          const body = error._tag === "UnexpectedStatus" ? error.body : assert.fail(error._tag)
          assert.notInclude(body, copy.slice(0, 5))
          assert.isAtMost(body.length, 8192)
        }
      }).pipe(Effect.when(Effect.succeed(scheme === "a user name and password")))
    )
  })
}
