import { Clock, Deferred, Duration, Effect, Exit, Random, Redacted } from "effect"
import type { AuthError } from "../../AuthError.ts"
import type { Token } from "../../Token.ts"
import type { Stored } from "../../TokenStore.ts"
import type { Options } from "../../Tokens.ts"
import { tell } from "./telling.ts"
import { type Look, type Parts as RenewerParts, Renewer, type Settings as RenewerSettings } from "./Renewer.ts"
import { type Ahead, type Validity, validityOf } from "./validity.ts"

export interface Settings extends RenewerSettings, Ahead {
  /** The longest that a token endpoint is left alone. */
  readonly maxCooldownMillis: number
  readonly keepFreshMillis: number | undefined
  readonly onReauthorization: Options["onReauthorization"]
}

export interface Parts extends RenewerParts {
  readonly settings: Settings
}

interface Held extends Stored, Validity {
  /** What a caller is given: made once. */
  readonly given: Exit.Exit<Token>
  /** Whether the one before it had been refused. */
  readonly afterRefusal: boolean
}

interface Setback {
  readonly error: AuthError
  readonly until: number
  readonly inARow: number
}

/**
 * Holds the token of one owner and lets all who need the next one share its renewal. The renewal belongs to none of them:
 * whoever is interrupted leaves it well.
 */
export class Holder {
  readonly #parts: Parts
  readonly #renewer: Renewer
  #held: Held | undefined
  #renewal: Deferred.Deferred<Token, AuthError> | undefined
  #refused: Token | undefined
  #setback: Setback | undefined
  /** Why a person was told to come back, since there was a token last. */
  #told: string | undefined

  constructor(parts: Parts) {
    this.#parts = parts
    this.#renewer = new Renewer(parts)
  }

  /** A token that serves; at once while the one held does. */
  get token(): Effect.Effect<Token, AuthError> {
    return Effect.withFiber((fiber) => {
      const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
      const held = this.#held
      return held !== undefined && now < held.renewAt ? held.given : this.#tokenAt(now)
    })
  }

  /** What is to be done about a token that the provider refused: true when there is another now. */
  refused(token: Token): Effect.Effect<boolean> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const held = this.#held
      if (held !== undefined && !isSame(held.token, token)) return Effect.succeed(true)
      if (held?.afterRefusal === true && now < held.token.obtainedAt + this.#parts.settings.cooldownMillis) {
        return Effect.succeed(false)
      }
      return this.#renewRefused(token, now)
    })
  }

  /** Stores a token that came in another way, such as by a login. */
  set(token: Token): Effect.Effect<void, AuthError> {
    return Effect.gen({ self: this }, function* () {
      const stored = yield* this.#parts.store.set(this.#parts.owner, token)
      this.#reset()
      this.#hold(stored, yield* Random.next)
    })
  }

  /** Removes the token, and says which it was. */
  get forget(): Effect.Effect<Token | undefined, AuthError> {
    return Effect.gen({ self: this }, function* () {
      const { owner, store } = this.#parts
      const stored = yield* store.get(owner)
      yield* store.remove(owner)
      this.#reset()
      return stored?.token
    })
  }

  /** Waits for the renewal that is under way: its answer must not be lost. */
  get settled(): Effect.Effect<void> {
    return Effect.suspend(() =>
      this.#renewal === undefined ? Effect.void : Effect.asVoid(Effect.exit(Deferred.await(this.#renewal)))
    )
  }

  #reset(): void {
    this.#renewer.reset()
    this.#held = this.#refused = this.#setback = this.#told = undefined
  }

  #tokenAt(now: number): Effect.Effect<Token, AuthError> {
    const held = this.#held
    const setback = this.#setbackAt(now)
    if (held !== undefined && now < held.usableUntil) {
      return setback === undefined ? Effect.as(this.#renewing, held.token) : held.given
    }
    // What only a person can help with may have been helped with: the store is looked at, the provider is not asked.
    if (setback !== undefined && setback.error.reason._tag !== "ReauthorizationRequired")
      return Effect.fail(setback.error)
    return this.#renewed
  }

  #renewRefused(token: Token, now: number): Effect.Effect<boolean> {
    if (this.#renewal === undefined || this.#held !== undefined) {
      this.#refused = token
      this.#held = undefined
    }
    if (this.#renewal === undefined && this.#setbackAt(now) !== undefined) return Effect.succeed(false)
    return Effect.match(this.#renewed, { onFailure: () => false, onSuccess: (next) => !isSame(next, token) })
  }

  #setbackAt(now: number): Setback | undefined {
    return this.#setback !== undefined && now < this.#setback.until ? this.#setback : undefined
  }

  get #renewed(): Effect.Effect<Token, AuthError> {
    return Effect.flatMap(this.#renewing, Deferred.await)
  }

  /** The renewal under way, or a new one, on a fibre of its own. */
  get #renewing(): Effect.Effect<Deferred.Deferred<Token, AuthError>> {
    return Effect.suspend(() => {
      if (this.#renewal !== undefined) return Effect.succeed(this.#renewal)
      const renewal = Deferred.makeUnsafe<Token, AuthError>()
      this.#renewal = renewal
      const ended = Effect.onExit(this.#renew, (exit) =>
        Effect.sync(() => {
          this.#renewal = undefined
          Deferred.doneUnsafe(renewal, exit)
        })
      )
      return Effect.as(Effect.forkDetach(ended, { startImmediately: true }), renewal)
    })
  }

  get #renew(): Effect.Effect<Token, AuthError> {
    const { integration, tenant } = this.#parts.owner
    return Effect.flatMap(Random.next, (random) =>
      Effect.matchEffect(this.#renewer.next(this.#look(random)), {
        onSuccess: (stored) => Effect.sync(() => this.#succeed(stored, random)),
        onFailure: (error) => this.#fail(error)
      })
    ).pipe(
      Effect.withSpan("renew token", {
        attributes: { "causeway.integration": integration, "causeway.tenant": tenant }
      })
    )
  }

  #succeed(stored: Stored, random: number): Token {
    if (stored.version !== this.#held?.version) this.#hold(stored, random)
    this.#setback = this.#refused = this.#told = undefined
    return stored.token
  }

  /** A renewal that fails ahead of time costs nobody anything yet. */
  #fail(error: AuthError): Effect.Effect<Token, AuthError> {
    return Effect.flatMap(Clock.currentTimeMillis, (now) => {
      this.#setback = this.#setbackOf(error, now)
      const held = this.#held
      const outcome =
        held === undefined || now >= held.usableUntil
          ? Effect.fail(error)
          : Effect.as(Effect.logWarning(`A token could not be renewed ahead of its end: ${error.message}`), held.token)
      return Effect.andThen(this.#tellPerson(error), outcome)
    })
  }

  #tellPerson({ reason }: AuthError): Effect.Effect<void> {
    if (reason._tag !== "ReauthorizationRequired" || reason.why === this.#told) return Effect.void
    this.#told = reason.why
    const { integration, tenant } = this.#parts.owner
    const { url, why } = reason
    return tell({ integration, tenant, why, url }, this.#parts.settings.onReauthorization)
  }

  #setbackOf(error: AuthError, now: number): Setback {
    const { cooldownMillis, maxCooldownMillis } = this.#parts.settings
    const inARow = (this.#setback?.inARow ?? 0) + 1
    const asked = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
    const wait = Math.max(cooldownMillis * 2 ** Math.min(inARow - 1, 30), asked)
    return { error, inARow, until: now + Math.min(wait, maxCooldownMillis) }
  }

  #hold(stored: Stored, random: number): void {
    this.#held = {
      ...stored,
      ...validityOf(stored.token, this.#parts.settings, random),
      given: Exit.succeed(stored.token),
      afterRefusal: this.#refused !== undefined
    }
  }

  /** What the store holds may be newer than what is held here, or the very token that was refused. */
  #look(random: number): Look {
    return (stored, now) => {
      if (stored === undefined || (this.#refused !== undefined && isSame(stored.token, this.#refused))) return false
      if (this.#held?.version === stored.version) return now < this.#held.renewAt
      const { renewAt, usableUntil } = validityOf(stored.token, this.#parts.settings, random)
      if (now < usableUntil) this.#hold(stored, random)
      return now < renewAt
    }
  }
}

const isSame = (one: Token, other: Token): boolean =>
  one === other || Redacted.value(one.accessToken) === Redacted.value(other.accessToken)
