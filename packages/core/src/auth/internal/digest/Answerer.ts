import { Effect, Redacted } from "effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as AtOnce from "../../../policy/internal/AtOnce.ts"
import { type Reason, UnsupportedChallenge } from "../../AuthError.ts"
import type * as Credentials from "../../Credentials.ts"
import type { Reading } from "../secret/Reading.ts"
import { attempt, bodyOf, urlOf } from "../signing/outgoing.ts"
import { unusable } from "../signing/unusable.ts"
import { type Acceptance, answer, strongestOf } from "./answer.ts"
import { type Challenge, challengesOf, parametersOf } from "./challenges.ts"
import { Session } from "./Session.ts"

type Request = HttpClientRequest.HttpClientRequest
type Pair = readonly [username: Redacted.Redacted<string>, password: Redacted.Redacted<string>]
type Authorizing = Effect.Effect<Credentials.Authorized, Credentials.CredentialsUnavailable>

/** Answers the challenge of the server, and keeps to its nonce until there is another. */
export class Answerer implements Credentials.Service {
  readonly #integration: string
  readonly #reading: Reading<Pair>
  readonly #acceptance: Acceptance
  /** Why there is no answer to what this request was asked: each of its attempts is the same value. */
  readonly #problems = new WeakMap<Request, Reason>()
  #session: Session | undefined
  readonly renew = Effect.succeed(false)

  constructor(integration: string, reading: Reading<Pair>, acceptance: Acceptance) {
    this.#integration = integration
    this.#reading = reading
    this.#acceptance = acceptance
  }

  readonly authorize = (request: Request): Authorizing =>
    AtOnce.flatMap(this.#reading.read(), (pair) => {
      const problem = this.#problems.get(request)
      if (problem !== undefined) return Effect.fail(unusable(this.#integration, problem))
      const session = this.#session
      return session === undefined ? Effect.succeed(this.#unasked(request, pair)) : this.#answer(request, pair, session)
    })

  #unasked(request: Request, pair: Pair): Credentials.Authorized {
    return {
      request,
      secrets: [pair[1]],
      identity: pair,
      renew: (refused) => Effect.sync(() => this.#begin(request, refused))
    }
  }

  #answer(request: Request, pair: Pair, session: Session): Authorizing {
    const signed = attempt(() => answerTo(request, pair, session))
    if (signed._tag === "Failure") return Effect.fail(unusable(this.#integration, signed.failure))
    const { header, response } = signed.success
    return Effect.succeed({
      request: HttpClientRequest.setHeader(request, "authorization", header),
      secrets: [Redacted.make(response), pair[1]],
      identity: pair,
      received: (answer) => this.#takeNextNonce(session, answer),
      renew: (refused) => this.#refused(request, pair, session, refused)
    })
  }

  #begin(request: Request, refused: Credentials.Answer): boolean {
    const challenges = challengesOf(refused.headers["www-authenticate"] ?? "")
    const challenge = strongestOf(challenges, this.#acceptance)
    if (challenge !== undefined) this.#session = new Session(challenge)
    else if (challenges.some(isDigest)) this.#problems.set(request, unsupported(challenges))
    return challenges.some(isDigest)
  }

  /** Only a stale nonce says that the password was right; otherwise another password is the only hope. */
  #refused(request: Request, pair: Pair, session: Session, refused: Credentials.Answer): Effect.Effect<boolean> {
    const challenges = challengesOf(refused.headers["www-authenticate"] ?? "")
    if (strongestOf(challenges, this.#acceptance)?.isStale === true) {
      return Effect.sync(() => this.#begin(request, refused))
    }
    if (this.#session === session) this.#session = undefined
    return Effect.map(this.#reading.readAgain(pair), (changed) => changed && this.#begin(request, refused))
  }

  #takeNextNonce(session: Session, { headers }: Credentials.Answer): void {
    const { nextnonce } = parametersOf(headers["authentication-info"] ?? "")
    const isUsable = nextnonce !== undefined && /^[\x20-\x7e]+$/.test(nextnonce)
    if (isUsable && this.#session === session) this.#session = session.withNonce(nextnonce)
  }
}

const answerTo = (request: Request, [username, password]: Pair, session: Session) => {
  const url = urlOf(request)
  return answer({
    challenge: session.challenge,
    method: request.method,
    uri: url.pathname + url.search,
    body: () => bodyOf(request, 'the server should offer "auth" beside "auth-int"'),
    username: Redacted.value(username).normalize("NFC"),
    password: Redacted.value(password).normalize("NFC"),
    cnonce: session.cnonce,
    count: session.nextCount()
  })
}

const isDigest = ({ scheme }: Challenge): boolean => scheme === "digest"

const unsupported = (challenges: ReadonlyArray<Challenge>): UnsupportedChallenge =>
  new UnsupportedChallenge({
    offered: challenges.filter(isDigest).map(({ parameters }) => parameters["algorithm"] ?? "MD5"),
    issue: "offers no digest that is allowed: see the options allowMd5 and allowMissingQop"
  })
