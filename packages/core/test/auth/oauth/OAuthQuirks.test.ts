/** What each quirk allows, and that it allows nothing else. */
import { OAuth, OAuthQuirks } from "@causeway/core/auth"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { answering, clientOver, codeOf, formOf } from "./answering.ts"

const json = (body: unknown, status = 200) => Response.json(body, { status })
const good = { access_token: "t0k3n", token_type: "Bearer" }
const form = (text: string) =>
  new Response(text, { headers: { "content-type": "application/x-www-form-urlencoded;charset=utf-8" } })

interface Odd {
  readonly quirks: Partial<OAuthQuirks.OAuthQuirks>
  readonly answer: () => Response
  /** Members of the token: its text, its type, its scope, its seconds, its refresh token. */
  readonly token?: Readonly<Record<string, unknown>>
  readonly refused?: string
}

const odd: Readonly<Record<string, Odd>> = {
  "a success with 201": { quirks: { successStatuses: [200, 201] }, answer: () => json(good, 201), token: {} },
  "an error inside a success": {
    quirks: { errorsInSuccess: true },
    answer: () => json({ error: "invalid_grant" }),
    refused: "invalid_grant"
  },
  "an error code of its own": {
    quirks: { errorCodes: { bad_refresh_token: "invalid_grant" } },
    answer: () => json({ error: "bad_refresh_token" }, 400),
    refused: "invalid_grant"
  },
  "an answer as a form": {
    quirks: { answers: "form" },
    answer: () => form("access_token=t0k3n&token_type=bearer&expires_in=60&scope=a+b"),
    token: { expiresIn: 60, scope: ["a", "b"] }
  },
  "JSON that says it is text": {
    quirks: { answers: "untyped" },
    answer: () => new Response(JSON.stringify(good), { headers: { "content-type": "text/javascript" } }),
    token: {}
  },
  "a token one level down": {
    quirks: { tokenAt: ["authed_user"] },
    answer: () => json({ access_token: "th3-b0t", token_type: "bot", authed_user: { ...good, id: "U1" } }),
    token: {}
  },
  "no type": { quirks: { tokenType: "Bearer" }, answer: () => json({ access_token: "t0k3n" }), token: {} },
  "an odd type": { quirks: { tokenType: "Bearer" }, answer: () => json({ ...good, token_type: "bot" }), token: {} },
  "scopes between commas": {
    quirks: { scopes: "commas" },
    answer: () => json({ ...good, scope: "read,write, admin" }),
    token: { scope: ["read", "write", "admin"] }
  },
  "scopes as a list": {
    quirks: { scopes: "list" },
    answer: () => json({ ...good, scope: ["read", "write"] }),
    token: { scope: ["read", "write"] }
  },
  "an expiry in text": {
    quirks: { textualExpiry: true },
    answer: () => json({ ...good, expires_in: "3600" }),
    token: { expiresIn: 3_600 }
  },
  "no expiry": { quirks: { defaultExpiry: 7_200 }, answer: () => json(good), token: { expiresIn: 7_200 } },
  "members that are null": {
    quirks: { nullIsAbsent: true },
    answer: () => json({ ...good, expires_in: null, refresh_token: null, scope: null, id_token: null }),
    token: {}
  }
}

const outcomeOf = (answer: () => Response, quirks?: OAuthQuirks.OAuthQuirks) =>
  Effect.gen(function* () {
    const client = yield* clientOver(answering(answer).client, quirks === undefined ? {} : { quirks })
    return yield* Effect.match(OAuth.clientCredentials(client).obtain!, {
      onFailure: (error) => codeOf(error) ?? error.reason._tag,
      onSuccess: ({ accessToken, expiresAt, obtainedAt, refreshToken, scope, tokenType }) => ({
        accessToken: Redacted.value(accessToken),
        tokenType,
        expiresIn: expiresAt === undefined ? undefined : (expiresAt - obtainedAt) / 1_000,
        scope,
        refreshToken
      })
    })
  }).pipe(Effect.scoped)

const plain = {
  accessToken: "t0k3n",
  tokenType: "Bearer",
  expiresIn: undefined,
  scope: undefined,
  refreshToken: undefined
}

describe("a quirk", () => {
  for (const [name, { answer, quirks, refused, token }] of Object.entries(odd)) {
    it.effect(`allows ${name}, which is not taken otherwise`, () =>
      Effect.gen(function* () {
        const expected = refused ?? { ...plain, ...token }
        assert.deepStrictEqual(yield* outcomeOf(answer, OAuthQuirks.make(quirks)), expected)
        assert.notDeepEqual(yield* outcomeOf(answer), expected)
      })
    )
  }

  it.effect("for forms is none for a member that comes twice", () =>
    Effect.gen(function* () {
      const answer = () => form("access_token=t0k3n&access_token=0th3r&token_type=bearer")
      assert.strictEqual(yield* outcomeOf(answer, OAuthQuirks.make({ answers: "form" })), "MalformedAnswer")
    })
  )

  it.effect("for expiries in text is none for a text that only begins as a number", () =>
    Effect.gen(function* () {
      for (const expires_in of ["3600s", "", " 60", "1e9", "-1", "12345678901234567890"]) {
        const outcome = yield* outcomeOf(() => json({ ...good, expires_in }), OAuthQuirks.make({ textualExpiry: true }))
        assert.strictEqual(outcome, "MalformedAnswer", expires_in)
      }
    })
  )

  it("that makes no sense is refused where it is made", () => {
    assert.throws(() => OAuthQuirks.make({ successStatuses: [200, 400] }), /quirks.successStatuses\[1\] is 400/)
    assert.throws(() => OAuthQuirks.make({ defaultExpiry: 0 }), /quirks.defaultExpiry is 0/)
    assert.throws(() => OAuthQuirks.make({ clientIdParameter: "" }), /quirks.clientIdParameter/)
  })
})

describe("a request", () => {
  it.effect("names the client and separates scopes as the server wants it", () =>
    Effect.gen(function* () {
      const { client: http, requests } = answering(() => json(good))
      const quirks = OAuthQuirks.make({ scopeSeparator: ",", plainBasic: true })
      yield* OAuth.clientCredentials(yield* clientOver(http, { quirks }), { scope: ["a", "b"] }).obtain!
      assert.strictEqual(formOf(requests[0]!).get("scope"), "a,b")
    }).pipe(Effect.scoped)
  )
})

/** Answers as the providers' own pages show them. */
const documented: Readonly<Record<string, Odd>> = {
  "GitHub's refusal": {
    quirks: OAuthQuirks.github,
    answer: () =>
      json({
        error: "bad_refresh_token",
        error_description: "The refresh token passed is incorrect or expired.",
        error_uri: "https://docs.github.com"
      }),
    refused: "invalid_grant"
  },
  "GitHub's token": {
    quirks: OAuthQuirks.github,
    answer: () => json({ access_token: "t0k3n", scope: "repo,gist", token_type: "bearer" }),
    token: { scope: ["repo", "gist"] }
  },
  "Slack's token of a bot": {
    quirks: OAuthQuirks.slack,
    answer: () =>
      json({
        ok: true,
        access_token: "t0k3n",
        token_type: "bot",
        scope: "commands,incoming-webhook",
        bot_user_id: "U0KRQLJ9H",
        expires_in: 43_200,
        authed_user: { id: "U1234", access_token: "xoxp-1234" }
      }),
    token: { scope: ["commands", "incoming-webhook"], expiresIn: 43_200 }
  },
  "Slack's token of a person": {
    quirks: OAuthQuirks.slackUser,
    answer: () =>
      json({
        ok: true,
        access_token: "xoxb-17653672481",
        token_type: "bot",
        authed_user: { id: "U1234", scope: "chat:write", access_token: "t0k3n", token_type: "user" }
      }),
    token: { scope: ["chat:write"] }
  },
  "Slack's refusal": {
    quirks: OAuthQuirks.slack,
    answer: () => json({ ok: false, error: "invalid_refresh_token" }),
    refused: "invalid_grant"
  },
  "Shopify's token": {
    quirks: OAuthQuirks.shopify,
    answer: () => json({ access_token: "t0k3n", scope: "write_orders,read_customers" }),
    token: { scope: ["write_orders", "read_customers"] }
  },
  "Twitch's token": {
    quirks: OAuthQuirks.twitch,
    answer: () =>
      json({
        access_token: "t0k3n",
        expires_in: 14_124,
        scope: ["channel:moderate", "chat:edit"],
        token_type: "bearer"
      }),
    token: { expiresIn: 14_124, scope: ["channel:moderate", "chat:edit"] }
  },
  "Salesforce's token": {
    quirks: OAuthQuirks.salesforce,
    answer: () =>
      json({
        access_token: "t0k3n",
        instance_url: "https://x.my.salesforce.com",
        id: "https://login.salesforce.com/id/00D/005",
        token_type: "Bearer",
        issued_at: "1667600739962",
        signature: "s1gn4tur3"
      }),
    token: { expiresIn: 7_200 }
  }
}

describe("the record of a provider reads", () => {
  for (const [name, { answer, quirks, refused, token }] of Object.entries(documented)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const outcome = yield* outcomeOf(answer, OAuthQuirks.make(quirks))
        assert.deepStrictEqual(outcome, refused ?? { ...plain, ...token })
      })
    )
  }
})
