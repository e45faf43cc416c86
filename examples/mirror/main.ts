/**
 * Mirrors the issues of a GitHub repository into SQLite, keeps them fresh from GitHub's webhooks, and passes each change
 * on to a subscriber.
 *
 * `node main.ts` rehearses all of that against a sandbox; `node main.ts --live OWNER/REPO` does it. See `--help`.
 */
import { NodeRuntime, NodeServices } from "@effect/platform-node"
import { Console, Effect, Layer, Option, References } from "effect"
import { CliError, Command } from "effect/cli"
import * as App from "./App.ts"
import * as CommandLine from "./CommandLine.ts"
import * as Live from "./Live.ts"
import * as Receiver from "./Receiver.ts"
import * as Rehearsal from "./Rehearsal.ts"
import * as Sandbox from "./Sandbox.ts"

const rehearse = ({ database, plantImbalance, seed }: CommandLine.Rehearse) => {
  const app = App.layer({ database, target: Rehearsal.target, stumbleOn: "label" })
  const world = Layer.merge(Sandbox.layer({ seed, plantImbalance }), Rehearsal.layerPolicy)
  const receiver = Receiver.layer({ host: "127.0.0.1", port: 0 })
  const all = receiver.pipe(Layer.provideMerge(app), Layer.provideMerge(world))
  return Effect.andThen(Console.log(Rehearsal.opening(seed)), Effect.provide(Rehearsal.run, all))
}

const goLive = ({ database, owner, port, repo }: CommandLine.GoLive) => {
  const app = App.layer({ database, target: { owner, repo, pageSize: 100 } })
  return Option.match(port, {
    onNone: () => Effect.provide(Live.once, app),
    onSome: (port) => Effect.provide(Live.stay, Receiver.layer({ host: "0.0.0.0", port }).pipe(Layer.provideMerge(app)))
  })
}

const mirror = Command.make("mirror", CommandLine.flags, (flags) =>
  CommandLine.decide(flags).pipe(
    Effect.flatMap((task) => (task._tag === "Rehearse" ? rehearse(task) : goLive(task))),
    Effect.scoped,
    Effect.mapError((cause) => new CliError.UserError({ cause, userMessage: cause.message })),
    Effect.onInterrupt(() => Console.log("Stopped."))
  )
).pipe(
  Command.withDescription("Mirrors a GitHub repository's issues into SQLite: a rehearsal, unless --live is given.")
)

Command.run(mirror, { version: "0.1.0" }).pipe(
  Effect.provideService(References.MinimumLogLevel, "Error"),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
