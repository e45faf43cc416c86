import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes
} from "node:crypto"
import { oraclesMore } from "./oraclesMore.ts"
import { oraclesMore2 } from "./oraclesMore2.ts"
import type { Headers } from "./refusals.ts"

/** A delivery as a provider would send it. */
export interface Delivery {
  readonly body: Uint8Array
  readonly method: string
  readonly url: string
  /** Where the signature covers it. */
  readonly id: string
  readonly millis: number
}

/** What the battery needs to know of a scheme, and nothing of it is read from the scheme. */
export interface Oracle {
  readonly secret: string
  readonly otherSecret: string
  /** What signs where `secret` only verifies. */
  readonly signingSecret?: string
  /** The header with the signature. */
  readonly header: string
  /** Headers that a delivery cannot go without. */
  readonly required: ReadonlyArray<string>
  /** The accepted age and lead in seconds. */
  readonly tolerance?: { readonly past: number; readonly future: number }
  /** The body of a delivery that was sent then. */
  readonly body: (millis: number) => Uint8Array
  /** Whether the header may be there several times. */
  readonly isRepeated?: boolean
  /** Whether any bytes may be a body, or the scheme needs what `body` has. */
  readonly isBodyFree: boolean
  readonly sign: (delivery: Delivery, secret: string) => Headers
}

type Encoding = "hex" | "base64" | "base64url"

type Hash = "sha1" | "sha256"

export const text = (content: string): Uint8Array => new TextEncoder().encode(content)

const hmac = (hash: Hash, key: string | Buffer, encoding: Encoding, ...parts: ReadonlyArray<string | Uint8Array>) =>
  parts.reduce((state, part) => state.update(part), createHmac(hash, key)).digest(encoding)

const plain = {
  secret: "a secret of the current generation",
  otherSecret: "a secret of the next generation",
  body: () => text(`{"id":"evt_1","type":"thing.happened","note":"ümlauts"}`),
  isBodyFree: true
} as const

interface BodyOptions {
  readonly prefix?: string
  readonly hash?: Hash
  readonly secrets?: readonly [string, string]
  readonly keyEncoding?: "utf8" | "hex" | "base64"
}

/** The HMAC of the body in a header. */
const overBody = (header: string, encoding: Encoding, options: BodyOptions = {}): Oracle => ({
  ...plain,
  secret: options.secrets?.[0] ?? plain.secret,
  otherSecret: options.secrets?.[1] ?? plain.otherSecret,
  header,
  required: [header],
  sign: ({ body }, secret) => {
    const key = Buffer.from(secret, options.keyEncoding ?? "utf8")
    return [[header, `${options.prefix ?? ""}${hmac(options.hash ?? "sha256", key, encoding, body)}`]]
  }
})

/** The same with a time in the body. */
const overTimedBody = (
  header: string,
  encoding: Encoding,
  field: string,
  tolerance: { readonly past: number; readonly future: number }
): Oracle => ({
  ...overBody(header, encoding),
  tolerance,
  body: (millis) => text(`{"${field}":${millis},"note":"ümlauts"}`),
  isBodyFree: false
})

interface TimedOptions {
  readonly unit?: 1 | 1000
  readonly past?: number
  readonly future?: number
}

const window = ({ future, past }: TimedOptions) => ({ past: past ?? 300, future: future ?? past ?? 300 })

type Content = (stamp: string, delivery: Delivery) => ReadonlyArray<string | Uint8Array>

/** Time and signature as items of one header. */
const inList = (
  header: string,
  labels: readonly [time: string, signature: string],
  separator: string,
  encoding: Encoding,
  content: Content,
  options: TimedOptions = {}
): Oracle => ({
  ...plain,
  header,
  required: [header],
  tolerance: window(options),
  sign: (delivery, secret) => {
    const stamp = String(delivery.millis / (options.unit ?? 1000))
    const signature = hmac("sha256", secret, encoding, ...content(stamp, delivery))
    return [[header, `${labels[0]}=${stamp}${separator}${labels[1]}=${signature}`]]
  }
})

/** Time and signature in headers of their own. */
const inHeaders = (
  header: string,
  timeHeader: string,
  prefix: string,
  encoding: Encoding,
  content: Content,
  options: TimedOptions = {}
): Oracle => ({
  ...plain,
  header,
  required: [header, timeHeader],
  tolerance: window(options),
  sign: (delivery, secret) => {
    const stamp = String(delivery.millis / (options.unit ?? 1000))
    return [
      [timeHeader, stamp],
      [header, prefix + hmac("sha256", secret, encoding, ...content(stamp, delivery))]
    ]
  }
})

/** A plain hash of what has the secret within. */
const digestOf = (hash: Hash, ...parts: ReadonlyArray<string | Uint8Array>) =>
  parts.reduce((state, part) => state.update(part), createHash(hash)).digest("hex")

const hashed = (content: (delivery: Delivery, secret: string) => ReadonlyArray<string | Uint8Array>): Oracle => ({
  ...plain,
  header: "X-HubSpot-Signature",
  required: ["X-HubSpot-Signature"],
  sign: (delivery, secret) => [["X-HubSpot-Signature", digestOf("sha256", ...content(delivery, secret))]]
})

const cloudinary = (hash: Hash): Oracle => ({
  ...plain,
  header: "X-Cld-Signature",
  required: ["X-Cld-Signature", "X-Cld-Timestamp"],
  tolerance: { past: 7200, future: 300 },
  sign: ({ body, millis }, secret) => [
    ["X-Cld-Timestamp", String(millis / 1000)],
    ["X-Cld-Signature", digestOf(hash, body, String(millis / 1000), secret)]
  ]
})

const dotted: Content = (stamp, { body }) => [stamp, ".", body]

const standard = (prefix: string, secrets?: readonly [string, string]): Oracle => ({
  ...plain,
  secret: secrets?.[0] ?? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  otherSecret: secrets?.[1] ?? "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
  header: `${prefix}-signature`,
  required: [`${prefix}-signature`, `${prefix}-id`, `${prefix}-timestamp`],
  tolerance: window({}),
  sign: ({ body, id, millis }, secret) => {
    const stamp = String(millis / 1000)
    const key = secrets === undefined ? Buffer.from(secret.slice("whsec_".length), "base64") : secret
    return [
      [`${prefix}-id`, id],
      [`${prefix}-timestamp`, stamp],
      [`${prefix}-signature`, `v1,${hmac("sha256", key, "base64", id, ".", stamp, ".", body)}`]
    ]
  }
})

// The first two secret keys of RFC 8032, section 7.1.
const seeds = [
  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
] as const

const privateKey = (seed: Buffer): KeyObject =>
  createPrivateKey({
    format: "der",
    type: "pkcs8",
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed])
  })

const publicText = (seed: string, encoding: Encoding): string =>
  createPublicKey(privateKey(Buffer.from(seed, "hex")))
    .export({ format: "der", type: "spki" })
    .subarray(-32)
    .toString(encoding)

const signingText = (seed: string, encoding: Encoding): string =>
  `private:${Buffer.from(seed, "hex").toString(encoding)}`

const ed25519 = (header: string, timeHeader: string, between: string, encoding: "hex" | "base64"): Oracle => ({
  ...plain,
  secret: publicText(seeds[0], encoding),
  otherSecret: publicText(seeds[1], encoding),
  signingSecret: signingText(seeds[0], encoding),
  header,
  required: [header, timeHeader],
  tolerance: window({}),
  sign: ({ body, millis }, secret) => {
    const seed = seeds.find((each) => publicText(each, encoding) === secret) ?? seeds[0]
    const stamp = String(millis / 1000)
    const signature = signBytes(
      null,
      Buffer.concat([text(stamp + between), body]),
      privateKey(Buffer.from(seed, "hex"))
    )
    return [
      [timeHeader, stamp],
      [header, signature.toString(encoding)]
    ]
  }
})

/** How each provider signs, computed with `node:crypto` alone. */
export const oracles: Readonly<Record<string, Oracle>> = {
  ...oraclesMore,
  ...oraclesMore2,
  "adyen-platform": overBody("HmacSignature", "base64", {
    keyEncoding: "hex",
    secrets: [
      "44782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056",
      "55782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056"
    ]
  }),
  airtable: overBody("X-Airtable-Content-MAC", "hex", {
    prefix: "hmac-sha256=",
    keyEncoding: "base64",
    secrets: ["c2VjcmV0IGJ5dGVzIG9mIGEgd2ViaG9vaw==", "b3RoZXIgYnl0ZXMgb2YgYSB3ZWJob29rIQ=="]
  }),
  anthropic: standard("webhook"),
  asana: overBody("X-Hook-Signature", "hex"),
  attio: overBody("Attio-Signature", "hex"),
  bitbucket: overBody("X-Hub-Signature", "hex", { prefix: "sha256=" }),
  brex: standard("webhook"),
  "cal-com": overBody("X-Cal-Signature-256", "hex"),
  calendly: inList("Calendly-Webhook-Signature", ["t", "v1"], ",", "hex", dotted, { past: 180 }),
  clerk: standard("svix"),
  cloudinary: cloudinary("sha1"),
  "cloudinary-sha256": cloudinary("sha256"),
  clickup: overBody("X-Signature", "hex"),
  "coinbase-commerce": overBody("X-CC-Webhook-Signature", "hex"),
  creem: overBody("creem-signature", "hex"),
  discord: ed25519("X-Signature-Ed25519", "X-Signature-Timestamp", "", "hex"),
  "discord-events": ed25519("X-Signature-Ed25519", "X-Signature-Timestamp", "", "hex"),
  docusign: overBody("X-DocuSign-Signature-1", "base64"),
  dodopayments: standard("webhook"),
  dropbox: overBody("X-Dropbox-Signature", "hex"),
  elevenlabs: inList("ElevenLabs-Signature", ["t", "v0"], ",", "hex", dotted, { past: 1800, future: 300 }),
  firecrawl: overBody("X-Firecrawl-Signature", "hex", { prefix: "sha256=" }),
  github: overBody("X-Hub-Signature-256", "hex", { prefix: "sha256=" }),
  "gitlab-signed": standard("webhook"),
  gocardless: overBody("Webhook-Signature", "hex"),
  hookdeck: overBody("x-hookdeck-signature", "base64"),
  "hubspot-v1": hashed(({ body }, secret) => [secret, body]),
  "hubspot-v2": hashed(({ body, method, url }, secret) => [secret, method, url, body]),
  "hubspot-v3": inHeaders(
    "X-HubSpot-Signature-v3",
    "X-HubSpot-Request-Timestamp",
    "",
    "base64",
    (stamp, { body, method, url }) => [method, url, body, stamp],
    { unit: 1 }
  ),
  intercom: overBody("X-Hub-Signature", "hex", { prefix: "sha1=", hash: "sha1" }),
  jira: overBody("X-Hub-Signature", "hex", { prefix: "sha256=" }),
  langfuse: inList("x-langfuse-signature", ["t", "v1"], ",", "hex", dotted),
  "lemon-squeezy": overBody("X-Signature", "hex"),
  line: overBody("x-line-signature", "base64"),
  linear: overTimedBody("Linear-Signature", "hex", "webhookTimestamp", { past: 60, future: 60 }),
  loops: standard("webhook"),
  "meta-whatsapp": overBody("X-Hub-Signature-256", "hex", { prefix: "sha256=" }),
  mux: inList("mux-signature", ["t", "v1"], ",", "hex", dotted),
  notion: overBody("X-Notion-Signature", "hex", { prefix: "sha256=" }),
  onfido: overBody("X-SHA2-Signature", "hex"),
  openai: standard("webhook"),
  paddle: inList("Paddle-Signature", ["ts", "h1"], ";", "hex", (stamp, { body }) => [stamp, ":", body], { past: 5 }),
  pagerduty: overBody("X-PagerDuty-Signature", "hex", { prefix: "v1=" }),
  planetscale: overBody("X-PlanetScale-Signature", "hex"),
  polar: standard("webhook", ["polar_whs_current", "polar_whs_next"]),
  pusher: overTimedBody("X-Pusher-Signature", "hex", "time_ms", { past: 600, future: 300 }),
  razorpay: overBody("X-Razorpay-Signature", "hex"),
  replicate: standard("webhook"),
  resend: standard("svix"),
  retell: inList("x-retell-signature", ["v", "d"], ",", "hex", (stamp, { body }) => [body, stamp], { unit: 1 }),
  sanity: inList("sanity-webhook-signature", ["t", "v1"], ",", "base64url", dotted, { unit: 1 }),
  sentry: overBody("Sentry-Hook-Signature", "hex"),
  shopify: overBody("X-Shopify-Hmac-Sha256", "base64"),
  "shopify-events": overBody("Shopify-Hmac-Sha256", "base64"),
  slack: inHeaders("X-Slack-Signature", "X-Slack-Request-Timestamp", "v0=", "hex", (stamp, { body }) => [
    `v0:${stamp}:`,
    body
  ]),
  square: {
    ...overBody("x-square-hmacsha256-signature", "base64"),
    sign: ({ body, url }, secret) => [["x-square-hmacsha256-signature", hmac("sha256", secret, "base64", url, body)]]
  },
  "standard-webhooks": standard("webhook"),
  stripe: inList("Stripe-Signature", ["t", "v1"], ",", "hex", dotted),
  svix: standard("svix"),
  tailscale: inList("Tailscale-Webhook-Signature", ["t", "v1"], ",", "hex", dotted),
  telnyx: ed25519("telnyx-signature-ed25519", "telnyx-timestamp", "|", "base64"),
  trello: {
    ...overBody("X-Trello-Webhook", "base64"),
    sign: ({ body, url }, secret) => [["X-Trello-Webhook", hmac("sha1", secret, "base64", body, url)]]
  },
  "trigger.dev": overBody("x-trigger-signature-hmacsha256", "hex"),
  twitch: {
    ...plain,
    header: "Twitch-Eventsub-Message-Signature",
    required: ["Twitch-Eventsub-Message-Signature", "Twitch-Eventsub-Message-Id", "Twitch-Eventsub-Message-Timestamp"],
    tolerance: { past: 600, future: 600 },
    sign: ({ body, id, millis }, secret) => {
      const stamp = new Date(millis).toISOString()
      return [
        ["Twitch-Eventsub-Message-Id", id],
        ["Twitch-Eventsub-Message-Timestamp", stamp],
        ["Twitch-Eventsub-Message-Signature", `sha256=${hmac("sha256", secret, "hex", id, stamp, body)}`]
      ]
    }
  },
  typeform: overBody("Typeform-Signature", "base64", { prefix: "sha256=" }),
  vercel: overBody("x-vercel-signature", "hex", { hash: "sha1" }),
  webflow: inHeaders("x-webflow-signature", "x-webflow-timestamp", "", "hex", (stamp, { body }) => [stamp, ":", body], {
    unit: 1
  }),
  woocommerce: overBody("X-WC-Webhook-Signature", "base64"),
  workos: inList("WorkOS-Signature", ["t", "v1"], ", ", "hex", dotted, { unit: 1, past: 180 }),
  xero: overBody("x-xero-signature", "base64"),
  zendesk: {
    ...plain,
    header: "X-Zendesk-Webhook-Signature",
    required: ["X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp"],
    tolerance: window({}),
    sign: ({ body, millis }, secret) => {
      const stamp = new Date(millis).toISOString()
      return [
        ["X-Zendesk-Webhook-Signature-Timestamp", stamp],
        ["X-Zendesk-Webhook-Signature", hmac("sha256", secret, "base64", stamp, body)]
      ]
    }
  },
  zoom: inHeaders("x-zm-signature", "x-zm-request-timestamp", "v0=", "hex", (stamp, { body }) => [`v0:${stamp}:`, body])
}
