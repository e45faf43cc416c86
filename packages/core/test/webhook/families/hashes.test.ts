import { SignatureScheme } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { createHash } from "node:crypto"
import { bytes, docs, type Family, holds, now, verdict, verify } from "./battery.ts"

const { body, digest, header, make, singleHeader } = SignatureScheme

const text = `{"eventId":1,"subscriptionType":"contact.creation"}`

const hash = (algorithm: string, content: string) => createHash(algorithm).update(content).digest("hex")

const withUrl: Family = {
  scheme: make({
    id: "secret-method-url-body",
    signature: singleHeader("X-Signature", { encoding: "hex" }),
    signedContent: "{secret}{method}{url}{body}",
    keys: [digest({ hash: "sha256" })],
    eventId: body("eventId"),
    docs
  }),
  secret: "app secret",
  genuine: {
    method: "POST",
    url: "https://example.com/hooks?a=1",
    headers: [["X-Signature", hash("sha256", `app secretPOSThttps://example.com/hooks?a=1${text}`)]],
    body: bytes(text)
  },
  coversBody: true
}

const seconds = String(now / 1000)

const secretLast: Family = {
  scheme: make({
    id: "body-timestamp-secret",
    signature: singleHeader("X-Signature", { encoding: "hex" }),
    signedContent: "{body}{timestamp}{secret}",
    keys: [digest({ hash: "sha1" })],
    timestamp: { at: header("X-Timestamp"), unit: "seconds", tolerance: "2 hours" },
    docs
  }),
  secret: "app secret",
  genuine: {
    method: "POST",
    url: "https://example.com/hooks",
    headers: [
      ["X-Signature", hash("sha1", `${text}${seconds}app secret`)],
      ["X-Timestamp", seconds]
    ],
    body: bytes(text)
  },
  coversBody: true
}

describe("a hash with the secret in front", () => {
  holds(withUrl)

  it("covers method and URL", () => {
    expect(verdict(withUrl, { ...withUrl.genuine, method: "PUT" })).toBe("SignatureMismatch")
    expect(verdict(withUrl, { ...withUrl.genuine, url: "https://example.com/hooks?a=2" })).toBe("SignatureMismatch")
  })

  it("leaves nothing of the body unsigned", () =>
    expect(Result.getOrThrow(verify(withUrl, withUrl.genuine))).toMatchObject({ id: "1", unsigned: [] }))
})

describe("a hash with the secret at the end", () => {
  holds(secretLast)

  it("is held to the tolerance", () =>
    expect(verdict(secretLast, secretLast.genuine, { now: now + 7_200_001 })).toBe("TimestampTooOld"))

  it("does not accept a digit that moved from the timestamp to the body", () => {
    const moved = {
      ...secretLast.genuine,
      headers: secretLast.genuine.headers.map(([name, value]) =>
        name === "X-Timestamp" ? ([name, value.slice(1)] as const) : ([name, value] as const)
      ),
      body: bytes(`${text}${seconds[0]}`)
    }
    expect(verdict(secretLast, moved)).toBe("TimestampTooOld")
  })
})

it("a hash needs the secret in its template, and only a hash may have it there", () => {
  expect(() => make({ ...withUrl.scheme, signedContent: "{body}" })).toThrow(/\{secret\}/)
  expect(() => make({ ...withUrl.scheme, keys: [SignatureScheme.mac({ hash: "sha256" })] })).toThrow(/\{secret\}/)
})
