import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes
} from "node:crypto"
import { certificateKey } from "./certificate.ts"
import {
  basic,
  bearer,
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

// The first two secret keys of RFC 8032, section 7.1.
const seeds = [
  "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
  "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
] as const

const keyOf = (seed: string): KeyObject =>
  createPrivateKey({
    format: "der",
    type: "pkcs8",
    key: Buffer.from(`302e020100300506032b657004220420${seed}`, "hex")
  })

const privateKeys = [keyOf(seeds[0]), keyOf(seeds[1])] as const

const publicText = (key: KeyObject) =>
  createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32).toString("base64")

const [privateKey, otherPrivateKey] = privateKeys

const ed25519: Oracle = {
  ...inHeader("X-GHL-Signature", ({ body }, secret) => {
    const key = privateKeys.find((each) => publicText(each) === secret) ?? privateKey
    return signBytes(null, body, key).toString("base64")
  }),
  secret: publicText(privateKey),
  otherSecret: publicText(otherPrivateKey),
  signingSecret: `private:${Buffer.from(seeds[0], "hex").toString("base64")}`
}

/** How each of these providers signs, computed with `node:crypto` alone. */
export const oraclesMore2: Readonly<Record<string, Oracle>> = {
  airwallex: {
    ...plain,
    header: "x-signature",
    required: ["x-signature", "x-timestamp"],
    tolerance: { past: 300, future: 300 },
    sign: ({ body, millis }, secret) => [
      ["x-timestamp", String(millis)],
      ["x-signature", hmac("sha256", secret, "hex", String(millis), body)]
    ]
  },
  "bitbucket-server": overBody("X-Hub-Signature", "hex", "sha256", "sha256="),
  box: {
    ...plain,
    header: "BOX-SIGNATURE-PRIMARY",
    required: ["BOX-DELIVERY-TIMESTAMP"],
    tolerance: { past: 600, future: 600 },
    sign: ({ body, millis }, secret) => {
      const stamp = new Date(millis).toISOString()
      return [
        ["BOX-DELIVERY-TIMESTAMP", stamp],
        ["BOX-SIGNATURE-PRIMARY", hmac("sha256", secret, "base64", body, stamp)]
      ]
    }
  },
  checkr: overBody("X-Checkr-Signature", "hex"),
  "connectwise-psa": inHeader("X-Content-Signature", ({ body }, secret) =>
    hmac("sha256", createHash("sha256").update(secret).digest(), "base64", body)
  ),
  easypost: overBody("X-Hmac-Signature", "hex", "sha256", "hmac-sha256-hex="),
  gitea: overBody("X-Gitea-Signature", "hex"),
  gogs: overBody("X-Gogs-Signature", "hex"),
  highlevel: ed25519,
  jobber: overBody("X-Jobber-Hmac-SHA256", "base64"),
  mollie: { ...overBody("X-Mollie-Signature", "hex", "sha256", "sha256="), isRepeated: true },
  paystack: overBody("X-Paystack-Signature", "hex", "sha512"),
  quickbooks: overBody("intuit-signature", "base64"),
  segment: overBody("X-Signature", "hex", "sha1"),
  sellsy: inHeader("X-Webhook-Signature", ({ body }, secret) =>
    createHash("sha1").update(secret).update(body).digest("hex")
  ),
  veriff: overBody("X-HMAC-Signature", "hex")
}

// -----------------------------------------------------------------------------------------------------------------
// signatures that are not in a header, or that cover more or less than the body

const netlifyToken = (secret: string, body: string) => hs256(secret, { iss: "netlify", sha256: sha256(body) })

const netlifyBody = `{"id":"5ebc34bf4fea0b01f02efa3a","state":"ready"}`

const mandrillBody = "mandrill_events=%5B%7B%22event%22%3A%22send%22%2C%22ts%22%3A1%7D%5D"

const pandadocBody = `[{"event":"document_state_changed","data":{"id":"1"}}]`

const klaviyo: RequestOracle = {
  ...secrets,
  signature: /^([0-9a-f]{64})$/,
  past: 300,
  future: 300,
  send: (millis, secret) => {
    const event = { external_id: "73WCCK7JKtE", topic: "event:klaviyo.opened_email" }
    const body = JSON.stringify({ data: [event], meta: { timestamp: new Date(millis).toISOString() } })
    const stamp = new Date(millis).toUTCString()
    return {
      ...post,
      headers: [
        ["Klaviyo-Timestamp", stamp],
        ["Klaviyo-Signature", hmac("sha256", secret, "hex", body, stamp)]
      ],
      body: text(body)
    }
  },
  covered: {
    body: changedBody("opened", "clicked"),
    time: changedHeader("Klaviyo-Timestamp", () => "Mon, 24 Nov 2025 16:00:00 GMT")
  },
  open: {}
}

export const installKid = "0e50fccb-239d-4991-a5db-dc850ba3f236"

/** A token of Atlassian's own, for one app and one request. */
export const installToken = (millis: number, audience: string, request: string): string => {
  const at = millis / 1000
  const claims = { iss: "client", iat: at, exp: at + 180, aud: [audience], qsh: sha256(request) }
  return `JWT ${rs256(claims, installKid)}`
}

const otherRsaKey = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey

/** The same for those whose signature is in the body, the query or a token, or covers more or less than the body. */
export const requestOraclesMore2: Readonly<Record<string, RequestOracle>> = {
  "adobe-sign": {
    ...token("X-AdobeSign-ClientId", `{"webhookNotificationId":"1","event":"AGREEMENT_CREATED"}`, {
      body: spaced,
      id: changedBody("1", "2"),
      type: changedBody("CREATED", "EXPIRED")
    }),
    secret: "CBJCHBCAABAAo8FZgq31_5BVG_kcIXEe",
    otherSecret: "CBJCHBCAABAAbc5yqRZ0TjLuMx3rTQvM",
    signature: /^(CBJ.+)$/
  },
  "atlassian-connect-install": {
    secret: "https://app.example.com",
    otherSecret: "https://app.example.com/other",
    signature: /\.([\w-]+)$/,
    signingSecret: certificateKey.trim(),
    keys: { jwks: { [installKid]: jwkOf(rsaKey) } },
    send: (millis, audience) => ({
      ...post,
      headers: [["Authorization", installToken(millis, audience, "POST&/webhooks&a=1&b=2")]],
      body: text(`{"key":"app","clientKey":"client","eventType":"installed"}`)
    }),
    past: 185,
    covered: {
      url: elsewhere,
      method: (sent) => ({ ...sent, method: "PUT" }),
      token: changedHeader("Authorization", (value) => value.replace(/[^.]+$/, ""))
    },
    open: { body: changedBody("client", "another"), type: changedBody("installed", "uninstalled") }
  },
  "azure-devops": basic(`{"id":"03c164c2","eventType":"git.push"}`, {
    body: spaced,
    id: changedBody("03c164c2", "03c164c3"),
    type: changedBody("push", "pull")
  }),
  figma: {
    ...secrets,
    signature: /"passcode":"([^"]+)"/,
    send: (_, passcode) => ({ ...post, body: text(JSON.stringify({ event_type: "FILE_UPDATE", passcode })) }),
    covered: { passcode: changedBody("current", "other") },
    open: { body: spaced, type: changedBody("UPDATE", "DELETE") }
  },
  "highlevel-rsa": {
    secret: spkiOf(rsaKey),
    otherSecret: spkiOf(otherRsaKey),
    signingSecret: certificateKey.trim(),
    signature: /^([\w+/]{300,}=*)$/,
    send: () => {
      const body = text(`{"type":"ContactCreate","webhookId":"abc123xyz"}`)
      return { ...post, headers: [["X-WH-Signature", signBytes("sha256", body, rsaKey).toString("base64")]], body }
    },
    covered: { body: changedBody("abc123xyz", "abc123xyy") },
    open: {}
  },
  klaviyo,
  mandrill: {
    ...secrets,
    signature: /^([\w+/]{27}=)$/,
    send: (_, secret) => {
      const [name = "", value = ""] = new URLSearchParams(mandrillBody).entries().next().value ?? []
      const signature = hmac("sha1", secret, "base64", post.url, name, value)
      return { ...post, headers: [["X-Mandrill-Signature", signature]], body: text(mandrillBody) }
    },
    covered: {
      body: changedBody("send", "open"),
      field: changedBody(mandrillBody, `${mandrillBody}&more=1`),
      url: elsewhere
    },
    open: {}
  },
  netlify: {
    ...secrets,
    signature: /\.([\w-]+)$/,
    send: (_, secret) => ({
      ...post,
      headers: [["X-Webhook-Signature", netlifyToken(secret, netlifyBody)]],
      body: text(netlifyBody)
    }),
    covered: {
      body: changedBody("ready", "error"),
      issuer: changedHeader("X-Webhook-Signature", (value) =>
        value.replace(/\..*\./, `.${encoded({ iss: "other", sha256: sha256(netlifyBody) })}.`)
      ),
      algorithm: changedHeader(
        "X-Webhook-Signature",
        (value) => `${encoded({ alg: "none" })}.${value.split(".")[1] ?? ""}.`
      )
    },
    open: {}
  },
  pandadoc: {
    ...secrets,
    signature: /signature=([0-9a-f]{64})/,
    send: (_, secret) => ({
      ...post,
      url: `https://example.com/webhooks?signature=${hmac("sha256", secret, "hex", pandadocBody)}`,
      body: text(pandadocBody)
    }),
    covered: { body: changedBody("changed", "updated"), query: (sent) => ({ ...sent, url: post.url }) },
    open: {}
  },
  pipedrive: basic(`{"meta":{"id":"f3a1","action":"create","entity":"deal"}}`, {
    body: changedBody("create", "delete"),
    id: changedBody("f3a1", "f3a2"),
    type: changedBody("deal", "note")
  }),
  "pipedrive-v1": basic(`{"event":"updated.deal","meta":{"id":9}}`, {
    body: spaced,
    type: changedBody("updated", "deleted")
  }),
  posthog: bearer(`{"event":{"uuid":"0190a1b2","event":"$pageview"}}`, {
    body: spaced,
    id: changedBody("0190a1b2", "0190a1b3"),
    type: changedBody("view", "leave")
  })
}
