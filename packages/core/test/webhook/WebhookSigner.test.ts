import { SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHmac } from "node:crypto"

const { header, headerList, listItem, mac, make, singleHeader } = SignatureScheme

const secret = Redacted.make("a secret of the test")
const now = 1_764_000_000_999
const body = new TextEncoder().encode(`{"type":"thing.happened"}`)

const plain: SignatureScheme.Options = {
  id: "acme",
  signature: singleHeader("Acme-Signature", { encoding: "hex", prefix: "sha256=" }),
  signedContent: "{body}",
  keys: [mac({ hash: "sha256" })],
  docs: { url: "https://acme.example", checked: "documentation" }
}

const listed: SignatureScheme.Options = {
  ...plain,
  signature: headerList("Acme-Signature", { separator: ";", assignment: "=", encoding: "hex" }),
  signedContent: "{timestamp}:{body}",
  keys: [mac({ hash: "sha256", label: "h1" })],
  timestamp: { at: listItem("ts"), unit: "seconds" }
}

const failureOf = (scheme: SignatureScheme.SignatureScheme, options: Partial<WebhookSigner.SignOptions>) =>
  Result.match(WebhookSigner.sign(scheme, { body, secret, timestamp: now, ...options }), {
    onFailure: ({ reason }) => reason,
    onSuccess: () => undefined
  })

describe("signing", () => {
  it("gives the headers to send, names as the provider writes them", () => {
    const scheme = make({
      ...plain,
      eventId: header("Acme-Id"),
      eventType: [header("Acme-Event")],
      timestamp: { at: header("Acme-Timestamp"), unit: "milliseconds" }
    })
    expect(Result.getOrThrow(WebhookSigner.sign(scheme, { body, secret, timestamp: now, id: "1", type: "a" }))).toEqual(
      [
        ["Acme-Id", "1"],
        ["Acme-Event", "a"],
        ["Acme-Timestamp", "1764000000999"],
        ["Acme-Signature", `sha256=${createHmac("sha256", "a secret of the test").update(body).digest("hex")}`]
      ]
    )
  })

  it("leaves out an id and a type that it was not given, or that belong into the body", () => {
    const scheme = make({ ...plain, eventId: header("Acme-Id"), eventType: [SignatureScheme.body("type")] })
    const names = Result.getOrThrow(WebhookSigner.sign(scheme, { body, secret, timestamp: now, type: "a" })).map(
      ([name]) => name
    )
    expect(names).toEqual(["Acme-Signature"])
  })

  it("cuts the time to the unit of the scheme", () =>
    expect(Result.getOrThrow(WebhookSigner.sign(make(listed), { body, secret, timestamp: now }))[0]?.[1]).toMatch(
      /^ts=1764000000;h1=[0-9a-f]{64}$/
    ))

  it("signs once for each secret of a list, in their order", () => {
    const other = Redacted.make("another secret of the test")
    const headers = Result.getOrThrow(
      WebhookSigner.sign(make(listed), { body, secret: [secret, other], timestamp: now })
    )
    const input = { method: "POST", url: "", headers, body, now }
    expect(headers[0]?.[1].split(";")).toHaveLength(3)
    expect(Result.isSuccess(WebhookVerifier.verify(make(listed), { ...input, secrets: [secret] }))).toBe(true)
    expect(Result.isSuccess(WebhookVerifier.verify(make(listed), { ...input, secrets: [other] }))).toBe(true)
  })

  it("covers method and URL where the scheme does", () => {
    const scheme = make({ ...plain, signedContent: "{method} {url} {body}" })
    const url = "https://example.com/hooks"
    const headers = Result.getOrThrow(WebhookSigner.sign(scheme, { body, secret, timestamp: now, method: "POST", url }))
    const verified = WebhookVerifier.verify(scheme, { method: "POST", url, headers, body, secrets: [secret], now })
    expect(Result.isSuccess(verified)).toBe(true)
  })
})

describe("signing fails", () => {
  it("without a secret, or with one of the wrong form", () => {
    expect(failureOf(make(plain), { secret: [] })).toMatchObject({ _tag: "MissingSecret" })
    expect(failureOf(make(plain), { secret: Redacted.make(" ") })).toMatchObject({ _tag: "InvalidSecret", index: 0 })
  })

  it("with two secrets where there is room for one signature", () =>
    expect(failureOf(make(plain), { secret: [secret, secret] })).toMatchObject({
      _tag: "InvalidInput",
      option: "secret"
    }))

  it("without the method or the URL that the signature covers", () => {
    const scheme = make({ ...plain, signedContent: "{method}{url}{body}" })
    expect(failureOf(scheme, { url: "https://example.com" })).toMatchObject({ _tag: "InvalidInput", option: "method" })
    expect(failureOf(scheme, { method: "POST", url: "" })).toMatchObject({ _tag: "InvalidInput", option: "url" })
  })

  it("with a time that is none", () => {
    for (const timestamp of [Number.NaN, Number.POSITIVE_INFINITY, -1]) {
      expect(failureOf(make(plain), { timestamp })).toMatchObject({ _tag: "InvalidInput", option: "timestamp" })
    }
  })

  it("with an id or a type that no header can carry", () => {
    const scheme = make({ ...plain, eventId: header("Acme-Id"), eventType: [header("Acme-Event")] })
    expect(failureOf(scheme, { id: "a\r\nSet-Cookie: b" })).toMatchObject({ _tag: "InvalidInput", option: "id" })
    expect(failureOf(scheme, { type: "é" })).toMatchObject({ _tag: "InvalidInput", option: "type" })
  })
})
