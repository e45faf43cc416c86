import { AuthError, type Grant, Token, TokenLease, TokenStore, Tokens } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Deferred, Effect, Exit, Fiber, Logger, Redacted, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import { validityOf } from "../../../src/auth/internal/tokens/validity.ts"
import { errorOf, integration, invalidGrant, refreshing, tokenFrom, unavailable } from "./grants.ts"
import { RotatingProvider } from "./rotatingProvider.ts"

const owner = { integration, tenant: "acme" }

type Store = TokenStore.TokenStore["Service"]
type Lease = TokenLease.TokenLease["Service"]

interface Place {
  readonly store: Store
  readonly lease: Lease
}

const newPlace = (): Place => ({ store: TokenStore.makeMemory(), lease: TokenLease.makeMemory() })

/** Tokens over a place; several over one place are as many processes. */
const open = (grant: Grant.Grant, options?: Tokens.Options, place = newPlace()) =>
  Tokens.make(owner, grant, options).pipe(
    Effect.provideService(TokenStore.TokenStore, place.store),
    Effect.provideService(TokenLease.TokenLease, place.lease)
  )

const accessOf = (token: Token.Token) => Redacted.value(token.accessToken)

const accessFrom = (tokens: Tokens.Tokens) => Effect.map(tokens.token, accessOf)

/** Counts the tokens it gives: `token-1`, `token-2`; each holds for a minute, or as long as is said. */
const counting = (lifeMillis: number = 60_000, takes = 0) => {
  const asked = { count: 0 }
  const obtain = Effect.gen(function* () {
    asked.count += 1
    const number = asked.count
    if (takes > 0) yield* Effect.sleep(takes)
    const now = yield* Clock.currentTimeMillis
    return Token.make({
      accessToken: Redacted.make(`token-${number}`),
      obtainedAt: now,
      expiresAt: lifeMillis === Infinity ? undefined : now + lifeMillis
    })
  })
  return { asked, grant: { obtain } satisfies Grant.Grant }
}

const exact = { leeway: "10 seconds", jitter: 0 } as const

/** Lets fibres that are not waiting for time go on. */
const settle = Effect.repeat(TestClock.adjust(0), { times: 20 })

const test = <A, E>(fact: string, body: () => Effect.Effect<A, E, Scope.Scope>) =>
  it.effect(fact, () => Effect.scoped(Effect.suspend(body)))

const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

/** A session that a login has begun, in a store. */
const session = (options?: ConstructorParameters<typeof RotatingProvider>[0]) =>
  Effect.gen(function* () {
    const provider = new RotatingProvider(options)
    const place = newPlace()
    yield* place.store.set(owner, tokenFrom(provider.begin(), yield* Clock.currentTimeMillis))
    return { provider, place }
  })

/** Fails as often as it is told to. */
const failing = (error: AuthError.AuthError) => {
  const state = { asked: 0, fails: true }
  const { grant } = counting(60_000)
  const obtain = Effect.suspend(() => {
    state.asked += 1
    return state.fails ? Effect.fail(error) : grant.obtain
  })
  return { state, grant: { obtain } satisfies Grant.Grant }
}

const retryable = (error: AuthError.AuthError) => error.reason._tag

describe("a token", () => {
  test("is got once and given again at once while it serves", () =>
    Effect.gen(function* () {
      const { asked, grant } = counting()
      const tokens = yield* open(grant, exact)
      assert.strictEqual(yield* accessFrom(tokens), "token-1")
      yield* TestClock.adjust("49 seconds")
      assert.strictEqual(yield* accessFrom(tokens), "token-1")
      assert.strictEqual(asked.count, 1)
    }))

  test("is given without a fibre waiting once it is held", () =>
    Effect.gen(function* () {
      const tokens = yield* open(counting(Infinity).grant)
      yield* tokens.token
      assert.strictEqual(accessOf(Effect.runSync(tokens.token)), "token-1")
    }))

  test("is renewed ahead of its end, and nobody waits for that", () =>
    Effect.gen(function* () {
      const { asked, grant } = counting(60_000, 500)
      const tokens = yield* open(grant, exact)
      const first = yield* fork(tokens.token)
      yield* TestClock.adjust(500)
      yield* Fiber.join(first)
      yield* TestClock.adjust("50 seconds")
      assert.strictEqual(yield* accessFrom(tokens), "token-1")
      assert.strictEqual(yield* accessFrom(tokens), "token-1")
      assert.strictEqual(asked.count, 2)
      yield* TestClock.adjust(500)
      assert.strictEqual(yield* accessFrom(tokens), "token-2")
    }))

  for (const callers of [2, 10, 50, 1_000]) {
    test(`that has ended is renewed once for ${callers} callers`, () =>
      Effect.gen(function* () {
        const { place, provider } = yield* session()
        const tokens = yield* open(refreshing(provider, 100), exact, place)
        yield* TestClock.adjust("1 hour")
        const calls = yield* fork(
          Effect.all(
            Array.from({ length: callers }, () => accessFrom(tokens)),
            { concurrency: "unbounded" }
          )
        )
        yield* TestClock.adjust(101)
        assert.deepStrictEqual(new Set(yield* Fiber.join(calls)), new Set(["access-2"]))
        assert.strictEqual(provider.requests, 1)
        assert.isTrue(provider.accepts("access-2"))
      }))
  }

  test("without an end is kept until it is refused", () =>
    Effect.gen(function* () {
      const { asked, grant } = counting(Infinity)
      const tokens = yield* open(grant)
      yield* tokens.token
      yield* TestClock.adjust("3650 days")
      assert.strictEqual(yield* accessFrom(tokens), "token-1")
      assert.isTrue(yield* tokens.refused(yield* tokens.token))
      assert.strictEqual(yield* accessFrom(tokens), "token-2")
      assert.strictEqual(asked.count, 2)
    }))

  for (const seconds of [2 ** 31, 2 ** 31 + 1, 2 ** 40]) {
    test(`that holds for ${seconds} seconds overflows nothing`, () =>
      Effect.gen(function* () {
        const { asked, grant } = counting(seconds * 1_000)
        const tokens = yield* open(grant, exact)
        yield* tokens.token
        yield* TestClock.adjust("24 days")
        yield* TestClock.adjust("24 days")
        assert.strictEqual(yield* accessFrom(tokens), "token-1")
        assert.strictEqual(asked.count, 1)
      }))
  }

  test("that lives shortly is renewed in the second half of its life only", () =>
    Effect.gen(function* () {
      const { asked, grant } = counting(2_000)
      const tokens = yield* open(grant, { leeway: "5 minutes" })
      yield* tokens.token
      yield* TestClock.adjust(999)
      yield* tokens.token
      assert.strictEqual(asked.count, 1)
      yield* TestClock.adjust(1)
      yield* tokens.token
      assert.strictEqual(asked.count, 2)
    }))

  it("is renewed at different moments by different processes, within the leeway and its jitter", () => {
    const settings = { leewayMillis: 60_000, jitter: 0.5, cooldownMillis: 5_000 }
    const token = { obtainedAt: 0, expiresAt: 3_600_000 }
    const moments = Array.from({ length: 11 }, (_, index) => validityOf(token, settings, index / 10).renewAt)
    assert.strictEqual(moments[0], 3_540_000)
    assert.strictEqual(moments[10], 3_510_000)
    assert.strictEqual(new Set(moments).size, 11)
  })

  test("that is stored already is used, and nobody is asked", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider), exact, place)
      assert.strictEqual(yield* accessFrom(tokens), "access-1")
      assert.strictEqual(provider.requests, 0)
    }))

  test("keeps its refresh token when the provider sends no new one", () =>
    Effect.gen(function* () {
      const { place } = yield* session()
      const seen: Array<string> = []
      const { grant } = counting()
      const refresh = (token: Token.Token) => {
        seen.push(token.refreshToken === undefined ? "none" : Redacted.value(token.refreshToken))
        return grant.obtain
      }
      const tokens = yield* open({ refresh }, exact, place)
      for (let turn = 0; turn < 3; turn += 1) {
        yield* TestClock.adjust("2 hours")
        yield* tokens.token
      }
      assert.deepStrictEqual(seen, ["refresh-1", "refresh-1", "refresh-1"])
    }))

  test("of one tenant is not another's", () =>
    Effect.gen(function* () {
      const place = newPlace()
      const made = (tenant: string) =>
        Tokens.make({ integration, tenant }, counting(60_000).grant).pipe(
          Effect.provideService(TokenStore.TokenStore, place.store),
          Effect.provideService(TokenLease.TokenLease, place.lease)
        )
      const acme = yield* made("acme")
      yield* acme.set(Token.make({ accessToken: Redacted.make("acme's"), obtainedAt: 0 }))
      assert.strictEqual(yield* accessFrom(yield* made("other")), "token-1")
      assert.strictEqual(yield* accessFrom(yield* made("acme")), "acme's")
    }))
})

describe("a renewal", () => {
  test("stores the new refresh token before the new access token is used", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const gate = yield* Deferred.make<void>()
      const store: Store = {
        ...place.store,
        replace: (...given) => Effect.andThen(Deferred.await(gate), place.store.replace(...given))
      }
      const tokens = yield* open(refreshing(provider), exact, { ...place, store })
      yield* TestClock.adjust("1 hour")
      const call = yield* fork(accessFrom(tokens))
      yield* TestClock.adjust(10)
      assert.strictEqual(provider.requests, 1)
      assert.isUndefined(call.pollUnsafe())
      yield* Deferred.succeed(gate, undefined)
      yield* settle
      assert.strictEqual(yield* Fiber.join(call), "access-2")
    }))

  test("goes on when the first caller is interrupted, and the others are served", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider, 100), exact, place)
      yield* TestClock.adjust("1 hour")
      const first = yield* fork(accessFrom(tokens))
      const second = yield* fork(accessFrom(tokens))
      yield* TestClock.adjust(50)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust(51)
      assert.strictEqual(yield* Fiber.join(second), "access-2")
      assert.strictEqual(provider.requests, 1)
    }))

  test("whose callers were all interrupted is not lost", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider, 100), exact, place)
      yield* TestClock.adjust("1 hour")
      const calls = yield* Effect.forEach([1, 2, 3], () => fork(tokens.token))
      yield* TestClock.adjust(50)
      yield* Effect.forEach(calls, (call) => Fiber.interrupt(call))
      yield* TestClock.adjust(51)
      assert.strictEqual(yield* accessFrom(tokens), "access-2")
      assert.strictEqual(provider.requests, 1)
    }))

  test("is waited for when the program ends", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const using = Effect.scoped(
        Effect.flatMap(open(refreshing(provider, 100), exact, place), (tokens) =>
          Effect.raceFirst(tokens.token, Effect.sleep(50))
        )
      )
      yield* TestClock.adjust("1 hour")
      const ended = yield* fork(using)
      yield* TestClock.adjust(99)
      assert.isUndefined(ended.pollUnsafe())
      yield* TestClock.adjust(2)
      yield* Fiber.join(ended)
      assert.strictEqual(accessOf((yield* place.store.get(owner))?.token ?? assert.fail("nothing stored")), "access-2")
    }))

  test("that never comes to an end fails for all who wait when its time is over", () =>
    Effect.gen(function* () {
      const tokens = yield* open({ obtain: Effect.never }, { ...exact, timeout: "7 seconds" })
      const calls = yield* Effect.forEach([1, 2, 3], () => fork(Effect.flip(tokens.token)))
      yield* TestClock.adjust("7 seconds")
      for (const call of calls) assert.strictEqual((yield* Fiber.join(call)).reason._tag, "EndpointUnavailable")
    }))

  test("whose grant dies tells all who wait, and the next call asks anew", () =>
    Effect.gen(function* () {
      const { grant } = counting()
      let dies = true
      const tokens = yield* open({
        obtain: Effect.suspend(() => (dies ? Effect.die("a mistake in a grant") : grant.obtain))
      })
      const exits = yield* Effect.all([Effect.exit(tokens.token), Effect.exit(tokens.token)], { concurrency: 2 })
      assert.isTrue(exits.every(Exit.isFailure))
      dies = false
      assert.strictEqual(yield* accessFrom(tokens), "token-1")
    }))

  test("of ten processes with ten callers each asks once, and the session goes on", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const processes = yield* Effect.forEach(Array.from({ length: 10 }), () =>
        open(refreshing(provider, 100), exact, place)
      )
      for (let round = 1; round <= 3; round += 1) {
        yield* TestClock.adjust("1 hour")
        const calls = yield* fork(
          Effect.all(
            processes.flatMap((tokens) => Array.from({ length: 10 }, () => accessFrom(tokens))),
            { concurrency: "unbounded" }
          )
        )
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(new Set(yield* Fiber.join(calls)), new Set([`access-${round + 1}`]))
        assert.strictEqual(provider.requests, round)
      }
      assert.isFalse(provider.revoked)
    }))
})

describe("another process", () => {
  test("that has renewed meanwhile is found out before the provider is asked", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider), exact, place)
      yield* tokens.token
      yield* TestClock.adjust("1 hour")
      const answer = provider.refresh("refresh-1")
      if (answer.status !== 200) return assert.fail("the provider refused")
      yield* place.store.set(owner, tokenFrom(answer.body, yield* Clock.currentTimeMillis))
      assert.strictEqual(yield* accessFrom(tokens), "access-2")
      assert.strictEqual(provider.requests, 1)
    }))

  test("that died before it asked is waited for as long as its lease, and then stood in for", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider), { ...exact, lease: "10 seconds" }, place)
      yield* TestClock.adjust("1 hour")
      yield* place.lease.acquire(owner, "dead", 10_000)
      const call = yield* fork(accessFrom(tokens))
      yield* TestClock.adjust("9 seconds")
      assert.isUndefined(call.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* Fiber.join(call), "access-2")
      assert.isFalse(provider.revoked)
    }))

  test("that died between answer and write costs the session where a refresh token may not come again, and it is said", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider), exact, place)
      yield* TestClock.adjust("1 hour")
      yield* place.lease.acquire(owner, "dead", 10_000)
      provider.refresh("refresh-1")
      const call = yield* fork(Effect.flip(tokens.token))
      yield* TestClock.adjust("11 seconds")
      const { reason } = yield* Fiber.join(call)
      assert.strictEqual(reason._tag, "ReauthorizationRequired")
      if (reason._tag !== "ReauthorizationRequired") return
      assert.strictEqual(reason.url, "https://calendar.example/connect")
      assert.include(reason.why, "a process may have ended")
    }))

  test("that died between answer and write costs nothing where a refresh token may come again", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session({ allowsLastAgain: true })
      const tokens = yield* open(refreshing(provider), exact, place)
      yield* TestClock.adjust("1 hour")
      yield* place.lease.acquire(owner, "dead", 10_000)
      provider.refresh("refresh-1")
      const call = yield* fork(accessFrom(tokens))
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual(yield* Fiber.join(call), "access-3")
      assert.isTrue(provider.accepts("access-3"))
    }))

  test("that stood still while its lease ended cannot overwrite what was stored since", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session({ allowsLastAgain: true })
      const gate = yield* Deferred.make<void>()
      const slowStore: Store = {
        ...place.store,
        replace: (...given) => Effect.andThen(Deferred.await(gate), place.store.replace(...given))
      }
      const frozenLease: Lease = { ...place.lease, extend: () => Effect.never }
      const slow = yield* open(refreshing(provider), exact, { store: slowStore, lease: frozenLease })
      const fast = yield* open(refreshing(provider), { ...exact, lease: "1 second" }, place)
      yield* TestClock.adjust("1 hour")
      const stalled = yield* fork(accessFrom(slow))
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(provider.requests, 1)
      yield* place.lease.release(owner, "nobody")
      const overtaking = yield* fork(accessFrom(fast))
      // The lease of the slow one ends; its write is given up after 5 seconds and tried again.
      yield* TestClock.adjust("11 seconds")
      assert.strictEqual(yield* Fiber.join(overtaking), "access-3")
      yield* Deferred.succeed(gate, undefined)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(stalled), "access-3")
      assert.strictEqual(accessOf((yield* place.store.get(owner))?.token ?? assert.fail("nothing stored")), "access-3")
    }))

  test("that keeps its lease for ever lets nobody wait for ever", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider), { ...exact, timeout: "20 seconds", lease: "5 seconds" }, place)
      yield* TestClock.adjust("1 hour")
      yield* place.lease.acquire(owner, "for ever", 1e12)
      const calls = yield* Effect.forEach([1, 2, 3], () => fork(Effect.flip(tokens.token)))
      yield* TestClock.adjust("26 seconds")
      for (const call of calls) assert.strictEqual((yield* Fiber.join(call)).reason._tag, "StoreFailure")
      assert.strictEqual(provider.requests, 0)
    }))
})

describe("invalid_grant", () => {
  test("is forgotten when somebody else has stored a newer token", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const refresh = () =>
        Effect.gen(function* () {
          const answer = provider.refresh("refresh-1")
          if (answer.status === 200) {
            yield* Effect.orDie(place.store.set(owner, tokenFrom(answer.body, yield* Clock.currentTimeMillis)))
          }
          return yield* Effect.fail(invalidGrant)
        })
      const tokens = yield* open({ refresh }, exact, place)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* accessFrom(tokens), "access-2")
      assert.strictEqual(provider.requests, 1)
    }))

  test("ends in ReauthorizationRequired, and the provider is not asked about the same refresh token again", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      provider.end()
      const tokens = yield* open(refreshing(provider), exact, place)
      yield* TestClock.adjust("1 hour")
      for (let turn = 0; turn < 5; turn += 1) {
        const call = yield* fork(Effect.flip(tokens.token))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(retryable(yield* Fiber.join(call)), "ReauthorizationRequired")
      }
      assert.strictEqual(provider.requests, 1)
    }))

  test("is told once, and again when it ends after a login", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const told: Array<Tokens.Reauthorization> = []
      const onReauthorization = (event: Tokens.Reauthorization) => Effect.sync(() => void told.push(event))
      const tokens = yield* open(refreshing(provider), { ...exact, onReauthorization }, place)
      const fail = Effect.gen(function* () {
        provider.end()
        yield* TestClock.adjust("1 hour")
        for (let turn = 0; turn < 3; turn += 1) {
          const call = yield* fork(Effect.flip(tokens.token))
          yield* TestClock.adjust("1 minute")
          yield* Fiber.join(call)
        }
      })
      yield* fail
      assert.deepStrictEqual(told, [
        { ...owner, why: "the refresh token is no longer accepted", url: "https://calendar.example/connect" }
      ])
      yield* tokens.set(tokenFrom(provider.begin(), yield* Clock.currentTimeMillis))
      yield* fail
      assert.lengthOf(told, 2)
    }))

  test("told to a callback that dies changes nothing", () =>
    Effect.gen(function* () {
      const tokens = yield* open(refreshing(new RotatingProvider()), {
        onReauthorization: () => Effect.die("a bug")
      })
      assert.strictEqual(retryable(yield* Effect.flip(tokens.token)), "ReauthorizationRequired")
    }))

  test("is not waited for when the refresh token has ended by itself", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const now = yield* Clock.currentTimeMillis
      yield* place.store.set(owner, { ...tokenFrom(provider.begin(), now), refreshExpiresAt: now + 86_400_000 })
      const tokens = yield* open(refreshing(provider), exact, place)
      yield* TestClock.adjust("2 days")
      const error = yield* Effect.flip(tokens.token)
      assert.include(error.message, "the refresh token has ended")
      assert.strictEqual(provider.requests, 0)
    }))

  test("does not come to a token that is kept fresh although nobody needs it", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      yield* open(refreshing(provider), { ...exact, keepFresh: "1 day" }, place)
      for (let day = 0; day < 5; day += 1) yield* Effect.andThen(TestClock.adjust("1 day"), settle)
      assert.isAtLeast(provider.requests, 4)
    }))

  test("is over as soon as a login has stored a token, whoever stored it", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      provider.end()
      const tokens = yield* open(refreshing(provider), exact, place)
      yield* TestClock.adjust("1 hour")
      const call = yield* fork(Effect.flip(tokens.token))
      yield* TestClock.adjust(10)
      yield* Fiber.join(call)
      yield* place.store.set(owner, tokenFrom(provider.begin(), yield* Clock.currentTimeMillis))
      assert.strictEqual(yield* accessFrom(tokens), "access-2")
    }))

  test("leads to a new token where none needs a person", () =>
    Effect.gen(function* () {
      const { place } = yield* session()
      const { grant } = counting()
      const tokens = yield* open({ ...grant, refresh: () => Effect.fail(invalidGrant) }, exact, place)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(yield* accessFrom(tokens), "token-1")
    }))

  test("without anything stored is ReauthorizationRequired at once, and asks nobody", () =>
    Effect.gen(function* () {
      const provider = new RotatingProvider()
      const tokens = yield* open(refreshing(provider))
      const error = yield* Effect.flip(tokens.token)
      assert.strictEqual(error.category, "unauthorized")
      assert.include(error.message, "no token is stored")
      assert.strictEqual(provider.requests, 0)
    }))
})

describe("a token endpoint that fails", () => {
  test("is left alone for the cooldown, twice as long at each failure in a row, up to the most", () =>
    Effect.gen(function* () {
      const { grant, state } = failing(unavailable())
      const tokens = yield* open(grant, { cooldown: "5 seconds", maxCooldown: "1 minute" })
      const asked: Array<number> = []
      for (let second = 0; second < 300; second += 1) {
        const before = state.asked
        yield* Effect.flip(tokens.token)
        if (state.asked > before) asked.push(second)
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(asked, [0, 5, 15, 35, 75, 135, 195, 255])
    }))

  test("is left alone as long as it asks for, and no longer than the most", () =>
    Effect.gen(function* () {
      for (const [asks, waits] of [
        ["30 seconds", 30],
        ["2 days", 300]
      ] as const) {
        const { grant, state } = failing(unavailable(asks))
        const tokens = yield* open(grant)
        yield* Effect.flip(tokens.token)
        yield* TestClock.adjust((waits - 1) * 1_000)
        yield* Effect.flip(tokens.token)
        assert.strictEqual(state.asked, 1)
        yield* TestClock.adjust("1 second")
        yield* Effect.flip(tokens.token)
        assert.strictEqual(state.asked, 2)
      }
    }))

  test("does not keep anybody from a token that still serves", () =>
    Effect.gen(function* () {
      const { grant, state } = failing(unavailable())
      state.fails = false
      const tokens = yield* open(grant, { ...exact, cooldown: "1 second" })
      yield* tokens.token
      state.fails = true
      yield* TestClock.adjust("50 seconds")
      for (let second = 50; second < 57; second += 1) {
        assert.strictEqual(yield* accessFrom(tokens), "token-1")
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual(state.asked, 4)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(retryable(yield* Effect.flip(tokens.token)), "EndpointUnavailable")
    }).pipe(Effect.provide(Logger.layer([]))))

  test("is asked as usual again after it has answered", () =>
    Effect.gen(function* () {
      const { grant, state } = failing(unavailable())
      const tokens = yield* open(grant, { ...exact, cooldown: "5 seconds" })
      yield* Effect.flip(tokens.token)
      state.fails = false
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* accessFrom(tokens), "token-1")
      state.fails = true
      yield* TestClock.adjust("60 seconds")
      yield* Effect.flip(tokens.token)
      yield* TestClock.adjust("5 seconds")
      yield* Effect.flip(tokens.token)
      assert.strictEqual(state.asked, 4)
    }))

  test("for our own fault is not asked again and again either", () =>
    Effect.gen(function* () {
      const reason = new AuthError.InvalidClient({ status: 401, description: undefined, uri: undefined })
      const { grant, state } = failing(errorOf(reason))
      const tokens = yield* open(grant)
      for (let turn = 0; turn < 10; turn += 1) yield* Effect.flip(tokens.token)
      assert.strictEqual(state.asked, 1)
    }))
})

/** A store that fails, or never answers, when it is told to. */
const fragile = (place: Place) => {
  const state = { fails: false, hangs: false, writes: 0 }
  const through = <A>(effect: Effect.Effect<A, AuthError.AuthError>): Effect.Effect<A, AuthError.AuthError> =>
    Effect.suspend(() => {
      if (state.hangs) return Effect.never
      const reason = new AuthError.StoreFailure({ operation: "be there", detail: "away" })
      return state.fails ? Effect.fail(errorOf(reason)) : effect
    })
  const store: Store = {
    ...place.store,
    get: (of) => through(place.store.get(of)),
    replace: (...given) => {
      state.writes += 1
      return through(place.store.replace(...given))
    }
  }
  return { state, place: { ...place, store } }
}

describe("a store that fails", () => {
  test("between answer and write is tried again, and nothing is lost", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const { place: over, state } = fragile(place)
      const tokens = yield* open(refreshing(provider, 100), exact, over)
      yield* TestClock.adjust("1 hour")
      const call = yield* fork(accessFrom(tokens))
      yield* TestClock.adjust(100)
      state.fails = true
      yield* TestClock.adjust(100)
      state.fails = false
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(call), "access-2")
      assert.strictEqual(provider.requests, 1)
    }))

  test("for longer costs calls but not the session: what was got is stored later, before anything is asked", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const { place: over, state } = fragile(place)
      const tokens = yield* open(refreshing(provider, 100), { ...exact, cooldown: "5 seconds" }, over)
      const other = yield* open(refreshing(provider, 100), exact, place)
      yield* TestClock.adjust("1 hour")
      const call = yield* fork(Effect.flip(tokens.token))
      yield* TestClock.adjust(100)
      state.fails = true
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(retryable(yield* Fiber.join(call)), "StoreFailure")
      // The lease is kept, so that no other process uses the refresh token that was replaced.
      const others = yield* fork(accessFrom(other))
      state.fails = false
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual(yield* accessFrom(tokens), "access-2")
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* Fiber.join(others), "access-2")
      assert.strictEqual(provider.requests, 1)
      assert.isFalse(provider.revoked)
    }))

  test("by never answering lets nobody wait for ever", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const { place: over, state } = fragile(place)
      state.hangs = true
      const tokens = yield* open(refreshing(provider), exact, over)
      const calls = yield* Effect.forEach([1, 2, 3], () => fork(Effect.flip(tokens.token)))
      yield* TestClock.adjust("5 seconds")
      for (const call of calls) assert.strictEqual(retryable(yield* Fiber.join(call)), "StoreFailure")
    }))
})

describe("a token that the provider refuses", () => {
  test("is renewed once for all who were refused it", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider, 100), exact, place)
      const refused = yield* tokens.token
      const storm = yield* fork(
        Effect.all(
          Array.from({ length: 50 }, () => tokens.refused(refused)),
          { concurrency: "unbounded" }
        )
      )
      yield* TestClock.adjust(101)
      assert.isTrue((yield* Fiber.join(storm)).every(Boolean))
      assert.strictEqual(provider.requests, 1)
      assert.isTrue(yield* tokens.refused(refused))
      assert.strictEqual(provider.requests, 1)
      assert.strictEqual(yield* accessFrom(tokens), "access-2")
    }))

  test("keeps new callers waiting for the one after it", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider, 100), exact, place)
      yield* fork(tokens.refused(yield* tokens.token))
      const call = yield* fork(accessFrom(tokens))
      yield* TestClock.adjust(101)
      assert.strictEqual(yield* Fiber.join(call), "access-2")
    }))

  test("in several processes at once is renewed once", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const processes = yield* Effect.forEach([1, 2, 3, 4], () => open(refreshing(provider, 100), exact, place))
      const refused = yield* Effect.forEach(processes, (tokens) =>
        Effect.flatMap(tokens.token, (token) => fork(tokens.refused(token)))
      )
      yield* TestClock.adjust("1 second")
      for (const each of refused) assert.isTrue(yield* Fiber.join(each))
      assert.strictEqual(provider.requests, 1)
      for (const tokens of processes) assert.strictEqual(yield* accessFrom(tokens), "access-2")
    }))

  test("as well as the one after it is not renewed again within the cooldown", () =>
    Effect.gen(function* () {
      const { asked, grant } = counting(Infinity)
      const tokens = yield* open(grant, { cooldown: "5 seconds" })
      for (let turn = 0; turn < 20; turn += 1) yield* tokens.refused(yield* tokens.token)
      assert.strictEqual(asked.count, 2)
      yield* TestClock.adjust("5 seconds")
      assert.isTrue(yield* tokens.refused(yield* tokens.token))
      assert.strictEqual(asked.count, 3)
    }))

  test("is not renewed by those who were refused an older one", () =>
    Effect.gen(function* () {
      const { asked, grant } = counting(Infinity, 100)
      const tokens = yield* open(grant)
      const first = yield* fork(tokens.token)
      yield* TestClock.adjust(100)
      const one = yield* Fiber.join(first)
      const second = yield* fork(tokens.refused(one))
      yield* TestClock.adjust(100)
      yield* Fiber.join(second)
      yield* TestClock.adjust("1 minute")
      const two = yield* tokens.token
      const third = yield* fork(tokens.refused(two))
      const straggler = yield* fork(tokens.refused(one))
      yield* TestClock.adjust(100)
      assert.deepStrictEqual([yield* Fiber.join(third), yield* Fiber.join(straggler)], [true, true])
      assert.strictEqual(yield* accessFrom(tokens), "token-3")
      assert.strictEqual(asked.count, 3)
    }))

  test("while the token endpoint is left alone says at once that there is no other", () =>
    Effect.gen(function* () {
      const { grant, state } = failing(unavailable())
      state.fails = false
      const tokens = yield* open(grant, exact)
      const token = yield* tokens.token
      state.fails = true
      assert.isFalse(yield* tokens.refused(token))
      assert.isFalse(yield* tokens.refused(token))
      assert.strictEqual(state.asked, 2)
      assert.strictEqual(retryable(yield* Effect.flip(tokens.token)), "EndpointUnavailable")
    }))
})

describe("a token that is forgotten", () => {
  test("is named, gone, and not brought back by the renewal that was under way", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider, 100), exact, place)
      yield* tokens.token
      yield* TestClock.adjust("1 hour")
      const call = yield* fork(Effect.flip(tokens.token))
      yield* TestClock.adjust(50)
      const forgotten = yield* tokens.forget
      assert.strictEqual(forgotten === undefined ? "" : accessOf(forgotten), "access-1")
      yield* TestClock.adjust(100)
      yield* Fiber.join(call)
      assert.isUndefined(yield* place.store.get(owner))
      yield* TestClock.adjust("1 hour")
      assert.strictEqual(retryable(yield* Effect.flip(tokens.token)), "ReauthorizationRequired")
    }))

  test("is not brought back into the store by a login that came during a renewal, nor is the login lost", () =>
    Effect.gen(function* () {
      const { place, provider } = yield* session()
      const tokens = yield* open(refreshing(provider, 100), exact, place)
      yield* TestClock.adjust("1 hour")
      const call = yield* fork(accessFrom(tokens))
      yield* TestClock.adjust(50)
      const login = tokenFrom(provider.begin(), yield* Clock.currentTimeMillis)
      yield* tokens.set(login)
      yield* TestClock.adjust(100)
      yield* Effect.exit(Fiber.join(call))
      assert.strictEqual(yield* accessFrom(tokens), accessOf(login))
      assert.strictEqual(
        accessOf((yield* place.store.get(owner))?.token ?? assert.fail("nothing stored")),
        accessOf(login)
      )
    }))
})

describe("a clock that is off", () => {
  const tenMinutes = 600_000

  /** A provider that dates its tokens by a clock of its own. */
  const datedBy = (offset: number, lifeMillis: number) => {
    const asked = { count: 0 }
    const obtain = Effect.map(Clock.currentTimeMillis, (now) => {
      asked.count += 1
      return Token.make({
        accessToken: Redacted.make(`token-${asked.count}`),
        obtainedAt: now,
        expiresAt: now + offset + lifeMillis
      })
    })
    return { asked, grant: { obtain } satisfies Grant.Grant }
  }

  test("by ten minutes ahead makes a token of five minutes seem dead, which is used all the same", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const { asked, grant } = datedBy(-tenMinutes, 300_000)
      const tokens = yield* open(grant, { cooldown: "5 seconds" })
      for (let second = 0; second < 10; second += 1) {
        yield* tokens.token
        yield* TestClock.adjust("1 second")
      }
      assert.strictEqual(asked.count, 2)
    }))

  test("by ten minutes behind makes a token seem to serve that the provider refuses, which is renewed then", () =>
    Effect.gen(function* () {
      yield* TestClock.adjust("1 day")
      const { asked, grant } = datedBy(tenMinutes, 300_000)
      const tokens = yield* open(grant, exact)
      const token = yield* tokens.token
      yield* TestClock.adjust("6 minutes")
      assert.strictEqual(yield* tokens.token, token)
      assert.isTrue(yield* tokens.refused(token))
      assert.strictEqual(yield* accessFrom(tokens), "token-2")
      assert.strictEqual(asked.count, 2)
    }))

  test("does not matter where the provider says how long a token holds", () =>
    Effect.gen(function* () {
      for (const offset of [-tenMinutes, tenMinutes]) {
        yield* TestClock.setTime(86_400_000 + offset)
        const { asked, grant } = counting(60_000)
        const tokens = yield* open(grant, exact)
        yield* tokens.token
        yield* TestClock.adjust("49 seconds")
        yield* tokens.token
        assert.strictEqual(asked.count, 1)
        yield* TestClock.adjust("11 seconds")
        yield* tokens.token
        assert.strictEqual(asked.count, 2)
      }
    }))

  test("in another process by ten minutes either way costs at most a refusal", () =>
    Effect.gen(function* () {
      for (const offset of [-tenMinutes, tenMinutes]) {
        yield* TestClock.setTime(86_400_000)
        const place = newPlace()
        const provider = new RotatingProvider({ expiresInSeconds: 3_600 })
        yield* place.store.set(owner, tokenFrom(provider.begin(), 86_400_000 + offset))
        const tokens = yield* open(refreshing(provider), exact, place)
        yield* TestClock.adjust("61 minutes")
        const call = yield* fork(
          Effect.flatMap(tokens.token, (token) =>
            accessOf(token) === "access-1" ? Effect.andThen(tokens.refused(token), tokens.token) : Effect.succeed(token)
          )
        )
        yield* TestClock.adjust("1 second")
        assert.strictEqual(accessOf(yield* Fiber.join(call)), "access-2", `${offset}`)
        assert.strictEqual(provider.requests, 1)
      }
    }))
})

describe("the options", () => {
  it("that make no sense are refused where they are written, by name", () => {
    const nonsense: ReadonlyArray<readonly [string, Tokens.Options]> = [
      ["tokens.leeway", { leeway: -1 }],
      ["tokens.jitter", { jitter: 2 }],
      ["tokens.jitter", { jitter: Number.NaN }],
      ["tokens.cooldown", { cooldown: 0 }],
      ["tokens.maxCooldown", { maxCooldown: Infinity }],
      ["tokens.timeout", { timeout: 0 }],
      ["tokens.lease", { lease: "0 seconds" }]
    ]
    for (const [option, options] of nonsense) {
      try {
        Tokens.make(owner, {}, options)
        assert.fail(option)
      } catch (error) {
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.include(String(error), option)
      }
    }
    assert.throws(() => Tokens.make({ ...owner, tenant: "" }, {}), "tokens.tenant")
  })
})

describe("no secret", () => {
  const secrets = ["pl4nted-access", "pl4nted-refresh"]

  test("of a token shows in errors, what is printed, or the log", () =>
    Effect.gen(function* () {
      const lines: Array<string> = []
      const recording = Logger.layer([
        Logger.make((entry) => {
          lines.push(inspect(entry, { depth: 9, showHidden: true }))
        })
      ])
      const place = newPlace()
      const planted = Token.make({
        accessToken: Redacted.make("pl4nted-access"),
        refreshToken: Redacted.make("pl4nted-refresh"),
        obtainedAt: 0,
        expiresAt: 60_000
      })
      yield* place.store.set(owner, planted)
      const tokens = yield* open({ refresh: () => Effect.fail(unavailable()) }, exact, place)
      yield* Effect.gen(function* () {
        yield* tokens.token
        yield* TestClock.adjust("50 seconds")
        yield* tokens.token
        yield* TestClock.adjust("1 minute")
        const exit = yield* Effect.exit(tokens.token)
        lines.push(inspect(exit, { depth: 9, showHidden: true }), JSON.stringify(exit), String(exit))
        lines.push(inspect(tokens, { depth: 9, showHidden: true }), JSON.stringify(tokens), inspect(planted))
      }).pipe(Effect.provide(recording))
      assert.isAtLeast(lines.length, 6)
      for (const line of lines) for (const secret of secrets) assert.notInclude(line, secret)
    }))
})
