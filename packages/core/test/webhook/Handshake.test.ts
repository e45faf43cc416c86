import { Handshake, SignatureScheme } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Option } from "effect"

const { body, header, signedEcho } = SignatureScheme

const scheme = (handshake?: SignatureScheme.Handshake) =>
  SignatureScheme.make({
    id: "acme",
    signature: SignatureScheme.singleHeader("Acme-Signature", { encoding: "hex" }),
    signedContent: "{body}",
    keys: [SignatureScheme.mac({ hash: "sha256" })],
    handshake,
    docs: { url: "https://acme.example", checked: "documentation" }
  })

const byHeader = signedEcho({
  when: { field: header("Acme-Message-Type"), equals: "verification" },
  echo: body("challenge")
})

const challenge = (type: string, text: string, handshake?: SignatureScheme.Handshake) =>
  Handshake.handshake(scheme(handshake), {
    headers: [["acme-message-type", type]],
    body: new TextEncoder().encode(text)
  })

describe("a handshake", () => {
  it("told by a header is answered in plain text", () =>
    expect(Option.getOrThrow(challenge("verification", `{"challenge":"pogchamp"}`, byHeader))).toEqual({
      status: 200,
      contentType: "text/plain; charset=utf-8",
      body: "pogchamp"
    }))

  it("is none when the field has another value", () =>
    expect(Option.isNone(challenge("notification", `{"challenge":"pogchamp"}`, byHeader))).toBe(true))

  it("is none when what should be sent back is missing, or no text", () => {
    for (const text of [`{}`, `{"challenge":null}`, `{"challenge":{"a":1}}`, `{"challenge":""}`, "", "{"]) {
      expect(Option.isNone(challenge("verification", text, byHeader))).toBe(true)
    }
  })

  it("sends back nothing longer than 256 characters", () =>
    expect(Option.isNone(challenge("verification", JSON.stringify({ challenge: "a".repeat(257) }), byHeader))).toBe(
      true
    ))

  it("is none for a scheme without one", () =>
    expect(Option.isNone(challenge("verification", `{"challenge":"pogchamp"}`))).toBe(true))
})
