import { AuthError, Seal, Token, TokenStore } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"

export const owner = { integration: "test/Calendar", tenant: "acme" }

export const planted = ["pl4nted-access", "pl4nted-refresh", "pl4nted-id", "pl4nted-person"] as const

export const tokenOf = (accessToken: string, fields: Partial<Token.Token> = {}): Token.Token =>
  Token.make({ accessToken: Redacted.make(accessToken), obtainedAt: 0, ...fields })

const plantedToken = tokenOf(planted[0], {
  refreshToken: Redacted.make(planted[1]),
  idToken: Redacted.make(planted[2]),
  tokenType: "DPoP",
  obtainedAt: 12,
  expiresAt: 2 ** 40,
  scope: ["read", "write"],
  extra: { instance_url: "https://eu.example", nested: [1, null, { a: "ü" }] },
  refreshExpiresAt: 2 ** 41,
  secrets: { "authed_user.access_token": Redacted.make(planted[3]) }
})

const inTheOpen = (token: Token.Token | undefined) =>
  token === undefined ? undefined : { ...token, ...opened(token), secrets: opened(token.secrets ?? {}) }

const opened = (record: object): object =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, Redacted.isRedacted(value) ? Redacted.value(value) : value])
  )

const accessOf = (stored: TokenStore.Stored | undefined) =>
  stored === undefined ? undefined : Redacted.value(stored.token.accessToken)

export const keys = [Seal.generateKey("first"), Seal.generateKey("second")] as const

/** What every store of tokens does. The layer is built anew for each fact. */
export const tokenStoreSuite = <E>(name: string, layer: Layer.Layer<TokenStore.TokenStore, E>) => {
  const test = <A, E2>(fact: string, use: (store: TokenStore.TokenStore["Service"]) => Effect.Effect<A, E2>) =>
    it.effect(fact, () => Effect.provide(Effect.flatMap(TokenStore.TokenStore, use), Layer.fresh(layer)))

  describe(`tokens in ${name}`, () => {
    test("nothing is there at first", (store) =>
      Effect.gen(function* () {
        assert.isUndefined(yield* store.get(owner))
        yield* store.remove(owner)
      }))

    test("a token comes back as it was", (store) =>
      Effect.gen(function* () {
        const { version } = yield* store.set(owner, plantedToken)
        const stored = yield* store.get(owner)
        assert.deepStrictEqual(inTheOpen(stored?.token), inTheOpen(plantedToken))
        assert.strictEqual(stored?.version, version)
        const bare = tokenOf("bare")
        yield* store.set(owner, bare)
        assert.deepStrictEqual(inTheOpen((yield* store.get(owner))?.token), inTheOpen(bare))
      }))

    test("each integration and tenant has its own, whatever their names", (store) =>
      Effect.gen(function* () {
        const owners = [
          owner,
          { ...owner, tenant: "other" },
          { ...owner, integration: "test/Mail" },
          { integration: "a", tenant: "b/c" },
          { integration: "a/b", tenant: "c" },
          { integration: 'a","b', tenant: "c" },
          { integration: "a", tenant: 'b","c' },
          { integration: "ü", tenant: "../../etc/passwd" },
          { integration: "ü", tenant: "x".repeat(300) }
        ]
        yield* Effect.forEach(owners, (each, index) => store.set(each, tokenOf(`token ${index}`)))
        const found = yield* Effect.forEach(owners, (each) => Effect.map(store.get(each), accessOf))
        assert.deepStrictEqual(
          found,
          owners.map((_, index) => `token ${index}`)
        )
      }))

    test("a token is replaced only by naming the version that is there", (store) =>
      Effect.gen(function* () {
        const first = yield* store.replace(owner, tokenOf("one"), undefined)
        assert.strictEqual(accessOf(first), "one")
        assert.isUndefined(yield* store.replace(owner, tokenOf("two"), undefined))
        const second = yield* store.replace(owner, tokenOf("two"), first?.version)
        assert.strictEqual(accessOf(second), "two")
        assert.isUndefined(yield* store.replace(owner, tokenOf("three"), first?.version))
        assert.strictEqual(accessOf(yield* store.get(owner)), "two")
      }))

    test("a token that was removed is not brought back by who was too slow, and no version comes again", (store) =>
      Effect.gen(function* () {
        const { version } = yield* store.set(owner, tokenOf("one"))
        yield* store.remove(owner)
        assert.isUndefined(yield* store.get(owner))
        assert.isUndefined(yield* store.replace(owner, tokenOf("late"), version))
        yield* store.set(owner, tokenOf("one"))
        assert.isUndefined(yield* store.replace(owner, tokenOf("late"), version))
      }))

    test("of 20 that replace the same version at once one succeeds", (store) =>
      Effect.gen(function* () {
        const { version } = yield* store.set(owner, tokenOf("before"))
        const replaced = yield* Effect.all(
          Array.from({ length: 20 }, (_, index) => store.replace(owner, tokenOf(`after ${index}`), version)),
          { concurrency: "unbounded" }
        )
        const winners = replaced.filter((stored) => stored !== undefined)
        assert.lengthOf(winners, 1)
        assert.strictEqual(accessOf(yield* store.get(owner)), accessOf(winners[0]))
      }))
  })
}

/** What is written down, and how somebody with access to it moves or changes it. */
export interface Disk {
  /** Everything that is written, as text. */
  readonly everything: Effect.Effect<string>
  /** Writes the sealed token of one owner where that of another is. */
  readonly move: (from: TokenStore.Owner, to: TokenStore.Owner) => Effect.Effect<void>
  /** Changes one character of a sealed token. */
  readonly alter: (owner: TokenStore.Owner) => Effect.Effect<void>
}

export const alteredText = (sealed: string): string =>
  sealed.slice(0, -6) + (sealed.at(-6) === "A" ? "B" : "A") + sealed.slice(-5)

/** What every store does that writes tokens down. `open` makes it over what is on the disk, with these keys. */
export const sealedStoreSuite = <R, E, E2>(
  name: string,
  layer: Layer.Layer<R, E>,
  open: Effect.Effect<TokenStore.TokenStore["Service"], E2, R | Seal.Seal>,
  disk: Effect.Effect<Disk, never, R>
) => {
  const test = <A, E3>(fact: string, program: Effect.Effect<A, E3, R>) =>
    it.effect(fact, () => Effect.provide(program, Layer.fresh(layer)))

  const opening = (...those: readonly [Seal.Key, ...ReadonlyArray<Seal.Key>]) =>
    Effect.provideService(open, Seal.Seal, Seal.make(those))

  const [first, second] = keys

  describe(`tokens sealed in ${name}`, () => {
    test(
      "none of their secrets is found in what is written",
      Effect.gen(function* () {
        const store = yield* opening(first)
        yield* store.set(owner, plantedToken)
        const written = yield* Effect.flatMap(disk, ({ everything }) => everything)
        assert.include(written, "v1.first.")
        for (const secret of planted) {
          for (const form of [
            secret,
            encodeURIComponent(secret),
            Buffer.from(secret).toString("base64").slice(0, -3)
          ]) {
            assert.notInclude(written, form)
          }
        }
      })
    )

    test(
      "a row that was moved to another tenant or integration does not open",
      Effect.gen(function* () {
        const store = yield* opening(first)
        yield* store.set(owner, plantedToken)
        for (const other of [
          { ...owner, tenant: "other" },
          { ...owner, integration: "test/Mail" }
        ]) {
          yield* store.set(other, tokenOf("theirs"))
          yield* Effect.flatMap(disk, ({ move }) => move(owner, other))
          const error = yield* Effect.flip(store.get(other))
          assert.deepStrictEqual(error.reason, new AuthError.SealBroken({ keyId: "first", why: "altered" }))
          assert.strictEqual(error.integration, other.integration)
        }
        assert.strictEqual(accessOf(yield* store.get(owner)), planted[0])
      })
    )

    test(
      "a row that was altered does not open",
      Effect.gen(function* () {
        const store = yield* opening(first)
        yield* store.set(owner, plantedToken)
        yield* Effect.flatMap(disk, ({ alter }) => alter(owner))
        const error = yield* Effect.flip(store.get(owner))
        assert.strictEqual(error.reason._tag, "SealBroken")
        for (const secret of planted) assert.notInclude(JSON.stringify(error) + String(error), secret)
      })
    )

    test(
      "the first key seals and all of them open; what is sealed anew needs the first only",
      Effect.gen(function* () {
        const before = yield* opening(first)
        const others = Array.from({ length: 7 }, (_, index) => ({ ...owner, tenant: `tenant ${index}` }))
        yield* Effect.forEach(others, (each) => before.set(each, tokenOf(each.tenant)))
        const rotated = yield* opening(second, first)
        yield* rotated.set(owner, plantedToken)
        const versions = yield* Effect.forEach(others, (each) => rotated.get(each))
        assert.deepStrictEqual(
          versions.map(accessOf),
          others.map((each) => each.tenant)
        )

        const after = yield* opening(second)
        const refused = yield* Effect.flip(after.get({ ...owner, tenant: "tenant 0" }))
        assert.deepStrictEqual(refused.reason, new AuthError.SealBroken({ keyId: "first", why: "unknown key" }))

        assert.strictEqual(yield* rotated.reseal, 7)
        assert.strictEqual(yield* rotated.reseal, 0)
        const resealed = yield* Effect.forEach(others, (each) => after.get(each))
        assert.deepStrictEqual(resealed.map(accessOf), versions.map(accessOf))
        assert.deepStrictEqual(
          resealed.map((stored) => stored?.version),
          versions.map((stored) => stored?.version)
        )
        const written = yield* Effect.flatMap(disk, ({ everything }) => everything)
        assert.notInclude(written, "v1.first.")
      })
    )
  })
}
