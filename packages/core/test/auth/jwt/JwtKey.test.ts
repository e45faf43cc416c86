import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as jose from "jose"
import { createPrivateKey, generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import { Jwt, JwtKey } from "@causeway/core/auth"
import { InvalidOption } from "@causeway/core/policy"
import thumbprints from "../vectors/jwk-thumbprint.json" with { type: "json" }
import { algorithms, pairs, pemOf, privateText, publicText, secretText } from "./keys.ts"

const signingIssue = (key: JwtKey.Input, options: JwtKey.SigningOptions) =>
  Effect.map(Effect.flip(JwtKey.signing(key, options)), ({ issue, what }) => `${what} ${issue}`)

const verifyingIssue = (key: JwtKey.Input, options: JwtKey.Options) =>
  Effect.map(Effect.flip(JwtKey.verifying(key, options)), ({ issue, what }) => `${what} ${issue}`)

const certificate = `-----BEGIN CERTIFICATE-----
MIIBijCCAS+gAwIBAgIUH9GpBKXUSvIinEHmWT2STx6gVIwwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOaXNzdWVyLmV4YW1wbGUwIBcNMjYxMTI2MTkyNDE5WhgPMjEy
NjExMDIxOTI0MTlaMBkxFzAVBgNVBAMMDmlzc3Vlci5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAEDKkoa9w4Z0tS5t/FBsSSUxN6Res2cITSzy8KocqC
t/lCoBLeqKz2vbD1Kz8q3jfax+mByjD6K6Y+1t1J7EkVoaNTMFEwHQYDVR0OBBYE
FNLzvkod4ddQxKE60w0wANiwiDN3MB8GA1UdIwQYMBaAFNLzvkod4ddQxKE60w0w
ANiwiDN3MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhANEIMFVB
7Or0VTdlSbw+2BiEh4fP/mfhFa8QJwrKmtjcAiEAmWQ9x4vPAXqjKCZifBrI/KKH
uVSzlZPIYv/V9o/V1SY=
-----END CERTIFICATE-----`

/** The key of the certificate. */
const certified = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQglju9Gn+dqiYW6tKE
8utvNLtBR8e72Pj72O3fJJ2g6Z+hRANCAAQMqShr3DhnS1Lm38UGxJJTE3pF6zZw
hNLPLwqhyoK3+UKgEt6orPa9sPUrPyreN9rH6YHKMPorpj7W3UnsSRWh
-----END PRIVATE KEY-----`

const curveParameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"

/** A key as people paste it into the variables of an environment (octokit/app.js#40, lyft/clutch#1679, create-github-app-token#155). */
const pasted = (pem: string): Readonly<Record<string, string>> => ({
  "with line breaks of Windows": pem.replaceAll("\n", "\r\n"),
  "with those written out": pem.replaceAll("\n", "\\r\\n"),
  "with line breaks escaped twice": pem.replaceAll("\n", "\\\\n"),
  "in quotes": `"${pem}"`,
  "in quotes, with its line breaks written out": `'${pem.replaceAll("\n", "\\n")}'`,
  "in one line with spaces": pem.trim().replaceAll("\n", " "),
  "in one line": pem.replaceAll("\n", ""),
  "in base64": Buffer.from(pem).toString("base64"),
  "in base64 with line breaks": Buffer.from(pem).toString("base64").replace(/.{76}/g, "$&\n"),
  "in base64url": Buffer.from(pem).toString("base64url"),
  indented: pem.replace(/^/gm, "    "),
  "behind a byte order mark": `\ufeff${pem}`,
  "behind the attributes of a bag": `Bag Attributes\n    friendlyName: x\nKey Attributes: <No Attributes>\n${pem}`,
  "before its certificate": `${pem}-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n`,
  "in Google's JSON file": JSON.stringify({ type: "service_account", private_key: pem, client_email: "a@b" }),
  "in Google's JSON file in base64": Buffer.from(JSON.stringify({ private_key: pem })).toString("base64"),
  "without its BEGIN and END": pem.replace(/-----.*-----/g, "").trim()
})

describe("a key is read", () => {
  for (const alg of algorithms) {
    it.effect(`for ${alg}, and what it signs verifies`, () =>
      Effect.gen(function* () {
        const signing = yield* JwtKey.signing(Redacted.make(privateText(alg)), { alg })
        const verifying = yield* JwtKey.verifying(publicText(alg), { alg })
        const signature = signing.sign("data")
        assert.isTrue(verifying.verify("data", signature))
        assert.isFalse(verifying.verify("date", signature))
      })
    )
  }

  const rsa = pairs.RS256.privateKey
  const ec = pairs.ES256.privateKey
  const sealed = rsa.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "open sesame" })
  const forms: Readonly<Record<string, readonly [JwtKey.Input, JwtKey.SigningOptions]>> = {
    "PKCS #1": [rsa.export({ type: "pkcs1", format: "pem" }).toString(), { alg: "RS256" }],
    "SEC 1": [ec.export({ type: "sec1", format: "pem" }).toString(), { alg: "ES256" }],
    ...Object.fromEntries(
      Object.entries(pasted(pemOf(rsa))).map(([how, text]) => [`PEM ${how}`, [text, { alg: "RS256" }] as const])
    ),
    "PEM behind curve parameters": [`${curveParameters}${pemOf(ec)}`, { alg: "ES256" }],
    "PEM with its line breaks written out": [pemOf(rsa).replaceAll("\n", "\\n"), { alg: "RS256" }],
    "a JSON Web Key": [{ ...ec.export({ format: "jwk" }), kty: "EC" }, { alg: "ES256" }],
    "the JSON of one, redacted": [Redacted.make(JSON.stringify(ec.export({ format: "jwk" }))), { alg: "ES256" }],
    "an encrypted PEM": [sealed.toString(), { alg: "RS256", passphrase: Redacted.make("open sesame") }],
    "a secret in base64": [Buffer.alloc(32, 7).toString("base64"), { alg: "HS256", encoding: "base64" }],
    "a secret in hex": [Buffer.alloc(32, 7).toString("hex"), { alg: "HS256", encoding: "hex" }],
    "a short secret, where that is allowed": ["hunter2", { alg: "HS256", allowGuessableSecret: true }],
    "a secret that begins as JSON does": [`{${"x".repeat(40)}`, { alg: "HS256" }]
  }
  for (const [form, [key, options]] of Object.entries(forms)) {
    it.effect(`from ${form}`, () =>
      Effect.gen(function* () {
        const signing = yield* JwtKey.signing(key, options)
        assert.isTrue(JwtKey.verifyingOf(signing).verify("data", signing.sign("data")))
      })
    )
  }

  it.effect("to verify with, from a certificate", () =>
    Effect.gen(function* () {
      const key = yield* JwtKey.verifying(certificate, { alg: "ES256" })
      const signing = yield* JwtKey.signing(certified, { alg: "ES256" })
      assert.isTrue(key.verify("data", signing.sign("data")))
      assert.isFalse(key.verify("data", (yield* JwtKey.generate("ES256")).sign("data")))
      assert.match(yield* verifyingIssue(certificate, { alg: "RS256" }), /curve P-256, but RS256 needs an RSA key/)
    })
  )

  it.effect("with the kid of a JSON Web Key, unless another one is given", () =>
    Effect.gen(function* () {
      const jwk = { ...ec.export({ format: "jwk" }), kty: "EC", kid: "one" }
      assert.strictEqual((yield* JwtKey.signing(jwk, { alg: "ES256" })).kid, "one")
      assert.strictEqual((yield* JwtKey.signing(jwk, { alg: "ES256", kid: "two" })).kid, "two")
    })
  )

  it.effect("in base64 as the same bytes as in hex", () =>
    Effect.gen(function* () {
      const bytes = Buffer.alloc(32, 7)
      const one = yield* JwtKey.signing(bytes.toString("base64"), { alg: "HS256", encoding: "base64" })
      const other = yield* JwtKey.signing(bytes.toString("hex"), { alg: "HS256", encoding: "hex" })
      assert.deepStrictEqual(one.sign("data"), other.sign("data"))
    })
  )
})

describe("a key that does not fit", () => {
  const small = generateKeyPairSync("rsa", { modulusLength: 1024 })
  const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 })
  const jwk = pairs.ES256.privateKey.export({ format: "jwk" })
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" })
  const cases: ReadonlyArray<readonly [string, JwtKey.Input, JwtKey.SigningOptions, RegExp]> = [
    ["RSA of 1024 bits", pemOf(small.privateKey), { alg: "RS256" }, /1024 bits.* at least 2048/],
    ["a secret shorter than its hash", "x".repeat(31), { alg: "HS256" }, /has 31 bytes.* at least 32/],
    ["a secret shorter than a longer hash", "x".repeat(63), { alg: "HS512" }, /has 63 bytes.* at least 64/],
    ["an empty secret", " ", { alg: "HS256" }, /is empty/],
    ["a secret with a trailing line break", `${secretText}\n`, { alg: "HS256" }, /ends in a line break/],
    ["a secret that is not in its encoding", "not hex!".repeat(8), { alg: "HS256", encoding: "hex" }, /not in hex/],
    ["a private key for a secret", privateText("RS256"), { alg: "HS256" }, /is a key in PEM, but must be a secret/],
    ["a public key for a secret", publicText("RS256"), { alg: "HS256" }, /is a key in PEM, but must be a secret/],
    ["a JSON Web Key of a pair for a secret", { ...jwk, kty: "EC" }, { alg: "HS256" }, /has no "k"/],
    [
      "RSA for ES256",
      privateText("RS256"),
      { alg: "ES256" },
      /is an RSA key, but ES256 needs a key on the curve P-256/
    ],
    ["P-384 for ES256", privateText("ES384"), { alg: "ES256" }, /curve P-384, but ES256 needs/],
    ["P-256 for EdDSA", privateText("ES256"), { alg: "EdDSA" }, /curve P-256, but EdDSA needs/],
    ["RSA for PSS alone", pemOf(pss.privateKey), { alg: "RS256" }, /for PSS alone, but RS256/],
    ["a public key", publicText("RS256"), { alg: "RS256" }, /is a public key, but signing needs the private one/],
    [
      "a public JSON Web Key",
      pairs.ES256.publicKey.export({ format: "jwk" }) as JwtKey.Jwk,
      { alg: "ES256" },
      /is a public key/
    ],
    ["a text that is no key", "hello", { alg: "RS256" }, /neither a private key in PEM .*nor a JSON Web Key/],
    ["a PEM that is cut off", privateText("RS256").slice(0, 200), { alg: "RS256" }, /has no END line: it is cut off/],
    ["the path of a file", "/run/secrets/app.pem", { alg: "RS256" }, /looks like the path of a file/],
    [
      "JSON that is no key",
      '{"type":"service_account"}',
      { alg: "RS256" },
      /is JSON without a "kty" and without a "private_key"/
    ],
    [
      "base64 of something else",
      Buffer.from("x".repeat(90)).toString("base64"),
      { alg: "RS256" },
      /is a text of 120 characters/
    ],
    ["an encrypted PEM without a passphrase", encrypted(), { alg: "RS256" }, /is encrypted: give its passphrase/],
    [
      "an encrypted PEM with another passphrase",
      encrypted(),
      { alg: "RS256", passphrase: Redacted.make("no") },
      /its passphrase is another/
    ],
    [
      "a key in the format of OpenSSH",
      "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----",
      { alg: "EdDSA" },
      /convert it with ssh-keygen/
    ],
    [
      "a key for another algorithm",
      { ...jwk, kty: "EC", alg: "ES384" },
      { alg: "ES256" },
      /is for "ES384", not for ES256/
    ],
    ["a key for encryption", { ...jwk, kty: "EC", use: "enc" }, { alg: "ES256" }, /its use is "enc"/],
    [
      "a key that may not sign",
      { ...jwk, kty: "EC", key_ops: ["verify"] },
      { alg: "ES256" },
      /"sign" among its key_ops/
    ],
    [
      "a key of two halves",
      { ...jwk, kty: "EC", d: other.d },
      { alg: "ES256" },
      /does not belong to its public part|cannot be read/
    ]
  ]
  for (const [what, key, options, issue] of cases) {
    it.effect(`is refused: ${what}`, () =>
      Effect.gen(function* () {
        const told = yield* signingIssue(key, options)
        assert.match(told, issue)
        assert.match(told, new RegExp(`^the signing key for ${options.alg} `))
      })
    )
  }

  it.effect("is refused for verifying when it would keep us busy: a huge exponent, or a huge modulus", () =>
    Effect.gen(function* () {
      const { n = "" } = pairs.RS256.publicKey.export({ format: "jwk" })
      const rsa = (n: string, e: string) => verifyingIssue({ kty: "RSA", n, e }, { alg: "RS256" })
      assert.match(yield* rsa(n, Buffer.alloc(256, 0xff).toString("base64url")), /exponent is larger than 32 bits/)
      assert.match(yield* rsa(Buffer.alloc(2048, 0xff).toString("base64url"), "AQAB"), /16384 bits, but may have 8192/)
    })
  )

  it.effect("is refused for verifying when it is private", () =>
    Effect.gen(function* () {
      assert.match(
        yield* verifyingIssue(privateText("RS256"), { alg: "RS256" }),
        /is a private key: give the public one/
      )
      assert.match(
        yield* verifyingIssue({ ...jwk, kty: "EC" }, { alg: "ES256" }),
        /is a private key: give the public one/
      )
    })
  )

  it.effect("is refused for verifying when a public key stands where a secret should", () =>
    Effect.gen(function* () {
      assert.match(yield* verifyingIssue(publicText("RS256"), { alg: "HS256" }), /must be a secret/)
    })
  )

  it("has a name that says nothing or an algorithm that is none: InvalidOption", () => {
    assert.throws(() => JwtKey.signing(secretText, { alg: "HS256", kid: "" }), InvalidOption.InvalidOption)
    assert.throws(
      // @ts-expect-error: no algorithm
      () => JwtKey.signing(secretText, { alg: "none" }),
      /jwtKey.alg is "none", but must be "HS256"/
    )
  })
})

function encrypted(): string {
  return createPrivateKey(privateText("RS256"))
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "yes" })
    .toString()
}

describe("a new key", () => {
  for (const alg of algorithms) {
    it.effect(`for ${alg} signs what jose verifies, and comes back from its secret`, () =>
      Effect.gen(function* () {
        const key = yield* JwtKey.generate(alg, { kid: "new" })
        const again = yield* JwtKey.signing(JwtKey.toSecret(key), { alg })
        assert.deepStrictEqual([again.kid, again.publicJwk], ["new", key.publicJwk])
        const token = Redacted.value(yield* Jwt.sign(again, { iss: "we", lifetime: "1 minute" }))
        const jwk = key.publicJwk ?? JSON.parse(Redacted.value(JwtKey.toSecret(key)))
        const imported = yield* Effect.promise(() => jose.importJWK({ ...jwk, kid: "new" }, alg))
        const { protectedHeader } = yield* Effect.promise(() =>
          jose.jwtVerify(token, imported, { currentDate: new Date(0) })
        )
        assert.deepStrictEqual(protectedHeader, { alg, typ: "JWT", kid: "new" })
      })
    )
  }
})

describe("a thumbprint", () => {
  for (const { expect, id, jwk } of thumbprints.vectors) {
    it(`of ${id} is as published`, () => assert.strictEqual(JwtKey.thumbprint(jwk), expect))
  }

  it.effect("is jose's for each kind of key", () =>
    Effect.gen(function* () {
      for (const alg of ["HS256", "RS256", "ES256", "ES512", "EdDSA"] as const) {
        const jwk = pairs[alg].publicKey.export({ format: "jwk" })
        const expected = yield* Effect.promise(() => jose.calculateJwkThumbprint(jwk as jose.JWK))
        assert.strictEqual(JwtKey.thumbprint(jwk as JwtKey.Jwk), expected)
      }
    })
  )

  it("of a key that lacks a member is refused", () =>
    assert.throws(() => JwtKey.thumbprint({ kty: "EC", crv: "P-256", x: "AA" }), InvalidOption.InvalidOption))
})

it.effect("a key is shown by nothing that prints it", () =>
  Effect.gen(function* () {
    const planted = "planted-secret-planted-secret-planted"
    const secret = yield* JwtKey.signing(planted, { alg: "HS256" })
    const pair = yield* JwtKey.signing(privateText("ES256"), { alg: "ES256" })
    const d = String(pairs.ES256.privateKey.export({ format: "jwk" }).d)
    const refused = yield* Effect.flip(JwtKey.signing(planted, { alg: "RS256" }))
    for (const key of [secret, pair, refused, JwtKey.verifyingOf(secret), JwtKey.toSecret(pair)]) {
      const shown = [JSON.stringify(key), inspect(key, { depth: 9, showHidden: true }), String(key)].join("\n")
      assert.notInclude(shown, planted)
      assert.notInclude(shown, d)
    }
  })
)
