/** What must hold of every family of schemes: a genuine delivery, signed by the oracle of its test, and many that are not. */
import { Handshake, type SignatureScheme, WebhookSigner, WebhookVerifier } from "@causeway/core/webhook"
import { expect, it } from "@effect/vitest"
import { Redacted, Result, Schema } from "effect"

export type Input = Omit<WebhookVerifier.VerifyInput, "secrets" | "now" | "keys">

export const now = 1_764_000_000_000

export const docs = { url: "https://acme.example", checked: "documentation" } as const

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const secretsOf = (...texts: ReadonlyArray<string>) => texts.map((text) => Redacted.make(text))

export interface Family {
  readonly scheme: SignatureScheme.SignatureScheme
  readonly secret: string
  /** Well formed, and of somebody else. */
  readonly foreignSecret?: string
  readonly keys?: WebhookVerifier.FetchedKeys
  /** Made by `node:crypto` alone. */
  readonly genuine: Input
  /** Whether the same delivery with another byte in its body is another one. */
  readonly coversBody: boolean
  /** What the signature tells apart, where that is less than the bytes. Default: the bytes. */
  readonly signedText?: (body: Uint8Array) => string
  readonly signing?: Partial<WebhookSigner.SignOptions>
}

export const verify = (
  { keys, scheme, secret }: Family,
  input: Input,
  overrides: Partial<WebhookVerifier.VerifyInput> = {}
) => WebhookVerifier.verify(scheme, { ...input, secrets: secretsOf(secret), now, keys, ...overrides })

export const verdict = (...args: Parameters<typeof verify>): string =>
  Result.match(verify(...args), { onFailure: ({ reason }) => reason._tag, onSuccess: () => "accepted" })

const everyHeader = (family: Family, change: (value: string) => string): ReadonlyArray<Input> =>
  family.genuine.headers.map((_, chosen) => ({
    ...family.genuine,
    headers: family.genuine.headers.map(([name, value], index) => [name, index === chosen ? change(value) : value])
  }))

const mutation = {
  body: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 255 }))),
  cut: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2000 })),
  text: Schema.String,
  url: Schema.String
}

/** The tests that every family passes. */
export const holds = (family: Family): void => {
  const { genuine, signedText = (body) => Buffer.from(body).toString("hex") } = family

  /** Whether the signature tells a body from the one that was signed. */
  const isOther = (body: Uint8Array) => family.coversBody && signedText(body) !== signedText(genuine.body)

  it("accepts a delivery that node:crypto signed", () => expect(verdict(family, genuine)).toBe("accepted"))

  it("accepts what it signed itself", () => {
    const signed = WebhookSigner.signDelivery(family.scheme, {
      body: genuine.body,
      method: genuine.method,
      url: genuine.url,
      timestamp: now,
      secret: Redacted.make(family.secret),
      ...family.signing
    })
    expect(verdict(family, { method: genuine.method, ...Result.getOrThrow(signed) })).toBe("accepted")
  })

  it("refuses another secret, and has a use for none", () => {
    if (family.keys?.jwks !== undefined) return
    const foreign = secretsOf(family.foreignSecret ?? `${family.secret} of another`)
    expect(verdict(family, genuine, { secrets: foreign })).toMatch(/SignatureMismatch|ClaimMismatch/)
    expect(verdict(family, genuine, { secrets: [] })).toBe("MissingSecret")
    expect(verdict(family, genuine, { secrets: [...foreign, ...secretsOf(family.secret)] })).toBe("accepted")
  })

  it("refuses a changed body where it is covered, with a byte order mark, without a byte and empty", () => {
    const changed = [
      Buffer.concat([genuine.body, Buffer.from(" ")]),
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), genuine.body]),
      Buffer.concat([genuine.body, Buffer.from([0xff])]),
      genuine.body.subarray(1),
      new Uint8Array()
    ]
    const others = changed.filter((body) => isOther(body))
    expect(others.filter((body) => verdict(family, { ...genuine, body }) === "accepted")).toEqual([])
  })

  it("refuses what is missing, repeated, cut or not canonical in any signed header", () => {
    for (const [name] of genuine.headers) {
      const without = genuine.headers.filter(([key]) => key !== name)
      const twice = [...genuine.headers, ...genuine.headers.filter(([key]) => key === name)]
      expect(verdict(family, { ...genuine, headers: without })).not.toBe("accepted")
      expect(verdict(family, { ...genuine, headers: twice })).not.toBe("accepted")
    }
    for (const change of [
      (value: string) => value.slice(0, -1),
      (value: string) => `${value}\u0000`,
      () => "",
      () => "é"
    ]) {
      for (const input of everyHeader(family, change)) expect(verdict(family, input)).not.toBe("accepted")
    }
  })

  it("refuses headers of 64 KiB and bodies of 1 MiB of any shape without much work", () => {
    for (const filling of ["a", ",", "v1=", "=", ".", "&a=b", ";", "|", "-", "\\u0000"]) {
      const long = filling.repeat(65_536 / filling.length)
      for (const input of everyHeader(family, () => long)) expect(verdict(family, input)).not.toBe("accepted")
      const body = bytes(filling.repeat(1_048_576 / filling.length))
      const isAccepted = verdict(family, { ...genuine, body }) === "accepted"
      expect(isAccepted && isOther(body)).toBe(false)
    }
  })

  it.prop(
    "never throws, and accepts no body and no header but those that were signed",
    mutation,
    ({ body, cut, text, url }) => {
      const content = Uint8Array.from(body)
      const mixed = Buffer.concat([genuine.body.subarray(0, cut), content, genuine.body.subarray(cut + 1)])
      const headers = genuine.headers.map(([name, value]) => [name, value.slice(0, cut) + text] as const)
      const untouched = genuine.headers.every(([, value], index) => value === headers[index]?.[1])
      const verdicts = [content, mixed].map((each) => verdict(family, { ...genuine, body: each }))
      Handshake.before(family.scheme, { ...genuine, url, body: content, acceptsSecret: true })
      Handshake.after(family.scheme, { ...genuine, body: content })
      WebhookVerifier.keysNeeded(family.scheme, { ...genuine, headers, body: mixed })
      verdict(family, { ...genuine, url })
      const isForged = (each: Uint8Array, found: string | undefined) => found === "accepted" && isOther(each)
      return (
        !isForged(content, verdicts[0]) &&
        !isForged(mixed, verdicts[1]) &&
        (untouched || verdict(family, { ...genuine, headers }) !== "accepted")
      )
    },
    { arbitrary: { runs: 200, seed: 20_251_124 } }
  )
}
