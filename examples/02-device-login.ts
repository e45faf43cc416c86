/**
 * 2. Log in to a tool of the command line: the device flow, for a machine that may have no browser, and a token that is kept
 * in a file, sealed, so that a person logs in once.
 *
 * `npm run example 02-device-login` plays the person as well, who enters the code. `npm run example 02-device-login -- --stay`
 * waits for you to do it. The authorization server is on this machine: any name and any password will do.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Config, ConfigProvider, Console, Effect, FileSystem, Layer, References, Schema } from "effect"
import { KeyValueStore } from "effect/persistence"
import {
  ClientAuthentication,
  OAuth,
  OAuthClient,
  OAuthDiscovery,
  Seal,
  TokenLease,
  Tokens,
  TokenStoreKeyValue,
  ToolLogin
} from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { Transport } from "@causeway/node"
import * as AuthorizationServer from "./login/AuthorizationServer.ts"
import * as Person from "./login/Person.ts"

// What the tool calls in the name of its user: it says who that is. It is the authorization server itself.
class Profile extends Integration.Service<Profile>()("example/Profile", {
  baseUrl: Config.String("PROFILE_URL"),
  endpoints: [Endpoint.get("me", "/me", { success: Schema.Struct({ sub: Schema.String }) })]
}) {}

/** One run of the tool: it asks for a login only where it has no token, and then says who its user is. */
const tool = (issuer: string) =>
  Effect.gen(function* () {
    const client = yield* OAuthClient.make({
      integration: Profile,
      server: yield* OAuthDiscovery.make({ integration: Profile, issuer }),
      clientId: AuthorizationServer.clientId,
      authentication: ClientAuthentication.none
    })
    const credentials = Tokens.layer(Profile, OAuth.refreshing(client))
    yield* Effect.gen(function* () {
      const tokens = yield* Tokens.of(Profile)
      const login = ToolLogin.device(client, { scope: "openid offline_access" })
      yield* Effect.catchIf(
        Effect.asVoid(tokens.token),
        ({ reason }) => reason._tag === "ReauthorizationRequired",
        () => Effect.flatMap(login, tokens.set)
      )
      const { sub } = yield* (yield* Profile).me()
      yield* Console.log(`You are ${sub}.`)
    }).pipe(Effect.provide(Profile.layer.pipe(Layer.provideMerge(credentials))))
  }).pipe(Effect.scoped, Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ PROFILE_URL: issuer }))))

/** A person who reads what the tool says, and enters the code in a browser, on a phone perhaps. */
const person = Layer.succeed(ToolLogin.LoginPrompt, {
  show: (invitation) =>
    Effect.andThen(
      Console.log(ToolLogin.textOf(invitation)),
      invitation._tag === "EnterCode" ? Effect.asVoid(Person.open(invitation.completeUrl ?? "")) : Effect.void
    )
})

const program = Effect.gen(function* () {
  const issuer = yield* AuthorizationServer.start("/callback")
  const folder = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped({ prefix: "device-login-" })
  const kept = TokenStoreKeyValue.layer().pipe(
    Layer.provide([KeyValueStore.layerFileSystem(folder), Seal.layer([Seal.generateKey("example")])])
  )
  const run = tool(issuer).pipe(Effect.provide([kept, TokenLease.layerMemory]))
  yield* Console.log("The first run:")
  yield* run
  yield* Console.log("The second run:")
  yield* run
})

program.pipe(
  Effect.scoped,
  Effect.provide([process.argv.includes("--stay") ? ToolLogin.layerConsole : person, Transport.layer]),
  Effect.provide(NodeServices.layer),
  Effect.provideService(References.MinimumLogLevel, "Error"),
  NodeRuntime.runMain
)
