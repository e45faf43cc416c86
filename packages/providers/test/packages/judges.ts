import { hmacValidator as HmacValidator } from "@adyen/api-library"
import { Anthropic } from "@anthropic-ai/sdk"
import { verifyWebhook } from "@clerk/backend/webhooks"
import { signRequest, verifyRequest } from "@contentful/node-apps-toolkit"
import { EventCallbackHelper, EventCallbackRequest } from "@dropbox/sign"
import { validateSignature } from "@line/bot-sdk"
import { LinearWebhookClient } from "@linear/sdk/webhooks"
import { Mux } from "@mux/mux-node"
import { signWebhookPayload, verifyWebhookSignature } from "@notionhq/client"
import * as octokit from "@octokit/webhooks-methods"
import { WebhookEventVerifier } from "@onfido/api"
import { Paddle } from "@paddle/paddle-node-sdk"
import * as polar from "@polar-sh/sdk/2026-10"
import { assertValidSignature, encodeSignatureHeader } from "@sanity/webhook"
import { isValidSlackRequest } from "@slack/bolt"
import { EventSubMiddleware } from "@twurple/eventsub-http"
import { verifySignature as verifyVonage } from "@vonage/jwt"
import { WorkOS } from "@workos-inc/node"
import { AwsLambdaReceiver } from "@zoom/rivet/meetings"
import * as atlassian from "atlassian-jwt"
// @ts-expect-error -- the package has no types
import { BraintreeGateway, Environment } from "braintree"
import { v2 as cloudinary } from "cloudinary"
// @ts-expect-error -- the package has no types
import coinbase from "coinbase-commerce-node/lib/Webhook.js"
import { createCreem } from "creem_io"
import { verifyKey } from "discord-interactions"
import { DodoPayments } from "dodopayments"
import * as gocardless from "gocardless-nodejs/webhooks"
import { Bot, webhookCallback } from "grammy"
import { AccessToken, WebhookReceiver } from "livekit-server-sdk"
// @ts-expect-error -- the package has no types for this file
import * as messagebird from "messagebird/lib/webhook-signature-jwt.js"
import { OpenAI } from "openai"
import { validateSignature as validatePlivoV2, validateV3Signature } from "plivo"
import Pusher from "pusher"
import { validateWebhookSignature } from "razorpay/dist/utils/razorpay-utils.js"
import { validateWebhook } from "replicate"
import { Resend } from "resend"
import { Retell } from "retell-sdk"
import * as standardwebhooks from "standardwebhooks"
import { Stripe } from "stripe"
import * as svix from "svix"
import { Telnyx } from "telnyx"
import * as twilio from "twilio/lib/webhooks/webhooks.js"
import { WebflowClient } from "webflow-api"
import { WhatsAppAPI } from "whatsapp-api-js"
import { createHash, createSecretKey } from "node:crypto"
import { text } from "../oracles.ts"
import type { Headers } from "../refusals.ts"
import type { Sent } from "../requestOracles.ts"
import { now, textOf } from "./battery.ts"

/** A provider's package, or one of its community, as a judge of deliveries. */
export interface Judge {
  readonly id: string
  readonly package: string
  readonly by: "provider" | "community"
  /** A body that the package can read, where the oracle's is none. */
  readonly body?: (millis: number) => string
  readonly accepts: (sent: Sent, secret: string) => boolean | Promise<boolean>
  /** What becomes of a delivery that the package signs, where it signs any. */
  readonly signs?: (sent: Sent, secret: string) => Partial<Sent> | Promise<Partial<Sent>>
}

const valueOf = ({ headers }: Sent, name: string): string =>
  headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? ""

const recordOf = ({ headers }: Sent): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))

const formOf = (sent: Sent): Record<string, string> => Object.fromEntries(new URLSearchParams(textOf(sent)))

/** Whether something is done without an exception. */
const succeeds = async (act: () => unknown): Promise<boolean> => {
  try {
    await act()
    return true
  } catch {
    return false
  }
}

const carrying = (...headers: Headers): Partial<Sent> => ({ headers })

const standardBy =
  (prefix: string, Webhook: typeof standardwebhooks.Webhook | typeof svix.Webhook): Required<Judge>["signs"] =>
  (sent, secret) =>
    carrying(
      [`${prefix}-id`, "msg_1"],
      [`${prefix}-timestamp`, String(now / 1000)],
      [`${prefix}-signature`, new Webhook(secret).sign("msg_1", new Date(now), textOf(sent))]
    )

const cloudinaryJudge = (id: string, signature_algorithm: "sha1" | "sha256"): Judge => ({
  id,
  package: "cloudinary",
  by: "provider",
  accepts: (sent, secret) => {
    cloudinary.config({ api_secret: secret, signature_algorithm })
    // The parameter is a number by its type, and a header's text in its documentation.
    const stamp = valueOf(sent, "X-Cld-Timestamp") as unknown as number
    return Boolean(cloudinary.utils.verifyNotificationSignature(textOf(sent), stamp, valueOf(sent, "X-Cld-Signature")))
  }
})

const discordJudge = (id: string): Judge => ({
  id,
  package: "discord-interactions",
  by: "provider",
  accepts: ({ body, ...sent }, key) =>
    verifyKey(
      Buffer.from(body),
      valueOf({ body, ...sent }, "X-Signature-Ed25519"),
      valueOf({ body, ...sent }, "X-Signature-Timestamp"),
      key
    )
})

const hookOf = (url: string): { readonly pathname: string; readonly query: Record<string, string> } => {
  const { pathname, searchParams } = new URL(url)
  return { pathname, query: Object.fromEntries(searchParams) }
}

const braintree = (secret: string) => {
  const [publicKey = "", privateKey = ""] = secret.split(":")
  return new BraintreeGateway({ environment: Environment.Sandbox, merchantId: "m", publicKey, privateKey })
}

const telnyx = new Telnyx("KEY")
const workos = new WorkOS("sk_test")
const paddle = new Paddle("pdl_test")
const openai = new OpenAI({ apiKey: "sk" })
const anthropic = new Anthropic({ apiKey: "sk" })
const dodo = new DodoPayments({ bearerToken: "sk" })
const mux = new Mux({ tokenId: "id", tokenSecret: "secret" })
const resend = new Resend("re_1")
const webflow = new WebflowClient({ accessToken: "token" })

export const judges: ReadonlyArray<Judge> = [
  {
    id: "adyen-platform",
    package: "@adyen/api-library",
    by: "provider",
    accepts: (sent, secret) =>
      new HmacValidator().calculateHmac(textOf(sent), secret) === valueOf(sent, "HmacSignature"),
    signs: (sent, secret) => carrying(["HmacSignature", new HmacValidator().calculateHmac(textOf(sent), secret)])
  },
  {
    id: "adyen-payments",
    package: "@adyen/api-library",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => {
        for (const { NotificationRequestItem: item } of JSON.parse(textOf(sent)).notificationItems) {
          if (!new HmacValidator().validateHMAC(item, secret)) throw new Error("refused")
        }
      })
  },
  {
    id: "anthropic",
    package: "@anthropic-ai/sdk",
    by: "provider",
    accepts: (sent, key) =>
      succeeds(() => anthropic.beta.webhooks.unwrap(textOf(sent), { headers: recordOf(sent), key }))
  },
  {
    id: "atlassian-connect",
    package: "atlassian-jwt",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => {
        const token = valueOf(sent, "Authorization").replace(/^JWT /, "")
        const { exp, qsh } = atlassian.decodeSymmetric(token, secret, atlassian.SymmetricAlgorithm.HS256)
        const expected = atlassian.createQueryStringHash({ method: sent.method, ...hookOf(sent.url) })
        // The package leaves the time to its caller.
        if (qsh !== expected || !(exp >= now / 1000)) throw new Error("refused")
      }),
    signs: (sent, secret) => {
      const qsh = atlassian.createQueryStringHash({ method: sent.method, ...hookOf(sent.url) })
      const claims = { iss: "client", iat: now / 1000, exp: now / 1000 + 180, qsh }
      return carrying(["Authorization", `JWT ${atlassian.encodeSymmetric(claims, secret)}`])
    }
  },
  {
    id: "braintree",
    package: "braintree",
    by: "provider",
    accepts: (sent, secret) => {
      const { bt_payload: payload, bt_signature: signature } = formOf(sent)
      return succeeds(() => braintree(secret).webhookNotification.parse(signature, payload))
    },
    signs: (_, secret) => {
      const sample = braintree(secret).webhookTesting.sampleNotification("check", "1")
      return { body: text(new URLSearchParams(sample).toString()) }
    }
  },
  {
    id: "clerk",
    package: "@clerk/backend",
    by: "provider",
    accepts: ({ body, ...sent }, signingSecret) =>
      succeeds(() =>
        verifyWebhook(
          new Request("https://example.com", {
            method: "POST",
            headers: recordOf({ body, ...sent }),
            body: Buffer.from(body)
          }),
          { signingSecret }
        )
      )
  },
  cloudinaryJudge("cloudinary", "sha1"),
  cloudinaryJudge("cloudinary-sha256", "sha256"),
  {
    id: "coinbase-commerce",
    package: "coinbase-commerce-node",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => coinbase.verifySigHeader(textOf(sent), valueOf(sent, "X-CC-Webhook-Signature"), secret)),
    signs: (sent, secret) => carrying(["X-CC-Webhook-Signature", coinbase.computeSignature(textOf(sent), secret)])
  },
  {
    id: "contentful",
    package: "@contentful/node-apps-toolkit",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => {
        const { pathname, search } = new URL(sent.url)
        const request = {
          method: "POST",
          path: pathname + search,
          headers: recordOf(sent),
          body: textOf(sent)
        } as const
        if (!verifyRequest(secret, request)) throw new Error("refused")
      }),
    signs: (sent, secret) => {
      const { pathname, search } = new URL(sent.url)
      const request = { method: "POST", path: pathname + search, headers: {}, body: textOf(sent) } as const
      return carrying(
        ...Object.entries(signRequest(secret, request, now)).map(([name, value]) => [name, String(value)] as const)
      )
    }
  },
  {
    id: "creem",
    package: "creem_io",
    by: "provider",
    body: () =>
      `{"id":"evt_1","eventType":"checkout.completed","created_at":1,"object":{"object":"checkout","id":"ümlauts"}}`,
    accepts: (sent, webhookSecret) =>
      succeeds(() =>
        createCreem({ apiKey: "creem_1", webhookSecret }).webhooks.handleEvents(
          textOf(sent),
          valueOf(sent, "creem-signature"),
          {}
        )
      )
  },
  discordJudge("discord"),
  discordJudge("discord-events"),
  {
    id: "dodopayments",
    package: "dodopayments",
    by: "provider",
    accepts: (sent, key) => succeeds(() => dodo.webhooks.unwrap(textOf(sent), { headers: recordOf(sent), key }))
  },
  {
    id: "dropbox-sign",
    package: "@dropbox/sign",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => {
        const callback = EventCallbackRequest.init(JSON.parse(formOf(sent)["json"] ?? ""))
        if (!EventCallbackHelper.isValid(secret, callback)) throw new Error("refused")
      })
  },
  {
    id: "github",
    package: "@octokit/webhooks-methods",
    by: "provider",
    accepts: (sent, secret) =>
      octokit.verify(secret, textOf(sent), valueOf(sent, "X-Hub-Signature-256")).catch(() => false),
    signs: async (sent, secret) => carrying(["X-Hub-Signature-256", await octokit.sign(secret, textOf(sent))])
  },
  {
    id: "gocardless",
    package: "gocardless-nodejs",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => gocardless.verifySignature(Buffer.from(sent.body), secret, valueOf(sent, "Webhook-Signature")))
  },
  {
    id: "line",
    package: "@line/bot-sdk",
    by: "provider",
    accepts: ({ body, ...sent }, secret) =>
      validateSignature(Buffer.from(body), secret, valueOf({ body, ...sent }, "x-line-signature"))
  },
  {
    id: "linear",
    package: "@linear/sdk",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => {
        const client = new LinearWebhookClient(secret)
        if (!client.verify(Buffer.from(sent.body), valueOf(sent, "Linear-Signature"))) throw new Error("refused")
      })
  },
  {
    id: "livekit",
    package: "livekit-server-sdk",
    by: "provider",
    accepts: (sent, secret) => {
      const [key = "", value = ""] = secret.split(":")
      return succeeds(() => new WebhookReceiver(key, value).receive(textOf(sent), valueOf(sent, "Authorization")))
    },
    signs: async (sent, secret) => {
      const [key = "", value = ""] = secret.split(":")
      const token = new AccessToken(key, value)
      token.sha256 = createHash("sha256").update(sent.body).digest("base64")
      return carrying(["Authorization", await token.toJwt()])
    }
  },
  {
    id: "messagebird",
    package: "messagebird",
    by: "provider",
    accepts: (sent, secret) => {
      const options = new messagebird.VerifyOptions()
      const key = createSecretKey(Buffer.from(secret))
      const token = valueOf(sent, "MessageBird-Signature-JWT")
      return succeeds(() =>
        messagebird.verify(sent.url, Buffer.from(sent.body), token, key, {
          ...options,
          jwtVerifyOptions: { ...options.jwtVerifyOptions, currentDate: new Date(now) }
        })
      )
    }
  },
  {
    id: "meta-whatsapp",
    package: "whatsapp-api-js",
    by: "community",
    accepts: (sent, appSecret) =>
      succeeds(async () => {
        const api = new WhatsAppAPI({ token: "token", appSecret, webhookVerifyToken: "token" })
        const signature = valueOf(sent, "X-Hub-Signature-256")
        if (!(await api.verifyRequestSignature(textOf(sent), signature))) throw new Error("refused")
      }),
    body: () => `{"object":"whatsapp_business_account","note":"ascii"}`
  },
  {
    id: "mux",
    package: "@mux/mux-node",
    by: "provider",
    accepts: (sent, secret) => succeeds(() => mux.webhooks.verifySignature(textOf(sent), recordOf(sent), secret))
  },
  {
    id: "notion",
    package: "@notionhq/client",
    by: "provider",
    accepts: (sent, verificationToken) =>
      verifyWebhookSignature({ body: textOf(sent), signature: valueOf(sent, "X-Notion-Signature"), verificationToken }),
    signs: async (sent, verificationToken) =>
      carrying(["X-Notion-Signature", await signWebhookPayload({ body: textOf(sent), verificationToken })])
  },
  {
    id: "onfido",
    package: "@onfido/api",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() =>
        new WebhookEventVerifier(secret).readPayload(Buffer.from(sent.body), valueOf(sent, "X-SHA2-Signature"))
      )
  },
  {
    id: "openai",
    package: "openai",
    by: "provider",
    accepts: (sent, secret) => succeeds(() => openai.webhooks.verifySignature(textOf(sent), recordOf(sent), secret))
  },
  {
    id: "paddle",
    package: "@paddle/paddle-node-sdk",
    by: "provider",
    accepts: (sent, secret) =>
      paddle.webhooks.isSignatureValid(textOf(sent), secret, valueOf(sent, "Paddle-Signature")).catch(() => false)
  },
  {
    id: "plivo-messages",
    package: "plivo",
    by: "provider",
    accepts: (sent, secret) =>
      Boolean(
        validatePlivoV2(
          sent.url,
          valueOf(sent, "X-Plivo-Signature-V2-Nonce"),
          valueOf(sent, "X-Plivo-Signature-V2"),
          secret
        )
      )
  },
  {
    id: "plivo",
    package: "plivo",
    by: "provider",
    accepts: (sent, secret) => {
      const nonce = valueOf(sent, "X-Plivo-Signature-V3-Nonce")
      const signature = valueOf(sent, "X-Plivo-Signature-V3")
      return Boolean(validateV3Signature(sent.method, sent.url, nonce, secret, signature, formOf(sent)))
    }
  },
  {
    id: "polar",
    package: "@polar-sh/sdk",
    by: "provider",
    body: () => `{"type":"order.paid","timestamp":"2027-01-15T08:00:00Z","data":{"id":"ümlauts"}}`,
    accepts: (sent, secret) =>
      succeeds(() => polar.webhooks.validateEvent(Buffer.from(sent.body), recordOf(sent), secret))
  },
  {
    id: "pusher",
    package: "pusher",
    by: "provider",
    accepts: (sent, secret) => {
      const pusher = new Pusher({ appId: "1", key: "key", secret, cluster: "eu" })
      const headers = { ...recordOf(sent), "x-pusher-key": "key", "content-type": "application/json" }
      return pusher.webhook({ headers, rawBody: textOf(sent) }).isValid()
    }
  },
  {
    id: "razorpay",
    package: "razorpay",
    by: "provider",
    accepts: (sent, secret) => validateWebhookSignature(textOf(sent), valueOf(sent, "X-Razorpay-Signature"), secret)
  },
  {
    id: "replicate",
    package: "replicate",
    by: "provider",
    accepts: (sent, secret) =>
      validateWebhook({
        id: valueOf(sent, "webhook-id"),
        timestamp: valueOf(sent, "webhook-timestamp"),
        signature: valueOf(sent, "webhook-signature"),
        body: textOf(sent),
        secret
      }).catch(() => false)
  },
  {
    id: "resend",
    package: "resend",
    by: "provider",
    accepts: (sent, webhookSecret) =>
      succeeds(() =>
        resend.webhooks.verify({
          payload: textOf(sent),
          headers: {
            id: valueOf(sent, "svix-id"),
            timestamp: valueOf(sent, "svix-timestamp"),
            signature: valueOf(sent, "svix-signature")
          },
          webhookSecret
        })
      )
  },
  {
    id: "retell",
    package: "retell-sdk",
    by: "provider",
    accepts: (sent, secret) => Retell.verify(textOf(sent), secret, valueOf(sent, "x-retell-signature")),
    signs: (sent, secret) => carrying(["x-retell-signature", Retell.sign(textOf(sent), secret)])
  },
  {
    id: "sanity",
    package: "@sanity/webhook",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => assertValidSignature(textOf(sent), valueOf(sent, "sanity-webhook-signature"), secret)),
    signs: async (sent, secret) =>
      carrying(["sanity-webhook-signature", await encodeSignatureHeader(textOf(sent), now, secret)])
  },
  {
    id: "slack",
    package: "@slack/bolt",
    by: "provider",
    accepts: (sent, signingSecret) =>
      isValidSlackRequest({
        signingSecret,
        body: textOf(sent),
        headers: {
          "x-slack-signature": valueOf(sent, "X-Slack-Signature"),
          // bolt's type asks for a number, while the value of a header is a text
          "x-slack-request-timestamp": valueOf(sent, "X-Slack-Request-Timestamp") as unknown as number
        }
      })
  },
  {
    id: "standard-webhooks",
    package: "standardwebhooks",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => new standardwebhooks.Webhook(secret).verify(Buffer.from(sent.body), recordOf(sent))),
    signs: standardBy("webhook", standardwebhooks.Webhook)
  },
  {
    id: "stripe",
    package: "stripe",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() => Stripe.webhooks.constructEvent(Buffer.from(sent.body), valueOf(sent, "Stripe-Signature"), secret)),
    signs: (sent, secret) =>
      carrying([
        "Stripe-Signature",
        Stripe.webhooks.generateTestHeaderString({ payload: textOf(sent), secret, timestamp: now / 1000 })
      ])
  },
  {
    id: "svix",
    package: "svix",
    by: "provider",
    accepts: (sent, secret) => succeeds(() => new svix.Webhook(secret).verify(Buffer.from(sent.body), recordOf(sent))),
    signs: standardBy("svix", svix.Webhook)
  },
  {
    id: "telegram",
    package: "grammy",
    by: "community",
    accepts: async (sent, secretToken) => {
      const bot = new Bot("1:token", { botInfo: { id: 1, is_bot: true, first_name: "bot", username: "bot" } as never })
      const handle = webhookCallback(bot, "std/http", { secretToken })
      const request = new Request("https://example.com", {
        method: "POST",
        headers: recordOf(sent),
        body: Buffer.from(sent.body)
      })
      return (await handle(request)).status === 200
    }
  },
  {
    id: "telnyx",
    package: "telnyx",
    by: "provider",
    accepts: (sent, key) =>
      succeeds(() =>
        telnyx.webhooks.signature.verifySignature(
          textOf(sent),
          Buffer.from(valueOf(sent, "telnyx-signature-ed25519"), "base64"),
          valueOf(sent, "telnyx-timestamp"),
          Buffer.from(key, "base64"),
          300
        )
      )
  },
  {
    id: "twilio",
    package: "twilio",
    by: "provider",
    accepts: (sent, secret) => {
      const form: Record<string, Array<string>> = {}
      for (const [name, value] of new URLSearchParams(textOf(sent))) (form[name] ??= []).push(value)
      const signature = valueOf(sent, "X-Twilio-Signature")
      return sent.url.includes("bodySHA256")
        ? twilio.validateRequestWithBody(secret, signature, sent.url, textOf(sent))
        : twilio.validateRequest(secret, signature, sent.url, form)
    }
  },
  {
    id: "twitch",
    package: "@twurple/eventsub-http",
    by: "community",
    accepts: (sent, secret) => {
      // What its middleware verifies with is not in its types.
      const middleware = Object.assign(Object.create(EventSubMiddleware.prototype), { _secret: secret }) as {
        _verifyData: (id: string, timestamp: string, body: string, signature: string) => boolean
      }
      const [id, stamp, signature] = ["Id", "Timestamp", "Signature"].map((name) =>
        valueOf(sent, `Twitch-Eventsub-Message-${name}`)
      )
      return middleware._verifyData(id ?? "", stamp ?? "", textOf(sent), signature ?? "")
    }
  },
  {
    id: "vonage",
    package: "@vonage/jwt",
    by: "provider",
    accepts: (sent, secret) => verifyVonage(valueOf(sent, "Authorization").replace(/^Bearer /, ""), secret)
  },
  {
    id: "webflow",
    package: "webflow-api",
    by: "provider",
    accepts: (sent, secret) => webflow.webhooks.verifySignature({ headers: recordOf(sent), body: textOf(sent), secret })
  },
  {
    id: "workos",
    package: "@workos-inc/node",
    by: "provider",
    accepts: (sent, secret) =>
      succeeds(() =>
        workos.webhooks.verifyHeader({ payload: textOf(sent), sigHeader: valueOf(sent, "WorkOS-Signature"), secret })
      ),
    signs: async (sent, secret) =>
      carrying([
        "WorkOS-Signature",
        `t=${now}, v1=${await workos.webhooks.computeSignature(now, textOf(sent), secret)}`
      ])
  },
  {
    id: "zoom",
    package: "@zoom/rivet",
    by: "provider",
    body: () => `{"event":"thing.happened","note":"ümlauts"}`,
    accepts: async (sent, webhooksSecretToken) => {
      const handle = new AwsLambdaReceiver({ webhooksSecretToken }).start()
      // The receiver reads no more of an event than this.
      const event = { headers: recordOf(sent), body: textOf(sent), isBase64Encoded: false } as Parameters<
        typeof handle
      >[0]
      const { statusCode } = await handle(event, {} as Parameters<typeof handle>[1])
      return statusCode === 200
    }
  }
]
