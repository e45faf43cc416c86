import { type AuthError, MessageSignature } from "@causeway/core/auth"
import { Endpoint, Integration } from "@causeway/core/client"
import { InvalidOption, Policy } from "@causeway/core/policy"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted, Result, Schema, Stream } from "effect"
import { HttpBody, HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { TestClock } from "effect/testing"
import { createSigner, createVerifier, httpbis } from "http-message-signatures"
import { createHmac, generateKeyPairSync } from "node:crypto"
import { inspect } from "node:util"
import * as Fields from "../../src/auth/internal/message/structuredFields.ts"
import { randomFrom } from "../policy/randomFrom.ts"
import suite from "./vectors/http-message-signatures.json" with { type: "json" }

const bodies = { request: '{"hello": "world"}', response: '{"message": "good dog"}' }
const inVectors = 1_618_884_473_000

// -----------------------------------------------------------------------------------------------------------------
// RFC 9421, appendix B.2

type Vector = (typeof suite.vectors)[number]

const algorithmOf = ({ alg }: Vector): MessageSignature.Algorithm => {
  const known = ["rsa-pss-sha512", "ecdsa-p256-sha256", "hmac-sha256", "ed25519"] as const
  return known.find((name) => name === alg) ?? assert.fail(`the vector has ${alg}`)
}

const keyOf = (vector: Vector, half: "publicPem" | "privatePem"): string => {
  const key: Partial<Record<"publicPem" | "privatePem" | "sharedSecretBase64", string>> = vector.key
  return key[half] ?? key.sharedSecretBase64 ?? assert.fail("the vector has no key")
}

const messageOf = (
  { message }: Vector,
  change: (headers: Record<string, string>) => Record<string, string> = (all) => all
) => {
  const headers = change(Object.fromEntries(Object.entries(message.headers)))
  return message.status === undefined
    ? { method: message.method ?? "", url: message.url ?? "", headers, body: bodies.request }
    : { status: message.status, headers, body: bodies.response }
}

const judged = (
  vector: Vector,
  message: MessageSignature.Request | MessageSignature.Response = messageOf(vector),
  change: Partial<MessageSignature.VerifyOptions> = {}
) =>
  MessageSignature.verify(message, {
    keys: [
      MessageSignature.verifyingKey({
        algorithm: algorithmOf(vector),
        keyId: vector.keyid,
        key: keyOf(vector, "publicPem"),
        secretEncoding: "base64"
      })
    ],
    required: [],
    now: inVectors,
    ...change
  })

const why = (outcome: Result.Result<unknown, AuthError.InvalidSignature>) =>
  Result.isFailure(outcome) ? outcome.failure.why : "it holds"

describe("the vectors of RFC 9421", () => {
  for (const vector of suite.vectors) {
    it(`${vector.source} (${vector.alg}) holds`, () => {
      const verified = Result.getOrThrow(judged(vector))
      assert.strictEqual(verified.keyId, vector.keyid)
      assert.strictEqual(verified.created, inVectors / 1_000)
    })

    it(`${vector.source} does not hold when one bit of its signature is another`, () => {
      const flipped = messageOf(vector, (headers) => ({
        ...headers,
        Signature: headers["Signature"]!.replace(/:(.)/, (_, first: string) => `:${first === "A" ? "B" : "A"}`)
      }))
      assert.strictEqual(why(judged(vector, flipped)), "signature")
    })
  }

  const requests = suite.vectors.filter(({ message }) => message.status === undefined)
  for (const vector of requests) {
    it(`${vector.source} is signed by us with the same parameters, and holds`, () => {
      const signed = signedAsInVector(vector)
      assert.strictEqual(signed.headers["signature-input"], vector.message.headers["Signature-Input"])
      assert.isTrue(Result.isSuccess(judged(vector, { ...messageOf(vector), headers: signed.headers })))
    })
  }

  // The others sign otherwise each time.
  for (const vector of requests.filter(({ alg }) => alg === "ed25519" || alg === "hmac-sha256")) {
    it(`${vector.source} is signed by us byte for byte`, () =>
      assert.strictEqual(signedAsInVector(vector).headers["signature"], vector.message.headers["Signature"]))
  }
})

const signedAsInVector = (vector: Vector) => {
  const input = vector.message.headers["Signature-Input"]
  const [, label = "", list = ""] = /^([\w-]+)=\(([^)]*)\)/.exec(input) ?? []
  const parameter = (name: string) => new RegExp(`;${name}="([^"]*)"`).exec(input.slice(input.indexOf(")")))?.[1]
  const tag = parameter("tag")
  const nonce = parameter("nonce")
  const profile = MessageSignature.make({
    algorithm: algorithmOf(vector),
    keyId: vector.keyid,
    components: (list.match(/"[^"]+"(?:;name="[^"]+")?/g) ?? []).map((text) => {
      const [, name = "", query] = /^"([^"]+)"(?:;name="([^"]+)")?$/.exec(text) ?? []
      return query === undefined ? name : MessageSignature.queryParam(query)
    }),
    label,
    secretEncoding: "base64",
    ...(tag !== undefined && { tag })
  })
  const { Signature: _, "Signature-Input": __, Host: ___, ...headers } = vector.message.headers
  const request = HttpClientRequest.post(vector.message.url ?? "", { headers })
  return Result.getOrThrow(
    MessageSignature.sign(profile, request, {
      key: Redacted.make(keyOf(vector, "privatePem")),
      now: inVectors,
      ...(nonce !== undefined && { nonce })
    })
  )
}

// -----------------------------------------------------------------------------------------------------------------
// RFC 9421, section 2: single components

const valuesOf = (
  component: MessageSignature.ComponentInput,
  request: HttpClientRequest.HttpClientRequest,
  own: MessageSignature.Options["fieldTypes"] = {}
) => {
  const secret = Redacted.make("0123456789abcdef")
  const profile = MessageSignature.make({
    algorithm: "hmac-sha256",
    components: [component],
    nonce: false,
    fieldTypes: own
  })
  return MessageSignature.sign(profile, request, { key: secret, now: 0 })
}

/** What a component is, found by signing it and asking which value of it verifies. */
const assertValue = (
  component: MessageSignature.ComponentInput,
  request: HttpClientRequest.HttpClientRequest,
  value: string,
  own: MessageSignature.Options["fieldTypes"] = {}
) => {
  const signed = Result.getOrThrow(valuesOf(component, request, own))
  const parameters = (signed.headers["signature-input"] ?? "").slice("sig1=".length)
  const base = `${MessageSignature.nameOf(component)}: ${value}\n"@signature-params": ${parameters}`
  const expected = createHmac("sha256", "0123456789abcdef").update(base).digest("base64")
  assert.strictEqual(signed.headers["signature"], `sig1=:${expected}:`, `${JSON.stringify(component)} is ${value}`)
}

describe("a component is derived as RFC 9421 says", () => {
  const at = (url: string) => HttpClientRequest.get(url)
  const derived: ReadonlyArray<[string, string, string]> = [
    ["@method", "https://www.example.com/path?param=value", "GET"],
    ["@target-uri", "https://www.example.com/path?param=value#part", "https://www.example.com/path?param=value"],
    ["@authority", "https://WWW.example.com:443/path", "www.example.com"],
    ["@authority", "https://www.example.com:8443/path", "www.example.com:8443"],
    ["@scheme", "http://www.example.com/path", "http"],
    ["@request-target", "https://www.example.com/path?param=value", "/path?param=value"],
    ["@path", "https://www.example.com", "/"],
    ["@query", "https://www.example.com/path?param=value&foo=bar&baz=bat%2Dman", "?param=value&foo=bar&baz=bat%2Dman"],
    ["@query", "https://www.example.com/path", "?"]
  ]
  for (const [name, url, value] of derived) it(`${name} of ${url}`, () => assertValue(name, at(url), value))

  const url =
    "https://www.example.com/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something"
  const parameters: ReadonlyArray<[string, string]> = [
    ["var", "this%20is%20a%20big%0Amultiline%20value"],
    ["bar", "with%20plus%20whitespace"],
    ['façade": ', "something"]
  ]
  for (const [name, value] of parameters) {
    it(`@query-param ${name}`, () => assertValue(MessageSignature.queryParam(name), at(url), value))
  }

  const withField = (name: string, value: string) =>
    HttpClientRequest.setHeader(at("https://www.example.com/"), name, value)
  const dictionary = " a=1,    b=2;x=1;y=2,   c=(a   b    c), d"
  it("a field, without the white space around it", () =>
    assertValue(
      "x-ows-header",
      withField("X-OWS-Header", "   Leading and trailing whitespace.   "),
      "Leading and trailing whitespace."
    ))
  it("a field, strictly", () =>
    assertValue(
      MessageSignature.field("example-dict", { sf: true }),
      withField("Example-Dict", dictionary),
      "a=1, b=2;x=1;y=2, c=(a b c), d",
      { "example-dict": "dictionary" }
    ))
  for (const [key, value] of Object.entries({ a: "1", b: "2;x=1;y=2", c: "(a b c)", d: "?1" })) {
    it(`the member ${key} of a dictionary`, () =>
      assertValue(MessageSignature.field("example-dict", { key }), withField("Example-Dict", dictionary), value))
  }
  it("a field as bytes", () =>
    assertValue(
      MessageSignature.field("example-header", { bs: true }),
      withField("Example-Header", "value, with, lots, of, commas"),
      ":dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:"
    ))
})

describe("a request is not signed", () => {
  const get = HttpClientRequest.get("https://h.example/?a=1&a=2", { headers: { plain: "a, b", odd: "é" } })
  const cases: ReadonlyArray<[string, MessageSignature.ComponentInput, string]> = [
    ["without a field that is covered", "x-missing", 'have no "x-missing"'],
    ["without a parameter of the query that is covered", MessageSignature.queryParam("b"), 'has no parameter "b"'],
    ["with that parameter twice", MessageSignature.queryParam("a"), "sign @query in its place"],
    ["with @status, which only a response has", "@status", "only a response has"],
    [
      "with a field of unknown type, strictly",
      MessageSignature.field("plain", { sf: true }),
      "whose type is not known"
    ],
    ["with a member that the dictionary lacks", MessageSignature.field("plain", { key: "c" }), 'without a member "c"'],
    ["with a field that is not ASCII", "odd", "outside of ASCII"],
    ["with a part of a request that it does not answer", MessageSignature.ofRequest("@method"), "is not known"]
  ]
  for (const [what, component, says] of cases) {
    it(what, () => assert.include(Result.getOrThrow(Result.flip(valuesOf(component, get))).issue, says))
  }

  it("when its body is a stream, and it is said what to do", () => {
    const streamed = HttpClientRequest.post("https://h.example/", {
      body: HttpBody.stream(Stream.make(new Uint8Array(3)))
    })
    const problem = Result.getOrThrow(Result.flip(valuesOf("content-digest", streamed)))
    assert.strictEqual(problem.part, "body")
    assert.include(problem.issue, "give it a Content-Digest")
  })

  it("under a label that another signature has", () => {
    const signed = HttpClientRequest.setHeader(get, "signature-input", 'sig1=("@method")')
    assert.include(Result.getOrThrow(Result.flip(valuesOf("@method", signed))).issue, "another label")
  })
})

it("a second signature goes behind the first, and either is found by its label", () => {
  const secret = Redacted.make("0123456789abcdef")
  const profile = (label: string) =>
    MessageSignature.make({ algorithm: "hmac-sha256", keyId: label, components: ["@method"], label })
  const given = { key: secret, now: 0 }
  const once = Result.getOrThrow(
    MessageSignature.sign(profile("one"), HttpClientRequest.get("https://h.example/"), given)
  )
  const twice = Result.getOrThrow(MessageSignature.sign(profile("two"), once, given))
  for (const label of ["one", "two"]) {
    const verified = MessageSignature.verify(
      { method: "GET", url: "https://h.example/", headers: twice.headers, body: "" },
      {
        keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", keyId: label, key: secret })],
        required: ["@method"],
        now: 0,
        label
      }
    )
    assert.strictEqual(Result.getOrThrow(verified).keyId, label)
  }
})

// -----------------------------------------------------------------------------------------------------------------
// what is refused

describe("a signature is refused", () => {
  const ed25519 = suite.vectors.find(({ alg }) => alg === "ed25519")!
  const hmac = suite.vectors.find(({ alg }) => alg === "hmac-sha256")!
  const rsa = suite.vectors.find(({ id }) => id === "rfc9421-b22")!
  const changed = (vector: Vector, headers: Record<string, string>) =>
    messageOf(vector, (all) => ({ ...all, ...headers }))
  const inputOf = (vector: Vector) => vector.message.headers["Signature-Input"]

  it("when a covered field, the method, the path or the host is another", () => {
    assert.strictEqual(why(judged(ed25519, changed(ed25519, { Date: "Tue, 20 Apr 2021 02:07:56 GMT" }))), "signature")
    for (const change of [{ method: "PUT" }, { url: "https://example.com/fop" }, { url: "https://evil.example/foo" }]) {
      assert.strictEqual(
        why(judged(ed25519, { ...messageOf(ed25519), ...change } as MessageSignature.Request)),
        "signature"
      )
    }
  })

  it("when the body is another than its digest says", () => {
    const other = { ...messageOf(rsa), body: '{"hello": "World"}' }
    assert.strictEqual(why(judged(rsa, other)), "digest")
  })

  it("when the digest has only hashes that are broken", () => {
    const md5 = changed(rsa, { "Content-Digest": "md5=:1B2M2Y8AsgTpgAmY7PhCfg==:" })
    assert.strictEqual(why(judged(rsa, md5)), "digest")
  })

  it("when it does not cover what must be covered", () =>
    assert.strictEqual(why(judged(ed25519, undefined, { required: ["@query"] })), "coverage"))

  it("when a body was put into a request that was signed without one", () => {
    const secret = Redacted.make("0123456789abcdef")
    const profile = MessageSignature.make({ algorithm: "hmac-sha256", components: ["@method", "content-digest"] })
    const { headers } = Result.getOrThrow(
      MessageSignature.sign(profile, HttpClientRequest.post("https://h.example/"), { key: secret, now: 0 })
    )
    const options: MessageSignature.VerifyOptions = {
      keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", key: secret })],
      required: ["@method", "content-digest"],
      now: 0
    }
    const as = (body: string) =>
      why(MessageSignature.verify({ method: "POST", url: "https://h.example/", headers, body }, options))
    assert.deepStrictEqual([as(""), as("x")], ["it holds", "coverage"])
  })

  it("when it is too old, has ended, comes from the future, or does not say when it was made", () => {
    const at = (now: number) => why(judged(ed25519, undefined, { now }))
    assert.strictEqual(at(inVectors + 330_000), "it holds")
    assert.strictEqual(at(inVectors + 331_000), "expired")
    assert.strictEqual(at(inVectors - 30_000), "it holds")
    assert.strictEqual(at(inVectors - 31_000), "created")
    const ended = changed(ed25519, { "Signature-Input": `${inputOf(ed25519)};expires=1618884400` })
    assert.strictEqual(why(judged(ed25519, ended)), "expired")
    const timeless = changed(ed25519, { "Signature-Input": inputOf(ed25519).replace(/;created=\d+/, "") })
    assert.strictEqual(why(judged(ed25519, timeless)), "created")
  })

  it("when its key is not known", () => assert.strictEqual(why(judged(ed25519, undefined, { keys: [] })), "key"))

  it("when it names another algorithm than its key is for", () => {
    const other = changed(ed25519, { "Signature-Input": `${inputOf(ed25519)};alg="hmac-sha256"` })
    assert.strictEqual(why(judged(ed25519, other)), "algorithm")
  })

  it("when the public key of a pair is taken for a shared secret", () => {
    const { headers } = signedAsInVector({
      ...hmac,
      keyid: ed25519.keyid,
      key: { sharedSecretBase64: Buffer.from(keyOf(ed25519, "publicPem")).toString("base64") }
    } as Vector)
    assert.strictEqual(why(judged(ed25519, { ...messageOf(ed25519), headers })), "signature")
  })

  const odd: ReadonlyArray<[string, Record<string, string>, string]> = [
    ["has no Signature", { Signature: "" }, "missing"],
    ["has no Signature-Input", { "Signature-Input": "" }, "missing"],
    ["is of another label", { Signature: "other=:AAAA:" }, "missing"],
    ["is no dictionary", { Signature: "=:" }, "malformed"],
    ["is there twice", { Signature: "sig-b26=:AAAA:, sig-b26=:AAAA:" }, "malformed"],
    ["is no byte sequence", { Signature: 'sig-b26="AAAA"' }, "malformed"],
    ["has no list of components", { "Signature-Input": "sig-b26=1;created=1618884473" }, "malformed"],
    ["covers a component twice", { "Signature-Input": 'sig-b26=("date" "date");created=1618884473' }, "malformed"],
    ["covers a component in capitals", { "Signature-Input": 'sig-b26=("Date");created=1618884473' }, "malformed"],
    ["covers a token", { "Signature-Input": "sig-b26=(date);created=1618884473" }, "malformed"],
    ["covers what nobody knows", { "Signature-Input": 'sig-b26=("@body");created=1618884473' }, "component"],
    ["covers a trailer", { "Signature-Input": 'sig-b26=("date";tr);created=1618884473' }, "component"],
    ["covers a field that is missing", { "Signature-Input": 'sig-b26=("x-gone");created=1618884473' }, "component"],
    ["has a time that is none", { "Signature-Input": 'sig-b26=("date");created="now"' }, "malformed"],
    [
      "is endless",
      { "Signature-Input": `sig-b26=("date");created=1618884473;nonce="${"a".repeat(20_000)}"` },
      "malformed"
    ]
  ]
  for (const [what, headers, because] of odd) {
    it(`when it ${what}`, () => assert.strictEqual(why(judged(ed25519, changed(ed25519, headers))), because))
  }

  it("when it is for something else than was asked for", () => {
    assert.strictEqual(why(judged(rsa, undefined, { tag: "header-example" })), "it holds")
    assert.strictEqual(why(judged(rsa, undefined, { tag: "other" })), "missing")
  })

  it("when it is the ninth", () => {
    const many = Array.from({ length: 8 }, (_, index) => `a${index}=("@method");created=1618884473`)
    const flood = changed(ed25519, { "Signature-Input": [...many, inputOf(ed25519)].join(", ") })
    assert.strictEqual(why(judged(ed25519, flood)), "missing")
  })

  it("of a response, when its own digest is another, whatever the request's was", () => {
    const digest = MessageSignature.contentDigest("asked")
    const components = '("content-digest";req "@status");created=0'
    const base = `"content-digest";req: ${digest}\n"@status": 200\n"@signature-params": ${components}`
    const headers = {
      "signature-input": `sig1=${components}`,
      signature: `sig1=:${createHmac("sha256", "0123456789abcdef").update(base).digest("base64")}:`
    }
    const asked = { method: "POST", url: "https://h.example/", headers: { "content-digest": digest } }
    const judged = (required: ReadonlyArray<MessageSignature.ComponentInput>) =>
      MessageSignature.verify(
        { status: 200, headers, body: "answered", request: asked },
        {
          keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", key: "0123456789abcdef" })],
          required,
          now: 0
        }
      )
    assert.strictEqual(why(judged([MessageSignature.ofRequest("content-digest"), "@status"])), "it holds")
    assert.strictEqual(why(judged(["content-digest"])), "coverage")
  })

  it("when a list has one component twice, with its parameters in another order", () => {
    const key = "0123456789abcdef"
    const judged = (components: string, lines: ReadonlyArray<string>) => {
      const input = `${components};created=0`
      const base = [...lines, `"@signature-params": ${input}`].join("\n")
      const signature = createHmac("sha256", key).update(base).digest("base64")
      const headers = { "signature-input": `sig1=${input}`, signature: `sig1=:${signature}:` }
      const request = { method: "GET", url: "https://h.example/", headers: { priority: "u=1, i" } }
      return MessageSignature.verify(
        { status: 200, headers, body: "", request },
        {
          keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", key })],
          required: [MessageSignature.ofRequest(MessageSignature.field("priority", { key: "u" }))],
          now: 0
        }
      )
    }
    const [first, second] = ['"priority";req;key="u"', '"priority";key="u";req'] as const
    assert.strictEqual(why(judged(`(${first})`, [`${first}: 1`])), "it holds")
    assert.strictEqual(why(judged(`(${second})`, [`${second}: 1`])), "it holds")
    assert.strictEqual(why(judged(`(${first})`, [`${second}: 1`])), "signature")
    assert.strictEqual(why(judged(`(${first} ${second})`, [`${first}: 1`, `${second}: 1`])), "malformed")
  })

  it("of a response, when it is bound to another request", () => {
    const secret = Redacted.make("0123456789abcdef")
    const base = '"@status": 200\n"@method";req: GET\n"@signature-params": ("@status" "@method";req);created=0'
    const headers = {
      "signature-input": 'sig1=("@status" "@method";req);created=0',
      signature: `sig1=:${createHmac("sha256", "0123456789abcdef").update(base).digest("base64")}:`
    }
    const answering = (method: string) =>
      MessageSignature.verify(
        { status: 200, headers, body: "", request: { method, url: "https://h.example/", headers: {} } },
        {
          keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", key: secret })],
          required: ["@status", MessageSignature.ofRequest("@method")],
          now: 0
        }
      )
    assert.deepStrictEqual([why(answering("GET")), why(answering("POST"))], ["it holds", "signature"])
  })
})

// -----------------------------------------------------------------------------------------------------------------
// http-message-signatures as the oracle

describe("in 300 random requests, http-message-signatures and we agree", () => {
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 })
  const pairs = {
    ed25519: generateKeyPairSync("ed25519"),
    "ecdsa-p256-sha256": generateKeyPairSync("ec", { namedCurve: "P-256" }),
    "ecdsa-p384-sha384": generateKeyPairSync("ec", { namedCurve: "P-384" }),
    "rsa-pss-sha512": rsa,
    "rsa-v1_5-sha256": rsa
  } as const
  const secret = "a secret of thirty-two bytes, ok"
  const algorithms = [
    "ed25519",
    "ecdsa-p256-sha256",
    "ecdsa-p384-sha384",
    "rsa-pss-sha512",
    "rsa-v1_5-sha256",
    "hmac-sha256"
  ] as const

  const keysOf = (algorithm: (typeof algorithms)[number]) => {
    if (algorithm === "hmac-sha256") return { theirs: secret, theirsPublic: secret, ours: secret, oursPublic: secret }
    const { privateKey, publicKey } = pairs[algorithm]
    return {
      theirs: privateKey,
      theirsPublic: publicKey,
      ours: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      oursPublic: publicKey.export({ type: "spki", format: "pem" }).toString()
    }
  }

  const letters = [
    "a",
    "Z",
    "0",
    " ",
    "+",
    "%",
    "/",
    "?",
    "&",
    "=",
    ":",
    "é",
    "ሴ",
    "😀",
    "-",
    "_",
    ".",
    "$",
    ",",
    ";",
    '"',
    "\\"
  ]

  const randomRequest = (seed: number) => {
    const below = randomFrom(seed)
    const word = (most: number) =>
      Array.from({ length: below(most + 1) }, () => letters[below(letters.length)] ?? "").join("")
    const query = Array.from({ length: below(4) }, (_, index) => [`${word(3)}${index}`, word(6)] as const)
    const search = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&")
    const path = Array.from({ length: below(4) }, () => encodeURIComponent(word(5)).replaceAll(".", "")).join("/")
    const host = ["h.example", "h.example:8443", "H.Example"][below(3)] ?? ""
    const body = below(2) === 0 ? "" : word(40)
    const headers = {
      "content-type": "text/plain",
      "x-dict": 'a=1;x,  b=("c"   d;e=2.50 ), f',
      "x-plain": "  spaced  "
    }
    const optional: ReadonlyArray<MessageSignature.ComponentInput> = [
      "@method",
      "@target-uri",
      "@authority",
      "@scheme",
      "@request-target",
      "@path",
      "@query",
      "content-type",
      "x-plain",
      MessageSignature.field("x-dict", { sf: true }),
      MessageSignature.field("x-dict", { key: "b" }),
      MessageSignature.field("x-plain", { bs: true }),
      ...query.map(([name]) => MessageSignature.queryParam(name)),
      ...(body === "" ? [] : ["content-digest"])
    ]
    const components = optional.filter(() => below(2) === 0)
    const url = `https://${host}/${path}${search === "" ? "" : `?${search}`}`
    return {
      url,
      body,
      headers,
      components,
      algorithm: algorithms[below(algorithms.length)] ?? "ed25519",
      method: below(2) === 0 ? ("PUT" as const) : ("POST" as const)
    }
  }

  const fieldTypes = { "x-dict": "dictionary" } as const
  const rounds = Array.from({ length: 300 }, (_, index) => index + 1)

  it("on what we signed", async () => {
    for (const seed of rounds) {
      const { algorithm, body, components, headers, method, url } = randomRequest(seed)
      const keys = keysOf(algorithm)
      const request = HttpClientRequest.make(method)(url, {
        headers,
        ...(body !== "" && { body: HttpBody.text(body, "text/plain") })
      })
      const profile = MessageSignature.make({ algorithm, keyId: "k", components, fieldTypes })
      const signed = Result.getOrThrow(
        MessageSignature.sign(profile, request, { key: Redacted.make(keys.ours), now: Date.now(), nonce: String(seed) })
      )
      const holds = await httpbis.verifyMessage(
        { keyLookup: async () => ({ verify: createVerifier(keys.theirsPublic, algorithm) }), tolerance: 60 },
        { method, url: new URL(url), headers: { ...signed.headers } }
      )
      assert.isTrue(holds, `seed ${seed}: ${signed.headers["signature-input"]}`)
    }
  })

  it("on what they signed, and on what was changed behind them", async () => {
    for (const seed of rounds) {
      const { algorithm, body, components, headers, method, url } = randomRequest(seed)
      const keys = keysOf(algorithm)
      const all =
        body === "" ? headers : { ...headers, "content-digest": MessageSignature.contentDigest(body, "sha-512") }
      const signed = await httpbis.signMessage(
        {
          key: createSigner(keys.theirs, algorithm, "k"),
          fields: components.map((each) => MessageSignature.nameOf(each).slice(1).replace('"', "")),
          params: ["created", "keyid", "nonce"],
          paramValues: { nonce: String(seed) }
        },
        { method, url: new URL(url), headers: all }
      )
      const options: MessageSignature.VerifyOptions = {
        keys: [MessageSignature.verifyingKey({ algorithm, keyId: "k", key: keys.oursPublic })],
        required: components,
        now: Date.now(),
        fieldTypes
      }
      const came = { method, url, headers: signed.headers, body }
      assert.strictEqual(
        why(MessageSignature.verify(came, options)),
        "it holds",
        `seed ${seed} ${url} ${JSON.stringify(signed.headers)}`
      )
      if (components.some((each) => MessageSignature.nameOf(each) === '"@method"')) {
        assert.strictEqual(why(MessageSignature.verify({ ...came, method: "PATCH" }, options)), "signature")
      }
    }
  })
})

// -----------------------------------------------------------------------------------------------------------------
// structured fields

describe("structured fields (RFC 9651)", () => {
  const dictionaries: ReadonlyArray<[string, string | undefined]> = [
    ["a=1,b=2", "a=1, b=2"],
    ["a;x=?0, b=?0;y", "a;x=?0, b=?0;y"],
    ['a="x\\"y\\\\z"', 'a="x\\"y\\\\z"'],
    ["a=-12.340, b=7.0", "a=-12.34, b=7.0"],
    ["a=:aGk=:, b=tok/en:*", "a=:aGk=:, b=tok/en:*"],
    ["a=@1659578233", "a=@1659578233"],
    ['a=%"f%c3%bc%22"', 'a=%"f%c3%bc%22"'],
    ["a=1, a=2", "a=2"],
    ["", ""],
    ["a=1,", undefined],
    ["a=1,,b", undefined],
    ["A=1", undefined],
    ["a=1 b=2", undefined],
    ['a="x', undefined],
    ['a="é"', undefined],
    ["a=1234567890123456", undefined],
    ["a=1.2345", undefined],
    ["a=1.", undefined],
    ["a=(1 2", undefined],
    ["a=(1,2)", undefined],
    ["a=:a_b:", undefined],
    ["a=:a:", undefined],
    ["a=@1.5", undefined],
    ['a=%"%C3"', undefined],
    ['a=%"%ff"', undefined],
    ["a=?2", undefined]
  ]
  for (const [text, expected] of dictionaries) {
    it(`${JSON.stringify(text)} is ${expected === undefined ? "refused" : JSON.stringify(expected)}`, () => {
      const parsed = Fields.parseDictionary(text)
      assert.strictEqual(parsed && Fields.writeDictionary(parsed), expected)
    })
  }

  const assertRereads = <A>(text: string, parse: (text: string) => A | undefined, write: (value: A) => string) => {
    const value = parse(text)
    if (value === undefined) return
    const again = parse(write(value))
    assert.strictEqual(again && write(again), write(value), text)
  }

  it("what is written is read again, whatever it is", () => {
    for (let seed = 1; seed <= 2_000; seed += 1) {
      const below = randomFrom(seed)
      const characters = ' "\\();,=:?@%*aZ09-._é/'
      const text = Array.from({ length: below(24) }, () => characters[below(characters.length)]).join("")
      assertRereads(text, Fields.parseDictionary, Fields.writeDictionary)
      assertRereads(text, Fields.parseList, Fields.writeList)
      assertRereads(text, Fields.parseItem, Fields.writeItem)
    }
  })
})

// -----------------------------------------------------------------------------------------------------------------
// options, keys, and within an integration

describe("an option that makes no sense throws", () => {
  const options = { algorithm: "hmac-sha256", components: ["@method"] } as const
  const cases: ReadonlyArray<[string, () => unknown, string]> = [
    [
      "an algorithm that nobody knows",
      () => MessageSignature.make({ ...options, algorithm: "md5" as "ed25519" }),
      "algorithm"
    ],
    [
      "a component that nobody knows",
      () => MessageSignature.make({ ...options, components: ["@body"] }),
      "@target-uri"
    ],
    [
      "a parameter of the query without a name",
      () => MessageSignature.make({ ...options, components: ["@query-param"] }),
      "queryParam(name)"
    ],
    ["a component twice", () => MessageSignature.make({ ...options, components: ["date", "Date"] }), "twice"],
    ["a label in capitals", () => MessageSignature.make({ ...options, label: "Sig" }), "label"],
    ["a key id with a line break", () => MessageSignature.make({ ...options, keyId: "a\nb" }), "keyId"],
    ["an end within the second", () => MessageSignature.make({ ...options, expiresIn: "10 millis" }), "expiresIn"],
    [
      "a field with bs and sf",
      () => MessageSignature.make({ ...options, components: [MessageSignature.field("a", { bs: true, sf: true })] }),
      "either bs"
    ]
  ]
  for (const [what, act, says] of cases) {
    it(what, () => {
      try {
        act()
      } catch (error) {
        assert.instanceOf(error, InvalidOption.InvalidOption)
        assert.include(String(error), says)
        return
      }
      assert.fail("nothing was thrown")
    })
  }
})

describe("a key that does not fit is refused in words that do not show it", () => {
  const pem = (options: { type: "pkcs8" | "spki"; curve?: string; bits?: number }) => {
    const pair =
      options.bits === undefined
        ? generateKeyPairSync("ec", { namedCurve: options.curve ?? "P-256" })
        : generateKeyPairSync("rsa", { modulusLength: options.bits })
    return options.type === "pkcs8"
      ? pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
      : pair.publicKey.export({ type: "spki", format: "pem" }).toString()
  }
  const cases: ReadonlyArray<[MessageSignature.Algorithm, string, string]> = [
    ["ed25519", pem({ type: "pkcs8" }), "no ed25519 key"],
    ["ecdsa-p256-sha256", pem({ type: "pkcs8", curve: "P-384" }), "curve P-256"],
    ["rsa-pss-sha512", pem({ type: "pkcs8", bits: 1_024 }), "less than 2048 bits"],
    ["rsa-v1_5-sha256", pem({ type: "pkcs8" }), "no RSA key"],
    ["ed25519", "planted-secret", "no PEM of a private key"],
    ["hmac-sha256", "planted", "less than 16 bytes"],
    ["hmac-sha256", "planted-secret-of-many-bytes\n", "line break"]
  ]
  for (const [algorithm, key, says] of cases) {
    it(`${algorithm}: ${says}`, () => {
      const profile = MessageSignature.make({ algorithm, components: ["@method"] })
      const act = () =>
        MessageSignature.sign(profile, HttpClientRequest.get("https://h.example/"), { key: Redacted.make(key), now: 0 })
      assert.throws(act, says)
      assert.throws(act, /^(?!.*planted)/)
    })
  }

  it("a private key, where the public one belongs", () =>
    assert.throws(
      () => MessageSignature.verifyingKey({ algorithm: "ecdsa-p256-sha256", key: pem({ type: "pkcs8" }) }),
      "where the public one belongs"
    ))
})

class Bank extends Integration.Service<Bank>()("test/Bank", {
  baseUrl: "https://bank.example/v1",
  endpoints: [
    Endpoint.post("pay", "/payments", { payload: Schema.Struct({ amount: Schema.Int }), success: Schema.Json }),
    Endpoint.get("list", "/payments", { query: { page: Schema.String }, success: Schema.Json })
  ],
  policy: Policy.none
}) {}

type Sent = HttpClientRequest.HttpClientRequest

const answering = (answer: (request: Sent, count: number) => Response) => {
  const sent: Array<Sent> = []
  const client = HttpClient.make((request) =>
    Effect.sync(() => HttpClientResponse.fromWeb(request, answer(request, sent.push(request))))
  )
  return { sent, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const bankSecret = "a secret of the bank's, 32 bytes"
const profile = {
  algorithm: "hmac-sha256",
  keyId: "k1",
  components: ["@method", "@target-uri", "content-digest"]
} as const

const heldBy = (request: Sent, secret: string, now: number) => {
  const { body } = request
  return MessageSignature.verify(
    {
      method: request.method,
      url: HttpClientRequest.toUrl(request).pipe((url) => (url._tag === "Some" ? url.value.href : "")),
      headers: request.headers,
      body: body._tag === "Uint8Array" ? body.body : ""
    },
    {
      keys: [MessageSignature.verifyingKey({ algorithm: "hmac-sha256", key: secret })],
      required: profile.components,
      now
    }
  )
}

describe("an integration whose requests are signed", () => {
  it.effect("sends each attempt with its own time and nonce, its body and query covered", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(inVectors)
      const over = answering(() => Response.json(null))
      const live = Bank.layer.pipe(
        Layer.provide([MessageSignature.layer(Bank, profile, Effect.succeed(Redacted.make(bankSecret))), over.layer])
      )
      yield* Effect.gen(function* () {
        const bank = yield* Bank
        yield* bank.pay({ payload: { amount: 5 } })
        yield* TestClock.adjust("10 seconds")
        yield* bank.list({ query: { page: "a b" } })
      }).pipe(Effect.provide(live))
      const verified = over.sent.map((request) => Result.getOrThrow(heldBy(request, bankSecret, inVectors)))
      assert.deepStrictEqual(
        verified.map(({ created }) => created),
        [inVectors / 1_000, inVectors / 1_000 + 10]
      )
      assert.strictEqual(new Set(verified.map(({ nonce }) => nonce)).size, 2)
      assert.deepStrictEqual(
        verified.map(({ components }) => components.map(MessageSignature.nameOf)),
        [
          ['"@method"', '"@target-uri"', '"content-digest"'],
          ['"@method"', '"@target-uri"']
        ]
      )
    })
  )

  it.effect("is signed once more, with the secret as it is now, when it is refused", () =>
    Effect.gen(function* () {
      const current = (request: Sent) => Result.isSuccess(heldBy(request, "the next secret of the bank.", 0))
      const over = answering((request) =>
        current(request) ? Response.json(null) : new Response(null, { status: 401 })
      )
      let secret = bankSecret
      const rotating = Effect.sync(() => {
        const given = secret
        secret = "the next secret of the bank."
        return Redacted.make(given)
      })
      const live = Bank.layer.pipe(Layer.provide([MessageSignature.layer(Bank, profile, rotating), over.layer]))
      yield* Effect.flatMap(Bank, (bank) => bank.pay({ payload: { amount: 5 } })).pipe(Effect.provide(live))
      assert.strictEqual(over.sent.length, 2)
    })
  )

  it.effect("does not show its secret or a signature in the error of a refusal that repeats them", () =>
    Effect.gen(function* () {
      const over = answering(({ headers }) => new Response(`${headers["signature"]} ${bankSecret}`, { status: 400 }))
      const live = Bank.layer.pipe(
        Layer.provide([MessageSignature.layer(Bank, profile, Effect.succeed(Redacted.make(bankSecret))), over.layer])
      )
      const error = yield* Effect.flip(
        Effect.flatMap(Bank, (bank) => bank.pay({ payload: { amount: 5 } })).pipe(Effect.provide(live))
      )
      const shown = [error.message, inspect(error, { depth: 9 }), JSON.stringify(error), inspect(profile)].join()
      assert.notInclude(shown, bankSecret)
      assert.notInclude(shown, /:([^:]+):/.exec(over.sent[0]!.headers["signature"]!)![1]!)
      assert.include(shown, "<redacted>")
    })
  )

  it.effect("is Unauthorized before anything is sent when its key is none", () =>
    Effect.gen(function* () {
      const over = answering(() => Response.json(null))
      const live = Bank.layer.pipe(
        Layer.provide([MessageSignature.layer(Bank, profile, Effect.succeed(Redacted.make("short"))), over.layer])
      )
      const error = yield* Effect.flip(
        Effect.flatMap(Bank, (bank) => bank.pay({ payload: { amount: 5 } })).pipe(Effect.provide(live))
      )
      assert.strictEqual(error._tag, "Unauthorized")
      assert.include(error.message, "the signing key has less than 16 bytes")
      assert.strictEqual(over.sent.length, 0)
    })
  )
})
