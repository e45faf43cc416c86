/**
 * Mirrors the issues of a GitHub repository into SQLite, keeps them fresh from GitHub's webhooks, and passes each change
 * on to a subscriber.
 *
 * `node main.ts` rehearses all of that against a sandbox; `node main.ts --live OWNER/REPO` does it. See `--help`.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Effect, FileSystem, Layer, Option, Random, References } from "effect"
import { CliError, Command } from "effect/cli"
import * as App from "./App.ts"
import { flags } from "./CommandLine.ts"
import * as Live from "./Live.ts"
import * as Receiver from "./Receiver.ts"
import * as Rehearsal from "./Rehearsal.ts"
import * as Sandbox from "./Sandbox.ts"

const rehearse = (database: string, options: Sandbox.Options) => {
  const app = App.layer({ database, target: Rehearsal.target, stumbleOn: "label" })
  const world = Layer.merge(Sandbox.layer(options), Rehearsal.layerPolicy)
  const receiver = Receiver.layer({ host: "127.0.0.1", port: 0 })
  return Effect.provide(Rehearsal.run, receiver.pipe(Layer.provideMerge(app), Layer.provideMerge(world)))
}

const goLive = (database: string, name: string, port: Option.Option<number>) => {
  const [owner = "", repo = ""] = name.split("/")
  const app = App.layer({ database, target: { owner, repo, pageSize: 100 } })
  return Option.match(port, {
    onNone: () => Effect.provide(Live.once, app),
    onSome: (port) => Effect.provide(Live.stay, Receiver.layer({ host: "0.0.0.0", port }).pipe(Layer.provideMerge(app)))
  })
}

const temporaryDatabase = Effect.flatMap(FileSystem.FileSystem, (files) =>
  Effect.map(files.makeTempDirectoryScoped({ prefix: "mirror-" }), (folder) => `${folder}/mirror.sqlite`)
)

const mirror = Command.make(
  "mirror",
  flags,
  Effect.fnUntraced(
    function* ({ database, listen, live, plantImbalance, seed }) {
      const file = yield* Effect.fromOption(database).pipe(Effect.catch(() => temporaryDatabase))
      if (Option.isSome(live)) return yield* goLive(file, live.value, listen)
      const drawn = yield* Random.nextIntBetween(1, 100_000)
      yield* rehearse(file, { seed: Option.getOrElse(seed, () => drawn), plantImbalance })
    },
    Effect.scoped,
    Effect.mapError((cause) => new CliError.UserError({ cause, userMessage: cause.message }))
  )
).pipe(
  Command.withDescription("Mirrors a GitHub repository's issues into SQLite: a rehearsal, unless --live is given.")
)

Command.run(mirror, { version: "0.1.0" }).pipe(
  Effect.provideService(References.MinimumLogLevel, "Error"),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
