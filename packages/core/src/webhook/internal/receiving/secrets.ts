import { Effect, Redacted } from "effect"

export type SecretValues = Redacted.Redacted<string> | ReadonlyArray<Redacted.Redacted<string>>

/** The secrets of one tenant, or `undefined` for a tenant that is not known. */
export type OfTenant<E, R> = SecretValues | undefined | Effect.Effect<SecretValues | undefined, E, R>

export type Secrets<E, R> = SecretValues | Effect.Effect<SecretValues, E, R> | ((tenant: string) => OfTenant<E, R>)

/** Reads the secrets of a source, or of a tenant of it. */
export interface Reader<E, R> {
  readonly isPerTenant: boolean
  /** Secrets that are always the same. */
  readonly constant: Values | undefined
  readonly read: (tenant: string | undefined) => Effect.Effect<Values | undefined, E, R>
}

type Values = ReadonlyArray<Redacted.Redacted<string>>

export const reader = <E, R>(secrets: Secrets<E, R>): Reader<E, R> => {
  if (typeof secrets === "function") {
    return {
      isPerTenant: true,
      constant: undefined,
      read: (tenant) => Effect.suspend(() => (tenant === undefined ? Effect.undefined : effectOf(secrets(tenant))))
    }
  }
  const values = effectOf(secrets)
  const constant = Effect.isEffect(secrets) ? undefined : listOf(secrets)
  return { isPerTenant: false, constant, read: () => values }
}

const effectOf = <E, R>(secrets: OfTenant<E, R>): Effect.Effect<Values | undefined, E, R> =>
  Effect.isEffect(secrets) ? Effect.map(secrets, listOf) : Effect.succeed(listOf(secrets))

const listOf = (values: SecretValues | undefined): Values | undefined =>
  values === undefined || !Redacted.isRedacted(values) ? values : [values]
