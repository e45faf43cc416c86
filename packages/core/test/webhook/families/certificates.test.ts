import { SignatureScheme, WebhookVerifier } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { generateKeyPairSync, sign } from "node:crypto"
import { bytes, docs, type Family, holds, type Input, now, secretsOf, verdict, verify } from "./battery.ts"
import { certificate, type CertificateOptions } from "./certificate.ts"

const { body, certificate: certificateKey, header, inField, listedFields, make, singleHeader } = SignatureScheme

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
const authorityKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
const day = 86_400_000

const leaf: CertificateOptions = {
  subject: "sns.example",
  issuer: "authority.example",
  key: privateKey,
  issuerKey: authorityKey,
  notBefore: now - day,
  notAfter: now + day
}

const authority: CertificateOptions = {
  ...leaf,
  subject: "authority.example",
  key: authorityKey,
  isAuthority: true
}

const chain = (first: Partial<CertificateOptions> = {}, second: Partial<CertificateOptions> = {}) =>
  certificate({ ...leaf, ...first }) + certificate({ ...authority, ...second })

const pem = privateKey.export({ format: "pem", type: "pkcs8" }).toString()

const certUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
const topic = "arn:aws:sns:eu-west-1:123456789012:topic"

const common = ["Message*", "MessageId", "Subject?", "Timestamp", "TopicArn", "Type"]
const confirming = ["Message*", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]

const fields = {
  Type: "Notification",
  MessageId: "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  TopicArn: topic,
  Message: "My message\nof two lines",
  Timestamp: "2025-11-24T16:00:00.000Z",
  SignatureVersion: "2",
  SigningCertURL: certUrl
}

type Fields = Readonly<Record<string, unknown>>

const canonical = (values: Fields, names: ReadonlyArray<string>) =>
  names
    .map((name) => name.replace(/[?*]/, ""))
    .flatMap((name) => (values[name] === undefined ? [] : `${name}\n${String(values[name])}\n`))
    .join("")

const messageOf = (values: Fields, names = common, hash = "sha256"): Uint8Array => {
  const signature = sign(hash, Buffer.from(canonical(values, names)), privateKey).toString("base64")
  return bytes(JSON.stringify({ ...values, Signature: signature }))
}

const listed: Family = {
  scheme: make({
    id: "listed-fields",
    signature: inField(body("Signature"), { encoding: "base64" }),
    signedContent: listedFields({
      by: body("Type"),
      names: { Notification: common, SubscriptionConfirmation: confirming, UnsubscribeConfirmation: confirming }
    }),
    keys: [
      certificateKey({
        url: body("SigningCertURL"),
        hosts: ["sns.{region}.amazonaws.com", "sns.{region}.amazonaws.com.cn"],
        path: { suffix: ".pem" },
        hash: { field: body("SignatureVersion"), values: { "1": "sha1", "2": "sha256" } },
        audience: body("TopicArn")
      })
    ],
    timestamp: { at: body("Timestamp"), unit: "rfc3339", tolerance: "1 hour" },
    eventId: body("MessageId"),
    eventType: [body("Type")],
    docs
  }),
  secret: topic,
  keys: { certificates: { [certUrl]: chain() } },
  genuine: { method: "POST", url: "", headers: [], body: messageOf(fields) },
  coversBody: true,
  signedText: (content) => {
    try {
      return canonical(JSON.parse(Buffer.from(content).toString()) as Fields, common)
    } catch {
      return "no JSON"
    }
  },
  signing: { secret: Redacted.make(pem) }
}

const of = (message: Uint8Array): Input => ({ ...listed.genuine, body: message })

describe("listed fields under a certificate", () => {
  holds(listed)

  it("are signed, and the rest of the body is not", () =>
    expect(Result.getOrThrow(verify(listed, listed.genuine))).toEqual({
      id: fields.MessageId,
      type: "Notification",
      timestamp: now,
      signedBy: 0,
      unsigned: ["body"]
    }))

  it("are those of their type, with the hash of their version", () => {
    expect(verdict(listed, of(messageOf({ ...fields, Subject: "Hello" })))).toBe("accepted")
    expect(verdict(listed, of(messageOf({ ...fields, SignatureVersion: "1" }, common, "sha1")))).toBe("accepted")
    expect(verdict(listed, of(messageOf({ ...fields, SignatureVersion: "2" }, common, "sha1")))).toBe(
      "SignatureMismatch"
    )
    expect(verdict(listed, of(messageOf({ ...fields, SignatureVersion: "3" })))).toBe("UnsupportedAlgorithm")
    expect(verdict(listed, of(messageOf({ ...fields, Type: "toString" })))).toBe("MalformedBody")
    const confirmation = { ...fields, Type: "SubscriptionConfirmation", Token: "t", SubscribeURL: "https://sns/" }
    expect(verdict(listed, of(messageOf(confirmation, confirming)))).toBe("accepted")
    expect(verdict(listed, of(messageOf(confirmation, common)))).toBe("SignatureMismatch")
  })

  it("must name the topic that the secret is", () => {
    const foreign = messageOf({ ...fields, TopicArn: `${topic}2` })
    expect(verdict(listed, of(foreign))).toBe("SignatureMismatch")
    expect(verdict(listed, of(foreign), { secrets: secretsOf(topic, `${topic}2`) })).toBe("accepted")
  })

  it("have no line breaks but in the one that may", () =>
    expect(verdict(listed, of(messageOf({ ...fields, MessageId: "a\nb" })))).toBe("MalformedBody"))
})

describe("the place of a certificate", () => {
  it.each([
    "http://sns.eu-west-1.amazonaws.com/a.pem",
    "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
    "https://evil.example/sns.eu-west-1.amazonaws.com/a.pem",
    "https://sns.evil.example#.amazonaws.com/a.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem",
    "https://user@sns.eu-west-1.amazonaws.com/a.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
    "https://sns.eu.west.amazonaws.com/a.pem",
    "https://sns..amazonaws.com/a.pem",
    "https://sns.s3.amazonaws.com/a.pem",
    "https://sns.s3-us-west-2.amazonaws.com/a.pem",
    "https://sns.s3-website-us-east-1.amazonaws.com/a.pem",
    "https://sns.dualstack.amazonaws.com/a.pem",
    "https://sns.ec2.amazonaws.com/a.pem",
    "https://sns.us-east.amazonaws.com/a.pem",
    "https://sns.us-east-0.amazonaws.com/a.pem",
    "https://sns.us-east-100.amazonaws.com/a.pem",
    "https://sns.-east-1.amazonaws.com/a.pem",
    "https://sns.{region}.amazonaws.com/a.pem",
    "https://sns.eu-west-1.amazonaws.com/a.crt",
    "https://sns.eu-west-1.amazonaws.com/a.crt?.pem",
    "https://sns.eu-west-1.amazonaws.com/../a.pem",
    "https://SNS.eu-west-1.amazonaws.com/a.pem",
    "https://sns.eu-west-1.amazonaws.com./a.pem",
    "",
    "no url"
  ])("is not %j", (url) => {
    const input = of(messageOf({ ...fields, SigningCertURL: url }))
    expect(verdict(listed, input, { keys: { certificates: { [url]: chain() } } })).toBe("UntrustedKey")
    expect(Result.isFailure(WebhookVerifier.keysNeeded(listed.scheme, input))).toBe(true)
  })

  it.each([
    "us-east-1",
    "eu-central-2",
    "ap-southeast-5",
    "us-gov-west-1",
    "cn-northwest-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "il-central-1",
    "mx-central-1",
    "eusc-de-east-1"
  ])("is in the region %s", (region) => {
    const url = `https://sns.${region}.amazonaws.com/a.pem`
    const input = of(messageOf({ ...fields, SigningCertURL: url }))
    expect(Result.getOrThrow(WebhookVerifier.keysNeeded(listed.scheme, input))).toEqual([{ _tag: "Certificate", url }])
  })

  it("is told before the delivery is verified", () =>
    expect(Result.getOrThrow(WebhookVerifier.keysNeeded(listed.scheme, listed.genuine))).toEqual([
      { _tag: "Certificate", url: certUrl }
    ]))

  it("is nothing where the keys are ours", () =>
    expect(Result.getOrThrow(WebhookVerifier.keysNeeded(SignatureScheme.standardWebhooks, listed.genuine))).toEqual([]))
})

describe("a certificate", () => {
  const verdictOf = (found: string | undefined) =>
    verdict(listed, listed.genuine, { keys: found === undefined ? undefined : { certificates: { [certUrl]: found } } })

  it("must have been fetched", () => expect(verdictOf(undefined)).toBe("MissingKey"))

  it("may stand alone, or before those that issued it", () => {
    expect(verdictOf(certificate(leaf))).toBe("accepted")
    expect(verdictOf(chain())).toBe("accepted")
  })

  it("must be valid, with all above it", () => {
    expect(verdictOf(chain({ notAfter: now - 1000 }))).toBe("UntrustedKey")
    expect(verdictOf(chain({ notBefore: now + 1000 }))).toBe("UntrustedKey")
    expect(verdictOf(chain({}, { notAfter: now - 1000 }))).toBe("UntrustedKey")
  })

  it("must have been issued by the one after it, which must be an authority", () => {
    const stranger = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey
    expect(verdictOf(chain({ issuerKey: stranger }))).toBe("UntrustedKey")
    expect(verdictOf(chain({ issuer: "other.example" }))).toBe("UntrustedKey")
    expect(verdictOf(chain({}, { isAuthority: false }))).toBe("UntrustedKey")
  })

  it("must be one, of a strong RSA key", () => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey
    expect(verdictOf(chain({ key: weak }))).toBe("UntrustedKey")
    for (const found of ["", "junk", pem, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]) {
      expect(verdictOf(found)).toBe("UntrustedKey")
    }
  })
})

const event = `{"id":"WH-1","event_type":"PAYMENT.CAPTURE.COMPLETED"}`
// CRC-32 of the event, as zlib computes it.
const checksum = "2325436976"
const transmission = [
  ["PAYPAL-TRANSMISSION-ID", "69cd13f0-d67a-11e5-baa3-778b53f4ae55"],
  ["PAYPAL-TRANSMISSION-TIME", "2025-11-24T16:00:00Z"],
  ["PAYPAL-CERT-URL", "https://api.paypal.com/v1/notifications/certs/CERT-1"],
  ["PAYPAL-AUTH-ALGO", "SHA256withRSA"]
] as const

const checksummed: Family = {
  scheme: make({
    id: "checksum",
    signature: singleHeader("PAYPAL-TRANSMISSION-SIG", { encoding: "base64" }),
    signedContent: "{id}|{timestamp}|{secret}|{crc32}",
    keys: [
      certificateKey({
        url: header("PAYPAL-CERT-URL"),
        hosts: ["api.paypal.com", "api.sandbox.paypal.com"],
        path: { prefix: "/v1/notifications/certs/" },
        hash: { field: header("PAYPAL-AUTH-ALGO"), values: { SHA256withRSA: "sha256" } }
      })
    ],
    timestamp: { at: header("PAYPAL-TRANSMISSION-TIME"), unit: "rfc3339" },
    eventId: header("PAYPAL-TRANSMISSION-ID"),
    eventType: [body("event_type")],
    docs
  }),
  secret: "1JE4291016473214C",
  keys: { certificates: { "https://api.paypal.com/v1/notifications/certs/CERT-1": chain() } },
  genuine: {
    method: "POST",
    url: "",
    headers: [
      ...transmission,
      [
        "PAYPAL-TRANSMISSION-SIG",
        sign(
          "sha256",
          Buffer.from(`${transmission[0][1]}|${transmission[1][1]}|1JE4291016473214C|${checksum}`),
          privateKey
        ).toString("base64")
      ]
    ],
    body: bytes(event)
  },
  coversBody: true,
  signing: {
    secret: Redacted.make(pem),
    audience: "1JE4291016473214C",
    id: transmission[0][1],
    headers: [transmission[2], transmission[3]]
  }
}

describe("a checksum of the body under a certificate", () => {
  holds(checksummed)

  it("does not count as covering the body, because anyone can make a body of the same checksum", () =>
    expect(Result.getOrThrow(verify(checksummed, checksummed.genuine))).toMatchObject({
      type: "PAYMENT.CAPTURE.COMPLETED",
      unsigned: ["type", "body"]
    }))

  it("covers the webhook's id", () =>
    expect(verdict(checksummed, checksummed.genuine, { secrets: secretsOf("another") })).toBe("SignatureMismatch"))
})

it("a certificate needs something that the delivery must name", () =>
  expect(() => make({ ...checksummed.scheme, signedContent: "{id}|{crc32}" })).toThrow(/audience/))
