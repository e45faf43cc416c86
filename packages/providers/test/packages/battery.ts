import { createHash } from "node:crypto"
import type { SignatureScheme, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { type Oracle, oracles, text } from "../oracles.ts"
import type { Headers } from "../refusals.ts"
import { type RequestOracle, requestOracles, type Sent } from "../requestOracles.ts"

/** Within the time of the tests' certificate. */
export const now = 1_800_000_000_000

const day = 86_400_000

/** A provider as the battery plays it: what it sends, and where its signature is. */
export interface Provider {
  readonly id: string
  readonly scheme: SignatureScheme.SignatureScheme
  readonly secret: string
  readonly otherSecret: string
  /** What signs where `secret` only verifies. */
  readonly signingSecret: string
  readonly keys: WebhookVerifier.FetchedKeys | undefined
  readonly send: (options?: { readonly millis?: number; readonly secret?: string; readonly body?: Uint8Array }) => Sent
  /** The header with the signature, where it is in one. */
  readonly header: string | undefined
  /** Whether any bytes may be the body of a delivery. */
  readonly isBodyFree: boolean
  /** Whether the signature tells one body from another. */
  readonly coversBody: boolean
  /** Another delivery under the same signature. */
  readonly tampered: (sent: Sent) => Sent
}

const schemeOf = (id: string): SignatureScheme.SignatureScheme => {
  const catalogue: Readonly<Record<string, SignatureScheme.SignatureScheme>> = schemes
  const scheme = catalogue[id]
  if (scheme === undefined) throw new Error(`${id} is not in the catalogue`)
  return scheme
}

export const textOf = ({ body }: Sent): string => Buffer.from(body).toString()

/** The last letter of some text in the body becomes another one, so that JSON stays JSON. */
const tamperedBody = (sent: Sent): Sent => ({
  ...sent,
  body: text(textOf(sent).replace(/[a-z](?="\s*[}\],])/, (letter) => (letter === "x" ? "y" : "x")))
})

const ofBody = (id: string, oracle: Oracle, body?: (millis: number) => string): Provider => ({
  id,
  scheme: schemeOf(id),
  secret: oracle.secret,
  otherSecret: oracle.otherSecret,
  signingSecret: oracle.signingSecret ?? oracle.secret,
  keys: undefined,
  header: oracle.header,
  isBodyFree: oracle.isBodyFree,
  coversBody: true,
  send: ({ millis = now, secret = oracle.secret, body: content } = {}) => {
    const made = body === undefined ? oracle.body(millis) : text(body(millis))
    const delivery = {
      body: content ?? made,
      method: "POST",
      url: "https://example.com/webhooks?source=provider",
      id: "msg_1",
      millis
    }
    return { ...delivery, headers: oracle.sign(delivery, secret) }
  },
  tampered: tamperedBody
})

const ofRequest = (id: string, oracle: RequestOracle): Provider => ({
  id,
  scheme: schemeOf(id),
  secret: oracle.secret,
  otherSecret: oracle.otherSecret,
  signingSecret: oracle.signingSecret ?? oracle.secret,
  // The oracle's keys are what a fetch would have brought.
  keys: oracle.keys as WebhookVerifier.FetchedKeys | undefined,
  header: headerOf(schemeOf(id)),
  isBodyFree: false,
  coversBody: !("body" in oracle.open),
  send: ({ millis = now, secret = oracle.secret } = {}) => oracle.send(millis, secret),
  tampered: Object.values(oracle.covered)[0] ?? ((sent) => sent)
})

const headerOf = ({ signature }: SignatureScheme.SignatureScheme): string | undefined => {
  if (signature._tag === "SingleHeader") return signature.names[0]
  return signature._tag === "Jwt" || signature._tag === "HeaderList" ? signature.name : undefined
}

/** A provider, perhaps with a body that its package asks for. */
export const provider = (id: string, body?: (millis: number) => string): Provider => {
  const [ofBodies, ofRequests] = [oracles[id], requestOracles[id]]
  if (ofBodies !== undefined) return ofBody(id, ofBodies, body)
  if (ofRequests === undefined) throw new Error(`${id} has no oracle`)
  return ofRequest(id, ofRequests)
}

const withHeader = (sent: Sent, header: string | undefined, change: (value: string) => string): Sent | undefined => {
  const headers: Headers = sent.headers.map(([name, value]) => [
    name,
    name.toLowerCase() === header?.toLowerCase() ? change(value) : value
  ])
  return headers.some(([name, value], index) => value !== sent.headers[index]?.[1] && name !== "")
    ? { ...sent, headers }
    : undefined
}

const upperHex = (value: string): string => value.replace(/[0-9a-f]{40,}/, (digits) => digits.toUpperCase())

const withoutPadding = (value: string): string => value.replace(/=+$/, "")

const timeHeader = ({ scheme }: Provider): string | undefined =>
  scheme.timestamp?.at._tag === "Header" ? scheme.timestamp.at.name : undefined

const withJunk = (provider: Provider): Sent | undefined => {
  const sent = provider.send()
  return (
    withHeader(sent, timeHeader(provider), (value) => `${value}abc`) ??
    withHeader(sent, provider.header, (value) => value.replace(/^((?:t|ts|v)=\d+)/, "$1abc"))
  )
}

const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf)

/** A delivery, and how the strict reading decides it. */
export interface Case {
  readonly name: string
  readonly sent: Sent
  readonly secret: string
  readonly isAccepted: boolean
}

/** Whether two joined headers still hold one item that is right: where items are separated by something else, or by a comma. */
const holdsSeveral = ({ scheme: { signature } }: Provider): boolean =>
  (signature._tag === "HeaderList" && !signature.separator.includes(",")) ||
  (signature._tag === "SingleHeader" && signature.separator !== undefined)

/** What a delivery may be like, as far as a scheme has such deliveries. */
export const cases = (provider: Provider): ReadonlyArray<Case> => {
  const genuine = provider.send()
  const { header, isBodyFree } = provider
  const hasTime = provider.scheme.timestamp !== undefined
  const changed = (change: (value: string) => string) => withHeader(genuine, header, change)
  const signing = (body: Uint8Array) => (isBodyFree ? provider.send({ body }) : undefined)
  const unsigned = (body: Uint8Array) => (provider.coversBody ? { ...genuine, body } : undefined)
  const all: ReadonlyArray<readonly [string, Sent | undefined, boolean]> = [
    ["a genuine delivery", genuine, true],
    ["another body", provider.tampered(genuine), false],
    ["a day old", hasTime ? provider.send({ millis: now - day }) : undefined, false],
    ["a day ahead", hasTime ? provider.send({ millis: now + day }) : undefined, false],
    ["junk after the time", withJunk(provider), false],
    ["no signature header", header === undefined ? undefined : without(genuine, header), false],
    ["an empty signature", changed(() => ""), false],
    ["a signature that is no signature", changed(() => "nonsense"), false],
    ["the signature twice", changed((value) => `${value}, ${value}`), holdsSeveral(provider)],
    ["a signature cut short", changed((value) => value.replace(/=*$/, "").slice(0, -2)), false],
    ["a signature with more behind it", changed((value) => `${value}00`), false],
    ["another spelling of the signature", changed(upperHex) ?? changed(withoutPadding), false],
    ["a signature header of 64 KiB", changed((value) => value.repeat(Math.ceil(65_536 / value.length))), false],
    ["an empty body", unsigned(new Uint8Array(0)), false],
    ["a byte order mark in front", unsigned(Buffer.concat([byteOrderMark, genuine.body])), false],
    ["a signed byte order mark", signing(Buffer.concat([byteOrderMark, genuine.body])), true],
    ["signed bytes that are not UTF-8", signing(Buffer.concat([genuine.body, Uint8Array.of(0x20, 0xff)])), true],
    ["a signed empty body", signing(new Uint8Array(0)), true]
  ]
  const { otherSecret, secret } = provider
  return [
    ...all.flatMap(([name, sent, isAccepted]) => (sent === undefined ? [] : [{ name, sent, secret, isAccepted }])),
    { name: "another secret", sent: genuine, secret: otherSecret, isAccepted: false }
  ]
}

const without = (sent: Sent, header: string): Sent => ({
  ...sent,
  headers: sent.headers.filter(([name]) => name.toLowerCase() !== header.toLowerCase())
})

/** Tells whether recorded verdicts are those on these deliveries. */
export const fingerprint = (provider: Provider): string => {
  const hash = createHash("sha256")
  for (const { name, secret, sent } of cases(provider)) {
    hash.update(JSON.stringify([name, secret, sent.method, sent.url, sent.headers])).update(sent.body)
  }
  return hash.digest("hex")
}
