/**
 * A secret by its name: where it is looked up is a Layer, and what it must look like is checked where it enters.
 *
 * **When to use**
 *
 * For every key and password of a program that runs for longer than its secrets live, or in more than one environment.
 *
 * **Details**
 *
 * {@link named} is looked up in the `SecretSource`, kept, and replaced when the source says that it was rotated. A secret
 * that the provider refuses is looked up again before the call fails. {@link config} is read once from `Config`, with the
 * same checks; {@link expecting} puts them on an Effect of your own.
 *
 * **Gotchas**
 *
 * `startsWith` is shown in messages, the secret never: don't put more of it there than what tells environments apart.
 *
 * **Example** (A test key where a live one would be a mistake)
 *
 * ```ts
 * import { Effect, Redacted } from "effect"
 * import { Secret } from "@causeway/core/auth"
 *
 * const key = Effect.succeed(Redacted.make("sk_live_4eC39HqLyjWDarjtT1zdp7dc"))
 * const checked = Effect.flatMap(key, Secret.expecting("STRIPE_KEY", { startsWith: "sk_test_" }))
 *
 * Effect.runPromise(Effect.flip(checked)).then((problem) => {
 *   console.assert(problem.issue.includes('does not begin with "sk_test_"'))
 *   console.assert(!JSON.stringify(problem).includes("sk_live_"))
 * })
 * ```
 *
 * @since 0.1.0
 */
import { Config, Effect, type Redacted, type Scope } from "effect"
import * as InvalidOption from "../policy/InvalidOption.ts"
import * as AuthError from "./AuthError.ts"
import { compileForm, configError, type Form, type Judge } from "./internal/secret/form.ts"
import type { SecretSource } from "./SecretSource.ts"
import * as Check from "./internal/optionChecks.ts"
import type * as OptionCheck from "../policy/OptionCheck.ts"

const TypeId = "~causeway/auth/Secret"

export type { Form } from "./internal/secret/form.ts"

/**
 * A secret by its name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Secret {
  readonly [TypeId]: Judge
  readonly name: string
}

/**
 * What gives a secret to a scheme: a `Config`, read once when its Layer is built; an Effect, run at each attempt; or a
 * secret by its name.
 *
 * @since 0.1.0
 * @category models
 */
export type Input =
  | Config.Config<Redacted.Redacted<string>>
  | Effect.Effect<Redacted.Redacted<string>, unknown, unknown>
  | Secret

/**
 * What building a Layer from this input can fail with.
 *
 * @since 0.1.0
 * @category utility types
 */
export type BuildError<S extends Input> = S extends Secret
  ? AuthError.AuthError
  : S extends Config.Config<unknown>
    ? Config.ConfigError
    : never

/**
 * What building a Layer from this input needs.
 *
 * @since 0.1.0
 * @category utility types
 */
export type Services<S extends Input> = S extends Secret
  ? SecretSource
  : S extends Config.Config<unknown>
    ? never
    : S extends Effect.Effect<unknown, unknown, infer R>
      ? Exclude<R, Scope.Scope>
      : never

/**
 * A secret by its name, looked up in the `SecretSource`. An empty name, or a form that nothing can have, throws
 * `InvalidOption`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const named = (name: string, form: Form = {}): Secret => {
  Check.checkForm("secret", form)
  return { [TypeId]: compileForm(form), name: InvalidOption.nonEmpty("secret.name", name) }
}

/**
 * A secret from `Config`, checked: a `ConfigError` says what is wrong with it, and does not show it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const config = (name: string, form: Form = {}): Config.Config<Redacted.Redacted<string>> => {
  Check.checkForm("secret", form)
  const judge = compileForm(form)
  return Config.mapEffect(Config.Redacted(InvalidOption.nonEmpty("secret.name", name)), (secret) => {
    const issue = judge(secret)
    return issue === undefined ? Effect.succeed(secret) : Effect.fail(configError(`${name} ${issue}`))
  })
}

/**
 * Checks a secret that an Effect of your own gives; `name` is how errors call it. Fails with `SecretUnavailable`.
 *
 * @since 0.1.0
 * @category combinators
 */
export const expecting = (
  name: string,
  form: Form = {}
): ((secret: Redacted.Redacted<string>) => Effect.Effect<Redacted.Redacted<string>, AuthError.SecretUnavailable>) => {
  InvalidOption.nonEmpty("secret.name", name)
  Check.checkForm("secret", form)
  const judge = compileForm(form)
  return (secret) => {
    const issue = judge(secret)
    return issue === undefined
      ? Effect.succeed(secret)
      : Effect.fail(new AuthError.SecretUnavailable({ what: `the secret ${JSON.stringify(name)}`, issue }))
  }
}

/**
 * Throws `InvalidOption` for what no secret can be read from, for a constructor that takes an {@link Input}. What is
 * refused is not shown: it may be the secret.
 *
 * @since 0.1.0
 * @category validation
 */
export const checkInput: OptionCheck.Check = Check.checkSecret

/**
 * Whether this is a secret by its name.
 *
 * @since 0.1.0
 * @category guards
 */
export const isSecret = (input: unknown): input is Secret =>
  typeof input === "object" && input !== null && TypeId in input

/**
 * What is wrong with a value that was found for a secret, without the value; undefined when nothing is.
 *
 * @since 0.1.0
 * @category getters
 */
export const problemOf = (secret: Secret, found: Redacted.Redacted<string>): string | undefined => secret[TypeId](found)
