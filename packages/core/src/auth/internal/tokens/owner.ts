import { randomUUID } from "node:crypto"

/**
 * Whose token it is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Owner {
  readonly integration: string
  readonly tenant: string
}

/** One text for an owner, unambiguously. */
export const keyOf = ({ integration, tenant }: Owner): string => JSON.stringify([integration, tenant])

/** The name of a version. Random, because one that was counted could come again after a token was removed. */
export const nextVersion: () => string = randomUUID
