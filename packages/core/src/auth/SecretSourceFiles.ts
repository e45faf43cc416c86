/**
 * Secrets from files: what an environment variable points to, or a folder into which an orchestrator mounts them.
 *
 * **When to use**
 *
 * With Docker and Kubernetes secrets, which are files, so that neither the image nor the environment holds them.
 *
 * **Details**
 *
 * {@link layer} reads `PAY_TOKEN` from `Config`, or the file that `PAY_TOKEN_FILE` points to; {@link layerFolder} reads the
 * file of the secret's name in one folder, `/run/secrets` by default. The previous version, if there is one, has the same
 * name with `_PREVIOUS` at the end. Files are read again every 30 seconds, and when the provider refuses a secret, so that
 * a mount that was replaced is seen; a file that is gone or cannot be used meanwhile changes nothing.
 *
 * **Gotchas**
 *
 * One line break at the end of a file is removed, because editors and `echo` put it there; another one is refused, as in
 * any secret. A name that is set both ways is refused: nobody knows which one is meant.
 *
 * **Example** (A secret of Docker's)
 *
 * ```ts
 * import { Effect, FileSystem, Layer, Redacted } from "effect"
 * import { SecretSource, SecretSourceFiles } from "@causeway/core/auth"
 *
 * // in a program: NodeFileSystem.layer
 * const files = FileSystem.layerNoop({ readFileString: () => Effect.succeed("t0k3n\n") })
 *
 * const program = Effect.gen(function* () {
 *   const source = yield* SecretSource.SecretSource
 *   return Redacted.value((yield* source.lookUp("pay_token")).current)
 * })
 *
 * const live = SecretSourceFiles.layerFolder().pipe(Layer.provide(files))
 * Effect.runPromise(Effect.provide(program, live)).then((token) => console.assert(token === "t0k3n"))
 * ```
 *
 * @see https://docs.docker.com/compose/how-tos/use-secrets/
 * @since 0.1.0
 */
import { Config, ConfigProvider, Effect, FileSystem, Layer, Option, Redacted } from "effect"
import * as InvalidOption from "../policy/InvalidOption.ts"
import { StoreFailure } from "./AuthError.ts"
import { bothVersions, missing, type Problem } from "./internal/secret/versions.ts"
import { make, type PollOptions, SecretSource } from "./SecretSource.ts"
import * as Check from "./internal/optionChecks.ts"

/**
 * Options of secrets that are mounted into one folder.
 *
 * @since 0.1.0
 * @category models
 */
export interface FolderOptions extends PollOptions {
  /** Where the files are. Default: `/run/secrets`. */
  readonly folder?: string
}

/**
 * Secrets from `Config`, or from the files that it points to: `PAY_TOKEN`, or `PAY_TOKEN_FILE`. A `pollEvery` that is not
 * a finite duration above zero throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: PollOptions = {}): Layer.Layer<SecretSource, never, FileSystem.FileSystem> => {
  Check.checkPoll("secretSource", options)
  return sourceOf(options, (files) =>
    Effect.map(ConfigProvider.ConfigProvider, (provider) => (name) => fromConfigOrFile(files, provider, name))
  )
}

/**
 * Secrets as files of one folder, each named as its secret. An option that makes no sense throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFolder = (options: FolderOptions = {}): Layer.Layer<SecretSource, never, FileSystem.FileSystem> => {
  Check.checkFolder("secretSourceFiles", options)
  const folder = (options.folder ?? "/run/secrets").replace(/\/$/, "")
  return sourceOf(options, (files) => Effect.succeed((name) => fromFolder(files, folder, name)))
}

type Found = Redacted.Redacted<string> | undefined

type Read = (name: string) => Effect.Effect<Found, Problem>

const sourceOf = (options: PollOptions, readerOf: (files: FileSystem.FileSystem) => Effect.Effect<Read>) => {
  const poll = { pollEvery: InvalidOption.positiveMillis("secretSource.pollEvery", options.pollEvery ?? "30 seconds") }
  return Layer.effect(
    SecretSource,
    Effect.map(Effect.flatMap(FileSystem.FileSystem, readerOf), (read) =>
      make((name) => bothVersions(name, read), poll)
    )
  )
}

const fromConfigOrFile = (
  files: FileSystem.FileSystem,
  provider: ConfigProvider.ConfigProvider,
  name: string
): Effect.Effect<Found, Problem> =>
  Effect.gen(function* () {
    const value = yield* configured(provider, Config.Redacted(name), name)
    const path = yield* configured(provider, Config.String(`${name}_FILE`), name)
    if (path === undefined) return value
    if (value !== undefined) return yield* Effect.fail(missing(name, `is set twice: as ${name} and as ${name}_FILE`))
    const found = yield* readSecret(files, path, name)
    if (found !== undefined) return found
    return yield* Effect.fail(missing(name, `is in no file: ${name}_FILE points to one that is not there`))
  })

const configured = <A>(
  provider: ConfigProvider.ConfigProvider,
  config: Config.Config<A>,
  name: string
): Effect.Effect<A | undefined, StoreFailure> =>
  Effect.mapBoth(Config.option(config).parse(provider), {
    onFailure: (error) => failure(name, error._tag),
    onSuccess: Option.getOrUndefined
  })

/** A name may be made of a tenant's: none of them leads out of the folder. */
const fromFolder = (files: FileSystem.FileSystem, folder: string, name: string): Effect.Effect<Found, Problem> =>
  /^[\w-][\w.-]{0,254}$/.test(name)
    ? readSecret(files, `${folder}/${name}`, name)
    : Effect.fail(missing(name, "has a name that no file here has"))

const readSecret = (files: FileSystem.FileSystem, path: string, name: string): Effect.Effect<Found, StoreFailure> =>
  files.readFileString(path).pipe(
    Effect.map((text) => Redacted.make(text.replace(/\r?\n$/, ""))),
    Effect.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.undefined
    ),
    Effect.mapError(({ reason }) => failure(name, reason._tag))
  )

const failure = (name: string, detail: string): StoreFailure =>
  new StoreFailure({ operation: `read the secret ${JSON.stringify(name)}`, detail })
