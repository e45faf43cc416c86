import { type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { inspect } from "node:util"
import { requestOracles, type Sent } from "./requestOracles.ts"
import { tagOf } from "./refusals.ts"

const catalogue: Readonly<Record<string, SignatureScheme.SignatureScheme>> = schemes

const schemeOf = (id: string) => catalogue[id] ?? expect.fail(`${id} is not in the catalogue`)

/** Within the time of the tests' certificate. */
const now = 1_800_000_000_000

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

    it("headers of 64 KiB", () => {
      for (const [name] of genuine.headers.slice(-1)) {
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
    const carried = sent.headers.filter(([name]) => /nonce|signed-headers|CERT-URL|TRANSMISSION-ID/i.test(name))
    const signed = WebhookSigner.signDelivery(scheme, {
      ...sent,
      headers: carried,
      secret: Redacted.make(oracle.signingSecret ?? oracle.secret),
      timestamp: now,
      audience: oracle.secret
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
