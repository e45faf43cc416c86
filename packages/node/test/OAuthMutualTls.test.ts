/** A client that proves who it is by the certificate of its connection. */
import { ClientAuthentication, OAuth, OAuthClient, OAuthServer } from "@causeway/core/auth"
import { Transport } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createServer } from "node:https"
import type { TLSSocket } from "node:tls"
import { makeAuthority } from "./transportCertificates.ts"

const authority = makeAuthority("an authority of the test")
const [server, me] = [authority.issue("the server"), authority.issue("c4us3w4y")]

/** Gives a token to whom it knows by a certificate and by an id of the same name. */
const tokenServer = Effect.acquireRelease(
  Effect.promise(async () => {
    const options = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: false }
    const https = createServer(options, (request, response) => {
      let body = ""
      request.on("data", (chunk) => (body += String(chunk)))
      request.on("end", () => {
        // The connections of this server are over TLS.
        const socket = request.socket as TLSSocket
        const id = new URLSearchParams(body).get("client_id")
        const isKnown = socket.authorized && socket.getPeerCertificate().subject.CN === id
        const answer = isKnown ? { access_token: "t0k3n", token_type: "Bearer" } : { error: "invalid_client" }
        response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(answer))
      })
    })
    await once(https.listen(0, "127.0.0.1"), "listening")
    // A server that listens on a port has an address with that port.
    const { port } = https.address() as AddressInfo
    return { https, url: `https://localhost:${port}` }
  }),
  ({ https }) =>
    Effect.promise(async () => {
      const closed = once(https, "close")
      https.close()
      https.closeAllConnections()
      await closed
    })
)

const asking = (tls: Transport.Tls) =>
  Effect.gen(function* () {
    const { url } = yield* tokenServer
    const client = yield* OAuthClient.make({
      integration: "test/Bank",
      server: OAuthServer.make({
        tokenEndpoint: "https://nobody.invalid/token",
        mtlsEndpoints: { tokenEndpoint: `${url}/token` }
      }),
      clientId: "c4us3w4y",
      authentication: ClientAuthentication.mutualTls
    })
    return yield* OAuth.clientCredentials(client).obtain ?? Effect.die("no grant")
  }).pipe(Effect.scoped, Effect.provide(Transport.layerWith({ tls })))

describe("ClientAuthentication.mutualTls", () => {
  it.live("is known by its certificate, at the endpoint that is for it", () =>
    Effect.gen(function* () {
      const token = yield* asking({ ca: authority.cert, cert: me.cert, key: Redacted.make(me.key) })
      assert.strictEqual(Redacted.value(token.accessToken), "t0k3n")
    })
  )

  it.live("is refused without one", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(asking({ ca: authority.cert }))
      assert.strictEqual(error.reason._tag, "InvalidClient")
    })
  )
})
