import { SignatureScheme, WebhookVerifier } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { bytes, docs, type Family, holds, now, secretsOf, verdict, verify } from "./battery.ts"

const { body, claim, hashOf, jwk, jwt, jwtSecret, make } = SignatureScheme

const seconds = now / 1000
const text = `{"id":"EV_1","event":"room_started"}`
const digestOf = (content: string, encoding: "hex" | "base64") => createHash("sha256").update(content).digest(encoding)

type Json = Readonly<Record<string, unknown>>

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")

const hs = (claims: Json, head: Json = { alg: "HS256" }, key = "api secret", hash = "sha256") => {
  const signed = `${part(head)}.${part(claims)}`
  return `${signed}.${createHmac(hash, key).update(signed).digest("base64url")}`
}

const request = { method: "POST", url: "https://example.com/hooks?b=2&a=1", body: bytes(text) }

const claims = { iss: "api key", nbf: seconds, exp: seconds + 60, sha256: digestOf(text, "base64") }

const bodyHash: Family = {
  scheme: make({
    id: "jwt-body-hash",
    signature: jwt("Authorization"),
    signedContent: "{token}",
    keys: [jwtSecret({ algorithms: ["HS256"], idSeparator: ":" })],
    bindings: [hashOf("{body}", { at: claim("sha256"), hash: "sha256", encoding: "base64" })],
    eventId: body("id"),
    eventType: [body("event")],
    docs
  }),
  secret: "api key:api secret",
  foreignSecret: "api key:another secret",
  genuine: { ...request, headers: [["Authorization", hs(claims)]] },
  coversBody: true
}

describe("a token with a hash of the body", () => {
  holds(bodyHash)

  const verdictOf = (token: string, at = now) =>
    verdict(bodyHash, { ...request, headers: [["Authorization", token]] }, { now: at })

  it("covers the body", () =>
    expect(Result.getOrThrow(verify(bodyHash, bodyHash.genuine))).toMatchObject({ id: "EV_1", unsigned: [] }))

  it("must carry that hash", () => {
    expect(verdictOf(hs({ ...claims, sha256: undefined }))).toBe("HashMismatch")
    expect(verdictOf(hs({ ...claims, sha256: digestOf("other", "base64") }))).toBe("HashMismatch")
    expect(verdictOf(hs({ ...claims, sha256: digestOf(text, "hex") }))).toBe("HashMismatch")
    expect(verdictOf(hs({ ...claims, sha256: [claims.sha256] }))).toBe("HashMismatch")
  })

  it("must name the key that its secret belongs to", () => {
    expect(verdictOf(hs({ ...claims, iss: "another key" }))).toBe("ClaimMismatch")
    expect(verdictOf(hs({ ...claims, iss: undefined }))).toBe("ClaimMismatch")
  })

  it("holds between its times, with the leeway", () => {
    expect(verdictOf(hs(claims), now + 65_000)).toBe("accepted")
    expect(verdictOf(hs(claims), now + 65_001)).toBe("TimestampTooOld")
    expect(verdictOf(hs(claims), now - 5000)).toBe("accepted")
    expect(verdictOf(hs(claims), now - 5001)).toBe("TimestampInFuture")
    expect(verdictOf(hs({ ...claims, iat: seconds + 6 }))).toBe("TimestampInFuture")
    expect(verdictOf(hs({ ...claims, exp: undefined }))).toBe("ClaimMismatch")
    expect(verdictOf(hs({ ...claims, exp: String(seconds) }))).toBe("ClaimMismatch")
    expect(verdictOf(hs(claims), Number.NaN)).not.toBe("accepted")
  })

  it("is of an algorithm that the scheme lists, whatever it says of itself", () => {
    const none = `${part({ alg: "none" })}.${part(claims)}.`
    expect(verdictOf(none)).toBe("UnsupportedAlgorithm")
    expect(verdictOf(hs(claims, { alg: "HS512" }, "api secret", "sha512"))).toBe("UnsupportedAlgorithm")
    expect(verdictOf(hs(claims, { alg: "hs256" }))).toBe("UnsupportedAlgorithm")
    expect(verdictOf(hs(claims, { alg: "RS256" }))).toBe("UnsupportedAlgorithm")
    expect(verdictOf(hs(claims, { alg: "toString" }))).toBe("UnsupportedAlgorithm")
  })

  it("has three parts of canonical base64url, and no extension that must be understood", () => {
    expect(verdictOf(hs(claims, { alg: "HS256", crit: ["b64"], b64: false }))).toBe("MalformedSignature")
    for (const token of [
      "",
      ".",
      "..",
      "...",
      `${hs(claims)}.`,
      `${hs(claims)}=`,
      hs(claims).replace(".", "=."),
      "a.b.c"
    ]) {
      expect(verdictOf(token)).toBe("MalformedSignature")
    }
    expect(verdictOf(`${part([])}.${part(claims)}.AAAA`)).toBe("MalformedSignature")
  })
})

const requestClaims = {
  iss: "MessageBird",
  nbf: seconds,
  exp: seconds + 60,
  jti: "3ddd6ef2",
  url_hash: digestOf(request.url, "hex"),
  payload_hash: digestOf(text, "hex")
}

const requestHash: Family = {
  scheme: make({
    id: "jwt-request-hash",
    signature: jwt("MessageBird-Signature-JWT", { issuer: "MessageBird" }),
    signedContent: "{token}",
    keys: [jwtSecret({ algorithms: ["HS256", "HS384", "HS512"] })],
    bindings: [
      hashOf("{url}", { at: claim("url_hash"), hash: "sha256", encoding: "hex" }),
      hashOf("{body}", { at: claim("payload_hash"), hash: "sha256", encoding: "hex", isOptional: true })
    ],
    eventId: claim("jti"),
    docs
  }),
  secret: "signing key",
  genuine: {
    ...request,
    headers: [["MessageBird-Signature-JWT", hs(requestClaims, { alg: "HS384" }, "signing key", "sha384")]]
  },
  coversBody: true,
  signing: { id: "3ddd6ef2" }
}

describe("a token with hashes of URL and body", () => {
  holds(requestHash)

  it("covers both, and the id in its claims", () => {
    expect(Result.getOrThrow(verify(requestHash, requestHash.genuine))).toMatchObject({ id: "3ddd6ef2", unsigned: [] })
    expect(verdict(requestHash, { ...requestHash.genuine, url: "https://example.com/other" })).toBe("HashMismatch")
  })

  it("says that the body is unsigned when its hash may be, and is, left out", () => {
    const token = hs({ ...requestClaims, payload_hash: undefined }, { alg: "HS256" }, "signing key")
    const headers = [["MessageBird-Signature-JWT", token]] as const
    expect(Result.getOrThrow(verify(requestHash, { ...request, headers })).unsigned).toEqual(["body"])
    const odd = hs({ ...requestClaims, payload_hash: null }, { alg: "HS256" }, "signing key")
    expect(verdict(requestHash, { ...request, headers: [["MessageBird-Signature-JWT", odd]] })).toBe("HashMismatch")
  })
})

// The canonical request is `POST&/hooks&a=1&b=2`, by the rules of Atlassian's query string hash.
const queryHash: Family = {
  scheme: make({
    id: "jwt-query-hash",
    signature: jwt("Authorization", { prefix: "JWT " }),
    signedContent: "{token}",
    keys: [jwtSecret({ algorithms: ["HS256"] })],
    bindings: [hashOf("{request}", { at: claim("qsh"), hash: "sha256", encoding: "hex" })],
    docs
  }),
  secret: "api secret",
  genuine: {
    ...request,
    headers: [["Authorization", `JWT ${hs({ exp: seconds + 60, qsh: digestOf("POST&/hooks&a=1&b=2", "hex") })}`]]
  },
  coversBody: false
}

describe("a token with a hash of method, path and query", () => {
  holds(queryHash)

  it("leaves the body unsigned", () =>
    expect(Result.getOrThrow(verify(queryHash, queryHash.genuine)).unsigned).toEqual(["body"]))

  it.each([
    ["https://example.com/hooks/?a=1&b=2", "POST&/hooks&a=1&b=2"],
    ["https://example.com", "POST&/&"],
    ["https://example.com/a?x=2&x=1&jwt=t", "POST&/a&x=1,2"],
    ["https://example.com/a?x=a+b&y=%7E*!", "POST&/a&x=a%20b&y=~%2A%21"]
  ])("reads %s as %s", (url, canonical) => {
    const token = `JWT ${hs({ exp: seconds + 60, qsh: digestOf(canonical, "hex") })}`
    expect(verdict(queryHash, { ...request, url, headers: [["Authorization", token]] })).toBe("accepted")
  })
})

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" })
const publicJwk = { ...pair.publicKey.export({ format: "jwk" }), kid: "key-1", alg: "ES256", use: "sig" }
const es = (given: Json, head: Json = { alg: "ES256", kid: "key-1" }, key: KeyObject = pair.privateKey) => {
  const signed = `${part(head)}.${part(given)}`
  return `${signed}.${sign("sha256", Buffer.from(signed), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")}`
}

const byKid: Family = {
  scheme: make({
    id: "jwt-by-kid",
    signature: jwt("Plaid-Verification"),
    signedContent: "{token}",
    keys: [jwk({ algorithms: ["ES256"], url: "https://production.plaid.com/webhook_verification_key/get" })],
    bindings: [hashOf("{body}", { at: claim("request_body_sha256"), hash: "sha256", encoding: "hex" })],
    timestamp: { at: claim("iat"), unit: "seconds", tolerance: { past: "5 minutes", future: "5 seconds" } },
    docs
  }),
  secret: "",
  keys: { jwks: { "key-1": publicJwk } },
  genuine: {
    ...request,
    headers: [["Plaid-Verification", es({ iat: seconds, request_body_sha256: digestOf(text, "hex") })]]
  },
  coversBody: true,
  signing: {
    secret: Redacted.make(pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString()),
    keyId: "key-1"
  }
}

describe("a token of a key that is fetched by its id", () => {
  holds(byKid)

  const verdictOf = (token: string, jwks: Readonly<Record<string, Json>> = { "key-1": publicJwk }, at = now) =>
    verdict(byKid, { ...request, headers: [["Plaid-Verification", token]] }, { keys: { jwks }, now: at })
  const genuine = byKid.genuine.headers[0]![1]

  it("needs no secret", () =>
    expect(Result.getOrThrow(verify(byKid, byKid.genuine, { secrets: [] }))).toMatchObject({
      timestamp: now,
      signedBy: 0,
      unsigned: []
    }))

  it("tells which key it needs", () =>
    expect(Result.getOrThrow(WebhookVerifier.keysNeeded(byKid.scheme, byKid.genuine))).toEqual([
      { _tag: "Jwk", url: "https://production.plaid.com/webhook_verification_key/get", kid: "key-1" }
    ]))

  it("is held to the tolerance, in place of an expiry", () => {
    expect(verdictOf(genuine, undefined, now + 300_001)).toBe("TimestampTooOld")
    expect(verdictOf(genuine, undefined, now - 5001)).toBe("TimestampInFuture")
    expect(verdictOf(es({ request_body_sha256: digestOf(text, "hex") }))).toBe("MalformedBody")
  })

  it("accepts no key but a public one for the algorithm, of the id", () => {
    expect(verdictOf(genuine, {})).toBe("MissingKey")
    expect(verdictOf(genuine, { "key-2": publicJwk })).toBe("MissingKey")
    const others: ReadonlyArray<Json> = [
      { ...publicJwk, alg: "ES384" },
      { ...publicJwk, use: "enc" },
      { ...publicJwk, expired_at: seconds },
      { ...publicJwk, x: "AAAA" },
      { ...pair.privateKey.export({ format: "jwk" }) },
      { kty: "oct", k: "AAAA" },
      generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "jwk" }) as Json,
      {}
    ]
    for (const key of others) expect(verdictOf(genuine, { "key-1": key })).toBe("UntrustedKey")
    const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" }) as Json
    expect(verdictOf(genuine, { "key-1": stranger })).toBe("SignatureMismatch")
  })

  it("is refused without an id, with a strange one, and with an HMAC of the public key", () => {
    const given = { iat: seconds, request_body_sha256: digestOf(text, "hex") }
    expect(verdictOf(es(given, { alg: "ES256" }))).toBe("UntrustedKey")
    expect(verdictOf(es(given, { alg: "ES256", kid: "a b" }))).toBe("UntrustedKey")
    expect(verdictOf(es(given, { alg: "ES256", kid: "__proto__" }))).toBe("MissingKey")
    const pem = pair.publicKey.export({ format: "pem", type: "spki" }).toString()
    expect(verdictOf(hs(given, { alg: "HS256", kid: "key-1" }, pem))).toBe("UnsupportedAlgorithm")
  })
})

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
const rs = (given: Json, kid = "key-1", key = rsa) => {
  const signed = `${part({ alg: "RS256", kid })}.${part(given)}`
  return `JWT ${signed}.${sign("sha256", Buffer.from(signed), key.privateKey).toString("base64url")}`
}
const ownBase = "https://app.example.com/jira"
const installation = { iss: "client", exp: seconds + 60, aud: [ownBase], qsh: digestOf("POST&/hooks&a=1&b=2", "hex") }

const byAudience: Family = {
  scheme: make({
    id: "jwt-by-audience",
    signature: jwt("Authorization", { prefix: "JWT " }),
    signedContent: "{token}",
    keys: [jwk({ algorithms: ["RS256"], url: "https://keys.example.com/{kid}", needsAudience: true })],
    bindings: [hashOf("{request}", { at: claim("qsh"), hash: "sha256", encoding: "hex" })],
    docs
  }),
  secret: ownBase,
  foreignSecret: "https://app.example.com/confluence",
  keys: { jwks: { "key-1": { ...rsa.publicKey.export({ format: "jwk" }) } } },
  genuine: { ...queryHash.genuine, headers: [["Authorization", rs(installation)]] },
  coversBody: false,
  signing: {
    secret: Redacted.make(rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString()),
    keyId: "key-1",
    audience: ownBase
  }
}

describe("a token that one key signs for many apps", () => {
  holds(byAudience)

  const verdictOf = (token: string) =>
    verdict(byAudience, { ...byAudience.genuine, headers: [["Authorization", token]] })

  it("names the app in its audience, alone or among others", () => {
    expect(verdictOf(rs({ ...installation, aud: ownBase }))).toBe("accepted")
    expect(verdictOf(rs({ ...installation, aud: ["https://other.example", ownBase] }))).toBe("accepted")
    for (const aud of [undefined, [], "", `${ownBase}/`, ["https://other.example"], [[ownBase]], { 0: ownBase }, 1]) {
      expect(verdictOf(rs({ ...installation, aud }))).toBe("SignatureMismatch")
    }
    expect(verdict(byAudience, byAudience.genuine, { secrets: [] })).toBe("MissingSecret")
  })

  it("needs the key at the URL that its id selects", () => {
    const placeOf = (kid: string) =>
      Result.match(
        WebhookVerifier.keysNeeded(byAudience.scheme, {
          ...byAudience.genuine,
          headers: [["Authorization", rs(installation, kid)]]
        }),
        { onFailure: ({ reason }) => reason._tag, onSuccess: ([needed]) => needed?.url }
      )
    expect(placeOf("0e50fccb-239d")).toBe("https://keys.example.com/0e50fccb-239d")
    for (const kid of ["..", "../a", "a/b", "a?b", "%2e%2e", "a#b", "$&", ""]) expect(placeOf(kid)).toBe("UntrustedKey")
  })
})

it("a token's keys, claims and content belong to a token", () => {
  expect(() => make({ ...bodyHash.scheme, signedContent: "{body}" })).toThrow(/\{token\}/)
  expect(() => make({ ...bodyHash.scheme, keys: [SignatureScheme.mac({ hash: "sha256" })] })).toThrow(/jwtSecret/)
  expect(() => jwk({ algorithms: ["ES256"], url: "http://example.com" })).toThrow(/https/)
})

const pushed = {
  aud: "https://example.com/push",
  email: "push@project.example",
  email_verified: true,
  iss: "https://accounts.example",
  exp: seconds + 60
}

const bearer = (given: Json, key = rsa) => rs(given, "key-1", key).replace("JWT", "Bearer")

const byService: Family = {
  ...byAudience,
  scheme: make({
    id: "jwt-by-service",
    signature: jwt("Authorization", {
      prefix: "Bearer ",
      issuer: "https://accounts.example",
      claims: { email_verified: true }
    }),
    signedContent: "{token}",
    keys: [jwk({ algorithms: ["RS256"], url: "https://keys.example.com/certs", audienceWith: ["email"] })],
    docs
  }),
  secret: `${pushed.aud} ${pushed.email}`,
  foreignSecret: `${pushed.aud} other@project.example`,
  genuine: { ...request, headers: [["Authorization", bearer(pushed)]] },
  signing: { ...byAudience.signing, audience: `${pushed.aud} ${pushed.email}` }
}

describe("a token that anyone can obtain for any audience", () => {
  holds(byService)

  const verdictOf = (given: Json) =>
    verdict(byService, { ...request, headers: [["Authorization", bearer({ ...pushed, ...given })]] })

  it("names who asked for it", () => {
    expect(verdictOf({ aud: [pushed.aud, "https://example.com"] })).toBe("accepted")
    for (const email of [undefined, "", "other@project.example", [pushed.email], `${pushed.email} `, null]) {
      expect(verdictOf({ email })).toBe("SignatureMismatch")
    }
    expect(verdictOf({ aud: undefined, email: byService.secret })).toBe("SignatureMismatch")
    expect(verdictOf({ aud: byService.secret })).toBe("SignatureMismatch")
  })

  it("has the claims of the scheme, with their types", () => {
    for (const verified of [false, "true", 1, undefined]) {
      expect(verdictOf({ email_verified: verified })).toBe("ClaimMismatch")
    }
    expect(verdictOf({ iss: "https://accounts.google.example" })).toBe("ClaimMismatch")
  })
})

const called = { webhook_url: request.url, body_sha256: digestOf(text, "hex"), exp: seconds + 60 }

const spkiOf = (key: KeyObject) => key.export({ format: "pem", type: "spki" }).toString()

const shown: Family = {
  scheme: make({
    id: "jwt-shown-key",
    signature: jwt("Authorization", { prefix: "Bearer " }),
    signedContent: "{token}",
    keys: [SignatureScheme.jwtKey({ algorithm: "RS256" })],
    bindings: [
      SignatureScheme.textOf("{url}", { at: claim("webhook_url") }),
      hashOf("{body}", { at: claim("body_sha256"), hash: "sha256", encoding: "hex" })
    ],
    docs
  }),
  secret: spkiOf(rsa.publicKey),
  foreignSecret: spkiOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey),
  genuine: { ...request, headers: [["Authorization", bearer(called)]] },
  coversBody: true,
  signing: { secret: Redacted.make(rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString()) }
}

describe("a token of a key pair whose public half is the secret", () => {
  holds(shown)

  const verdictOf = (given: Json) =>
    verdict(shown, { ...request, headers: [["Authorization", bearer({ ...called, ...given })]] })

  it("names the URL that was called, as it is", () => {
    expect(verdict(shown, { ...shown.genuine, url: "https://example.com/other" })).toBe("HashMismatch")
    for (const url of [undefined, "", `${request.url}/`, [request.url], digestOf(request.url, "hex")]) {
      expect(verdictOf({ webhook_url: url })).toBe("HashMismatch")
    }
  })

  it("is of the algorithm of the scheme, which is the one of its key", () => {
    const forged = hs(called, { alg: "HS256" }, shown.secret)
    expect(verdict(shown, { ...request, headers: [["Authorization", `Bearer ${forged}`]] })).toBe(
      "UnsupportedAlgorithm"
    )
    const curve = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
    const wrong = [spkiOf(curve.publicKey), rsa.privateKey.export({ format: "pem", type: "pkcs8" }).toString()]
    for (const secret of wrong)
      expect(verdict(shown, shown.genuine, { secrets: secretsOf(secret) })).toBe("InvalidSecret")
  })

  it("may be without its prefix, where that is optional", () => {
    const signature = jwt("Authorization", { prefix: "Bearer ", isPrefixOptional: true })
    const either: Family = { ...shown, scheme: { ...shown.scheme, signature } }
    const [, token = ""] = bearer(called).split(" ")
    const verdictOfText = (value: string) => verdict(either, { ...request, headers: [["Authorization", value]] })
    expect([token, `Bearer ${token}`].map(verdictOfText)).toEqual(["accepted", "accepted"])
    for (const value of [`bearer ${token}`, ` ${token}`, `Bearer Bearer ${token}`, "Bearer ", ""]) {
      expect(verdictOfText(value)).not.toBe("accepted")
    }
    expect(verdict(shown, { ...request, headers: [["Authorization", token]] })).toBe("MalformedSignature")
  })
})
