import { type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { inspect } from "node:util"
import { type Delivery, type Oracle, oracles, text } from "./oracles.ts"
import { requestOracles } from "./requestOracles.ts"
import { type Headers, now, replaced, tagOf } from "./refusals.ts"

const catalogue: Readonly<Record<string, SignatureScheme.SignatureScheme>> = schemes

const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf)

const notUtf8 = Uint8Array.of(0x7b, 0xff, 0xfe, 0x80, 0x7d)

const delivery = (oracle: Oracle, overrides: Partial<Delivery> = {}): Delivery => ({
  body: oracle.body(overrides.millis ?? now),
  method: "POST",
  url: "https://example.com/webhooks?source=provider",
  id: "msg_1",
  millis: now,
  ...overrides
})

const judge = (
  scheme: SignatureScheme.SignatureScheme,
  sent: Delivery,
  headers: Headers,
  secrets: ReadonlyArray<string>,
  at = now
) =>
  WebhookVerifier.verify(scheme, {
    method: sent.method,
    url: sent.url,
    headers,
    body: sent.body,
    secrets: secrets.map((secret) => Redacted.make(secret)),
    now: at
  })

const changeFirst = (bytes: Uint8Array, at: number): Uint8Array => {
  const changed = Uint8Array.from(bytes)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}

it("every scheme has an oracle, and every oracle a scheme", () =>
  expect([...Object.keys(oracles), ...Object.keys(requestOracles)].toSorted()).toEqual(Object.keys(schemes).toSorted()))

for (const [id, oracle] of Object.entries(oracles)) {
  const scheme = catalogue[id] ?? expect.fail(`${id} is not in the catalogue`)
  const { otherSecret, secret } = oracle
  const genuine = delivery(oracle)
  const headers = oracle.sign(genuine, secret)
  const verdict = (sent: Delivery, sentHeaders: Headers, secrets: ReadonlyArray<string> = [secret]) =>
    tagOf(judge(scheme, sent, sentHeaders, secrets))
  const resigned = (overrides: Partial<Delivery>) => {
    const sent = delivery(oracle, overrides)
    return verdict(sent, oracle.sign(sent, secret))
  }
  const withSignature = (change: (value: string) => string) => replaced(headers, oracle.header, change)

  describe(`${id} accepts`, () => {
    it("what the oracle signs, in headers of any case", () => {
      expect(verdict(genuine, headers)).toBe("accepted")
      expect(
        verdict(
          genuine,
          headers.map(([name, value]) => [name.toUpperCase(), value])
        )
      ).toBe("accepted")
    })

    it("what we sign, which is what the oracle signs", () => {
      const signed = Result.getOrThrow(
        WebhookSigner.sign(scheme, {
          body: genuine.body,
          secret: Redacted.make(oracle.signingSecret ?? secret),
          timestamp: now,
          id: genuine.id,
          type: "thing.happened",
          method: genuine.method,
          url: genuine.url
        })
      )
      expect(verdict(genuine, signed)).toBe("accepted")
      for (const [name, value] of headers) expect(signed).toContainEqual([name, value])
    })

    it("the previous secret during a rotation, and says which one signed", () => {
      const verified = judge(scheme, genuine, headers, [otherSecret, secret])
      expect(Result.getOrThrow(verified).signedBy).toBe(1)
      expect(Result.getOrThrow(judge(scheme, genuine, headers, [secret, otherSecret])).signedBy).toBe(0)
    })

    const unusual = [new Uint8Array(0), notUtf8]

    it("any signed bytes: none, what is not UTF-8; unless they must hold the time", () => {
      for (const body of unusual) expect(resigned({ body })).toBe(oracle.isBodyFree ? "accepted" : "MalformedBody")
    })

    it("a signed byte order mark before the body", () =>
      expect(resigned({ body: Buffer.concat([byteOrderMark, genuine.body]) })).toBe("accepted"))
  })

  describe(`${id} refuses`, () => {
    it("a body that differs in one byte, is cut short, extended, empty, or has a mark in front", () => {
      for (let at = 0; at < genuine.body.length; at += 5) {
        expect(verdict({ ...genuine, body: changeFirst(genuine.body, at) }, headers)).toBe("SignatureMismatch")
      }
      for (const body of [
        genuine.body.subarray(1),
        Buffer.concat([genuine.body, text("\n")]),
        new Uint8Array(0),
        Buffer.concat([byteOrderMark, genuine.body])
      ]) {
        expect(verdict({ ...genuine, body }, headers)).toBe("SignatureMismatch")
      }
    })

    it("another secret, no secret, and secrets that are empty or have white space around them", () => {
      expect(verdict(genuine, headers, [otherSecret])).toBe("SignatureMismatch")
      expect(verdict(genuine, headers, [])).toBe("MissingSecret")
      for (const wrong of ["", " ", `${secret}\n`, ` ${secret}`]) {
        expect(verdict(genuine, headers, [wrong])).toBe("InvalidSecret")
      }
    })

    it.each(oracle.required)("a delivery without %s, or with two of them", (name) => {
      const without = headers.filter(([key]) => key !== name)
      const only = headers.filter(([key]) => key === name)
      expect(verdict(genuine, without)).toBe("MissingHeader")
      expect(verdict(genuine, [...headers, ...only])).toBe(oracle.isRepeated ? "accepted" : "DuplicateHeader")
    })

    it("a signature that is cut short, extended, empty, or spelled in another way", () => {
      const spellings = [
        () => "",
        (value: string) => value.slice(0, -1),
        (value: string) => value.slice(0, -4),
        (value: string) => `${value}0`,
        (value: string) => `${value}\n`,
        (value: string) => ` ${value}`,
        (value: string) => `${value.slice(0, -6)}!${value.slice(-5)}`,
        (value: string) => value.toUpperCase(),
        (value: string) => value.slice(value.search(/[=,]/) + 1).slice(1)
      ]
      for (const spelling of spellings) expect(verdict(genuine, withSignature(spelling))).not.toBe("accepted")
    })

    it("a well-formed signature of something else", () => {
      const other = oracle.sign(delivery(oracle, { body: text("{}") }), secret)
      const [, value = ""] = other.find(([name]) => name === oracle.header) ?? []
      expect(
        verdict(
          genuine,
          withSignature(() => value)
        )
      ).toBe("SignatureMismatch")
    })

    it("a signature header of 64 KiB", () => {
      for (const filling of ["a", ",", ";", " ", "=", "v1=a,", "v1,a ", `${headers.at(-1)?.[1]},`]) {
        const huge = filling.repeat(Math.ceil(65_536 / filling.length))
        expect(
          verdict(
            genuine,
            withSignature(() => huge)
          )
        ).not.toBe("accepted")
      }
    })

    it("without telling secret, signature or body", () => {
      const signature = headers.find(([name]) => name === oracle.header)?.[1].slice(-40) ?? ""
      for (const result of [
        judge(scheme, genuine, headers, [otherSecret]),
        judge(scheme, genuine, headers, [`${secret}\n`]),
        judge(
          scheme,
          genuine,
          withSignature((value) => value.slice(0, -2)),
          [secret]
        )
      ]) {
        const error = Result.getOrThrow(Result.flip(result))
        const told = [error.message, inspect(error, { depth: 9 }), JSON.stringify(error)].join("\n")
        for (const hidden of [secret, otherSecret, signature, "mlauts"]) expect(told).not.toContain(hidden)
      }
    })
  })

  describe(`${id} says of its parts`, () => {
    const parts = { id: "id_1", type: "thing.happened" }
    const signed = Result.getOrThrow(
      WebhookSigner.sign(scheme, {
        ...parts,
        body: genuine.body,
        secret: Redacted.make(oracle.signingSecret ?? secret),
        timestamp: now,
        method: genuine.method,
        url: genuine.url
      })
    )

    it("that they are unsigned exactly where anyone can change them", () => {
      const { unsigned } = Result.getOrThrow(judge(scheme, genuine, signed, [secret]))
      for (const part of ["id", "type"] as const) {
        const header = signed.find(([, value]) => value === parts[part])?.[0]
        const changed = header === undefined ? signed : replaced(signed, header, () => "changed")
        const changes = header !== undefined && verdict(genuine, changed) === "accepted"
        expect(unsigned.includes(part)).toBe(changes)
      }
      expect(unsigned).not.toContain("timestamp")
    })
  })

  const { tolerance } = oracle
  if (tolerance === undefined) continue

  describe(`${id} reads its timestamp so that it`, () => {
    it("accepts what is just within the tolerance and refuses what is just outside of it", () => {
      expect(resigned({ millis: now - tolerance.past * 1000 })).toBe("accepted")
      expect(resigned({ millis: now + tolerance.future * 1000 })).toBe("accepted")
      expect(resigned({ millis: now - (tolerance.past + 1) * 1000 })).toBe("TimestampTooOld")
      expect(resigned({ millis: now + (tolerance.future + 1) * 1000 })).toBe("TimestampInFuture")
    })

    it("refuses a signature that is moved to another time", () => {
      const later = oracle.sign(delivery(oracle, { millis: now + 1000 }), secret)
      const stamps = [headers, later].map(
        (each) => /\b\d{10}(\d{3})?\b|\d{4}-[\dT:.-]+Z/.exec(each.flat().join(" "))?.[0] ?? "none"
      )
      const moved = headers.map(([name, value]) => [name, value.replace(stamps[0] ?? "", stamps[1] ?? "")] as const)
      expect(moved.flat().join() === headers.flat().join()).toBe(!oracle.isBodyFree)
      expect(verdict(oracle.isBodyFree ? genuine : delivery(oracle, { millis: now + 1000 }), moved)).toBe(
        "SignatureMismatch"
      )
    })

    it("refuses everything while our own clock is not a number", () =>
      expect(tagOf(judge(scheme, genuine, headers, [secret], Number.NaN))).toBe("TimestampTooOld"))
  })
}
