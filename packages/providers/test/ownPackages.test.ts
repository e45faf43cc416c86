import { type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it, vi } from "@effect/vitest"
import { validateSignature } from "@line/bot-sdk"
import { signWebhookPayload, verifyWebhookSignature } from "@notionhq/client"
import { Paddle } from "@paddle/paddle-node-sdk"
import { assertValidSignature, encodeSignatureHeader } from "@sanity/webhook"
import { WorkOS } from "@workos-inc/node"
import { verifyKey } from "discord-interactions"
import { Redacted, Result } from "effect"
import { validateWebhookSignature } from "razorpay/dist/utils/razorpay-utils.js"
import { validateWebhook } from "replicate"
import { type Oracle, oracles, text } from "./oracles.ts"
import { body, type Headers, input, now, replaced, tagOf } from "./refusals.ts"

interface Own {
  readonly scheme: SignatureScheme.SignatureScheme
  readonly accepts: (payload: string, header: (name: string) => string, secret: string) => boolean | Promise<boolean>
  /** The signature header, where the package makes one. */
  readonly signs?: (payload: string, secret: string) => Promise<string>
}

const workos = new WorkOS("sk_test")
const paddle = new Paddle("pdl_test")

const succeeds = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false
  )

/** What each package says of a delivery. */
const packages: ReadonlyArray<Own> = [
  {
    scheme: schemes.discord,
    accepts: (payload, header, key) =>
      verifyKey(payload, header("X-Signature-Ed25519"), header("X-Signature-Timestamp"), key)
  },
  {
    scheme: schemes["discord-events"],
    accepts: (payload, header, key) =>
      verifyKey(payload, header("X-Signature-Ed25519"), header("X-Signature-Timestamp"), key)
  },
  {
    scheme: schemes.line,
    accepts: (payload, header, secret) => validateSignature(payload, secret, header("x-line-signature"))
  },
  {
    scheme: schemes.notion,
    accepts: (payload, header, verificationToken) =>
      verifyWebhookSignature({ body: payload, signature: header("X-Notion-Signature"), verificationToken }),
    signs: (payload, verificationToken) => signWebhookPayload({ body: payload, verificationToken })
  },
  {
    scheme: schemes.paddle,
    accepts: (payload, header, secret) => paddle.webhooks.isSignatureValid(payload, secret, header("Paddle-Signature"))
  },
  {
    scheme: schemes.razorpay,
    accepts: (payload, header, secret) => validateWebhookSignature(payload, header("X-Razorpay-Signature"), secret)
  },
  {
    scheme: schemes.replicate,
    accepts: (payload, header, secret) =>
      validateWebhook({
        id: header("webhook-id"),
        timestamp: header("webhook-timestamp"),
        signature: header("webhook-signature"),
        body: payload,
        secret
      })
  },
  {
    scheme: schemes.sanity,
    accepts: (payload, header, secret) =>
      succeeds(assertValidSignature(payload, header("sanity-webhook-signature"), secret)),
    signs: (payload, secret) => encodeSignatureHeader(payload, now, secret)
  },
  {
    scheme: schemes.workos,
    accepts: (payload, header, secret) =>
      succeeds(workos.webhooks.verifyHeader({ payload, sigHeader: header("WorkOS-Signature"), secret })),
    signs: async (payload, secret) => `t=${now}, v1=${await workos.webhooks.computeSignature(now, payload, secret)}`
  }
]

const oracleOf = (id: string): Oracle => oracles[id] ?? expect.fail(`${id} has no oracle`)

const payload = new TextDecoder().decode(body)

for (const { accepts, scheme } of packages) {
  const { otherSecret, secret, signingSecret = secret, header } = oracleOf(scheme.id)
  const signed = Result.getOrThrow(
    WebhookSigner.sign(scheme, { body, secret: Redacted.make(signingSecret), timestamp: now, id: "msg_1" })
  )
  const theyAccept = async (sent: string, headers: Headers, key: string) => {
    vi.setSystemTime(now)
    try {
      return await accepts(sent, (name) => headers.find(([each]) => each === name)?.[1] ?? "", key)
    } finally {
      vi.useRealTimers()
    }
  }
  const ours = (sent: string, headers: Headers, key: string) =>
    tagOf(WebhookVerifier.verify(scheme, input(headers, [key], { body: text(sent) })))

  describe(`${scheme.id} and the provider's package agree`, () => {
    it("on what we sign", async () => {
      expect(await theyAccept(payload, signed, secret)).toBe(true)
      expect(ours(payload, signed, secret)).toBe("accepted")
    })

    it("on refusing another body, another secret, and a signature that was changed", async () => {
      const changed = replaced(signed, header, (value) => value.replace(/.{4}(=*)$/, "0000$1"))
      for (const [sent, headers, key] of [
        [`${payload} `, signed, secret],
        [payload, signed, otherSecret],
        [payload, changed, secret]
      ] as const) {
        expect(await theyAccept(sent, headers, key)).toBe(false)
        expect(ours(sent, headers, key)).not.toBe("accepted")
      }
    })
  })
}

describe("what the package signs is accepted by ours:", () => {
  const signing = packages.flatMap(({ scheme, signs }) =>
    signs === undefined ? [] : [{ id: scheme.id, scheme, signs }]
  )

  it.each(signing)("$id", async ({ id, scheme, signs }) => {
    const { header, secret } = oracleOf(id)
    const headers: Headers = [[header, await signs(payload, secret)]]
    expect(tagOf(WebhookVerifier.verify(scheme, input(headers, [secret])))).toBe("accepted")
  })
})

describe("the packages are laxer", () => {
  const own = (id: string): Own => packages.find(({ scheme }) => scheme.id === id) ?? expect.fail(id)

  const verdicts = async ({ accepts, scheme }: Own, headers: Headers) => {
    const { secret } = oracleOf(scheme.id)
    vi.setSystemTime(now)
    const theirs = await accepts(payload, (name) => headers.find(([each]) => each === name)?.[1] ?? "", secret)
    vi.useRealTimers()
    return [theirs, tagOf(WebhookVerifier.verify(scheme, input(headers, [secret])))]
  }

  const sentAt = (id: string, millis: number, key = oracleOf(id).secret): Headers =>
    oracleOf(id).sign({ body, method: "POST", url: "", id: "msg_1", millis }, key)

  it.each(["paddle", "workos", "discord", "replicate", "sanity"])(
    "%s's takes a time far ahead, ours does not",
    async (id) => expect(await verdicts(own(id), sentAt(id, now + 86_400_000))).toEqual([true, "TimestampInFuture"])
  )

  it.each(["discord", "replicate", "sanity"])("%s's takes a delivery of yesterday, ours does not", async (id) =>
    expect(await verdicts(own(id), sentAt(id, now - 86_400_000))).toEqual([true, "TimestampTooOld"])
  )

  it("paddle's looks at the last signature alone, ours at each", async () => {
    const { otherSecret } = oracleOf("paddle")
    const next = sentAt("paddle", now, otherSecret)[0]?.[1].replace(/^ts=\d+/, "")
    const both = replaced(sentAt("paddle", now), "Paddle-Signature", (current) => current + next)
    expect(await verdicts(own("paddle"), both)).toEqual([false, "accepted"])
  })
})
