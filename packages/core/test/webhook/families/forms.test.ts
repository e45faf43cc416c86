import { SignatureScheme, WebhookSigner } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHash, createHmac } from "node:crypto"
import { bytes, docs, type Family, holds, now, verdict, verify } from "./battery.ts"

const { form, hashOf, mac, make, query, singleHeader } = SignatureScheme

const hmac = (hash: string, key: string, content: string) => createHmac(hash, key).update(content).digest("base64")

// The request and the signature are those of Twilio's documentation and of the tests of its packages.
const url = "https://mycompany.com/myapp.php?foo=1&bar=2"
const params = {
  CallSid: "CA1234567890ABCDE",
  Caller: "+14158675309",
  Digits: "1234",
  From: "+14158675309",
  To: "+18005551212"
}

/** Nothing stands between names and values: `ab=c` and `a=bc` are the same to the signature. */
const signedText = (body: Uint8Array) =>
  [...new URLSearchParams(Buffer.from(body).toString())]
    .map((pair) => pair.join(""))
    .toSorted()
    .join("")

const urlAndForm: Family = {
  scheme: make({
    id: "url-and-form",
    signature: singleHeader("X-Twilio-Signature", { encoding: "base64" }),
    signedContent: "{url}{uniqueForm}",
    keys: [mac({ hash: "sha1" })],
    bindings: [hashOf("{body}", { at: query("bodySHA256"), hash: "sha256", encoding: "hex", isOptional: true })],
    eventId: form("CallSid"),
    docs
  }),
  secret: "12345",
  genuine: {
    method: "POST",
    url,
    headers: [["X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="]],
    body: bytes(new URLSearchParams(params).toString())
  },
  coversBody: true,
  signedText
}

describe("a URL and its form", () => {
  holds(urlAndForm)

  const signed = (body: string, at = url) => [["X-Twilio-Signature", hmac("sha1", "12345", at + body)]] as const

  it("are signed with the fields sorted, and each pair once", () => {
    const delivery = { ...urlAndForm.genuine, body: bytes("b=2&a=2&a=1&a=2"), headers: signed("a1a2b2") }
    expect(verdict(urlAndForm, delivery)).toBe("accepted")
  })

  it("find the id in the form, which is signed", () =>
    expect(Result.getOrThrow(verify(urlAndForm, urlAndForm.genuine))).toMatchObject({
      id: "CA1234567890ABCDE",
      unsigned: []
    }))

  it("have at most 1000 fields, whatever they are", () => {
    const verdictOf = (count: number) => {
      const body = Array.from({ length: count }, (_, at) => `f${at}=`).join("&")
      const content = Array.from({ length: count }, (_, at) => `f${at}`)
        .toSorted()
        .join("")
      return verdict(urlAndForm, { ...urlAndForm.genuine, body: bytes(body), headers: signed(content) })
    }
    expect(verdictOf(1000)).toBe("accepted")
    expect(verdictOf(1001)).toBe("MalformedBody")
  })

  it("cover the URL", () =>
    expect(verdict(urlAndForm, { ...urlAndForm.genuine, url: `${url}&more=1` })).toBe("SignatureMismatch"))

  describe("with JSON in the form's place", () => {
    const json = `{"property": "value", "boolean": true}`
    const hash = createHash("sha256").update(json).digest("hex")
    const jsonUrl = `${url}&bodySHA256=${hash}`
    const delivery = { method: "POST", url: jsonUrl, headers: signed("", jsonUrl), body: bytes(json) }

    it("have its hash in the URL", () => {
      expect(Result.getOrThrow(verify(urlAndForm, delivery)).unsigned).toEqual([])
      expect(verdict(urlAndForm, { ...delivery, body: bytes(`${json} `) })).toBe("HashMismatch")
    })

    it("need that hash", () =>
      expect(verdict(urlAndForm, { ...delivery, url, headers: signed("") })).toBe("SignatureMismatch"))

    it("are refused with two hashes", () => {
      const twice = `${jsonUrl}&bodySHA256=${hash}`
      expect(verdict(urlAndForm, { ...delivery, url: twice, headers: signed("", twice) })).not.toBe("accepted")
    })

    it("can be signed, with the hash put into the URL", () => {
      const options = { body: bytes(json), url, timestamp: now, secret: Redacted.make("12345") }
      const made = Result.getOrThrow(WebhookSigner.signDelivery(urlAndForm.scheme, options))
      expect(made.url).toBe(jsonUrl)
      expect(verdict(urlAndForm, { method: "POST", ...made })).toBe("accepted")
      expect(Result.isFailure(WebhookSigner.sign(urlAndForm.scheme, options))).toBe(true)
    })
  })
})

const sortedUrl: Family = {
  scheme: make({
    id: "sorted-url",
    signature: singleHeader("X-Signature-V3", { encoding: "base64", separator: "," }),
    signedContent: "{sortedUrl}{form}.{header:X-Signature-V3-Nonce}",
    keys: [mac({ hash: "sha256" })],
    docs
  }),
  secret: "auth token",
  genuine: {
    method: "POST",
    url: "https://example.com/answer?z=1&a=2",
    headers: [
      ["X-Signature-V3", hmac("sha256", "auth token", "https://example.com/answer?a=2&z=1.From1To2.123456")],
      ["X-Signature-V3-Nonce", "123456"]
    ],
    body: bytes("To=2&From=1")
  },
  coversBody: true,
  signedText,
  signing: { headers: [["X-Signature-V3-Nonce", "123456"]] }
}

describe("a sorted URL, a form and a nonce", () => {
  holds(sortedUrl)

  const verdictOf = (content: string, at: string, body: string) =>
    verdict(sortedUrl, {
      ...sortedUrl.genuine,
      url: at,
      body: bytes(body),
      headers: [
        ["X-Signature-V3", `AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=,${hmac("sha256", "auth token", content)}`],
        ["X-Signature-V3-Nonce", "1"]
      ]
    })

  it("are joined by a question mark without a query, by a dot with one, and by nothing without a form", () => {
    expect(verdictOf("https://example.com/a?To2.1", "https://example.com/a", "To=2")).toBe("accepted")
    expect(verdictOf("https://example.com/a?x=1.To2.1", "https://example.com/a?x=1", "To=2")).toBe("accepted")
    expect(verdictOf("https://example.com/a?x=1.1", "https://example.com/a?x=1", "")).toBe("accepted")
    expect(verdictOf("https://example.com/a.1", "https://example.com/a", "")).toBe("accepted")
  })

  it("are refused when the URL is none, or longer than any server lets through", () => {
    expect(verdictOf("a.1", "a", "")).toBe("InvalidInput")
    const long = `https://example.com/${"a".repeat(16_384 - "https://example.com/".length)}`
    expect(verdictOf(`${long}.1`, long, "")).toBe("accepted")
    expect(verdictOf(`${long}a.1`, `${long}a`, "")).toBe("InvalidInput")
  })
})
