import type { Effect, Redacted } from "effect"
import type { UnsignableRequest } from "../../AuthError.ts"
import * as DpopProof from "../../DpopProof.ts"

export const DpopTypeId = "~causeway/auth/Dpop"

type Headers = Readonly<Record<string, string | undefined>>

/** An app asks a handful of servers. */
const mostOrigins = 100

/** Makes the proofs of one key, with the nonce that each server gave last. */
export class DpopProver {
  readonly #key: DpopProof.DpopKey
  readonly #nonces = new Map<string, string>()

  constructor(key: DpopProof.DpopKey) {
    this.#key = key
  }

  /** The proof for one request; the token, where one goes with it. */
  prove(
    method: string,
    url: string,
    accessToken?: Redacted.Redacted<string>
  ): Effect.Effect<Redacted.Redacted<string>, UnsignableRequest> {
    return DpopProof.make(this.#key, { method, url, accessToken, nonce: this.nonceOf(url) })
  }

  nonceOf(url: string): string | undefined {
    return this.#nonces.get(originOf(url))
  }

  /** Takes the nonce of an answer. */
  learn(url: string, headers: Headers): void {
    const nonce = headers["dpop-nonce"]
    if (nonce === undefined || !isNonce(nonce)) return
    const origin = originOf(url)
    this.#nonces.delete(origin)
    const [oldest] = this.#nonces.keys()
    if (this.#nonces.size >= mostOrigins && oldest !== undefined) this.#nonces.delete(oldest)
    this.#nonces.set(origin, nonce)
  }
}

const originOf = (url: string): string => URL.parse(url)?.origin ?? ""

/** @see https://www.rfc-editor.org/rfc/rfc9449#section-8.1 */
const isNonce = (text: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]{1,1024}$/.test(text)
