import { WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { GitHubWebhook } from "@causeway/providers/github"
import { describe, expect, it } from "@effect/vitest"
import * as octokit from "@octokit/webhooks-methods"
import { Exit, Redacted, Result, Schema } from "effect"
import { createHmac } from "node:crypto"
import { createRequire } from "node:module"
import { body, bytes, type Headers, input, now, suite, tagOf } from "./refusals.ts"

const { events, scheme } = GitHubWebhook

// its declarations describe a default export that the file, a plain JSON, does not have
const examples: ReadonlyArray<{ readonly name: string; readonly examples: ReadonlyArray<object> }> = createRequire(
  import.meta.url
)("@octokit/webhooks-examples")

const secret = "it's a webhook secret"
const otherSecret = "it's another webhook secret"
const text = new TextDecoder().decode(body)

const hex = (content: Uint8Array, key: string, hash = "sha256") => createHmac(hash, key).update(content).digest("hex")

const header = (value: string): Headers => [["X-Hub-Signature-256", value]]

const verdict = (headers: Headers, overrides: Partial<WebhookVerifier.VerifyInput> = {}) =>
  tagOf(WebhookVerifier.verify(scheme, input(headers, [secret], overrides)))

suite({
  scheme,
  secret,
  otherSecret,
  required: ["X-Hub-Signature-256"],
  signatureHeader: "X-Hub-Signature-256",
  idHeader: "X-GitHub-Delivery",
  rewrite: (value, signature) => `sha256=${signature(value.slice("sha256=".length))}`,
  sign: (content, key) => header(`sha256=${hex(content, key)}`)
})

describe("github and octokit's package agree", () => {
  it("on what the package signs", async () =>
    expect(verdict(header(await octokit.sign(secret, text)))).toBe("accepted"))

  it("on what we sign", async () => {
    const options = { body, secret: Redacted.make(secret), timestamp: now, id: "72d3162e", type: "issues" }
    const headers = Result.getOrThrow(WebhookSigner.sign(scheme, options))
    expect(headers).toEqual([
      ["X-GitHub-Delivery", "72d3162e"],
      ["X-GitHub-Event", "issues"],
      ["X-Hub-Signature-256", await octokit.sign(secret, text)]
    ])
    expect(await octokit.verify(secret, text, headers[2]?.[1] ?? "")).toBe(true)
  })

  it("on an additional secret", async () => {
    const signature = await octokit.sign(otherSecret, text)
    expect(await octokit.verifyWithFallback(secret, text, signature, [otherSecret])).toBe(true)
    const verified = WebhookVerifier.verify(scheme, input(header(signature), [secret, otherSecret]))
    expect(Result.getOrThrow(verified).signedBy).toBe(1)
  })

  it("on refusing a tampered body, upper case and a signature cut short", async () => {
    const signature = await octokit.sign(secret, text)
    const wrong = [signature.toUpperCase(), signature.slice(0, -1), signature.replace("sha256", "sha1")]
    expect(await octokit.verify(secret, `${text} `, signature)).toBe(false)
    for (const value of wrong) {
      expect(await octokit.verify(secret, text, value)).toBe(false)
      expect(verdict(header(value))).toBe("MalformedSignature")
    }
  })

  it("on every example payload", async () => {
    for (const example of examples.flatMap((event) => event.examples)) {
      const payload = JSON.stringify(example)
      const signature = await octokit.sign(secret, payload)
      expect(verdict(header(signature), { body: bytes(payload) })).toBe("accepted")
    }
  })
})

describe("octokit's package is laxer", () => {
  it("with a byte order mark that its caller decoded away, which we refuse", async () => {
    const marked = Buffer.concat([Uint8Array.of(0xef, 0xbb, 0xbf), body])
    const signature = await octokit.sign(secret, text)
    expect(await octokit.verify(secret, new TextDecoder().decode(marked), signature)).toBe(true)
    expect(verdict(header(signature), { body: marked })).toBe("SignatureMismatch")
  })

  it("with bytes that are not UTF-8, which its caller must replace before it can verify", async () => {
    const notUtf8 = Uint8Array.of(0x22, 0xff, 0x22)
    const decoded = new TextDecoder().decode(notUtf8)
    const signature = await octokit.sign(secret, decoded)
    expect(await octokit.verify(secret, decoded, signature)).toBe(true)
    expect(verdict(header(signature), { body: notUtf8 })).toBe("SignatureMismatch")
  })

  it("with a secret of white space, which we refuse", async () => {
    const signature = await octokit.sign(" ", text)
    expect(await octokit.verify(" ", text, signature)).toBe(true)
    expect(tagOf(WebhookVerifier.verify(scheme, input(header(signature), [" "])))).toBe("InvalidSecret")
  })
})

describe("github", () => {
  it("accepts the documented test values", () => {
    const headers = header("sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
    const documented = input(headers, ["It's a Secret to Everybody"], { body: bytes("Hello, World!") })
    expect(tagOf(WebhookVerifier.verify(scheme, documented))).toBe("accepted")
  })

  it("does not fall back to the legacy SHA-1 signature", () =>
    expect(verdict([["X-Hub-Signature", `sha1=${hex(body, secret, "sha1")}`]])).toBe("MissingHeader"))

  it("does not take a SHA-1 signature in the header of SHA-256", () =>
    expect(verdict(header(`sha256=${hex(body, secret, "sha1")}`))).toBe("MalformedSignature"))

  it("takes id and type from headers, and says that they are not signed", () => {
    const headers: Headers = [
      ...header(`sha256=${hex(body, secret)}`),
      ["x-github-delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958"],
      ["x-github-event", "issues"]
    ]
    expect(Result.getOrThrow(WebhookVerifier.verify(scheme, input(headers, [secret])))).toEqual({
      id: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
      type: "issues",
      timestamp: undefined,
      signedBy: 0,
      unsigned: ["id", "type"]
    })
  })

  it("refuses an id that is empty, long, or two ids joined into one", () => {
    for (const id of ["", "a".repeat(257), "first, second", "a\nb", "é"]) {
      expect(verdict([...header(`sha256=${hex(body, secret)}`), ["X-GitHub-Delivery", id]])).toBe("MalformedHeader")
    }
  })

  it("ignores an id in the body", () => {
    const verified = WebhookVerifier.verify(scheme, input(header(`sha256=${hex(body, secret)}`), [secret]))
    expect(Result.getOrThrow(verified)).toMatchObject({ id: undefined, type: undefined, unsigned: [] })
  })

  it("accepts form bodies, which are signed the same way", () => {
    const form = bytes("payload=%7B%22zen%22%3A%22Design+for+failure.%22%7D")
    expect(verdict(header(`sha256=${hex(form, secret)}`), { body: form })).toBe("accepted")
  })
})

describe("the events", () => {
  const failures = (exit: Exit.Exit<unknown, unknown>) => (Exit.isFailure(exit) ? [String(exit.cause)] : [])
  const payloads = (type: string) => examples.find(({ name }) => name === type)?.examples ?? []

  it.each([
    ["issues", 29],
    ["issue_comment", 9],
    ["label", 6],
    ["repository", 13],
    ["ping", 4]
  ] as const)("%s decodes each of its %i example payloads", (type, count) => {
    const decode = (payload: unknown) => Schema.decodeUnknownExit(events[type])(payload)
    expect(payloads(type)).toHaveLength(count)
    expect(payloads(type).flatMap((payload) => failures(decode(payload)))).toEqual([])
  })

  it("tell a pinned issue, which GitHub sends without its state, from an open one", () => {
    const stateOf = (action: string) =>
      payloads("issues")
        .map((payload) => Schema.decodeUnknownSync(events.issues)(payload))
        .find((event) => event.action === action)?.issue.state
    expect(stateOf("pinned")).toBeUndefined()
    expect(stateOf("reopened")).toBe("open")
  })

  it("take an action that nobody knew of yet", () => {
    const [payload] = payloads("label")
    expect(Schema.decodeUnknownSync(events.label)({ ...payload, action: "polished" }).action).toBe("polished")
  })
})
