import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit } from "effect"
import { HttpClient } from "effect/http"
import { createServer, request as httpRequest } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { connect } from "node:net"
import { Transport } from "@causeway/node"
import * as proxyVariables from "../src/internal/transport/proxyVariables.ts"
import { makeAuthority } from "./transportCertificates.ts"
import { listen, serving } from "./transportServers.ts"

const authority = makeAuthority("the authority")
const certificate = authority.issue("server")

const names = ["http_proxy", "https_proxy", "all_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()])

/** Sets the variables for as long as the test lasts, and no others of their kind. */
const environment = (variables: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = names.map((name) => [name, process.env[name]] as const)
      for (const name of names) delete process.env[name]
      Object.assign(process.env, variables)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const name of Object.keys(variables)) delete process.env[name]
        for (const [name, value] of before) if (value !== undefined) process.env[name] = value
      })
  )

/** A proxy that forwards everything to one server, whatever it is asked for, and remembers what that was. */
const proxyTo = (port: () => number) =>
  Effect.gen(function* () {
    const seen: Array<string> = []
    const proxy = createServer((incoming, outgoing) => {
      seen.push(`${incoming.method} ${incoming.url}`)
      httpRequest({ port: port(), host: "127.0.0.1", path: "/" }, (response) => response.pipe(outgoing)).end()
    })
    proxy.on("connect", (incoming, socket) => {
      seen.push(`CONNECT ${incoming.url}`)
      const upstream = connect(port(), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n")
        upstream.pipe(socket)
        socket.pipe(upstream)
      })
      upstream.on("error", () => socket.destroy())
      socket.on("error", () => upstream.destroy())
      socket.on("close", () => upstream.destroy())
    })
    const { url } = yield* listen(proxy)
    return { url, seen }
  })

const get = (url: string, options: Transport.Options = { proxy: "environment" }) =>
  Effect.flatMap(HttpClient.HttpClient, (client) => Effect.flatMap(client.get(url), ({ text }) => text)).pipe(
    Effect.provide(Transport.layerWith({ tls: { ca: authority.cert, servername: "localhost" }, ...options }))
  )

const plain = serving((_, response) => response.end("plain"))
const secure = Effect.suspend(() =>
  listen(
    createTlsServer({ key: certificate.key, cert: certificate.cert }, (_, response) => response.end("secure")),
    "https"
  )
)

describe("a proxy from the environment", () => {
  for (const upper of [false, true]) {
    const named = (name: string) => (upper ? name.toUpperCase() : name)

    it.effect(`is used for http and https by its variables in ${upper ? "upper" : "lower"} case`, () =>
      Effect.gen(function* () {
        const { port } = yield* plain
        const proxy = yield* proxyTo(() => port)
        const secureOne = yield* secure
        const tunnel = yield* proxyTo(() => secureOne.port)
        yield* environment({ [named("http_proxy")]: proxy.url, [named("https_proxy")]: tunnel.url })
        assert.strictEqual(yield* get("http://provider.example/read"), "plain")
        assert.strictEqual(yield* get("https://provider.example/read"), "secure")
        assert.deepStrictEqual(proxy.seen, ["GET http://provider.example/read"])
        assert.deepStrictEqual(tunnel.seen, ["CONNECT provider.example:443"])
      })
    )
  }

  it.effect("is the one of all_proxy where no other is named, and may be written without its scheme", () =>
    Effect.gen(function* () {
      const { port } = yield* plain
      const proxy = yield* proxyTo(() => port)
      yield* environment({ ALL_PROXY: proxy.url.replace("http://", "") })
      assert.strictEqual(yield* get("http://provider.example/read"), "plain")
      assert.lengthOf(proxy.seen, 1)
    })
  )

  it.effect("is not used unless the transport is told to", () =>
    Effect.gen(function* () {
      const { port, url } = yield* plain
      const proxy = yield* proxyTo(() => port)
      yield* environment({ HTTP_PROXY: proxy.url, ALL_PROXY: proxy.url })
      assert.strictEqual(yield* get(url, {}), "plain")
      assert.deepStrictEqual(proxy.seen, [])
    })
  )

  it.effect("is not used for https where only http has one", () =>
    Effect.gen(function* () {
      const { url } = yield* secure
      const proxy = yield* proxyTo(() => 1)
      yield* environment({ HTTP_PROXY: proxy.url })
      assert.strictEqual(yield* get(url), "secure")
      assert.deepStrictEqual(proxy.seen, [])
    })
  )

  it.effect("that is no URL is refused when the Layer is built, without telling it", () =>
    Effect.gen(function* () {
      yield* environment({ HTTP_PROXY: "ftp://user:hunter2@proxy.example" })
      const exit = yield* Effect.exit(get("http://provider.example/"))
      assert.isTrue(Exit.isFailure(exit))
      const text = Exit.isFailure(exit) ? Cause.pretty(exit.cause) : ""
      assert.include(text, "HTTP_PROXY or HTTPS_PROXY is a URL of ftp:")
      assert.notInclude(text, "hunter2")
    })
  )
})

describe("no_proxy", () => {
  const provider = "http://api.provider.example:8080/"

  for (const [list, url, isProxied] of [
    ["", provider, true],
    ["*", provider, false],
    ["other.example, api.provider.example", provider, false],
    ["other.example api.provider.example", provider, false],
    ["API.Provider.Example", provider, false],
    ["provider.example", provider, false],
    [".provider.example", provider, false],
    [".provider.example", "http://provider.example/", false],
    ["*.provider.example", provider, false],
    ["*.provider.example", "http://provider.example/", true],
    ["provider.example", "http://notprovider.example/", true],
    ["api.provider.example.", provider, false],
    ["api.provider.example:8080", provider, false],
    ["api.provider.example:80", provider, true],
    ["provider.example:80", "http://provider.example/", false],
    ["*:8080", provider, false],
    ["*:80", provider, true],
    ["10.1.2.3", "http://10.1.2.3/", false],
    ["10.0.0.0/8", "http://10.1.2.3/", false],
    ["10.0.0.0/8", "http://11.1.2.3/", true],
    ["::1", "http://[::1]/", false],
    ["[::1]:80", "http://[::1]/", false],
    ["[::1]:81", "http://[::1]/", true],
    ["fd00::/8", "http://[fd12::1]/", false],
    ["10.0.0.0/99, :, /, [", provider, true]
  ] as const) {
    it(`"${list}" ${isProxied ? "leaves the proxy to" : "excludes"} ${url}`, () => {
      const proxyFor = proxyVariables.proxyFor({ HTTP_PROXY: "http://proxy.example", NO_PROXY: list })
      assert.strictEqual(proxyFor(new URL(url)), isProxied ? "http://proxy.example" : undefined)
    })
  }

  it("takes lower case before upper case, and no HTTP_PROXY from a CGI request, whose client could set it", () => {
    const both = { http_proxy: "http://lower.example", HTTP_PROXY: "http://upper.example" }
    const url = new URL(provider)
    assert.strictEqual(proxyVariables.proxyFor(both)(url), "http://lower.example")
    assert.strictEqual(proxyVariables.proxyFor({ ...both, REQUEST_METHOD: "GET" })(url), "http://lower.example")
    assert.isUndefined(proxyVariables.proxyFor({ HTTP_PROXY: "http://a.example", REQUEST_METHOD: "GET" })(url))
    assert.strictEqual(proxyVariables.proxyFor({ http_proxy: " ", HTTP_PROXY: "a:1" })(url), "http://a:1")
  })

  it.effect("sends what it excludes straight to its server", () =>
    Effect.gen(function* () {
      const { port, url } = yield* plain
      const proxy = yield* proxyTo(() => port)
      yield* environment({ HTTP_PROXY: proxy.url, NO_PROXY: "127.0.0.0/8" })
      assert.strictEqual(yield* get(url), "plain")
      assert.strictEqual(yield* get("http://provider.example/"), "plain")
      assert.lengthOf(proxy.seen, 1)
    })
  )
})
