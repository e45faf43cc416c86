/** ID tokens that must not be believed, and keys that change. */
import { type AuthError, AuthorizationCode, OAuth, type Token } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect } from "effect"
import { TestClock } from "effect/testing"
import { inspect } from "node:util"
import * as jose from "jose"
import { answering, clientId, clientOver, endpoints, issuer, type Setting } from "./answering.ts"

const now = Date.parse("2026-11-26T12:00:00Z")
const seconds = now / 1_000

const keyOf = async (kid: string, alg = "RS256") => {
  const { privateKey, publicKey } = await jose.generateKeyPair(alg, { extractable: true })
  return { alg, kid, privateKey, publicJwk: { ...(await jose.exportJWK(publicKey)), kid, alg, use: "sig" } }
}

type Key = Awaited<ReturnType<typeof keyOf>>

const [first, second, foreign] = await Promise.all([keyOf("first"), keyOf("second"), keyOf("first")])

const claimsFor = (nonce: string | undefined) => ({
  iss: issuer,
  aud: clientId,
  sub: "alice",
  iat: seconds,
  exp: seconds + 300,
  ...(nonce !== undefined && { nonce })
})

type Claims = Readonly<Record<string, unknown>>

const sign = ({ alg, kid, privateKey }: Key, claims: Claims, header: object = {}) =>
  new jose.SignJWT({ ...claims }).setProtectedHeader({ alg, kid, ...header }).sign(privateKey, { crit: { b64: true } })

interface World extends Setting {
  /** Undefined while the endpoint of the keys is down. */
  readonly keys?: () => ReadonlyArray<Key> | undefined
  /** Added to the answer of the token endpoint, such as its date. */
  readonly headers?: Readonly<Record<string, string>>
}

/** A client, and how it logs in: what the token endpoint sends is made from the nonce of the login. */
const world = ({ headers = {}, keys = () => [first], ...setting }: World = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    let idToken: string | undefined
    let fetched = 0
    const { client: http, requests } = answering((request) => {
      if (!request.url.endsWith("/keys")) {
        const body = { access_token: "t", token_type: "Bearer", refresh_token: "r", id_token: idToken }
        return Response.json(body, { headers })
      }
      fetched += 1
      const served = keys()
      return served === undefined
        ? new Response("busy", { status: 503 })
        : Response.json({ keys: served.map(({ publicJwk }) => publicJwk) })
    })
    const server = { jwksUri: `${issuer}/keys`, ...setting.server }
    const client = yield* clientOver(http, { ...setting, server })
    const login = (
      make: (claims: Claims) => string | Promise<string>,
      options: Partial<AuthorizationCode.Options> = {}
    ) =>
      Effect.gen(function* () {
        const begun = yield* AuthorizationCode.begin(client, {
          redirectUri: "https://app.example/callback",
          scope: "openid",
          ...options
        })
        const made = yield* Effect.promise(async () => make(claimsFor(begun.nonce)))
        idToken = made
        return yield* AuthorizationCode.finish(client, begun, new URLSearchParams({ code: "c", state: begun.state }))
      })
    const refresh = (make: () => Promise<string>, before: Token.Token) =>
      Effect.gen(function* () {
        idToken = yield* Effect.promise(make)
        return yield* OAuth.refresh(client, before)
      })
    const exchanged = () => requests.filter(({ url }) => url === endpoints.tokenEndpoint).length
    return { login, refresh, exchanged, fetched: () => fetched }
  })

const reasonOf = ({ reason }: AuthError.AuthError): string =>
  reason._tag === "InvalidToken" || reason._tag === "InvalidCallback" ? `${reason._tag} ${reason.why}` : reason._tag

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")

const unbelievable: Readonly<
  Record<string, readonly [make: (claims: Claims) => string | Promise<string>, why: string]>
> = {
  "signed by another's key of the same name": [(claims) => sign(foreign, claims), "InvalidToken signature"],
  "whose claims were altered": [
    async (claims) => {
      const [header, , signature] = (await sign(first, claims)).split(".")
      return [header, encode({ ...claims, sub: "mallory" }), signature].join(".")
    },
    "InvalidToken signature"
  ],
  "that is not signed": [(claims) => `${encode({ alg: "none" })}.${encode(claims)}.`, "InvalidToken alg"],
  "signed with the public key as a secret": [
    async (claims) =>
      new jose.SignJWT({ ...claims })
        .setProtectedHeader({ alg: "HS256", kid: "first" })
        .sign(new TextEncoder().encode(JSON.stringify(first.publicJwk))),
    "InvalidToken alg"
  ],
  "signed with a key that nobody knows": [(claims) => sign(second, claims), "InvalidToken kid"],
  "of another issuer": [(claims) => sign(first, { ...claims, iss: "https://evil.example" }), "InvalidToken iss"],
  "of an issuer with a slash": [(claims) => sign(first, { ...claims, iss: `${issuer}/` }), "InvalidToken iss"],
  "for another client": [(claims) => sign(first, { ...claims, aud: "an0th3r" }), "InvalidToken aud"],
  "for several clients, authorized for another": [
    (claims) => sign(first, { ...claims, aud: [clientId, "an0th3r"], azp: "an0th3r" }),
    "InvalidToken azp"
  ],
  "for several clients without a word for which": [
    (claims) => sign(first, { ...claims, aud: [clientId, "an0th3r"] }),
    "InvalidToken aud"
  ],
  "of another login": [(claims) => sign(first, { ...claims, nonce: "an0th3r" }), "InvalidCallback nonce"],
  "without a nonce": [({ nonce: _, ...claims }) => sign(first, claims), "InvalidCallback nonce"],
  "that has ended": [(claims) => sign(first, { ...claims, exp: seconds - 60 }), "InvalidToken exp"],
  "without an end": [({ exp: _, ...claims }) => sign(first, claims), "InvalidToken exp"],
  "that ends in text": [(claims) => sign(first, { ...claims, exp: "later" }), "InvalidToken exp"],
  "without a subject": [({ sub: _, ...claims }) => sign(first, claims), "InvalidToken sub"],
  "issued in the future": [(claims) => sign(first, { ...claims, iat: seconds + 600 }), "InvalidToken iat"],
  "that does not hold yet": [(claims) => sign(first, { ...claims, nbf: seconds + 600 }), "InvalidToken nbf"],
  "with a header that must be understood": [
    (claims) => sign(first, claims, { crit: ["b64"], b64: true }),
    "InvalidToken crit"
  ],
  "that is no JWT": [() => "n0n3", "InvalidToken form"]
}

describe("an ID token", () => {
  it.effect("that holds is believed", () =>
    Effect.gen(function* () {
      const { login } = yield* world()
      const token = yield* login((claims) => sign(first, claims))
      assert.strictEqual(OAuth.idTokenClaims(token)?.["sub"], "alice")
    }).pipe(Effect.scoped)
  )

  for (const [name, [make, why]] of Object.entries(unbelievable)) {
    it.effect(`${name} is not believed: ${why}`, () =>
      Effect.gen(function* () {
        const { login } = yield* world()
        const error = yield* Effect.flip(login(make))
        assert.strictEqual(reasonOf(error), why)
      }).pipe(Effect.scoped)
    )
  }

  it.effect("of a server without a name cannot be checked", () =>
    Effect.gen(function* () {
      const { login } = yield* world({ server: { issuer: undefined } })
      assert.strictEqual(reasonOf(yield* Effect.flip(login((claims) => sign(first, claims)))), "InvalidToken issuer")
    }).pipe(Effect.scoped)
  )

  it.effect("says when the person has proved who they are, where that is asked for", () =>
    Effect.gen(function* () {
      const { login } = yield* world()
      const at = (auth_time: number | undefined) =>
        login((claims) => sign(first, { ...claims, auth_time }), { maxAge: "1 minute" })
      assert.isDefined(yield* at(seconds - 60))
      assert.strictEqual(reasonOf(yield* Effect.flip(at(seconds - 600))), "InvalidToken auth_time")
      assert.include(reasonOf(yield* Effect.flip(at(undefined))), "InvalidToken")
    }).pipe(Effect.scoped)
  )

  it.effect("of a refresh is still the same person's", () =>
    Effect.gen(function* () {
      const { login, refresh } = yield* world()
      const token = yield* login((claims) => sign(first, claims))
      const claims = claimsFor(undefined)
      const next = yield* refresh(() => sign(first, claims), token)
      assert.strictEqual(OAuth.idTokenClaims(next)?.["sub"], "alice")
      const error = yield* Effect.flip(refresh(() => sign(first, { ...claims, sub: "mallory" }), token))
      assert.strictEqual(reasonOf(error), "InvalidToken sub")
    }).pipe(Effect.scoped)
  )

  for (const by of [600_000, -600_000]) {
    it.effect(`is refused for our clock when that is ten minutes ${by > 0 ? "ahead" : "behind"}`, () =>
      Effect.gen(function* () {
        const theirs = now - by
        const { login } = yield* world({ headers: { date: new Date(theirs).toUTCString() } })
        const times = { iat: theirs / 1_000, exp: theirs / 1_000 + 300 }
        const { reason } = yield* Effect.flip(login((claims) => sign(first, { ...claims, ...times })))
        if (reason._tag !== "ClockSkew") return assert.fail(reason._tag)
        assert.strictEqual(Duration.toMillis(reason.by), by)
      }).pipe(Effect.scoped)
    )
  }
})

describe("the keys of a server", () => {
  it.effect("are fetched once, and again when a token names one that is not among them", () =>
    Effect.gen(function* () {
      let keys = [first]
      const { fetched, login } = yield* world({ keys: () => keys })
      yield* login((claims) => sign(first, claims))
      yield* login((claims) => sign(first, claims))
      assert.strictEqual(fetched(), 1)
      keys = [second]
      yield* login((claims) => sign(second, claims))
      assert.strictEqual(fetched(), 2)
    }).pipe(Effect.scoped)
  )

  it.effect("are not asked for over and over by names that were made up", () =>
    Effect.gen(function* () {
      const { fetched, login } = yield* world()
      for (let count = 0; count < 20; count += 1) {
        yield* Effect.flip(login((claims) => sign(first, claims, { kid: `made-up-${count}` })))
      }
      assert.strictEqual(fetched(), 2)
      yield* login((claims) => sign(first, claims))
    }).pipe(Effect.scoped)
  )

  it.effect("are left out of what is said of a token, and so is what it says", () =>
    Effect.gen(function* () {
      const { login } = yield* world()
      const error = yield* Effect.flip(login((claims) => sign(first, { ...claims, aud: "pl4nt3d" })))
      assert.notInclude(JSON.stringify(error) + error.message, "pl4nt3d")
      assert.notInclude(inspect(error, { depth: 9 }), "pl4nt3d")
    }).pipe(Effect.scoped)
  )

  it.effect("are there before a code is used, which is good once", () =>
    Effect.gen(function* () {
      const served: { keys?: ReadonlyArray<Key> } = {}
      const { exchanged, login } = yield* world({ keys: () => served.keys })
      const error = yield* Effect.flip(login((claims) => sign(first, claims)))
      assert.strictEqual(error.reason._tag, "EndpointUnavailable")
      assert.strictEqual(exchanged(), 0)
      served.keys = [first]
      yield* TestClock.adjust("5 seconds")
      yield* login((claims) => sign(first, claims))
    }).pipe(Effect.scoped)
  )

  it.effect("that cannot be had cost nobody their session: a refresh goes on with the ID token of before", () =>
    Effect.gen(function* () {
      let keys: ReadonlyArray<Key> | undefined = [first]
      const { login, refresh } = yield* world({ keys: () => keys })
      const token = yield* login((claims) => sign(first, claims))
      keys = undefined
      yield* TestClock.adjust("2 hours")
      const later = { iat: seconds + 7_200, exp: seconds + 7_500 }
      const next = yield* refresh(() => sign(second, { ...claimsFor(undefined), ...later }), token)
      assert.strictEqual(next.idToken, token.idToken)
      assert.isDefined(next.refreshToken)
    }).pipe(Effect.scoped)
  )

  it.effect("are the same for a refresh whose ID token our clock cannot judge", () =>
    Effect.gen(function* () {
      const { login, refresh } = yield* world({ headers: { date: new Date(now - 600_000).toUTCString() } })
      const token = yield* login((claims) => sign(first, claims))
      const past = { iat: seconds - 600, exp: seconds - 300 }
      const next = yield* refresh(() => sign(first, { ...claimsFor(undefined), ...past }), token)
      assert.strictEqual(next.idToken, token.idToken)
      const foreign = { ...claimsFor(undefined), iss: "https://evil.example" }
      assert.strictEqual(reasonOf(yield* Effect.flip(refresh(() => sign(first, foreign), token))), "InvalidToken iss")
    }).pipe(Effect.scoped)
  )
})
