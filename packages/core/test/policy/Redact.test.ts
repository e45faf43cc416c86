import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { Redacted } from "effect"
import { Redact } from "@causeway/core/policy"

const secret = 's3cr3t/+=&<key>~!\'*()-of-ours "x"'

describe("a known secret is removed", () => {
  const forms: Readonly<Record<string, string>> = {
    "as it is": secret,
    "in a URL": encodeURIComponent(secret),
    "in a URL in lower case": encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase()),
    "in a form": new URLSearchParams({ key: secret }).toString().slice("key=".length),
    "in JSON": JSON.stringify(secret),
    "in JSON with its slashes escaped": JSON.stringify(secret).replaceAll("/", "\\/"),
    "in JSON as Go writes it": JSON.stringify(secret).replace(
      /[&<>]/g,
      (char) => `\\u00${char.charCodeAt(0).toString(16)}`
    ),
    "in HTML": "s3cr3t/+=&amp;&lt;key&gt;~!&#39;*()-of-ours &quot;x&quot;"
  }
  for (const [where, form] of Object.entries(forms)) {
    it(where, () => {
      const text = Redact.secrets(`before ${form} between ${form} after`, [secret])
      assert.notMatch(text, /s3cr3t|of-ours|key/)
      assert.match(text, /^before .*redacted.* between .*redacted.* after$/)
    })
  }

  it("when the text ends in its middle", () => {
    for (let length = 4; length < secret.length; length += 1) {
      assert.strictEqual(Redact.secrets(`before ${secret.slice(0, length)}`, [secret]), "before <redacted>")
    }
  })

  it("when another one begins like it", () =>
    assert.strictEqual(Redact.secrets("abcd abcdefgh", ["abcd", "abcdefgh"]), "<redacted> <redacted>"))

  it("unless it is too short to be one", () => assert.strictEqual(Redact.secrets("a cat", ["a"]), "a cat"))
})

describe("what looks like a secret is removed", () => {
  const cases: ReadonlyArray<readonly [string, string]> = [
    ['{"access_token":"abc","scope":"read"}', '{"access_token":"<redacted>","scope":"read"}'],
    ['{"client_secret": "a\\"b", "x": 1}', '{"client_secret": "<redacted>", "x": 1}'],
    ['{"refresh_token":"cut off he', '{"refresh_token":"<redacted>"'],
    ["api_key=abc&page=2", "api_key=<redacted>&page=2"],
    ["https://h/p?x=1&sessionToken=abc#f", "https://h/p?x=1&sessionToken=<redacted>"],
    ["Authorization: Bearer abc.def-ghi", "Authorization: Bearer <redacted>"],
    ["basic dXNlcjpwYXNz was wrong", "basic <redacted> was wrong"],
    ["got eyJhbGciOi.eyJzdWIi.c2ln here", "got <redacted> here"],
    ["id-eyJhbGciOi.eyJzdWIi.c2ln here", "id-<redacted> here"],
    ["eyJ-eyJhbGciOi.eyJzdWIi.", "<redacted>"]
  ]
  for (const [text, expected] of cases) {
    it(text, () => assert.strictEqual(Redact.secrets(text, []), expected))
  }

  it("in time that grows with the length of the text", () => {
    for (const part of [
      "eyJ-",
      "eyJaaaa-",
      "eyJaaaa.",
      '"token" ',
      '"token":"',
      "token=",
      "bearer ",
      "://a",
      "sk_",
      " "
    ]) {
      assert.isAtLeast(Redact.secrets(part.repeat(200_000), ["s3cr3t-value"]).length, 1)
    }
  })

  it("and what does not is left", () => {
    const text = '{"error":"not_found","message":"No such charge: ch_1","tokens":12}'
    assert.strictEqual(Redact.secrets(text, []), text)
  })
})

describe("the secrets of a request are", () => {
  const basic = btoa("ann:p4ss:w0rd")
  const cases: ReadonlyArray<
    readonly [what: string, request: Redact.RequestParts, found: ReadonlyArray<string>, names?: ReadonlyArray<string>]
  > = [
    ["a bearer token", { headers: { authorization: "Bearer abcd1234" } }, ["Bearer abcd1234", "abcd1234"]],
    [
      "a user and password",
      { headers: { authorization: `Basic ${basic}` } },
      [`Basic ${basic}`, basic, "ann:p4ss:w0rd", "p4ss:w0rd"]
    ],
    [
      "a key given as the user, as Stripe has it",
      { headers: { authorization: `basic ${btoa("sk_live_1:")}` } },
      [`basic ${btoa("sk_live_1:")}`, btoa("sk_live_1:"), "sk_live_1:", "sk_live_1"]
    ],
    [
      "a scheme with parameters",
      { headers: { authorization: 'Token token="abcd1234", k=1' } },
      ['Token token="abcd1234", k=1', 'token="abcd1234", k=1', "abcd1234"]
    ],
    ["cookies", { headers: { cookie: "sid=abcd1234; theme=dark" } }, ["sid=abcd1234; theme=dark", "abcd1234"]],
    [
      "an api key",
      { headers: { "x-api-key": "abcd1234", accept: "a/b", "idempotency-key": "efgh5678" } },
      ["abcd1234"]
    ],
    ["a key in the URL", { headers: {}, url: "https://h/p?api_key=abcd1234&q=1&page_token=efgh5678" }, ["abcd1234"]],
    ["a user in the URL", { headers: {}, url: "https://ann1:p%40ss@h/p" }, ["ann1", "p@ss"]],
    [
      "a query apart",
      {
        headers: {},
        urlParams: {
          params: [
            ["sig", "abcd1234"],
            ["q", "x"]
          ]
        }
      },
      ["abcd1234"]
    ],
    ["a redacted query", { headers: {}, urlParams: { params: [["q", Redacted.make("abcd1234")]] } }, ["abcd1234"]],
    ["a name that is given", { headers: { "x-shop": "abcd1234" } }, ["abcd1234"], ["X-Shop"]],
    ["none", { headers: { accept: "a/b" }, url: "https://h/p?q=1" }, []]
  ]
  for (const [what, request, found, names] of cases) {
    it(what, () => assert.deepStrictEqual(Redact.secretsOf(request, names), found))
  }

  it("found in time that grows with their length", () => {
    const cookie = "a=".repeat(50_000)
    assert.isAtLeast(Redact.secretsOf({ headers: { cookie, authorization: `Basic ${" ".repeat(50_000)}` } }).length, 1)
  })
})

describe("a request is written down without its secrets", () => {
  it("in its URL, whose other parameters stay as they are", () =>
    assert.strictEqual(
      Redact.url("https://ann:pass@h/p?api_key=abcd&q=a%20b&page_token=x#f"),
      "https://<redacted>@h/p?api_key=<redacted>&q=a%20b&page_token=x#f"
    ))

  it("in a URL of any length, in time that grows with it", () => {
    for (const part of ["?", "?a", "&token", "#?", "://"]) {
      const url = `https://h/${part.repeat(200_000)}`
      assert.strictEqual(Redact.url(`${url}&token=abcd`), `${url}&token=<redacted>`)
    }
  })

  it("in its headers and its query", () => {
    assert.deepStrictEqual(Redact.headers({ authorization: "Bearer a", accept: "a/b", "x-shop": "s" }, ["x-shop"]), {
      authorization: "<redacted>",
      accept: "a/b",
      "x-shop": "<redacted>"
    })
    assert.deepStrictEqual(Redact.query({ apiKey: "a", page: 2 }), { apiKey: "<redacted>", page: 2 })
  })
})

describe("an excerpt", () => {
  it("is one line without secrets, and no longer than it may be", () => {
    assert.strictEqual(
      Redact.excerpt("no\r\n\u2028\u0085such\u202ekey: s3cr3t!", 100, ["s3cr3t!"]),
      "no such key: <redacted>"
    )
    assert.strictEqual(Redact.excerpt("x".repeat(400), 300, []), "x".repeat(300))
  })

  it("is searched for secrets beyond what it keeps", () => {
    const jwt = `eyJhbGciOiJSUzI1NiJ9.${"e30".repeat(1_000)}.c2lnbmF0dXJl`
    assert.strictEqual(Redact.excerpt(`was ${jwt}`, 300, []), "was <redacted>")
    assert.strictEqual(Redact.excerpt(`was ${"s".repeat(500)}`, 300, ["s".repeat(500)]), "was <redacted>")
  })

  it("of the text of a declared error is made where it is decoded", () => {
    assert.strictEqual(Schema.decodeSync(Redact.Excerpt)("a\nb password=hunter22"), "a b password=<redacted>")
    assert.strictEqual(Schema.encodeSync(Redact.Excerpt)("a\nb"), "a\nb")
  })
})
