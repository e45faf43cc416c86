import { type SignatureScheme, type WebhookError, WebhookVerifier } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { inspect } from "node:util"

export type Headers = ReadonlyArray<readonly [name: string, value: string]>

/** What the suite needs to know of a provider. The signatures are computed without the code under test. */
export interface Provider {
  readonly scheme: SignatureScheme.SignatureScheme
  readonly secret: string
  readonly otherSecret: string
  /** Headers whose absence is a refusal. */
  readonly required: ReadonlyArray<string>
  readonly signatureHeader: string
  readonly idHeader?: string
  readonly timestampHeader?: string
  /** The signature header with its encoded signatures replaced. */
  readonly rewrite: (value: string, signature: (encoded: string) => string) => string
  /** The signature header with its signatures repeated so many times, where it is a list. */
  readonly repeat?: (value: string, times: number) => string
  readonly sign: (body: Uint8Array, secret: string, millis: number) => Headers
}

export const now = 1_764_000_000_000

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const body = bytes(`{"id":"evt_1","type":"thing.happened","note":"a body with ümlauts"}`)

export const input = (
  headers: Headers,
  secrets: ReadonlyArray<string>,
  overrides: Partial<WebhookVerifier.VerifyInput> = {}
): WebhookVerifier.VerifyInput => ({
  method: "POST",
  url: "https://example.com/webhooks",
  headers,
  body,
  secrets: secrets.map((secret) => Redacted.make(secret)),
  now,
  ...overrides
})

export const tagOf = (result: Result.Result<WebhookVerifier.Verified, WebhookError.WebhookError>): string =>
  Result.match(result, { onFailure: ({ reason }) => reason._tag, onSuccess: () => "accepted" })

export const replaced = (headers: Headers, name: string, value: (old: string) => string): Headers =>
  headers.map(([key, old]) => (key.toLowerCase() === name.toLowerCase() ? [key, value(old)] : [key, old]))

const without = (headers: Headers, name: string): Headers =>
  headers.filter(([key]) => key.toLowerCase() !== name.toLowerCase())

const valueOf = (headers: Headers, name: string): string =>
  headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1] ?? expect.fail(`${name} is not sent`)

const notUtf8 = Uint8Array.of(0x7b, 0xff, 0xfe, 0x80, 0x7d)

const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf)

/** What every provider's scheme must refuse, and the unusual that it must accept. */
export const suite = (provider: Provider): void => {
  const { required, rewrite, scheme, secret, otherSecret, sign, signatureHeader } = provider
  const genuine = sign(body, secret, now)
  const verdict = (headers: Headers, overrides?: Partial<WebhookVerifier.VerifyInput>) =>
    tagOf(WebhookVerifier.verify(scheme, input(headers, [secret], overrides)))
  const withSignature = (change: (encoded: string) => string) =>
    replaced(genuine, signatureHeader, (value) => rewrite(value, change))

  describe(`${scheme.id} accepts`, () => {
    it("a genuine delivery", () => expect(verdict(genuine)).toBe("accepted"))

    it("header names in any case", () => {
      expect(verdict(genuine.map(([name, value]) => [name.toUpperCase(), value]))).toBe("accepted")
      expect(verdict(genuine.map(([name, value]) => [name.toLowerCase(), value]))).toBe("accepted")
    })

    it("the previous secret during a rotation, and says which one signed", () => {
      const verified = WebhookVerifier.verify(scheme, input(genuine, [otherSecret, secret]))
      expect(Result.getOrThrow(verified).signedBy).toBe(1)
    })

    it("the same secret given twice as the first of them", () => {
      const verified = WebhookVerifier.verify(scheme, input(genuine, [secret, secret]))
      expect(Result.getOrThrow(verified).signedBy).toBe(0)
    })

    it("an empty body that was signed", () => {
      const empty = new Uint8Array(0)
      expect(verdict(sign(empty, secret, now), { body: empty })).toBe("accepted")
    })

    it("signed bytes that are not UTF-8", () =>
      expect(verdict(sign(notUtf8, secret, now), { body: notUtf8 })).toBe("accepted"))

    it("a byte order mark that was signed", () => {
      const marked = Buffer.concat([byteOrderMark, body])
      expect(verdict(sign(marked, secret, now), { body: marked })).toBe("accepted")
    })
  })

  describe(`${scheme.id} refuses`, () => {
    it("every body that differs in one byte", () => {
      for (let at = 0; at < body.length; at++) {
        const tampered = Uint8Array.from(body)
        tampered[at] = (tampered[at] ?? 0) ^ 1
        expect(verdict(genuine, { body: tampered })).toBe("SignatureMismatch")
      }
    })

    it("a body cut short, extended or empty", () => {
      expect(verdict(genuine, { body: body.subarray(1) })).toBe("SignatureMismatch")
      expect(verdict(genuine, { body: Buffer.concat([body, bytes("\n")]) })).toBe("SignatureMismatch")
      expect(verdict(genuine, { body: new Uint8Array(0) })).toBe("SignatureMismatch")
    })

    it("a byte order mark that was not signed", () =>
      expect(verdict(genuine, { body: Buffer.concat([byteOrderMark, body]) })).toBe("SignatureMismatch"))

    it("another secret", () =>
      expect(tagOf(WebhookVerifier.verify(scheme, input(genuine, [otherSecret])))).toBe("SignatureMismatch"))

    it.each(required)("a delivery without %s", (name) =>
      expect(WebhookVerifier.verify(scheme, input(without(genuine, name), [secret]))).toMatchObject({
        failure: { reason: { _tag: "MissingHeader", header: name } }
      })
    )

    it.each([...required, ...(provider.idHeader === undefined ? [] : [provider.idHeader])])(
      "%s sent twice, even with the same value",
      (name) => {
        const again = [name.toLowerCase(), valueOf([...genuine, [name, "1"]], name)] as const
        const missing = genuine.every(([key]) => key.toLowerCase() !== name.toLowerCase())
        expect(verdict([...genuine, again, ...(missing ? [again] : [])])).toBe("DuplicateHeader")
      }
    )

    it("a signature cut short, extended, or empty", () => {
      expect(verdict(withSignature((encoded) => encoded.slice(0, -2)))).toBe("MalformedSignature")
      expect(verdict(withSignature((encoded) => encoded.slice(0, -1)))).toBe("MalformedSignature")
      expect(verdict(withSignature((encoded) => `${encoded}00`))).toBe("MalformedSignature")
      expect(verdict(withSignature(() => ""))).toBe("MalformedSignature")
      expect(verdict(replaced(genuine, signatureHeader, () => ""))).toBe("MalformedSignature")
    })

    it("a signature in another spelling", () => {
      const spellings = [
        (encoded: string) => encoded.toUpperCase(),
        (encoded: string) => ` ${encoded}`,
        (encoded: string) => `${encoded}\n`,
        (encoded: string) => `${encoded.slice(0, 5)}!${encoded.slice(5)}`,
        (encoded: string) => encoded.replace(/^./, "\u0661")
      ]
      for (const spelling of spellings) expect(verdict(withSignature(spelling))).not.toBe("accepted")
    })

    it("a well-formed signature of something else", () =>
      expect(
        verdict(replaced(genuine, signatureHeader, () => valueOf(sign(bytes("{}"), secret, now), signatureHeader)))
      ).toBe("SignatureMismatch"))

    it("a signature header of 64 KiB", () => {
      for (const filling of ["a", ",", " ", "=", "v1=", "v1,a ", "v1=a,", valueOf(genuine, signatureHeader)]) {
        const huge = filling.repeat(Math.ceil(65_536 / filling.length))
        expect(verdict(replaced(genuine, signatureHeader, () => huge))).toBe("MalformedSignature")
      }
    })

    it("secrets that are empty, blank, or with white space around them, as our own mistake", () => {
      for (const wrong of ["", " ", "\n", `${secret}\n`, ` ${secret}`, `${secret}\r\n`, `\uFEFF${secret}`]) {
        const result = WebhookVerifier.verify(scheme, input(genuine, [secret, wrong]))
        expect(result).toMatchObject({ failure: { category: "invalid", reason: { _tag: "InvalidSecret", index: 1 } } })
      }
    })

    it("to work without a secret", () =>
      expect(tagOf(WebhookVerifier.verify(scheme, input(genuine, [])))).toBe("MissingSecret"))

    it("without telling secret, signature or body", () => {
      const signature = valueOf(genuine, signatureHeader)
      const results = [
        WebhookVerifier.verify(scheme, input(genuine, [otherSecret])),
        WebhookVerifier.verify(scheme, input(genuine, [`${secret}\n`])),
        WebhookVerifier.verify(
          scheme,
          input(
            withSignature((encoded) => encoded.slice(1)),
            [secret]
          )
        )
      ]
      for (const result of results) {
        const error = Result.getOrThrow(Result.flip(result))
        const told = [error.message, inspect(error, { depth: 9 }), JSON.stringify(error), String(error)].join("\n")
        for (const hidden of [secret, otherSecret, signature.slice(-40), "thing.happened"]) {
          expect(told).not.toContain(hidden)
        }
      }
    })
  })

  if (scheme.timestamp !== undefined) describeTimestamp(provider)
  if (provider.repeat !== undefined) describeList(provider, provider.repeat)
}

const describeTimestamp = ({ scheme, secret, sign, signatureHeader, timestampHeader }: Provider): void => {
  const at = (millis: number) => tagOf(WebhookVerifier.verify(scheme, input(sign(body, secret, millis), [secret])))
  const rewrite = (stamp: (digits: string) => string) => {
    const headers = sign(body, secret, now)
    const changed =
      timestampHeader === undefined
        ? replaced(headers, signatureHeader, (value) => value.replace(/t=(\d+)/, (_, digits) => `t=${stamp(digits)}`))
        : replaced(headers, timestampHeader, stamp)
    return tagOf(WebhookVerifier.verify(scheme, input(changed, [secret])))
  }

  describe(`${scheme.id} reads its timestamp so that it`, () => {
    it("accepts 300 seconds past and ahead, and refuses 301", () => {
      expect(at(now - 300_000)).toBe("accepted")
      expect(at(now + 300_000)).toBe("accepted")
      expect(at(now - 301_000)).toBe("TimestampTooOld")
      expect(at(now + 301_000)).toBe("TimestampInFuture")
    })

    it("refuses a signature moved to another time", () =>
      expect(rewrite((digits) => String(Number(digits) + 1))).toBe("SignatureMismatch"))

    it("refuses anything but digits", () => {
      const junk = [
        "",
        " ",
        "abc",
        "12.5",
        "1e9",
        "-1",
        "+1",
        "0x10",
        "NaN",
        "Infinity",
        "1".repeat(16),
        "1".repeat(4000)
      ]
      for (const text of junk) expect(rewrite(() => text)).toBe("MalformedTimestamp")
      for (const change of [(d: string) => `${d}abc`, (d: string) => `${d}\n`, (d: string) => `${d}.0`]) {
        expect(rewrite(change)).toBe("MalformedTimestamp")
      }
    })

    it("refuses everything when our own clock is not a number", () => {
      const headers = sign(body, secret, now)
      expect(tagOf(WebhookVerifier.verify(scheme, input(headers, [secret], { now: Number.NaN })))).toBe(
        "TimestampTooOld"
      )
    })
  })
}

const describeList = (
  { otherSecret, scheme, secret, sign, signatureHeader }: Provider,
  repeat: (value: string, times: number) => string
): void => {
  const foreign = sign(body, otherSecret, now)
  const verdict = (times: number, secrets: ReadonlyArray<string>) =>
    WebhookVerifier.verify(
      scheme,
      input(
        replaced(foreign, signatureHeader, (value) => repeat(value, times)),
        secrets
      )
    )

  describe(`${scheme.id} reads its list so that it`, () => {
    it("tries 32 signatures and refuses 33, even when one would match", () => {
      expect(tagOf(verdict(32, [secret]))).toBe("SignatureMismatch")
      expect(tagOf(verdict(32, [secret, otherSecret]))).toBe("accepted")
      expect(verdict(33, [secret, otherSecret])).toMatchObject({
        failure: { reason: { _tag: "TooManySignatures", limit: 32 } }
      })
    })
  })
}
