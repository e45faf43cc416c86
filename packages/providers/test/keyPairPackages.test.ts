import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { afterEach, describe, expect, it, vi } from "@effect/vitest"
import { EventWebhook } from "@sendgrid/eventwebhook"
import { Redacted, Result } from "effect"
import { EventEmitter } from "node:events"
import https from "node:https"
// @ts-expect-error -- the package has no types
import MessageValidator from "sns-validator"
import { certificate } from "./certificate.ts"
import { text } from "./oracles.ts"
import { tagOf } from "./refusals.ts"
import { requestOracles, type Sent } from "./requestOracles.ts"

const now = 1_800_000_000_000

const oracleOf = (id: string) => requestOracles[id] ?? expect.fail(`${id} has no oracle`)

const signed = (id: "sendgrid" | "aws-sns", body: Uint8Array): Sent => {
  const { secret, signingSecret = secret } = oracleOf(id)
  const options = { body, secret: Redacted.make(signingSecret), timestamp: now, audience: secret }
  const delivery = Result.getOrThrow(WebhookSigner.signDelivery(schemes[id], options))
  return { ...delivery, method: "POST" }
}

const ours = (id: "sendgrid" | "aws-sns", sent: Sent) => {
  const { keys, secret } = oracleOf(id)
  return tagOf(
    WebhookVerifier.verify(schemes[id], {
      ...sent,
      secrets: [Redacted.make(secret)],
      now,
      // The oracle's keys are what a fetch would have brought.
      keys: keys as WebhookVerifier.FetchedKeys | undefined
    })
  )
}

describe("sendgrid and the provider's package agree", () => {
  const theyAccept = ({ body, headers }: Sent) => {
    const verifier = new EventWebhook()
    const key = verifier.convertPublicKeyToECDSA(oracleOf("sendgrid").secret)
    const [signature = "", stamp = ""] = ["Signature", "Timestamp"].map(
      (name) => headers.find(([key]) => key === `X-Twilio-Email-Event-Webhook-${name}`)?.[1]
    )
    return verifier.verifySignature(key, Buffer.from(body), signature, stamp)
  }

  it("on what we sign, and on refusing another body", () => {
    const sent = signed("sendgrid", text(`[{"event":"delivered"}]\r\n`))
    expect([theyAccept(sent), ours("sendgrid", sent)]).toEqual([true, "accepted"])
    const changed = { ...sent, body: text(`[{"event":"bounce"}]\r\n`) }
    expect([theyAccept(changed), ours("sendgrid", changed)]).toEqual([false, "SignatureMismatch"])
  })
})

describe("aws-sns and the sns-validator package agree", () => {
  /** The network, which answers with the tests' certificate. */
  const answer: typeof https.get = (...args: ReadonlyArray<unknown>) => {
    const respond = args.find((each) => typeof each === "function")
    const response = Object.assign(new EventEmitter(), { statusCode: 200 })
    respond?.(response)
    response.emit("data", certificate)
    response.emit("end")
    // The package looks at nothing of a request but its events.
    return new EventEmitter() as ReturnType<typeof https.get>
  }

  const theyAccept = ({ body }: Sent) => {
    vi.spyOn(https, "get").mockImplementation(answer)
    return new Promise<boolean>((resolve) =>
      new MessageValidator().validate(Buffer.from(body).toString(), (error: unknown) => resolve(error === null))
    )
  }

  const message = (type: string, version: string) =>
    text(
      JSON.stringify({
        Type: type,
        MessageId: "1",
        TopicArn: oracleOf("aws-sns").secret,
        Message: "hello\nworld",
        Timestamp: new Date(now).toISOString(),
        SignatureVersion: version,
        SigningCertURL: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        ...(type === "Notification"
          ? { Subject: "greeting" }
          : { SubscribeURL: "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription", Token: "2336412f" })
      })
    )

  afterEach(() => vi.restoreAllMocks())

  it.each([
    ["Notification", "1"],
    ["Notification", "2"],
    ["SubscriptionConfirmation", "2"]
  ])("on a %s of signature version %s that we sign, and on refusing another message", async (type, version) => {
    const sent = signed("aws-sns", message(type, version))
    expect([await theyAccept(sent), ours("aws-sns", sent)]).toEqual([true, "accepted"])
    const changed = { ...sent, body: text(Buffer.from(sent.body).toString().replace("world", "there")) }
    expect([await theyAccept(changed), ours("aws-sns", changed)]).toEqual([false, "SignatureMismatch"])
  })
})
