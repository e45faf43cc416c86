import { Handshake, type SignatureScheme } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"
import { Option, Redacted } from "effect"
import { createHash, createHmac } from "node:crypto"
import { text } from "./oracles.ts"
import type { Headers } from "./refusals.ts"

const secrets = [Redacted.make("the secret")]

const signed = (scheme: SignatureScheme.SignatureScheme, body: string, headers: Headers = []) =>
  Option.getOrUndefined(Handshake.after(scheme, { headers, body: text(body), secrets }))

const open = (scheme: SignatureScheme.SignatureScheme, input: Partial<Handshake.OpenInput>) =>
  Option.getOrUndefined(
    Handshake.before(scheme, {
      method: "GET",
      url: "https://example.com/webhooks",
      headers: [],
      body: new Uint8Array(0),
      secrets,
      ...input
    })
  )

describe("a challenge is answered by", () => {
  it("asana with the header that it sent, once an endpoint waits for its secret", () => {
    const input = { method: "POST", headers: [["X-Hook-Secret", "b537207f20cbfa02357cf448134da559"]] as const }
    expect(open(schemes.asana, input)).toBeUndefined()
    const reply = open(schemes.asana, { ...input, acceptsSecret: true })
    expect(reply?.headers).toMatchObject({ "X-Hook-Secret": "b537207f20cbfa02357cf448134da559" })
    expect(reply?.secretToStore?.pipe(Redacted.value)).toBe("b537207f20cbfa02357cf448134da559")
  })

  it("aws-sns with a URL of Amazon's to be fetched, and no other", () => {
    const confirmation = (url: string) => JSON.stringify({ Type: "SubscriptionConfirmation", SubscribeURL: url })
    const genuine = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
    expect(signed(schemes["aws-sns"], confirmation(genuine))?.urlToFetch).toBe(genuine)
    for (const url of ["http://sns.eu-west-1.amazonaws.com/", "https://sns.eu-west-1.amazonaws.com.evil.example/"]) {
      expect(signed(schemes["aws-sns"], confirmation(url))?.urlToFetch).toBeUndefined()
    }
  })

  it("braintree with its HMAC under the SHA-1 of the private key, beside the public one", () => {
    const challenge = "20f9f8ed05f77439fe955c977e4c8a53"
    const key = createHash("sha1").update("private").digest()
    const reply = open(schemes.braintree, {
      url: `https://example.com/?bt_challenge=${challenge}`,
      secrets: [Redacted.make("public:private")]
    })
    expect(reply?.body).toBe(`public|${createHmac("sha1", key).update(challenge).digest("hex")}`)
  })

  it("discord's interactions with type 1, and its events with nothing", () => {
    expect(signed(schemes.discord, `{"type":1}`)).toMatchObject({ status: 200, body: `{"type":1}` })
    expect(signed(schemes.discord, `{"type":2}`)).toBeUndefined()
    expect(signed(schemes["discord-events"], `{"type":0}`)).toMatchObject({ status: 204, body: "" })
    expect(signed(schemes["discord-events"], `{"type":1,"event":{}}`)).toBeUndefined()
  })

  it("dropbox with its text", () =>
    expect(open(schemes.dropbox, { url: "https://example.com/?challenge=abc" })).toMatchObject({
      contentType: expect.stringContaining("text/plain"),
      body: "abc"
    }))

  it("meta-whatsapp with its text, for who knows the verify token", () => {
    const url = "https://example.com/?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    const verifyTokens = [Redacted.make("meatyhamhock")]
    expect(open(schemes["meta-whatsapp"], { url: `${url}meatyhamhock`, verifyTokens })?.body).toBe("1158201444")
    expect(open(schemes["meta-whatsapp"], { url: `${url}guess`, verifyTokens })?.status).toBe(403)
  })

  it("microsoft-graph with its text", () => {
    const validationToken = "Validation: Testing client application reachability for subscription Request-Id: 522a8e7e"
    const url = `https://example.com/?validationToken=${encodeURIComponent(validationToken)}`
    expect(open(schemes["microsoft-graph"], { method: "POST", url })).toMatchObject({
      status: 200,
      contentType: expect.stringContaining("text/plain"),
      body: validationToken
    })
    expect(open(schemes["microsoft-graph"], { method: "POST" })).toBeUndefined()
  })

  it("notion with the token to store", () => {
    const input = { method: "POST", body: text(`{"verification_token":"secret_tMrl"}`), acceptsSecret: true }
    expect(open(schemes.notion, input)?.secretToStore?.pipe(Redacted.value)).toBe("secret_tMrl")
  })

  it("okta with JSON", () =>
    expect(open(schemes.okta, { headers: [["X-Okta-Verification-Challenge", "abc"]] })?.body).toBe(
      `{"verification":"abc"}`
    ))

  it("slack with JSON", () =>
    expect(signed(schemes.slack, `{"type":"url_verification","challenge":"abc"}`)?.body).toBe(`{"challenge":"abc"}`))

  it("twitch with its text", () => {
    const headers = [["Twitch-Eventsub-Message-Type", "webhook_callback_verification"]] as const
    expect(signed(schemes.twitch, `{"challenge":"pogchamp-kappa-360noscope"}`, headers)?.body).toBe(
      "pogchamp-kappa-360noscope"
    )
  })

  it("xero with nothing, unless there are events", () => {
    const body = `{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "NLDZEGWUXNHESAQVGLYF"}`
    expect(signed(schemes.xero, body)).toMatchObject({ status: 200, body: "" })
    const event = `{"events":[{"eventCategory":"INVOICE"}],"firstEventSequence":0,"lastEventSequence":0}`
    expect(signed(schemes.xero, event)).toBeUndefined()
  })

  it("zoom with its HMAC", () => {
    const body = `{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"}}`
    const encryptedToken = createHmac("sha256", "the secret").update("qgg8vlvZRS6UYooatFL8Aw").digest("hex")
    expect(JSON.parse(signed(schemes.zoom, body)?.body ?? "")).toEqual({
      plainToken: "qgg8vlvZRS6UYooatFL8Aw",
      encryptedToken
    })
  })
})
