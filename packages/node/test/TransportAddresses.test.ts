import { AddressGuard } from "@causeway/core/crypto"
import { Endpoint, Integration } from "@causeway/core/client"
import { Auth } from "@causeway/core/auth"
import { Exchange } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { HttpClient, HttpClientRequest } from "effect/http"
import type { LookupFunction } from "node:net"
import { createServer } from "node:http"
import { MockAgent } from "undici"
import { listen, serving, untraced } from "./transportServers.ts"

/** Resolves every name to the next answer in turn, and the last one from then on. */
const resolving = (...answers: ReadonlyArray<ReadonlyArray<string>>) => {
  const asked: Array<string> = []
  const lookup: LookupFunction = (hostname, { all }, callback) => {
    const answer = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(hostname)
    const addresses = answer.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }))
    if (all === true) return callback(null, addresses)
    callback(null, addresses[0]?.address ?? "", addresses[0]?.family)
  }
  return { asked, lookup }
}

const echo = serving((_request, response) => response.end("inside"))

const text = (url: string) =>
  Effect.flatMap(HttpClient.HttpClient, (client) =>
    Effect.flatMap(client.execute(HttpClientRequest.get(url)), (response) => response.text)
  )

/** What a request in `publicOnly` fails with. */
const refusal = (url: string) =>
  Effect.map(Effect.flip(AddressGuard.publicOnly(text(url))), ({ reason }) => ({
    address: reason.cause instanceof AddressGuard.ForbiddenAddress ? reason.cause.address : reason.cause,
    kind: reason.cause instanceof AddressGuard.ForbiddenAddress ? reason.cause.kind : undefined
  }))

const loopback = { address: "127.0.0.1", kind: "loopback" } as const

describe("a request in publicOnly", () => {
  for (const [way, run] of [
    ["traced", <A, E, R>(self: Effect.Effect<A, E, R>) => self],
    ["untraced", untraced]
  ] as const) {
    it.effect(`is refused where a public name resolves to this machine (${way})`, () =>
      Effect.gen(function* () {
        const { connections, port } = yield* echo
        const { asked, lookup } = resolving(["127.0.0.1"])
        const seen = yield* run(refusal(`http://rebound.example.com:${port}/`)).pipe(
          Effect.provide(Transport.layerWith({ lookup }))
        )
        assert.deepEqual(seen, loopback)
        assert.deepEqual(asked, ["rebound.example.com"])
        assert.strictEqual(connections(), 0)
      })
    )
  }

  it.effect("is refused where one of several addresses is not public", () =>
    Effect.gen(function* () {
      const { lookup } = resolving(["203.0.114.1", "fd00::1"])
      const seen = yield* refusal("http://mixed.example.com/").pipe(Effect.provide(Transport.layerWith({ lookup })))
      assert.deepEqual(seen, { address: "fd00::1", kind: "private" })
    })
  )

  it.effect("is refused where the host is an address or a local name, which nothing looks up", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* echo
      const { asked, lookup } = resolving(["127.0.0.1"])
      const hosts = ["127.0.0.1", "[::ffff:127.0.0.1]", "0x7f.1", "localhost", "redis"]
      const seen = yield* Effect.forEach(hosts, (host) => refusal(`http://${host}:${port}/`)).pipe(
        Effect.provide(Transport.layerWith({ lookup }))
      )
      assert.deepEqual(
        seen.map(({ kind }) => kind),
        ["loopback", "loopback", "loopback", "loopback", "local name"]
      )
      assert.deepEqual(asked, [])
      assert.strictEqual(connections(), 0)
    })
  )

  it.effect("does not use the connection of a request that may go anywhere", () =>
    Effect.gen(function* () {
      const { connections, port } = yield* echo
      const { lookup } = resolving(["127.0.0.1"])
      const url = `http://shared.example.com:${port}/`
      const seen = yield* Effect.andThen(text(url), refusal(url)).pipe(Effect.provide(Transport.layerWith({ lookup })))
      assert.deepEqual(seen, loopback)
      assert.strictEqual(connections(), 1)
    })
  )

  it.effect("is judged by the answer that it connects to, not by one before", () =>
    Effect.gen(function* () {
      const { lookup } = resolving(["127.0.0.1"], ["169.254.169.254"])
      const { port } = yield* echo
      const seen = yield* Effect.andThen(
        text(`http://a.example.com:${port}/`),
        refusal(`http://b.example.com:${port}/`)
      ).pipe(Effect.provide(Transport.layerWith({ lookup })))
      assert.deepEqual(seen, { address: "169.254.169.254", kind: "link-local" })
    })
  )

  it.effect("may not be retried: nothing was sent, and the address stays forbidden", () =>
    Effect.gen(function* () {
      const { lookup } = resolving(["10.0.0.1"])
      const broken = yield* Effect.flatMap(HttpClient.HttpClient, (client) =>
        Effect.flip(AddressGuard.publicOnly(Exchange.send(client, HttpClientRequest.get("http://inside.example.com/"))))
      ).pipe(Effect.provide(Transport.layerWith({ lookup })))
      assert.deepInclude(broken, {
        reason: "Connect",
        code: "ERR_FORBIDDEN_ADDRESS",
        sent: false,
        category: "rejected",
        origin: "remote"
      })
      assert.isTrue(Exchange.isUncounted(broken))
    })
  )

  it.effect("is refused where it would upgrade its connection", () =>
    Effect.gen(function* () {
      const upgrading = HttpClientRequest.setHeader(
        HttpClientRequest.get("http://127.0.0.1:1/"),
        "upgrade",
        "websocket"
      )
      const client = yield* HttpClient.HttpClient
      const { reason } = yield* Effect.flip(AddressGuard.publicOnly(client.execute(upgrading)))
      assert.instanceOf(reason.cause, AddressGuard.ForbiddenAddress)
    }).pipe(Effect.provide(Transport.layer))
  )

  it.effect("is checked by the host in its URL where the dispatcher is the caller's", () =>
    Effect.gen(function* () {
      assert.deepEqual(yield* refusal("http://10.1.2.3/"), { address: undefined, kind: "private" })
    }).pipe(Effect.provide(Transport.layerDispatcher(new MockAgent())))
  )

  it.effect("is checked by the host in its URL where a proxy resolves names, and the proxy may be local", () =>
    Effect.gen(function* () {
      const proxy = yield* listen(
        createServer().on("connect", (_request, socket) => socket.end("HTTP/1.1 403 Forbidden\r\n\r\n"))
      )
      const layer = Transport.layerWith({ proxy: proxy.url })
      yield* Effect.flip(AddressGuard.publicOnly(text("https://public.example.com/"))).pipe(Effect.provide(layer))
      assert.strictEqual(proxy.connections(), 1)
      assert.deepEqual(yield* Effect.provide(refusal("https://10.0.0.1/"), layer), {
        address: undefined,
        kind: "private"
      })
      assert.strictEqual(proxy.connections(), 1)
    })
  )
})

class Tenant extends Integration.Service<Tenant>()("test/Tenant", {
  baseUrl: "http://tenant.example.com:1",
  endpoints: [Endpoint.get("ping", "/ping", { success: Schema.Unknown })],
  policy: { retry: null }
}) {}

it.effect("a call of an integration in publicOnly is refused where its host resolves to this machine", () =>
  Effect.gen(function* () {
    const { asked, lookup } = resolving(["127.0.0.1"])
    const error = yield* Effect.flip(AddressGuard.publicOnly(Effect.flatMap(Tenant, (tenant) => tenant.ping()))).pipe(
      Effect.provide(Tenant.layer.pipe(Layer.provide([Auth.none(Tenant), Transport.layerWith({ lookup })])))
    )
    assert.strictEqual(error._tag, "TransportFailure")
    assert.include(error.message, "ERR_FORBIDDEN_ADDRESS")
    assert.deepEqual(asked, ["tenant.example.com"])
  })
)

it.effect("a request outside of publicOnly goes where its name resolves to", () =>
  Effect.gen(function* () {
    const { port } = yield* echo
    const { lookup } = resolving(["127.0.0.1"])
    const answer = yield* text(`http://any.example.com:${port}/`).pipe(Effect.provide(Transport.layerWith({ lookup })))
    assert.strictEqual(answer, "inside")
  })
)

it.effect("a redirect in publicOnly is followed to public addresses alone", () =>
  Effect.gen(function* () {
    const mock = new MockAgent()
    mock.disableNetConnect()
    mock
      .get("https://public.example.com")
      .intercept({ path: "/" })
      .reply(302, "", { headers: { location: "https://169.254.169.254/latest" } })
    const seen = yield* refusal("https://public.example.com/").pipe(
      Effect.provide(Transport.layerDispatcher(mock, { followRedirects: 3 }))
    )
    assert.deepEqual(seen, { address: undefined, kind: "link-local" })
  })
)
