/**
 * Where secrets are looked up by name, and how it is heard that one was rotated.
 *
 * **When to use**
 *
 * Provide one Layer of it to a program whose credentials are `Secret.named`: `Config` here, files in `SecretSourceFiles`,
 * a vault through {@link make}.
 *
 * **Details**
 *
 * A source gives two versions: the current one, and the previous one for as long as the provider takes it. A scheme uses
 * the current one. When the provider refuses it, the source is asked again, at most once a second and only once at a
 * time; then the call makes one more attempt, with the new secret if there is one, else with the previous one.
 *
 * **Gotchas**
 *
 * {@link layerConfig} takes values as they are: a trailing line break is refused, not removed. Names are part of messages;
 * values never are.
 *
 * **Example** (A rotation)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { SecretSource } from "@causeway/core/auth"
 *
 * const program = Effect.gen(function* () {
 *   const { rotate, source } = yield* SecretSource.makeMemory({ PAY_TOKEN: "first" })
 *   yield* rotate("PAY_TOKEN", "second")
 *   const { current, previous } = yield* source.lookUp("PAY_TOKEN")
 *   return [current, previous].map((secret) => secret && Redacted.value(secret))
 * })
 *
 * Effect.runPromise(program).then((both) => console.assert(both.join() === "second,first"))
 * ```
 *
 * @since 0.1.0
 */
import {
  Config,
  ConfigProvider,
  Context,
  type Duration,
  Effect,
  Layer,
  Option,
  Redacted,
  Schedule,
  Stream,
  SubscriptionRef
} from "effect"
import * as InvalidOption from "../policy/InvalidOption.ts"
import { type SecretUnavailable, StoreFailure } from "./AuthError.ts"
import { bothVersions, missing, type Problem, sameVersions, type Versions } from "./internal/secret/versions.ts"
import * as Check from "./internal/optionChecks.ts"

export type { Problem, Versions } from "./internal/secret/versions.ts"

/**
 * Looks secrets up by name.
 *
 * @since 0.1.0
 * @category services
 */
export class SecretSource extends Context.Service<
  SecretSource,
  {
    /** Asks anew each time. */
    readonly lookUp: (name: string) => Effect.Effect<Versions, Problem>
    /** The versions whenever they are others than before; it may begin with the present ones. Never fails. */
    readonly changes: (name: string) => Stream.Stream<Versions>
  }
>()("causeway/auth/SecretSource") {}

/**
 * Options of a source that is asked again from time to time.
 *
 * @since 0.1.0
 * @category models
 */
export interface PollOptions {
  /** How often each secret in use is looked up again. Default: 30 seconds. */
  readonly pollEvery?: Duration.Input
}

/**
 * Makes a source from a way to look a secret up. It is looked up again from time to time; a failure then changes
 * nothing. A `pollEvery` that is not a finite duration above zero throws `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  ask: (name: string) => Effect.Effect<Versions, Problem>,
  options: PollOptions = {}
): SecretSource["Service"] => {
  Check.checkPoll("secretSource", options)
  const every = InvalidOption.positiveMillis("secretSource.pollEvery", options.pollEvery ?? "30 seconds")
  const lookUp = (name: string) => Effect.suspend(() => ask(name))
  return {
    lookUp,
    changes: (name) =>
      Stream.fromEffectSchedule(Effect.option(lookUp(name)), Schedule.spaced(every)).pipe(
        Stream.flatMap((found) => (Option.isSome(found) ? Stream.succeed(found.value) : Stream.empty)),
        Stream.changesWith(sameVersions)
      )
  }
}

/**
 * A source in memory, and how to rotate what it holds: the secret that was current becomes the previous one.
 *
 * @since 0.1.0
 * @category models
 */
export interface Memory {
  readonly source: SecretSource["Service"]
  readonly rotate: (name: string, secret: string) => Effect.Effect<void>
  /** Ends the time in which the previous secret holds. */
  readonly retire: (name: string) => Effect.Effect<void>
}

/**
 * Makes a source in memory, for tests.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeMemory = (initial: Readonly<Record<string, string>> = {}): Effect.Effect<Memory> => {
  Check.checkSecrets("secretSource", initial)
  return Effect.map(
    SubscriptionRef.make(new Map(Object.entries(initial).map(([name, secret]) => [name, only(secret)]))),
    (held) => {
      const set = (name: string, next: (before: Versions | undefined) => Versions | undefined) =>
        SubscriptionRef.update(held, (all) => {
          const versions = next(all.get(name))
          return versions === undefined ? all : new Map(all).set(name, versions)
        })
      return {
        source: {
          lookUp: (name) => Effect.flatMap(SubscriptionRef.get(held), (all) => found(name, all.get(name))),
          changes: (name) =>
            SubscriptionRef.changes(held).pipe(
              Stream.flatMap((all) => Stream.fromIterable(Option.toArray(Option.fromUndefinedOr(all.get(name))))),
              Stream.changesWith(sameVersions)
            )
        },
        rotate: (name, secret) =>
          set(name, (before) => ({ current: Redacted.make(secret), previous: before?.current })),
        retire: (name) => set(name, (before) => before && { ...before, previous: undefined })
      }
    }
  )
}

/**
 * A source in memory, for tests and examples.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory = (initial: Readonly<Record<string, string>>): Layer.Layer<SecretSource> =>
  Layer.effect(
    SecretSource,
    Effect.map(makeMemory(initial), ({ source }) => source)
  )

/**
 * A source that reads `Config`: a secret by its name, and its previous version, if there is one, by its name with
 * `_PREVIOUS` at the end. `Config` tells of no change: it is read again when the provider refuses a secret.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<SecretSource> = Layer.effect(
  SecretSource,
  Effect.map(ConfigProvider.ConfigProvider, (provider) => ({
    lookUp: (name: string) => bothVersions(name, (name) => fromConfig(provider, name)),
    changes: () => Stream.empty
  }))
)

const fromConfig = (
  provider: ConfigProvider.ConfigProvider,
  name: string
): Effect.Effect<Redacted.Redacted<string> | undefined, StoreFailure> =>
  Config.option(Config.Redacted(name))
    .parse(provider)
    .pipe(
      Effect.map(Option.getOrUndefined),
      Effect.mapError((error) => new StoreFailure({ operation: `read ${JSON.stringify(name)}`, detail: error._tag }))
    )

const only = (secret: string): Versions => ({ current: Redacted.make(secret), previous: undefined })

const found = (name: string, versions: Versions | undefined): Effect.Effect<Versions, SecretUnavailable> =>
  versions === undefined ? Effect.fail(missing(name, "is not there")) : Effect.succeed(versions)
