import { Handshake, SignatureScheme } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Option, Redacted } from "effect"
import { createHash, createHmac } from "node:crypto"
import { bytes, docs, secretsOf } from "./battery.ts"

const {
  body,
  header,
  mac,
  make,
  openEcho,
  openPing,
  openProof,
  query,
  secretOffer,
  signedConfirmation,
  signedProof,
  signedReply
} = SignatureScheme

const scheme = (
  handshake: SignatureScheme.Handshake | ReadonlyArray<SignatureScheme.Handshake>,
  key = mac({ hash: "sha256" })
) =>
  make({
    id: "acme",
    signature: SignatureScheme.singleHeader("X-Signature", { encoding: "hex" }),
    signedContent: "{body}",
    keys: [key],
    handshake,
    docs
  })

type Asked = SignatureScheme.SignatureScheme

const before = (asked: Asked, input: Partial<Handshake.OpenInput>) =>
  Option.getOrUndefined(
    Handshake.before(asked, { method: "GET", url: "https://example.com/", headers: [], body: bytes(""), ...input })
  )

const after = (asked: Asked, json: unknown, options: Partial<Handshake.SignedInput> = {}) =>
  Option.getOrUndefined(Handshake.after(asked, { headers: [], body: bytes(JSON.stringify(json)), ...options }))

describe("a challenge before the signature", () => {
  const meta = scheme(
    openEcho({
      method: "GET",
      when: { field: query("hub.mode"), equals: "subscribe" },
      challenge: query("hub.challenge"),
      verifyToken: query("hub.verify_token")
    })
  )
  const asked = (search: string) => ({
    url: `https://example.com/?${search}`,
    verifyTokens: secretsOf("previous", "verify token")
  })

  it("is sent back as plain text that no browser takes for anything else, when its token is ours", () =>
    expect(
      before(meta, asked("hub.mode=subscribe&hub.verify_token=verify+token&hub.challenge=1158201444"))
    ).toMatchObject({
      status: 200,
      contentType: "text/plain; charset=utf-8",
      headers: { "x-content-type-options": "nosniff" },
      body: "1158201444"
    }))

  it("is forbidden with another token, without one, and without any of ours", () => {
    const challenge = "hub.mode=subscribe&hub.challenge=1"
    expect(before(meta, asked(`${challenge}&hub.verify_token=other`))?.status).toBe(403)
    expect(before(meta, asked(challenge))?.status).toBe(403)
    expect(before(meta, { ...asked(`${challenge}&hub.verify_token=`), verifyTokens: [] })?.status).toBe(403)
  })

  it("is sent back from a JSON body, of a POST that has one", () => {
    const inBody = scheme(openEcho({ method: "POST", challenge: body("challenge"), jsonKey: "challenge" }))
    const post = (text: string) => before(inBody, { method: "POST", body: bytes(text) })
    expect(post(`{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`)).toMatchObject({
      status: 200,
      contentType: "application/json",
      body: `{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`
    })
    expect(post(`{"challenge":"<b>"}`)?.contentType).toBe("application/json")
    for (const other of [``, `{`, `{}`, `{"event":{"challenge":"1"}}`, `{"challenge":{}}`, `[]`, `null`]) {
      expect(post(other)).toBeUndefined()
    }
    expect(post(`{"challenge":"${"a".repeat(257)}"}`)?.status).toBe(400)
    expect(before(inBody, { method: "PUT", body: bytes(`{"challenge":"1"}`) })).toBeUndefined()
  })

  it("is none by another method, in another mode, or when it is there twice", () => {
    const full = "hub.mode=subscribe&hub.verify_token=verify+token&hub.challenge=1"
    expect(before(meta, { ...asked(full), method: "POST" })).toBeUndefined()
    expect(before(meta, asked(full.replace("subscribe", "other")))).toBeUndefined()
    expect(before(meta, asked(`${full}&hub.challenge=2`))).toBeUndefined()
  })

  it.each(["<script>", "a\r\nb", `"`, "&amp;", "é", "a".repeat(1025), ""])("is not sent back as %j", (challenge) => {
    const dropbox = scheme(openEcho({ method: "GET", challenge: query("challenge") }))
    const url = `https://example.com/?challenge=${encodeURIComponent(challenge)}`
    expect(before(dropbox, { url })?.body).toBe("bad request")
  })

  it("may come with a POST, as a token with spaces", () => {
    const graph = scheme(openEcho({ method: "POST", challenge: query("validationToken") }))
    const url = "https://example.com/?validationToken=Validation%3a+Testing+client+application"
    expect(before(graph, { method: "POST", url })?.body).toBe("Validation: Testing client application")
    expect(before(graph, { method: "POST" })).toBeUndefined()
  })

  it("may come in a header and be wanted in JSON", () => {
    const okta = scheme(
      openEcho({ method: "GET", challenge: header("X-Okta-Verification-Challenge"), jsonKey: "verification" })
    )
    const headers = [["x-okta-verification-challenge", `a"b`]] as const
    expect(before(okta, { headers })).toMatchObject({
      contentType: "application/json",
      body: `{"verification":"a\\"b"}`
    })
    expect(before(okta, { headers: [...headers, ...headers] })).toBeUndefined()
  })

  it("may only tell that the webhook was made, and is then nothing but a name and a number", () => {
    const shop = scheme(openPing("webhook_id"))
    const sent = (body: string, method = "POST") => before(shop, { method, body: bytes(body) })
    expect(sent("webhook_id=12")).toMatchObject({ status: 200, body: "" })
    expect(sent("webhook_id=12", "GET")).toBeUndefined()
    for (const other of [
      "webhook_id=",
      "webhook_id=a",
      "webhook_id=1&order=2",
      "webhook_id=1=2",
      `webhook_id=${"1".repeat(64)}`,
      '{"webhook_id":1}',
      ""
    ])
      expect(sent(other)).toBeUndefined()
  })

  it("may be wanted signed, and only in a form that no delivery has", () => {
    const braintree = scheme(
      openProof({ method: "GET", challenge: query("bt_challenge") }),
      mac({ hash: "sha1", derivation: "sha1", idSeparator: "|" })
    )
    const secrets = secretsOf("public|private")
    const challenge = "20f9f8ed05f77439fe955c977e4c8a53"
    const key = createHash("sha1").update("private").digest()
    const url = `https://example.com/?bt_challenge=${challenge}`
    expect(before(braintree, { url, secrets })?.body).toBe(
      `public|${createHmac("sha1", key).update(challenge).digest("hex")}`
    )
    expect(before(braintree, { url: `${url}x`, secrets })?.status).toBe(400)
    expect(before(braintree, { url, secrets: [] })?.status).toBe(400)
  })
})

describe("a secret that is offered", () => {
  const asana = scheme(secretOffer(header("X-Hook-Secret"), { echoes: true }))
  const headers = [["X-Hook-Secret", "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81"]] as const

  it("is handed over to be stored, and sent back", () => {
    const reply = before(asana, { method: "POST", headers, acceptsSecret: true })
    expect(reply?.headers["X-Hook-Secret"]).toBe(headers[0][1])
    expect(reply?.secretToStore && Redacted.value(reply.secretToStore)).toBe(headers[0][1])
    expect(JSON.stringify(reply?.secretToStore)).not.toContain("b537")
  })

  it("is none where no secret is awaited, and when it has spaces or line breaks", () => {
    expect(before(asana, { method: "POST", headers })).toBeUndefined()
    expect(before(asana, { headers: [["X-Hook-Secret", "a\r\nb"]], acceptsSecret: true })).toBeUndefined()
  })

  it("may be in the body, and is not sent back then", () => {
    const notion = scheme(secretOffer(body("verification_token")))
    const reply = before(notion, { body: bytes(`{"verification_token":"secret_1"}`), acceptsSecret: true })
    expect(reply?.body).toBe("")
    expect(reply?.secretToStore && Redacted.value(reply.secretToStore)).toBe("secret_1")
  })
})

describe("a challenge after the signature", () => {
  it("may have a fixed answer", () => {
    const discord = scheme(
      signedReply({
        when: { field: body("type"), equals: "1" },
        contentType: "application/json",
        body: `{"type":1}`
      })
    )
    expect(after(discord, { type: 1 })).toMatchObject({ status: 200, body: `{"type":1}` })
    expect(after(discord, { type: 2 })).toBeUndefined()
    expect(Option.isSome(Handshake.handshake(discord, { headers: [], body: bytes(`{"type":1}`) }))).toBe(true)
  })

  it("is none where there is a field that only events have", () => {
    const xero = scheme(
      signedReply({ when: { field: body("last"), equals: "0", absent: body("events", "0", "type") }, body: "" })
    )
    expect(after(xero, { last: 0, events: [] })).toMatchObject({ status: 200, body: "" })
    expect(after(xero, { last: 0, events: [{ type: "paid" }] })).toBeUndefined()
    expect(after(xero, { last: 1, events: [] })).toBeUndefined()
  })

  it("may be wanted with its HMAC, under the secret that signed", () => {
    const zoom = scheme(
      signedProof({
        when: { field: body("event"), equals: "endpoint.url_validation" },
        challenge: body("payload", "plainToken"),
        jsonKeys: { challenge: "plainToken", proof: "encryptedToken" }
      })
    )
    const event = { event: "endpoint.url_validation", payload: { plainToken: "qgg8vlvZRS6UYooatFL8Aw" } }
    const reply = after(zoom, event, { secrets: secretsOf("current", "previous"), signedBy: 1 })
    const encryptedToken = createHmac("sha256", "previous").update("qgg8vlvZRS6UYooatFL8Aw").digest("hex")
    expect(reply?.body).toBe(JSON.stringify({ plainToken: "qgg8vlvZRS6UYooatFL8Aw", encryptedToken }))
    expect(after(zoom, event)).toBeUndefined()
    expect(after(zoom, { ...event, payload: {} }, { secrets: secretsOf("current") })).toBeUndefined()
  })

  const sns = scheme(
    signedConfirmation({
      when: { field: body("Type"), equals: "SubscriptionConfirmation" },
      url: body("SubscribeURL"),
      hosts: ["sns.{region}.amazonaws.com"]
    })
  )
  const confirm = (SubscribeURL: string) => after(sns, { Type: "SubscriptionConfirmation", SubscribeURL })

  it("may want a URL to be fetched, at a trusted host", () => {
    const url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336"
    expect(confirm(url)?.urlToFetch).toBe(url)
    expect(
      Option.isNone(
        Handshake.handshake(sns, {
          headers: [],
          body: bytes(`{"Type":"SubscriptionConfirmation","SubscribeURL":"${url}"}`)
        })
      )
    ).toBe(true)
  })

  it.each([
    "http://sns.eu-west-1.amazonaws.com/",
    "https://evil.example/",
    "https://sns.eu-west-1.amazonaws.com.evil.example/",
    "https://sns.eu-west-1.amazonaws.com@evil.example/",
    "https://user@sns.eu-west-1.amazonaws.com/",
    "https://sns.eu-west-1.amazonaws.com:444/",
    "https://169.254.169.254/",
    "file:///etc/passwd",
    "",
    `https://sns.eu-west-1.amazonaws.com/${"a".repeat(2048)}`
  ])("never wants %s to be fetched", (url) => expect(confirm(url)).toBeUndefined())

  it("is the first of several that fits", () => {
    const both = scheme([
      signedReply({ when: { field: body("a"), equals: "1" }, body: "first" }),
      signedReply({ when: { field: body("b"), equals: "1" }, body: "second", status: 204 })
    ])
    expect(after(both, { a: 1, b: 1 })?.body).toBe("first")
    expect(after(both, { b: 1 })?.status).toBe(204)
    expect(after(both, {})).toBeUndefined()
  })

  it("is not looked for before the signature, nor the other way round", () => {
    const reply = scheme(signedReply({ when: { field: body("a"), equals: "1" }, body: "" }))
    expect(before(reply, { body: bytes(`{"a":1}`) })).toBeUndefined()
    expect(after(scheme(secretOffer(body("a"))), { a: "1" })).toBeUndefined()
  })
})
