import { Handshake, type SignatureScheme, WebhookVerifier } from "@causeway/core/webhook"
import { schemes } from "@causeway/providers"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import { type Random, randomFrom } from "../../core/test/policy/randomFrom.ts"
import { oracles } from "./oracles.ts"
import { type Headers, tagOf } from "./refusals.ts"
import { requestOracles, type Sent } from "./requestOracles.ts"

/** A million inputs over all schemes in the long form. */
const inputsPerScheme = Math.ceil(
  (process.env["CAUSEWAY_LONG"] === "1" ? 1_000_000 : 8_700) / Object.keys(schemes).length
)

/** Within the time of the tests' certificate. */
const now = 1_800_000_000_000

interface Case {
  readonly scheme: SignatureScheme.SignatureScheme
  readonly secret: string
  readonly otherSecret: string
  readonly genuine: Sent
  readonly keys: WebhookVerifier.FetchedKeys | undefined
  /** What two deliveries must have in common when both are accepted. */
  readonly signed: (sent: Sent) => unknown
}

const pick = <A>(random: Random, from: ReadonlyArray<A>, otherwise: A): A => from[random(from.length)] ?? otherwise

const fragments = [
  "",
  ",",
  "=",
  ".",
  ";",
  ":",
  " ",
  "\n",
  "\u0000",
  "v1=",
  "t=",
  "sha256=",
  "%2F",
  "+",
  "é",
  "\u0161",
  "\ud800",
  "\\ud800",
  "0",
  "A",
  "ff",
  "{}"
]

const mutateText = (random: Random, value: string): string => {
  const at = random(value.length + 1)
  switch (random(6)) {
    case 0:
      return value.slice(0, at)
    case 1:
      return value.slice(0, at) + pick(random, fragments, "") + value.slice(at)
    case 2:
      return value.slice(0, at) + pick(random, fragments, "") + value.slice(at + 1)
    case 3:
      return value.slice(0, at) + String.fromCharCode(random(0x180)) + value.slice(at + 1)
    case 4:
      return value + pick(random, [",", " ", ";", ""], "") + value
    default:
      return pick(random, [value.toUpperCase(), value.toLowerCase(), value.trim(), ` ${value}`], value)
  }
}

const mutateBytes = (random: Random, body: Uint8Array): Uint8Array => {
  const at = random(body.length + 1)
  const noise = Uint8Array.from({ length: random(5) }, () => random(256))
  return Buffer.concat([body.subarray(0, at), noise, body.subarray(at + random(3))])
}

const mutateHeaders = (random: Random, headers: Headers): Headers => {
  const chosen = random(headers.length)
  switch (random(5)) {
    case 0:
      return headers.filter((_, index) => index !== chosen)
    case 1:
      return [...headers, headers[chosen] ?? ["x", ""]]
    case 2:
      return headers.toReversed()
    default:
      return headers.map(([name, value], index) => [name, index === chosen ? mutateText(random, value) : value])
  }
}

const mutate = (random: Random, sent: Sent): Sent => {
  const part = random(4)
  return {
    method: part === 3 && random(4) === 0 ? mutateText(random, sent.method) : sent.method,
    url: part === 3 ? mutateText(random, sent.url) : sent.url,
    headers: part <= 1 ? mutateHeaders(random, sent.headers) : sent.headers,
    body: part >= 1 ? mutateBytes(random, sent.body) : sent.body
  }
}

const noise = (random: Random, { headers, method, url }: Sent): Sent => ({
  method,
  url: random(2) === 0 ? url : randomText(random),
  headers: headers.map(([name]) => [name, randomText(random)]),
  body: Uint8Array.from({ length: random(200) }, () => random(256))
})

const randomText = (random: Random): string =>
  Array.from({ length: random(40) }, () => pick(random, fragments, "") + String.fromCharCode(32 + random(96))).join("")

const draw = (random: Random, genuine: Sent): Sent => {
  let sent = random(8) === 0 ? noise(random, genuine) : mutate(random, genuine)
  while (random(3) === 0) sent = mutate(random, sent)
  return sent
}

const valueOf = (headers: Headers, name: string): string | undefined =>
  headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]

const bodyCases = Object.entries(oracles).map(([id, oracle]): readonly [string, Case] => {
  const delivery = {
    body: oracle.body(now),
    method: "POST",
    url: "https://example.com/webhooks?source=provider",
    id: "msg_1",
    millis: now
  }
  const scheme = schemeOf(id)
  const headers = oracle.sign(delivery, oracle.secret)
  return [
    id,
    {
      scheme,
      secret: oracle.secret,
      otherSecret: oracle.otherSecret,
      keys: undefined,
      genuine: { ...delivery, headers },
      signed: (sent) => [
        Buffer.from(sent.body).toString("hex"),
        ...oracle.required.map((name) => {
          const items = itemsOf(valueOf(sent.headers, name))
          return isList(scheme, name)
            ? wellKnown(allItemsOf(sent.headers, name), itemsOf(valueOf(headers, name)))
            : items
        })
      ]
    }
  ]
})

/** A header with a list may come more than once. */
const allItemsOf = (headers: Headers, name: string): ReadonlyArray<string> =>
  headers.filter(([key]) => key.toLowerCase() === name.toLowerCase()).flatMap(([, value]) => itemsOf(value))

const isList = ({ signature }: SignatureScheme.SignatureScheme, name: string): boolean =>
  signature._tag === "HeaderList" && signature.name.toLowerCase() === name.toLowerCase()

/** A malformed or unknown item beside a signature that holds refuses nothing (stripe-node's own tests have one). */
const wellKnown = (items: ReadonlyArray<string>, genuine: ReadonlyArray<string>): ReadonlyArray<string> =>
  genuine.filter((item) => items.includes(item))

const requestCases = Object.entries(requestOracles).map(([id, oracle]): readonly [string, Case] => [
  id,
  {
    scheme: schemeOf(id),
    secret: oracle.secret,
    otherSecret: oracle.otherSecret,
    // The oracle's keys are what a fetch would have brought.
    keys: oracle.keys as WebhookVerifier.FetchedKeys | undefined,
    genuine: oracle.send(now, oracle.secret),
    signed: ({ body }) => ("body" in oracle.open ? undefined : contentOf(schemeOf(id), body))
  }
])

/** A signature that is there twice is the same signature. */
const itemsOf = (value: string | undefined): ReadonlyArray<string> => [...new Set(value?.split(/[ ,;]/))]

/** A form is signed as its names and values with nothing between them, and a body of another kind as its bytes. */
const contentOf = ({ signature, signedContent }: SignatureScheme.SignatureScheme, body: Uint8Array): unknown => {
  const place = signature._tag === "InField" && signature.field._tag === "Form" ? signature.field.field : undefined
  const isForm = signedContent.template.includes("orm}") || place !== undefined
  if (!isForm) return Buffer.from(body).toString("hex")
  const pairs = [...new URLSearchParams(Buffer.from(body).toString())].filter(([name]) => name !== place)
  return pairs
    .map((pair) => pair.join(""))
    .toSorted()
    .join("")
}

function schemeOf(id: string): SignatureScheme.SignatureScheme {
  const catalogue: Readonly<Record<string, SignatureScheme.SignatureScheme>> = schemes
  return catalogue[id] ?? expect.fail(`${id} is not in the catalogue`)
}

type Secrets = ReadonlyArray<Redacted.Redacted<string>>

const verify = ({ keys, scheme }: Case, sent: Sent, secrets: Secrets) =>
  WebhookVerifier.verify(scheme, { ...sent, secrets, now, keys })

const factsOf = (result: ReturnType<typeof verify>): unknown =>
  Result.match(result, {
    onFailure: ({ reason }) => reason._tag,
    onSuccess: ({ id, timestamp, type, unsigned }) => ({ id, timestamp, type, unsigned: unsigned.toSorted() })
  })

/** What is wrong with the verdicts on a delivery, if anything is. */
const complain = (one: Case, secrets: Secrets, sent: Sent, accepted: string): string | undefined => {
  WebhookVerifier.keysNeeded(one.scheme, sent)
  Handshake.before(one.scheme, { ...sent, acceptsSecret: true })
  Handshake.after(one.scheme, sent)
  const result = verify(one, sent, secrets.slice(0, 1))
  const withAnother = one.otherSecret === "" ? result : verify(one, sent, secrets)
  if (JSON.stringify(factsOf(result)) !== JSON.stringify(factsOf(withAnother)))
    return "another verdict with two secrets"
  const isForged = tagOf(result) === "accepted" && JSON.stringify(one.signed(sent)) !== accepted
  return isForged ? "accepted, though it was not signed" : undefined
}

describe.each([...bodyCases, ...requestCases])("%s, given anything,", (id, one) => {
  it("never throws, accepts nothing but what was signed, and decides alike with one secret and with two", () => {
    const random = randomFrom([...id].reduce((seed, letter) => seed * 31 + letter.charCodeAt(0), 7) | 0)
    const accepted = JSON.stringify(one.signed(one.genuine))
    const secrets = [Redacted.make(one.secret), Redacted.make(one.otherSecret)]
    expect(tagOf(verify(one, one.genuine, secrets.slice(0, 1)))).toBe("accepted")
    const complaints: Array<unknown> = []
    for (let count = 0; count < inputsPerScheme && complaints.length < 3; count++) {
      const sent = draw(random, one.genuine)
      const complaint = complain(one, secrets, sent, accepted)
      if (complaint !== undefined) complaints.push({ complaint, sent })
    }
    expect(complaints).toEqual([])
  }, 600_000)
})
