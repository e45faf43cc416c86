import { Clock, Config, type Context, Deferred, Effect, Exit, Redacted, type Scope, Stream } from "effect"
import * as AtOnce from "../../../policy/internal/AtOnce.ts"
import * as AuthError from "../../AuthError.ts"
import { CredentialsUnavailable } from "../../Credentials.ts"
import * as Secret from "../../Secret.ts"
import { SecretSource } from "../../SecretSource.ts"
import { configError } from "./form.ts"
import { Rotation } from "./Rotation.ts"
import type { Versions } from "./versions.ts"

type Value = Redacted.Redacted<string>

/** A secret, or several that belong together, while the Layer that uses it lives. */
export interface Reading<A = Value> {
  /** What the next attempt uses. */
  readonly read: () => Effect.Effect<A, CredentialsUnavailable>
  /** Looks again after the provider has refused this one, and says whether there is another one now. */
  readonly readAgain: (refused: A) => Effect.Effect<boolean>
}

/** What a secret is for: the integration, its name in errors, and what its place cannot carry. */
export interface Purpose {
  readonly integration: string
  readonly what: string
  readonly problemOf: (value: string) => string | undefined
}

/** Begins to read a secret. */
export const open = <S extends Secret.Input>(
  input: S,
  purpose: Purpose
): Effect.Effect<Reading, Secret.BuildError<S>, Secret.Services<S> | Scope.Scope> =>
  // Each branch fails with, and needs, what the conditional types say of its kind of input.
  opened(input, purpose) as Effect.Effect<Reading, Secret.BuildError<S>, Secret.Services<S> | Scope.Scope>

const opened = (input: Secret.Input, purpose: Purpose): Effect.Effect<Reading, unknown, unknown> => {
  if (Secret.isSecret(input)) return openNamed(input, purpose)
  if (Config.isConfig(input)) return Effect.flatMap(input, (secret) => readOnce(secret, purpose))
  return Effect.map(Effect.context<unknown>(), (context) => readEachTime(input, context, purpose))
}

/** What is no secret, and never changes. */
export const plain = (value: string): Effect.Effect<Reading> => Effect.succeed(unchanging(Redacted.make(value)))

/** Two that are used together: when one was refused, so were both. */
export const both = <E, R, E2, R2>(
  first: Effect.Effect<Reading, E, R>,
  second: Effect.Effect<Reading, E2, R2>
): Effect.Effect<Reading<readonly [Value, Value]>, E | E2, R | R2> =>
  Effect.zipWith(first, second, (one, other) => ({
    read: () => AtOnce.flatMap(one.read(), (a) => AtOnce.map(other.read(), (b) => [a, b] as const)),
    readAgain: ([a, b]) => Effect.zipWith(one.readAgain(a), other.readAgain(b), (first, second) => first || second)
  }))

const unchanging = (value: Value): Reading => {
  const given = Effect.succeed(value)
  return { read: () => given, readAgain: () => Effect.succeed(false) }
}

const readOnce = (secret: Value, { problemOf, what }: Purpose): Effect.Effect<Reading, Config.ConfigError> => {
  const problem = problemOf(Redacted.value(secret))
  if (problem !== undefined) return Effect.fail(configError(`the ${what} ${problem}`))
  return Effect.succeed(unchanging(secret))
}

const readEachTime = (
  source: Effect.Effect<Value, unknown, unknown>,
  context: Context.Context<unknown>,
  purpose: Purpose
): Reading => {
  const secret = AtOnce.flatMap(
    AtOnce.mapError(AtOnce.provideContext(source, context), (error) => unreadable(error, purpose)),
    validating(purpose)
  )
  return {
    read: () => secret,
    readAgain: (refused) =>
      secret.pipe(
        Effect.map((secret) => Redacted.value(secret) !== Redacted.value(refused)),
        Effect.catch(() => Effect.succeed(false))
      )
  }
}

/** What is used over and over is looked at once. */
const validating = ({ problemOf, what }: Purpose) => {
  let known: Value | undefined
  return (secret: Value): Effect.Effect<Value, CredentialsUnavailable> => {
    const problem = secret === known ? undefined : problemOf(Redacted.value(secret))
    if (problem !== undefined) return Effect.fail(new CredentialsUnavailable({ reason: `the ${what} ${problem}` }))
    known = secret
    return Effect.succeed(secret)
  }
}

const unreadable = (error: unknown, { integration, what }: Purpose): CredentialsUnavailable => {
  const cause = authErrorOf(error, integration)
  const why = cause === undefined ? nameOf(error) : cause.reason._tag
  const reason = `the ${what} could not be read (${why})`
  return cause === undefined ? new CredentialsUnavailable({ reason }) : new CredentialsUnavailable({ reason, cause })
}

const authErrorOf = (error: unknown, integration: string): AuthError.AuthError | undefined => {
  if (error instanceof AuthError.AuthError) return error
  return error instanceof AuthError.SecretUnavailable || error instanceof AuthError.StoreFailure
    ? new AuthError.AuthError({ integration, reason: error })
    : undefined
}

const nameOf = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return "failed"
  if ("_tag" in error && typeof error._tag === "string") return error._tag
  return error instanceof Error ? error.name : "failed"
}

const openNamed = (
  secret: Secret.Secret,
  purpose: Purpose
): Effect.Effect<Reading, AuthError.AuthError, SecretSource | Scope.Scope> =>
  Effect.gen(function* () {
    const source = yield* SecretSource
    const scope = yield* Effect.scope
    const lookUp = Effect.flatMap(source.lookUp(secret.name), (versions) => usable(secret, purpose, versions))
    const versions = yield* Effect.mapError(
      lookUp,
      (reason) => new AuthError.AuthError({ integration: purpose.integration, reason })
    )
    const rotation = new Rotation(versions)
    yield* Effect.forkIn(follow(secret, purpose, source, rotation), scope)
    const lookAgain = onceAtATime(Effect.ignore(Effect.map(lookUp, (found) => rotation.take(found))), scope)
    return {
      read: () => Effect.succeed(rotation.secret),
      readAgain: (refused) =>
        rotation.isInUse(refused) ? Effect.map(lookAgain, () => rotation.refuse(refused)) : Effect.succeed(true)
    }
  })

/** Takes what the source says was rotated; what cannot be used is told, and what was used before stays. */
const follow = (
  secret: Secret.Secret,
  purpose: Purpose,
  source: SecretSource["Service"],
  rotation: Rotation
): Effect.Effect<void> =>
  Stream.runForEach(source.changes(secret.name), (versions) =>
    Effect.matchEffect(usable(secret, purpose, versions), {
      onFailure: ({ issue, what }) =>
        Effect.logWarning(
          `${purpose.integration}: ${what} was rotated to one that ${issue}; the one before stays in use`
        ),
      onSuccess: (versions) => Effect.sync(() => rotation.take(versions))
    })
  )

const usable = (
  secret: Secret.Secret,
  { problemOf }: Purpose,
  versions: Versions
): Effect.Effect<Versions, AuthError.SecretUnavailable> => {
  const issueOf = (value: Value) => Secret.problemOf(secret, value) ?? problemOf(Redacted.value(value))
  const issue = issueOf(versions.current)
  if (issue !== undefined) {
    return Effect.fail(new AuthError.SecretUnavailable({ what: `the secret ${JSON.stringify(secret.name)}`, issue }))
  }
  const { previous } = versions
  return Effect.succeed(
    previous !== undefined && issueOf(previous) !== undefined ? { ...versions, previous: undefined } : versions
  )
}

const leastMillisBetween = 1_000

/** However many ask: one look at a time, whose asker may go, and none within a second of the one before. */
const onceAtATime = (look: Effect.Effect<void>, scope: Scope.Scope): Effect.Effect<void> => {
  let lookedAt = -Infinity
  let looking: Deferred.Deferred<void> | undefined
  const begin = (ended: Deferred.Deferred<void>) =>
    Effect.map(Effect.forkIn(look, scope), (fiber) =>
      fiber.addObserver(() => {
        looking = undefined
        Deferred.doneUnsafe(ended, Exit.void)
      })
    )
  return Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (looking !== undefined) return Deferred.await(looking)
    if (now - lookedAt < leastMillisBetween) return Effect.void
    lookedAt = now
    const ended = (looking = Deferred.makeUnsafe<void>())
    return Effect.uninterruptibleMask((restore) => Effect.andThen(begin(ended), restore(Deferred.await(ended))))
  })
}
