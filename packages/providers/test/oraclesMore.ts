import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes
} from "node:crypto"
import { certificateKey } from "./certificate.ts"
import type { Delivery, Oracle } from "./oracles.ts"
import type { Headers } from "./refusals.ts"
import type { RequestOracle, Sent } from "./requestOracles.ts"

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

type Encoding = "hex" | "base64"

const hmac = (key: string | Buffer, encoding: Encoding, ...parts: ReadonlyArray<string | Uint8Array>) =>
  parts.reduce((state, part) => state.update(part), createHmac("sha256", key)).digest(encoding)

const sha256 = (content: string | Uint8Array, encoding: Encoding) =>
  createHash("sha256").update(content).digest(encoding)

const plain = {
  secret: "a secret of the current generation",
  otherSecret: "a secret of the next generation",
  body: () => text(`{"id":"evt_1","type":"thing.happened","note":"ümlauts"}`),
  isBodyFree: true
} as const

const minutes = { past: 300, future: 300 }

const inHeader = (header: string, valueOf: (delivery: Delivery, secret: string) => string): Oracle => ({
  ...plain,
  header,
  required: [header],
  sign: (delivery, secret) => [[header, valueOf(delivery, secret)]]
})

/** The HMAC of the body in a header. */
const overBody = (header: string, prefix = ""): Oracle =>
  inHeader(header, ({ body }, secret) => prefix + hmac(secret, "hex", body))

/** The HMAC of time and body, behind the time in a list. */
const listed = (header: string, label: string, between: string): Oracle => ({
  ...inHeader(header, ({ body, millis }, secret) => {
    const stamp = String(millis / 1000)
    return `t=${stamp},${label}=${hmac(secret, "hex", stamp, between, body)}`
  }),
  tolerance: minutes
})

/** As the specification of Standard Webhooks has it. */
const standard = (prefix = "whsec_"): Oracle => ({
  ...plain,
  secret: `${prefix}${Buffer.alloc(24, 1).toString("base64")}`,
  otherSecret: `${prefix}${Buffer.alloc(24, 2).toString("base64")}`,
  header: "webhook-signature",
  required: ["webhook-id", "webhook-timestamp"],
  tolerance: minutes,
  sign: ({ body, id, millis }, secret) => {
    const stamp = String(millis / 1000)
    const key = Buffer.from(secret.slice(prefix.length), "base64")
    return [
      ["webhook-id", id],
      ["webhook-timestamp", stamp],
      ["webhook-signature", `v1,${hmac(key, "base64", id, ".", stamp, ".", body)}`]
    ]
  }
})

/** How each of these providers signs, computed with `node:crypto` alone. */
export const oraclesMore: Readonly<Record<string, Oracle>> = {
  ashby: overBody("Ashby-Signature", "sha256="),
  cursor: overBody("X-Webhook-Signature", "sha256="),
  fathom: standard(),
  fireflies: overBody("X-Hub-Signature", "sha256="),
  "fireflies-v1": overBody("X-Hub-Signature"),
  greenhouse: overBody("Signature", "sha256 "),
  "incident-io": standard(),
  linq: standard(),
  "linq-legacy": {
    ...plain,
    header: "X-Webhook-Signature",
    required: ["X-Webhook-Signature", "X-Webhook-Timestamp"],
    tolerance: minutes,
    sign: ({ body, millis }, secret) => [
      ["X-Webhook-Timestamp", String(millis / 1000)],
      ["X-Webhook-Signature", hmac(secret, "hex", String(millis / 1000), ".", body)]
    ]
  },
  lithic: standard(),
  "microsoft-teams": {
    ...inHeader("Authorization", ({ body }, secret) => `HMAC ${hmac(Buffer.from(secret, "base64"), "base64", body)}`),
    secret: "vqF0En+Z0ucuRTM/01o2GuhMH3hKKk/N2bOmlM31zaA=",
    otherSecret: "QgyNSToQjf4p6+YzDpjKks1/tXeJQ7FhVHqRwTnugVI="
  },
  render: standard(),
  rootly: listed("X-Rootly-Signature", "v1", ""),
  supabase: standard("v1,whsec_"),
  tiktok: listed("TikTok-Signature", "s", ".")
}

// -----------------------------------------------------------------------------------------------------------------
// tokens

type Change = (sent: Sent) => Sent

const post = { method: "POST", url: "https://example.com/webhooks?b=2&a=1", headers: [] as Headers }

const changedBody =
  (from: string, to: string): Change =>
  (sent) => ({ ...sent, body: text(Buffer.from(sent.body).toString().replace(from, to)) })

const changedHeader =
  (name: string, change: (value: string) => string): Change =>
  (sent) => ({ ...sent, headers: sent.headers.map(([key, value]) => [key, key === name ? change(value) : value]) })

const elsewhere: Change = (sent) => ({ ...sent, url: sent.url.replace("webhooks", "other") })

const secrets = { secret: plain.secret, otherSecret: plain.otherSecret }

type Open = RequestOracle["open"]

const spaced = changedBody("{", "{ ")

/** A token in a header, as it is or encoded. */
const token = (
  header: string,
  body: string,
  open: Open,
  valueOf: (secret: string) => string = (secret) => secret
): RequestOracle => ({
  ...secrets,
  signature: /(a secret.+)$/,
  send: (_, secret) => ({ ...post, headers: [[header, valueOf(secret)]], body: text(body) }),
  covered: { token: changedHeader(header, (value) => value.replace(/.$/, "x")) },
  open
})

const basic = (body: string, open: Open): RequestOracle => ({
  ...token("Authorization", body, open, (secret) => `Basic ${Buffer.from(secret).toString("base64")}`),
  secret: "causeway:a password of the current generation",
  otherSecret: "causeway:a password of the next generation",
  signature: /^Basic (.+)$/
})

/** A notification of a channel: there is a token, and no body. */
const channel: RequestOracle = {
  ...token("X-Goog-Channel-Token", "", {}),
  open: { body: (sent) => ({ ...sent, body: text("{}") }) }
}

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url")

/** A token under a shared secret. */
export const hs256 = (secret: string, claims: object): string => {
  const signed = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`
}

const rsaKey = createPrivateKey(certificateKey)

/** A token under the key of the tests' certificate. */
export const rs256 = (claims: object): string => {
  const signed = `${encoded({ alg: "RS256", kid: "key-1", typ: "JWT" })}.${encoded(claims)}`
  return `${signed}.${signBytes("sha256", Buffer.from(signed), rsaKey).toString("base64url")}`
}

const spkiOf = (key: KeyObject): string =>
  createPublicKey(key).export({ format: "pem", type: "spki" }).toString().trim()

const jwks = { "key-1": { ...createPublicKey(rsaKey).export({ format: "jwk" }) } }

const shownKey = {
  secret: spkiOf(rsaKey),
  otherSecret: spkiOf(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey),
  signingSecret: certificateKey.trim()
}

const withoutSignature = (header: string): Change =>
  changedHeader(header, (value) => {
    const [head = "", claims = ""] = value.split(".")
    const prefix = /^\w+ /.exec(head)?.[0] ?? ""
    return `${prefix}${encoded({ alg: "none", typ: "JWT" })}.${claims}.`
  })

const withClaims = (header: string, claims: object): Change =>
  changedHeader(header, (value) => value.replace(/\.[^.]+\./, `.${encoded(claims)}.`))

const fusionBody = `{"event":{"id":"e502168a","type":"user.login.success"}}`

/** The claims of FusionAuth's token. */
export const fusionAuthClaims = (body: string | Uint8Array) => ({ request_body_sha256: sha256(body, "base64") })

const fusionAuth = (tokenOf: (secret: string, claims: object) => string): RequestOracle => ({
  ...secrets,
  signature: /\.([\w-]+)$/,
  send: (_, secret) => ({
    ...post,
    headers: [["X-FusionAuth-Signature-JWT", tokenOf(secret, fusionAuthClaims(fusionBody))]],
    body: text(fusionBody)
  }),
  covered: {
    body: changedBody("success", "failed"),
    claims: withClaims("X-FusionAuth-Signature-JWT", { ...fusionAuthClaims(fusionBody), more: 1 }),
    algorithm: withoutSignature("X-FusionAuth-Signature-JWT")
  },
  open: {}
})

const gongBody = `{"callData":{"metaData":{"id":"5599332235511222779"}},"isTest":false}`

/** The claims of Gong's token. */
export const gongClaims = (url: string, body: string | Uint8Array, millis: number) => ({
  webhook_url: url,
  body_sha256: sha256(body, "hex"),
  exp: millis / 1000 + 3600
})

const mondayBody = `{"event":{"type":"create_pulse","subscriptionId":73759690,"triggerUuid":"b5ed2e17"}}`

/** The claims of monday.com's token. */
export const mondayClaims = (url: string, millis: number) => ({
  aud: url,
  accountId: 1825529,
  iat: millis / 1000,
  exp: millis / 1000 + 300
})

const pushBody = `{"message":{"attributes":{"eventType":"OBJECT_FINALIZE"},"data":"e30=","messageId":"2070443601311540"},"subscription":"projects/myproject/subscriptions/mysubscription"}`

/** The claims of Google's token. */
export const googleClaims = (secret: string, millis: number) => {
  const [aud, email] = secret.split(" ")
  const at = millis / 1000
  return { aud, azp: "113774264463038321964", email, email_verified: true, iat: at, exp: at + 3600, iss: google }
}

const google = "https://accounts.google.com"

/** The claims of Zoho Desk's token. */
export const zohoClaims = (secret: string) => {
  const [aud, iss] = secret.split(" ")
  return { aud, iss }
}

const keySet = (header: string): Pick<RequestOracle, "keys" | "signature" | "signingSecret" | "covered"> => ({
  keys: { jwks },
  signature: /\.([\w-]+)$/,
  signingSecret: certificateKey.trim(),
  covered: { claims: withClaims(header, { aud: "x" }), algorithm: withoutSignature(header) }
})

const eventBody = `{"event":{"id":"12345678","type":"RENEWAL"}}`

/** The same for those whose signature is a token. */
export const requestOraclesMore: Readonly<Record<string, RequestOracle>> = {
  chargebee: basic(`{"id":"ev_1","event_type":"subscription_created"}`, {
    body: spaced,
    id: changedBody("ev_1", "ev_2"),
    type: changedBody("created", "cancelled")
  }),
  deepgram: basic(`{"type":"Results","metadata":{"request_id":"3a1b2c"}}`, {
    body: spaced,
    id: changedBody("3a1b2c", "3a1b2d"),
    type: changedBody("Results", "Metadata")
  }),
  "deepgram-token": token("dg-token", `{"type":"Results","metadata":{"request_id":"3a1b2c"}}`, {
    body: spaced,
    id: changedBody("3a1b2c", "3a1b2d"),
    type: changedBody("Results", "Metadata")
  }),
  fusionauth: fusionAuth(hs256),
  "fusionauth-rsa": { ...fusionAuth((_, claims) => rs256(claims)), ...shownKey },
  gong: {
    ...shownKey,
    signature: /\.([\w-]+)$/,
    past: 3605,
    send: (millis) => ({
      ...post,
      headers: [["Authorization", `Bearer ${rs256(gongClaims(post.url, gongBody, millis))}`]],
      body: text(gongBody)
    }),
    covered: {
      body: changedBody("false", "true"),
      url: elsewhere,
      algorithm: withoutSignature("Authorization")
    },
    open: {}
  },
  "google-calendar": channel,
  "google-drive": channel,
  "google-pubsub": {
    ...keySet("Authorization"),
    secret: "https://example.com/push push@project.iam.gserviceaccount.com",
    otherSecret: "https://example.com/push other@project.iam.gserviceaccount.com",
    past: 3605,
    future: 5,
    send: (millis, secret) => ({
      ...post,
      headers: [["Authorization", `Bearer ${rs256(googleClaims(secret, millis))}`]],
      body: text(pushBody)
    }),
    open: {
      body: spaced,
      id: changedBody("2070443601311540", "2070443601311541"),
      type: changedBody("FINALIZE", "DELETE")
    }
  },
  monday: {
    ...secrets,
    signature: /\.([\w-]+)$/,
    past: 305,
    future: 5,
    send: (millis, secret) => ({
      ...post,
      headers: [["Authorization", hs256(secret, mondayClaims(post.url, millis))]],
      body: text(mondayBody)
    }),
    covered: { url: elsewhere, algorithm: withoutSignature("Authorization") },
    open: {
      body: spaced,
      id: changedBody("b5ed2e17", "b5ed2e18"),
      type: changedBody("create", "archive")
    }
  },
  postmark: basic(`{"RecordType":"SpamComplaint","ID":42}`, {
    body: spaced,
    id: changedBody("42", "43"),
    type: changedBody("SpamComplaint", "Bounce")
  }),
  revenuecat: token("Authorization", eventBody, {
    body: spaced,
    id: changedBody("12345678", "12345679"),
    type: changedBody("RENEWAL", "CANCELLATION")
  }),
  salesforce: token(
    "Authorization",
    `{"eventType":"created","Id":"00Q1"}`,
    { body: spaced, type: changedBody("created", "deleted") },
    (secret) => `Bearer ${secret}`
  ),
  "zoho-desk": {
    ...keySet("X-ZDesk-JWT"),
    secret: "webhookId:1000000123001 orgId:700123",
    otherSecret: "webhookId:1000000123001 orgId:700124",
    send: (_, secret) => ({
      ...post,
      headers: [["X-ZDesk-JWT", rs256(zohoClaims(secret))]],
      body: text(`[{"eventType":"Ticket_Add","orgId":"700123","payload":{"id":"1"}}]`)
    }),
    open: { body: spaced, type: changedBody("Add", "Delete") }
  }
}
