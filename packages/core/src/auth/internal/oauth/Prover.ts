import type { Effect } from "effect"
import type { AuthError } from "../../AuthError.ts"

/** Proves the possession of a key, with the nonces that servers want in the proofs. */
export interface Prover {
  /** The proof for one request; `accessToken` where one goes with it. */
  readonly prove: (method: string, url: string, accessToken?: string) => Effect.Effect<string, AuthError>
  /** Takes the nonce of an answer: true when there is another one now. */
  readonly learn: (url: string, headers: Readonly<Record<string, string | undefined>>) => boolean
}
