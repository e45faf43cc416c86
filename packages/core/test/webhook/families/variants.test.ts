import { SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHmac, createPrivateKey, createPublicKey, sign as signBytes } from "node:crypto"
import { bytes, docs, now } from "./battery.ts"

const { ed25519, hashOf, jwt, jwtSecret, claim, mac, make, singleHeader } = SignatureScheme

const hmac = (key: string, content: string) => createHmac("sha256", key).update(content).digest("hex")

interface Sent {
  readonly headers: ReadonlyArray<readonly [string, string]>
  readonly body: string
  readonly secret: string
}

const verdict = (scheme: SignatureScheme.SignatureScheme, { body, headers, secret }: Sent): string =>
  Result.match(
    WebhookVerifier.verify(scheme, {
      method: "POST",
      url: "https://example.com/webhooks",
      headers,
      body: bytes(body),
      secrets: [Redacted.make(secret)],
      now
    }),
    { onFailure: ({ reason }) => reason._tag, onSuccess: () => "accepted" }
  )

describe("a header that may be repeated", () => {
  const once = make({
    id: "once",
    signature: singleHeader("X-Signature", { encoding: "hex", prefix: "sha256=" }),
    signedContent: "{body}",
    keys: [mac({ hash: "sha256" })],
    docs
  })
  const repeated = make({
    ...once,
    id: "repeated",
    signature: singleHeader("X-Signature", { encoding: "hex", prefix: "sha256=", isRepeated: true })
  })
  const signed = (secret: string) => `sha256=${hmac(secret, "body")}`
  const lines = [
    ["X-Signature", signed("old")],
    ["x-signature", signed("new")]
  ] as const

  it("is verified by any of its values, as lines and as one line joined by a proxy", () => {
    for (const secret of ["old", "new"]) {
      expect(verdict(repeated, { headers: lines, body: "body", secret })).toBe("accepted")
      const joined = [["X-Signature", `${signed("old")}, ${signed("new")}`] as const]
      expect(verdict(repeated, { headers: joined, body: "body", secret })).toBe("accepted")
    }
    expect(verdict(repeated, { headers: lines, body: "body", secret: "other" })).toBe("SignatureMismatch")
    expect(verdict(repeated, { headers: [], body: "body", secret: "old" })).toBe("MissingHeader")
  })

  it("is refused where the scheme does not say so", () =>
    expect(verdict(once, { headers: lines, body: "body", secret: "new" })).toBe("DuplicateHeader"))
})

describe("a content whose fields are not there", () => {
  const either = make({
    id: "either",
    signature: singleHeader("X-Signature", { encoding: "hex" }),
    signedContent: ["{body}", "{form:payload}"],
    keys: [mac({ hash: "sha256" })],
    docs
  })
  const sent = (content: string, body: string) =>
    verdict(either, { headers: [["X-Signature", hmac("secret", content)]], body, secret: "secret" })

  it("is left out of the alternatives, and signs nothing", () => {
    expect(sent('{"a":1}', '{"a":1}')).toBe("accepted")
    expect(sent('{"a":1}', `payload=${encodeURIComponent('{"a":1}')}`)).toBe("accepted")
    expect(sent("", '{"a":1}')).toBe("SignatureMismatch")
    expect(sent("", "other=1")).toBe("SignatureMismatch")
  })
})

describe("a secret", () => {
  it("is normalized by NFKD where the scheme says so, and only there", () => {
    const composed = "s\u00e9cret"
    const scheme = (encoding: "utf8" | "utf8-nfkd") =>
      make({
        id: encoding,
        signature: singleHeader("X-Signature", { encoding: "hex" }),
        signedContent: "{body}",
        keys: [mac({ hash: "sha256", encoding })],
        docs
      })
    const headers = [["X-Signature", hmac(composed.normalize("NFKD"), "body")] as const]
    expect(verdict(scheme("utf8-nfkd"), { headers, body: "body", secret: composed })).toBe("accepted")
    expect(verdict(scheme("utf8"), { headers, body: "body", secret: composed })).toBe("SignatureMismatch")
  })

  it("may be an ed25519 public key in PEM where no prefix is asked for", () => {
    const seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
    const der = Buffer.from(`302e020100300506032b657004220420${seed}`, "hex")
    const key = createPrivateKey({ format: "der", type: "pkcs8", key: der })
    const secret = createPublicKey(key).export({ format: "pem", type: "spki" }).toString()
    const headers = [["X-Signature", signBytes(null, bytes("body"), key).toString("base64")] as const]
    const scheme = (publicPrefix: string) =>
      make({
        id: "pair",
        signature: singleHeader("X-Signature", { encoding: "base64" }),
        signedContent: "{body}",
        keys: [ed25519({ encoding: "base64", publicPrefix, privatePrefix: "private:" })],
        docs
      })
    expect(verdict(scheme(""), { headers, body: "body", secret })).toBe("accepted")
    expect(verdict(scheme("whpk_"), { headers, body: "body", secret })).toBe("InvalidSecret")
  })
})

describe("a token without `exp`", () => {
  const scheme = (needsExpiry: boolean) =>
    make({
      id: "token",
      signature: jwt("X-Token", { needsExpiry }),
      signedContent: "{token}",
      keys: [jwtSecret({ algorithms: ["HS256"] })],
      bindings: [hashOf("{body}", { at: claim("sha256"), hash: "sha256", encoding: "hex" })],
      docs
    })
  const secret = Redacted.make("secret")
  const sent = { method: "POST", url: "https://example.com/webhooks", body: bytes("body"), secret, timestamp: now }

  it("is made and accepted where the scheme's tokens do not expire, and refused elsewhere", () => {
    const { headers } = Result.getOrThrow(WebhookSigner.signDelivery(scheme(false), sent))
    expect(verdict(scheme(false), { headers, body: "body", secret: "secret" })).toBe("accepted")
    expect(verdict(scheme(true), { headers, body: "body", secret: "secret" })).toBe("ClaimMismatch")
  })

  it("is held to an `exp` that it has all the same", () => {
    const past = { ...sent, claims: { exp: now / 1000 - 60 } }
    const { headers } = Result.getOrThrow(WebhookSigner.signDelivery(scheme(false), past))
    expect(verdict(scheme(false), { headers, body: "body", secret: "secret" })).toBe("TimestampTooOld")
  })
})
