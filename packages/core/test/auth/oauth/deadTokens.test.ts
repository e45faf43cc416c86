/** How providers say that a refresh token is dead, as their documentation or captured answers have it. */
import { OAuth, OAuthQuirks, Token } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { answering, clientOver, issuer } from "./answering.ts"

const held = Token.make({ accessToken: Redacted.make("0ld"), refreshToken: Redacted.make("r3fr3sh"), obtainedAt: 0 })

interface Dead {
  readonly status?: number
  readonly type?: string
  readonly quirks?: OAuthQuirks.OAuthQuirks
  readonly body: unknown
  readonly words?: string
}

const dead: Readonly<Record<string, Dead>> = {
  "RFC 6749": {
    body: { error: "invalid_grant", error_description: "Token has been revoked." },
    words: "Token has been revoked."
  },
  "Microsoft, with numbers of its own": {
    body: {
      error: "invalid_grant",
      error_description: "AADSTS700082: The refresh token has expired due to inactivity.",
      error_codes: [700082],
      error_uri: "https://login.microsoftonline.com/error?code=700082"
    },
    words: "AADSTS700082: The refresh token has expired due to inactivity."
  },
  "HubSpot (mk-node-hubspot#64)": {
    quirks: OAuthQuirks.hubspot,
    body: { status: "BAD_REFRESH_TOKEN", message: "missing or invalid refresh token", correlationId: "1" },
    words: "missing or invalid refresh token"
  },
  Meta: {
    quirks: OAuthQuirks.meta,
    body: { error: { message: "Error validating access token", type: "OAuthException", code: 190, fbtrace_id: "A" } },
    words: "Error validating access token"
  },
  "Okta's way of writing": {
    body: { errorCode: "invalid_grant", errorSummary: "The refresh token is invalid or expired.", errorId: "oae" },
    words: "The refresh token is invalid or expired."
  },
  "problem+json": {
    type: "application/problem+json",
    body: { type: "invalid_grant", title: "Invalid grant", detail: "The refresh token has expired.", status: 400 },
    words: "The refresh token has expired."
  },
  "an error within an error": {
    body: { error: { code: "invalid_grant", message: "The token is gone." } },
    words: "The token is gone."
  },
  "Slack, with the status 200": {
    status: 200,
    quirks: OAuthQuirks.slack,
    body: { ok: false, error: "invalid_refresh_token" }
  },
  "GitHub, with the status 200": {
    status: 200,
    quirks: OAuthQuirks.github,
    body: { error: "bad_refresh_token", error_description: "The refresh token passed is incorrect or expired." },
    words: "The refresh token passed is incorrect or expired."
  },
  "a place of its own": {
    quirks: OAuthQuirks.make({
      errorAt: { code: ["fault.reason"], words: ["fault.text"] },
      errorCodes: { gone: "invalid_grant" }
    }),
    body: { fault: { reason: "gone", text: "No such grant." } },
    words: "No such grant."
  }
}

const refuse = ({ body, quirks, status = 400, type = "application/json" }: Dead) =>
  Effect.gen(function* () {
    const { client } = answering(
      () => new Response(JSON.stringify(body), { status, headers: { "content-type": type } })
    )
    const oauth = yield* clientOver(client, quirks === undefined ? {} : { quirks })
    return (yield* Effect.flip(OAuth.refresh(oauth, held))).reason
  }).pipe(Effect.scoped)

describe("a dead refresh token", () => {
  for (const [name, said] of Object.entries(dead)) {
    it.effect(`is recognized as it is said by ${name}`, () =>
      Effect.map(refuse(said), (reason) => {
        assert.strictEqual(reason._tag, "InvalidGrant")
        assert.strictEqual("description" in reason ? reason.description : undefined, said.words)
      })
    )
  }

  it.effect("is not what an unknown code says, whose words are kept", () =>
    Effect.map(refuse({ body: { code: "E_TEAPOT", message: "I am a teapot.\nFor r3fr3sh" } }), (reason) => {
      assert.strictEqual(reason._tag, "OtherRefusal")
      assert.deepInclude(reason, { code: "E_TEAPOT" })
      const words = "description" in reason ? (reason.description ?? "") : ""
      assert.match(words, /^I am a teapot\./)
      assert.notMatch(words, /r3fr3sh|\n/)
    })
  )

  it.effect("is not what a page of a proxy says", () =>
    Effect.map(refuse({ type: "text/html", body: "<html>" }), ({ _tag }) => assert.strictEqual(_tag, "MalformedAnswer"))
  )

  it.effect("is not what a status of 503 says, whatever stands in the body", () =>
    Effect.map(refuse({ status: 503, body: { errorCode: "invalid_grant" } }), ({ _tag }) =>
      assert.strictEqual(_tag, "EndpointUnavailable")
    )
  )
})

describe("an introspection", () => {
  const introspect = (body: unknown, quirks?: OAuthQuirks.OAuthQuirks) =>
    Effect.gen(function* () {
      const { client } = answering(() => Response.json(body))
      const server = { introspectionEndpoint: `${issuer}/introspect` }
      const oauth = yield* clientOver(client, { server, ...(quirks !== undefined && { quirks }) })
      return yield* OAuth.introspect(oauth, Redacted.make("t0k3n"))
    }).pipe(Effect.scoped)

  it.effect("of a token without scopes has none (keycloak#16526)", () =>
    Effect.map(introspect({ active: true, scope: "", client_id: "" }), (said) =>
      assert.deepInclude(said, { active: true, scope: [], clientId: undefined })
    )
  )

  it.effect("may have its scopes as a list (spring-security#7563)", () =>
    Effect.map(introspect({ active: true, scope: ["a", "b"] }), ({ scope }) =>
      assert.deepStrictEqual(scope, ["a", "b"])
    )
  )

  it.effect("honours the quirks of its server", () =>
    Effect.gen(function* () {
      const body = { active: true, exp: "1796076519", token_type: null, scope: "a,b" }
      assert.strictEqual((yield* Effect.flip(introspect(body))).reason._tag, "MalformedAnswer")
      const quirks = OAuthQuirks.make({ textualExpiry: true, nullIsAbsent: true, scopes: "commas" })
      assert.deepInclude(yield* introspect(body, quirks), { expiresAt: 1_796_076_519_000, scope: ["a", "b"] })
    })
  )
})

describe("further tokens in one answer", () => {
  const answer = {
    ok: true,
    access_token: "xoxb-b0t",
    token_type: "bot",
    scope: "commands",
    incoming_webhook: { url: "https://hooks.slack.com/services/T/B/h00ks3cr3t", channel: "#general" },
    authed_user: { id: "U2", scope: "chat:write", access_token: "xoxp-us3r", token_type: "user" }
  }

  const tokenOf = (quirks: OAuthQuirks.OAuthQuirks) =>
    Effect.gen(function* () {
      const { client } = answering(() => Response.json(answer))
      const oauth = yield* clientOver(client, { quirks })
      return yield* OAuth.clientCredentials(oauth).obtain ?? Effect.die("no grant")
    }).pipe(Effect.scoped)

  const secretsOf = ({ secrets = {} }: Token.Token) =>
    Object.fromEntries(Object.entries(secrets).map(([path, secret]) => [path, Redacted.value(secret)]))

  it.effect("are kept by their paths, as secrets", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf(OAuthQuirks.slack)
      assert.deepStrictEqual(secretsOf(token), {
        "incoming_webhook.url": "https://hooks.slack.com/services/T/B/h00ks3cr3t",
        "authed_user.access_token": "xoxp-us3r"
      })
      assert.notMatch(JSON.stringify(token), /us3r|h00ks3cr3t/)
      assert.deepNestedInclude(token, { "extra.authed_user.id": "U2", "extra.incoming_webhook.channel": "#general" })
    })
  )

  it.effect("are those of the bot where the token is the person's", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf(OAuthQuirks.slackUser)
      assert.strictEqual(Redacted.value(token.accessToken), "xoxp-us3r")
      assert.deepInclude(secretsOf(token), { access_token: "xoxb-b0t" })
    })
  )
})
