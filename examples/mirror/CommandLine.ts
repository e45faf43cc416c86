/**
 * What can be said on the command line, and what it means.
 */
import { Config, Data, Effect, FileSystem, Option, Random } from "effect"
import { Flag } from "effect/cli"

/** Run against the sandbox. */
export interface Rehearse {
  readonly _tag: "Rehearse"
  readonly database: string
  readonly seed: number
  readonly plantImbalance: boolean
}

/** Run against the real API; with a port, stay and take webhooks. */
export interface GoLive {
  readonly _tag: "GoLive"
  readonly database: string
  readonly owner: string
  readonly repo: string
  readonly port: Option.Option<number>
}

/** The flags, or the environment, don't make sense together. */
export class Misused extends Data.TaggedError("Misused")<{ readonly message: string }> {}

const repositoryName = /^[\w.-]+\/[\w.-]+$/

export const flags = {
  live: Flag.String("live").pipe(
    Flag.withMetavar("OWNER/REPO"),
    Flag.withDescription("Mirror this repository from the real API, with the token in GITHUB_TOKEN"),
    Flag.filter(
      (name) => repositoryName.test(name),
      (name) => `Expected OWNER/REPO, such as octocat/hello-world, got "${name}"`
    ),
    Flag.optional
  ),
  listen: Flag.Int("listen").pipe(
    Flag.withMetavar("PORT"),
    Flag.withDescription(
      "With --live: stay, and take webhooks on this port, signed with the secret in GITHUB_WEBHOOK_SECRET"
    ),
    Flag.filter(
      (port) => port >= 1 && port <= 65_535,
      (port) => `Expected a port from 1 to 65535, got ${port}`
    ),
    Flag.optional
  ),
  database: Flag.String("database").pipe(
    Flag.withMetavar("FILE"),
    Flag.withDescription("Keep the mirror in this SQLite file. Default: a temporary one, removed at the end"),
    Flag.optional
  ),
  seed: Flag.Int("seed").pipe(
    Flag.withMetavar("N"),
    Flag.withDescription("Repeat a rehearsal's faults and order of webhooks. Default: drawn anew"),
    Flag.filter(
      (seed) => seed >= 0 && seed <= 4_294_967_295,
      (seed) => `Expected a seed from 0 to 4294967295, got ${seed}`
    ),
    Flag.optional
  ),
  plantImbalance: Flag.Boolean("plant-imbalance").pipe(
    Flag.withDescription("Let the sandbox claim one event more than it sent, to see the ledger fail"),
    Flag.withHidden,
    Flag.withDefault(false)
  )
}

interface Said {
  readonly live: Option.Option<string>
  readonly listen: Option.Option<number>
  readonly database: Option.Option<string>
  readonly seed: Option.Option<number>
  readonly plantImbalance: boolean
}

/** What the flags ask for; a temporary database lives as long as the scope. */
export const decide = Effect.fnUntraced(function* (said: Said) {
  const database = Option.isSome(said.database) ? said.database.value : yield* temporaryDatabase
  return Option.isSome(said.live) ? yield* live(said.live.value, said, database) : yield* rehearsal(said, database)
})

const rehearsal = Effect.fnUntraced(function* ({ listen, plantImbalance, seed }: Said, database: string) {
  if (Option.isSome(listen)) return yield* new Misused({ message: "--listen needs --live OWNER/REPO" })
  const drawn = yield* Random.nextIntBetween(1, 100_000)
  const task: Rehearse = { _tag: "Rehearse", database, plantImbalance, seed: Option.getOrElse(seed, () => drawn) }
  return task
})

const live = Effect.fnUntraced(function* (name: string, { listen: port }: Said, database: string) {
  const [owner = "", repo = ""] = name.split("/")
  yield* requireVariable("GITHUB_TOKEN", `--live needs a token that may read ${name}`)
  if (Option.isSome(port)) yield* requireVariable("GITHUB_WEBHOOK_SECRET", "--listen needs the secret of the webhook")
  const task: GoLive = { _tag: "GoLive", database, owner, repo, port }
  return task
})

const requireVariable = Effect.fnUntraced(function* (name: string, why: string) {
  const value = yield* Config.option(Config.Redacted(name))
  if (Option.isNone(value)) return yield* new Misused({ message: `${why}: set the environment variable ${name}` })
})

const temporaryDatabase = Effect.flatMap(FileSystem.FileSystem, (files) =>
  Effect.map(files.makeTempDirectoryScoped({ prefix: "mirror-" }), (folder) => `${folder}/mirror.sqlite`)
)
