import { Clock, Duration, Effect, Redacted, Schedule } from "effect"
import { randomUUID } from "node:crypto"
import { AuthError, EndpointUnavailable, ReauthorizationRequired } from "../../AuthError.ts"
import type { Grant } from "../../Grant.ts"
import type { Token } from "../../Token.ts"
import type { TokenLease } from "../../TokenLease.ts"
import type { Stored, TokenStore } from "../../TokenStore.ts"
import type { Owner } from "./owner.ts"
import { failure } from "./row.ts"

export interface Settings {
  /** The longest that a grant may take. */
  readonly timeoutMillis: number
  /** How long a lease lasts that nobody prolongs. */
  readonly leaseMillis: number
}

export interface Parts {
  readonly owner: Owner
  readonly grant: Grant
  readonly store: TokenStore["Service"]
  readonly lease: TokenLease["Service"]
  readonly settings: Settings
}

/** Is shown what the store holds, and says whether it serves. */
export type Look = (stored: Stored | undefined, now: number) => boolean

/** A token that could not be stored, and what it takes the place of. */
interface Unsaved {
  readonly token: Token
  readonly version: string | undefined
}

/** The token that is stored while it is renewed, and its version. */
interface Kept {
  before: Token
  version: string
}

/** The version whose refresh token is no longer accepted. */
interface Spent {
  readonly version: string
  readonly why: string
}

/** A refresh token that seems to have ended is tried for as long: our clock may be ahead. */
const clockErrorMillis = 600_000

/** The longest that a store or a lease may take for an answer. */
const longestAnswer = Duration.seconds(5)

/** Between two looks at whether another process has renewed. */
const firstPauseMillis = 20
const longestPauseMillis = 250

const saving = Schedule.exponential("50 millis").pipe(Schedule.upTo({ times: 3 }))

/**
 * Gets the next token and stores it, one at a time among all that share the lease. Nobody may interrupt it: what a
 * provider has answered would be lost.
 */
export class Renewer {
  readonly #parts: Parts
  #unsaved: Unsaved | undefined
  #spent: Spent | undefined

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** The first token found or got that serves. */
  next(look: Look): Effect.Effect<Stored, AuthError> {
    return Effect.gen({ self: this }, function* () {
      yield* this.#saveLate
      const stored = yield* this.#read
      const serving = yield* servingOf(look, stored)
      if (serving !== undefined) return serving
      const hopeless = this.#hopeless(stored, yield* Clock.currentTimeMillis)
      return yield* hopeless === undefined ? this.#inTurn(look) : Effect.fail(hopeless)
    })
  }

  /** Forgets what it knows of earlier tokens, because somebody has stored one. */
  reset(): void {
    this.#unsaved = undefined
    this.#spent = undefined
  }

  get #read(): Effect.Effect<Stored | undefined, AuthError> {
    return this.#bounded("read a token", this.#parts.store.get(this.#parts.owner))
  }

  /** What could not be stored the last time is stored before the provider is asked again. */
  get #saveLate(): Effect.Effect<void, AuthError> {
    return Effect.suspend(() => {
      const unsaved = this.#unsaved
      if (unsaved === undefined) return Effect.void
      return Effect.map(this.#replace(unsaved), () => void (this.#unsaved = undefined))
    })
  }

  /** Why nothing can be got, when that is known without asking anybody. */
  #hopeless(stored: Stored | undefined, now: number): AuthError | undefined {
    const { obtain, refresh } = this.#parts.grant
    if (obtain !== undefined) return undefined
    if (stored === undefined) return this.#reauthorization("no token is stored")
    if (stored.version === this.#spent?.version) return this.#reauthorization(this.#spent.why)
    if (stored.token.refreshToken === undefined || refresh === undefined) {
      return this.#reauthorization("the token has ended, and nothing renews it")
    }
    const { refreshExpiresAt } = stored.token
    return refreshExpiresAt !== undefined && now > refreshExpiresAt + clockErrorMillis
      ? this.#reauthorization("the refresh token has ended")
      : undefined
  }

  #inTurn(look: Look): Effect.Effect<Stored, AuthError> {
    const holder = randomUUID()
    const { leaseMillis, timeoutMillis } = this.#parts.settings
    return Effect.flatMap(Clock.currentTimeMillis, (now) =>
      this.#queue(look, holder, now + timeoutMillis + leaseMillis, firstPauseMillis)
    )
  }

  #queue(look: Look, holder: string, until: number, pauseMillis: number): Effect.Effect<Stored, AuthError> {
    const { lease, owner, settings } = this.#parts
    const acquire = this.#bounded("take the lease", lease.acquire(owner, holder, settings.leaseMillis))
    return Effect.flatMap(acquire, (acquired) =>
      acquired === undefined
        ? this.#waitForOther(look, holder, until, pauseMillis)
        : this.#holding(look, holder, acquired.takenOver)
    )
  }

  #waitForOther(look: Look, holder: string, until: number, pauseMillis: number): Effect.Effect<Stored, AuthError> {
    return Effect.gen({ self: this }, function* () {
      yield* Effect.sleep(pauseMillis)
      const serving = yield* servingOf(look, yield* this.#read)
      if (serving !== undefined) return serving
      if ((yield* Clock.currentTimeMillis) >= until) {
        return yield* Effect.fail(this.#failure("wait for another's renewal", "its lease did not end in time"))
      }
      return yield* this.#queue(look, holder, until, Math.min(pauseMillis * 1.5, longestPauseMillis))
    })
  }

  #holding(look: Look, holder: string, takenOver: boolean): Effect.Effect<Stored, AuthError> {
    const { lease, owner, settings } = this.#parts
    const prolonged = Effect.ignore(this.#bounded("prolong", lease.extend(owner, holder, settings.leaseMillis)))
    const prolonging = Effect.forever(Effect.andThen(Effect.sleep(settings.leaseMillis / 3), prolonged))
    const renewed = Effect.flatMap(this.#read, (stored) => this.#renewUnlessServing(look, stored, takenOver))
    const released = Effect.suspend(() =>
      // Nobody else may use a refresh token whose successor only this process knows.
      this.#unsaved === undefined ? this.#bounded("give back", lease.release(owner, holder)) : Effect.void
    )
    return Effect.raceFirst(renewed, prolonging).pipe(Effect.ensuring(Effect.ignore(released)))
  }

  #renewUnlessServing(look: Look, stored: Stored | undefined, takenOver: boolean): Effect.Effect<Stored, AuthError> {
    return Effect.flatMap(servingOf(look, stored), (serving) =>
      serving === undefined ? this.#renew(look, stored, takenOver) : Effect.succeed(serving)
    )
  }

  #renew(look: Look, stored: Stored | undefined, takenOver: boolean): Effect.Effect<Stored, AuthError> {
    const { refresh } = this.#parts.grant
    if (stored?.token.refreshToken === undefined || refresh === undefined || stored.version === this.#spent?.version) {
      return this.#anew(look, stored)
    }
    const kept: Kept = { before: stored.token, version: stored.version }
    const asked = this.#timed(refresh(stored.token, (refreshToken) => this.#keep(kept, refreshToken)))
    const isUnkept = () => kept.version === stored.version && this.#unsaved === undefined
    // The old refresh token is tried once more: a server that has not heard us still knows it, and some know it for a while.
    const answered = Effect.catch(asked, (error) => (isAnswerLost(error) && isUnkept() ? asked : Effect.fail(error)))
    return Effect.matchEffect(answered, {
      onSuccess: (token) => this.#save(look, withRefreshToken(token, kept.before), kept.version),
      onFailure: (error) =>
        error.reason._tag === "InvalidGrant" && isUnkept()
          ? this.#afterInvalidGrant(look, stored, takenOver)
          : Effect.fail(error)
    })
  }

  /** Puts the next refresh token beside the access token of before, which may still serve. */
  #keep(kept: Kept, refreshToken: Redacted.Redacted<string>): Effect.Effect<void> {
    const { before, version } = kept
    if (before.refreshToken !== undefined && Redacted.value(before.refreshToken) === Redacted.value(refreshToken)) {
      return Effect.void
    }
    // When this one ends is read with the rest.
    const token = { ...before, refreshToken, refreshExpiresAt: undefined }
    return Effect.match(Effect.retry(this.#replace({ token, version }), saving), {
      onSuccess: (stored) => {
        kept.before = token
        if (stored !== undefined) kept.version = stored.version
      },
      onFailure: () => {
        kept.before = token
        this.#unsaved = { token, version }
      }
    })
  }

  /** Somebody else may have used the refresh token before us and stored what came of it. */
  #afterInvalidGrant(look: Look, stored: Stored, takenOver: boolean): Effect.Effect<Stored, AuthError> {
    return Effect.flatMap(this.#read, (again) => {
      if (again !== undefined && again.version !== stored.version) return this.#renewUnlessServing(look, again, false)
      this.#spent = { version: stored.version, why: takenOver ? spentByCrash : spentOtherwise }
      return this.#anew(look, again)
    })
  }

  #anew(look: Look, stored: Stored | undefined): Effect.Effect<Stored, AuthError> {
    const { obtain } = this.#parts.grant
    if (obtain === undefined) {
      return Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.fail(this.#hopeless(stored, now) ?? this.#reauthorization(spentOtherwise))
      )
    }
    return Effect.flatMap(this.#timed(obtain), (token) => this.#save(look, token, stored?.version))
  }

  #save(look: Look, token: Token, version: string | undefined): Effect.Effect<Stored, AuthError> {
    return Effect.matchEffect(Effect.retry(this.#replace({ token, version }), saving), {
      onSuccess: (stored) => {
        this.#spent = this.#unsaved = undefined
        return stored === undefined ? this.#overtaken(look) : Effect.succeed(stored)
      },
      onFailure: (error) => {
        this.#unsaved = { token, version }
        return Effect.fail(error)
      }
    })
  }

  /** A login or another process was faster: what it has stored counts. */
  #overtaken(look: Look): Effect.Effect<Stored, AuthError> {
    return Effect.gen({ self: this }, function* () {
      const serving = yield* servingOf(look, yield* this.#read)
      if (serving !== undefined) return serving
      return yield* Effect.fail(this.#failure("keep a token", "the one before it was removed or replaced meanwhile"))
    })
  }

  #replace({ token, version }: Unsaved): Effect.Effect<Stored | undefined, AuthError> {
    return this.#bounded("write a token", this.#parts.store.replace(this.#parts.owner, token, version))
  }

  #bounded<A>(operation: string, question: Effect.Effect<A, AuthError>): Effect.Effect<A, AuthError> {
    const orElse = () => Effect.fail(this.#failure(operation, `no answer in ${Duration.format(longestAnswer)}`))
    return Effect.timeoutOrElse(question, { duration: longestAnswer, orElse })
  }

  #timed(asked: Effect.Effect<Token, AuthError>): Effect.Effect<Token, AuthError> {
    const duration = Duration.millis(this.#parts.settings.timeoutMillis)
    return Effect.timeoutOrElse(asked, {
      duration,
      orElse: () => Effect.fail(this.#error(tokenEndpointIsSlow(duration)))
    })
  }

  #reauthorization(why: string): AuthError {
    return this.#error(new ReauthorizationRequired({ why, url: this.#parts.grant.reauthorizeUrl }))
  }

  #failure(operation: string, detail: string): AuthError {
    return failure(this.#parts.owner, operation, detail)
  }

  #error(reason: AuthError["reason"]): AuthError {
    return new AuthError({ integration: this.#parts.owner.integration, reason })
  }
}

const spentOtherwise = "the refresh token is no longer accepted"
const spentByCrash = `${spentOtherwise}; a process may have ended before it could keep the one that followed`

const tokenEndpointIsSlow = (after: Duration.Duration) =>
  new EndpointUnavailable({
    endpoint: "the token endpoint",
    status: undefined,
    detail: `no token in ${Duration.format(after)}`,
    retryAfter: undefined,
    isAnswerLost: true
  })

const isAnswerLost = ({ reason }: AuthError): boolean =>
  reason._tag === "EndpointUnavailable" && reason.isAnswerLost === true

/** A provider that sends no new refresh token means that the old one goes on (RFC 6749 §6). */
const withRefreshToken = (token: Token, before: Token): Token =>
  token.refreshToken === undefined
    ? {
        ...token,
        refreshToken: before.refreshToken,
        refreshExpiresAt: token.refreshExpiresAt ?? before.refreshExpiresAt
      }
    : token

const servingOf = (look: Look, stored: Stored | undefined): Effect.Effect<Stored | undefined> =>
  Effect.map(Clock.currentTimeMillis, (now) => (look(stored, now) ? stored : undefined))
