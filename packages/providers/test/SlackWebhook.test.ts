import { Handshake, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { SlackWebhook } from "@causeway/providers/slack"
import { describe, expect, it } from "@effect/vitest"
import { isValidSlackRequest } from "@slack/bolt"
import { Option, Redacted, Result } from "effect"
import { createHmac } from "node:crypto"
import { body, bytes, type Headers, input, now, suite, tagOf } from "./refusals.ts"

const { scheme } = SlackWebhook
const secret = "8f742231b10e8888abcd99yyyzzz85a5"
const otherSecret = "1c5e0d2f7a6b4c3d8e9f00112233445566"

const sign = (content: Uint8Array, key: string, millis: number): Headers => [
  [
    "X-Slack-Signature",
    `v0=${createHmac("sha256", key)
      .update(`v0:${millis / 1000}:`)
      .update(content)
      .digest("hex")}`
  ],
  ["X-Slack-Request-Timestamp", String(millis / 1000)]
]

const theyAccept = (content: string, headers: Headers): boolean =>
  isValidSlackRequest({
    signingSecret: secret,
    body: content,
    headers: {
      "x-slack-signature": headers.find(([name]) => name === "X-Slack-Signature")?.[1] ?? "",
      // bolt's type asks for a number, while the value of a header is a text
      "x-slack-request-timestamp": headers.find(
        ([name]) => name === "X-Slack-Request-Timestamp"
      )?.[1] as unknown as number
    },
    nowMilliseconds: now
  })

const verify = (content: Uint8Array, headers: Headers) =>
  WebhookVerifier.verify(scheme, input(headers, [secret], { body: content }))

const verified = (text: string) => Result.getOrThrow(verify(bytes(text), sign(bytes(text), secret, now)))

const answer = (text: string) => Handshake.handshake(scheme, { headers: [], body: bytes(text) })

suite({
  scheme,
  secret,
  otherSecret,
  required: ["X-Slack-Signature", "X-Slack-Request-Timestamp"],
  signatureHeader: "X-Slack-Signature",
  timestampHeader: "X-Slack-Request-Timestamp",
  rewrite: (value, signature) => `v0=${signature(value.slice("v0=".length))}`,
  sign
})

describe("slack and bolt agree", () => {
  it("on what we sign", () => {
    const headers = Result.getOrThrow(
      WebhookSigner.sign(scheme, { body, secret: Redacted.make(secret), timestamp: now })
    )
    expect(theyAccept(new TextDecoder().decode(body), headers)).toBe(true)
    expect(tagOf(verify(body, headers))).toBe("accepted")
  })

  it("on refusing a tampered body, an old timestamp, another version and another secret", () => {
    const text = new TextDecoder().decode(body)
    const cases: ReadonlyArray<readonly [string, Headers]> = [
      [`${text} `, sign(body, secret, now)],
      [text, sign(body, secret, now - 301_000)],
      [text, sign(body, otherSecret, now)],
      [text, sign(body, secret, now).map(([name, value]) => [name, value.replace("v0=", "v1=")])]
    ]
    for (const [content, headers] of cases) {
      expect(theyAccept(content, headers)).toBe(false)
      expect(tagOf(verify(bytes(content), headers))).not.toBe("accepted")
    }
  })
})

describe("bolt is laxer", () => {
  const text = new TextDecoder().decode(body)

  it("with timestamps that lie ahead, which we refuse beyond 5 minutes", () => {
    const headers = sign(body, secret, now + 86_400_000)
    expect(theyAccept(text, headers)).toBe(true)
    expect(tagOf(verify(body, headers))).toBe("TimestampInFuture")
  })

  it("with a timestamp that is no number, which we refuse", () => {
    const stamp = "later"
    const digest = createHmac("sha256", secret).update(`v0:${stamp}:${text}`).digest("hex")
    const headers: Headers = [
      ["X-Slack-Signature", `v0=${digest}`],
      ["X-Slack-Request-Timestamp", stamp]
    ]
    expect(theyAccept(text, headers)).toBe(true)
    expect(tagOf(verify(body, headers))).toBe("MalformedTimestamp")
  })

  it("with anything after a second equals sign, which we refuse", () => {
    const headers = sign(body, secret, now).map(
      ([name, value]) => [name, name === "X-Slack-Signature" ? `${value}=junk` : value] as const
    )
    expect(theyAccept(text, headers)).toBe(true)
    expect(tagOf(verify(body, headers))).toBe("MalformedSignature")
  })
})

describe("slack", () => {
  it("accepts the documented slash command", () => {
    const command =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar" +
      "&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com" +
      "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
      "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    const headers: Headers = [
      ["X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"],
      ["X-Slack-Request-Timestamp", "1531420618"]
    ]
    const documented = input(headers, [secret], { body: bytes(command), now: 1_531_420_618_000 })
    expect(Result.getOrThrow(WebhookVerifier.verify(scheme, documented))).toMatchObject({
      id: undefined,
      type: "/webhook-collect"
    })
  })

  it("takes the type of an event from inside, and its id from outside", () =>
    expect(verified(`{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention"}}`)).toEqual({
      id: "Ev1",
      type: "app_mention",
      timestamp: now,
      signedBy: 0,
      unsigned: []
    }))

  it("takes the type of anything else from outside", () =>
    expect(verified(`{"type":"app_rate_limited"}`).type).toBe("app_rate_limited"))

  it("takes the type of an interaction from the JSON in its form", () =>
    expect(verified(`payload=${encodeURIComponent(`{"type":"block_actions"}`)}`).type).toBe("block_actions"))

  it("answers the challenge with the challenge", () =>
    expect(
      Option.getOrThrow(answer(`{"token":"t","type":"url_verification","challenge":"3eZbrw1aBm2rZgRNFdxV"}`))
    ).toEqual({
      status: 200,
      contentType: "application/json",
      body: `{"challenge":"3eZbrw1aBm2rZgRNFdxV"}`
    }))

  it("answers nothing to an event, to a challenge without a challenge, and to what is not JSON", () => {
    for (const text of [
      `{"type":"event_callback","challenge":"x"}`,
      `{"type":"url_verification"}`,
      "[]",
      "null",
      "",
      "{"
    ]) {
      expect(Option.isNone(answer(text))).toBe(true)
    }
  })
})
