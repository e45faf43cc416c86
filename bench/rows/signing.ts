import { HmacSignature, MessageSignature } from "@causeway/core/auth"
import { Redacted, Result } from "effect"
import { HttpClientRequest } from "effect/http"
import { createSigner, createVerifier, httpbis } from "http-message-signatures"
import { generateKeyPairSync } from "node:crypto"
import type { Peer, Row } from "../Row.ts"

const batch = 500

const { privateKey, publicKey } = generateKeyPairSync("ed25519")
const pem = Redacted.make(privateKey.export({ type: "pkcs8", format: "pem" }).toString())
const url = "https://api.example/v1/orders?page=2"
const headers = { "content-type": "application/json", "content-digest": MessageSignature.contentDigest("{}") }
const components = ["@method", "@target-uri", "content-type", "content-digest"]

const profile = MessageSignature.make({ algorithm: "ed25519", keyId: "k", components, nonce: false })
const request = HttpClientRequest.post(url, { headers })

const hmac = HmacSignature.make({
  signature: HmacSignature.singleHeader("x-signature", { encoding: "hex" }),
  signedContent: "{timestamp}.{method}.{path}.{body}",
  keys: [HmacSignature.mac({ hash: "sha256" })],
  timestamp: { at: HmacSignature.header("x-timestamp"), unit: "seconds" }
})
const secret = Redacted.make("a secret that both of them know")

const repeated = (name: string, work: () => unknown): Peer => ({
  name,
  open: async () => ({
    call: async () => {
      for (let done = 0; done < batch; done += 1) await work()
    },
    close: () => Promise.resolve()
  })
})

const ours = () => Result.getOrThrow(MessageSignature.sign(profile, request, { key: pem, now: Date.now() }))

const theirs = () =>
  httpbis.signMessage(
    { key: createSigner(privateKey, "ed25519", "k"), fields: components, params: ["created", "keyid"] },
    { method: "POST", url: new URL(url), headers }
  )

const verifying = {
  keys: [
    MessageSignature.verifyingKey({
      algorithm: "ed25519",
      keyId: "k",
      key: publicKey.export({ type: "spki", format: "pem" }).toString()
    })
  ],
  required: components
}

const signed = { ...headers, ...ours().headers }

const oursVerified = () =>
  Result.getOrThrow(
    MessageSignature.verify({ method: "POST", url, headers: signed, body: "{}" }, { ...verifying, now: Date.now() })
  )

const theirsVerified = () =>
  httpbis.verifyMessage(
    { keyLookup: async () => ({ verify: createVerifier(publicKey, "ed25519") }) },
    { method: "POST", url: new URL(url), headers: signed }
  )

export const row: Row = {
  name: "signed requests",
  about: "Signs a request with ed25519 over four components, or verifies one; HMAC over a template beside it.",
  inFlight: 1,
  calls: 10,
  batch,
  peers: [
    repeated("http-message-signatures, sign", theirs),
    repeated("MessageSignature.sign", ours),
    repeated("http-message-signatures, verify", theirsVerified),
    repeated("MessageSignature.verify, with the digest", oursVerified),
    repeated("HmacSignature.sign", () =>
      Result.getOrThrow(HmacSignature.sign(hmac, request, { secret, now: Date.now() }))
    )
  ],
  goals: [
    {
      peer: "MessageSignature.sign",
      against: "http-message-signatures, sign",
      kind: "times as fast",
      atLeast: 1,
      aim: 1.2
    },
    {
      peer: "MessageSignature.verify, with the digest",
      against: "http-message-signatures, verify",
      kind: "times as fast",
      atLeast: 1,
      aim: 1.2
    }
  ]
}
