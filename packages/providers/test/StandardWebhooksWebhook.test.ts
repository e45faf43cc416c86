import { type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { StandardWebhooksWebhook } from "@causeway/providers/standard-webhooks"
import { afterEach, beforeEach, describe, expect, it, vi } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHmac, generateKeyPairSync, sign as signBytes } from "node:crypto"
import * as standardwebhooks from "standardwebhooks"
import * as svix from "svix"
import { body, bytes, type Headers, input, now, replaced, suite, tagOf } from "./refusals.ts"

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
const otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
const text = new TextDecoder().decode(body)
const id = "msg_p5jXN8AQM9LWM0D4loKWxJek"

const hmac = (content: Uint8Array, key: string, millis: number, messageId = id) =>
  createHmac("sha256", Buffer.from(key.slice("whsec_".length), "base64"))
    .update(`${messageId}.${millis / 1000}.`)
    .update(content)
    .digest("base64")

// the packages read the clock themselves
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now }))
afterEach(() => void vi.useRealTimers())

const families = [
  {
    scheme: StandardWebhooksWebhook.scheme,
    prefix: "webhook",
    Webhook: standardwebhooks.Webhook,
    by: "standardwebhooks"
  },
  { scheme: StandardWebhooksWebhook.svixScheme, prefix: "svix", Webhook: svix.Webhook, by: "svix" }
]

for (const { scheme, prefix, Webhook, by } of families) {
  const signatureHeader = `${prefix}-signature`

  const headersOf = (signature: string, millis = now, messageId = id): Headers => [
    [`${prefix}-id`, messageId],
    [`${prefix}-timestamp`, String(millis / 1000)],
    [signatureHeader, signature]
  ]

  const theyAccept = (content: string | Buffer, headers: Headers, key = secret): boolean => {
    try {
      new Webhook(key).verify(content, Object.fromEntries(headers))
      return true
    } catch {
      return false
    }
  }

  const verdict = (headers: Headers, overrides: Partial<WebhookVerifier.VerifyInput> = {}) =>
    tagOf(WebhookVerifier.verify(scheme, input(headers, [secret], overrides)))

  suite({
    scheme,
    secret,
    otherSecret,
    required: [signatureHeader, `${prefix}-id`, `${prefix}-timestamp`],
    signatureHeader,
    timestampHeader: `${prefix}-timestamp`,
    rewrite: (value, signature) => `v1,${signature(value.slice("v1,".length))}`,
    repeat: (value, times) => Array.from({ length: times }, () => value).join(" "),
    sign: (content, key, millis) => headersOf(`v1,${hmac(content, key, millis)}`, millis)
  })

  describe(`${scheme.id} and the ${by} package agree`, () => {
    it("on what the package signs", () => {
      const signature = new Webhook(secret).sign(id, new Date(now), text)
      expect(Result.getOrThrow(WebhookVerifier.verify(scheme, input(headersOf(signature), [secret])))).toEqual({
        id,
        type: "thing.happened",
        timestamp: now,
        signedBy: 0,
        unsigned: []
      })
    })

    it("on what we sign", () => {
      const options = { id, body, secret: Redacted.make(secret), timestamp: now }
      const headers = Result.getOrThrow(WebhookSigner.sign(scheme, options))
      expect(headers).toEqual(headersOf(new Webhook(secret).sign(id, new Date(now), text)))
      expect(theyAccept(text, headers)).toBe(true)
    })

    it("on what we sign with two secrets, each for itself", () => {
      const secrets = [Redacted.make(secret), Redacted.make(otherSecret)]
      const headers = Result.getOrThrow(WebhookSigner.sign(scheme, { id, body, secret: secrets, timestamp: now }))
      expect(theyAccept(text, headers, secret)).toBe(true)
      expect(theyAccept(text, headers, otherSecret)).toBe(true)
      expect(tagOf(WebhookVerifier.verify(scheme, input(headers, [otherSecret])))).toBe("accepted")
    })

    it("on a list with unknown versions in it", () => {
      const headers = headersOf(`v0,xyz v1a,abc v2,def v1,${hmac(body, secret, now)}`)
      expect(theyAccept(text, headers)).toBe(true)
      expect(verdict(headers)).toBe("accepted")
    })

    it("on 300 seconds both ways", () => {
      for (const [millis, accepted] of [
        [now - 300_000, true],
        [now + 300_000, true],
        [now - 301_000, false],
        [now + 301_000, false]
      ] as const) {
        const headers = headersOf(`v1,${hmac(body, secret, millis)}`, millis)
        expect(theyAccept(text, headers)).toBe(accepted)
        expect(verdict(headers) === "accepted").toBe(accepted)
      }
    })

    it("on refusing a tampered body, another id and another secret", () => {
      const headers = headersOf(`v1,${hmac(body, secret, now)}`)
      expect(theyAccept(`${text} `, headers)).toBe(false)
      expect(theyAccept(text, headers, otherSecret)).toBe(false)
      const renamed = replaced(headers, `${prefix}-id`, () => "msg_other")
      expect(theyAccept(text, renamed)).toBe(false)
      expect(verdict(renamed)).toBe("SignatureMismatch")
    })
  })

  describe(`the ${by} package is laxer`, () => {
    it("with junk after a timestamp, which we refuse", () => {
      const headers = replaced(
        headersOf(`v1,${hmac(body, secret, now)}`),
        `${prefix}-timestamp`,
        (stamp) => `${stamp}abc`
      )
      expect(theyAccept(text, headers)).toBe(true)
      expect(verdict(headers)).toBe("MalformedTimestamp")
    })

    it("with an id that contains a full stop, which we refuse", () => {
      const headers = headersOf(`v1,${hmac(body, secret, now, "msg.1")}`, now, "msg.1")
      expect(theyAccept(text, headers)).toBe(true)
      expect(verdict(headers)).toBe("MalformedHeader")
    })

    it("with a signature that goes on after a second comma, which we refuse", () => {
      const headers = headersOf(`v1,${hmac(body, secret, now)},junk`)
      expect(theyAccept(text, headers)).toBe(true)
      expect(verdict(headers)).toBe("MalformedSignature")
    })

    it("with a key of 3 bytes, which we refuse", () => {
      const short = "whsec_AAAA"
      const headers = headersOf(`v1,${hmac(body, short, now)}`)
      expect(theyAccept(text, headers, short)).toBe(true)
      expect(tagOf(WebhookVerifier.verify(scheme, input(headers, [short])))).toBe("InvalidSecret")
    })

    it("with a secret without its prefix, which we take for Svix only", () => {
      const bare = secret.slice("whsec_".length)
      const headers = headersOf(`v1,${hmac(body, secret, now)}`)
      expect(theyAccept(text, headers, bare)).toBe(true)
      const verdict = tagOf(WebhookVerifier.verify(scheme, input(headers, [bare])))
      expect(verdict).toBe(scheme.id === "svix" ? "accepted" : "InvalidSecret")
    })

    it("with a signature of bytes that are not UTF-8, which it makes of other bytes", () => {
      const notUtf8 = Buffer.from([0x22, 0xff, 0x22])
      const signature = new Webhook(secret).sign(id, new Date(now), notUtf8)
      expect(verdict(headersOf(signature), { body: notUtf8 })).toBe("SignatureMismatch")
      expect(verdict(headersOf(`v1,${hmac(notUtf8, secret, now)}`), { body: notUtf8 })).toBe("accepted")
    })
  })
}

describe("v1a", () => {
  const { scheme } = StandardWebhooksWebhook
  const publicKey = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
  const privateKey = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
  const vector = {
    millis: 1_614_265_330_000,
    body: bytes(`{"test": 2432232314}`),
    signature: "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
  }
  const headers: Headers = [
    ["webhook-id", id],
    ["webhook-timestamp", String(vector.millis / 1000)],
    ["webhook-signature", vector.signature]
  ]
  const verify = (
    signed: Headers,
    secrets: ReadonlyArray<string>,
    overrides: Partial<WebhookVerifier.VerifyInput> = {}
  ) => WebhookVerifier.verify(scheme, input(signed, secrets, { body: vector.body, now: vector.millis, ...overrides }))
  const sign = (key: string) =>
    WebhookSigner.sign(scheme, { id, body: vector.body, timestamp: vector.millis, secret: Redacted.make(key) })

  it("verifies the published vector with the public key", () =>
    expect(tagOf(verify(headers, [publicKey]))).toBe("accepted"))

  it("is signed as in the published vector, with seed and public key or with the seed alone", () => {
    const seed = Buffer.from(privateKey.slice("whsk_".length), "base64").subarray(0, 32).toString("base64")
    expect(Result.getOrThrow(sign(privateKey))).toEqual(headers)
    expect(Result.getOrThrow(sign(`whsk_${seed}`))).toEqual(headers)
  })

  it("verifies what Node signs with a new key pair", () => {
    const pair = generateKeyPairSync("ed25519")
    const raw = pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32)
    const content = Buffer.concat([bytes(`${id}.${vector.millis / 1000}.`), vector.body])
    const signed = replaced(
      headers,
      "webhook-signature",
      () => `v1a,${signBytes(null, content, pair.privateKey).toString("base64")}`
    )
    expect(tagOf(verify(signed, [`whpk_${raw.toString("base64")}`]))).toBe("accepted")
    expect(tagOf(verify(signed, [publicKey]))).toBe("SignatureMismatch")
  })

  it("refuses a tampered body, id and signature", () => {
    expect(tagOf(verify(headers, [publicKey], { body: bytes(`{"test": 2432232315}`) }))).toBe("SignatureMismatch")
    expect(
      tagOf(
        verify(
          replaced(headers, "webhook-id", () => "msg_1"),
          [publicKey]
        )
      )
    ).toBe("SignatureMismatch")
    expect(
      tagOf(
        verify(
          replaced(headers, "webhook-signature", (v) => v.replace("hnO3", "hnO4")),
          [publicKey]
        )
      )
    ).toBe("SignatureMismatch")
    expect(
      tagOf(
        verify(
          replaced(headers, "webhook-signature", (v) => v.slice(0, -2)),
          [publicKey]
        )
      )
    ).toBe("MalformedSignature")
  })

  it("is not accepted with a shared secret, nor v1 with a public key", () => {
    expect(verify(headers, [secret])).toMatchObject({
      failure: { reason: { _tag: "UnsupportedAlgorithm", accepted: ["v1"] } }
    })
    const publicBytes = Buffer.from(publicKey.slice("whpk_".length), "base64")
    for (const key of [publicBytes, Buffer.from(publicKey)]) {
      const content = createHmac("sha256", key)
        .update(`${id}.${vector.millis / 1000}.`)
        .update(vector.body)
      const confused = replaced(headers, "webhook-signature", () => `v1,${content.digest("base64")}`)
      expect(verify(confused, [publicKey])).toMatchObject({
        failure: { reason: { _tag: "UnsupportedAlgorithm", accepted: ["v1a"] } }
      })
    }
  })

  it("is accepted beside v1, by a receiver that moves from one to the other", () => {
    const shared = replaced(
      headers,
      "webhook-signature",
      (value) => `v1,${hmac(vector.body, secret, vector.millis)} ${value}`
    )
    expect(Result.getOrThrow(verify(shared, [secret])).signedBy).toBe(0)
    expect(Result.getOrThrow(verify(shared, [publicKey])).signedBy).toBe(0)
    expect(Result.getOrThrow(verify(shared, [otherSecret, publicKey])).signedBy).toBe(1)
  })

  it("does not verify with the private key, nor sign with the public one", () => {
    expect(tagOf(verify(headers, [privateKey]))).toBe("InvalidSecret")
    expect(sign(publicKey)).toMatchObject({ failure: { reason: { _tag: "InvalidSecret", index: 0 } } })
  })

  it("refuses keys of a wrong length, in base64url, or whose halves do not belong together", () => {
    const halves = Buffer.from(privateKey.slice("whsk_".length), "base64")
    const strangers = Buffer.concat([halves.subarray(0, 32), Buffer.alloc(32, 7)]).toString("base64")
    for (const key of ["whpk_", "whpk_AAAA", publicKey.slice(0, -2), `${publicKey}=`]) {
      expect(tagOf(verify(headers, [key]))).toBe("InvalidSecret")
    }
    for (const key of ["whsk_AAAA", `whsk_${strangers}`, privateKey.replaceAll("/", "_")]) {
      expect(sign(key)).toMatchObject({ failure: { reason: { _tag: "InvalidSecret" } } })
    }
  })
})

describe("a shared secret", () => {
  const { scheme } = StandardWebhooksWebhook
  const check = (key: string): boolean => Result.isSuccess(WebhookVerifier.checkSecrets(scheme, [Redacted.make(key)]))
  const ofBytes = (count: number) => `whsec_${Buffer.alloc(count, 1).toString("base64")}`

  it("has 16 to 64 bytes to verify, and 24 to 64 to sign", () => {
    expect([15, 16, 24, 64, 65].map(ofBytes).map(check)).toEqual([false, true, true, true, false])
    const signs = (key: string) =>
      Result.isSuccess(
        WebhookSigner.sign(scheme, { id: "msg_1", body: new Uint8Array(), timestamp: now, secret: Redacted.make(key) })
      )
    expect([23, 24, 64, 65].map(ofBytes).map(signs)).toEqual([false, true, true, false])
  })

  it("may go without the padding of its base64, and not without its prefix", () => {
    expect(check(ofBytes(32).replaceAll("=", ""))).toBe(true)
    expect(check(ofBytes(32).replace("whsec_", ""))).toBe(false)
  })

  it("is canonical base64 after its prefix", () => {
    for (const wrong of [
      "whsec_",
      `${secret}=`,
      secret.replace("MfKQ", "MfK_"),
      secret.replace("whsec_", "WHSEC_"),
      "whsec_%"
    ]) {
      expect(check(wrong)).toBe(false)
    }
  })
})

const allSchemes: ReadonlyArray<SignatureScheme.SignatureScheme> = families.map(({ scheme }) => scheme)

describe("signing", () => {
  it.each(allSchemes)("for $id asks for an id without a full stop", (scheme) => {
    for (const wrong of [undefined, "", "a.b", "a b", "é", "a".repeat(257)]) {
      const signed = WebhookSigner.sign(scheme, { id: wrong, body, secret: Redacted.make(secret), timestamp: now })
      expect(signed).toMatchObject({ failure: { category: "invalid", reason: { _tag: "InvalidInput", option: "id" } } })
    }
  })
})
