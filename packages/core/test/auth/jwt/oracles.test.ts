/**
 * Random tokens, and real ones that were altered, before jose, jsonwebtoken and fast-jwt, each as strict as it can be set:
 * whatever we accept, they all accept; and whatever they all accept, we refuse only for what we are known to be stricter in.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { TestClock } from "effect/testing"
import { createVerifier } from "fast-jwt"
import * as jose from "jose"
import jsonwebtoken from "jsonwebtoken"
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { JwtKey, JwtVerifier } from "@causeway/core/auth"
import { pairs, publicText, secretText } from "./keys.ts"

const issuer = "https://as.example"
const audience = "https://api.example"
const count = process.env["CAUSEWAY_LONG"] === "1" ? 20_000 : 1_000

type Algorithm = "HS256" | "RS256" | "ES256" | "EdDSA"

/** A sequence that looks random and is the same in each run. */
const randomFrom = (seed: number) => {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const strangers: Readonly<Record<string, KeyObject>> = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  EdDSA: generateKeyPairSync("ed25519").privateKey
}

const signatureOf = (alg: Algorithm, signed: string, stranger: boolean): Buffer => {
  const data = Buffer.from(signed)
  if (alg === "HS256")
    return createHmac("sha256", stranger ? "x".repeat(64) : secretText)
      .update(data)
      .digest()
  const key = (stranger ? strangers[alg] : undefined) ?? pairs[alg].privateKey
  if (alg === "EdDSA") return sign(null, data, key)
  return sign("sha256", data, alg === "ES256" ? { key, dsaEncoding: "ieee-p1363" } : key)
}

class Maker {
  readonly #random: () => number
  readonly #alg: Algorithm
  readonly #now: number

  constructor(seed: number, alg: Algorithm, now: number) {
    this.#random = randomFrom(seed)
    this.#alg = alg
    this.#now = now
  }

  #one<A>(values: ReadonlyArray<A>): A {
    // The index is below the length.
    return values[Math.floor(this.#random() * values.length)] as A
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }

  #time(): unknown {
    const seconds = Math.floor(this.#now / 1000)
    return this.#one<unknown>([
      ...[-600, -1, 0, 1, 600].map((by) => seconds + by),
      ...[-0.5, 0.3, 0.5].map((by) => seconds + by),
      this.#now / 1000,
      0,
      -1,
      1e15,
      1e308,
      null,
      true,
      "",
      String(seconds + 600),
      [seconds + 600],
      {}
    ])
  }

  #claims(): string {
    const seconds = Math.floor(this.#now / 1000)
    const claims: Record<string, unknown> = {
      iss: issuer,
      aud: audience,
      sub: "ada",
      iat: seconds - 5,
      exp: seconds + 60
    }
    if (this.#chance(0.2)) claims["exp"] = this.#time()
    if (this.#chance(0.15)) claims["nbf"] = this.#time()
    if (this.#chance(0.1)) claims["iat"] = this.#time()
    if (this.#chance(0.1))
      claims["aud"] = this.#one<unknown>([
        [audience],
        ["x", audience],
        [],
        "x",
        7,
        null,
        { 0: audience },
        `${audience}/`
      ])
    if (this.#chance(0.1)) claims["iss"] = this.#one<unknown>([[issuer], "x", 7, null, `${issuer}/`, ""])
    if (this.#chance(0.1)) claims["sub"] = this.#one<unknown>([7, null, "", ["ada"], "ädä 🦆"])
    if (this.#chance(0.1)) delete claims[this.#one(["iss", "aud", "exp", "iat", "sub"])]
    const text = JSON.stringify(claims)
    if (this.#chance(0.95)) return text
    return this.#one([
      `{"exp":1,${text.slice(1)}`,
      `${text.slice(0, -1)},"exp":9999999999}`,
      `[${text}]`,
      text.slice(0, -1),
      ` ${text}\n`,
      `{"__proto__":{"exp":9999999999},${text.slice(1)}`,
      "null",
      `"${issuer}"`
    ])
  }

  #header(): string {
    const header: Record<string, unknown> = { alg: this.#alg, typ: "JWT", kid: "k" }
    if (this.#chance(0.1))
      header["alg"] = this.#one<unknown>([
        "none",
        "None",
        "HS256",
        "RS256",
        "ES256",
        "EdDSA",
        "HS512",
        "",
        null,
        7,
        [this.#alg]
      ])
    if (this.#chance(0.1)) header["typ"] = this.#one<unknown>(["jwt", "at+jwt", "dpop+jwt", "", 7, null])
    if (this.#chance(0.1)) header["kid"] = this.#one<unknown>(["other", "", 7, null, "../k"])
    if (this.#chance(0.1)) delete header[this.#one(["typ", "kid", "alg"])]
    if (this.#chance(0.08)) header["crit"] = this.#one<unknown>([[], ["exp"], ["b64"], ["x"], "x", null])
    if (this.#chance(0.05)) header["b64"] = this.#one<unknown>([true, false, "false"])
    if (this.#chance(0.05)) header["jwk"] = pairs.RS256.publicKey.export({ format: "jwk" })
    if (this.#chance(0.05)) header["x"] = this.#one<unknown>([1, { a: [1] }, "ü"])
    const text = JSON.stringify(header)
    return this.#chance(0.95)
      ? text
      : this.#one([`{"alg":"none",${text.slice(1)}`, `${text.slice(0, -1)},"kid":"k"}`, text.slice(1)])
  }

  #altered(token: string): string {
    const at = Math.floor(this.#random() * token.length)
    const [header = "", payload = "", signature = ""] = token.split(".")
    const other = this.#one([..."Aa0_-.+/= \n\u0000é"])
    return this.#one([
      token.slice(0, at) + other + token.slice(at + 1),
      token.slice(0, at) + token.slice(at + 1),
      token.slice(0, at) + other + token.slice(at),
      token.slice(0, at),
      `${token}${other}`,
      `${other}${token}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}..${signature}`,
      `${payload}.${header}.${signature}`,
      `${header}.${payload}.${signature}.${signature}`,
      `${header}.${payload}.${signature.slice(0, -1)}${this.#one([..."ABCDEFGHabcdefgh01234567"])}`,
      token.toLowerCase()
    ])
  }

  next(): string {
    const signed = [this.#header(), this.#claims()].map((part) => Buffer.from(part).toString("base64url")).join(".")
    const token = `${signed}.${signatureOf(this.#alg, signed, this.#chance(0.05)).toString("base64url")}`
    return this.#chance(0.2) ? this.#altered(token) : token
  }
}

type Oracle = (token: string) => Promise<boolean>

const accepts = async (verify: () => unknown): Promise<boolean> => {
  try {
    await verify()
    return true
  } catch {
    return false
  }
}

const oraclesFor = (alg: Algorithm, now: number): Readonly<Record<string, Oracle>> => {
  const key = pairs[alg].publicKey
  const fast = createVerifier({
    key: publicText(alg),
    algorithms: [alg],
    allowedIss: issuer,
    allowedAud: audience,
    requiredClaims: ["iss", "aud", "exp"],
    clockTimestamp: now
  })
  const options = { algorithms: [alg], issuer, audience, requiredClaims: ["exp"], currentDate: new Date(now) }
  return {
    jose: (token) => accepts(() => jose.jwtVerify(token, key, options)),
    "fast-jwt": (token) => accepts(() => fast(token)),
    ...(alg !== "EdDSA" && {
      jsonwebtoken: (token: string) =>
        accepts(() =>
          jsonwebtoken.verify(token, key, {
            algorithms: [alg],
            issuer,
            audience,
            clockTimestamp: Math.floor(now / 1000)
          })
        )
    })
  }
}

/** What is refused for these reasons alone may be accepted by others: none of them looks that closely. */
const stricter = new Set(["form", "critical", "type", "key", "issued", "claims", "header", "expired", "not yet valid"])

describe("before jose, jsonwebtoken and fast-jwt", () => {
  for (const [seed, alg] of (["HS256", "RS256", "ES256", "EdDSA"] as const).entries()) {
    it.effect(
      `nothing is accepted of ${count} tokens by ${alg} that one of them refuses`,
      () =>
        Effect.gen(function* () {
          const now = 1_764_000_000_700
          yield* TestClock.setTime(now)
          const keys = yield* JwtKey.verifying(publicText(alg), { alg, kid: "k" })
          const verifier = JwtVerifier.make({ keys, algorithms: [alg], issuer, audience, tolerance: 0 })
          const maker = new Maker(seed + 1, alg, now)
          const oracles = Object.entries(oraclesFor(alg, now))
          let accepted = 0
          let refusedByAll = 0
          for (let made = 0; made < count; made++) {
            const token = maker.next()
            const ours = yield* Effect.result(verifier.verify(token))
            const theirs = yield* Effect.promise(() => Promise.all(oracles.map(([, accepts]) => accepts(token))))
            if (Result.isSuccess(ours)) {
              accepted++
              assert.deepStrictEqual(
                theirs,
                theirs.map(() => true),
                `we accept ${token}`
              )
            } else if (theirs.every((accepts) => accepts)) {
              const { reason } = ours.failure
              const why = reason._tag === "InvalidToken" ? reason.why : reason._tag
              assert.isTrue(stricter.has(why), `we refuse ${token}: ${ours.failure.message}`)
            } else if (theirs.every((accepts) => !accepts)) refusedByAll++
          }
          assert.isAbove(accepted, count / 10)
          assert.isAbove(refusedByAll, count / 10)
        }),
      1_200_000
    )
  }
})
