import { SignatureScheme, WebhookVerifier } from "@causeway/core/webhook"
import { describe, it } from "@effect/vitest"
import { Redacted, Result, Schema } from "effect"
import { createHmac, type KeyObject, generateKeyPairSync, sign as signBytes } from "node:crypto"

type Headers = ReadonlyArray<readonly [name: string, value: string]>

interface Delivery {
  readonly headers: Headers
  readonly body: Uint8Array
  readonly now: number
}

interface Family {
  readonly scheme: SignatureScheme.SignatureScheme
  readonly secrets: ReadonlyArray<string>
  /** The headers of a genuine delivery, by nothing but `node:crypto`. */
  readonly sign: (body: Uint8Array, seconds: number, id: string) => Headers
}

const now = 1_764_000_000_000
const docs = { url: "https://acme.example", checked: "documentation" } as const
const pair = generateKeyPairSync("ed25519")
const publicKey = pair.publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64")

const mac = (key: string | Buffer, ...content: ReadonlyArray<string | Uint8Array>) =>
  content.reduce((hmac, part) => hmac.update(part), createHmac("sha256", key)).digest()

const edwards = (key: KeyObject, content: string, body: Uint8Array) =>
  signBytes(null, Buffer.concat([Buffer.from(content), body]), key).toString("base64")

const bodyAlone: Family = {
  scheme: SignatureScheme.make({
    id: "body-alone",
    signature: SignatureScheme.singleHeader("X-Signature", { encoding: "hex", prefix: "sha256=" }),
    signedContent: "{body}",
    keys: [SignatureScheme.mac({ hash: "sha256" })],
    eventId: SignatureScheme.header("X-Id"),
    docs
  }),
  secrets: ["current secret", "previous secret"],
  sign: (body, _, id) => [
    ["X-Signature", `sha256=${mac("previous secret", body).toString("hex")}`],
    ["X-Id", id]
  ]
}

const listInOneHeader: Family = {
  scheme: SignatureScheme.make({
    id: "list-in-one-header",
    signature: SignatureScheme.headerList("X-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
    signedContent: "{timestamp}.{body}",
    keys: [SignatureScheme.mac({ hash: "sha256", label: "v1" })],
    timestamp: { at: SignatureScheme.listItem("t"), unit: "seconds" },
    docs
  }),
  secrets: ["current secret", "previous secret"],
  sign: (body, seconds) => {
    const signatures = ["current secret", "a stranger"].map((key) => mac(key, `${seconds}.`, body).toString("hex"))
    return [["X-Signature", `t=${seconds},v1=${signatures.join(",v1=")},v0=${"0".repeat(64)}`]]
  }
}

const standard: Family = {
  scheme: SignatureScheme.standardWebhooks,
  secrets: ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", `whpk_${publicKey}`],
  sign: (body, seconds, id) => [
    ["webhook-id", id],
    ["webhook-timestamp", String(seconds)],
    [
      "webhook-signature",
      `v1,${mac(Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64"), `${id}.${seconds}.`, body).toString("base64")}` +
        ` v1a,${edwards(pair.privateKey, `${id}.${seconds}.`, body)}`
    ]
  ]
}

const families = { bodyAlone, listInOneHeader, standard }

const verify = ({ scheme, secrets }: Family, delivery: Delivery) =>
  WebhookVerifier.verify(scheme, {
    method: "POST",
    url: "https://example.com",
    secrets: secrets.map((secret) => Redacted.make(secret)),
    ...delivery
  })

const valueOf = (headers: Headers, name: string): string =>
  headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? ""

const countOf = (headers: Headers, name: string): number =>
  headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).length

const once = (headers: Headers, ...names: ReadonlyArray<string>): boolean =>
  names.every((name) => countOf(headers, name) === 1)

const fresh = (stamp: string, at: number): boolean =>
  /^[0-9]{1,15}$/.test(stamp) && Math.abs(at - Number(stamp) * 1000) <= 300_000

/** What must hold of any delivery that is accepted, told by `node:crypto` alone. */
const mayBeAccepted: { readonly [K in keyof typeof families]: (delivery: Delivery) => boolean } = {
  bodyAlone: ({ body, headers }) =>
    once(headers, "X-Signature") &&
    countOf(headers, "X-Id") <= 1 &&
    bodyAlone.secrets.some((key) => valueOf(headers, "X-Signature") === `sha256=${mac(key, body).toString("hex")}`),
  listInOneHeader: ({ body, headers, now: at }) => {
    const items = valueOf(headers, "X-Signature").split(",")
    const [stamp = "", ...others] = items.flatMap((item) => (item.startsWith("t=") ? item.slice(2) : []))
    const made = listInOneHeader.secrets.map((key) => `v1=${mac(key, `${stamp}.`, body).toString("hex")}`)
    return (
      once(headers, "X-Signature") &&
      others.length === 0 &&
      fresh(stamp, at) &&
      made.some((item) => items.includes(item))
    )
  },
  standard: ({ body, headers, now: at }) => {
    const stamp = valueOf(headers, "webhook-timestamp")
    const content = `${valueOf(headers, "webhook-id")}.${stamp}.`
    const key = Buffer.from("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "base64")
    const made = [`v1,${mac(key, content, body).toString("base64")}`, `v1a,${edwards(pair.privateKey, content, body)}`]
    const items = valueOf(headers, "webhook-signature").split(" ")
    const complete = once(headers, "webhook-id", "webhook-timestamp", "webhook-signature")
    return complete && fresh(stamp, at) && made.some((item) => items.includes(item))
  }
}

const index = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))

const Mutation = Schema.Struct({
  kind: Schema.Literals([
    "none",
    "flip",
    "grow",
    "drop",
    "repeat",
    "rename",
    "replace",
    "cut",
    "splice",
    "case",
    "swap"
  ]),
  at: index,
  text: Schema.String
})

type Mutation = typeof Mutation.Type

const alphabet = [
  "",
  " ",
  ",",
  "=",
  ".",
  "v1=",
  "v1,",
  "v1a,",
  "t=",
  "sha256=",
  "0",
  "f",
  "\n",
  "\u0000",
  "\u0661",
  "=="
]

const changedBody = (body: Uint8Array, { at, kind, text }: Mutation): Uint8Array => {
  if (kind === "grow") return Buffer.concat([body, Buffer.from(text)])
  return body.map((byte, position) =>
    kind === "flip" && position === at % body.length ? byte ^ (1 << (at % 8)) : byte
  )
}

const changedValue = (value: string, { at, kind, text }: Mutation): string => {
  const position = at % (value.length + 1)
  switch (kind) {
    case "replace":
      return text
    case "cut":
      return value.slice(0, position)
    case "splice":
      return value.slice(0, position) + (alphabet[at % alphabet.length] ?? "") + value.slice(position)
    case "case":
      return value.toUpperCase()
    case "swap":
      return [...value].toReversed().join("")
    default:
      return value
  }
}

const changedHeaders = (headers: Headers, mutation: Mutation): Headers => {
  const chosen = mutation.at % Math.max(headers.length, 1)
  return headers.flatMap(([name, value], position) => {
    if (position !== chosen) return [[name, value] as const]
    if (mutation.kind === "drop") return []
    if (mutation.kind === "repeat") return [[name, value] as const, [name.toLowerCase(), value] as const]
    if (mutation.kind === "rename") return [[mutation.text, value] as const]
    return [[name, changedValue(value, mutation)] as const]
  })
}

const mutate = (delivery: Delivery, mutation: Mutation): Delivery => ({
  ...delivery,
  body: changedBody(delivery.body, mutation),
  headers: changedHeaders(delivery.headers, mutation)
})

const inputs = {
  family: Schema.Literals(["bodyAlone", "listInOneHeader", "standard"]),
  body: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))),
  id: Schema.String,
  drift: Schema.Int.check(Schema.isBetween({ minimum: -400_000, maximum: 400_000 })),
  mutations: Schema.Array(Mutation)
}

const options = { arbitrary: { runs: 1500, seed: 20_251_124 } }

describe("a forger", () => {
  it.prop(
    "gets nothing accepted that node:crypto would not have signed, and makes nothing throw",
    inputs,
    ({ body, drift, family, id, mutations }) => {
      const headers = families[family].sign(Uint8Array.from(body), now / 1000, id)
      const delivery = mutations.reduce(mutate, { headers, body: Uint8Array.from(body), now: now + drift })
      return Result.isFailure(verify(families[family], delivery)) || mayBeAccepted[family](delivery)
    },
    options
  )

  it.prop(
    "does not keep a genuine delivery from being accepted",
    inputs,
    ({ body, family }) => {
      const content = Uint8Array.from(body)
      const delivery = { headers: families[family].sign(content, now / 1000, "msg_1"), body: content, now }
      return Result.isSuccess(verify(families[family], delivery))
    },
    options
  )

  it.prop(
    "makes nothing throw with headers of any kind",
    {
      family: inputs.family,
      headers: Schema.Array(
        Schema.Tuple([
          Schema.Literals(["X-Signature", "X-Id", "webhook-id", "webhook-signature", "webhook-timestamp"]),
          Schema.String
        ])
      ),
      clock: Schema.Number
    },
    ({ clock, family, headers }) =>
      Result.isFailure(verify(families[family], { headers, body: new Uint8Array(3), now: clock })),
    options
  )
})
