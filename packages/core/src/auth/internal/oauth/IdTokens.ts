import { Clock, Effect, Redacted } from "effect"
import { createHash } from "node:crypto"
import * as oauth from "oauth4webapi"
import * as AuthError from "../../AuthError.ts"
import type { OAuthServer } from "../../OAuthServer.ts"
import type { Token } from "../../Token.ts"
import { claimsOf } from "./claims.ts"
import type { Desk } from "./Desk.ts"
import { PublicKeys } from "./PublicKeys.ts"

/** What an ID token must say beside what all of them must. */
export interface Expected {
  /** Null when it must have none; undefined when it is not looked at. */
  readonly nonce?: string | null | undefined
  /** The seconds since the person has proved who they are. */
  readonly maxAge?: number | undefined
  /** Whose token it was before: a refresh does not make another person of one. */
  readonly subject?: string | undefined
}

/** What is expected, and what is known of how the token came. */
interface Expectation extends Expected {
  /** How far our clock is off by the answer that brought the token. */
  readonly skew?: AuthError.ClockSkew | undefined
  /** The token that it renews. Its ID token stays where the new one can't be judged now: a session is worth more. */
  readonly renews?: Pick<Token, "idToken">
}

/** Judges ID tokens by oauth4webapi, with the clock and the client that are ours. */
export class IdTokens {
  readonly #desk: Desk
  readonly #clientId: string
  readonly #keys: PublicKeys

  constructor(desk: Desk, clientId: string) {
    this.#desk = desk
    this.#clientId = clientId
    this.#keys = new PublicKeys(desk)
  }

  /** Has the keys at hand before something is asked for that is given once. */
  ready(server: OAuthServer): Effect.Effect<void, AuthError.AuthError> {
    const { issuer, jwksUri } = server
    return issuer === undefined || jwksUri === undefined ? Effect.void : Effect.asVoid(this.#keys.get(server, jwksUri))
  }

  /** The token again, when its ID token holds or it has none. */
  check(server: OAuthServer, token: Token, expected: Expectation): Effect.Effect<Token, AuthError.AuthError> {
    const { renews } = expected
    const checked = this.#check(server, token, expected)
    if (renews === undefined) return checked
    return Effect.catch(checked, (error) => {
      if (!saysNothingOf(error)) return Effect.fail(error)
      const kept = Effect.logWarning(`An ID token could not be judged, and the one before it stays: ${error.message}`)
      return Effect.as(kept, { ...token, idToken: renews.idToken })
    })
  }

  #check(server: OAuthServer, token: Token, expected: Expectation): Effect.Effect<Token, AuthError.AuthError> {
    const { idToken } = token
    if (idToken === undefined) return Effect.succeed(token)
    return Effect.gen({ self: this }, function* () {
      const { jwksUri } = server
      if (server.issuer === undefined)
        return yield* Effect.fail(this.#invalid("issuer", "the server has no name to check it by"))
      const jwt = Redacted.value(idToken)
      const issuer = issuerFor(server.issuer, token)
      if (issuer === undefined) return yield* Effect.fail(this.#invalid("tid", "it does not say of which tenant it is"))
      yield* Effect.mapError(this.#claims(server, issuer, jwt, expected), (error) => this.#orSkew(error, expected))
      if (jwksUri !== undefined) yield* this.#signature(server, issuer, jwksUri, jwt)
      if (!matchesAccessToken(token)) {
        return yield* Effect.fail(this.#invalid("at_hash", "it came with another access token"))
      }
      return token
    })
  }

  #claims(
    server: OAuthServer,
    issuer: string,
    jwt: string,
    expected: Expected
  ): Effect.Effect<void, AuthError.AuthError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.flatMap(
        Effect.tryPromise({
          try: () => this.#process(server, issuer, jwt, expected, now),
          catch: (error) => this.#desk.error(reasonOf(error))
        }),
        (claims) => {
          if (claims !== undefined && claims.iat > Math.floor(now / 1_000) + furthestAhead) {
            return Effect.fail(this.#invalid("iat", "it was issued in the future"))
          }
          return expected.subject === undefined || claims?.sub === expected.subject
            ? Effect.void
            : Effect.fail(this.#invalid("sub", "it is another person's than before"))
        }
      )
    )
  }

  /** What is wrong with times may be our clock. */
  #orSkew(error: AuthError.AuthError, { skew }: Expectation): AuthError.AuthError {
    const isTimed = error.reason._tag === "InvalidToken" && timeClaims.has(error.reason.why)
    return isTimed && skew !== undefined ? this.#desk.error(skew) : error
  }

  async #process(server: OAuthServer, issuer: string, jwt: string, { maxAge, nonce }: Expected, now: number) {
    const as = this.#asOf(server, issuer)
    const [client, response] = [this.#clientAt(now), answerWith(jwt)]
    const processed =
      nonce === undefined
        ? await oauth.processGenericTokenEndpointResponse(as, client, response)
        : await oauth.processAuthorizationCodeResponse(as, client, response, {
            expectedNonce: nonce ?? oauth.expectNoNonce,
            maxAge: maxAge ?? oauth.skipAuthTimeCheck,
            requireIdToken: true
          })
    return oauth.getValidatedIdTokenClaims(processed)
  }

  /** A key that is not among those known may be a new one: they are fetched once more. */
  #signature(
    server: OAuthServer,
    issuer: string,
    jwksUri: string,
    jwt: string
  ): Effect.Effect<void, AuthError.AuthError> {
    const as = { ...this.#asOf(server, issuer), jwks_uri: jwksUri }
    const verify = (keys: string) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.tryPromise({
          try: () => this.#verify({ ...as }, jwt, keys, now),
          catch: (error) => this.#desk.error(reasonOf(error))
        })
      )
    return Effect.flatMap(this.#keys.get(server, jwksUri), (keys) =>
      Effect.catch(verify(keys), (error) =>
        error.reason._tag === "InvalidToken" && error.reason.why === "kid"
          ? Effect.flatMap(this.#keys.getAnew(server, jwksUri, keys), verify)
          : Effect.fail(error)
      )
    )
  }

  async #verify(as: oauth.AuthorizationServer, jwt: string, keys: string, now: number): Promise<void> {
    const response = answerWith(jwt)
    await oauth.processGenericTokenEndpointResponse(as, this.#clientAt(now), response)
    await oauth.validateApplicationLevelSignature(as, response, {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: () =>
        Promise.resolve(new Response(keys, { headers: { "content-type": "application/json" } }))
    })
  }

  #asOf({ idTokenAlgorithms }: OAuthServer, issuer: string): oauth.AuthorizationServer {
    // An HMAC proves nothing unless it is verified with the secret.
    const algorithms = idTokenAlgorithms?.filter((algorithm) => !algorithm.startsWith("HS"))
    return { issuer, ...(algorithms !== undefined && { id_token_signing_alg_values_supported: algorithms }) }
  }

  #clientAt(now: number): oauth.Client {
    // oxlint-disable-next-line no-restricted-properties -- oauth4webapi reckons from this clock, and is told how far ours is
    const skew = Math.floor(now / 1_000) - Math.floor(Date.now() / 1_000)
    return { client_id: this.#clientId, [oauth.clockSkew]: skew, [oauth.clockTolerance]: tolerance }
  }

  #invalid(why: string, issue: string): AuthError.AuthError {
    return this.#desk.error(new AuthError.InvalidToken({ why, issue }))
  }
}

/** A server for many tenants names itself by a template: a token must be of the very tenant that it says it is of. */
const issuerFor = (issuer: string, token: Token): string | undefined => {
  if (!issuer.includes("{tenantid}")) return issuer
  const tenant = claimsOf(token)?.["tid"]
  return typeof tenant === "string" && /^[\w-]{1,64}$/.test(tenant)
    ? issuer.replaceAll("{tenantid}", tenant)
    : undefined
}

/** Whether the access token is the one that the ID token was made for, where it says so (OpenID Connect Core §3.1.3.6). */
const matchesAccessToken = (token: Token): boolean => {
  const expected = claimsOf(token)?.["at_hash"]
  if (expected === undefined) return true
  const hash = hashOf(token)
  const digest = createHash(hash).update(Redacted.value(token.accessToken)).digest()
  return expected === digest.subarray(0, digest.byteLength / 2).toString("base64url")
}

/** The hash of the algorithm that an ID token is signed with; Ed25519 has SHA-512. */
const hashOf = ({ idToken }: Token): string => {
  const header = idToken === undefined ? "" : (Redacted.value(idToken).split(".", 1)[0] ?? "")
  const bits = /"alg"\s*:\s*"[A-Z]{2}(\d{3})"/.exec(Buffer.from(header, "base64url").toString("utf8"))?.[1]
  return `sha${bits ?? "512"}`
}

/** How far the server's clock may be from ours, in seconds. */
const tolerance = 30

/** How far ahead of our clock an ID token may have been issued, in seconds. */
const furthestAhead = 300

const aboutOthers: ReadonlySet<string> = new Set(["ClockSkew", "EndpointUnavailable", "MalformedAnswer"])

/** Whether it is about us or the keys, not about the token: one signed by a key that is not published yet may hold later. */
export const saysNothingOf = ({ reason }: Pick<AuthError.AuthError, "reason">): boolean =>
  aboutOthers.has(reason._tag) || (reason._tag === "InvalidToken" && reason.why === "kid")

const timeClaims: ReadonlySet<string> = new Set(["exp", "iat", "nbf", "auth_time", "time"])

/** What remains of an answer whose other members have been read. */
const answerWith = (idToken: string): Response =>
  Response.json({ access_token: "read", token_type: "bearer", id_token: idToken })

/** What oauth4webapi found wrong. Its messages name claims and never hold their values; its causes do, and go no further. */
const reasonOf = (error: unknown): AuthError.Reason => {
  const { claim, code, message } = problemOf(error)
  const why = claim ?? (code === oauth.KEY_SELECTION ? "kid" : partOf(message))
  return why === "nonce"
    ? new AuthError.InvalidCallback({ why, issue: "the ID token is not for this login" })
    : new AuthError.InvalidToken({ why, issue: message })
}

/** Which part of a token a message is about. */
const partOf = (message: string): string =>
  /\bsignature\b/.test(message)
    ? "signature"
    : (/JWT "(\w+)"|"(\w+)" header/.exec(message)?.slice(1).find(Boolean) ?? "form")

const problemOf = (error: unknown) => {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : ""
  const cause = error instanceof Error ? error.cause : undefined
  const claim = typeof cause === "object" && cause !== null && "claim" in cause ? String(cause.claim) : undefined
  const message = error instanceof Error && code !== "" ? error.message.slice(0, 200) : "it is no JWT"
  return { claim, code, message }
}
