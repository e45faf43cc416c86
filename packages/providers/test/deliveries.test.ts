import { Inbox, WebhookReceiver, WebhookSigner } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result } from "effect"
import { text } from "./oracles.ts"
import { now } from "./refusals.ts"
import { TestClock } from "effect/testing"
import { generateKeyPairSync } from "node:crypto"

type Id = keyof typeof schemes

const url = "https://example.com/webhooks"

const signed = (id: Id, secret: string, body: string, type?: string): WebhookReceiver.Request => {
  const options = { body: text(body), secret: Redacted.make(secret), timestamp: now, url, id: "msg_1" }
  const sent = Result.getOrThrow(WebhookSigner.signDelivery(schemes[id], options))
  const headers = sent.headers.filter(([name]) => name.toLowerCase() !== "content-type")
  return {
    method: "POST",
    url: sent.url,
    body: sent.body,
    headers: type === undefined ? headers : [...headers, ["content-type", type]]
  }
}

const answerTo = (id: Id, secret: string, request: WebhookReceiver.Request) =>
  Effect.gen(function* () {
    yield* TestClock.setTime(now)
    const receive = WebhookReceiver.handle({
      source: id,
      scheme: schemes[id],
      secrets: Redacted.make(secret),
      publicUrl: url
    })
    return yield* receive(request)
  }).pipe(Effect.provide(Inbox.layerMemory))

const form = "application/x-www-form-urlencoded"

describe("a receiver takes by default what the provider sends:", () => {
  const cases: ReadonlyArray<
    readonly [id: Id, secret: string, body: string, taken: ReadonlyArray<string>, refused: string]
  > = [
    ["stripe", "whsec_test", `{"id":"evt_1","type":"a"}`, ["application/json; charset=utf-8"], form],
    ["github", "a secret", `{"zen":"a"}`, ["application/json", form], "text/plain"],
    ["slack", "a secret", "payload=%7B%7D", ["application/json", form], "text/plain"],
    ["twilio", "a secret", "MessageStatus=sent", [form], "text/plain"],
    ["trello", "a secret", `{"action":{"id":"1","type":"a"}}`, ["application/json"], form]
  ]
  for (const [id, secret, body, taken, refused] of cases) {
    it.effect(id, () =>
      Effect.gen(function* () {
        for (const type of [...taken, undefined]) {
          const { status } = yield* answerTo(id, secret, signed(id, secret, body, type))
          assert.strictEqual(status, 200, type)
        }
        const { headers, status } = yield* answerTo(id, secret, signed(id, secret, body, refused))
        assert.strictEqual(status, 415)
        assert.strictEqual(headers["accept-post"], schemes[id].delivery.contentTypes?.join(", "))
      })
    )
  }
})

it.effect(
  "a receiver takes an inbound email of SendGrid's, which is a form with a boundary, and no list of events",
  () =>
    Effect.gen(function* () {
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" })
      const body = `--x\r\nContent-Disposition: form-data; name="subject"\r\n\r\nHello\r\n--x--\r\n`
      const key = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString()
      const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).toString("base64")
      const send = (type: string) => {
        const request = signed("sendgrid-inbound-parse", key, body, type)
        return Effect.map(answerTo("sendgrid-inbound-parse", publicKey, request), ({ status }) => status)
      }
      assert.strictEqual(yield* send("multipart/form-data; boundary=x"), 200)
      assert.strictEqual(yield* send("application/json"), 415)
    })
)

describe("a receiver answers by default as the provider wants:", () => {
  const adyenItem = {
    pspReference: "7914073381342284",
    merchantAccountCode: "TestMerchant",
    merchantReference: "TestPayment-1407325143704",
    amount: { value: 1130, currency: "EUR" },
    eventCode: "AUTHORISATION",
    success: "true"
  }
  const dropboxSign = new URLSearchParams({ json: `{"event":{"event_time":"1764000000","event_type":"a"}}` }).toString()
  const cases: ReadonlyArray<readonly [id: Id, secret: string, body: string, answer: readonly [number, string]]> = [
    [
      "adyen-payments",
      "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
      JSON.stringify({ notificationItems: [{ NotificationRequestItem: adyenItem }] }),
      [200, "[accepted]"]
    ],
    ["airtable", "c2VjcmV0IGJ5dGVzIG9mIGEgd2ViaG9vaw==", `{"timestamp":"2025-11-24T16:00:00.000Z"}`, [204, ""]],
    ["dropbox-sign", "a secret", dropboxSign, [200, "Hello API Event Received"]],
    ["slack", "a secret", "command=%2Fdeploy", [200, ""]],
    ["twilio", "a secret", "MessageStatus=sent", [200, "<Response/>"]],
    [
      "xero",
      "a secret",
      `{"events":[{"eventCategory":"INVOICE"}],"firstEventSequence":1,"lastEventSequence":1}`,
      [200, ""]
    ]
  ]
  for (const [id, secret, body, expected] of cases) {
    it.effect(id, () =>
      Effect.gen(function* () {
        const answer = yield* answerTo(id, secret, signed(id, secret, body))
        assert.deepStrictEqual([answer.status, answer.body], expected)
      })
    )
  }

  it.effect("discord, with a deferred response, and with 401 for any signature that is not right", () =>
    Effect.gen(function* () {
      const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" })
      const hex = (part: string) => Buffer.from(part, "base64url").toString("hex")
      const request = signed("discord", `private:${hex(d)}`, `{"id":"846462639134605312","type":2}`)
      const answer = yield* answerTo("discord", hex(x), request)
      assert.deepStrictEqual([answer.status, answer.headers["content-type"]], [200, "application/json"])
      assert.deepStrictEqual(JSON.parse(answer.body), { type: 5 })
      for (const headers of [
        [],
        [["X-Signature-Ed25519", "zz"]],
        [["X-Signature-Ed25519", "00".repeat(64)]]
      ] as const) {
        for (const id of ["discord", "discord-events"] as const) {
          assert.strictEqual((yield* answerTo(id, hex(x), { ...request, headers })).status, 401)
        }
      }
    })
  )

  it.effect("trello, which asks with a HEAD whether the callback URL is there", () =>
    Effect.gen(function* () {
      const request = { method: "HEAD", url, headers: [], body: new Uint8Array() }
      assert.strictEqual((yield* answerTo("trello", "a secret", request)).status, 200)
      const refused = yield* answerTo("trello", "a secret", { ...request, method: "GET" })
      assert.deepStrictEqual([refused.status, refused.headers["allow"]], [405, "HEAD, POST"])
      assert.strictEqual((yield* answerTo("github", "a secret", request)).status, 405)
    })
  )
})

it("microsoft-graph takes the type of its challenge, a POST without JSON", () => {
  const { contentTypes } = schemes["microsoft-graph"].delivery
  assert.isTrue(contentTypes?.includes("text/plain"))
})
