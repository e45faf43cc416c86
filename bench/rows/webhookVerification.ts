import { type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { GitHubWebhook } from "@causeway/providers/github"
import { StandardWebhooksWebhook } from "@causeway/providers/standard-webhooks"
import { StripeWebhook } from "@causeway/providers/stripe"
import { verify as octokit } from "@octokit/webhooks-methods"
import { Redacted, Result } from "effect"
import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto"
import { Webhook } from "standardwebhooks"
import { Stripe } from "stripe"
import { Webhook as SvixWebhook } from "svix"
import type { Goal, Opened, Peer, Row } from "../Row.ts"

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
const secrets = [Redacted.make(secret)]

/** A JSON body of about this many bytes. */
const bodyOf = (size: number) => {
  const start = `{"id":"evt_1","type":"thing.happened","note":"`
  return Buffer.from(`${start}${"x".repeat(size - start.length - 2)}"}`)
}

const sign = (scheme: SignatureScheme.SignatureScheme, body: Uint8Array, timestamp: number) =>
  Result.getOrThrow(WebhookSigner.sign(scheme, { body, timestamp, secret: secrets, id: "msg_1", type: "thing" }))

const valueOf = (headers: ReadonlyArray<WebhookSigner.SignedHeader>, name: string) =>
  headers.find(([key]) => key === name)?.[1] ?? ""

const calls = (call: () => unknown): Opened => ({ call: async () => call(), close: async () => {} })

const floor = (body: Buffer): Peer => ({
  name: "node:crypto, cached key",
  open: async () => {
    const key = createSecretKey(Buffer.from(secret))
    const expected = createHmac("sha256", key).update(body).digest()
    return calls(() => timingSafeEqual(createHmac("sha256", key).update(body).digest(), expected))
  }
})

const causeway = (
  name: string,
  scheme: SignatureScheme.SignatureScheme,
  body: Buffer,
  look: (verified: WebhookVerifier.Verified) => unknown = () => undefined
): Peer => ({
  name: `causeway, ${name}`,
  open: async () => {
    const now = Date.now()
    const headers = [
      ["host", "example.com"],
      ["user-agent", "sender/1.0"],
      ["content-length", String(body.length)],
      ["content-type", "application/json"],
      ["accept", "*/*"],
      ...sign(scheme, body, now)
    ] as const
    const input = { method: "POST", url: "https://example.com", headers, body, secrets, now }
    return calls(() => look(Result.getOrThrow(WebhookVerifier.verify(scheme, input))))
  }
})

const octokitPeer = (body: Buffer): Peer => ({
  name: "@octokit/webhooks-methods",
  open: async () => {
    const signature = valueOf(sign(GitHubWebhook.scheme, body, 0), "X-Hub-Signature-256")
    return { call: async () => octokit(secret, body.toString(), signature), close: async () => {} }
  }
})

const stripePeer = (body: Buffer): Peer => ({
  name: "stripe",
  open: async () => {
    const header = valueOf(sign(StripeWebhook.scheme, body, Date.now()), "Stripe-Signature")
    return calls(() => Stripe.webhooks.constructEvent(body, header, secret, 86_400))
  }
})

const standardPeer = (body: Buffer): Peer => ({
  name: "standardwebhooks",
  open: async () => {
    const headers = Object.fromEntries(sign(StandardWebhooksWebhook.scheme, body, Date.now() + 240_000))
    const webhook = new Webhook(secret)
    return calls(() => webhook.verify(body, headers))
  }
})

const svixPeer = (body: Buffer): Peer => ({
  name: "svix",
  open: async () => {
    const headers = Object.fromEntries(sign(StandardWebhooksWebhook.svixScheme, body, Date.now() + 240_000))
    const webhook = new SvixWebhook(secret)
    return calls(() => webhook.verify(body, headers))
  }
})

const goal = (peer: string, against: string, atLeast: number): Goal => ({
  peer,
  against,
  kind: "times as fast",
  atLeast,
  aim: 1
})

/** Near the bare HMAC, and faster than each package that does as much. */
export const goals: ReadonlyArray<Goal> = [
  ...["GitHub", "Stripe", "Standard"].map((name) => goal(`causeway, ${name}`, "node:crypto, cached key", 0.85)),
  goal("causeway, GitHub", "@octokit/webhooks-methods", 1),
  goal("causeway, Stripe, with id and type", "stripe", 1),
  goal("causeway, Standard, with type", "standardwebhooks", 1),
  goal("causeway, Standard, with type", "svix", 1)
]

export const peersFor = (size: number): Row["peers"] => {
  const body = bodyOf(size)
  return [
    floor(body),
    causeway("GitHub", GitHubWebhook.scheme, body),
    octokitPeer(body),
    causeway("Stripe", StripeWebhook.scheme, body),
    causeway("Stripe, with id and type", StripeWebhook.scheme, body, ({ id, type }) => [id, type]),
    stripePeer(body),
    causeway("Standard", StandardWebhooksWebhook.scheme, body),
    causeway("Standard, with type", StandardWebhooksWebhook.scheme, body, ({ type }) => type),
    standardPeer(body),
    svixPeer(body)
  ]
}

export const row: Row = {
  name: "webhook verification, 1 KiB",
  about:
    "Verifies a signed body of 1 KiB; stripe and standardwebhooks also parse it, and so do we where an id or type in it is asked for.",
  inFlight: 1,
  calls: 5000,
  peers: peersFor(1024),
  goals
}
