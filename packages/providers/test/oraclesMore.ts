import { generateKeyPairSync } from "node:crypto"
import { certificateKey } from "./certificate.ts"
import {
  basic,
  bearer,
  type Change,
  changedBody,
  changedHeader,
  elsewhere,
  encoded,
  hmac,
  hs256,
  inHeader,
  jwkOf,
  overBody,
  plain,
  post,
  rs256,
  rsaKey,
  secrets,
  sha256,
  spaced,
  spkiOf,
  text,
  token
} from "./oracleParts.ts"
import type { Oracle } from "./oracles.ts"
import type { RequestOracle } from "./requestOracles.ts"

const minutes = { past: 300, future: 300 }

/** The HMAC of time and body, behind the time in a list. */
const listed = (header: string, label: string, between: string): Oracle => ({
  ...inHeader(header, ({ body, millis }, secret) => {
    const stamp = String(millis / 1000)
    return `t=${stamp},${label}=${hmac("sha256", secret, "hex", stamp, between, body)}`
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
      ["webhook-signature", `v1,${hmac("sha256", key, "base64", id, ".", stamp, ".", body)}`]
    ]
  }
})

/** How each of these providers signs, computed with `node:crypto` alone. */
export const oraclesMore: Readonly<Record<string, Oracle>> = {
  ashby: overBody("Ashby-Signature", "hex", "sha256", "sha256="),
  cursor: overBody("X-Webhook-Signature", "hex", "sha256", "sha256="),
  fathom: standard(),
  fireflies: overBody("X-Hub-Signature", "hex", "sha256", "sha256="),
  "fireflies-v1": overBody("X-Hub-Signature", "hex"),
  greenhouse: overBody("Signature", "hex", "sha256", "sha256 "),
  "incident-io": standard(),
  linq: standard(),
  "linq-legacy": {
    ...plain,
    header: "X-Webhook-Signature",
    required: ["X-Webhook-Signature", "X-Webhook-Timestamp"],
    tolerance: minutes,
    sign: ({ body, millis }, secret) => [
      ["X-Webhook-Timestamp", String(millis / 1000)],
      ["X-Webhook-Signature", hmac("sha256", secret, "hex", String(millis / 1000), ".", body)]
    ]
  },
  lithic: standard(),
  "microsoft-teams": {
    ...inHeader(
      "Authorization",
      ({ body }, secret) => `HMAC ${hmac("sha256", Buffer.from(secret, "base64"), "base64", body)}`
    ),
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

/** A notification of a channel: there is a token, and no body. */
const channel: RequestOracle = {
  ...token("X-Goog-Channel-Token", "", {}),
  open: { body: (sent) => ({ ...sent, body: text("{}") }) }
}

const jwks = { "key-1": jwkOf(rsaKey) }

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
  salesforce: bearer(`{"eventType":"created","Id":"00Q1"}`, { body: spaced, type: changedBody("created", "deleted") }),
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
