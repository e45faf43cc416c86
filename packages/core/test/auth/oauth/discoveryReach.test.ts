/** Where a discovery document may send the requests of a program, and its credentials. */
import { AuthorizationCode, ClientAuthentication, OAuth, OAuthClient, OAuthDiscovery } from "@causeway/core/auth"
import { AddressGuard } from "@causeway/core/crypto"
import { InvalidOption } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { HttpClient, HttpClientError, HttpClientResponse } from "effect/http"

const remote = "https://login.calendar.example"

interface Asked {
  readonly url: string
  readonly publicOnly: boolean
}

const descriptionPath = "/.well-known/openid-configuration"

/** A client that answers with a description and with tokens, and remembers which requests were guarded. */
const serving = (description: object) => {
  const asked: Array<Asked> = []
  const client = HttpClient.make((request, url, _signal, fiber) =>
    Effect.sync(() => {
      asked.push({ url: url.href, publicOnly: fiber.getRef(AddressGuard.PublicOnly) })
      const body =
        url.pathname === descriptionPath ? description : { access_token: "x", token_type: "Bearer", keys: [] }
      return HttpClientResponse.fromWeb(request, Response.json(body))
    })
  )
  return { asked, client }
}

const discover = (issuer: string, endpoints: object, options: Partial<OAuthDiscovery.Options> = {}) => {
  const { asked, client } = serving({ issuer, ...endpoints })
  const settings = { integration: "test/Calendar", issuer, policy: { retry: null }, ...options }
  return Effect.map(Effect.provideService(OAuthDiscovery.make(settings), HttpClient.HttpClient, client), (server) => ({
    asked,
    client,
    server
  }))
}

const clientOf = ({ client, server }: Effect.Success<ReturnType<typeof discover>>) =>
  OAuthClient.make({
    integration: "test/Calendar",
    server,
    clientId: "c",
    authentication: ClientAuthentication.basic(Effect.succeed(Redacted.make("a-client-secret"))),
    policy: { retry: null }
  }).pipe(Effect.provideService(HttpClient.HttpClient, client))

const members = [
  "authorization_endpoint",
  "token_endpoint",
  "device_authorization_endpoint",
  "pushed_authorization_request_endpoint",
  "introspection_endpoint",
  "revocation_endpoint",
  "userinfo_endpoint",
  "jwks_uri"
]

const inside = [
  "http://127.0.0.1:8080/admin",
  "https://127.0.0.1/admin",
  "https://127.1/admin",
  "https://0x7f.1/admin",
  "http://localhost/admin",
  "https://localhost./admin",
  "https://[::1]/admin",
  "https://[::ffff:169.254.169.254]/latest",
  "https://169.254.169.254/latest",
  "https://metadata.google.internal/computeMetadata",
  "https://10.0.0.1/",
  "https://redis:6379/"
]

describe("the description of an issuer elsewhere", () => {
  it.effect("may name no endpoint on this machine or on a private network, whichever it is", () =>
    Effect.gen(function* () {
      for (const member of members) {
        for (const endpoints of [{ [member]: inside[0] }, { mtls_endpoint_aliases: { [member]: inside[1] } }]) {
          const { server } = yield* discover(remote, endpoints)
          const { message, reason } = yield* Effect.flip(server)
          assert.strictEqual(reason._tag, "MalformedAnswer")
          assert.include(message, member)
        }
      }
    })
  )

  for (const url of inside) {
    it.effect(`is refused when its token endpoint is ${url}, before anything is sent there`, () =>
      Effect.gen(function* () {
        const found = yield* discover(remote, { token_endpoint: url })
        const error = yield* Effect.flip(OAuth.clientCredentials(yield* clientOf(found)).obtain!)
        assert.strictEqual(error.reason._tag, "MalformedAnswer")
        assert.deepEqual(
          found.asked.map((one) => one.url),
          [`${remote}${descriptionPath}`]
        )
      })
    )
  }

  it.effect("has its endpoints elsewhere connect to public addresses alone, and those at its origin anywhere", () =>
    Effect.gen(function* () {
      const found = yield* discover(remote, {
        token_endpoint: "https://tokens.calendar.example/token",
        introspection_endpoint: `${remote}/introspect`
      })
      const client = yield* clientOf(found)
      yield* OAuth.clientCredentials(client).obtain!
      yield* Effect.ignore(OAuth.introspect(client, Redacted.make("t")))
      assert.deepEqual(found.asked, [
        { url: `${remote}${descriptionPath}`, publicOnly: false },
        { url: "https://tokens.calendar.example/token", publicOnly: true },
        { url: `${remote}/introspect`, publicOnly: false }
      ])
    })
  )

  it.effect("has its keys come from public addresses alone", () =>
    Effect.gen(function* () {
      const found = yield* discover(remote, {
        authorization_endpoint: `${remote}/authorize`,
        token_endpoint: `${remote}/token`,
        jwks_uri: "https://keys.calendar.example/jwks"
      })
      const client = yield* clientOf(found)
      const begun = yield* AuthorizationCode.begin(client, { redirectUri: "https://app.example/cb", scope: ["openid"] })
      const callback = new URLSearchParams({ code: "c", state: begun.state })
      yield* Effect.ignore(AuthorizationCode.finish(client, begun, callback))
      assert.deepInclude(found.asked, { url: "https://keys.calendar.example/jwks", publicOnly: true })
    })
  )

  it.effect("may name private networks with allowPrivateNetworks, and still no plain http", () =>
    Effect.gen(function* () {
      const options = { allowPrivateNetworks: true }
      const found = yield* discover(remote, { token_endpoint: "https://10.0.0.1/token" }, options)
      yield* OAuth.clientCredentials(yield* clientOf(found)).obtain!
      assert.deepEqual(found.asked[1], { url: "https://10.0.0.1/token", publicOnly: false })
      const plain = yield* discover(remote, { token_endpoint: "http://127.0.0.1/token" }, options)
      assert.include((yield* Effect.flip(plain.server)).message, "plain http")
    })
  )
})

describe("an issuer on this machine", () => {
  for (const issuer of ["http://127.0.0.1:4000", "http://localhost:4000", "http://[::1]:4000"]) {
    it.effect(`${issuer} may name endpoints on this machine, without TLS and without a guard`, () =>
      Effect.gen(function* () {
        const found = yield* discover(issuer, { token_endpoint: "http://127.0.0.1:5000/token" })
        yield* OAuth.clientCredentials(yield* clientOf(found)).obtain!
        assert.deepEqual(found.asked[1], { url: "http://127.0.0.1:5000/token", publicOnly: false })
      })
    )
  }

  it.effect("may name no endpoint on another private network", () =>
    Effect.gen(function* () {
      const { server } = yield* discover("http://127.0.0.1:4000", { token_endpoint: "https://169.254.169.254/token" })
      assert.strictEqual((yield* Effect.flip(server)).reason._tag, "MalformedAnswer")
    })
  )
})

describe("an issuer that a third party has chosen", () => {
  it("must be on the public internet", () => {
    for (const issuer of ["http://127.0.0.1:4000", "https://10.0.0.1", "https://idp.internal", "https://localhost"]) {
      const make = () => OAuthDiscovery.make({ integration: "test/Calendar", issuer, untrustedIssuer: true })
      assert.throws(make, InvalidOption.InvalidOption, "untrustedIssuer", issuer)
    }
  })

  it.effect("has its description and all endpoints come from public addresses alone", () =>
    Effect.gen(function* () {
      const found = yield* discover(remote, { token_endpoint: `${remote}/token` }, { untrustedIssuer: true })
      yield* OAuth.clientCredentials(yield* clientOf(found)).obtain!
      assert.deepEqual(
        found.asked.map((one) => one.publicOnly),
        [true, true]
      )
    })
  )
})

it.effect("a refused address is reported as what it is, and not asked again", () =>
  Effect.gen(function* () {
    let attempts = 0
    const client = HttpClient.make((request, url) => {
      if (url.pathname === descriptionPath) {
        const description = { issuer: remote, token_endpoint: "https://rebound.example/token" }
        return Effect.succeed(HttpClientResponse.fromWeb(request, Response.json(description)))
      }
      attempts += 1
      const cause = new AddressGuard.ForbiddenAddress({ host: url.hostname, address: "10.0.0.1", kind: "private" })
      return Effect.fail(
        new HttpClientError.HttpClientError({ reason: new HttpClientError.TransportError({ request, cause }) })
      )
    })
    const provided = Effect.provideService(HttpClient.HttpClient, client)
    const server = yield* provided(OAuthDiscovery.make({ integration: "test/Calendar", issuer: remote }))
    const settings = { integration: "test/Calendar", server, clientId: "c", authentication: ClientAuthentication.none }
    const error = yield* Effect.flip(OAuth.clientCredentials(yield* provided(OAuthClient.make(settings))).obtain!)
    assert.strictEqual(error.reason._tag, "EndpointUnavailable")
    assert.include(error.message, "not on the public internet")
    assert.notInclude(error.message, "10.0.0.1")
    assert.strictEqual(attempts, 1)
  })
)
