import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { createHmac, createSecretKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { inspect } from "node:util"
import { AuthError, Jwt, JwtKey, JwtVerifier } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import vectors from "../vectors/jws.json" with { type: "json" }
import { algorithms, encode, pairs, partOf, pemOf, privateText, publicText, secretText, signedBy } from "./keys.ts"
import { everythingThatPrints } from "./printing.ts"

const now = 1_764_000_000_000
const seconds = now / 1000

const good = { iss: "https://as.example", aud: "https://api.example", sub: "ada", iat: seconds, exp: seconds + 600 }

const rules = { algorithms: ["RS256"], issuer: good.iss, audience: good.aud } as const

const rs256 = JwtKey.verifying(publicText("RS256"), { alg: "RS256", kid: "one" })

const verifierWith = (options: Partial<JwtVerifier.Options> = {}) =>
  Effect.map(rs256, (keys) => JwtVerifier.make({ ...rules, keys, ...options }))

/** Verifies at the time of these tests, and tells why not. */
const verdict = (token: string, options: Partial<JwtVerifier.Options> = {}) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const verifier = yield* verifierWith(options)
    const result = yield* Effect.result(verifier.verify(token))
    if (result._tag === "Success") return "accepted"
    const { reason } = result.failure
    return reason._tag === "InvalidToken" ? reason.why : reason._tag
  })

const rsa = pairs.RS256.privateKey

const tokenOf = (claims: object, header: object = { alg: "RS256", kid: "one" }, key: KeyObject = rsa) =>
  signedBy(key, JSON.stringify(header), JSON.stringify(claims))

const refusals = (
  about: string,
  cases: ReadonlyArray<readonly [what: string, token: string, why: string, options?: Partial<JwtVerifier.Options>]>
) =>
  describe(`${about}`, () => {
    for (const [what, token, why, options] of cases) {
      it.effect(what, () => Effect.map(verdict(token, options), (told) => assert.strictEqual(told, why)))
    }
  })

describe("a token is accepted", () => {
  for (const alg of algorithms) {
    it.effect(`that was signed by ${alg}, and not when a bit of its signature was turned`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now)
        const signing = yield* JwtKey.signing(privateText(alg), { alg, kid: "k" })
        const verifier = JwtVerifier.make({
          ...rules,
          algorithms: [alg],
          keys: yield* JwtKey.verifying(publicText(alg), { alg, kid: "k" })
        })
        const token = Redacted.value(
          yield* Jwt.sign(signing, { iss: good.iss, aud: [good.aud, "other"], sub: "ada", lifetime: "5 minutes" })
        )
        const { claims, header, until } = yield* verifier.verify(token)
        assert.deepStrictEqual(
          [claims.sub, claims.exp, header, until],
          ["ada", seconds + 300, { alg, kid: "k", typ: "jwt" }, now + 330_000]
        )
        const { reason } = yield* Effect.flip(verifier.verify(altered(token)))
        assert.include(reason, { _tag: "InvalidToken", why: "signature" })
      })
    )
  }

  it.effect("whose claims come out as the schema says", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const verifier = JwtVerifier.make({
        ...rules,
        keys: yield* rs256,
        claims: Schema.Struct({
          sub: Schema.String,
          since: Schema.FiniteFromString,
          role: Schema.Literals(["admin", "guest"])
        })
      })
      const { claims } = yield* verifier.verify(tokenOf({ ...good, since: "7", role: "admin" }))
      assert.deepStrictEqual(claims, { sub: "ada", since: 7, role: "admin" })
      expectTypeOf(claims).toEqualTypeOf<{
        readonly sub: string
        readonly since: number
        readonly role: "admin" | "guest"
      }>()
      const error = yield* Effect.flip(verifier.verify(tokenOf({ ...good, since: "7", role: "planted-role" })))
      assert.include(error.reason, { _tag: "InvalidToken", why: "claims" })
      assert.include(error.message, "role")
      assert.notInclude(error.message + inspect(error, { depth: 9 }), "planted-role")
    })
  )

  for (const [what, options] of [
    ["of one of several issuers and audiences", { issuer: ["x", good.iss], audience: ["y", good.aud] }],
    ["whose typ is the one that is asked for, in any of its spellings", { typ: "application/AT+JWT" }],
    ["about the subject that is asked for", { subject: "ada" }]
  ] as const) {
    it.effect(what, () =>
      Effect.map(verdict(tokenOf(good, { alg: "RS256", kid: "one", typ: "at+jwt" }), options), (told) =>
        assert.strictEqual(told, "accepted")
      )
    )
  }

  it.effect("without a kid, by the key among several that has signed it", () =>
    Effect.gen(function* () {
      const other = pemOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey)
      const keys = [yield* JwtKey.verifying(other, { alg: "RS256", kid: "zero" }), yield* rs256]
      assert.strictEqual(yield* verdict(tokenOf(good, { alg: "RS256" }), { keys }), "accepted")
      assert.strictEqual(yield* verdict(tokenOf(good, { alg: "RS256", kid: "zero" }), { keys }), "signature")
    })
  )

  it.effect("with extensions in its header that need not be understood", () =>
    Effect.map(verdict(tokenOf(good, { alg: "RS256", kid: "one", x5t: "abc", custom: { a: 1 } })), (told) =>
      assert.strictEqual(told, "accepted")
    )
  )
})

describe("the published tokens", () => {
  for (const { alg, id, jwk, token } of vectors.vectors.filter(({ alg }) => alg !== "EdDSA")) {
    it.effect(`${id} verifies, until a bit of it is turned`, () =>
      Effect.gen(function* () {
        const key = yield* JwtKey.verifying(jwk, { alg: alg as JwtKey.Algorithm })
        const [header = "", payload = "", signature = ""] = token.split(".")
        assert.isTrue(key.verify(`${header}.${payload}`, Buffer.from(signature, "base64url")))
        assert.isFalse(key.verify(`${header}.${payload}`, Buffer.from(altered(token).split(".")[2] ?? "", "base64url")))
        yield* TestClock.setTime(1_300_819_379_000)
        // It has no audience, which this verifier asks for: its signature was accepted before that was seen.
        const verifier = JwtVerifier.make({ keys: key, algorithms: [key.alg], issuer: "joe", audience: "any" })
        const { reason } = yield* Effect.flip(verifier.verify(token))
        assert.include(reason, { why: "audience" })
      })
    )
  }

  it.effect("rfc8037-a4-eddsa verifies, whose payload is no JSON", () =>
    Effect.gen(function* () {
      const { jwk, payload, token } = vectors.vectors.find(({ id }) => id === "rfc8037-a4-eddsa")!
      const key = yield* JwtKey.verifying(jwk, { alg: "EdDSA" })
      const [header = "", encoded = "", signature = ""] = token.split(".")
      assert.strictEqual(Buffer.from(encoded, "base64url").toString(), payload)
      assert.isTrue(key.verify(`${header}.${encoded}`, Buffer.from(signature, "base64url")))
      const verifier = JwtVerifier.make({ keys: key, algorithms: ["EdDSA"], issuer: "joe", audience: "any" })
      const { reason } = yield* Effect.flip(verifier.verify(token))
      assert.include(reason, { why: "form" })
    })
  )
})

const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 })
const strangerJwk = stranger.publicKey.export({ format: "jwk" })
const unsigned = `${encode({ alg: "none" })}.${encode(good)}.`

refusals("whoever attacks is refused", [
  ["with alg none and no signature", unsigned, "algorithm"],
  ["with alg none and a signature", `${unsigned}AAAA`, "algorithm"],
  ["with alg none in another case", `${encode({ alg: "nOnE" })}.${encode(good)}.AAAA`, "algorithm"],
  ["with alg of an object's own member", `${encode({ alg: "constructor" })}.${encode(good)}.AAAA`, "algorithm"],
  ["with the public key in PEM as the secret of HS256", confused(publicText("RS256")), "algorithm"],
  [
    "with the public key in DER as the secret of HS256",
    confused(pairs.RS256.publicKey.export({ type: "spki", format: "der" })),
    "algorithm"
  ],
  [
    "with the public key as a secret, where HS256 is accepted too",
    confused(publicText("RS256")),
    "key",
    { algorithms: ["RS256", "HS256"] }
  ],
  [
    "with a key of its own in the header",
    tokenOf(good, { alg: "RS256", jwk: strangerJwk }, stranger.privateKey),
    "signature"
  ],
  [
    "with a key of its own under our name",
    tokenOf(good, { alg: "RS256", kid: "one", jwk: { ...strangerJwk, kid: "one" } }, stranger.privateKey),
    "signature"
  ],
  [
    "with a certificate chain in the header",
    tokenOf(good, { alg: "RS256", x5c: ["MIIB"] }, stranger.privateKey),
    "signature"
  ],
  ["with a name that no key has", tokenOf(good, { alg: "RS256", kid: "../../dev/null" }), "key"],
  ["with a name that is no text", tokenOf(good, { alg: "RS256", kid: { $ne: "" } }), "header"],
  ["with another algorithm of the same key", tokenOf(good, { alg: "RS512", kid: "one" }), "algorithm"],
  ["with an extension that must be understood", tokenOf(good, { alg: "RS256", crit: ["exp2"], exp2: 1 }), "critical"],
  ["with an empty list of such extensions", tokenOf(good, { alg: "RS256", crit: [] }), "critical"],
  ["with an unencoded payload (b64)", tokenOf(good, { alg: "RS256", b64: false, crit: ["b64"] }), "critical"],
  ["with the typ of another kind of token", tokenOf(good, { alg: "RS256", kid: "one", typ: "logout+jwt" }), "type"],
  ["with no typ where one is asked for", tokenOf(good), "type", { typ: "at+jwt" }],
  [
    "with two algorithms in the header",
    signedBy(rsa, `{"alg":"none","alg":"RS256","kid":"one"}`, JSON.stringify(good)),
    "form"
  ],
  [
    "with two kids, one of them escaped",
    signedBy(rsa, String.raw`{"alg":"RS256","kid":"a","k\u0069d":"one"}`, JSON.stringify(good)),
    "form"
  ],
  [
    "with two members of one name deep in the header",
    signedBy(rsa, `{"alg":"RS256","kid":"one","a":[{"b":1,"b":2}]}`, JSON.stringify(good)),
    "form"
  ],
  [
    "with two subjects",
    signedBy(rsa, `{"alg":"RS256","kid":"one"}`, `{"sub":"eve",${JSON.stringify(good).slice(1)}`),
    "form"
  ],
  ["with a payload of 1 MB", tokenOf({ ...good, fill: "x".repeat(1_000_000) }), "size"],
  ["with 1 MB of dots", ".".repeat(1_000_000), "size"],
  ["with a header of 1 MB", tokenOf(good, { alg: "RS256", fill: "x".repeat(1_000_000) }), "size"]
])

it.effect("whoever attacks is refused with a signature of zeros, by each algorithm", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    for (const alg of algorithms) {
      const keys = yield* JwtKey.verifying(publicText(alg), { alg })
      const verifier = JwtVerifier.make({ ...rules, algorithms: [alg], keys })
      for (const bytes of [1, 32, 48, 64, 96, 132, 256, 512]) {
        const token = `${encode({ alg })}.${encode(good)}.${Buffer.alloc(bytes).toString("base64url")}`
        assert.include((yield* Effect.flip(verifier.verify(token))).reason, { why: "signature" })
      }
    }
  })
)

refusals("what is not in the one form is refused", [
  ["nothing", "", "form"],
  ["two parts", `${encode({ alg: "RS256" })}.${encode(good)}`, "form"],
  ["four parts", `${tokenOf(good)}.AAAA`, "form"],
  ["five parts, as an encrypted one has", "a.b.c.d.e", "form"],
  ["an empty header", `.${encode(good)}.AAAA`, "form"],
  ["an empty payload", `${encode({ alg: "RS256" })}..AAAA`, "form"],
  ["a header that is no JSON", signedBy(rsa, "{alg:RS256}", JSON.stringify(good)), "form"],
  ["a header that is a list", signedBy(rsa, `["RS256"]`, JSON.stringify(good)), "form"],
  ["a header that is null", signedBy(rsa, "null", JSON.stringify(good)), "form"],
  ["a payload that is a text", signedBy(rsa, `{"alg":"RS256","kid":"one"}`, `"sub"`), "form"],
  [
    "a payload that is no UTF-8",
    signedBy(rsa, `{"alg":"RS256","kid":"one"}`, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])),
    "form"
  ],
  ["a byte order mark", signedBy(rsa, `{"alg":"RS256","kid":"one"}`, `\ufeff${JSON.stringify(good)}`), "form"],
  ["base64 that is not base64url", tokenOf(good).replace(/.$/, "+"), "form"],
  ["padding", `${tokenOf(good)}==`, "form"],
  ["a line break at the end", `${tokenOf(good)}\n`, "form"],
  ["a space in the middle", tokenOf(good).replace(".", " ."), "form"],
  ["bits beyond the last byte", withStrayBits(tokenOf(good)), "form"],
  ["the scheme in front of it", `Bearer ${tokenOf(good)}`, "form"]
])

refusals("what it says must hold", [
  ["no iss", tokenOf({ ...good, iss: undefined }), "issuer"],
  ["another iss", tokenOf({ ...good, iss: "https://as.example/" }), "issuer"],
  ["an iss that is a list", tokenOf({ ...good, iss: [good.iss] }), "claims"],
  ["no aud", tokenOf({ ...good, aud: undefined }), "audience"],
  ["another aud", tokenOf({ ...good, aud: "https://api.example.evil" }), "audience"],
  ["an empty list of audiences", tokenOf({ ...good, aud: [] }), "audience"],
  ["an aud with what is no text", tokenOf({ ...good, aud: [good.aud, 1] }), "audience"],
  ["another sub", tokenOf({ ...good, sub: "eve" }), "subject", { subject: "ada" }],
  ["a sub that is a number", tokenOf({ ...good, sub: 1 }), "claims"],
  ["no exp", tokenOf({ ...good, exp: undefined }), "expiry"],
  ["an exp that is a text", tokenOf({ ...good, exp: String(good.exp) }), "claims"],
  ["an exp that is null", tokenOf({ ...good, exp: null }), "claims"],
  [
    "an exp that is infinite",
    signedBy(rsa, `{"alg":"RS256","kid":"one"}`, JSON.stringify(good).replace(`"exp":${good.exp}`, `"exp":1e999`)),
    "claims"
  ],
  ["an exp that has passed by the tolerance", tokenOf({ ...good, exp: seconds - 30 }), "expired"],
  ["an nbf that is to come", tokenOf({ ...good, nbf: seconds + 31 }), "not yet valid"],
  ["an iat that is to come", tokenOf({ ...good, iat: seconds + 31 }), "issued"],
  ["an iat that is a text", tokenOf({ ...good, iat: "now" }), "claims"],
  ["no iat where its age matters", tokenOf({ ...good, iat: undefined }), "age", { maxAge: "1 hour" }],
  ["older than it may be", tokenOf({ ...good, iat: seconds - 3631 }), "age", { maxAge: "1 hour" }]
])

refusals("and within the tolerance it does", [
  ["an exp that has just passed", tokenOf({ ...good, exp: seconds - 29 }), "accepted"],
  ["an nbf that is just to come", tokenOf({ ...good, nbf: seconds + 30 }), "accepted"],
  ["an iat that is just to come", tokenOf({ ...good, iat: seconds + 30 }), "accepted"],
  ["as old as it may be", tokenOf({ ...good, iat: seconds - 3629 }), "accepted", { maxAge: "1 hour" }],
  ["none where none is asked for", tokenOf({ ...good, exp: seconds }), "expired", { tolerance: 0 }]
])

describe("a clock that is off by ten minutes", () => {
  const fresh = tokenOf({ ...good, exp: seconds + 300 })

  for (const [which, millis, why, hint] of [
    ["ahead", 600_000, "expired", "unless our clock is ahead"],
    ["behind", -600_000, "issued", "our clock may be behind"]
  ] as const) {
    it.effect(`${which}: the token is refused, and told is what the clock may be`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now + millis)
        const error = yield* Effect.flip((yield* verifierWith()).verify(fresh))
        assert.include(error.reason, { _tag: "InvalidToken", why })
        assert.include(error.message, hint)
      })
    )
  }
})

describe("with a cache", () => {
  it.effect("a verified token is known until it ends", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const verifier = yield* verifierWith({ cache: 10, maxAge: "5 minutes" })
      const token = tokenOf(good)
      const first = yield* verifier.verify(token)
      assert.strictEqual(yield* verifier.verify(token), first)
      yield* TestClock.adjust("329999 millis")
      assert.strictEqual(yield* verifier.verify(token), first)
      yield* TestClock.adjust("1 millis")
      assert.include((yield* Effect.flip(verifier.verify(token))).reason, { why: "age" })
    })
  )

  it.effect("what was refused is judged anew each time", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now - 60_000)
      const verifier = yield* verifierWith({ cache: 10 })
      const token = tokenOf(good)
      assert.include((yield* Effect.flip(verifier.verify(token))).reason, { why: "issued" })
      yield* TestClock.setTime(now)
      assert.strictEqual((yield* verifier.verify(token)).claims.sub, "ada")
    })
  )

  it.effect("a token that differs in a bit from a known one is another one", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const verifier = yield* verifierWith({ cache: 10 })
      yield* verifier.verify(tokenOf(good))
      assert.include((yield* Effect.flip(verifier.verify(altered(tokenOf(good))))).reason, { why: "signature" })
    })
  )

  it.effect("no more tokens are held than it has room for", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const verifier = yield* verifierWith({ cache: 4 })
      const first = yield* verifier.verify(tokenOf(good))
      for (let jti = 0; jti < 8; jti++) yield* verifier.verify(tokenOf({ ...good, jti: String(jti) }))
      assert.notStrictEqual(yield* verifier.verify(tokenOf(good)), first)
    })
  )

  it.effect("one caller cannot change what the next one gets", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now)
      const verifier = yield* verifierWith({ cache: 4 })
      const token = tokenOf({ ...good, roles: ["guest"] })
      const { claims } = yield* verifier.verify(token)
      assert.throws(() => (claims["roles"] as Array<string>).push("admin"), TypeError)
      assert.deepStrictEqual((yield* verifier.verify(token)).claims["roles"], ["guest"])
    })
  )
})

describe("an option that makes no sense is refused where the verifier is made", () => {
  const cases: ReadonlyArray<readonly [string, Partial<JwtVerifier.Options>]> = [
    ["jwtVerifier.algorithms", { algorithms: [] }],
    // @ts-expect-error: no algorithm
    ["jwtVerifier.algorithms[0]", { algorithms: ["none"] }],
    ["jwtVerifier.keys", { algorithms: ["ES256"] }],
    ["jwtVerifier.keys", { keys: [] }],
    ["jwtVerifier.issuer", { issuer: "" }],
    ["jwtVerifier.audience", { audience: [] }],
    ["jwtVerifier.typ", { typ: "" }],
    ["jwtVerifier.tolerance", { tolerance: -1 }],
    ["jwtVerifier.maxAge", { maxAge: 0 }],
    ["jwtVerifier.maxSize", { maxSize: 0.5 }],
    ["jwtVerifier.cache", { cache: -1 }],
    ["jwtVerifier.cache", { cache: 1 }],
    ["jwtVerifier.name", { name: "" }]
  ]
  for (const [option, options] of cases) {
    it.effect(`${option} of ${JSON.stringify(options)}`, () =>
      Effect.gen(function* () {
        const keys = yield* rs256
        const make = () => JwtVerifier.make({ ...rules, keys, ...options })
        const error = yield* Effect.flip(Effect.try({ try: make, catch: (error) => error }))
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.strictEqual(error.option, option)
      })
    )
  }
})

it.effect("nothing of a token is shown by what refuses it, but what its issuer said of itself", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const verifier = yield* verifierWith({ name: "api" })
    const planted = { ...good, email: "planted@example.com", card: "4242-planted" }
    const tokens = [
      tokenOf({ ...planted, exp: 1 }),
      tokenOf({ ...planted, iss: "x" }),
      altered(tokenOf(planted)),
      tokenOf(planted, { alg: "RS256", kid: "?" }),
      `${tokenOf(planted)}.`
    ]
    for (const token of tokens) {
      const error = yield* Effect.flip(verifier.verify(token))
      assert.instanceOf(error, AuthError.AuthError)
      assert.match(error.message, /^api: the token does not hold/)
      const told = yield* everythingThatPrints(error)
      assert.notInclude(told, "planted")
      for (const part of token.split(".").filter((part) => part.length > 8)) assert.notInclude(told, part)
    }
  })
)

it.effect("a name of a megabyte is not repeated in what refuses it", () =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const verifier = yield* verifierWith({ maxSize: 3_000_000 })
    const error = yield* Effect.flip(verifier.verify(tokenOf(good, { alg: "RS256", kid: "k".repeat(1_000_000) })))
    assert.isBelow(error.message.length, 300)
  })
)

it.effect("a payload nested beyond any recursion is judged like any other", () =>
  Effect.gen(function* () {
    const nested = signedBy(
      rsa,
      `{"alg":"RS256","kid":"one"}`,
      `{"a":${"[".repeat(500_000)}${"]".repeat(500_000)},${JSON.stringify(good).slice(1)}`
    )
    assert.strictEqual(yield* verdict(nested, { maxSize: 3_000_000 }), "accepted")
  })
)

function altered(token: string): string {
  const [header = "", payload = "", signature = ""] = token.split(".")
  const bytes = Buffer.from(signature, "base64url")
  bytes[bytes.length >> 1]! ^= 1
  return `${header}.${payload}.${bytes.toString("base64url")}`
}

/** The same bytes in another text: the last character of 342 has four bits that say nothing. */
function withStrayBits(token: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
  return token.slice(0, -1) + alphabet[alphabet.indexOf(token.at(-1) ?? "") + 1]
}

/** RS256 to HS256: whoever knows the public key signs with it as if it was a secret. */
function confused(key: string | Buffer): string {
  const signed = `${encode({ alg: "HS256", kid: "one" })}.${encode(good)}`
  return `${signed}.${createHmac("sha256", createSecretKey(Buffer.from(key)))
    .update(signed)
    .digest("base64url")}`
}

it("the tokens of these tests are signed by node:crypto alone", () => {
  const [header = "", payload = "", signature = ""] = tokenOf(good).split(".")
  assert.strictEqual(partOf(tokenOf(good), 1)["sub"], "ada")
  assert.strictEqual(signature, sign("sha256", Buffer.from(`${header}.${payload}`), rsa).toString("base64url"))
  assert.strictEqual(secretText.length >= 64, true)
})
