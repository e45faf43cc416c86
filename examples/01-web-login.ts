/**
 * 1. Log in to a web application: the code flow, its token stored for the person who began it, and used in their name.
 *
 * `npm run example 01-web-login` plays a person who logs in. `npm run example 01-web-login -- --stay` waits for you, with a
 * browser of your own. The authorization server is on this machine: any name and any password will do.
 */
import { NodeHttpServer, NodeRuntime } from "@effect/platform-node"
import { Config, ConfigProvider, Console, Effect, Layer, References, Schema } from "effect"
import { HttpRouter, HttpServer, type HttpServerRequest, HttpServerResponse } from "effect/http"
import {
  ClientAuthentication,
  OAuth,
  OAuthClient,
  OAuthDiscovery,
  Seal,
  TokenLease,
  Tokens,
  TokenStore,
  WebLogin
} from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Transport } from "@causeway/node"
import { randomUUID } from "node:crypto"
import { createServer } from "node:http"
import * as AuthorizationServer from "./login/AuthorizationServer.ts"
import * as Person from "./login/Person.ts"

// The provider whose API is called in a person's name: it says who that is. It is the authorization server itself.
class Profile extends Integration.Service<Profile>()("example/Profile", {
  baseUrl: Config.String("PROFILE_URL"),
  endpoints: [Endpoint.get("me", "/me", { success: Schema.Struct({ sub: Schema.String }) })]
}) {}

// Who is logged in to the application itself: here, whoever has this cookie.
const sessionOf = ({ cookies }: HttpServerRequest.HttpServerRequest) => cookies["session"] ?? "nobody"

const application = Effect.gen(function* () {
  const issuer = yield* AuthorizationServer.start("/login/callback")
  const server = yield* HttpServer.HttpServer
  const origin = HttpServer.formatAddress(server.address)
  const client = yield* OAuthClient.make({
    integration: Profile,
    server: yield* OAuthDiscovery.make({ integration: Profile, issuer }),
    clientId: AuthorizationServer.clientId,
    authentication: ClientAuthentication.none
  })
  const grant = OAuth.refreshing(client, { reauthorizeUrl: `${origin}/login` })

  // Each session is a tenant: it has a token of its own, which no other session reaches.
  const login = WebLogin.routes({
    client,
    origin,
    authorization: { scope: "openid offline_access", prompt: "consent" },
    returnTo: ["/profile"],
    tenant: (request) => Effect.succeed(sessionOf(request)),
    tokens: (tenant) => Effect.scoped(Tokens.make({ integration: "example/Profile", tenant }, grant))
  })
  const tenants = yield* Profile.layerTenants((tenant) => Tokens.layer(Profile, grant, { tenant })).pipe(
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ PROFILE_URL: issuer }))),
    Layer.build
  )
  const page = HttpRouter.add("GET", "/profile", (request) =>
    Effect.gen(function* () {
      const profile = yield* Profile.forTenant(sessionOf(request))
      const { sub } = yield* profile.me()
      return HttpServerResponse.text(`You are ${sub}.\n`)
    }).pipe(
      Effect.provideContext(tenants),
      Effect.catch((error) => Effect.succeed(HttpServerResponse.text(`${error.message}\n`, { status: 401 })))
    )
  )
  const home = HttpRouter.add(
    "GET",
    "/",
    Effect.sync(() => HttpServerResponse.setCookieUnsafe(welcome, "session", randomUUID(), httpOnly))
  )
  yield* Layer.build(
    HttpRouter.serve(Layer.mergeAll(login, home, page), { disableListenLog: true, disableLogger: true })
  )
  return origin
})

const httpOnly = { httpOnly: true, sameSite: "lax", path: "/" } as const
const welcome = HttpServerResponse.text(`<!doctype html><form action="/login"><button>Log in</button></form>`, {
  contentType: "text/html; charset=utf-8"
})

const program = Effect.gen(function* () {
  const origin = yield* application
  if (process.argv.includes("--stay")) {
    yield* Console.log(`Open ${origin} in your browser. Ctrl-C ends.`)
    return yield* Effect.never
  }
  yield* Console.log(yield* Person.open(`${origin}/`))
})

const live = Layer.mergeAll(
  NodeHttpServer.layerServer(() => createServer(), { host: "127.0.0.1", port: 0 }),
  Seal.layer([Seal.generateKey("example")]),
  TokenStore.layerMemory,
  TokenLease.layerMemory,
  Transport.layer
)

program.pipe(
  Effect.scoped,
  Effect.provide(live),
  Effect.provideService(References.MinimumLogLevel, "Error"),
  NodeRuntime.runMain
)
