import { randomBytes } from "node:crypto"
import type { Usable } from "./answer.ts"

/** A nonce of the server's, and how often we have used it. */
export class Session {
  readonly challenge: Usable
  readonly cnonce = randomBytes(24).toString("base64url")
  #count = 0

  constructor(challenge: Usable) {
    this.challenge = challenge
  }

  nextCount(): number {
    return ++this.#count
  }

  /** The server wants another nonce from now on. */
  withNonce(nonce: string): Session {
    return new Session({ ...this.challenge, nonce })
  }
}
