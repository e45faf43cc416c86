/** What the signatures of several providers are made of, computed with `node:crypto` alone. */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes
} from "node:crypto"
import { certificateKey } from "./certificate.ts"
import type { Delivery, Oracle } from "./oracles.ts"
import type { Headers } from "./refusals.ts"
import type { RequestOracle, Sent } from "./requestOracles.ts"

export const text = (content: string): Uint8Array => new TextEncoder().encode(content)

export type Encoding = "hex" | "base64"

type Parts = ReadonlyArray<string | Uint8Array>

export const hmac = (hash: string, key: string | Buffer, encoding: Encoding, ...parts: Parts): string =>
  parts.reduce((state, part) => state.update(part), createHmac(hash, key)).digest(encoding)

export const sha256 = (content: string | Uint8Array, encoding: Encoding = "hex"): string =>
  createHash("sha256").update(content).digest(encoding)

export const secrets = {
  secret: "a secret of the current generation",
  otherSecret: "a secret of the next generation"
} as const

export const plain = {
  ...secrets,
  body: () => text(`{"id":"evt_1","type":"thing.happened","note":"ümlauts"}`),
  isBodyFree: true
} as const

export const inHeader = (header: string, valueOf: (delivery: Delivery, secret: string) => string): Oracle => ({
  ...plain,
  header,
  required: [header],
  sign: (delivery, secret) => [[header, valueOf(delivery, secret)]]
})

/** The HMAC of the body in a header. */
export const overBody = (header: string, encoding: Encoding, hash = "sha256", prefix = ""): Oracle =>
  inHeader(header, ({ body }, secret) => prefix + hmac(hash, secret, encoding, body))

// -----------------------------------------------------------------------------------------------------------------
// requests, and how they are changed

export type Change = (sent: Sent) => Sent

export const post = { method: "POST", url: "https://example.com/webhooks?b=2&a=1", headers: [] as Headers }

export const changedBody =
  (from: string, to: string): Change =>
  (sent) => ({ ...sent, body: text(Buffer.from(sent.body).toString().replace(from, to)) })

export const changedHeader =
  (name: string, change: (value: string) => string): Change =>
  (sent) => ({ ...sent, headers: sent.headers.map(([key, value]) => [key, key === name ? change(value) : value]) })

export const elsewhere: Change = (sent) => ({ ...sent, url: sent.url.replace("webhooks", "other") })

export const spaced = changedBody("{", "{ ")

type Open = RequestOracle["open"]

/** A token in a header, as it is or encoded. */
export const token = (
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

export const bearer = (body: string, open: Open): RequestOracle =>
  token("Authorization", body, open, (secret) => `Bearer ${secret}`)

export const basic = (body: string, open: Open): RequestOracle => ({
  ...token("Authorization", body, open, (secret) => `Basic ${Buffer.from(secret).toString("base64")}`),
  secret: "causeway:a password of the current generation",
  otherSecret: "causeway:a password of the next generation",
  signature: /^Basic (.+)$/
})

// -----------------------------------------------------------------------------------------------------------------
// tokens

export const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url")

/** A token under a shared secret. */
export const hs256 = (secret: string, claims: object): string => {
  const signed = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`
}

export const rsaKey = createPrivateKey(certificateKey)

/** A token under the key of the tests' certificate. */
export const rs256 = (claims: object, kid = "key-1"): string => {
  const signed = `${encoded({ alg: "RS256", kid, typ: "JWT" })}.${encoded(claims)}`
  return `${signed}.${signBytes("sha256", Buffer.from(signed), rsaKey).toString("base64url")}`
}

export const spkiOf = (key: KeyObject): string =>
  createPublicKey(key).export({ format: "pem", type: "spki" }).toString().trim()

export const jwkOf = (key: KeyObject): Readonly<Record<string, unknown>> => ({
  ...createPublicKey(key).export({ format: "jwk" })
})
