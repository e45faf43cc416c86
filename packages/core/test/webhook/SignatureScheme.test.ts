import { SignatureScheme } from "@causeway/core/webhook"
import { describe, expect, it } from "@effect/vitest"
import { Duration } from "effect"

const { body, ed25519, header, headerList, listItem, mac, make, singleHeader } = SignatureScheme

const valid: SignatureScheme.Options = {
  id: "acme",
  signature: singleHeader("Acme-Signature", { encoding: "hex" }),
  signedContent: "{body}",
  keys: [mac({ hash: "sha256" })],
  docs: { url: "https://acme.example", checked: "documentation" }
}

const list = headerList("Acme-Signature", { separator: ",", assignment: "=", encoding: "hex" })

const seconds = { at: header("Acme-Timestamp"), unit: "seconds" } as const

describe("a scheme", () => {
  it("has a tolerance of 5 minutes both ways by default", () =>
    expect(make({ ...valid, timestamp: seconds }).timestamp?.toleranceMillis).toEqual({
      past: 300_000,
      future: 300_000
    }))

  it("has a tolerance for each direction, or one for both", () => {
    const toleranceOf = (tolerance: SignatureScheme.Tolerance) =>
      make({ ...valid, timestamp: { ...seconds, tolerance } }).timestamp?.toleranceMillis
    expect(toleranceOf("1 minute")).toEqual({ past: 60_000, future: 60_000 })
    expect(toleranceOf({ past: "1 hour", future: Duration.seconds(5) })).toEqual({ past: 3_600_000, future: 5000 })
  })

  it("can be given another tolerance, and stays as it was", () => {
    const scheme = make({ ...valid, timestamp: seconds })
    expect(SignatureScheme.withTolerance(scheme, "10 minutes").timestamp?.toleranceMillis.past).toBe(600_000)
    expect(SignatureScheme.withTolerance("10 minutes")(scheme).timestamp?.toleranceMillis.past).toBe(600_000)
    expect(scheme.timestamp?.toleranceMillis.past).toBe(300_000)
  })

  it("is taken as it is when it is made again", () => {
    const scheme = make({ ...valid, timestamp: seconds, signedContent: "{timestamp}.{body}" })
    expect(make(scheme)).toEqual(scheme)
    expect(make({ ...scheme, id: "other" })).toEqual({ ...scheme, id: "other" })
  })

  it("splits its template into text and slots", () =>
    expect(make({ ...valid, timestamp: seconds, signedContent: "v0:{timestamp}:{body}" }).signedContent.parts).toEqual([
      { _tag: "Text", text: "v0:" },
      { _tag: "Slot", slot: "timestamp" },
      { _tag: "Text", text: ":" },
      { _tag: "Slot", slot: "body" }
    ]))
})

describe("a scheme cannot be made with", () => {
  const cases: ReadonlyArray<readonly [what: string, make: () => unknown, names: RegExp]> = [
    [
      "an id in upper case",
      () => make({ ...valid, id: "Acme" }),
      /SignatureScheme\.id is "Acme", but must be lower-case/
    ],
    ["an empty id", () => make({ ...valid, id: "" }), /SignatureScheme\.id is ""/],
    [
      "an unknown slot",
      () => make({ ...valid, signedContent: "{body}{nonce}" }),
      /signedContent is "\{nonce\}".*\{timestamp\}/
    ],
    ["an open brace", () => make({ ...valid, signedContent: "{body}{" }), /signedContent is "\{"/],
    [
      "a template without the body",
      () => make({ ...valid, signedContent: "fixed" }),
      /signedContent is "fixed".*\{body\}/
    ],
    [
      "a timestamp slot without a timestamp",
      () => make({ ...valid, signedContent: "{timestamp}{body}" }),
      /only with a timestamp/
    ],
    [
      "a timestamp slot for a timestamp in the body",
      () => make({ ...valid, signedContent: "{timestamp}{body}", timestamp: { at: body("at"), unit: "seconds" } }),
      /only with a timestamp in a header/
    ],
    [
      "an id slot without an id",
      () => make({ ...valid, signedContent: "{id}.{body}" }),
      /only with an eventId in a header/
    ],
    [
      "an id slot for an id in the body",
      () => make({ ...valid, signedContent: "{id}.{body}", eventId: body("id") }),
      /\{id\}/
    ],
    ["no key", () => make({ ...valid, keys: [] }), /SignatureScheme\.keys is an empty list/],
    [
      "two keys in a single header",
      () => make({ ...valid, keys: [mac({ hash: "sha1" }), mac({ hash: "sha256" })] }),
      /one key form/
    ],
    [
      "a label in a single header",
      () => make({ ...valid, keys: [mac({ hash: "sha256", label: "v1" })] }),
      /without a label/
    ],
    ["a list without a label", () => make({ ...valid, signature: list }), /a label of its own/],
    [
      "the same label twice",
      () =>
        make({
          ...valid,
          signature: list,
          keys: [mac({ hash: "sha1", label: "v1" }), mac({ hash: "sha256", label: "v1" })]
        }),
      /a label of its own/
    ],
    [
      "a label with a comma",
      () => make({ ...valid, signature: list, keys: [mac({ hash: "sha1", label: "a,b" })] }),
      /keys\.label is "a,b"/
    ],
    [
      "a list item beside a single header",
      () => make({ ...valid, timestamp: { at: listItem("t"), unit: "seconds" } }),
      /timestamp\.at/
    ],
    [
      "a timestamp under the label of a signature",
      () =>
        make({
          ...valid,
          signature: list,
          keys: [mac({ hash: "sha256", label: "v1" })],
          timestamp: { at: listItem("v1"), unit: "seconds" }
        }),
      /timestamp\.at is "v1"/
    ],
    [
      "a tolerance of zero",
      () => make({ ...valid, timestamp: { ...seconds, tolerance: 0 } }),
      /timestamp\.tolerance is 0/
    ],
    [
      "an infinite tolerance",
      () => make({ ...valid, timestamp: { ...seconds, tolerance: Duration.infinity } }),
      /timestamp\.tolerance is Infinity/
    ],
    [
      "a negative tolerance ahead",
      () => make({ ...valid, timestamp: { ...seconds, tolerance: { past: 1, future: -1 } } }),
      /tolerance\.future/
    ],
    [
      "a header name with a space",
      () => header("Acme Signature"),
      /SignatureScheme\.header is "Acme Signature".*a header name/
    ],
    ["a signature in no header", () => singleHeader([], { encoding: "hex" }), /signature\.names is an empty list/],
    [
      "a separator of letters",
      () => headerList("A", { separator: "x", assignment: "=", encoding: "hex" }),
      /signature\.separator/
    ],
    [
      "an empty assignment",
      () => headerList("A", { separator: ",", assignment: "", encoding: "hex" }),
      /signature\.assignment/
    ],
    ["a key of no bytes", () => mac({ hash: "sha256", minBytes: 0 }), /keys\.minBytes is 0/],
    [
      "a key that may not be long enough",
      () => mac({ hash: "sha256", minBytes: 32, maxBytes: 16 }),
      /keys\.maxBytes is 16.*32/
    ],
    [
      "key halves that cannot be told apart",
      () => ed25519({ encoding: "hex", publicPrefix: "k_", privatePrefix: "k_" }),
      /keys\.privatePrefix is "k_"/
    ]
  ]

  it.each(cases)("%s", (_, makeIt, names) => expect(makeIt).toThrow(names))

  it("a tolerance where it has no timestamp", () =>
    expect(() => SignatureScheme.withTolerance(make(valid), "1 minute")).toThrow(/acme has not/))
})
