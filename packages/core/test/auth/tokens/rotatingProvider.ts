/**
 * An authorization server that gives a new refresh token at each use and ends the session when an old one comes again,
 * as RFC 9700 §4.14.2 has it; with a grace, the last one may come again until the one after it was used.
 */
export interface Options {
  readonly expiresInSeconds?: number
  readonly allowsLastAgain?: boolean
}

export interface Issued {
  readonly access_token: string
  readonly refresh_token: string
  readonly token_type: "Bearer"
  readonly expires_in: number
}

export type Answer =
  | { readonly status: 200; readonly body: Issued }
  | { readonly status: 400; readonly body: { readonly error: "invalid_grant"; readonly error_description: string } }

export class RotatingProvider {
  readonly #options: Required<Options>
  #number = 0
  #current = ""
  #last = ""
  #valid = new Set<string>()
  #used = new Set<string>()
  /** How many times the token endpoint was asked. */
  requests = 0
  revoked = false

  constructor({ allowsLastAgain = false, expiresInSeconds = 3_600 }: Options = {}) {
    this.#options = { allowsLastAgain, expiresInSeconds }
  }

  /** What a person's login brings. */
  begin(): Issued {
    this.revoked = false
    this.#last = ""
    return this.#issue()
  }

  refresh(refreshToken: string): Answer {
    this.requests += 1
    if (this.revoked) return refusal("the session has ended")
    if (refreshToken === this.#current) {
      this.#last = refreshToken
      this.#used.add(refreshToken)
      return { status: 200, body: this.#issue() }
    }
    if (refreshToken === this.#last && this.#options.allowsLastAgain) return { status: 200, body: this.#issue() }
    if (this.#used.has(refreshToken)) this.end()
    return refusal(`${refreshToken} was used before`)
  }

  accepts(accessToken: string): boolean {
    return !this.revoked && this.#valid.has(accessToken)
  }

  /** Refuses the access tokens that are out, but not the refresh token. */
  refuseAccess(): void {
    this.#valid.clear()
  }

  end(): void {
    this.revoked = true
  }

  #issue(): Issued {
    this.#number += 1
    this.#current = `refresh-${this.#number}`
    const accessToken = `access-${this.#number}`
    this.#valid.add(accessToken)
    return {
      access_token: accessToken,
      refresh_token: this.#current,
      token_type: "Bearer",
      expires_in: this.#options.expiresInSeconds
    }
  }
}

const refusal = (error_description: string): Answer => ({
  status: 400,
  body: { error: "invalid_grant", error_description }
})
