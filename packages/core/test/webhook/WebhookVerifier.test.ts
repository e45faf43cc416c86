import { SignatureScheme, type WebhookError, WebhookVerifier } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Redacted, Result } from "effect"
import assert from "node:assert/strict"
import { createHmac, generateKeyPairSync, sign as signBytes } from "node:crypto"

const { body, header, headerList, listItem, mac, make, singleHeader } = SignatureScheme

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

const secret = "a secret of the test"
const now = 1_764_000_000_000
const text = `{"id":"evt_1","type":"thing.happened","at":1764000000000,"deep":{"list":[{"id":7}]}}`

const docs = { url: "https://acme.example", checked: "documentation" } as const

const hmac = (content: string, key: string | Buffer = secret, hash = "sha256") =>
  createHmac(hash, key).update(content).digest("hex")

type Overrides = Partial<WebhookVerifier.VerifyInput>

const verify = (
  scheme: SignatureScheme.SignatureScheme,
  headers: WebhookVerifier.VerifyInput["headers"],
  overrides: Overrides = {}
) =>
  WebhookVerifier.verify(scheme, {
    method: "POST",
    url: "https://example.com/hooks?tenant=1",
    headers,
    body: bytes(text),
    secrets: [Redacted.make(secret)],
    now,
    ...overrides
  })

const tagOf = (result: Result.Result<unknown, WebhookError.WebhookError>): string =>
  Result.match(result, { onFailure: ({ reason }) => reason._tag, onSuccess: () => "accepted" })

const plain: SignatureScheme.Options = {
  id: "acme",
  signature: singleHeader("Acme-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [mac({ hash: "sha256" })],
  docs
}

describe("the signed content", () => {
  it("may have the method and the public URL in it", () => {
    const scheme = make({ ...plain, signedContent: "{method}{url}{body}" })
    const headers = [["Acme-Signature", hmac(`POSThttps://example.com/hooks?tenant=1${text}`)]] as const
    expect(tagOf(verify(scheme, headers))).toBe("accepted")
    expect(tagOf(verify(scheme, headers, { method: "PUT" }))).toBe("SignatureMismatch")
    expect(tagOf(verify(scheme, headers, { url: "https://example.com/hooks?tenant=2" }))).toBe("SignatureMismatch")
  })

  it("may have the body twice, and text after it", () => {
    const scheme = make({ ...plain, signedContent: "{body}|{body}.end" })
    expect(tagOf(verify(scheme, [["Acme-Signature", hmac(`${text}|${text}.end`)]]))).toBe("accepted")
  })
})

describe("a signature", () => {
  it.each([
    ["sha1", 20],
    ["sha256", 32],
    ["sha512", 64]
  ] as const)("is made with %s where the scheme says so, and must have its %i bytes", (hash, length) => {
    const scheme = make({ ...plain, keys: [mac({ hash })] })
    expect(tagOf(verify(scheme, [["Acme-Signature", hmac(text, secret, hash)]]))).toBe("accepted")
    expect(tagOf(verify(scheme, [["Acme-Signature", "0".repeat(2 * length)]]))).toBe("SignatureMismatch")
    expect(tagOf(verify(scheme, [["Acme-Signature", "0".repeat(2 * length - 2)]]))).toBe("MalformedSignature")
  })

  it("in base64url is refused in base64, and the other way round", () => {
    const content = "3"
    const digest = createHmac("sha256", secret).update(content).digest()
    const spellings = { base64: digest.toString("base64"), base64url: digest.toString("base64url") }
    for (const encoding of ["base64", "base64url"] as const) {
      const scheme = make({ ...plain, signature: singleHeader("Acme-Signature", { encoding }) })
      const verdict = (value: string) => tagOf(verify(scheme, [["Acme-Signature", value]], { body: bytes(content) }))
      expect(verdict(spellings[encoding])).toBe("accepted")
      expect(verdict(spellings[encoding === "base64" ? "base64url" : "base64"])).toBe("MalformedSignature")
    }
  })

  it("suffices in either of two headers, and both are checked for repetition", () => {
    const scheme = make({
      ...plain,
      signature: singleHeader(["Acme-Signature", "Acme-Signature-2"], { encoding: "hex" })
    })
    const good = hmac(text)
    const foreign = hmac(text, "another secret")
    expect(tagOf(verify(scheme, [["Acme-Signature-2", good]]))).toBe("accepted")
    expect(
      tagOf(
        verify(scheme, [
          ["Acme-Signature", foreign],
          ["Acme-Signature-2", good]
        ])
      )
    ).toBe("accepted")
    expect(
      tagOf(
        verify(scheme, [
          ["Acme-Signature", good],
          ["Acme-Signature-2", "junk"]
        ])
      )
    ).toBe("accepted")
    expect(
      tagOf(
        verify(scheme, [
          ["Acme-Signature-2", good],
          ["acme-signature-2", good]
        ])
      )
    ).toBe("DuplicateHeader")
    expect(tagOf(verify(scheme, []))).toBe("MissingHeader")
  })

  it("in a list may stand without a timestamp", () => {
    const scheme = make({
      ...plain,
      signature: headerList("Acme-Signature", { separator: ",", assignment: "=", encoding: "hex" }),
      keys: [mac({ hash: "sha256", label: "v1" })]
    })
    expect(tagOf(verify(scheme, [["Acme-Signature", `v1=${hmac(text, "old")},v1=${hmac(text)}`]]))).toBe("accepted")
    for (const junk of ["v1=short", "v1=", "v1=potato", `v1=${"0".repeat(200)}`]) {
      expect(tagOf(verify(scheme, [["Acme-Signature", `v1=${hmac(text)},${junk}`]]))).toBe("accepted")
      expect(tagOf(verify(scheme, [["Acme-Signature", `${junk},v1=${hmac(text)}`]]))).toBe("accepted")
      expect(tagOf(verify(scheme, [["Acme-Signature", junk]]))).toBe("MalformedSignature")
      expect(tagOf(verify(scheme, [["Acme-Signature", `${junk},v1=${hmac(text, "old")}`]]))).toBe("SignatureMismatch")
    }
    for (const junk of ["", "=", "no assignment"]) {
      expect(tagOf(verify(scheme, [["Acme-Signature", `v1=${hmac(text)},${junk}`]]))).toBe("MalformedSignature")
    }
    expect(tagOf(verify(scheme, [["Acme-Signature", `V1=${hmac(text)}`]]))).toBe("UnsupportedAlgorithm")
  })

  it("in a list may be separated by more than one character", () => {
    const scheme = make({
      ...plain,
      signature: headerList("Acme-Signature", { separator: ", ", assignment: "=", encoding: "hex" }),
      signedContent: "{timestamp}.{body}",
      keys: [mac({ hash: "sha256", label: "v1" })],
      timestamp: { at: listItem("t"), unit: "milliseconds" }
    })
    const good = `t=${now}, v1=${hmac(`${now}.${text}`)}`
    expect(Result.getOrThrow(verify(scheme, [["Acme-Signature", good]])).timestamp).toBe(now)
    expect(tagOf(verify(scheme, [["Acme-Signature", good.replace(", ", ",")]]))).not.toBe("accepted")
  })

  it("in a list ends where its item ends", () => {
    const scheme = make({
      ...plain,
      signature: headerList("Acme-Signature", { separator: ",", assignment: ",", encoding: "hex" }),
      keys: [mac({ hash: "sha256", label: "v1" })]
    })
    expect(tagOf(verify(scheme, [["Acme-Signature", `v1,${hmac(text)}`]]))).toBe("MalformedSignature")
  })
})

describe("a secret", () => {
  it("in hexadecimal of any case, or in base64 with or without padding, is decoded", () => {
    const key = Buffer.alloc(32, 0xab)
    const headers = [["Acme-Signature", hmac(text, key)]] as const
    const verdict = (encoding: "hex" | "base64", value: string) =>
      tagOf(
        verify(make({ ...plain, keys: [mac({ hash: "sha256", encoding })] }), headers, {
          secrets: [Redacted.make(value)]
        })
      )
    expect(verdict("hex", key.toString("hex"))).toBe("accepted")
    expect(verdict("base64", key.toString("base64"))).toBe("accepted")
    expect(verdict("hex", key.toString("hex").toUpperCase())).toBe("accepted")
    expect(verdict("base64", key.toString("base64").replace("=", ""))).toBe("accepted")
    expect(verdict("base64", `${key.toString("base64")}=`)).toBe("InvalidSecret")
    expect(verdict("base64", key.toString("base64").slice(1))).toBe("InvalidSecret")
    expect(verdict("hex", key.toString("hex").slice(1))).toBe("InvalidSecret")
    expect(verdict("hex", "not hexadecimal")).toBe("InvalidSecret")
  })

  it("may have spaces inside, and letters of any script", () => {
    const pass = "correct horse battery Schlüssel 鍵"
    const secrets = [Redacted.make(pass)]
    expect(tagOf(verify(make(plain), [["Acme-Signature", hmac(text, pass)]], { secrets }))).toBe("accepted")
  })

  it("that was wiped no longer verifies", () => {
    const scheme = make(plain)
    const wiped = Redacted.make(secret)
    const headers = [["Acme-Signature", hmac(text)]] as const
    expect(tagOf(verify(scheme, headers, { secrets: [wiped] }))).toBe("accepted")
    Redacted.wipeUnsafe(wiped)
    expect(tagOf(verify(scheme, headers, { secrets: [wiped] }))).toBe("InvalidSecret")
  })

  it("used with two schemes is a key of its own in each", () => {
    const shared = Redacted.make("ab".repeat(32))
    const asText = make(plain)
    const asBytes = make({ ...plain, keys: [mac({ hash: "sha256", encoding: "hex" })] })
    const verdict = (scheme: SignatureScheme.SignatureScheme, signature: string) =>
      tagOf(verify(scheme, [["Acme-Signature", signature]], { secrets: [shared] }))
    const ofText = hmac(text, "ab".repeat(32))
    const ofBytes = hmac(text, Buffer.alloc(32, 0xab))
    expect([verdict(asText, ofText), verdict(asBytes, ofBytes)]).toEqual(["accepted", "accepted"])
    expect([verdict(asText, ofBytes), verdict(asBytes, ofText)]).toEqual(["SignatureMismatch", "SignatureMismatch"])
  })

  it("is checked before there is a delivery", () => {
    const check = (...secrets: ReadonlyArray<string>) =>
      tagOf(
        WebhookVerifier.checkSecrets(
          make(plain),
          secrets.map((value) => Redacted.make(value))
        )
      )
    expect(check(secret)).toBe("accepted")
    expect(check()).toBe("MissingSecret")
    expect(check(secret, "")).toBe("InvalidSecret")
  })
})

describe("an ed25519 signature in a header of its own", () => {
  it("is checked over timestamp and body", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519")
    const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("hex")
    const scheme = make({
      ...plain,
      signedContent: "{timestamp}{body}",
      keys: [SignatureScheme.ed25519({ encoding: "hex", publicPrefix: "", privatePrefix: "private:" })],
      timestamp: { at: header("Acme-Timestamp"), unit: "seconds" }
    })
    const signature = signBytes(null, bytes(`1764000000${text}`), privateKey).toString("hex")
    const headers = [
      ["Acme-Signature", signature],
      ["Acme-Timestamp", "1764000000"]
    ] as const
    const secrets = [Redacted.make(raw)]
    expect(tagOf(verify(scheme, headers, { secrets }))).toBe("accepted")
    expect(tagOf(verify(scheme, headers, { secrets, body: bytes(`${text} `) }))).toBe("SignatureMismatch")
    expect(
      tagOf(
        verify(
          scheme,
          [
            ["Acme-Signature", "0".repeat(128)],
            ["Acme-Timestamp", "1764000000"]
          ],
          { secrets }
        )
      )
    ).toBe("SignatureMismatch")
  })
})

describe("a timestamp in the body", () => {
  const scheme = make({ ...plain, timestamp: { at: body("at"), unit: "milliseconds", tolerance: "1 minute" } })
  const verdict = (content: string, at = now) =>
    tagOf(verify(scheme, [["Acme-Signature", hmac(content)]], { body: bytes(content), now: at }))

  it("is read after the signature was accepted, and is signed", () =>
    expect(Result.getOrThrow(verify(scheme, [["Acme-Signature", hmac(text)]]))).toMatchObject({
      timestamp: now,
      unsigned: []
    }))

  it("is held to the tolerance, both ways", () => {
    expect(verdict(text, now + 60_000)).toBe("accepted")
    expect(verdict(text, now + 60_001)).toBe("TimestampTooOld")
    expect(verdict(text, now - 60_001)).toBe("TimestampInFuture")
  })

  it("must be there, as a whole number", () => {
    for (const content of ["{}", "[]", "", "not json", `{"at":"soon"}`, `{"at":1.5}`, `{"at":-1}`, `{"at":null}`]) {
      expect(verdict(content)).toBe("MalformedBody")
    }
  })

  it("is not looked at when the signature is wrong", () =>
    expect(tagOf(verify(scheme, [["Acme-Signature", hmac(text)]], { body: bytes("{}") }))).toBe("SignatureMismatch"))
})

describe("id and type", () => {
  const of = (content: string, eventId: SignatureScheme.EventField) => {
    const scheme = make({ ...plain, eventId })
    return Result.getOrThrow(verify(scheme, [["Acme-Signature", hmac(content)]], { body: bytes(content) })).id
  }

  it("are found deep in the body, in lists too, whole numbers as text", () => {
    expect(of(text, body("id"))).toBe("evt_1")
    expect(of(text, body("deep", "list", "0", "id"))).toBe("7")
  })

  it("are undefined where the body has nothing that could be one", () => {
    for (const value of ["", null, true, 1.5, 2 ** 53, [], {}, "a\u0000b", "a".repeat(257)]) {
      expect(of(JSON.stringify({ id: value }), body("id"))).toBeUndefined()
    }
  })

  it("are not looked for in what every object has", () => {
    for (const key of ["constructor", "__proto__", "toString"]) {
      expect(of("{}", body(key, "name"))).toBeUndefined()
    }
    expect(of("[]", body("__proto__", "length"))).toBeUndefined()
    expect(of("[1,2,3]", body("length"))).toBe("3")
  })

  it("are read from a body that begins with a byte order mark, which is signed with it", () => {
    const scheme = make({ ...plain, eventId: body("id") })
    const content = Buffer.concat([Buffer.from("efbbbf", "hex"), bytes(text)])
    const signature = createHmac("sha256", secret).update(content).digest("hex")
    expect(Result.getOrThrow(verify(scheme, [["Acme-Signature", signature]], { body: content })).id).toBe("evt_1")
  })

  it("are undefined in a body that is no JSON or is not UTF-8", () => {
    const scheme = make({ ...plain, eventId: body("id") })
    for (const content of [Buffer.from("{"), Buffer.from(`{"id":"\xff"}`, "latin1")]) {
      const signature = createHmac("sha256", secret).update(content).digest("hex")
      expect(Result.getOrThrow(verify(scheme, [["Acme-Signature", signature]], { body: content })).id).toBeUndefined()
    }
  })

  it("of the first field that is there count", () => {
    const scheme = make({ ...plain, eventType: [header("Acme-Event"), body("kind"), body("type")] })
    const typeOf = (...headers: WebhookVerifier.VerifyInput["headers"]) =>
      Result.getOrThrow(verify(scheme, [["Acme-Signature", hmac(text)], ...headers]))
    expect(typeOf()).toMatchObject({ type: "thing.happened", unsigned: [] })
    expect(typeOf(["Acme-Event", "other"])).toMatchObject({ type: "other", unsigned: ["type"] })
  })

  it.each([
    ["both", body("id"), [body("type")], { id: "evt_1", type: "thing.happened" }],
    ["the id alone", body("id"), [], { id: "evt_1", type: undefined }],
    ["the type alone", undefined, [body("type")], { id: undefined, type: "thing.happened" }]
  ] as const)(
    "in the body, %s, are there when what is known is spread, compared or copied",
    (_, eventId, eventType, found) => {
      const verified = Result.getOrThrow(
        verify(make({ ...plain, eventId, eventType }), [["Acme-Signature", hmac(text)]])
      )
      const known = { ...found, timestamp: undefined, signedBy: 0, unsigned: [] }
      assert.deepStrictEqual(verified, known)
      assert.deepStrictEqual({ ...verified }, known)
      assert.deepStrictEqual(structuredClone(verified), known)
      expect(JSON.stringify(verified)).toBe(JSON.stringify(known))
      expect(Reflect.ownKeys(verified)).toEqual(Reflect.ownKeys(known))
    }
  )

  it("in the body are those of the own delivery, whichever is asked first", () => {
    const scheme = make({ ...plain, eventId: body("id") })
    const verified = ["a", "b", "c"].map((id) => {
      const content = JSON.stringify({ id })
      return Result.getOrThrow(verify(scheme, [["Acme-Signature", hmac(content)]], { body: bytes(content) }))
    })
    expect(verified.toReversed().map(({ id }) => id)).toEqual(["c", "b", "a"])
    expect(verified.map(({ id }) => id)).toEqual(["a", "b", "c"])
  })

  it("in headers are refused when repeated or malformed", () => {
    const scheme = make({ ...plain, eventType: [header("Acme-Event")] })
    const verdict = (...headers: WebhookVerifier.VerifyInput["headers"]) =>
      tagOf(verify(scheme, [["Acme-Signature", hmac(text)], ...headers]))
    expect(verdict(["Acme-Event", "a"], ["acme-event", "a"])).toBe("DuplicateHeader")
  })

  it.each(["Push Hook", "jira:issue_created", "contentmanagement.entry.publish", "orders/create", "Ünïcode"])(
    "in a header may be any text, such as %s",
    (type) => {
      const scheme = make({ ...plain, eventType: [header("Acme-Event")] })
      const headers: WebhookVerifier.VerifyInput["headers"] = [
        ["Acme-Signature", hmac(text)],
        ["Acme-Event", type]
      ]
      expect(Result.getOrThrow(verify(scheme, headers)).type).toBe(type)
      const twoSecrets = [Redacted.make("another"), Redacted.make(secret)]
      expect(Result.getOrThrow(verify(scheme, headers, { secrets: twoSecrets })).type).toBe(type)
    }
  )

  it.each(["", "a\tb", "x".repeat(257)])("in a header are not there when they can't be a type: %j", (type) => {
    const scheme = make({ ...plain, eventType: [header("Acme-Event")] })
    const verified = verify(scheme, [
      ["Acme-Signature", hmac(text)],
      ["Acme-Event", type]
    ])
    expect(Result.getOrThrow(verified).type).toBeUndefined()
  })

  it.each(["a b", "", "x".repeat(257), "ä"])("an id in a header is refused when it is malformed: %j", (id) => {
    const scheme = make({ ...plain, eventId: header("Acme-Id") })
    expect(
      tagOf(
        verify(scheme, [
          ["Acme-Signature", hmac(text)],
          ["Acme-Id", id]
        ])
      )
    ).toBe("MalformedHeader")
  })

  it("and a timestamp beside a body that alone is signed are unsigned", () => {
    const scheme = make({
      ...plain,
      eventId: header("Acme-Id"),
      eventType: [header("Acme-Event")],
      timestamp: { at: header("Acme-Timestamp"), unit: "seconds" }
    })
    const headers = [
      ["Acme-Signature", hmac(text)],
      ["Acme-Id", "1"],
      ["Acme-Event", "a"],
      ["Acme-Timestamp", "1764000000"]
    ] as const
    expect(Result.getOrThrow(verify(scheme, headers)).unsigned).toEqual(["id", "type", "timestamp"])
  })
})

describe("an id in the signed content", () => {
  it("must not contain what ends it", () => {
    const scheme = make({ ...plain, signedContent: "{id}--{body}", eventId: header("Acme-Id") })
    const verdict = (id: string) =>
      tagOf(
        verify(scheme, [
          ["Acme-Signature", hmac(`${id}--${text}`)],
          ["Acme-Id", id]
        ])
      )
    expect(verdict("a-b.c")).toBe("accepted")
    expect(verdict("a--b")).toBe("MalformedHeader")
  })

  it("cannot be moved into the body", () => {
    const scheme = make({ ...plain, signedContent: "{id}.{body}", eventId: header("Acme-Id") })
    const signature = hmac("a.b.c")
    const verdict = (id: string, content: string) =>
      tagOf(
        verify(
          scheme,
          [
            ["Acme-Signature", signature],
            ["Acme-Id", id]
          ],
          { body: bytes(content) }
        )
      )
    expect(verdict("a", "b.c")).toBe("accepted")
    expect(verdict("a.b", "c")).toBe("MalformedHeader")
  })
})
