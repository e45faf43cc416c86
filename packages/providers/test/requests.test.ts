import { type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { inspect } from "node:util"
import { text } from "./oracles.ts"
import { requestOracles, type Sent } from "./requestOracles.ts"
import { tagOf } from "./refusals.ts"

const catalogue: Readonly<Record<string, SignatureScheme.SignatureScheme>> = schemes

const schemeOf = (id: string) => catalogue[id] ?? expect.fail(`${id} is not in the catalogue`)

/** Within the time of the tests' certificate. */
const now = 1_800_000_000_000

/** The delivery with its signature replaced, which is in a header, in the query or in the body. */
const withSignature = (sent: Sent, place: RegExp, change: (text: string) => string): Sent => {
  const rewrite = (text: string) => {
    const found = place.exec(text)?.[1]
    return found === undefined ? text : text.replace(found, change(found))
  }
  return {
    ...sent,
    url: rewrite(sent.url),
    headers: sent.headers.map(([name, value]) => [name, rewrite(value)]),
    body: text(rewrite(Buffer.from(sent.body).toString()))
  }
}

for (const [id, oracle] of Object.entries(requestOracles)) {
  const scheme = schemeOf(id)
  const { otherSecret, secret } = oracle
  const judge = (sent: Sent, secrets: ReadonlyArray<string> = [secret], at = now) =>
    WebhookVerifier.verify(scheme, {
      ...sent,
      secrets: secrets.map((each) => Redacted.make(each)),
      now: at,
      // The oracle's keys are what a fetch would have brought.
      keys: oracle.keys as WebhookVerifier.FetchedKeys | undefined
    })
  const genuine = oracle.send(now, secret)
  const isKeyless = otherSecret === ""

  describe(`${id} accepts`, () => {
    it("what the oracle signs", () => expect(tagOf(judge(genuine))).toBe("accepted"))

    it("what is signed with the previous secret, and says which one it was", () => {
      const { signedBy } = Result.getOrThrow(judge(genuine, isKeyless ? [] : [otherSecret, secret]))
      expect(signedBy).toBe(isKeyless ? 0 : 1)
    })

    it.each(Object.entries(oracle.open))("another %s, which it calls unsigned", (part, change) => {
      expect(tagOf(judge(change(genuine)))).toBe("accepted")
      expect(Result.getOrThrow(judge(genuine)).unsigned).toContain(part)
    })
  })

  describe(`${id} refuses`, () => {
    it.each(Object.entries(oracle.covered))("another %s", (_, change) => {
      expect(tagOf(judge(change(genuine)))).not.toBe("accepted")
    })

    it("another secret, and none", () => {
      expect(tagOf(judge(genuine, [otherSecret])) === "accepted").toBe(isKeyless)
      expect(tagOf(judge(genuine, [])) === "accepted").toBe(isKeyless)
      expect(tagOf(judge(genuine, [` ${secret}`])) === "accepted").toBe(isKeyless)
    })

    it("a delivery without its headers, with each twice, or without a body", () => {
      expect(tagOf(judge({ ...genuine, headers: [], body: new Uint8Array(0) }))).not.toBe("accepted")
      for (const header of genuine.headers) {
        const twice = judge({ ...genuine, headers: [...genuine.headers, header] })
        expect(tagOf(twice)).toBe("DuplicateHeader")
      }
    })

    it("a body that is not UTF-8, has a mark in front, or is huge, where it is signed", () => {
      const signsBody = !("body" in oracle.open)
      const marked = Buffer.concat([Uint8Array.of(0xef, 0xbb, 0xbf), genuine.body])
      const broken = Buffer.concat([genuine.body, Uint8Array.of(0xff)])
      for (const body of [marked, broken, Buffer.concat([genuine.body, Buffer.alloc(1_048_576, "a")])]) {
        expect(tagOf(judge({ ...genuine, body })) === "accepted" && signsBody).toBe(false)
      }
    })

    it("an empty body, where it is signed", () => {
      const verdict = tagOf(judge({ ...genuine, body: new Uint8Array(0) }))
      expect(verdict === "accepted").toBe("body" in oracle.open && genuine.headers.length > 0)
    })

    it.each(genuine.headers.map(([name]) => name))("a delivery without %s, unless it can go without", (name) => {
      const headers = genuine.headers.filter(([key]) => key !== name)
      const isOptional = oracle.optional?.includes(name) ?? false
      expect(tagOf(judge({ ...genuine, headers })) === "accepted").toBe(isOptional)
    })

    it("a signature that is cut short, extended, empty, or spelled in another way", () => {
      const spellings = [
        () => "",
        (text: string) => text.slice(1),
        (text: string) => text.slice(0, -2),
        (text: string) => `${text}0`,
        (text: string) => `${text}==`,
        (text: string) => ` ${text}`,
        (text: string) => `${text.slice(0, 5)}!${text.slice(6)}`,
        (text: string) => `${text.slice(0, 5)}\u0661${text.slice(6)}`,
        (text: string) => text.toUpperCase()
      ]
      for (const spelling of spellings) {
        expect(tagOf(judge(withSignature(genuine, oracle.signature, spelling)))).not.toBe("accepted")
      }
    })

    it("headers of 64 KiB", () => {
      for (const [name] of genuine.headers.filter(([key]) => !oracle.optional?.includes(key))) {
        for (const filling of ["a", ".", ",", "=", "eyJ9."]) {
          const value = filling.repeat(65_536 / filling.length)
          const headers = genuine.headers.map(([key, old]) => [key, key === name ? value : old] as const)
          expect(tagOf(judge({ ...genuine, headers }))).not.toBe("accepted")
        }
      }
    })

    it("what is too old, by a clock that is a number", () => {
      const { past } = oracle
      expect(tagOf(judge(oracle.send(now - (past ?? 0) * 1000, secret)))).toBe("accepted")
      expect(tagOf(judge(oracle.send(now - ((past ?? 0) + 1) * 1000, secret))) === "accepted").toBe(past === undefined)
      expect(tagOf(judge(genuine, [secret], Number.NaN)) === "accepted").toBe(past === undefined)
    })

    it("what is too far ahead", () => {
      const { future } = oracle
      expect(tagOf(judge(oracle.send(now + (future ?? 0) * 1000, secret)))).toBe("accepted")
      const ahead = tagOf(judge(oracle.send(now + ((future ?? 0) + 1) * 1000, secret)))
      expect(ahead === "accepted").toBe(future === undefined)
    })

    it("without telling secret or body", () => {
      const error = Result.flip(judge({ ...genuine, headers: [], body: new Uint8Array(0) }))
      const told = inspect(Result.getOrThrow(error), { depth: 9 })
      expect(told).not.toContain(secret)
    })
  })
}

describe("what we sign is accepted, under", () => {
  const signing = Object.entries(requestOracles).filter(([id]) => id !== "plaid")

  it.each(signing)("%s", (id, oracle) => {
    const scheme = schemeOf(id)
    const sent = oracle.send(now, oracle.secret)
    const carried = sent.headers.filter(([name]) =>
      /nonce|signed-headers|CERT-URL|TRANSMISSION-ID|Klaviyo-Timestamp/i.test(name)
    )
    const signed = WebhookSigner.signDelivery(scheme, {
      ...sent,
      headers: carried,
      secret: Redacted.make(oracle.signingSecret ?? oracle.secret),
      timestamp: now,
      audience: oracle.secret,
      keyId: Object.keys(oracle.keys?.jwks ?? {})[0]
    })
    const verified = WebhookVerifier.verify(scheme, {
      ...Result.getOrThrow(signed),
      method: sent.method,
      secrets: [Redacted.make(oracle.secret)],
      now,
      // The oracle's keys are what a fetch would have brought.
      keys: oracle.keys as WebhookVerifier.FetchedKeys | undefined
    })
    expect(tagOf(verified)).toBe("accepted")
  })
})
