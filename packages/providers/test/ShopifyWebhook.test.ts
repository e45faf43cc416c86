import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { ShopifyWebhook } from "@causeway/providers/shopify"
import { describe, expect, it } from "@effect/vitest"
// oxlint-disable-next-line import/no-unassigned-import -- the adapter installs itself
import "@shopify/shopify-api/adapters/web-api"
import { ApiVersion, LogSeverity, shopifyApi } from "@shopify/shopify-api"
import { createSHA256HMAC } from "@shopify/shopify-api/runtime"
import { Redacted, Result } from "effect"
import { createHmac } from "node:crypto"
import { body, type Headers, input, now, suite, tagOf } from "./refusals.ts"

const secret = "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"
const otherSecret = "shpss_90b2c4d6e8fa0b1c3d5e7f9012345678"
const text = new TextDecoder().decode(body)

const shopify = shopifyApi({
  apiKey: "key",
  apiSecretKey: secret,
  apiVersion: ApiVersion.April26,
  hostName: "app.example.com",
  isEmbeddedApp: true,
  logger: { level: LogSeverity.Error, log: async () => {} }
})

const base64 = (content: Uint8Array, key: string) => createHmac("sha256", key).update(content).digest("base64")

const families = [
  { scheme: ShopifyWebhook.scheme, prefix: "X-Shopify-", domain: "X-Shopify-Shop-Domain", subscription: [] },
  {
    scheme: ShopifyWebhook.eventsScheme,
    prefix: "Shopify-",
    domain: "Shopify-Shop-Domain",
    subscription: [
      ["Shopify-Handle", "orders"],
      ["Shopify-Action", "create"]
    ] as const
  }
]

for (const { scheme, prefix, domain, subscription } of families) {
  const signatureHeader = `${prefix}Hmac-Sha256`
  const metadata: Headers = [
    [domain, "shop.myshopify.com"],
    [`${prefix}API-Version`, "2026-04"],
    [`${prefix}Triggered-At`, "2026-04-01T00:00:00Z"],
    ...subscription
  ]

  const theyAccept = async (rawBody: string, headers: Headers): Promise<boolean> => {
    const rawRequest = new Request("https://app.example.com/webhooks", {
      method: "POST",
      headers: [...metadata, ...headers].map(([name, value]) => [name, value])
    })
    return (await shopify.webhooks.validate({ rawBody, rawRequest })).valid
  }

  suite({
    scheme,
    secret,
    otherSecret,
    required: [signatureHeader],
    signatureHeader,
    idHeader: `${prefix}Webhook-Id`,
    rewrite: (value, signature) => signature(value),
    sign: (content, key) => [[signatureHeader, base64(content, key)]]
  })

  describe(`${scheme.id} and its package agree`, () => {
    const options = { body, secret: Redacted.make(secret), timestamp: now, id: "b54557e4", type: "orders/create" }

    it("on what the package signs", async () => {
      const headers: Headers = [[signatureHeader, await createSHA256HMAC(secret, text)]]
      expect(tagOf(WebhookVerifier.verify(scheme, input(headers, [secret])))).toBe("accepted")
    })

    it("on what we sign", async () => {
      const headers = Result.getOrThrow(WebhookSigner.sign(scheme, options))
      expect(headers.map(([name]) => name)).toEqual([`${prefix}Webhook-Id`, `${prefix}Topic`, signatureHeader])
      expect(await theyAccept(text, headers)).toBe(true)
      expect(Result.getOrThrow(WebhookVerifier.verify(scheme, input(headers, [secret])))).toEqual({
        id: "b54557e4",
        type: "orders/create",
        timestamp: undefined,
        signedBy: 0,
        unsigned: ["id", "type"]
      })
    })

    it("on refusing a tampered body, another secret, and base64 without its padding or with a line break", async () => {
      const headers = Result.getOrThrow(WebhookSigner.sign(scheme, options))
      expect(await theyAccept(`${text} `, headers)).toBe(false)
      for (const change of [
        (value: string) => value.replace(/=$/, ""),
        (value: string) => `${value.slice(0, 20)} ${value.slice(20)}`,
        () => base64(body, otherSecret)
      ]) {
        const changed = headers.map(
          ([name, value]) => [name, name === signatureHeader ? change(value) : value] as const
        )
        expect(await theyAccept(text, changed)).toBe(false)
        expect(tagOf(WebhookVerifier.verify(scheme, input(changed, [secret])))).not.toBe("accepted")
      }
    })

    it("not on an empty body, which the package cannot verify and we can", async () => {
      const empty = { ...options, body: new Uint8Array(0) }
      const headers = Result.getOrThrow(WebhookSigner.sign(scheme, empty))
      expect(await theyAccept("", headers)).toBe(false)
      expect(tagOf(WebhookVerifier.verify(scheme, input(headers, [secret], { body: empty.body })))).toBe("accepted")
    })
  })
}

describe("shopify", () => {
  const { scheme } = ShopifyWebhook

  it("refuses base64 that spells the same bytes in another way", () => {
    const canonical = base64(body, secret)
    const last = canonical.at(-2) ?? ""
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    const sloppy = `${canonical.slice(0, -2)}${alphabet.charAt(alphabet.indexOf(last) + 1)}=`
    expect(Buffer.from(sloppy, "base64")).toEqual(Buffer.from(canonical, "base64"))
    expect(tagOf(WebhookVerifier.verify(scheme, input([["X-Shopify-Hmac-Sha256", sloppy]], [secret])))).toBe(
      "MalformedSignature"
    )
  })

  it("refuses base64url and hexadecimal", () => {
    const digest = createHmac("sha256", secret).update(body)
    const hex = digest.digest("hex")
    const url = Buffer.from(hex, "hex").toString("base64url")
    for (const value of [hex, url]) {
      expect(tagOf(WebhookVerifier.verify(scheme, input([["X-Shopify-Hmac-Sha256", value]], [secret])))).toBe(
        "MalformedSignature"
      )
    }
  })
})
