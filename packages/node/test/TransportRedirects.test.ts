import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, type Scope, Stream } from "effect"
import { FetchHttpClient, HttpBody, HttpClient, HttpClientRequest } from "effect/http"
import type { IncomingHttpHeaders, RequestListener } from "node:http"
import { Auth } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Policy } from "@causeway/core/policy"
import { Transport } from "@causeway/node"
import { type Listening, serving, ways } from "./transportServers.ts"

interface Arrival {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

interface Recorded extends Listening {
  readonly arrivals: ReadonlyArray<Arrival>
}

/** Keeps what arrives, and answers as told. */
const recording = (answer: RequestListener): Effect.Effect<Recorded, never, Scope.Scope> =>
  Effect.suspend(() => {
    const arrivals: Array<Arrival> = []
    const server = serving(async (request, response) => {
      const { headers, method = "", url = "" } = request
      const body = Buffer.concat(await request.toArray()).toString()
      arrivals.push({ method, url, headers, body })
      answer(request, response)
    })
    return Effect.map(server, (listening) => ({ ...listening, arrivals }))
  })

const arriving = recording((_, response) => response.end("arrived"))

const redirecting = (status: number, to: string | (() => string), body = "") =>
  recording((request, response) => {
    if (request.url !== "/from") return response.end("arrived")
    return response.writeHead(status, { location: typeof to === "string" ? to : to() }).end(body)
  })

const credentials = {
  authorization: "Bearer secret",
  cookie: "session=secret",
  "proxy-authorization": "Basic secret",
  "x-api-key": "secret",
  "x-anything": "secret",
  accept: "application/json",
  "accept-language": "de"
}

for (const [name, as] of ways) {
  const withClient = <A, E>(
    options: Transport.Options,
    body: (client: HttpClient.HttpClient) => Effect.Effect<A, E, Scope.Scope>
  ) =>
    Effect.provide(
      Effect.flatMap(HttpClient.HttpClient, (client) =>
        body(HttpClient.transformResponse(client, (response) => as(response)))
      ),
      Transport.layerWith(options)
    )

  const following = <A, E>(body: (client: HttpClient.HttpClient) => Effect.Effect<A, E, Scope.Scope>) =>
    withClient({ followRedirects: 3 }, body)

  describe(`a redirect, ${name},`, () => {
    it.effect("is the response, unless redirects are followed", () =>
      withClient({}, (client) =>
        Effect.gen(function* () {
          const { arrivals, url } = yield* redirecting(302, "/to")
          const response = yield* client.get(`${url}/from`)
          assert.strictEqual(response.status, 302)
          assert.strictEqual(response.headers["location"], "/to")
          assert.strictEqual(arrivals.length, 1)
        })
      )
    )

    it.effect("is the response where fetch is told to follow none", () =>
      following((client) =>
        Effect.gen(function* () {
          const { url } = yield* redirecting(302, "/to")
          const manual = Effect.provideService(client.get(`${url}/from`), FetchHttpClient.RequestInit, {
            redirect: "manual"
          })
          assert.strictEqual((yield* manual).status, 302)
        })
      )
    )

    it.effect("is followed, and the response says where it comes from", () =>
      following((client) =>
        Effect.gen(function* () {
          const { url } = yield* redirecting(302, "../to?q=a%20b#part")
          const response = yield* client.get(`${url}/from`)
          assert.strictEqual(yield* response.text, "arrived")
          assert.strictEqual(response.url, `${url}/to?q=a%20b`)
        })
      )
    )

    it.effect("is followed as often as was asked for, and the last one is the response", () =>
      following((client) =>
        Effect.gen(function* () {
          let hops = 0
          const { url } = yield* recording((_, response) =>
            response.writeHead(302, { location: `/hop/${(hops += 1)}` }).end()
          )
          const response = yield* client.get(`${url}/from`)
          assert.strictEqual(response.status, 302)
          assert.strictEqual(hops, 4)
        })
      )
    )

    for (const [status, method, becomes] of [
      [301, "POST", "GET"],
      [302, "POST", "GET"],
      [303, "POST", "GET"],
      [303, "PUT", "GET"],
      [303, "DELETE", "GET"],
      [303, "HEAD", "HEAD"],
      [301, "PUT", "PUT"],
      [302, "DELETE", "DELETE"],
      [307, "POST", "POST"],
      [308, "PUT", "PUT"]
    ] as const) {
      it.effect(`of ${method} with ${status} becomes ${becomes}`, () =>
        following((client) =>
          Effect.gen(function* () {
            const { arrivals, url } = yield* redirecting(status, "/to")
            const plain = HttpClientRequest.make(method)(`${url}/from`, { headers: { "x-api-key": "secret" } })
            const request = method === "HEAD" ? plain : HttpClientRequest.bodyText(plain, "payload")
            const response = yield* client.execute(request)
            assert.strictEqual(response.status, 200)
            const arrival = arrivals[1]
            const keepsBody = becomes === method && method !== "HEAD"
            assert.strictEqual(arrival?.method, becomes)
            assert.strictEqual(arrival?.body, keepsBody ? "payload" : "")
            assert.strictEqual(arrival?.headers["content-type"], keepsBody ? "text/plain" : undefined)
            assert.strictEqual(arrival?.headers["x-api-key"], "secret")
          })
        )
      )
    }

    for (const status of [300, 304, 305]) {
      it.effect(`with ${status} is none`, () =>
        following((client) =>
          Effect.gen(function* () {
            const { url } = yield* redirecting(status, "/to")
            assert.strictEqual((yield* client.get(`${url}/from`)).status, status)
          })
        )
      )
    }

    for (const location of ["http://", "ftp://127.0.0.1/", "javascript:alert(1)"]) {
      it.effect(`to ${location} is the response`, () =>
        following((client) =>
          Effect.gen(function* () {
            const { url } = yield* redirecting(302, location)
            assert.strictEqual((yield* client.get(`${url}/from`)).status, 302)
          })
        )
      )
    }

    it.effect("to another origin carries no credentials, under whatever name", () =>
      following((client) =>
        Effect.gen(function* () {
          const other = yield* arriving
          const { url } = yield* redirecting(302, `${other.url}/to`)
          const response = yield* client.get(`${url}/from`, { headers: credentials })
          assert.strictEqual(yield* response.text, "arrived")
          const [arrival] = other.arrivals
          assert.notInclude(JSON.stringify(arrival), "secret")
          assert.strictEqual(arrival?.headers["accept"], "application/json")
          assert.strictEqual(arrival?.headers["accept-language"], "de")
        })
      )
    )

    it.effect("that comes back from another origin does not bring the credentials back", () =>
      following((client) =>
        Effect.gen(function* () {
          let home = ""
          const other = yield* redirecting(302, () => `${home}/to`)
          const { arrivals, url } = yield* redirecting(302, `${other.url}/from`)
          home = url
          const response = yield* client.get(`${url}/from`, { headers: credentials })
          assert.strictEqual(yield* response.text, "arrived")
          assert.notInclude(JSON.stringify(arrivals[1]), "secret")
        })
      )
    )

    it.effect("to another origin carries no body", () =>
      following((client) =>
        Effect.gen(function* () {
          const other = yield* arriving
          const kept = yield* redirecting(307, `${other.url}/to`)
          const body = HttpBody.text("client_secret=secret")
          const response = yield* client.post(`${kept.url}/from`, { body })
          assert.strictEqual(response.status, 307)
          assert.strictEqual(other.arrivals.length, 0)
          const dropped = yield* redirecting(303, `${other.url}/to`)
          assert.strictEqual((yield* client.post(`${dropped.url}/from`, { body })).status, 200)
          assert.deepInclude(other.arrivals[0], { method: "GET", body: "" })
          assert.notInclude(JSON.stringify(other.arrivals), "secret")
        })
      )
    )

    it.effect("carries a body that is a form again, and a stream not", () =>
      following((client) =>
        Effect.gen(function* () {
          const form = new FormData()
          form.set("title", "Report")
          const { arrivals, url } = yield* redirecting(308, "/to")
          const response = yield* client.post(`${url}/from`, { body: HttpBody.formData(form) })
          assert.strictEqual(response.status, 200)
          assert.include(arrivals[1]?.body, "Report")
          const stream = HttpBody.stream(Stream.make(new Uint8Array(3)))
          assert.strictEqual((yield* client.post(`${url}/from`, { body: stream })).status, 308)
        })
      )
    )

    it.effect("with a large body leaves its connection, or none", () =>
      withClient({ followRedirects: 3, connections: 1 }, (client) =>
        Effect.gen(function* () {
          const { open, url } = yield* redirecting(302, "/to", "x".repeat(2_000_000))
          for (let round = 0; round < 5; round += 1) {
            const response = yield* client.get(`${url}/from`)
            assert.strictEqual(yield* response.text, "arrived")
          }
          assert.isAtMost(open.size, 2)
        })
      )
    )

    it.effect("with a large body that Effect's own followRedirects leaves unread does not keep its connection", () =>
      withClient({ connections: 1 }, (client) =>
        Effect.gen(function* () {
          const { url } = yield* redirecting(302, "/to", "x".repeat(2_000_000))
          const response = yield* HttpClient.followRedirects(client).get(`${url}/from`)
          assert.strictEqual(yield* response.text, "arrived")
        })
      )
    )
  })
}

describe("an integration", () => {
  it.effect("follows no redirect, whatever its transport does", () =>
    Effect.gen(function* () {
      const { arrivals, url } = yield* redirecting(302, "/to")
      class Provider extends Integration.Service<Provider>()("test/Provider", {
        baseUrl: url,
        endpoints: [Endpoint.get("from", "/from")],
        policy: Policy.none
      }) {}
      const live = Provider.layer.pipe(
        Layer.provide([Auth.none(Provider), Transport.layerWith({ followRedirects: 3 })])
      )
      const call = Effect.flatMap(Provider, (provider) => provider.from())
      const error = yield* Effect.flip(Effect.provide(call, live))
      assert.deepInclude(error, { _tag: "UnexpectedStatus", status: 302 })
      assert.strictEqual(arrivals.length, 1)
    })
  )
})
