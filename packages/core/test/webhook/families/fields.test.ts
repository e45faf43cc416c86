import { SignatureScheme, WebhookSigner } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { createHash, createHmac } from "node:crypto"
import { bytes, docs, type Family, holds, now, verdict, verify } from "./battery.ts"

const { body, form, formJson, formXml, inField, inItems, mac, make } = SignatureScheme

const hmac = (key: string | Buffer, content: string) => createHmac("sha256", key).update(content)

// The notification and its signature are those of the tests of Adyen's packages.
const item = {
  pspReference: "7914073381342284",
  merchantAccountCode: "TestMerchant",
  merchantReference: "TestPayment-1407325143704",
  amount: { value: 1130, currency: "EUR" },
  eventCode: "AUTHORISATION",
  success: "true",
  additionalData: { hmacSignature: "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0=" }
}

const notification = (...items: ReadonlyArray<unknown>) =>
  bytes(JSON.stringify({ live: "false", notificationItems: items.map((each) => ({ NotificationRequestItem: each })) }))

const adyenKey = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"

const itemText = (each: Record<string, unknown>) =>
  JSON.stringify(Object.entries({ originalReference: undefined, ...each }).filter(([name]) => name !== "reason"))

const perItem: Family = {
  scheme: make({
    id: "per-item",
    signature: inItems({
      list: ["notificationItems"],
      item: ["NotificationRequestItem"],
      signature: ["additionalData", "hmacSignature"],
      encoding: "base64"
    }),
    signedContent:
      "{item:pspReference}:{item:originalReference?}:{item:merchantAccountCode}:{item:merchantReference*}:{item:amount.value}:{item:amount.currency}:{item:eventCode}:{item:success}",
    keys: [mac({ hash: "sha256", encoding: "hex-any-case" })],
    eventId: body("notificationItems", "0", "NotificationRequestItem", "pspReference"),
    eventType: [body("notificationItems", "0", "NotificationRequestItem", "eventCode")],
    docs
  }),
  secret: adyenKey,
  foreignSecret: "00".repeat(32),
  genuine: { method: "POST", url: "", headers: [], body: notification(item) },
  coversBody: true,
  signedText: (content) => {
    try {
      const parsed = JSON.parse(Buffer.from(content).toString()) as {
        notificationItems: ReadonlyArray<{ NotificationRequestItem: Record<string, unknown> }>
      }
      return parsed.notificationItems.map((each) => itemText(each.NotificationRequestItem)).join("\n")
    } catch {
      return "no JSON"
    }
  }
}

describe("signatures in the items of a body", () => {
  holds(perItem)

  it("cover the fields that they name, id and type among them, and nothing else of the body", () => {
    expect(Result.getOrThrow(verify(perItem, perItem.genuine))).toMatchObject({
      id: item.pspReference,
      type: "AUTHORISATION",
      unsigned: ["body"]
    })
    const changed = notification({ ...item, reason: "forged" })
    expect(verdict(perItem, { ...perItem.genuine, body: changed })).toBe("accepted")
  })

  it("must all be right", () => {
    const verdictOf = (...items: ReadonlyArray<unknown>) =>
      verdict(perItem, { ...perItem.genuine, body: notification(...items) })
    expect(verdictOf(item, item)).toBe("accepted")
    expect(verdictOf(item, { ...item, success: "false" })).toBe("SignatureMismatch")
    expect(verdictOf({ ...item, eventCode: "REFUND" }, item)).toBe("SignatureMismatch")
    expect(verdictOf(item, { ...item, additionalData: {} })).toBe("MalformedBody")
    expect(verdictOf()).toBe("MalformedBody")
    expect(verdictOf(...Array.from({ length: 100 }, () => item))).toBe("accepted")
    expect(verdictOf(...Array.from({ length: 4097 }, () => item))).toBe("TooManySignatures")
  })

  it("do not let a value run into the next one", () => {
    const moved = { ...item, pspReference: "a:b", originalReference: "" }
    expect(verdict(perItem, { ...perItem.genuine, body: notification(moved) })).toBe("MalformedBody")
    const free = { ...item, merchantReference: "order:1" }
    const signed = hmac(
      Buffer.from(adyenKey, "hex"),
      "7914073381342284::TestMerchant:order:1:1130:EUR:AUTHORISATION:true"
    ).digest("base64")
    const delivery = notification({ ...free, additionalData: { hmacSignature: signed } })
    expect(verdict(perItem, { ...perItem.genuine, body: delivery })).toBe("accepted")
  })
})

const payload = `${Buffer.from("<notification><kind>check</kind></notification>").toString("base64")}\n`
const derived = createHash("sha1").update("private_key").digest()
const sha1 = (content: string) => createHmac("sha1", derived).update(content).digest("hex")
const pairForm = (signature: string) =>
  bytes(new URLSearchParams({ bt_signature: signature, bt_payload: payload }).toString())

const keyedPairs: Family = {
  scheme: make({
    id: "keyed-pairs",
    signature: inField(form("bt_signature"), { encoding: "hex", separator: "&", assignment: "|" }),
    signedContent: ["{form:bt_payload}", "{form:bt_payload}\n"],
    keys: [mac({ hash: "sha1", derivation: "sha1", idSeparator: "|" })],
    docs
  }),
  secret: "public_key|private_key",
  genuine: {
    method: "POST",
    url: "",
    headers: [],
    body: pairForm(`other|${"0".repeat(40)}&public_key|${sha1(payload)}`)
  },
  coversBody: true,
  signedText: (content) => new URLSearchParams(Buffer.from(content).toString()).get("bt_payload") ?? ""
}

describe("signatures behind the ids of their keys in a form", () => {
  holds(keyedPairs)

  it("count only under the id of the secret", () => {
    const verdictOf = (signature: string) => verdict(keyedPairs, { ...keyedPairs.genuine, body: pairForm(signature) })
    expect(verdictOf(`other|${sha1(payload)}`)).toBe("SignatureMismatch")
    expect(verdictOf(`public_key|${sha1(`${payload}\n`)}`)).toBe("accepted")
    expect(verdictOf(sha1(payload))).toBe("MalformedBody")
    expect(verdictOf(`public_key|${sha1(payload)}&`)).toBe("MalformedBody")
  })

  it("are refused in a field that is there twice", () => {
    const twice = Buffer.concat([keyedPairs.genuine.body, bytes("&bt_payload=other")])
    expect(verdict(keyedPairs, { ...keyedPairs.genuine, body: twice })).toBe("MalformedBody")
  })

  it("want a secret with an id", () =>
    expect(verdict(keyedPairs, keyedPairs.genuine, { secrets: [Redacted.make("private_key")] })).toBe("InvalidSecret"))
})

const seconds = String(now / 1000)

const eventJson = (type = "signed", time = seconds) =>
  JSON.stringify({
    event: { event_time: time, event_type: type, event_hash: hmac("api key", `${seconds}signed`).digest("hex") }
  })

const formFields: Family = {
  scheme: make({
    id: "form-json-fields",
    signature: inField(formJson("json", "event", "event_hash"), { encoding: "hex" }),
    signedContent: "{timestamp}{form:json:event.event_type}",
    keys: [mac({ hash: "sha256" })],
    timestamp: { at: formJson("json", "event", "event_time"), unit: "seconds" },
    eventId: formJson("json", "event", "event_hash"),
    eventType: [formJson("json", "event", "event_type")],
    docs
  }),
  secret: "api key",
  genuine: { method: "POST", url: "", headers: [], body: bytes(new URLSearchParams({ json: eventJson() }).toString()) },
  coversBody: false
}

describe("fields of JSON in a form", () => {
  holds(formFields)

  it("leave the rest of the body unsigned, and say so", () =>
    expect(Result.getOrThrow(verify(formFields, formFields.genuine))).toMatchObject({
      type: "signed",
      timestamp: now,
      unsigned: ["id", "body"]
    }))

  it("are refused when one of them was changed", () => {
    for (const json of [eventJson("declined"), eventJson("signed", String(now / 1000 - 1))]) {
      const content = bytes(new URLSearchParams({ json }).toString())
      expect(verdict(formFields, { ...formFields.genuine, body: content })).toBe("SignatureMismatch")
    }
    expect(verdict(formFields, formFields.genuine, { now: now + 300_001 })).toBe("TimestampTooOld")
  })

  it("are found in a multipart form", () => {
    const parts = ["--x-boundary", `Content-Disposition: form-data; name="json"`, "", eventJson(), "--x-boundary--", ""]
    const headers = [["content-type", "multipart/form-data; boundary=x-boundary"]] as const
    const delivery = { ...formFields.genuine, headers, body: bytes(parts.join("\r\n")) }
    expect(verdict(formFields, delivery)).toBe("accepted")
    expect(verdict(formFields, { ...delivery, headers: [["content-type", "multipart/form-data; boundary=y"]] })).toBe(
      "MalformedBody"
    )
  })
})

const xmlFields = (xml: string): Family => {
  const payload = Buffer.from(`<?xml version="1.0"?>\n${xml}`).toString("base64").replaceAll(/.{20}/g, "$&\n")
  const signature = hmac("api key", payload).digest("hex")
  return {
    scheme: make({
      id: "form-xml-fields",
      signature: inField(form("signature"), { encoding: "hex" }),
      signedContent: "{form:payload}",
      keys: [mac({ hash: "sha256" })],
      eventType: [formXml("payload", "event", "kind")],
      docs
    }),
    secret: "api key",
    genuine: {
      method: "POST",
      url: "",
      headers: [],
      body: bytes(new URLSearchParams({ payload, signature }).toString())
    },
    coversBody: false
  }
}

describe("an element of XML in a form", () => {
  const typeIn = (xml: string) => {
    const family = xmlFields(xml)
    return Result.getOrThrow(verify(family, family.genuine))
  }

  it("is found by its path below the root, and is signed as the field is", () => {
    const xml = `<root>\n <other><kind>a</kind></other><empty/><list type="array"></list><event a="1">\n <id>1</id><kind>b c</kind></event></root>`
    expect(typeIn(xml)).toMatchObject({ type: "b c", unsigned: ["body"] })
  })

  it.each([
    "",
    "text",
    "<root><event><kind>a",
    "<root><event><kind",
    "<root><event><kind></kind></event></root>",
    "<root><event><kind><b>a</b></kind></event></root>",
    "<root><event><kind/></event></root>",
    "<root><event><kind>&a;</kind></event></root>",
    "<root><!-- <event> --><event><kind>a</kind></event></root>",
    "<!DOCTYPE root><root><event><kind>a</kind></event></root>",
    "<root><kind>a</kind><event></event></root>",
    "</root></root><root><kind>a</kind></root>"
  ])("is not there in %s", (xml) => expect(typeIn(xml).type).toBeUndefined())
})

const token = "a".repeat(50)
const signedBody = (changes: Readonly<Record<string, unknown>> = {}) =>
  bytes(
    JSON.stringify({
      signature: {
        timestamp: seconds,
        token,
        signature: hmac("signing key", seconds + token).digest("hex"),
        ...changes
      },
      "event-data": { id: "evt_1", event: "opened" }
    })
  )

const bodyFields: Family = {
  scheme: make({
    id: "body-fields",
    signature: inField(body("signature", "signature"), { encoding: "hex" }),
    signedContent: "{timestamp}{body:signature.token}",
    keys: [mac({ hash: "sha256" })],
    timestamp: { at: body("signature", "timestamp"), unit: "seconds" },
    eventId: body("signature", "token"),
    eventType: [body("event-data", "event")],
    docs
  }),
  secret: "signing key",
  genuine: { method: "POST", url: "", headers: [], body: signedBody() },
  coversBody: false
}

describe("fields of a JSON body", () => {
  holds(bodyFields)

  it("tell what of the body is signed", () =>
    expect(Result.getOrThrow(verify(bodyFields, bodyFields.genuine))).toMatchObject({
      id: token,
      type: "opened",
      unsigned: ["type", "body"]
    }))

  it("are checked before anything else is believed", () => {
    const verdictOf = (changes: Readonly<Record<string, unknown>>) =>
      verdict(bodyFields, { ...bodyFields.genuine, body: signedBody(changes) })
    expect(verdictOf({ token: "b".repeat(50) })).toBe("SignatureMismatch")
    expect(verdictOf({ timestamp: `${seconds}a` })).toBe("MalformedBody")
    expect(verdictOf({ token: { a: 1 } })).toBe("MalformedBody")
    expect(verdictOf({ token: "\ud800" })).toBe("MalformedBody")
  })

  it("cannot be signed by headers alone", () =>
    expect(
      Result.isFailure(
        WebhookSigner.sign(bodyFields.scheme, { body: signedBody(), secret: Redacted.make("k"), timestamp: now })
      )
    ).toBe(true))
})
