/** A client that proves who it is by the certificate of its connection. */
import {
  BearerAuth,
  ClientAuthentication,
  Jwt,
  JwtKey,
  JwtVerifier,
  OAuth,
  OAuthClient,
  OAuthServer
} from "@causeway/core/auth"
import { Transport } from "@causeway/node"
import { assert, describe, it } from "@effect/vitest"
import { NodeHttpServer } from "@effect/platform-node"
import { Context, Effect, Layer, Redacted } from "effect"
import { HttpClient, HttpClientRequest, HttpRouter, HttpServer, HttpServerResponse } from "effect/http"
import { X509Certificate } from "node:crypto"
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createServer } from "node:https"
import { TLSSocket } from "node:tls"
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
  it.effect("is known by its certificate, at the endpoint that is for it", () =>
    Effect.gen(function* () {
      const token = yield* asking({ ca: authority.cert, cert: me.cert, key: Redacted.make(me.key) })
      assert.strictEqual(Redacted.value(token.accessToken), "t0k3n")
    })
  )

  it.effect("is refused without one", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(asking({ ca: authority.cert }))
      assert.strictEqual(error.reason._tag, "InvalidClient")
    })
  )
})

class Caller extends Context.Service<Caller, JwtVerifier.Claims>()("test/Caller") {}

const another = authority.issue("another")

const parties = { issuer: "https://as.example", audience: "https://api.example" } as const

/** Reads the certificate that Node has verified in the handshake. */
const clientCertificate: BearerAuth.ClientCertificate = ({ source }) => {
  const socket = "socket" in source ? source.socket : undefined
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerX509Certificate()?.raw : undefined
}

/** Asks an API with a token that is bound to the certificate of `me`. */
const answerTo = (tls: Transport.Tls) =>
  Effect.gen(function* () {
    const key = yield* JwtKey.generate("ES256")
    const verifier = JwtVerifier.make({ ...parties, keys: JwtKey.verifyingOf(key), algorithms: ["ES256"] })
    const guarded = HttpRouter.middleware<{ provides: Caller }>()(
      Effect.succeed(BearerAuth.middleware(Caller, verifier, { clientCertificate }))
    )
    const routes = HttpRouter.add("GET", "/", Effect.as(Caller, HttpServerResponse.text("in"))).pipe(
      Layer.provide(guarded.layer)
    )
    const options = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: false }
    const api = HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
      Layer.provideMerge(NodeHttpServer.layer(() => createServer(options), { port: 0, host: "127.0.0.1" }))
    )
    const { address } = Context.get(yield* Layer.build(api), HttpServer.HttpServer)
    const { port } = new URL(HttpServer.formatAddress(address))
    const cnf = { "x5t#S256": thumbprintOf(me.cert) }
    const token = yield* Jwt.sign(key, {
      iss: parties.issuer,
      aud: parties.audience,
      lifetime: "1 hour",
      claims: { cnf }
    })
    const client = yield* HttpClient.HttpClient
    const request = HttpClientRequest.get(`https://localhost:${port}/`)
    return (yield* client.execute(HttpClientRequest.bearerToken(request, token))).status
  }).pipe(Effect.scoped, Effect.provide(Transport.layerWith({ tls })))

const thumbprintOf = (pem: string): string =>
  Buffer.from(new X509Certificate(pem).fingerprint256.replaceAll(":", ""), "hex").toString("base64url")

describe("BearerAuth with the certificate of the connection", () => {
  it.effect("accepts a bound token only over a connection with its certificate", () =>
    Effect.gen(function* () {
      const trusted = { ca: authority.cert }
      assert.strictEqual(yield* answerTo({ ...trusted, cert: me.cert, key: Redacted.make(me.key) }), 200)
      assert.strictEqual(yield* answerTo({ ...trusted, cert: another.cert, key: Redacted.make(another.key) }), 401)
      assert.strictEqual(yield* answerTo(trusted), 401)
    })
  )
})
