import { SignatureScheme } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Result } from "effect"
import { createHmac } from "node:crypto"
import { bytes, docs, type Family, holds, now, verdict, verify } from "./battery.ts"

const { header, mac, make, singleHeader } = SignatureScheme

const text = `{"sys":{"id":"1"}}`
const url = "https://example.com/hooks?a=1"
const listed = "x-contentful-signed-headers,x-contentful-timestamp,x-contentful-topic"

const sign = (headers: string, method = "POST", body = text) =>
  createHmac("sha256", "secret").update(`${method}\n/hooks?a=1\n${headers}\n${body}`).digest("hex")

const canonical: Family = {
  scheme: make({
    id: "canonical-request",
    signature: singleHeader("x-contentful-signature", { encoding: "hex" }),
    signedContent: "{method}\n{path}\n{headers:x-contentful-signed-headers}\n{body}",
    keys: [mac({ hash: "sha256" })],
    timestamp: { at: header("x-contentful-timestamp"), unit: "milliseconds", tolerance: "30 seconds" },
    eventType: [header("x-contentful-topic")],
    docs
  }),
  secret: "secret",
  genuine: {
    method: "POST",
    url,
    headers: [
      [
        "X-Contentful-Signature",
        sign(`x-contentful-signed-headers:${listed};x-contentful-timestamp:${now};x-contentful-topic:Entry.publish`)
      ],
      ["X-Contentful-Signed-Headers", listed],
      ["X-Contentful-Timestamp", String(now)],
      ["X-Contentful-Topic", "Entry.publish"]
    ],
    body: bytes(text)
  },
  coversBody: true,
  signing: { headers: [["x-contentful-signed-headers", listed]], type: "Entry.publish" }
}

describe("a canonical request", () => {
  holds(canonical)

  it("covers the headers that it lists", () =>
    expect(Result.getOrThrow(verify(canonical, canonical.genuine))).toMatchObject({
      type: "Entry.publish",
      timestamp: now,
      unsigned: []
    }))

  it("says which of the others it does not cover", () => {
    const list = "x-contentful-signed-headers,x-contentful-timestamp"
    const headers = [
      ["x-contentful-signature", sign(`x-contentful-signed-headers:${list};x-contentful-timestamp:${now}`)],
      ["x-contentful-signed-headers", list],
      ["x-contentful-timestamp", String(now)],
      ["x-contentful-topic", "Entry.delete"]
    ] as const
    expect(Result.getOrThrow(verify(canonical, { ...canonical.genuine, headers }))).toMatchObject({
      type: "Entry.delete",
      unsigned: ["type"]
    })
  })

  it("covers method, path and query, but no host", () => {
    expect(verdict(canonical, { ...canonical.genuine, method: "PUT" })).toBe("SignatureMismatch")
    expect(verdict(canonical, { ...canonical.genuine, url: "https://example.com/hooks?a=2" })).toBe("SignatureMismatch")
    expect(verdict(canonical, { ...canonical.genuine, url: "https://internal:8080/hooks?a=1" })).toBe("accepted")
  })

  const verdictOf = (list: string, ...others: ReadonlyArray<readonly [string, string]>) => {
    const values = new Map([["x-contentful-signed-headers", list], ...others])
    const content = list
      .split(",")
      .map((name) => `${name}:${values.get(name)}`)
      .join(";")
    const headers = [
      ["x-contentful-signature", sign(content)],
      ["x-contentful-signed-headers", list],
      ["x-contentful-timestamp", String(now)],
      ...others
    ] as const
    return verdict(canonical, { ...canonical.genuine, headers })
  }

  it("refuses a list that is too long, names one twice or one that is not there", () => {
    expect(verdictOf("x-contentful-signed-headers,a", ["a", "1"])).toBe("accepted")
    expect(verdictOf("x-contentful-signed-headers,a,a", ["a", "1"])).toBe("MalformedHeader")
    expect(verdictOf("x-contentful-signed-headers,b", ["a", "1"])).toBe("MissingHeader")
    expect(verdictOf(Array.from({ length: 65 }, (_, index) => `h${index}`).join(","))).toBe("MalformedHeader")
  })

  it("refuses a value in which another header seems to begin", () => {
    expect(verdictOf("a,b", ["a", "1;charset=x"], ["b", "2"])).toBe("accepted")
    expect(verdictOf("a,b", ["a", "1;b:2"], ["b", "3"])).toBe("MalformedHeader")
  })
})
