import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { StripeWebhook } from "@causeway/providers/stripe"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHmac } from "node:crypto"
import { Stripe } from "stripe"
import { body, bytes, type Headers, input, now, suite, tagOf } from "./refusals.ts"

const { scheme } = StripeWebhook
const secret = "whsec_9c6e0b8ffd0f4f9d8a4f6f1b5a2f8d37"
const otherSecret = "whsec_0d1f5a7e4b9c4c2e8f3a6b7d9e1c2f40"
const text = new TextDecoder().decode(body)

const hex = (content: Uint8Array, millis: number, key: string) =>
  createHmac("sha256", key)
    .update(`${millis / 1000}.`)
    .update(content)
    .digest("hex")

const header = (value: string): Headers => [["Stripe-Signature", value]]

const theirs = (payload: string, millis: number, options: { readonly scheme?: string } = {}) =>
  Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: millis / 1000, ...options })

const theyAccept = (payload: string | Buffer, value: string): boolean => {
  try {
    Stripe.webhooks.constructEvent(payload, value, secret, 300, undefined, now)
    return true
  } catch {
    return false
  }
}

const verdict = (value: string, overrides: Partial<WebhookVerifier.VerifyInput> = {}) =>
  tagOf(WebhookVerifier.verify(scheme, input(header(value), [secret], overrides)))

suite({
  scheme,
  secret,
  otherSecret,
  required: ["Stripe-Signature"],
  signatureHeader: "Stripe-Signature",
  rewrite: (value, signature) => value.replace(/v1=(.*)$/, (_, encoded: string) => `v1=${signature(encoded)}`),
  repeat: (value, times) => value + value.slice(value.indexOf(",v1=")).repeat(times - 1),
  sign: (content, key, millis) => header(`t=${millis / 1000},v1=${hex(content, millis, key)}`)
})

describe("stripe and its package agree", () => {
  it("on what the package signs", () =>
    expect(Result.getOrThrow(WebhookVerifier.verify(scheme, input(header(theirs(text, now)), [secret])))).toEqual({
      id: "evt_1",
      type: "thing.happened",
      timestamp: now,
      signedBy: 0,
      unsigned: []
    }))

  it("on what we sign", () => {
    const headers = Result.getOrThrow(
      WebhookSigner.sign(scheme, { body, secret: Redacted.make(secret), timestamp: now })
    )
    expect(headers).toEqual(header(theirs(text, now)))
    expect(theyAccept(text, headers[0]?.[1] ?? "")).toBe(true)
  })

  it("on two signatures while a secret is rolled, in either order", () => {
    const ours = hex(body, now, secret)
    const foreign = hex(body, now, otherSecret)
    for (const value of [`t=${now / 1000},v1=${ours},v1=${foreign}`, `t=${now / 1000},v1=${foreign},v1=${ours}`]) {
      expect(theyAccept(text, value)).toBe(true)
      expect(verdict(value)).toBe("accepted")
    }
  })

  it("on ignoring v0 beside v1", () => {
    const value = `${theirs(text, now)},v0=${"6".repeat(64)}`
    expect(theyAccept(text, value)).toBe(true)
    expect(verdict(value)).toBe("accepted")
  })

  it("on refusing v0 alone", () => {
    const value = theirs(text, now, { scheme: "v0" })
    expect(theyAccept(text, value)).toBe(false)
    expect(verdict(value)).toBe("UnsupportedAlgorithm")
  })

  it("on refusing a tampered body, an old timestamp and another secret", () => {
    expect(theyAccept(`${text} `, theirs(text, now))).toBe(false)
    expect(theyAccept(text, theirs(text, now - 301_000))).toBe(false)
    expect(theyAccept(text, `t=${now / 1000},v1=${hex(body, now, otherSecret)}`)).toBe(false)
  })
})

describe("the stripe package is laxer", () => {
  it("with timestamps that lie ahead, which we refuse beyond 5 minutes", () => {
    const value = theirs(text, now + 86_400_000)
    expect(theyAccept(text, value)).toBe(true)
    expect(verdict(value)).toBe("TimestampInFuture")
  })

  it("with junk after a timestamp, which we refuse", () => {
    const value = theirs(text, now).replace(",", "abc,")
    expect(theyAccept(text, value)).toBe(true)
    expect(verdict(value)).toBe("MalformedTimestamp")
  })

  it("with a byte order mark that was not signed, which we refuse", () => {
    const marked = Buffer.concat([Uint8Array.of(0xef, 0xbb, 0xbf), body])
    expect(theyAccept(marked, theirs(text, now))).toBe(true)
    expect(verdict(theirs(text, now), { body: marked })).toBe("SignatureMismatch")
  })

  it("with a second timestamp, which we refuse", () => {
    const value = `t=1,${theirs(text, now)}`
    expect(theyAccept(text, value)).toBe(true)
    expect(verdict(value)).toBe("MalformedTimestamp")
  })

  it("with a thousand signatures, of which we refuse to try more than 32", () => {
    const value = theirs(text, now) + `,v1=${"0".repeat(64)}`.repeat(1000)
    expect(theyAccept(text, value)).toBe(true)
    expect(verdict(value)).toBe("MalformedSignature")
    expect(verdict(theirs(text, now) + `,v1=${"0".repeat(64)}`.repeat(32))).toBe("TooManySignatures")
  })
})

describe("stripe", () => {
  it("refuses a list without a timestamp", () =>
    expect(verdict(`v1=${hex(body, now, secret)}`)).toBe("MissingTimestamp"))

  it("refuses the values of two headers that were joined into one", () =>
    expect(verdict(`${theirs(text, now)}, ${theirs(text, now)}`)).toBe("MalformedSignature"))

  it("has neither id nor type of a body that is not JSON", () => {
    const plain = bytes("not json")
    const value = `t=${now / 1000},v1=${hex(plain, now, secret)}`
    const verified = WebhookVerifier.verify(scheme, input(header(value), [secret], { body: plain }))
    expect(Result.getOrThrow(verified)).toMatchObject({ id: undefined, type: undefined, unsigned: [] })
  })
})
