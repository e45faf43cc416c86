import { Effect, Result, Schema } from "effect"
import { AuthError, type SealBroken, StoreFailure } from "../../AuthError.ts"
import type { Seal } from "../../Seal.ts"
import * as Token from "../../Token.ts"
import type { Stored } from "../../TokenStore.ts"
import { nextVersion, type Owner } from "./owner.ts"

/** A token as a store writes it down. */
export interface Row {
  readonly version: string
  readonly sealed: string
}

/** What a sealed token belongs to. */
export const belongingTo = ({ integration, tenant }: Owner): ReadonlyArray<string> => ["token", integration, tenant]

export const failure = (owner: Pick<Owner, "integration">, operation: string, detail: string): AuthError =>
  new AuthError({ integration: owner.integration, reason: new StoreFailure({ operation, detail }) })

export const broken = (owner: Pick<Owner, "integration">, reason: SealBroken): AuthError =>
  new AuthError({ integration: owner.integration, reason })

const encode = Schema.encodeUnknownSync(Token.Json)
const decode = Schema.decodeUnknownResult(Token.Json)

export const toRow = (seal: Seal["Service"], owner: Owner, token: Token.Token): Row => ({
  version: nextVersion(),
  sealed: seal.seal(encode(token), belongingTo(owner))
})

/** The issue of a text that does not decode is not shown: it may hold the token. */
const toToken = (owner: Owner, text: string): Effect.Effect<Token.Token, AuthError> =>
  Result.match(decode(text), {
    onFailure: () => Effect.fail(failure(owner, "read a token", "what was sealed is no token")),
    onSuccess: (token) => Effect.succeed(token)
  })

export const fromRow = (
  seal: Seal["Service"],
  owner: Owner,
  { sealed, version }: Row
): Effect.Effect<Stored, AuthError> =>
  Result.match(seal.open(sealed, belongingTo(owner)), {
    onFailure: (reason) => Effect.fail(broken(owner, reason)),
    onSuccess: (text) => Effect.map(toToken(owner, text), (token) => ({ token, version }))
  })

/** Sealed with the first key, whichever has sealed it. */
export const resealed = (seal: Seal["Service"], owner: Owner, sealed: string): Effect.Effect<string, AuthError> =>
  Result.match(seal.open(sealed, belongingTo(owner)), {
    onFailure: (reason) => Effect.fail(broken(owner, reason)),
    onSuccess: (text) => Effect.succeed(seal.seal(text, belongingTo(owner)))
  })
