/** What errors keep of texts that came from a server, a token or a database. */
import { AuthError } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { everythingThatPrints } from "./jwt/printing.ts"

const jwt = `eyJhbGciOiJSUzI1NiJ9.${"eyJpc3MiOiJhIn0".repeat(20)}.c2lnbmF0dXJl`
const hostile = `first\r\nERROR forged line\u2028\u0085\u202e\u001b[31m ${jwt} Bearer abcdefghij client_secret=hunter2hunter2`

const fields = [
  "status",
  "why",
  "code",
  "description",
  "uri",
  "detail",
  "issue",
  "endpoint",
  "operation",
  "what",
  "part",
  "keyId"
]

/** Every reason that the module exports, with the same text in each of its fields. */
const reasons = Object.entries<unknown>(AuthError).filter(
  (entry): entry is [string, new (said: object) => AuthError.Reason] =>
    // All classes of the module but the error itself are reasons.
    typeof entry[1] === "function" && /^[A-Z]/.test(entry[0]) && entry[0] !== "AuthError"
)

const withEverywhere = (text: string) => ({
  ...Object.fromEntries(fields.map((name) => [name, text])),
  offered: [text],
  url: undefined
})

describe("the texts of a reason", () => {
  it("belong to one of at least 20 classes", () => assert.isAtLeast(reasons.length, 20))

  for (const [name, Reason] of reasons.filter(([name]) => name !== "ClockSkew")) {
    it.effect(`are one line without secrets, in ${name}`, () =>
      Effect.gen(function* () {
        const error = new AuthError.AuthError({ integration: "test/A", reason: new Reason(withEverywhere(hostile)) })
        const printed = yield* everythingThatPrints(error)
        for (const secret of [jwt.slice(0, 40), "abcdefghij", "hunter2"]) assert.notInclude(printed, secret)
        // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
        assert.notMatch(error.message, /[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]/)
        for (const value of Object.values(error.reason))
          if (typeof value === "string") assert.isAtMost(value.length, 500)
      })
    )
  }

  it("are kept as they are where they are plain", () => {
    const reason = new AuthError.InvalidGrant({ status: 400, description: "Token has been revoked.", uri: undefined })
    assert.deepInclude(reason, { _tag: "InvalidGrant", status: 400, description: "Token has been revoked." })
  })

  it("leave the URL whole at which a person grants access", () => {
    const url = "https://login.example/start?state=a&access_token=none"
    assert.strictEqual(new AuthError.ReauthorizationRequired({ why: "revoked", url }).url, url)
  })
})

describe("a refusal by its code", () => {
  it("has the reason of its code, and its own words", () => {
    const said = { status: 400, description: "expired", uri: undefined }
    assert.strictEqual(AuthError.refusal("invalid_grant", said)._tag, "InvalidGrant")
    assert.deepInclude(AuthError.refusal("toString", said), { _tag: "OtherRefusal", code: "toString" })
  })

  it("loses the secrets that were sent, in each of its texts", () => {
    const secret = "0p4que s3cret"
    const said = {
      status: 400,
      description: `no client with ${secret}`,
      uri: `https://docs.example/?q=${encodeURIComponent(secret)}`
    }
    const reason = AuthError.refusal(`bad_${secret}`, said, [secret])
    assert.deepInclude(reason, {
      code: "bad_<redacted>",
      description: "no client with <redacted>",
      uri: "https://docs.example/?q=<redacted>"
    })
  })
})
