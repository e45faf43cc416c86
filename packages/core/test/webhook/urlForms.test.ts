import { Inbox, SignatureScheme, WebhookReceiver, WebhookVerifier } from "@causeway/core/webhook"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Redacted } from "effect"
import { createHmac } from "node:crypto"

const secret = "a secret"

const make = (options: Partial<SignatureScheme.Options> = {}) =>
  SignatureScheme.make({
    id: "acme",
    signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex" }),
    signedContent: "{url}{body}",
    keys: [SignatureScheme.mac({ hash: "sha256" })],
    docs: { url: "https://acme.example/docs", checked: "documentation" },
    ...options
  })

const signatureOf = (url: string) => createHmac("sha256", secret).update(`${url}{}`).digest("hex")

const isAccepted = (scheme: SignatureScheme.SignatureScheme, called: string, signed: string): boolean =>
  WebhookVerifier.verify(scheme, {
    method: "POST",
    url: called,
    headers: [["Acme-Signature", signatureOf(signed)]],
    body: Buffer.from("{}"),
    secrets: [Redacted.make(secret)],
    now: 0
  })._tag === "Success"

describe("a URL that its provider signs in another form", () => {
  const any = make({ urlForms: ["given", "port", "no port", "encoded query", "decoded query"] })
  const cases: ReadonlyArray<readonly [called: string, signed: string]> = [
    ["https://h.example/sms", "https://h.example:443/sms"],
    ["http://h.example/sms", "http://h.example:80/sms"],
    ["https://h.example:8443/sms", "https://h.example/sms"],
    ["https://h.example:443/sms", "https://h.example/sms"],
    ["https://h.example:8443/sms?a=1", "https://h.example:8443/sms?a=1"],
    ["https://h.example/sms?a='b'", "https://h.example:443/sms?a='b'"],
    ["https://h.example/sms?a=b c", "https://h.example/sms?a=b%20c"],
    ["https://h.example/sms?a=b+c", "https://h.example/sms?a=b%20c"],
    ["https://h.example/sms?a=%27b%27", "https://h.example/sms?a='b'"],
    ["https://h.example/sms?portal=a%3Ab%2fc", "https://h.example/sms?portal=a:b/c"],
    ["https://[::1]:8443/sms", "https://[::1]/sms"]
  ]

  it.each(cases)("%s as %s is accepted where the scheme says so, and refused elsewhere", (called, signed) => {
    assert.isTrue(isAccepted(any, called, signed))
    assert.strictEqual(isAccepted(make(), called, signed), called === signed)
  })

  it.each([
    ["https://h.example/sms", "http://h.example/sms"],
    ["https://h.example/sms", "https://h.example:8443/sms"],
    ["https://h.example/sms", "https://h.example/sms/"],
    ["https://h.example/sms?a=1", "https://h.example/sms?a=2"],
    ["https://h.example/sms?a=1", "https://h.example/sms"],
    ["not a url", "https://h.example/sms"]
  ] as const)("%s is not %s", (called, signed) => assert.isFalse(isAccepted(any, called, signed)))
})

describe("the public URL", () => {
  const cases: ReadonlyArray<
    readonly [string, { readonly publicOrigin?: string; readonly publicUrl?: string }, string]
  > = [
    ["has the prefix that a proxy removes", { publicOrigin: "https://h.example/api" }, "https://h.example/api/sms?a=1"],
    ["has the query of the request", { publicUrl: "https://h.example/api/sms" }, "https://h.example/api/sms?a=1"],
    ["has its own query where it has one", { publicUrl: "https://h.example/x?b=2" }, "https://h.example/x?b=2"]
  ]
  for (const [name, options, signed] of cases) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const receive = WebhookReceiver.handle({
          source: "acme",
          scheme: make(),
          secrets: Redacted.make(secret),
          ...options
        })
        const headers = [["Acme-Signature", signatureOf(signed)] as const]
        const answer = yield* receive({ method: "POST", url: "/sms?a=1", headers, body: Buffer.from("{}") })
        assert.strictEqual(answer.status, 200)
      }).pipe(Effect.provide(Inbox.layerMemory), Effect.provide(Logger.layer([])))
    )
  }
})

describe("headers under other names", () => {
  const scheme = make({ signedContent: "{body}", headerAliases: { "Acme-Signature": "Webhook-Signature" } })
  const verify = (headers: WebhookVerifier.VerifyInput["headers"]) =>
    WebhookVerifier.verify(scheme, {
      method: "POST",
      url: "",
      headers,
      body: Buffer.from("{}"),
      secrets: [Redacted.make(secret)],
      now: 0
    })._tag
  const good = createHmac("sha256", secret).update("{}").digest("hex")

  it("are taken where the scheme's own are not there", () => {
    assert.strictEqual(verify([["webhook-signature", good]]), "Success")
    assert.strictEqual(
      verify([
        ["acme-signature", "0".repeat(64)],
        ["webhook-signature", good]
      ]),
      "Failure"
    )
    assert.strictEqual(
      verify([
        ["webhook-signature", good],
        ["Webhook-Signature", good]
      ]),
      "Failure"
    )
  })
})
