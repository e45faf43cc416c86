/** Signs sample deliveries as their providers do, with `node:crypto` alone: nothing is read from the schemes. */
import { createHash, createHmac, sign as signBytes } from "node:crypto"
import { crc32 } from "node:zlib"
import { certificateKey } from "./certificate.ts"
import { oracles } from "./oracles.ts"
import { hs256, rs256 } from "./oracleParts.ts"
import { fusionAuthClaims, gongClaims, googleClaims, mondayClaims, zohoClaims } from "./oraclesMore.ts"
import { installToken } from "./oraclesMore2.ts"
import type { Headers } from "./refusals.ts"
import { ellipticCurve, requestOracles, type Sent } from "./requestOracles.ts"

/** A delivery to be signed. */
export interface Unsigned extends Sent {
  /** The provider's id of it, where the signature covers that. */
  readonly id: string
  readonly millis: number
}

type Signer = (sent: Unsigned, secret: string) => Sent

type Json = Readonly<Record<string, unknown>>

const text = (content: string): Uint8Array => new TextEncoder().encode(content)

const textOf = ({ body }: Unsigned): string => new TextDecoder().decode(body)

const hmac = (hash: string, key: string | Buffer, content: string | Uint8Array) => createHmac(hash, key).update(content)

const sha256 = (content: string | Uint8Array) => createHash("sha256").update(content)

/** The headers with these in place of others of the same names. */
const withHeaders = (sent: Unsigned, headers: Headers): Sent => {
  const names = new Set(headers.map(([name]) => name.toLowerCase()))
  return { ...sent, headers: [...sent.headers.filter(([name]) => !names.has(name.toLowerCase())), ...headers] }
}

const base64Json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

const jwt = (secret: string, claims: Json): string => {
  const signed = `${base64Json({ alg: "HS256", typ: "JWT" })}.${base64Json(claims)}`
  return `${signed}.${hmac("sha256", secret, signed).digest("base64url")}`
}

const formOf = (sent: Unsigned): ReadonlyArray<readonly [string, string]> =>
  sent.method === "GET" ? [] : [...new URLSearchParams(textOf(sent))]

const isJson = ({ headers }: Unsigned): boolean =>
  headers.some(([name, value]) => name.toLowerCase() === "content-type" && value.includes("json"))

const seconds = ({ millis }: Unsigned): string => String(Math.floor(millis / 1000))

const token =
  (header: string): Signer =>
  (sent, secret) =>
    withHeaders(sent, [[header, secret]])

const sendGrid: Signer = (sent) => {
  const { signingSecret = "" } = requestOracles["sendgrid"] ?? {}
  const key = { key: Buffer.from(signingSecret, "base64"), format: "der", type: "pkcs8" } as const
  const content = Buffer.concat([text(seconds(sent)), sent.body])
  return withHeaders(sent, [
    ["X-Twilio-Email-Event-Webhook-Timestamp", seconds(sent)],
    ["X-Twilio-Email-Event-Webhook-Signature", signBytes("sha256", content, key).toString("base64")]
  ])
}

const adyenItem = (item: Json, secret: string): Json => {
  const {
    amount,
    eventCode,
    merchantAccountCode,
    merchantReference,
    originalReference = "",
    pspReference,
    success
  } = item as Readonly<Record<string, string>> & {
    readonly amount: { readonly value: number; readonly currency: string }
  }
  const content = [
    pspReference,
    originalReference,
    merchantAccountCode,
    merchantReference,
    amount.value,
    amount.currency,
    eventCode,
    success
  ].join(":")
  const hmacSignature = hmac("sha256", Buffer.from(secret, "hex"), content).digest("base64")
  return { ...item, additionalData: { ...(item["additionalData"] as Json | undefined), hmacSignature } }
}

const adyenPayments: Signer = (sent, secret) => {
  const json = JSON.parse(textOf(sent)) as { notificationItems: ReadonlyArray<{ NotificationRequestItem: Json }> }
  const items = json.notificationItems.map(({ NotificationRequestItem }) => ({
    NotificationRequestItem: adyenItem(NotificationRequestItem, secret)
  }))
  return { ...sent, body: text(JSON.stringify({ ...json, notificationItems: items })) }
}

const snsNames: Readonly<Record<string, ReadonlyArray<string>>> = {
  Notification: ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"],
  SubscriptionConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"],
  UnsubscribeConfirmation: ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
}

const sns: Signer = (sent, secret) => {
  const json: Json = {
    ...(JSON.parse(textOf(sent)) as Json),
    TopicArn: secret,
    Timestamp: new Date(sent.millis).toISOString(),
    SignatureVersion: "2",
    SigningCertURL: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
  }
  const content = (snsNames[String(json["Type"])] ?? [])
    .filter((name) => json[name] !== undefined)
    .map((name) => `${name}\n${String(json[name])}\n`)
    .join("")
  const Signature = signBytes("sha256", Buffer.from(content), certificateKey).toString("base64")
  return { ...sent, body: text(JSON.stringify({ ...json, Signature })) }
}

const braintree: Signer = (sent, secret) => {
  const [id = "", key = ""] = secret.split(":")
  const payload = new URLSearchParams(textOf(sent)).get("bt_payload") ?? ""
  const signature = hmac("sha1", createHash("sha1").update(key).digest(), payload).digest("hex")
  const form = new URLSearchParams({ bt_signature: `${id}|${signature}`, bt_payload: payload })
  return { ...sent, body: text(form.toString()) }
}

const dropboxSign: Signer = (sent, secret) => {
  const json = JSON.parse(new URLSearchParams(textOf(sent)).get("json") ?? "") as {
    readonly event: Readonly<Record<"event_time" | "event_type", string>>
  }
  const { event_time: time, event_type: type } = json.event
  const event_hash = hmac("sha256", secret, time + type).digest("hex")
  const signed = JSON.stringify({ ...json, event: { ...json.event, event_hash } })
  return { ...sent, body: text(new URLSearchParams({ json: signed }).toString()) }
}

const mailgun: Signer = (sent, secret) => {
  const timestamp = seconds(sent)
  const sign = (value: string) => hmac("sha256", secret, timestamp + value).digest("hex")
  if (isJson(sent)) {
    const json = JSON.parse(textOf(sent)) as { readonly signature: { readonly token: string } }
    const { token: value } = json.signature
    const signature = { ...json.signature, timestamp, signature: sign(value) }
    return { ...sent, body: text(JSON.stringify({ ...json, signature })) }
  }
  const form = new URLSearchParams(textOf(sent))
  form.set("timestamp", timestamp)
  form.set("signature", sign(form.get("token") ?? ""))
  return { ...sent, body: text(form.toString()) }
}

const contentful: Signer = (sent, secret) => {
  const names = ["x-contentful-signed-headers", "x-contentful-timestamp"]
  const listed: Headers = [
    ["x-contentful-signed-headers", names.join(",")],
    ["x-contentful-timestamp", String(sent.millis)]
  ]
  const path = sent.url.replace(/^https?:\/\/[^/]+/, "")
  const canonical = [sent.method, path, listed.map((pair) => pair.join(":")).join(";"), textOf(sent)].join("\n")
  return withHeaders(sent, [...listed, ["x-contentful-signature", hmac("sha256", secret, canonical).digest("hex")]])
}

const twilio: Signer = (sent, secret) => {
  const hash = sha256(sent.body).digest("hex")
  const bare = sent.url.replace(/[?&]bodySHA256=[0-9a-f]+$/, "")
  const url = isJson(sent) ? `${bare}${bare.includes("?") ? "&" : "?"}bodySHA256=${hash}` : sent.url
  const pairs = isJson(sent) ? [] : formOf(sent).toSorted()
  const content = url + pairs.map((pair) => pair.join("")).join("")
  return withHeaders({ ...sent, url }, [["X-Twilio-Signature", hmac("sha1", secret, content).digest("base64")]])
}

const plivo: Signer = (sent, secret) => {
  const nonce = "05429567804466091622"
  const pairs = formOf(sent).toSorted()
  const { origin, pathname, searchParams } = new URL(sent.url)
  const query = [...searchParams].toSorted().map((pair) => pair.join("="))
  const mark = query.length > 0 || pairs.length > 0 ? "?" : ""
  const dot = query.length > 0 && pairs.length > 0 ? "." : ""
  const fields = pairs.map((pair) => pair.join("")).join("")
  const content = `${origin}${pathname}${mark}${query.join("&")}${dot}${fields}.${nonce}`
  return withHeaders(sent, [
    ["X-Plivo-Signature-V3", hmac("sha256", secret, content).digest("base64")],
    ["X-Plivo-Signature-V3-Nonce", nonce]
  ])
}

const plivoMessages: Signer = (sent, secret) => {
  const nonce = "05429567804466091622"
  const { origin, pathname } = new URL(sent.url)
  return withHeaders(sent, [
    ["X-Plivo-Signature-V2", hmac("sha256", secret, `${origin}${pathname}${nonce}`).digest("base64")],
    ["X-Plivo-Signature-V2-Nonce", nonce]
  ])
}

const livekit: Signer = (sent, secret) => {
  const [id = "", key = ""] = secret.split(":")
  const at = sent.millis / 1000
  const claims = { iss: id, nbf: at, exp: at + 300, sha256: sha256(sent.body).digest("base64") }
  return withHeaders(sent, [["Authorization", jwt(key, claims)]])
}

const messageBird: Signer = (sent, secret) => {
  const at = sent.millis / 1000
  const claims = {
    iss: "MessageBird",
    nbf: at,
    exp: at + 60,
    jti: sent.id,
    url_hash: sha256(sent.url).digest("hex"),
    ...(sent.body.byteLength > 0 && { payload_hash: sha256(sent.body).digest("hex") })
  }
  return withHeaders(sent, [["MessageBird-Signature-JWT", jwt(secret, claims)]])
}

const vonage: Signer = (sent, secret) => {
  const at = sent.millis / 1000
  const payload_hash = sha256(sent.body).digest("hex")
  const claims = { iss: "Vonage", iat: at, exp: at + 300, jti: sent.id, ...(sent.method !== "GET" && { payload_hash }) }
  return withHeaders(sent, [["Authorization", `Bearer ${jwt(secret, claims)}`]])
}

/** Method, path and sorted query, as Atlassian hashes them. */
const connectRequest = ({ method, url }: Unsigned): string => {
  const { pathname, searchParams } = new URL(url)
  return `${method}&${pathname}&${[...searchParams]
    .map((pair) => pair.map(encodeURIComponent).join("="))
    .toSorted()
    .join("&")}`
}

const atlassianConnect: Signer = (sent, secret) => {
  const at = sent.millis / 1000
  const claims = { iss: "client", iat: at, exp: at + 180, qsh: sha256(connectRequest(sent)).digest("hex") }
  return withHeaders(sent, [["Authorization", `JWT ${jwt(secret, claims)}`]])
}

const atlassianInstall: Signer = (sent, audience) =>
  withHeaders(sent, [["Authorization", installToken(sent.millis, audience, connectRequest(sent))]])

const graph: Signer = (sent, secret) => {
  const json = JSON.parse(textOf(sent)) as { readonly value: ReadonlyArray<Json> }
  return {
    ...sent,
    body: text(JSON.stringify({ ...json, value: json.value.map((item) => ({ ...item, clientState: secret })) }))
  }
}

const basic: Signer = (sent, secret) =>
  withHeaders(sent, [["Authorization", `Basic ${Buffer.from(secret).toString("base64")}`]])

const paypal: Signer = (sent, secret) => {
  const stamp = new Date(sent.millis).toISOString()
  const transmission = "69cd13f0-d67a-11e5-baa3-778b53f4ae55"
  const content = `${transmission}|${stamp}|${secret}|${crc32(sent.body)}`
  return withHeaders(sent, [
    ["PAYPAL-TRANSMISSION-ID", transmission],
    ["PAYPAL-TRANSMISSION-TIME", stamp],
    ["PAYPAL-CERT-URL", "https://api.paypal.com/v1/notifications/certs/CERT-1"],
    ["PAYPAL-TRANSMISSION-SIG", signBytes("sha256", Buffer.from(content), certificateKey).toString("base64")]
  ])
}

const plaid: Signer = (sent) => {
  const claims = { iat: sent.millis / 1000, request_body_sha256: sha256(sent.body).digest("hex") }
  const signed = `${base64Json({ alg: "ES256", kid: "key-1", typ: "JWT" })}.${base64Json(claims)}`
  const signature = signBytes("sha256", Buffer.from(signed), {
    key: ellipticCurve.privateKey,
    dsaEncoding: "ieee-p1363"
  })
  return withHeaders(sent, [["Plaid-Verification", `${signed}.${signature.toString("base64url")}`]])
}

const figma: Signer = (sent, passcode) => ({
  ...sent,
  body: text(JSON.stringify({ ...(JSON.parse(textOf(sent)) as Json), passcode }))
})

const klaviyo: Signer = (sent, secret) => {
  const json = JSON.parse(textOf(sent)) as Json & { readonly meta?: Json }
  const meta = { ...json.meta, timestamp: new Date(sent.millis).toISOString() }
  const body = JSON.stringify({ ...json, meta })
  const stamp = new Date(sent.millis).toUTCString()
  return withHeaders({ ...sent, body: text(body) }, [
    ["Klaviyo-Timestamp", stamp],
    ["Klaviyo-Signature", hmac("sha256", secret, body + stamp).digest("hex")]
  ])
}

const mandrill: Signer = (sent, secret) => {
  const content = sent.url + formOf(sent).toSorted().flat().join("")
  return withHeaders(sent, [["X-Mandrill-Signature", hmac("sha1", secret, content).digest("base64")]])
}

const netlify: Signer = (sent, secret) =>
  withHeaders(sent, [["X-Webhook-Signature", jwt(secret, { iss: "netlify", sha256: sha256(sent.body).digest("hex") })]])

const pandadoc: Signer = (sent, secret) => ({
  ...sent,
  url: `${sent.url}?signature=${hmac("sha256", secret, sent.body).digest("hex")}`
})

const highLevelRsa: Signer = (sent) =>
  withHeaders(sent, [["X-WH-Signature", signBytes("sha256", sent.body, certificateKey).toString("base64")]])

const bearer: Signer = (sent, secret) => withHeaders(sent, [["Authorization", `Bearer ${secret}`]])

/** The JSON of the event, in a field of a form or of the query where it is not the body. */
const payloadOf = (sent: Unsigned): string =>
  isJson(sent) ? textOf(sent) : (fieldsOf(sent).find(([name]) => name === "payload")?.[1] ?? "")

const fieldsOf = (sent: Unsigned): ReadonlyArray<readonly [string, string]> =>
  sent.method === "GET" ? [...new URL(sent.url).searchParams] : formOf(sent)

const overPayload =
  (header: string): Signer =>
  (sent, secret) =>
    withHeaders(sent, [[header, hmac("sha256", secret, payloadOf(sent)).digest("hex")]])

const inHeader =
  (header: string, valueOf: (sent: Unsigned, secret: string) => string): Signer =>
  (sent, secret) =>
    withHeaders(sent, [[header, valueOf(sent, secret)]])

const signers: Readonly<Record<string, Signer>> = {
  "adobe-sign": token("X-AdobeSign-ClientId"),
  "adyen-payments": adyenPayments,
  "atlassian-connect": atlassianConnect,
  "atlassian-connect-install": atlassianInstall,
  "aws-sns": sns,
  "azure-devops": basic,
  braintree,
  chargebee: basic,
  contentful,
  deepgram: basic,
  "deepgram-token": token("dg-token"),
  "dropbox-sign": dropboxSign,
  figma,
  gitea: overPayload("X-Gitea-Signature"),
  fusionauth: inHeader("X-FusionAuth-Signature-JWT", ({ body }, secret) => hs256(secret, fusionAuthClaims(body))),
  "fusionauth-rsa": inHeader("X-FusionAuth-Signature-JWT", ({ body }) => rs256(fusionAuthClaims(body))),
  gitlab: token("X-Gitlab-Token"),
  gong: inHeader("Authorization", ({ body, millis, url }) => rs256(gongClaims(url, body, millis))),
  gogs: overPayload("X-Gogs-Signature"),
  "google-calendar": token("X-Goog-Channel-Token"),
  "google-drive": token("X-Goog-Channel-Token"),
  "google-pubsub": inHeader("Authorization", ({ millis }, secret) => `Bearer ${rs256(googleClaims(secret, millis))}`),
  "highlevel-rsa": highLevelRsa,
  klaviyo,
  livekit,
  mailgun,
  "mailgun-inbound": mailgun,
  mandrill,
  messagebird: messageBird,
  "microsoft-graph": graph,
  monday: inHeader("Authorization", ({ millis, url }, secret) => hs256(secret, mondayClaims(url, millis))),
  netlify,
  okta: token("Authorization"),
  pandadoc,
  paypal,
  pipedrive: basic,
  "pipedrive-v1": basic,
  plaid,
  plivo,
  "plivo-messages": plivoMessages,
  posthog: bearer,
  postmark: basic,
  revenuecat: token("Authorization"),
  salesforce: bearer,
  sendgrid: sendGrid,
  "sendgrid-inbound-parse": sendGrid,
  telegram: token("X-Telegram-Bot-Api-Secret-Token"),
  twilio,
  vonage,
  "zoho-desk": inHeader("X-ZDesk-JWT", (_, secret) => rs256(zohoClaims(secret)))
}

/** The secret of a scheme's oracle. */
export const secretOf = (scheme: string): string | undefined => (oracles[scheme] ?? requestOracles[scheme])?.secret

/** The signed delivery, or undefined where no oracle can sign any delivery of the scheme. */
export const sign = (scheme: string, sent: Unsigned): Sent | undefined => {
  const secret = secretOf(scheme) ?? ""
  const signer = signers[scheme]
  if (signer !== undefined) return signer(sent, secret)
  const oracle = oracles[scheme]
  return oracle === undefined ? undefined : withHeaders(sent, oracle.sign(sent, secret))
}
