import { Inbox, type SignatureScheme, WebhookKeys, type WebhookReceiver, WebhookSigner } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger, Redacted, Result, type Scope } from "effect"
import { HttpClient, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { createHash, createHmac, generateKeyPairSync } from "node:crypto"
import { entrances, type Options } from "../../node/test/webhookEntrances.ts"
import { certificate, certificateKey } from "./certificate.ts"
import { text } from "./oracles.ts"

type Id = keyof typeof schemes

type Headers = ReadonlyArray<readonly [string, string]>

/** What a provider sends to find out whether the endpoint is there, and what it wants back. */
interface Challenge {
  readonly scheme: Id
  /** Default: one that is not needed. */
  readonly secret?: string
  readonly signingSecret?: string
  readonly options?: Partial<WebhookReceiver.Source>
  readonly method?: "GET" | "HEAD" | "POST"
  readonly query?: string
  readonly headers?: Headers
  readonly body?: string
  /** Whether it comes signed, and must be. */
  readonly isSigned?: boolean
  readonly status?: number
  readonly answer: string | ((body: string) => void)
  readonly answerHeaders?: Readonly<Record<string, string>>
}

const now = Date.parse("2026-11-26T12:00:00Z")

const plainText = { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" }

const discordKeys = () => {
  const { d = "", x = "" } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" })
  const hex = (part: string) => Buffer.from(part, "base64url").toString("hex")
  return { secret: hex(x), signingSecret: `private:${hex(d)}` }
}

const hmac = (secret: string, content: string) => createHmac("sha256", secret).update(content).digest("hex")

const topic = "arn:aws:sns:eu-west-1:123456789012:orders"
const certificateUrl = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
const subscribeUrl = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=51b2`

const confirmation = (changes: Readonly<Record<string, string>> = {}) =>
  JSON.stringify({
    Type: "SubscriptionConfirmation",
    MessageId: "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
    Token: "51b2",
    TopicArn: topic,
    Message: "You have chosen to subscribe to the topic.",
    SubscribeURL: subscribeUrl,
    Timestamp: new Date(now).toISOString(),
    SignatureVersion: "2",
    SigningCertURL: certificateUrl,
    ...changes
  })

/** Amazon, as far as it is asked: its certificate and its confirmations. */
const amazon = () => {
  const asked: Array<string> = []
  const client = HttpClient.make((request) => {
    asked.push(request.url)
    const isCertificate = request.url === certificateUrl
    const response = new Response(isCertificate ? certificate : "<ConfirmSubscriptionResponse/>", { status: 200 })
    return Effect.succeed(HttpClientResponse.fromWeb(request, response))
  })
  const keys = Effect.flatMap(WebhookKeys.WebhookKeys, Effect.succeed).pipe(
    Effect.provide(WebhookKeys.layer().pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, client))))
  )
  return { asked, keys }
}

const zoomBody = `{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}`

const graphToken = "Validation: Testing client application reachability for subscription Request-Id: 522a8e7e"

const challenges: ReadonlyArray<Challenge> = [
  {
    scheme: "asana",
    options: { acceptSecret: () => Effect.succeed(true) },
    headers: [["X-Hook-Secret", "b537207f20cbfa02357cf448134da559"]],
    answer: "",
    answerHeaders: { "x-hook-secret": "b537207f20cbfa02357cf448134da559" }
  },
  {
    scheme: "aws-sns",
    secret: topic,
    signingSecret: certificateKey,
    options: { keys: amazon().keys },
    body: confirmation(),
    isSigned: true,
    answer: ""
  },
  {
    scheme: "braintree",
    secret: "public:private",
    method: "GET",
    query: "?bt_challenge=20f9f8ed05f77439fe955c977e4c8a53",
    answer: (body) => {
      const key = createHash("sha1").update("private").digest()
      const proof = createHmac("sha1", key).update("20f9f8ed05f77439fe955c977e4c8a53").digest("hex")
      assert.strictEqual(body, `public|${proof}`)
    }
  },
  {
    scheme: "monday",
    body: `{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`,
    answer: `{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`,
    answerHeaders: { "content-type": "application/json" }
  },
  {
    scheme: "zoho-desk",
    secret: "webhookId:1000000123001 orgId:700123",
    options: { keys: amazon().keys },
    method: "GET",
    answer: ""
  },
  {
    scheme: "woocommerce",
    headers: [["content-type", "application/x-www-form-urlencoded"]],
    body: "webhook_id=12",
    answer: ""
  },
  {
    ...discordKeys(),
    scheme: "discord",
    body: `{"type":1}`,
    isSigned: true,
    answer: `{"type":1}`,
    answerHeaders: { "content-type": "application/json" }
  },
  {
    ...discordKeys(),
    scheme: "discord-events",
    body: `{"type":0}`,
    isSigned: true,
    status: 204,
    answer: "",
    answerHeaders: { "content-type": "text/plain; charset=utf-8" }
  },
  {
    scheme: "dropbox-sign",
    headers: [["content-type", "application/x-www-form-urlencoded"]],
    body: new URLSearchParams({
      json: `{"event":{"event_time":"1764000000","event_type":"callback_test"}}`
    }).toString(),
    isSigned: true,
    answer: "Hello API Event Received"
  },
  { scheme: "dropbox", method: "GET", query: "?challenge=abc123", answer: "abc123", answerHeaders: plainText },
  {
    scheme: "meta-whatsapp",
    options: { verifyTokens: Redacted.make("meatyhamhock") },
    method: "GET",
    query: "?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock",
    answer: "1158201444",
    answerHeaders: plainText
  },
  {
    scheme: "microsoft-graph",
    headers: [["content-type", "text/plain; charset=utf-8"]],
    query: `?validationToken=${encodeURIComponent(graphToken)}`,
    answer: graphToken,
    answerHeaders: plainText
  },
  {
    scheme: "notion",
    options: { acceptSecret: () => Effect.succeed(true) },
    body: `{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}`,
    answer: ""
  },
  {
    scheme: "okta",
    method: "GET",
    headers: [["X-Okta-Verification-Challenge", "abc"]],
    answer: `{"verification":"abc"}`,
    answerHeaders: { "content-type": "application/json" }
  },
  {
    scheme: "slack",
    body: `{"type":"url_verification","challenge":"3eZbrw1a"}`,
    isSigned: true,
    answer: `{"challenge":"3eZbrw1a"}`
  },
  { scheme: "intercom", method: "HEAD", answer: "" },
  { scheme: "trello", method: "HEAD", answer: "" },
  { scheme: "mandrill", method: "HEAD", answer: "" },
  {
    scheme: "adobe-sign",
    method: "GET",
    headers: [["X-AdobeSign-ClientId", "CBJCHBCAABAAo8FZgq31_5BVG_kcIXEe"]],
    answer: `{"xAdobeSignClientId":"CBJCHBCAABAAo8FZgq31_5BVG_kcIXEe"}`
  },
  {
    scheme: "twitch",
    secret: "a secret of Twitch",
    headers: [["Twitch-Eventsub-Message-Type", "webhook_callback_verification"]],
    body: `{"challenge":"pogchamp-kappa-360noscope"}`,
    isSigned: true,
    answer: "pogchamp-kappa-360noscope",
    answerHeaders: plainText
  },
  {
    scheme: "xero",
    body: `{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"NLDZEGWUXNHESAQVGLYF"}`,
    isSigned: true,
    answer: ""
  },
  {
    scheme: "zoom",
    body: zoomBody,
    isSigned: true,
    answer: (body) => {
      const encryptedToken = hmac("the secret", "qgg8vlvZRS6UYooatFL8Aw")
      assert.deepStrictEqual(JSON.parse(body), { plainToken: "qgg8vlvZRS6UYooatFL8Aw", encryptedToken })
    }
  }
]

interface Sent {
  readonly headers: Headers
  readonly body: Uint8Array
}

const sign = (scheme: SignatureScheme.SignatureScheme, challenge: Challenge): Sent =>
  Result.getOrThrow(
    WebhookSigner.signDelivery(scheme, {
      body: text(challenge.body ?? ""),
      secret: Redacted.make(challenge.signingSecret ?? challenge.secret ?? "the secret"),
      timestamp: now,
      id: "id_1",
      audience: challenge.secret
    })
  )

const unsigned = ({ body = "" }: Challenge): Sent => ({ headers: [], body: text(body) })

const sourceOf = ({ options, scheme, secret = "the secret" }: Challenge): WebhookReceiver.Source => ({
  scheme: schemes[scheme],
  secrets: Redacted.make(secret),
  ...options
})

const test = (fact: string, program: Effect.Effect<unknown, unknown, Inbox.Inbox | Scope.Scope>) =>
  it.effect(fact, () =>
    Effect.andThen(TestClock.setTime(now), program).pipe(
      Effect.scoped,
      Effect.provide(Inbox.layerMemory),
      Effect.provide(Logger.layer([]))
    )
  )

const stored = Effect.flatMap(Inbox.Inbox, (inbox) => inbox.list())

describe.each(entrances)("behind $name,", (entrance) => {
  const open = (challenge: Challenge, more: Partial<Options> = {}) => {
    // A source with a path is a receiver's options.
    const options = { path: "/hooks", source: challenge.scheme, ...sourceOf(challenge), ...more } as Options
    return Effect.map(
      entrance.open(options),
      (port) =>
        (sent: Sent, query = challenge.query ?? "") =>
          Effect.promise(async () => {
            const { method = "POST" } = challenge
            const headers = [...(challenge.headers ?? []), ...sent.headers].map(([name, value]): [string, string] => [
              name,
              value
            ])
            const body = method === "POST" ? { body: Buffer.from(sent.body) } : {}
            const response = await fetch(`http://127.0.0.1:${port}/hooks${query}`, { method, headers, ...body })
            return { status: response.status, headers: response.headers, body: await response.text() }
          })
    )
  }

  for (const challenge of challenges) {
    const scheme = schemes[challenge.scheme]
    test(
      `the challenge of ${challenge.scheme} is answered as it asks, and not stored`,
      Effect.gen(function* () {
        const send = yield* open(challenge)
        const answer = yield* send(challenge.isSigned === true ? sign(scheme, challenge) : unsigned(challenge))
        if (typeof challenge.answer === "string") assert.strictEqual(answer.body, challenge.answer)
        else challenge.answer(answer.body)
        assert.strictEqual(answer.status, challenge.status ?? 200)
        for (const [name, value] of Object.entries(challenge.answerHeaders ?? {})) {
          assert.strictEqual(answer.headers.get(name), value)
        }
        assert.deepStrictEqual(yield* stored, [])
      })
    )

    if (challenge.isSigned !== true) continue
    test(
      `the challenge of ${challenge.scheme} is refused without its signature`,
      Effect.gen(function* () {
        const send = yield* open(challenge)
        const answer = yield* send(unsigned(challenge))
        const { refusal } = scheme.delivery
        assert.deepStrictEqual([answer.status, answer.body], [refusal?.status ?? 400, refusal?.body ?? "bad request"])
      })
    )
  }

  test(
    "no answer to Xero has a body: not to its challenge with a wrong signature, and not to an event",
    Effect.gen(function* () {
      const challenge: Challenge = {
        scheme: "xero",
        body: `{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}`,
        answer: ""
      }
      const send = yield* open(challenge)
      const forged = yield* send(sign(schemes.xero, { ...challenge, secret: "another secret" }))
      assert.deepStrictEqual([forged.status, forged.body], [401, ""])
      const event = { ...challenge, body: `{"events":[{"eventCategory":"INVOICE"}],"lastEventSequence":1}` }
      const taken = yield* send(sign(schemes.xero, event))
      assert.deepStrictEqual([taken.status, taken.body], [200, ""])
      assert.strictEqual((yield* stored).length, 1)
    })
  )

  test(
    "a subscription of Amazon's is confirmed at Amazon's, and at no other place",
    Effect.gen(function* () {
      for (const [url, confirmed] of [
        [subscribeUrl, [certificateUrl, subscribeUrl]],
        ["https://sns.eu-west-1.amazonaws.com.evil.example/", [certificateUrl]],
        ["http://169.254.169.254/latest/meta-data", [certificateUrl]]
      ] as const) {
        const cloud = amazon()
        const challenge: Challenge = {
          scheme: "aws-sns",
          secret: topic,
          signingSecret: certificateKey,
          options: { keys: cloud.keys },
          body: confirmation({ SubscribeURL: url, MessageId: url.slice(0, 40) }),
          answer: ""
        }
        const send = yield* open(challenge)
        assert.strictEqual((yield* send(sign(schemes["aws-sns"], challenge))).status, 200)
        assert.deepStrictEqual(cloud.asked, [...confirmed])
      }
    })
  )

  test(
    "a subscription to a topic that is not allowed is refused, and nothing is fetched for it",
    Effect.gen(function* () {
      const cloud = amazon()
      const challenge: Challenge = {
        scheme: "aws-sns",
        secret: topic,
        signingSecret: certificateKey,
        options: { keys: cloud.keys },
        body: confirmation(),
        answer: ""
      }
      const other = {
        ...challenge,
        secret: `${topic}-of-others`,
        body: confirmation({ TopicArn: `${topic}-of-others` })
      }
      const send = yield* open(challenge)
      assert.strictEqual((yield* send(sign(schemes["aws-sns"], other))).status, 401)
      assert.deepStrictEqual(cloud.asked, [])
    })
  )

  test(
    "a confirmation is stored as an event where it is not to be fetched",
    Effect.gen(function* () {
      const cloud = amazon()
      const challenge: Challenge = {
        scheme: "aws-sns",
        secret: topic,
        signingSecret: certificateKey,
        options: { keys: cloud.keys, confirmSubscriptions: false },
        body: confirmation(),
        answer: ""
      }
      const send = yield* open(challenge)
      assert.strictEqual((yield* send(sign(schemes["aws-sns"], challenge))).body, "stored")
      assert.deepStrictEqual(cloud.asked, [certificateUrl])
    })
  )

  test(
    "a verify token is asked for, and a wrong one is forbidden",
    Effect.gen(function* () {
      const challenge: Challenge = {
        scheme: "meta-whatsapp",
        options: { verifyTokens: [Redacted.make("current"), Redacted.make("previous")] },
        method: "GET",
        answer: ""
      }
      const reasons: Array<string> = []
      const onOutcome = (outcome: WebhookReceiver.Outcome) =>
        Effect.sync(() => reasons.push(outcome._tag === "Refused" ? outcome.reason : outcome._tag))
      const send = yield* open(challenge, { onOutcome })
      const ask = (token: string) =>
        send(unsigned(challenge), `?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`)
      const statuses: Array<number> = []
      for (const token of ["current", "previous", "guess", ""]) statuses.push((yield* ask(token)).status)
      statuses.push((yield* send(unsigned(challenge), "")).status)
      statuses.push(
        (yield* send(unsigned(challenge), "?hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=current"))
          .status
      )
      assert.deepStrictEqual(statuses, [200, 200, 403, 403, 400, 400])
      assert.deepStrictEqual(reasons, [
        "Answered",
        "Answered",
        "WrongVerifyToken",
        "WrongVerifyToken",
        "NoChallenge",
        "NoChallenge"
      ])
    })
  )

  test(
    "a secret that is offered is stored once, only while one is awaited, and verifies what follows",
    Effect.gen(function* () {
      let known: ReadonlyArray<Redacted.Redacted<string>> = []
      const challenge: Challenge = {
        scheme: "asana",
        options: {
          secrets: Effect.sync(() => known),
          acceptSecret: ({ secret }) =>
            Effect.sync(() => {
              if (known.length > 0) return false
              known = [secret]
              return true
            })
        },
        answer: ""
      }
      const send = yield* open(challenge)
      const offer = (secret: string): Sent => ({ headers: [["X-Hook-Secret", secret]], body: text("{}") })
      const first = yield* send(offer("b537207f20cbfa02357cf448134da559"))
      const second = yield* send(offer("attacker-attacker-attacker-attacker"))
      assert.deepStrictEqual([first.status, second.status], [200, 400])
      assert.isNull(second.headers.get("x-hook-secret"))
      const body = `{"events":[]}`
      const event: Sent = {
        headers: [["X-Hook-Signature", hmac("b537207f20cbfa02357cf448134da559", body)]],
        body: text(body)
      }
      assert.strictEqual((yield* send(event)).body, "stored")
    })
  )

  test(
    "a challenge of a source that has none is no challenge",
    Effect.gen(function* () {
      const challenge: Challenge = {
        scheme: "github",
        answer: "",
        query: "?challenge=abc&hub.mode=subscribe&validationToken=abc"
      }
      const send = yield* open(challenge)
      const answer = yield* send(unsigned(challenge))
      assert.strictEqual(answer.status, 400)
      assert.notInclude(answer.body, "abc")
    })
  )
})

it("every scheme of the catalogue with a challenge or a probe is tried here", () => {
  const withChallenge = Object.entries(schemes).flatMap(([id, { delivery, handshake }]) =>
    handshake === undefined && delivery.probes.length === 0 ? [] : id
  )
  assert.deepStrictEqual(challenges.map(({ scheme }) => scheme).toSorted(), withChallenge.toSorted())
})
