import { type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { HighLevelWebhook } from "@causeway/providers/highlevel"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHmac, createPrivateKey, createPublicKey, sign as signBytes } from "node:crypto"
import { text } from "./oracles.ts"
import { type Headers, now, tagOf } from "./refusals.ts"

interface Given {
  readonly headers: Headers
  readonly body: string
  readonly secrets: ReadonlyArray<string>
  readonly at?: number
}

const verify = (scheme: SignatureScheme.SignatureScheme, { at = now, body, headers, secrets }: Given) =>
  WebhookVerifier.verify(scheme, {
    method: "POST",
    url: "https://example.com/webhooks",
    headers,
    body: text(body),
    secrets: secrets.map((secret) => Redacted.make(secret)),
    now: at
  })

const verdict = (scheme: SignatureScheme.SignatureScheme, given: Given) => tagOf(verify(scheme, given))

const hmac = (secret: string, content: string) => createHmac("sha256", secret).update(content).digest("hex")

describe("the delivery in the documentation of Box's package", () => {
  const body =
    '{"type":"webhook_event","webhook":{"id":"1234567890"},"trigger":"FILE.UPLOADED","source":{"id":"1234567890","type":"file","name":"Test.txt"}}'
  const primary = ["BOX-SIGNATURE-PRIMARY", "6TfeAW3A1PASkgboxxA5yqHNKOwFyMWuEXny/FPD5hI="] as const
  const secondary = ["BOX-SIGNATURE-SECONDARY", "v+1CD1Jdo3muIcbpv5lxxgPglOqMfsNHPV899xWYydo="] as const
  const time = ["BOX-DELIVERY-TIMESTAMP", "2020-01-01T00:00:00-07:00"] as const
  const at = Date.UTC(2020, 0, 1, 7)
  const given = { body, headers: [time, primary, secondary], at }

  it("is accepted with either key", () => {
    expect(verdict(schemes.box, { ...given, secrets: ["SamplePrimaryKey"] })).toBe("accepted")
    expect(verdict(schemes.box, { ...given, secrets: ["SampleSecondaryKey"] })).toBe("accepted")
    expect(verdict(schemes.box, { ...given, secrets: ["another key"] })).toBe("SignatureMismatch")
  })

  it("is accepted with one of its two signatures, and for 10 minutes", () => {
    const secrets = ["SampleSecondaryKey"]
    expect(verdict(schemes.box, { ...given, headers: [time, secondary], secrets })).toBe("accepted")
    expect(verdict(schemes.box, { ...given, headers: [time, primary], secrets })).toBe("SignatureMismatch")
    expect(verdict(schemes.box, { ...given, secrets, at: at + 600_001 })).toBe("TimestampTooOld")
  })
})

describe("a delivery of EasyPost's", () => {
  const body = '{"id":"evt_1","object":"Event","description":"tracker.updated","result":{"weight":614.0}}'
  const signed = (secret: string): Headers => [
    ["X-Hmac-Signature", `hmac-sha256-hex=${hmac(secret.normalize("NFKD"), body)}`]
  ]

  it("is signed with the secret in the normalization NFKD, in whichever it is configured", () => {
    const secret = "s\u00e9cret"
    for (const form of ["NFC", "NFD"]) {
      const given = { body, headers: signed(secret), secrets: [secret.normalize(form)] }
      expect(verdict(schemes.easypost, given)).toBe("accepted")
    }
    expect(verdict(schemes.easypost, { body, headers: signed(secret), secrets: ["secret"] })).toBe("SignatureMismatch")
  })
})

describe.each([
  { scheme: schemes.gitea, prefix: "X-Gitea" },
  { scheme: schemes.gogs, prefix: "X-Gogs" }
])("a form of $scheme.id", ({ prefix, scheme }) => {
  const json = '{"ref":"refs/heads/main","message":"caf\u00e9 & more"}'
  const body = new URLSearchParams({ payload: json }).toString()
  const headers: Headers = [
    [`${prefix}-Signature`, hmac("hook secret", json)],
    [`${prefix}-Event`, "push"],
    [`${prefix}-Delivery`, "f6266f16-1bf3-46a5-9ea4-602e06ead473"]
  ]
  const given = { headers, secrets: ["hook secret"] }

  it("is accepted by the signature of the JSON in its field payload", () =>
    expect(Result.getOrThrow(verify(scheme, { ...given, body }))).toMatchObject({ type: "push" }))

  it("is refused when the field differs, is there twice, or is empty", () => {
    for (const other of [body.replace("main", "mail"), `${body}&${body}`, "payload=", "other=1"]) {
      expect(verdict(scheme, { ...given, body: other })).toBe("SignatureMismatch")
    }
  })

  it("needs no field where the body is the JSON", () => {
    expect(verdict(scheme, { ...given, body: json })).toBe("accepted")
    const empty = [[`${prefix}-Signature`, hmac("hook secret", "")] as const]
    expect(verdict(scheme, { headers: empty, secrets: ["hook secret"], body: json })).toBe("SignatureMismatch")
  })
})

describe("the deliveries of HighLevel", () => {
  const key = createPrivateKey({
    format: "der",
    type: "pkcs8",
    key: Buffer.from(
      "302e020100300506032b6570042204209d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      "hex"
    )
  })
  const body = '{"type":"ContactCreate","webhookId":"abc123xyz"}'
  const headers: Headers = [["X-GHL-Signature", signBytes(null, Buffer.from(body), key).toString("base64")]]
  const pem = createPublicKey(key).export({ format: "pem", type: "spki" }).toString()

  it("are verified with a public key in PEM, as it is published", () => {
    expect(verdict(schemes.highlevel, { headers, body, secrets: [pem] })).toBe("accepted")
    expect(verdict(schemes.highlevel, { headers, body, secrets: [pem.trim()] })).toBe("accepted")
    expect(verdict(schemes.highlevel, { headers, body, secrets: [HighLevelWebhook.publicKey] })).toBe(
      "SignatureMismatch"
    )
  })

  it("are not verified with a private key, or with a key of another kind", () => {
    const leaked = key.export({ format: "pem", type: "pkcs8" }).toString()
    for (const wrong of [leaked, HighLevelWebhook.rsaPublicKey]) {
      expect(verdict(schemes.highlevel, { headers, body, secrets: [wrong] })).toBe("InvalidSecret")
    }
  })

  it("have public keys that the schemes take", () => {
    const checked = [
      WebhookVerifier.checkSecrets(HighLevelWebhook.scheme, [Redacted.make(HighLevelWebhook.publicKey)]),
      WebhookVerifier.checkSecrets(HighLevelWebhook.rsaScheme, [Redacted.make(HighLevelWebhook.rsaPublicKey)])
    ]
    for (const result of checked) expect(Result.isSuccess(result)).toBe(true)
  })
})

describe("a delivery of Mollie's after a rotation", () => {
  const body = '{"resource":"event","id":"event_1","type":"payment-link.paid"}'
  const [older, newer] = ["old secret", "new secret"].map((secret) => `sha256=${hmac(secret, body)}`)
  const twice: Headers = [
    ["X-Mollie-Signature", older ?? ""],
    ["x-mollie-signature", newer ?? ""]
  ]

  it.each(["old secret", "new secret"])("is accepted with the %s, as two headers and as one", (secret) => {
    const joined: Headers = [["X-Mollie-Signature", `${older}, ${newer}`]]
    expect(verdict(schemes.mollie, { headers: twice, body, secrets: [secret] })).toBe("accepted")
    expect(verdict(schemes.mollie, { headers: joined, body, secrets: [secret] })).toBe("accepted")
  })

  it("is refused when neither signature is right, and not because one is malformed", () => {
    expect(verdict(schemes.mollie, { headers: twice, body, secrets: ["third secret"] })).toBe("SignatureMismatch")
    const broken: Headers = [...twice, ["X-Mollie-Signature", "sha256=00"]]
    expect(verdict(schemes.mollie, { headers: broken, body, secrets: ["new secret"] })).toBe("accepted")
  })

  it("has at most 32 signatures", () => {
    const headers = Array.from({ length: 33 }, () => ["X-Mollie-Signature", newer ?? ""] as const)
    expect(verdict(schemes.mollie, { headers, body, secrets: ["new secret"] })).toBe("TooManySignatures")
  })
})

describe("a batch of Segment's", () => {
  it("is refused, because only its first event is signed", () => {
    const event = '{"messageId":"1","type":"track"}'
    const signature = createHmac("sha1", "shared secret").update(event).digest("hex")
    const given = { headers: [["X-Signature", signature] as const], secrets: ["shared secret"] }
    expect(verdict(schemes.segment, { ...given, body: event })).toBe("accepted")
    expect(verdict(schemes.segment, { ...given, body: `[${event},{"messageId":"2"}]` })).toBe("SignatureMismatch")
  })
})

describe("a token of Netlify's", () => {
  it("has no time, where other schemes want one", () => {
    const sent = { method: "POST", url: "https://example.com/webhooks", body: text('{"state":"ready"}') }
    const secret = Redacted.make("a secret")
    const signed = WebhookSigner.signDelivery(schemes.netlify, { ...sent, secret, timestamp: now })
    const { headers } = Result.getOrThrow(signed)
    const input = { ...sent, headers, secrets: [secret], now: now + 1e12 }
    expect(tagOf(WebhookVerifier.verify(schemes.netlify, input))).toBe("accepted")
    const strict = { ...schemes.netlify, signature: { ...schemes.netlify.signature, needsExpiry: true } }
    // The scheme has a token for its signature, which only its type leaves open.
    expect(tagOf(WebhookVerifier.verify(strict as SignatureScheme.SignatureScheme, input))).toBe("ClaimMismatch")
  })
})
