import { assert, describe, it } from "@effect/vitest"
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
    ["got eyJhbGciOi.eyJzdWIi.c2ln here", "got <redacted> here"]
  ]
  for (const [text, expected] of cases) {
    it(text, () => assert.strictEqual(Redact.secrets(text, []), expected))
  }

  it("and what does not is left", () => {
    const text = '{"error":"not_found","message":"No such charge: ch_1","tokens":12}'
    assert.strictEqual(Redact.secrets(text, []), text)
  })
})
