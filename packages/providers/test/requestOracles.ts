import { createHash, createHmac, createPrivateKey, generateKeyPairSync, sign as signBytes } from "node:crypto"
import { crc32 } from "node:zlib"
import { certificate, certificateKey } from "./certificate.ts"
import { text } from "./oracles.ts"
import { requestOraclesMore } from "./oraclesMore.ts"
import { requestOraclesMore2 } from "./oraclesMore2.ts"
import type { Headers } from "./refusals.ts"

/** A delivery whose signature is in the body, in a token or under a key pair, or covers more or less than the body. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: Uint8Array
}

type Change = (sent: Sent) => Sent

/** What the battery needs to know of such a scheme, and nothing of it is read from the scheme. */
export interface RequestOracle {
  readonly secret: string
  readonly otherSecret: string
  /** What signs where `secret` only verifies or names. */
  readonly signingSecret?: string
  readonly keys?: {
    readonly certificates?: Readonly<Record<string, string>>
    readonly jwks?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  }
  readonly send: (millis: number, secret: string) => Sent
  /** The accepted age in seconds, where there is one. */
  readonly past?: number
  /** The accepted lead over our clock in seconds, where there is one. */
  readonly future?: number
  /** What is the signature in a header or in the body. */
  readonly signature: RegExp
  /** Headers that a delivery can go without. */
  readonly optional?: ReadonlyArray<string>
  /** Changes that the signature must not survive. */
  readonly covered: Readonly<Record<string, Change>>
  /** Changes that it does survive, by the part that must be called unsigned then. */
  readonly open: Readonly<Record<string, Change>>
}

const url = "https://example.com/webhooks?b=2&a=1"

const post = { method: "POST", url, headers: [] }

const hmac = (hash: string, key: string | Buffer, content: string, encoding: "hex" | "base64") =>
  createHmac(hash, key).update(content).digest(encoding)

const sha256 = (content: string | Uint8Array, encoding: "hex" | "base64") =>
  createHash("sha256").update(content).digest(encoding)

const inBody =
  (from: string, to: string): Change =>
  (sent) => ({ ...sent, body: text(Buffer.from(sent.body).toString().replace(from, to)) })

const inHeader =
  (name: string, value: string): Change =>
  (sent) => ({ ...sent, headers: sent.headers.map(([key, old]) => [key, key === name ? value : old]) })

const elsewhere: Change = (sent) => ({ ...sent, url: sent.url.replace("webhooks", "other") })

const token = (header: string, body: string): RequestOracle => ({
  secret: "a token of the current generation",
  otherSecret: "a token of the next generation",
  signature: /^(a token.*)$/,
  send: (_, secret) => ({ ...post, headers: [[header, secret]], body: text(body) }),
  covered: { token: inHeader(header, "a token of the current generatioN") },
  open: { body: inBody("1", "2") }
})

const signJwt = (secret: string, claims: object, algorithm = "HS256") => {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")
  const signed = `${encode({ alg: algorithm, typ: "JWT" })}.${encode(claims)}`
  return `${signed}.${createHmac(`sha${algorithm.slice(2)}`, secret)
    .update(signed)
    .digest("base64url")}`
}

const withoutSignature =
  (header: string): Change =>
  (sent) => ({ ...sent, headers: sent.headers.map(([key, old]) => [key, key === header ? unsignedToken(old) : old]) })

const unsignedToken = (value: string) => {
  const [head = "", claims = ""] = value.split(".")
  const [prefix = ""] = /^\w+ /.exec(head) ?? []
  return `${prefix}${Buffer.from('{"alg":"none","typ":"JWT"}').toString("base64url")}.${claims}.`
}

export const ellipticCurve = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
const otherCurve = generateKeyPairSync("ec", { namedCurve: "prime256v1" })

const spki = (pair: typeof ellipticCurve) => pair.publicKey.export({ format: "der", type: "spki" }).toString("base64")

const rsaKey = createPrivateKey(certificateKey)

const paypalCertificate = "https://api.paypal.com/v1/notifications/certs/CERT-1"
const snsCertificate = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"

const itemFields = { pspReference: "7914073381342284", merchantAccountCode: "Shop", merchantReference: "order:1" }

/** How each provider signs, computed with `node:crypto` alone. */
const sendGrid = (body: string): RequestOracle => ({
  secret: spki(ellipticCurve),
  signature: /^(M[\w+/]+=*)$/,
  future: 300,
  otherSecret: spki(otherCurve),
  signingSecret: ellipticCurve.privateKey.export({ format: "der", type: "pkcs8" }).toString("base64"),
  send: (millis) => {
    const stamp = String(millis / 1000)
    return {
      ...post,
      headers: [
        ["X-Twilio-Email-Event-Webhook-Timestamp", stamp],
        [
          "X-Twilio-Email-Event-Webhook-Signature",
          signBytes("sha256", Buffer.from(stamp + body), ellipticCurve.privateKey).toString("base64")
        ]
      ],
      body: text(body)
    }
  },
  past: 300,
  covered: { body: inBody("\r\n", "\n"), time: inHeader("X-Twilio-Email-Event-Webhook-Timestamp", "1799999999") },
  open: {}
})

export const requestOracles: Readonly<Record<string, RequestOracle>> = {
  ...requestOraclesMore,
  ...requestOraclesMore2,
  "adyen-payments": {
    secret: "44782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056",
    signature: /"hmacSignature":"([^"]+)"/,
    otherSecret: "55782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056",
    send: (_, secret) => {
      const { merchantAccountCode, merchantReference, pspReference } = itemFields
      const content = `${pspReference}::${merchantAccountCode}:${merchantReference}:1130:EUR:AUTHORISATION:true`
      const item = {
        ...itemFields,
        additionalData: { hmacSignature: hmac("sha256", Buffer.from(secret, "hex"), content, "base64") },
        amount: { value: 1130, currency: "EUR" },
        eventCode: "AUTHORISATION",
        reason: "1234:7777:12/2012",
        success: "true"
      }
      return {
        ...post,
        body: text(JSON.stringify({ live: "false", notificationItems: [{ NotificationRequestItem: item }] }))
      }
    },
    covered: {
      amount: inBody("1130", "1"),
      success: inBody(`"true"`, `"false"`),
      reference: inBody("order:1", "order:2"),
      account: inBody(`"Shop"`, `"Shop:order"`)
    },
    open: { body: inBody("7777", "8888") }
  },
  "atlassian-connect": {
    secret: "a shared secret of one installation",
    signature: /\.([\w-]+)$/,
    otherSecret: "a shared secret of the next installation",
    send: (millis, secret) => {
      const qsh = sha256("POST&/webhooks&a=1&b=2", "hex")
      const claims = { iss: "client", iat: millis / 1000, exp: millis / 1000 + 180, qsh }
      return {
        ...post,
        headers: [["Authorization", `JWT ${signJwt(secret, claims)}`]],
        body: text(`{"webhookEvent":"jira:issue_created"}`)
      }
    },
    past: 185,
    covered: {
      url: elsewhere,
      method: (sent) => ({ ...sent, method: "PUT" }),
      token: withoutSignature("Authorization")
    },
    open: { body: inBody("created", "deleted"), type: inBody("created", "deleted") }
  },
  "aws-sns": {
    secret: "arn:aws:sns:eu-west-1:1:orders",
    signature: /"Signature":"([^"]+)"/,
    future: 300,
    otherSecret: "arn:aws:sns:eu-west-1:2:orders",
    signingSecret: certificateKey,
    keys: { certificates: { [snsCertificate]: certificate } },
    send: (millis) => {
      const fields = {
        Message: "hello\nworld",
        MessageId: "1",
        Timestamp: new Date(millis).toISOString(),
        TopicArn: "arn:aws:sns:eu-west-1:1:orders",
        Type: "Notification"
      }
      const content = Object.entries(fields)
        .map(([name, value]) => `${name}\n${value}\n`)
        .join("")
      const Signature = signBytes("sha256", Buffer.from(content), rsaKey).toString("base64")
      const body = { ...fields, SignatureVersion: "2", Signature, SigningCertURL: snsCertificate }
      return { ...post, body: text(JSON.stringify(body)) }
    },
    past: 3600,
    covered: {
      message: inBody("hello", "hallo"),
      topic: inBody(":1:orders", ":3:orders"),
      version: inBody(`"SignatureVersion":"2"`, `"SignatureVersion":"1"`),
      certificate: inBody("sns.eu-west-1.amazonaws.com", "sns.eu-west-1.amazonaws.com.evil.example")
    },
    open: {}
  },
  braintree: {
    secret: "public_key:private_key",
    signature: /public_key%7C(\w+)/,
    otherSecret: "other_key:private_key_2",
    send: (_, secret) => {
      const [id = "", key = ""] = secret.split(":")
      const payload = Buffer.from(
        '<notification><kind>check</kind><subject><check type="boolean">true</check></subject></notification>'
      ).toString("base64")
      const signature = hmac("sha1", createHash("sha1").update(key).digest(), payload, "hex")
      const form = new URLSearchParams({ bt_signature: `x|${"0".repeat(40)}&${id}|${signature}`, bt_payload: payload })
      return { ...post, body: text(form.toString()) }
    },
    covered: { payload: inBody("bt_payload=P", "bt_payload=Q"), id: inBody("public_key", "publik_key") },
    open: {}
  },
  contentful: {
    secret: "0123456789abcdef".repeat(4),
    signature: /^([0-9a-f]{64})$/,
    future: 30,
    optional: ["x-contentful-topic"],
    otherSecret: "fedcba9876543210".repeat(4),
    send: (millis, secret) => {
      const listed = "x-contentful-signed-headers,x-contentful-timestamp"
      const canonical = `x-contentful-signed-headers:${listed};x-contentful-timestamp:${millis}`
      const content = `POST\n/webhooks\n${canonical}\n{"sys":{"id":"1"}}`
      return {
        ...post,
        // The package escapes a query twice, and so nobody should have one.
        url: "https://example.com/webhooks",
        headers: [
          ["x-contentful-signed-headers", listed],
          ["x-contentful-timestamp", String(millis)],
          ["x-contentful-topic", "ContentManagement.Entry.publish"],
          ["x-contentful-signature", hmac("sha256", secret, content, "hex")]
        ],
        body: text(`{"sys":{"id":"1"}}`)
      }
    },
    past: 30,
    covered: {
      body: inBody("1", "2"),
      url: elsewhere,
      list: inHeader("x-contentful-signed-headers", "x-contentful-topic")
    },
    open: { type: inHeader("x-contentful-topic", "ContentManagement.Entry.delete") }
  },
  "dropbox-sign": {
    secret: "an API key of the current generation",
    signature: /event_hash%22%3A%22(\w+)/,
    otherSecret: "an API key of the next generation",
    send: (_, secret) => {
      const event = {
        event_time: "1764000000",
        event_type: "signature_request_sent",
        event_hash: hmac("sha256", secret, "1764000000signature_request_sent", "hex")
      }
      const json = JSON.stringify({ event, signature_request: { title: "Contract-1" } })
      return { ...post, body: text(new URLSearchParams({ json }).toString()) }
    },
    covered: { type: inBody("request_sent", "request_signed"), time: inBody("1764000000", "1764000001") },
    open: { body: inBody("Contract-1", "Contract-2") }
  },
  gitlab: token("X-Gitlab-Token", `{"object_kind":"push","id":1}`),
  livekit: {
    secret: "APIkey:a-secret-of-at-least-32-characters",
    signature: /\.([\w-]+)$/,
    otherSecret: "APIkey:b-secret-of-at-least-32-characters",
    send: (millis, secret) => {
      const [iss = "", key = ""] = secret.split(":")
      const body = `{"event":"room_started","id":"EV_1"}`
      const claims = { iss, exp: millis / 1000 + 300, sha256: sha256(body, "base64") }
      return { ...post, headers: [["Authorization", signJwt(key, claims)]], body: text(body) }
    },
    past: 305,
    covered: { body: inBody("EV_1", "EV_2"), token: withoutSignature("Authorization") },
    open: {}
  },
  mailgun: {
    secret: "a key of the current generation",
    signature: /"signature":"(\w+)"/,
    future: 300,
    otherSecret: "a key of the next generation",
    send: (millis, secret) => {
      const timestamp = String(millis / 1000)
      const signature = {
        timestamp,
        token: "c9a2f1d0",
        signature: hmac("sha256", secret, `${timestamp}c9a2f1d0`, "hex")
      }
      return { ...post, body: text(JSON.stringify({ signature, "event-data": { id: "Ase7", event: "delivered" } })) }
    },
    past: 300,
    covered: { token: inBody("c9a2f1d0", "c9a2f1d1") },
    open: { body: inBody("Ase7", "Bse7"), id: inBody("Ase7", "Bse7"), type: inBody("delivered", "failed") }
  },
  "mailgun-inbound": {
    secret: "a key of the current generation",
    signature: /signature=(\w+)/,
    future: 300,
    otherSecret: "a key of the next generation",
    send: (millis, secret) => {
      const timestamp = String(millis / 1000)
      const signature = hmac("sha256", secret, `${timestamp}c9a2f1d0`, "hex")
      return { ...post, body: text(`sender=ann&timestamp=${timestamp}&token=c9a2f1d0&signature=${signature}`) }
    },
    past: 300,
    covered: { token: inBody("c9a2f1d0", "c9a2f1d1") },
    open: { body: inBody("ann", "bob") }
  },
  messagebird: {
    secret: "a signing key of the current generation",
    signature: /\.([\w-]+)$/,
    future: 5,
    otherSecret: "a signing key of the next generation",
    send: (millis, secret) => {
      const claims = {
        iss: "MessageBird",
        nbf: millis / 1000,
        exp: millis / 1000 + 60,
        jti: "7c3f",
        url_hash: sha256(url, "hex"),
        payload_hash: sha256(`{"id":"1"}`, "hex")
      }
      return {
        ...post,
        headers: [["MessageBird-Signature-JWT", signJwt(secret, claims, "HS512")]],
        body: text(`{"id":"1"}`)
      }
    },
    past: 65,
    covered: { body: inBody("1", "2"), url: elsewhere, token: withoutSignature("MessageBird-Signature-JWT") },
    open: {}
  },
  "microsoft-graph": {
    secret: "a state of the current generation",
    signature: /"clientState":"([^"]+)"/,
    otherSecret: "a state of the next generation",
    send: (_, clientState) => ({
      ...post,
      body: text(
        JSON.stringify({
          value: ["updated", "deleted"].map((changeType) => ({ subscriptionId: "7f105c7d", changeType, clientState }))
        })
      )
    }),
    covered: {
      state: inBody("current", "other"),
      "item without a state": inBody(`"value":[`, `"value":[{"changeType":"created"},`)
    },
    open: { body: inBody("7f105c7d", "7f105c7e"), type: inBody("updated", "created") }
  },
  okta: token("Authorization", `{"eventType":"com.okta.event_hook","data":{"events":[{"eventType":"x","uuid":"1"}]}}`),
  paypal: {
    secret: "1JE4291016473214C",
    signature: /^([\w+/]{300,}=*)$/,
    future: 300,
    otherSecret: "2JE4291016473214C",
    signingSecret: certificateKey,
    keys: { certificates: { [paypalCertificate]: certificate } },
    send: (millis) => {
      const body = text(`{"id":"WH-1","event_type":"PAYMENT.SALE.COMPLETED"}`)
      const stamp = new Date(millis).toISOString()
      const content = `69cd13f0|${stamp}|1JE4291016473214C|${crc32(body)}`
      return {
        ...post,
        headers: [
          ["PAYPAL-TRANSMISSION-ID", "69cd13f0"],
          ["PAYPAL-TRANSMISSION-TIME", stamp],
          ["PAYPAL-CERT-URL", paypalCertificate],
          ["PAYPAL-TRANSMISSION-SIG", signBytes("sha256", Buffer.from(content), rsaKey).toString("base64")]
        ],
        body
      }
    },
    past: 300,
    covered: {
      body: inBody("WH-1", "WH-2"),
      transmission: inHeader("PAYPAL-TRANSMISSION-ID", "69cd13f1"),
      certificate: inHeader("PAYPAL-CERT-URL", "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1")
    },
    open: {}
  },
  plaid: {
    secret: "not needed",
    signature: /\.([\w-]+)$/,
    otherSecret: "",
    keys: { jwks: { "key-1": { ...ellipticCurve.publicKey.export({ format: "jwk" }), alg: "ES256", kid: "key-1" } } },
    send: (millis) => {
      const body = `{"webhook_type":"TRANSACTIONS","webhook_code":"DEFAULT_UPDATE"}`
      const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")
      const claims = { iat: millis / 1000, request_body_sha256: sha256(body, "hex") }
      const signed = `${encode({ alg: "ES256", kid: "key-1", typ: "JWT" })}.${encode(claims)}`
      const signature = signBytes("sha256", Buffer.from(signed), {
        key: ellipticCurve.privateKey,
        dsaEncoding: "ieee-p1363"
      })
      return {
        ...post,
        headers: [["Plaid-Verification", `${signed}.${signature.toString("base64url")}`]],
        body: text(body)
      }
    },
    past: 300,
    covered: { body: inBody("DEFAULT", "INITIAL"), token: withoutSignature("Plaid-Verification") },
    open: {}
  },
  plivo: {
    secret: "an auth token of the current generation",
    signature: /,([\w+/]+=)$/,
    otherSecret: "an auth token of the next generation",
    send: (_, secret) => {
      const content = "https://example.com/webhooks?a=1&b=2.CallUUID1EventStartApp.05429567804466091622"
      return {
        ...post,
        headers: [
          ["X-Plivo-Signature-V3-Nonce", "05429567804466091622"],
          ["X-Plivo-Signature-V3", `${hmac("sha256", "x", "y", "base64")},${hmac("sha256", secret, content, "base64")}`]
        ],
        body: text("Event=StartApp&CallUUID=1")
      }
    },
    covered: {
      body: inBody("StartApp", "Hangup"),
      url: elsewhere,
      nonce: inHeader("X-Plivo-Signature-V3-Nonce", "05429567804466091623")
    },
    open: {}
  },
  "plivo-messages": {
    secret: "an auth token of the current generation",
    signature: /^([\w+/]+=)$/,
    otherSecret: "an auth token of the next generation",
    send: (_, secret) => ({
      ...post,
      headers: [
        ["X-Plivo-Signature-V2-Nonce", "05429567804466091622"],
        ["X-Plivo-Signature-V2", hmac("sha256", secret, "https://example.com/webhooks05429567804466091622", "base64")]
      ],
      body: text("Status=delivered&MessageUUID=1")
    }),
    covered: { url: elsewhere, nonce: inHeader("X-Plivo-Signature-V2-Nonce", "05429567804466091623") },
    open: {
      body: inBody("MessageUUID=1", "MessageUUID=2"),
      type: inBody("delivered", "failed")
    }
  },
  sendgrid: sendGrid(`[{"event":"delivered","sg_event_id":"1"}]\r\n`),
  "sendgrid-inbound-parse": sendGrid(
    `--xYzZY\r\nContent-Disposition: form-data; name="subject"\r\n\r\nHello\r\n--xYzZY--\r\n`
  ),
  telegram: token("X-Telegram-Bot-Api-Secret-Token", `{"update_id":10000,"message":{"message_id":1}}`),
  twilio: {
    secret: "12345",
    signature: /^([\w+/]{27}=)$/,
    optional: ["I-Twilio-Idempotency-Token"],
    otherSecret: "54321",
    // The example of Twilio's documentation, with a repeated field.
    send: (_, secret) => ({
      method: "POST",
      url: "https://mycompany.com/myapp.php?foo=1&bar=2",
      headers: [
        [
          "X-Twilio-Signature",
          hmac(
            "sha1",
            secret,
            "https://mycompany.com/myapp.php?foo=1&bar=2CallSidCA1CallStatusringingDigits1234To+1To+2",
            "base64"
          )
        ],
        ["I-Twilio-Idempotency-Token", "a1b2"]
      ],
      body: text("To=%2B2&To=%2B1&To=%2B1&Digits=1234&CallSid=CA1&CallStatus=ringing")
    }),
    covered: {
      body: inBody("1234", "1235"),
      url: (sent) => ({ ...sent, url: sent.url.replace("foo", "fou") }),
      hash: (sent) => ({ ...sent, url: `${sent.url}&bodySHA256=${sha256(sent.body, "hex")}` })
    },
    open: { id: inHeader("I-Twilio-Idempotency-Token", "c3d4") }
  },
  vonage: {
    secret: "a signature secret of the current generation",
    signature: /\.([\w-]+)$/,
    future: 5,
    otherSecret: "a signature secret of the next generation",
    send: (millis, secret) => {
      const claims = {
        iat: millis / 1000,
        jti: "7c3f",
        iss: "Vonage",
        payload_hash: sha256(`{"message_uuid":"1"}`, "hex")
      }
      return {
        ...post,
        headers: [["Authorization", `Bearer ${signJwt(secret, claims)}`]],
        body: text(`{"message_uuid":"1"}`)
      }
    },
    past: 300,
    covered: { body: inBody(`"1"`, `"2"`), token: withoutSignature("Authorization") },
    open: {}
  }
}
