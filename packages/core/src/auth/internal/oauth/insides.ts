import type { Desk } from "./Desk.ts"
import type { IdTokens } from "./IdTokens.ts"
import type { UsedStates } from "./UsedStates.ts"

export const TypeId = "~causeway/auth/OAuthClient"

/** What the grants ask with. */
export interface Insides {
  readonly desk: Desk
  readonly idTokens: IdTokens
  readonly usedStates: UsedStates
}

export const insidesOf = (client: { readonly [TypeId]: Insides }): Insides => client[TypeId]
