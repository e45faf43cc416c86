import { SignatureScheme } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHmac, generateKeyPairSync, sign } from "node:crypto"
import { bytes, docs, type Family, holds, now, secretsOf, verdict, verify } from "./battery.ts"

const { ecdsa, ed25519, header, mac, make, numberedHeaders, rsa, singleHeader, token } = SignatureScheme

const text = `{"type":"thing.happened"}`
const seconds = String(now / 1000)
const request = { method: "POST", url: "", body: bytes(text) }

const elliptic = (namedCurve = "P-256") => generateKeyPairSync("ec", { namedCurve })
const spki = (key: ReturnType<typeof elliptic>["publicKey"]) =>
  key.export({ format: "der", type: "spki" }).toString("base64")

const pair = elliptic()
const stamped = (signature: string) =>
  [
    ["X-Signature", signature],
    ["X-Timestamp", seconds]
  ] as const

const curve: Family = {
  scheme: make({
    id: "ecdsa",
    signature: singleHeader("X-Signature", { encoding: "base64" }),
    signedContent: "{timestamp}{body}",
    keys: [ecdsa()],
    timestamp: { at: header("X-Timestamp"), unit: "seconds" },
    docs
  }),
  secret: spki(pair.publicKey),
  foreignSecret: spki(elliptic().publicKey),
  genuine: {
    ...request,
    headers: stamped(sign("sha256", Buffer.from(seconds + text), pair.privateKey).toString("base64"))
  },
  coversBody: true,
  signing: { secret: Redacted.make(pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString()) }
}

describe("ECDSA on P-256 in DER", () => {
  holds(curve)

  it("accepts the example of SendGrid's packages", () => {
    const body = bytes(
      `[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address","sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA","sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0","smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n`
    )
    const key =
      "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
    const headers = [
      [
        "X-Signature",
        "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
      ],
      ["X-Timestamp", "1600112502"]
    ] as const
    const overrides = { secrets: secretsOf(key), now: 1_600_112_502_000 }
    expect(verdict(curve, { ...request, headers, body }, overrides)).toBe("accepted")
    expect(verdict(curve, { ...request, headers, body: body.subarray(0, -2) }, overrides)).toBe("SignatureMismatch")
  })

  it("refuses raw r and s, and keys of another curve, of another kind, or private ones", () => {
    const raw = sign("sha256", Buffer.from(seconds + text), { key: pair.privateKey, dsaEncoding: "ieee-p1363" })
    expect(verdict(curve, { ...request, headers: stamped(raw.toString("base64")) })).toBe("SignatureMismatch")
    const secrets = [
      spki(elliptic("P-384").publicKey),
      spki(generateKeyPairSync("ed25519").publicKey),
      pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
      "AAAA",
      "no key"
    ]
    for (const secret of secrets) {
      expect(verdict(curve, curve.genuine, { secrets: secretsOf(secret) })).toBe("InvalidSecret")
    }
  })
})

const strong = generateKeyPairSync("rsa", { modulusLength: 2048 })
const pem = (key: typeof strong.publicKey) => key.export({ format: "pem", type: "spki" }).toString()

const modulus: Family = {
  scheme: make({
    id: "rsa",
    signature: singleHeader("X-Signature", { encoding: "base64" }),
    signedContent: "{body}",
    keys: [rsa()],
    docs
  }),
  secret: pem(strong.publicKey),
  foreignSecret: pem(generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey),
  genuine: {
    ...request,
    headers: [["X-Signature", sign("sha256", Buffer.from(text), strong.privateKey).toString("base64")]]
  },
  coversBody: true,
  signing: { secret: Redacted.make(strong.privateKey.export({ format: "pem", type: "pkcs8" }).toString()) }
}

describe("RSA", () => {
  holds(modulus)

  it("refuses a key of 1024 bits, and a signature with another hash", () => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 })
    expect(verdict(modulus, modulus.genuine, { secrets: secretsOf(pem(weak.publicKey)) })).toBe("InvalidSecret")
    const other = sign("sha1", Buffer.from(text), strong.privateKey).toString("base64")
    expect(verdict(modulus, { ...request, headers: [["X-Signature", other]] })).toBe("SignatureMismatch")
  })
})

const edwards = generateKeyPairSync("ed25519")
const rawOf = (key: typeof edwards.publicKey) => key.export({ format: "der", type: "spki" }).subarray(-32)

const separated: Family = {
  scheme: make({
    id: "ed25519",
    signature: singleHeader("X-Signature", { encoding: "base64" }),
    signedContent: "{timestamp}|{body}",
    keys: [ed25519({ encoding: "base64", publicPrefix: "", privatePrefix: "private:" })],
    timestamp: { at: header("X-Timestamp"), unit: "seconds" },
    docs
  }),
  secret: rawOf(edwards.publicKey).toString("base64"),
  foreignSecret: rawOf(generateKeyPairSync("ed25519").publicKey).toString("base64"),
  genuine: {
    ...request,
    headers: stamped(sign(null, Buffer.from(`${seconds}|${text}`), edwards.privateKey).toString("base64"))
  },
  coversBody: true,
  signing: {
    secret: Redacted.make(
      `private:${edwards.privateKey.export({ format: "der", type: "pkcs8" }).subarray(-32).toString("base64")}`
    )
  }
}

describe("ed25519 over a timestamp and the body", () => {
  holds(separated)
})

const plainToken: Family = {
  scheme: make({
    id: "token",
    signature: singleHeader("X-Token", { encoding: "utf8" }),
    signedContent: "",
    keys: [token()],
    eventType: [header("X-Event")],
    docs
  }),
  secret: "a shared token",
  genuine: { ...request, headers: [["X-Token", "a shared token"]] },
  coversBody: false
}

describe("a shared token", () => {
  holds(plainToken)

  it("covers nothing, and says so", () => {
    const headers = [...plainToken.genuine.headers, ["X-Event", "push"] as const]
    expect(Result.getOrThrow(verify(plainToken, { ...plainToken.genuine, headers })).unsigned).toEqual(["type", "body"])
  })

  it("may be basic credentials", () => {
    const basic = make({
      ...plainToken.scheme,
      signature: singleHeader("Authorization", { encoding: "base64", prefix: "Basic " })
    })
    const verdictOf = (value: string) =>
      verdict(
        { ...plainToken, scheme: basic, secret: "user:pass" },
        { ...request, headers: [["Authorization", value]] }
      )
    expect(verdictOf(`Basic ${btoa("user:pass")}`)).toBe("accepted")
    expect(verdictOf(`Basic ${btoa("user:pas")}`)).toBe("SignatureMismatch")
    expect(verdictOf(`basic ${btoa("user:pass")}`)).toBe("MalformedSignature")
    expect(verdictOf("Basic")).toBe("MalformedSignature")
  })

  it("may be a parameter of the URL", () => {
    const scheme = make({
      ...plainToken.scheme,
      signature: SignatureScheme.inField(SignatureScheme.query("token"), { encoding: "utf8" })
    })
    const verdictOf = (url: string) => verdict({ ...plainToken, scheme }, { ...request, url, headers: [] })
    expect(verdictOf("https://example.com/?token=a+shared+token")).toBe("accepted")
    expect(verdictOf("https://example.com/?token=other")).toBe("SignatureMismatch")
    expect(verdictOf("https://example.com/?token=a+shared+token&token=x")).toBe("MalformedBody")
  })

  it("signs no content, and is not mistaken for a signature", () => {
    expect(() => make({ ...plainToken.scheme, signedContent: "{body}" })).toThrow(/empty for a token/)
    expect(() => make({ ...plainToken.scheme, signedContent: "{body}", keys: [mac({ hash: "sha256" })] })).toThrow(
      /utf8/
    )
  })
})

const numbered: Family = {
  scheme: make({
    id: "numbered",
    signature: numberedHeaders("X-Signature-", { encoding: "base64", count: 100 }),
    signedContent: "{body}",
    keys: [mac({ hash: "sha256" })],
    docs
  }),
  secret: "secret",
  genuine: {
    ...request,
    headers: [["x-signature-100", createHmac("sha256", "secret").update(text).digest("base64")]]
  },
  coversBody: true
}

describe("numbered headers", () => {
  holds(numbered)

  it("hold up to 32 signatures", () => {
    const headers = Array.from(
      { length: 33 },
      (_, index) => [`X-Signature-${index + 1}`, Buffer.alloc(32).toString("base64")] as const
    )
    expect(verdict(numbered, { ...request, headers })).toBe("TooManySignatures")
    expect(verdict(numbered, { ...request, headers: [...headers.slice(0, 31), ...numbered.genuine.headers] })).toBe(
      "accepted"
    )
  })
})

describe("a timestamp", () => {
  const verdictOf = (unit: SignatureScheme.TimestampUnit, stamp: string) => {
    const scheme = make({
      ...numbered.scheme,
      signature: singleHeader("X-Signature", { encoding: "hex" }),
      signedContent: "{timestamp}\n{body}",
      timestamp: { at: header("X-Timestamp"), unit }
    })
    const signature = createHmac("sha256", "secret").update(`${stamp}\n${text}`).digest("hex")
    return verdict(
      { ...numbered, scheme },
      {
        ...request,
        headers: [
          ["X-Signature", signature],
          ["X-Timestamp", stamp]
        ]
      }
    )
  }

  it.each(["2025-11-24T16:00:00Z", "2025-11-24T16:00:00.123456789Z", "2025-11-24T17:30:00+01:30"])(
    "of RFC 3339 may be %s",
    (stamp) => expect(verdictOf("rfc3339", stamp)).toBe("accepted")
  )

  it.each([
    "2025-11-24 16:00:00Z",
    "2025-11-24T16:00:00",
    "2025-11-24t16:00:00z",
    "2025-11-24T24:00:00Z",
    "2025-02-30T16:00:00Z",
    "2025-11-24T16:00:60Z",
    "2025-11-24T16:00:00Z ",
    "1764000000",
    ""
  ])("of RFC 3339 may not be %j", (stamp) => expect(verdictOf("rfc3339", stamp)).toBe("MalformedTimestamp"))

  it("of HTTP is written in one way", () => {
    expect(verdictOf("http-date", "Mon, 24 Nov 2025 16:00:00 GMT")).toBe("accepted")
    expect(verdictOf("http-date", "Mon, 24 Nov 2025 15:54:59 GMT")).toBe("TimestampTooOld")
    for (const stamp of [
      "Tue, 24 Nov 2025 16:00:00 GMT",
      "Mon, 24 Nov 2025 16:00:00 UTC",
      "24 Nov 2025 16:00:00 GMT",
      "x".repeat(29)
    ]) {
      expect(verdictOf("http-date", stamp)).toBe("MalformedTimestamp")
    }
  })
})
